//! The constants of instructions that stand in front of a loop and do many of its iterations at once.
//!
//! Such a loop has one block. Each iteration writes one place of memory 0, and may read another. It moves a pointer to
//! each place by the bytes of the place, and steps a counter. The instruction does only iterations that certainly come
//! and certainly do not trap. The loop itself does those that are left.

/// When the loop goes on. The counter is on the left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoopCondition {
    /// The counter is not the bound.
    Ne,
    /// The counter rises and is below the bound, unsigned.
    LtU,
    /// The counter rises and is below the bound, signed.
    LtS,
    /// The counter falls and is above the bound, unsigned.
    GtU,
    /// The counter falls and is above the bound, signed.
    GtS,
}

const CONDITIONS: [LoopCondition; 5] =
    [LoopCondition::Ne, LoopCondition::LtU, LoopCondition::LtS, LoopCondition::GtU, LoopCondition::GtS];

/// How an address is made of a pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LoopPointer {
    /// Whether the slot of the base is added. That sum wraps. Otherwise the slot does not matter.
    pub has_base: bool,
    /// Whether the displacement wraps, too. Otherwise it is the offset of an access.
    pub wraps: bool,
}

/// The plan of a loop: all that its instruction must know beside slots and displacements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoopPlan {
    /// The binary logarithm of the bytes that an iteration writes, up to 7.
    pub stride: u32,
    /// The binary logarithm of the bytes that are written at once, up to `stride`. If an iteration writes several times,
    /// then in the order in which the pointers move.
    pub width: u32,
    /// Whether the pointers move down.
    pub down: bool,
    /// Whether the last iteration is left to the loop.
    pub leaves_last: bool,
    /// When the loop goes on, after a step.
    pub condition: LoopCondition,
    /// The binary logarithm of the counter's step, up to 15.
    pub step: u32,
    /// Whether the counter falls.
    pub falls: bool,
    /// The pointer to what is written, and that to what is read.
    pub pointers: [LoopPointer; 2],
}

impl LoopPlan {
    /// Returns the plan as an immediate.
    pub fn to_bits(self) -> u32 {
        let condition = CONDITIONS.iter().position(|&condition| condition == self.condition).unwrap_or(0);
        let [first, second] = self.pointers;
        let flags =
            [self.down, self.leaves_last, self.falls, first.has_base, first.wraps, second.has_base, second.wraps];
        let flags = flags.iter().rev().fold(0, |bits, &flag| bits << 1 | u32::from(flag));
        flags << 13 | (condition as u32) << 10 | self.step << 6 | self.width << 3 | self.stride
    }

    /// Returns the plan that an immediate stands for. Any immediate is a plan.
    #[inline(always)]
    pub fn from_bits(bits: u32) -> LoopPlan {
        let flag = |number: u32| bits >> (13 + number) & 1 != 0;
        let stride = bits & 7;
        LoopPlan {
            stride,
            width: (bits >> 3 & 7).min(stride),
            down: flag(0),
            leaves_last: flag(1),
            condition: CONDITIONS[(bits >> 10 & 7).min(4) as usize],
            step: bits >> 6 & 15,
            falls: flag(2),
            pointers: [
                LoopPointer { has_base: flag(3), wraps: flag(4) },
                LoopPointer { has_base: flag(5), wraps: flag(6) },
            ],
        }
    }

    /// Returns the number of iterations until the loop ends, or 0 if it is not known. `counter` is the counter at the
    /// start of the next iteration.
    #[inline(always)]
    pub fn iterations(&self, counter: u32, bound: u32) -> u64 {
        let step = 1_u64 << self.step;
        // A signed number is above another if it is so as an unsigned one once both have the upper bit turned.
        let turned = match self.condition {
            LoopCondition::LtS | LoopCondition::GtS => 1 << 31,
            _ => 0,
        };
        let (counter, bound) = (counter ^ turned, bound ^ turned);
        let (from, to) = if self.falls { (bound, counter) } else { (counter, bound) };
        let rises = matches!(self.condition, LoopCondition::LtU | LoopCondition::LtS);
        if self.condition == LoopCondition::Ne {
            let distance = u64::from(to.wrapping_sub(from));
            let distance = if distance == 0 { 1 << 32 } else { distance };
            // If the counter passes over the bound, it may do so for ever.
            return if distance & (step - 1) == 0 { distance >> self.step } else { 0 };
        }
        if rises == self.falls {
            return 0;
        }
        let count = u64::from(to.saturating_sub(from)).div_ceil(step).max(1);
        let room = if self.falls { counter } else { !counter };
        // If the last step wraps, the loop may go on.
        if count << self.step <= u64::from(room) { count } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of iterations that are counted one by one.
    const LIMIT: u64 = 20;

    /// Counts iterations one by one.
    fn count(plan: &LoopPlan, mut counter: u32, bound: u32) -> Option<u64> {
        let step = 1_u32 << plan.step;
        (1..=LIMIT).find(|_| {
            counter = if plan.falls { counter.wrapping_sub(step) } else { counter.wrapping_add(step) };
            let goes_on = match plan.condition {
                LoopCondition::Ne => counter != bound,
                LoopCondition::LtU => counter < bound,
                LoopCondition::LtS => (counter as i32) < bound as i32,
                LoopCondition::GtU => counter > bound,
                LoopCondition::GtS => counter as i32 > bound as i32,
            };
            !goes_on
        })
    }

    #[test]
    fn the_number_of_iterations_is_that_of_the_loop() {
        let numbers = [0, 1, 2, 7, 8, 9, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fff0, u32::MAX];
        let mut known = 0;
        for (condition, falls) in CONDITIONS.into_iter().flat_map(|condition| [(condition, false), (condition, true)]) {
            for step in 0..=4 {
                let plan = LoopPlan { condition, falls, step, ..LoopPlan::from_bits(0) };
                for (counter, bound) in numbers.into_iter().flat_map(|a| numbers.map(|b| (a, b))) {
                    let claimed = plan.iterations(counter, bound);
                    match count(&plan, counter, bound) {
                        Some(real) => assert!(claimed == 0 || claimed == real, "{plan:?} {counter} {bound}"),
                        None => assert!(claimed == 0 || claimed > LIMIT, "{plan:?} {counter} {bound}"),
                    }
                    known += u32::from(claimed > 0);
                }
            }
        }
        assert!(known > 2000, "{known}");
    }

    #[test]
    fn a_plan_survives_its_immediate() {
        for bits in 0..1_u32 << 20 {
            let plan = LoopPlan::from_bits(bits);
            assert_eq!(LoopPlan::from_bits(plan.to_bits()), plan);
        }
    }
}
