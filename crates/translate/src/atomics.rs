//! Atomic operators. All their operands are in slots, and they name any memory. Whatever memory ordering they have, they
//! are translated to sequentially consistent instructions, since that ordering implies all others.

use wasmote_decode::proposals::is_built;
use wasmote_ir::atomics::Rmw;
use wasmote_ir::operators::{Immediate, Operand, Operator, Row};
use wasmote_ir::ops::family;
use wasmote_ir::{Op, Proposal};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::operators::{scalar, takes};

const LOADS: [Op; 4] = [Op::AtomicLoad8, Op::AtomicLoad16, Op::AtomicLoad32, Op::AtomicLoad64];
const STORES: [Op; 4] = [Op::AtomicStore8, Op::AtomicStore16, Op::AtomicStore32, Op::AtomicStore64];
const EXCHANGES: [Op; 4] = [Op::AtomicCmpxchg8, Op::AtomicCmpxchg16, Op::AtomicCmpxchg32, Op::AtomicCmpxchg64];
/// How many operators an operation has, one for each type and size. They are numbered in a row.
const FORMS: u16 = Operator::I32AtomicRmwSub.number() - Operator::I32AtomicRmwAdd.number();

impl BodyTranslator<'_> {
    /// Translates an atomic operator. Its row gives the size of the access, and the number of operands tells loads,
    /// stores and operations apart.
    #[inline(never)]
    pub fn atomic(&mut self, operator: Operator, row: &Row) -> TranslateResult {
        let Some(log2) = row.immediates()[0].and_then(Immediate::atomic_align) else {
            return self.fence(operator);
        };
        let arg = self.reader.memarg()?;
        let log2 = log2 & 3;
        let result = match row.types().leaves[0] {
            Operand::None => None,
            operand => Some(scalar(operand)),
        };
        let mut immediates = [u64::from(arg.memory), arg.offset, 0];
        let mut count = 2;
        let of_size = |ops: [Op; 4]| ops[usize::from(log2)];
        let operands = takes(row);
        let op = match operator {
            Operator::MemoryAtomicNotify => Op::AtomicNotify,
            Operator::MemoryAtomicWait32 => Op::AtomicWait32,
            Operator::MemoryAtomicWait64 => Op::AtomicWait64,
            _ => match (operands, result) {
                (1, _) => of_size(LOADS),
                (2, None) => of_size(STORES),
                (2, Some(_)) => {
                    let number = operator.number().checked_sub(Operator::I32AtomicRmwAdd.number()).ok_or(INVALID)?;
                    immediates[2] = Rmw::immediate(number / FORMS, log2).into();
                    count = 3;
                    Op::AtomicRmw
                }
                _ => of_size(EXCHANGES),
            },
        };
        self.plain_operator(op, operands, &immediates[..count], result)
    }

    /// `atomic.fence` and `pause`. Only where memories are shared can anything see in which order they are accessed, or
    /// wait for another thread.
    fn fence(&mut self, operator: Operator) -> TranslateResult {
        let is_pause = is_pause(operator);
        if !is_pause {
            self.reader.byte()?;
        }
        if self.module.has_shared_memory() {
            self.code.write(if is_pause { family::Pause.x(()) } else { family::AtomicFence.x(()) });
        }
        Ok(())
    }
}

/// Whether an operator is `pause`, and this build runs it.
pub fn is_pause(operator: Operator) -> bool {
    is_built(Proposal::AcquireReleaseAtomics) && operator == Operator::Pause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_the_numbers_of_their_operators() {
        let operators = [
            Operator::I32AtomicRmwAdd,
            Operator::I32AtomicRmwSub,
            Operator::I32AtomicRmwAnd,
            Operator::I32AtomicRmwOr,
            Operator::I32AtomicRmwXor,
            Operator::I32AtomicRmwXchg,
        ];
        for (rmw, operator) in Rmw::ALL.into_iter().zip(operators) {
            let number = operator.number() - Operator::I32AtomicRmwAdd.number();
            assert_eq!((number % FORMS, number / FORMS), (0, rmw as u16));
        }
    }
}
