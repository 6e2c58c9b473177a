//! The code being written: instructions, the last two of which may still be changed, and what the accumulators
//! hold behind the last.

use alloc::vec::Vec;

use wasmote_ir::code::MAX_FUNCTION_UNITS;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::handlers::Handler;
use wasmote_ir::ops::{family, opcode};
use wasmote_ir::shape::Operand;
use wasmote_ir::write::{Count, Dst, Imm, Instruction, Slot};
use wasmote_ir::{Op, Opcode, ValType, code};

use crate::TranslateErrorKind;
use crate::body::Step;
use crate::known::{FEW, Writes, known};
use crate::recent::{Held, NOTHING, Window};
pub use crate::recent::{Recent, Src};

/// The code being written.
#[derive(Default)]
pub struct Code {
    /// The instructions.
    pub units: Vec<u16>,
    window: Window,
    held: Held,
    /// Constant vectors, by their halves.
    #[cfg(feature = "simd")]
    pub vectors: Vec<[u64; 2]>,
    /// Whether accumulators are used: they are not part of the core op set.
    accumulators: bool,
    /// Offsets in `units`, and in the binary of the operator that they come from.
    pub offsets: Vec<(u32, u32)>,
    /// Whether `offsets` is wanted.
    wants_offsets: bool,
    /// How many units there may be; none once there was no memory.
    limit: usize,
    /// Whether there was no memory: the code is of no use then.
    failed: bool,
    /// Jumps whose target is `bound_at`.
    bound: Vec<usize>,
    bound_at: usize,
    /// Where the operator stands that is being translated.
    pub operator: u32,
    /// Handlers of exceptions, inner ones first.
    pub handlers: Vec<Handler>,
    /// Where instructions begin that have targets or types, which change when they are linked.
    pub changing: Vec<u32>,
}

/// Units of any instruction but those with a list of targets.
const ROOM: usize = 64;

impl Code {
    /// Starts a function of at most so many units. Instructions are written by functions that do not fail: what they write when there is
    /// no memory is lost, and [`Code::check`] says so.
    pub fn start(&mut self, accumulators: bool, wants_offsets: bool, limit: usize) -> Step {
        self.units.clear();
        #[cfg(feature = "simd")]
        self.vectors.clear();
        self.offsets.clear();
        self.handlers.clear();
        self.changing.clear();
        self.bound.clear();
        self.bound_at = 0;
        self.accumulators = accumulators;
        self.wants_offsets = wants_offsets;
        self.limit = limit.min(MAX_FUNCTION_UNITS);
        self.failed = false;
        self.join();
        self.units.try_room(ROOM)?;
        Ok(self.changing.try_room(1)?)
    }

    /// Whether the code may use accumulators.
    #[inline(always)]
    pub fn has_accumulators(&self) -> bool {
        cfg!(feature = "extended") && self.accumulators
    }

    /// Whether the code is what was written, and not more than it may be.
    #[inline(always)]
    pub fn check(&self) -> Step {
        if self.units.len() > self.limit { Err(self.failure()) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn failure(&self) -> TranslateErrorKind {
        match self.limit {
            _ if self.failed => TranslateErrorKind::OutOfMemory,
            MAX_FUNCTION_UNITS => TranslateErrorKind::TooLarge,
            _ => TranslateErrorKind::CodeLimit,
        }
    }

    /// Whether there was no memory so far.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Gives up: there is no memory. What was written makes room for what is still to come.
    #[cold]
    #[inline(never)]
    pub fn fail(&mut self) {
        self.failed = true;
        self.limit = 0;
        self.units.clear();
        self.offsets.clear();
        self.changing.clear();
        self.bound.clear();
        self.join();
    }

    /// Makes room for an instruction.
    #[inline(always)]
    fn room(&mut self) {
        if self.units.capacity() - self.units.len() < ROOM || self.changing.len() == self.changing.capacity() {
            self.make_room();
        }
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        if self.units.try_room(ROOM).and_then(|()| self.changing.try_room(1)).is_err() {
            self.fail();
        }
    }

    /// Something may jump to here: what came before can't be changed any more, and the accumulators hold anything.
    pub fn join(&mut self) {
        self.window.count = 0;
        self.held = Held::default();
    }

    /// What the accumulators hold, to be given to [`Code::resume`].
    pub fn held(&self) -> Held {
        self.held
    }

    /// As [`Code::join`], where all that jump here have the accumulators in this state.
    pub fn resume(&mut self, held: Held) {
        self.window.count = 0;
        self.held = held;
    }

    /// The last instruction, if it may be changed.
    #[inline(always)]
    pub fn last(&self) -> Option<Recent> {
        self.window.last().copied()
    }

    /// The one before, likewise.
    #[inline(always)]
    pub fn before_last(&self) -> Option<Recent> {
        self.window.before_last().copied()
    }

    /// Writes an instruction. Returns where it starts.
    #[inline(always)]
    pub fn write<const N: usize>(&mut self, instruction: Instruction<N>) -> usize {
        self.emit(instruction.op, instruction.variant, &instruction.values)
    }

    /// [`Code::write`] of what is written often, and has few operands.
    #[inline(always)]
    pub fn write_few<const N: usize>(&mut self, instruction: Instruction<N>) -> usize {
        let mut values = [0; FEW];
        values[..N].copy_from_slice(&instruction.values);
        self.emit_few(instruction.op, instruction.variant, values)
    }

    /// Writes an instruction of a family that has one variant, with slots and immediates only, and was chosen while running.
    #[inline(always)]
    pub fn emit_only(&mut self, op: Op, values: &[u64]) -> usize {
        debug_assert_eq!(op.variant_count(), 1);
        self.emit(op, 0, values)
    }

    /// Writes an instruction whose variant was asked for; `values` are those of its operands in order. Returns where it starts.
    #[inline(never)]
    pub fn emit(&mut self, op: Op, variant: u8, values: &[u64]) -> usize {
        if values.len() <= FEW {
            let mut few = [0; FEW];
            few[..values.len()].copy_from_slice(values);
            return self.emit_few(op, variant, few);
        }
        self.room();
        // Without memory for it, there are no units any more.
        self.note_offset(self.units.len());
        let at = self.units.len();
        let opcode = opcode(op, variant);
        debug_assert_eq!(opcode.family(), Some((op, variant)));
        debug_assert_eq!(opcode.operands().len(), values.len());
        self.units.push(opcode.0);
        for (kind, &value) in opcode.operands().iter().zip(values) {
            self.units.extend_from_slice(&code::to_units(value)[..kind.units()]);
        }
        if known(opcode).changes {
            self.changing.push(at as u32);
        }
        let dst = self.written(op, opcode, at);
        self.window.push(Recent { at, op, variant, a: Src::Reg, b: Src::Reg, dst, elided: false });
        at
    }

    /// [`Code::emit`] of an instruction that has few operands, with anything behind their values.
    #[inline(always)]
    pub fn emit_few(&mut self, op: Op, variant: u8, values: [u64; FEW]) -> usize {
        self.emit_noting(op, variant, Src::Reg, Src::Reg, values)
    }

    /// Writes an instruction of two sources: those of them that are operands come first, then one more. The sources are remembered.
    #[inline(always)]
    pub fn emit_two(&mut self, op: Op, variant: u8, a: Src, b: Src, last: u64) -> usize {
        let mut values = [0; FEW];
        let mut count = 0;
        for source in [a, b] {
            values[count] = source.value().unwrap_or(0);
            count += usize::from(source != Src::Reg);
        }
        values[count] = last;
        self.emit_noting(op, variant, a, b, values)
    }

    /// [`Code::emit_few`], with sources to be remembered. As good as without branches: what is written when differs too much.
    #[inline(never)]
    fn emit_noting(&mut self, op: Op, variant: u8, a: Src, b: Src, values: [u64; FEW]) -> usize {
        self.room();
        // Without memory for it, there are no units any more.
        self.note_offset(self.units.len());
        let at = self.units.len();
        let opcode = opcode(op, variant);
        let known = known(opcode);
        debug_assert_eq!(opcode.family(), Some((op, variant)));
        debug_assert!(usize::from(known.operands) <= FEW);
        // Written where they stay: units put into a buffer and read again as a whole, right away, wait for one another.
        self.units.extend_from_slice(&[0; 4 * FEW + 4]);
        let units = &mut self.units[at..];
        units[0] = opcode.0;
        let mut len = 1;
        for (i, value) in values.into_iter().enumerate() {
            // Four are written however many there are, the rest of them again by what follows.
            if let Some(place) = units.get_mut(len..len + 4) {
                place.copy_from_slice(&code::to_units(value));
            }
            len += usize::from(known.units >> (4 * i) & 0xf);
        }
        self.units.truncate(at + len);
        self.changing.push(at as u32);
        self.changing.truncate(self.changing.len() - usize::from(!known.changes));
        let dst = if known.writes == Writes::More {
            self.written(op, opcode, at)
        } else {
            let slot = values[usize::from(known.operands).wrapping_sub(1) % FEW] as u16;
            let dst = (known.writes == Writes::Last).then_some(slot);
            let held = dst.map_or(NOTHING, u32::from);
            self.held.forget(held);
            self.held.set(op.result(), held);
            dst
        };
        self.window.push(Recent { at, op, variant, a, b, dst, elided: false });
        at
    }

    /// Writes an instruction of a source, which comes first if it is an operand, and one more operand.
    #[inline(always)]
    pub fn emit_one(&mut self, op: Op, variant: u8, source: Src, last: u64) -> usize {
        let values = match source.value() {
            Some(value) => [value, last, 0, 0],
            None => [last, 0, 0, 0],
        };
        self.emit_few(op, variant, values)
    }

    /// Writes an instruction whose last two operands have these values, and those before them the `first` ones, so many.
    #[inline(always)]
    pub fn emit_behind(&mut self, op: Op, variant: u8, first: [u64; 2], count: usize, last: [u64; 2]) {
        let mut values = [first[0], first[1], 0, 0];
        let count = count.min(2);
        values[count] = last[0];
        values[count + 1] = last[1];
        self.emit_few(op, variant, values);
    }

    /// Has accumulators hold what they do behind the instruction at `at`, whatever it writes. Gives the slot that can be changed.
    #[inline(never)]
    fn written(&mut self, op: Op, opcode: Opcode, at: usize) -> Option<u16> {
        let operands = opcode.operands();
        let mut dst = None;
        let mut unit = at + 1;
        for kind in operands {
            let slot = self.units.get(unit).copied().unwrap_or(0);
            match kind {
                Operand::Dst | Operand::SrcDst => {
                    self.held.forget(slot.into());
                    dst = Some(slot);
                }
                Operand::DstPair => {
                    self.held.forget(slot.into());
                    self.held.forget(u32::from(slot) + 1);
                    // Others are two values.
                    if op.result() == Some(ValType::V128) {
                        dst = Some(slot);
                    }
                }
                _ => {}
            }
            unit += kind.units();
        }
        self.held.set(op.result(), dst.map_or(NOTHING, u32::from));
        // Only a destination that comes last can be changed.
        dst.filter(|_| matches!(operands.last(), Some(Operand::Dst | Operand::DstPair)))
    }

    /// Notes which operator the instruction at `at` comes from, if that is wanted.
    #[inline(always)]
    fn note_offset(&mut self, at: usize) {
        if self.wants_offsets {
            self.push_offset(at);
        }
    }

    #[cold]
    #[inline(never)]
    fn push_offset(&mut self, at: usize) {
        while self.offsets.last().is_some_and(|&(unit, _)| unit as usize >= at) {
            self.offsets.pop();
        }
        if self.offsets.try_push((at as u32, self.operator)).is_err() {
            self.fail();
        }
    }

    /// Whether the accumulator of this type holds the value of this slot.
    pub fn holds(&self, slot: u16, ty: ValType) -> bool {
        self.has_accumulators() && self.held.0[Held::of(ty)] == u32::from(slot)
    }

    /// An accumulator of a called function's result, or nothing.
    pub fn called(&mut self, result: Option<(ValType, u16)>) {
        self.join();
        if let Some((ty, slot)) = result {
            self.held.set(Some(ty), slot.into());
        }
    }

    /// Turns the answer of the last instruction round, a `ref.test`.
    #[cfg(feature = "gc")]
    pub fn negate_test(&mut self, test: &Recent) {
        if let Some(flags) = self.units.get_mut(test.at + 4) {
            *flags ^= wasmote_ir::casts::NEGATED;
        }
    }

    /// Removes all from here on.
    fn cut(&mut self, at: usize) {
        self.units.truncate(at);
        self.cut_changing(at);
    }

    fn cut_changing(&mut self, at: usize) {
        while self.changing.last().is_some_and(|&changing| changing as usize >= at) {
            self.changing.pop();
        }
    }

    /// Takes the last instruction back.
    #[inline(never)]
    pub fn retract(&mut self) {
        if let Some(&Recent { at, .. }) = self.window.last() {
            self.cut(at);
            self.window.pop();
            // What the accumulators held before it is not known any more.
            self.held = Held::default();
        }
    }

    /// Takes back the instruction before the last. The last must not use its result, and no target is inside it.
    pub fn remove_before_last(&mut self) {
        if let (Some(last), Some(before)) = (self.last(), self.before_last()) {
            // The last one has no target or type: it leaves its result in an accumulator.
            self.cut_changing(before.at);
            self.units.drain(before.at..last.at);
            if self.wants_offsets {
                // Each instruction has one entry, and these are the last two.
                let operator = self.offsets.pop().map_or(0, |(_, operator)| operator);
                self.offsets.pop_if(|&mut (unit, _)| unit as usize >= before.at);
                self.offsets.push((before.at as u32, operator));
            }
            self.window.count = 0;
            self.window.push(Recent { at: before.at, ..last });
        }
    }

    /// If the last instruction writes this slot, which nobody will read, has it write the accumulator only.
    #[inline]
    pub fn elide(&mut self, slot: u16) {
        let Some(recent) = self.window.last_mut().filter(|recent| recent.dst == Some(slot)) else { return };
        if let Some(variant) = recent.op.elided(recent.variant) {
            recent.dst = None;
            recent.elided = true;
            recent.variant = variant;
            self.units.pop();
            self.units[recent.at] = opcode(recent.op, recent.variant).0;
        }
    }

    /// If the last instruction writes slot `from`, which nobody will read, has it write `to` instead.
    pub fn redirect(&mut self, from: u16, to: u16) -> bool {
        let Some(recent) = self.window.last_mut().filter(|recent| recent.dst == Some(from)) else { return false };
        recent.dst = Some(to);
        if let Some(last) = self.units.last_mut() {
            *last = to;
        }
        let pair = recent.op.result() == Some(ValType::V128);
        self.held.forget(to.into());
        if pair {
            self.held.forget(u32::from(to) + 1);
        }
        for held in &mut self.held.0 {
            if *held == u32::from(from) {
                *held = to.into();
            }
        }
        true
    }

    /// If the last two instructions add constants, both to locals, whose slots lie below `temporaries`, makes them one.
    pub fn join_additions(&mut self, temporaries: u32) {
        let (Some(second), Some(first)) = (self.last(), self.before_last()) else { return };
        let addition = |recent: Recent| match recent {
            Recent { op: Op::I32Add, a: Src::Slot(a), b: Src::Imm(b), dst: Some(dst), .. }
                if self.has_accumulators() && u32::from(dst) < temporaries =>
            {
                Some((Slot(a), Imm(b), Dst(dst)))
            }
            _ => None,
        };
        let (Some(one), Some(two)) = (addition(first), addition(second)) else { return };
        self.cut(first.at);
        self.window.count = 0;
        self.write(family::I32AddTwo.x((one.0, one.1, one.2, two.0, two.1, two.2)));
    }

    /// Moves one slot; two moves in a row become one instruction.
    pub fn copy(&mut self, from: u16, to: u16) {
        if from == to {
            return;
        }
        match self.window.last() {
            Some(&Recent { at, op: Op::Copy, .. }) => {
                let first = (Slot(self.units[at + 1]), Dst(self.units[at + 2]));
                let held = self.held;
                self.cut(at);
                self.window.pop();
                self.write_few(family::CopyTwo.s((first.0, first.1, Slot(from), Dst(to))));
                self.held = held;
                self.held.forget(first.1.0.into());
                self.held.forget(to.into());
            }
            _ => {
                self.write_few(family::Copy.s((Slot(from), Dst(to))));
            }
        }
        // Copies have two destinations or are joined; nobody redirects them.
        if let Some(recent) = self.window.last_mut() {
            recent.dst = None;
        }
    }

    /// Moves a run of slots down, or to where it does not overlap.
    pub fn copy_run(&mut self, from: u16, to: u16, count: u16) {
        match count {
            0 => {}
            _ if from == to => {}
            1 => self.copy(from, to),
            _ => {
                self.write(family::CopySpan.s((Slot(from), Dst(to), Count(count))));
                self.held.forget_run(to.into(), count.into());
            }
        }
    }

    /// Moves a value of this type.
    pub fn copy_value(&mut self, from: u16, to: u16, ty: ValType) {
        match ty {
            #[cfg(feature = "simd")]
            ValType::V128 if self.has_accumulators() && from != to => {
                self.write(family::V128Copy.s((Slot(from), Dst(to))));
            }
            _ => self.copy_run(from, to, ty.slots()),
        }
    }

    /// A constant vector into a slot, or into the accumulator alone.
    #[cfg(feature = "simd")]
    #[inline(never)]
    pub fn vector_constant(&mut self, number: u32, to: Option<u16>) {
        let [low, high] = self.vectors.get(number as usize).copied().unwrap_or_default();
        match to {
            Some(to) => self.write(family::V128Const.i((Imm(low), Imm(high), Dst(to)))),
            None => self.write(family::V128LoadConst.i_r((Imm(low), Imm(high)))),
        };
    }

    /// Has the last instruction write what it writes: its result is read in parts.
    #[cfg(feature = "simd")]
    pub fn pin(&mut self) {
        if let Some(recent) = self.window.last_mut() {
            recent.dst = None;
        }
    }

    /// Notes the first two sources of the last instruction, for tiles.
    #[cfg(feature = "simd")]
    pub fn note_sources(&mut self, a: Src, b: Src) {
        if let Some(recent) = self.window.last_mut() {
            (recent.a, recent.b) = (a, b);
        }
    }

    /// A constant into a slot.
    #[inline(never)]
    pub fn constant(&mut self, bits: u64, to: u16) {
        let to = Dst(to);
        let instruction = if bits == u64::from(bits as u16) && self.short() {
            family::ConstU16.i((Imm(bits), to))
        } else if bits == u64::from(bits as u32) {
            family::ConstU32.i((Imm(bits), to))
        } else if fits_signed(bits) {
            family::ConstS32.i((Imm(bits & 0xffff_ffff), to))
        } else {
            family::ConstI64.i((Imm(bits), to))
        };
        self.write_few(instruction);
    }

    /// Whether short forms are used: linked cells gain nothing from them.
    pub fn short(&self) -> bool {
        !self.has_accumulators()
    }

    /// Notes that the jump at `start` leads to the end of the code, where a return may follow.
    pub fn note_jump(&mut self, start: usize) {
        let here = self.units.len();
        if here != self.bound_at {
            self.bound.clear();
            self.bound_at = here;
        }
        if self.units.get(start) == Some(&const { Opcode::only(Op::Goto) }.0) && self.bound.try_push(start).is_err() {
            self.fail();
        }
    }

    /// Writes a return of three units; jumps that lead to it become returns themselves.
    pub fn write_return(&mut self, instruction: Instruction<2>) {
        let at = self.write_few(instruction);
        if at == self.bound_at && self.units.len() == at + 3 {
            for &start in &self.bound {
                self.units.copy_within(at..at + 3, start);
            }
        }
    }

    /// Has the target operand at unit `operand` of the instruction at `start` lead to `to`.
    pub fn set_target(&mut self, start: usize, operand: usize, to: usize) {
        let distance = (to as i64 - start as i64) as u64;
        self.set_units(operand, &code::to_units(distance)[..2]);
    }

    /// Changes units of an instruction, if it was not lost.
    pub fn set_units(&mut self, at: usize, units: &[u16]) {
        if let Some(place) = self.units.get_mut(at..at + units.len()) {
            place.copy_from_slice(units);
        }
    }
}

/// Whether these 64 bits are 32 sign-extended.
pub fn fits_signed(bits: u64) -> bool {
    bits == i64::from(bits as u32 as i32) as u64
}
