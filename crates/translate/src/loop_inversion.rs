//! Loop inversion: a loop that begins with a test and ends with a jump back does the test at its end, too, and jumps
//! back behind the first one. That saves the jump. Compilers that optimise write most of their loops so themselves.

use wasmote_ir::ValType;
use wasmote_ir::code::DecodedInstr;
use wasmote_ir::ops::OPCODES;
use wasmote_ir::shape::Operand;

use crate::body::BodyTranslator;
use crate::code_writer::Src;
use crate::control::{BranchCondition, sources_of};
use crate::labels::{Label, LabelKind};
use crate::passes::{Pass, does};

/// The maximum number of operands of an instruction.
const MAX_OPERANDS: usize = 6;

/// A branch on two sources that may leave a loop.
struct LoopTest {
    /// Where it starts.
    start: usize,
    /// Where the loop goes on if it is not taken.
    end: usize,
    condition: BranchCondition,
}

impl BodyTranslator<'_> {
    /// Writes the test at the head of a loop again, with a branch that leads behind the first test if the loop goes on.
    /// Returns where the branch of the first test starts: what follows must jump to where that leads. Writes nothing
    /// and returns `None` if the label is no loop that begins with such a test.
    pub fn repeat_test(&mut self, label: &Label) -> Option<usize> {
        // If a constant was just written, the jump back may pass over the test.
        if label.kind != LabelKind::Loop || self.code.wrote_constant() || !does(Pass::LoopInversion) {
            return None;
        }
        // No accumulator keeps a value where a `try` begins or ends.
        #[cfg(feature = "gc")]
        if label.tries != self.labels.tries() {
            return None;
        }
        let head = label.start;
        let mut test = match self.test_at(head) {
            Some(test) => test,
            None => {
                let end = head + self.repeatable_at(head)?.units.len();
                let test = self.test_at(end)?;
                self.repeat(head);
                test
            }
        };
        let BranchCondition { taken, a, ref b, .. } = test.condition;
        let in_accumulator =
            matches!(a, Src::Slot(slot) if self.code.holds(slot, taken.source().unwrap_or(ValType::I32)));
        if in_accumulator && taken.variant(sources_of(taken, Src::Reg, *b)).is_some() {
            test.condition.a = Src::Reg;
        }
        let (branch, operand) = self.branch_on(&test.condition, true);
        self.code.set_target(branch, operand, test.end);
        Some(test.start)
    }

    /// Returns the branch at `start`, if it can be turned round. In the result it is.
    fn test_at(&self, start: usize) -> Option<LoopTest> {
        let instr = DecodedInstr::decode(&self.code.units, start)?;
        let sources = match *instr.opcode.operands() {
            [a, b, Operand::Target] => [Some(a), Some(b)],
            [b, Operand::Target] => [None, Some(b)],
            _ => return None,
        };
        let (not, variant) = instr.opcode.family()?;
        let taken = not.negate()?;
        let mut values = instr.operands().map(|(_, value)| value);
        let mut source = |kind| match kind {
            None => Some(Src::Reg),
            Some(Operand::Src) => values.next().map(|slot| Src::Slot(slot as u16)),
            Some(Operand::Imm32 | Operand::Imm64) => values.next().map(Src::Imm),
            Some(_) => None,
        };
        let [a, b] = [source(sources[0])?, source(sources[1])?];
        // Both have the same variants, but for those that a row leaves out.
        if taken.variant(sources_of(taken, a, b)) != Some(variant) {
            return None;
        }
        let end = start + instr.units.len();
        Some(LoopTest { start, end, condition: BranchCondition { taken, not, a, b } })
    }

    /// Returns the instruction at `at`, if it may be done in another place as well: it only computes a value.
    fn repeatable_at(&self, at: usize) -> Option<DecodedInstr<'_>> {
        let instr = DecodedInstr::decode(&self.code.units, at)?;
        let is_plain = |operand: &Operand| {
            use Operand::{Dst, Imm16, Imm32, Imm64, Offset, Offset16, Src};
            matches!(operand, Src | Imm16 | Imm32 | Imm64 | Offset | Offset16 | Dst)
        };
        let has_result = usize::from(instr.opcode.0) < OPCODES && instr.op().result().is_some();
        (has_result && instr.opcode.operands().iter().all(is_plain)).then_some(instr)
    }

    /// Writes the instruction at `at` again. If it traps, the place is that of the operator that it was written for.
    fn repeat(&mut self, at: usize) {
        let Some(instr) = self.repeatable_at(at) else { return };
        let Some((op, variant)) = instr.opcode.family() else { return };
        let mut values = [0; MAX_OPERANDS];
        let mut count = 0;
        for (place, (_, value)) in values.iter_mut().zip(instr.operands()) {
            *place = value;
            count += 1;
        }
        let operator = self.code.operator;
        self.code.operator = self.code.operator_at(at).unwrap_or(operator);
        self.code.emit(op, variant, &values[..count]);
        self.code.operator = operator;
    }
}
