//! Loops that copy or fill memory 0: an instruction in front of such a loop does its iterations at the speed of memory.
//!
//! When a branch back to a loop was just written, the loop's code is followed with symbolic values: each slot that it
//! writes must end as what it was at the start plus a constant, or as something that the last iteration computes anew.
//! The loop itself stays behind the instruction, and does what the instruction leaves: an iteration that traps, among
//! others.

use wasmote_ir::code::DecodedInstr;
use wasmote_ir::loops::{LoopCondition, LoopPlan, LoopPointer};
use wasmote_ir::ops::{Class, Sources};
use wasmote_ir::{Op, ValType};

use crate::body::BodyTranslator;
use crate::code_writer::CodeWriter;
use crate::labels::Label;
use crate::passes::{Pass, does};
use crate::peephole::AccumulatorState;

/// The maximum number of units of a loop.
const MAX_UNITS: usize = 128;
/// The maximum number of accesses in an iteration, and of slots that one writes or reads first.
const MAX: usize = 32;
/// The maximum number of operands of an instruction.
const MAX_OPERANDS: usize = 10;

/// A value, in terms of what slots hold at the start of an iteration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    /// The wrapping sum of up to two slots and a constant, as 32 bits.
    Sum(Option<u16>, Option<u16>, u32),
    /// The value of the load with this number.
    Loaded(usize),
}

impl Value {
    /// Returns the sum of two values, if it is known.
    fn plus(self, other: Value) -> Option<Value> {
        let (Value::Sum(a, b, c), Value::Sum(x, y, z)) = (self, other) else { return None };
        let mut slots = [a, b, x, y].into_iter().flatten();
        let sum = Value::Sum(slots.next(), slots.next(), c.wrapping_add(z));
        slots.next().is_none().then_some(sum)
    }
}

/// A load or a store.
#[derive(Clone, Copy)]
struct Access {
    at: Value,
    offset: u32,
    /// The binary logarithm of the number of bytes.
    width: u32,
    /// For a store, what is stored.
    stored: Option<Stored>,
}

/// What a store stores.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    Value(Value),
    /// A constant, as the instruction has it.
    Constant(u32),
}

/// A list of at most [`MAX`] elements.
struct List<T> {
    elements: [Option<T>; MAX],
    len: usize,
}

impl<T: Copy> List<T> {
    fn new() -> List<T> {
        List { elements: [None; MAX], len: 0 }
    }

    fn push(&mut self, element: T) -> Option<()> {
        *self.elements.get_mut(self.len)? = Some(element);
        self.len += 1;
        Some(())
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = T> + Clone {
        self.elements[..self.len].iter().copied().flatten()
    }
}

/// An iteration, as far as it was followed.
struct Iteration {
    /// The slots that were written, and what they hold now.
    written: List<(u16, Value)>,
    /// The slots whose first value was read.
    read: List<u16>,
    accumulators: [Option<Value>; 4],
    accesses: List<Access>,
    loads: usize,
}

/// The operands of an instruction, one after the other.
struct Operands {
    values: [u64; MAX_OPERANDS],
    next: usize,
}

impl Operands {
    fn next(&mut self) -> Option<u64> {
        self.next += 1;
        self.values.get(self.next - 1).copied()
    }

    fn slot(&mut self) -> Option<u16> {
        self.next().map(|slot| slot as u16)
    }
}

/// The branch at the end.
struct End {
    op: Op,
    a: Value,
    b: Value,
}

/// An address: a pointer, and what is added to it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Address {
    pointer: u16,
    base: Option<u16>,
    /// A constant that is added, wrapping.
    added: u32,
    /// The offset, which does not wrap.
    offset: u32,
}

impl Address {
    /// Returns by how much this address is above another, if they differ by one constant only.
    fn above(&self, other: &Address) -> Option<u32> {
        if *self == (Address { offset: self.offset, ..*other }) {
            return Some(self.offset.wrapping_sub(other.offset));
        }
        (*self == (Address { added: self.added, ..*other })).then(|| self.added.wrapping_sub(other.added))
    }

    /// Returns the displacement, and whether it wraps.
    fn displacement(&self) -> Option<(u32, bool)> {
        match (self.added, self.offset) {
            (0, offset) => Some((offset, false)),
            (added, 0) => Some((added, true)),
            _ => None,
        }
    }
}

/// The order of accesses that touch each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Up,
    Down,
    Other,
}

impl Order {
    /// Whether it is that of pointers that move down or up. A single access has any order.
    fn is(self, down: bool, count: usize) -> bool {
        count == 1 || self == if down { Order::Down } else { Order::Up }
    }
}

impl Iteration {
    fn slot(&mut self, slot: u16) -> Option<Value> {
        if let Some((_, value)) = self.written.iter().rev().find(|&(written, _)| written == slot) {
            return Some(value);
        }
        if !self.read.iter().any(|read| read == slot) {
            self.read.push(slot)?;
        }
        Some(Value::Sum(Some(slot), None, 0))
    }

    fn source(&mut self, class: Class, ty: Option<ValType>, operands: &mut Operands) -> Option<Value> {
        match class {
            Class::Slot => self.slot(operands.slot()?),
            Class::Immediate => Some(Value::Sum(None, None, operands.next()? as u32)),
            Class::Accumulator => self.accumulators[AccumulatorState::of(ty?)],
        }
    }

    /// Notes a result. It goes to the accumulator of its type, and to a slot if the instruction has one more operand.
    fn result(&mut self, value: Value, ty: Option<ValType>, dst: Option<u16>) -> Option<()> {
        if let Some(ty) = ty {
            self.accumulators[AccumulatorState::of(ty)] = Some(value);
        }
        match dst {
            Some(dst) => self.written.push((dst, value)),
            None => Some(()),
        }
    }

    /// Follows one instruction. Returns `None` if it is not known what it does.
    fn follow(&mut self, instr: &DecodedInstr<'_>) -> Option<Option<End>> {
        let (op, variant) = instr.opcode.family()?;
        let (mut operands, mut count) = (Operands { values: [0; MAX_OPERANDS], next: 0 }, 0);
        for (place, (_, value)) in operands.values.iter_mut().zip(instr.operands()) {
            *place = value;
            count += 1;
        }
        let (classes, sources) = op.sources(variant).unwrap_or(Sources::NONE).classes();
        let classes = &classes[..sources];
        let operands = &mut operands;
        match op {
            Op::I32Add | Op::I32AddAdd => {
                let mut sum = Value::Sum(None, None, 0);
                for &class in classes {
                    sum = sum.plus(self.source(class, op.source(), operands)?)?;
                }
                let dst = if operands.next < count { operands.slot() } else { None };
                self.result(sum, op.result(), dst)?;
            }
            Op::I32AddTwo => {
                for _ in 0..2 {
                    let sum = self.slot(operands.slot()?)?.plus(Value::Sum(None, None, operands.next()? as u32))?;
                    let dst = operands.slot();
                    self.result(sum, op.result(), dst)?;
                }
            }
            Op::Copy => {
                let value = self.slot(operands.slot()?)?;
                let dst = operands.slot();
                self.result(value, None, dst)?;
            }
            Op::CopyTwo => {
                for _ in 0..2 {
                    let value = self.slot(operands.slot()?)?;
                    let dst = operands.slot();
                    self.result(value, None, dst)?;
                }
            }
            Op::StepI32Ne | Op::StepI32LtS | Op::StepI32LtU | Op::StepI32GtS | Op::StepI32GtU => {
                let slot = operands.slot()?;
                let a = self.slot(slot)?.plus(Value::Sum(None, None, operands.next()? as u32))?;
                self.result(a, op.result(), Some(slot))?;
                let b = self.source(*classes.first()?, Some(ValType::I32), operands)?;
                let op = match op {
                    Op::StepI32Ne => Op::BrI32Ne,
                    Op::StepI32LtS => Op::BrI32LtS,
                    Op::StepI32LtU => Op::BrI32LtU,
                    Op::StepI32GtS => Op::BrI32GtS,
                    _ => Op::BrI32GtU,
                };
                return Some(Some(End { op, a, b }));
            }
            Op::BrI32Ne | Op::BrI32LtS | Op::BrI32LtU | Op::BrI32GtS | Op::BrI32GtU => {
                let a = self.source(*classes.first()?, op.source(), operands)?;
                let b = self.source(*classes.get(1)?, op.source(), operands)?;
                return Some(Some(End { op, a, b }));
            }
            _ => {
                let (width, stores) = accessed(op)?;
                let (address, value) =
                    if stores { classes.split_at(sources.checked_sub(1)?) } else { (classes, &[][..]) };
                let (mut at, mut constant) = (Value::Sum(None, None, 0), true);
                for &class in address {
                    // A constant address is given as the offset.
                    if address.len() > 1 || class != Class::Immediate {
                        at = at.plus(self.source(class, Some(ValType::I32), operands)?)?;
                        constant = false;
                    }
                }
                if constant {
                    return None;
                }
                let ty = if stores { op.source() } else { op.result() };
                let stored = match value.first() {
                    Some(Class::Immediate) => Some(Stored::Constant(operands.next()? as u32)),
                    Some(&class) => {
                        // Integers are stored as 32 or 64 bits of one accumulator, floats from their own.
                        let ty = if matches!(op, Op::StoreF32 | Op::StoreF64) { ty } else { Some(ValType::I64) };
                        Some(Stored::Value(self.source(class, ty, operands)?))
                    }
                    None => None,
                };
                let offset = operands.next()? as u32;
                self.accesses.push(Access { at, offset, width, stored })?;
                if !stores {
                    let dst = if operands.next < count { operands.slot() } else { None };
                    self.result(Value::Loaded(self.loads), ty, dst)?;
                    self.loads += 1;
                }
            }
        }
        Some(None)
    }

    /// Returns by how much an iteration raises a slot, if it does no more with it.
    fn step_of(&self, slot: u16) -> Option<u32> {
        match self.written.iter().rev().find(|&(written, _)| written == slot) {
            None => Some(0),
            Some((_, Value::Sum(Some(own), None, step))) if own == slot => Some(step),
            Some(_) => None,
        }
    }

    /// Returns the address of an access.
    fn address(&self, access: &Access) -> Option<Address> {
        let Value::Sum(Some(a), b, added) = access.at else { return None };
        let (pointer, base) = match b {
            None => (a, None),
            Some(b) if self.step_of(b)? == 0 => (a, Some(b)),
            Some(b) if self.step_of(a)? == 0 => (b, Some(a)),
            Some(_) => return None,
        };
        Some(Address { pointer, base, added, offset: access.offset })
    }

    /// Returns the lowest address of a list of accesses, the binary logarithm of their bytes together, and their order.
    /// They must have the same size and touch each other.
    fn together(&self, accesses: impl Iterator<Item = Access> + Clone) -> Option<(Address, u32, Order)> {
        let first = accesses.clone().next()?;
        let size = 1_u32 << first.width;
        let mut lowest = self.address(&first)?;
        for access in accesses.clone() {
            let address = self.address(&access)?;
            if (address.above(&lowest)? as i32) < 0 {
                lowest = address;
            }
        }
        // A bit for each place that is accessed.
        let (mut places, mut count, mut last, mut order) = (0_u32, 0, None, None);
        for access in accesses {
            let above = self.address(&access)?.above(&lowest)?;
            let place = above >> first.width;
            if access.width != first.width || above % size != 0 || place >= MAX as u32 || places >> place & 1 != 0 {
                return None;
            }
            let next = match last {
                Some(last) if place == last + 1 => Order::Up,
                Some(last) if place + 1 == last => Order::Down,
                _ => Order::Other,
            };
            if last.is_some() {
                order = if order.is_none_or(|order| order == next) { Some(next) } else { Some(Order::Other) };
            }
            (places, count, last) = (places | 1 << place, count + 1, Some(place));
        }
        let total = count * size;
        // All places from the lowest on are there.
        let whole = places.trailing_ones() == count && total.is_power_of_two();
        whole.then(|| (lowest, total.ilog2(), order.unwrap_or(Order::Other)))
    }

    /// Returns the counter, its step and what it is compared with, as a plan.
    fn counter(&self, end: &End) -> Option<(u16, Stored, LoopCondition, u32)> {
        let mirrored = match end.op {
            Op::BrI32LtS => LoopCondition::GtS,
            Op::BrI32LtU => LoopCondition::GtU,
            Op::BrI32GtS => LoopCondition::LtS,
            Op::BrI32GtU => LoopCondition::LtU,
            _ => LoopCondition::Ne,
        };
        let condition = match end.op {
            Op::BrI32LtS => LoopCondition::LtS,
            Op::BrI32LtU => LoopCondition::LtU,
            Op::BrI32GtS => LoopCondition::GtS,
            Op::BrI32GtU => LoopCondition::GtU,
            _ => LoopCondition::Ne,
        };
        for (a, b, condition) in [(end.a, end.b, condition), (end.b, end.a, mirrored)] {
            let Value::Sum(Some(counter), None, step) = a else { continue };
            if step == 0 || self.step_of(counter) != Some(step) {
                continue;
            }
            let bound = match b {
                Value::Sum(None, None, bound) => Stored::Constant(bound),
                Value::Sum(Some(slot), None, 0) if self.step_of(slot) == Some(0) => Stored::Value(b),
                _ => continue,
            };
            return Some((counter, bound, condition, step));
        }
        None
    }
}

/// Returns the binary logarithm of the bytes that a load or store of memory 0 accesses, and whether it stores.
fn accessed(op: Op) -> Option<(u32, bool)> {
    Some(match op {
        Op::Load8U | Op::Load8S32 | Op::Load8S64 => (0, false),
        Op::Load16U | Op::Load16S32 | Op::Load16S64 => (1, false),
        Op::Load32 | Op::Load32S64 | Op::LoadF32 => (2, false),
        Op::Load64 | Op::LoadF64 => (3, false),
        Op::Store8 => (0, true),
        Op::Store16 => (1, true),
        Op::Store32 | Op::StoreF32 => (2, true),
        Op::Store64 | Op::StoreF64 => (3, true),
        _ => return None,
    })
}

/// An instruction in front of a loop.
struct LoopInstr {
    op: Op,
    variant: u8,
    values: [u64; MAX_OPERANDS],
    count: usize,
}

impl LoopInstr {
    fn new(op: Op) -> LoopInstr {
        LoopInstr { op, variant: 0, values: [0; MAX_OPERANDS], count: 0 }
    }

    fn push(&mut self, value: u64) {
        if let Some(place) = self.values.get_mut(self.count) {
            *place = value;
            self.count += 1;
        }
    }
}

/// Returns the class of an operand and its value.
fn operand(stored: Stored) -> Option<(Class, u64)> {
    match stored {
        Stored::Constant(constant) => Some((Class::Immediate, constant.into())),
        Stored::Value(Value::Sum(None, None, constant)) => Some((Class::Immediate, constant.into())),
        Stored::Value(Value::Sum(Some(slot), None, 0)) => Some((Class::Slot, slot.into())),
        Stored::Value(_) => None,
    }
}

/// Finds the instruction that can do iterations of the code, which starts with the loop and ends with the branch back.
/// Slots from `dead` on do not matter behind the loop.
fn find(code: &[u16], dead: u32) -> Option<LoopInstr> {
    let mut iteration =
        Iteration { written: List::new(), read: List::new(), accumulators: [None; 4], accesses: List::new(), loads: 0 };
    let (mut at, mut end) = (0, None);
    while at < code.len() {
        let instr = DecodedInstr::decode(code, at)?;
        at += instr.units.len();
        end = iteration.follow(&instr)?;
        // The branch must be the last instruction.
        if end.is_some() != (at == code.len()) {
            return None;
        }
    }
    let (counter, bound, condition, step) = iteration.counter(&end?)?;
    // What an iteration reads from the one before must be known after any number of iterations.
    let mut read = iteration.read.iter();
    if read.any(|slot| iteration.step_of(slot).is_none()) {
        return None;
    }

    let stores = || iteration.accesses.iter().filter(|access| access.stored.is_some());
    let loads = || iteration.accesses.iter().filter(|access| access.stored.is_none());
    let (target, stride, target_order) = iteration.together(stores())?;
    let step_of_target = iteration.step_of(target.pointer)?;
    let down = match step_of_target {
        step if step == 1 << stride => false,
        step if step == (1_u32 << stride).wrapping_neg() => true,
        _ => return None,
    };
    let mut width = stores().next()?.width;
    let mut pointers = [target, target];
    let mut instr = LoopInstr::new(if iteration.loads == 0 { Op::LoopFill } else { Op::LoopCopy });
    let mut value = None;
    if iteration.loads == 0 {
        let mut stored = stores().filter_map(|access| access.stored);
        let first = stored.next()?;
        if !stored.all(|other| other == first) {
            return None;
        }
        let (class, operand) = operand(first)?;
        if class == Class::Slot && iteration.step_of(operand as u16) != Some(0) {
            return None;
        }
        value = Some((class, operand));
    } else {
        let (source, read, source_order) = iteration.together(loads())?;
        let same = read == stride && iteration.step_of(source.pointer) == Some(step_of_target);
        let count = loads().count();
        if !same || count != stores().count() || !source_order.is(down, count) || !target_order.is(down, count) {
            return None;
        }
        pointers[1] = source;
        // Loads and stores come in groups of the same size. Each store writes what the load with its number read.
        let group = iteration.accesses.iter().take_while(|access| access.stored.is_none()).count();
        let groups = iteration.accesses.iter().enumerate().all(|(number, access)| {
            let (place, group_number) = (number % (2 * group), number / (2 * group));
            match access.stored {
                None => place < group,
                Some(stored) => {
                    place >= group && stored == Stored::Value(Value::Loaded(group_number * group + place - group))
                }
            }
        });
        if group == 0 || !groups || !group.is_power_of_two() || loads().count() % group != 0 {
            return None;
        }
        width += group.ilog2();
    }

    let falls = step as i32 <= 0;
    let step = if falls { step.wrapping_neg() } else { step };
    if !step.is_power_of_two() || step.ilog2() > 15 || stride > 7 {
        return None;
    }
    // The slots that the instruction moves. All others must be computed anew by the last iteration.
    let moved = |slot: u16| slot == counter || slot == pointers[0].pointer || slot == pointers[1].pointer;
    let mut leaves_last = false;
    for (slot, _) in iteration.written.iter() {
        match iteration.step_of(slot) {
            Some(0) => {}
            Some(_) if moved(slot) => {}
            Some(_) => return None,
            None => leaves_last |= u32::from(slot) < dead,
        }
    }
    let pointer = |address: &Address| {
        let (_, wraps) = address.displacement()?;
        Some(LoopPointer { has_base: address.base.is_some(), wraps })
    };
    let plan = LoopPlan {
        stride,
        width,
        down,
        leaves_last,
        condition,
        step: step.ilog2(),
        falls,
        pointers: [pointer(&pointers[0])?, pointer(&pointers[1])?],
    };
    let (bound_class, bound) = operand(bound)?;
    let both = iteration.loads > 0;
    let pointers = &pointers[..=usize::from(both)];
    pointers.iter().for_each(|address| instr.push(address.pointer.into()));
    instr.push(counter.into());
    pointers.iter().for_each(|address| instr.push(address.base.unwrap_or(address.pointer).into()));
    pointers.iter().filter_map(Address::displacement).for_each(|(displacement, _)| instr.push(displacement.into()));
    instr.push(plan.to_bits().into());
    let mut sources = Sources::NONE;
    for (class, operand) in value.into_iter().chain([(bound_class, bound)]) {
        sources = sources.and(class);
        instr.push(operand);
    }
    // The target is set later.
    instr.push(0);
    instr.variant = instr.op.variant(sources)?;
    Some(instr)
}

impl BodyTranslator<'_> {
    /// Puts an instruction in front of a loop that copies or fills. `branch` is where the branch back begins, which was
    /// just written, and `operand` the unit of its target. It carries no values.
    pub fn speed_up(&mut self, depth: u32, label: &Label, branch: usize, operand: usize) {
        let (start, end) = (label.start, self.code.units.len());
        // Metered code takes its fuel in each iteration.
        if !does(Pass::Loops)
            || !self.code.has_accumulators()
            || self.meter.is_on()
            || end.saturating_sub(start) > MAX_UNITS
        {
            return;
        }
        #[cfg(feature = "gc")]
        if label.tries != self.labels.tries() || self.code.handlers.last().is_some_and(|last| last.to as usize > start)
        {
            return;
        }
        let dead = u32::from(self.stack.next_stack_slot()).max(self.locals.end());
        let Some(instr) = self.code.units.get(start..end).and_then(|code| find(code, dead)) else { return };
        let operator = self.code.operator;
        self.code.operator = self.code.operator_at(start).unwrap_or(operator);
        self.code.emit(instr.op, instr.variant, &instr.values[..instr.count]);
        self.code.operator = operator;
        if self.code.failed() {
            return;
        }
        let added = self.code.move_last_to(start, end);
        self.labels.shift(depth, start, added);
        self.code.set_target(branch + added, operand + added, start);
        let target = start + added - wasmote_ir::shape::Operand::Target.units();
        self.code.set_target(start, target, end + added);
        self.code.join();
    }
}

impl CodeWriter {
    /// Moves the last instruction, which begins at `last` and holds a target, to the front of those from `to` on. Returns
    /// its size.
    fn move_last_to(&mut self, to: usize, last: usize) -> usize {
        let added = self.units.len() - last;
        self.units[to..].rotate_right(added);
        self.relocations.pop();
        let first = self.relocations.partition_point(|&at| (at as usize) < to);
        self.relocations[first..].iter_mut().for_each(|at| *at += added as u32);
        // `emit` made room for the entry that was popped.
        self.relocations.insert(first, to as u32);
        let entry = self.offsets.pop_if(|(at, _)| *at as usize == last);
        let first = self.offsets.partition_point(|&(at, _)| (at as usize) < to);
        self.offsets[first..].iter_mut().for_each(|(at, _)| *at += added as u32);
        if let Some((_, operator)) = entry {
            self.offsets.insert(first, (to as u32, operator));
        }
        self.shift_jumps(to, added);
        added
    }
}
