//! The code that is being written: its instructions, the last two of which may still change, and what the accumulators
//! hold after the last one.

use alloc::vec::Vec;

use wasmote_ir::code::MAX_FUNCTION_UNITS;
use wasmote_ir::exception_table::ExceptionEntry;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::ops::{family, opcode};
use wasmote_ir::shape::Operand;
use wasmote_ir::write::{Count, Dst, Imm, Instruction, Slot};
use wasmote_ir::{Op, Opcode, ValType, code};

use crate::TranslateErrorKind;
use crate::body::TranslateResult;
use crate::operand_info::{DestKind, MAX_SHORT_OPERANDS, operand_info};
use crate::peephole::{AccumulatorState, NOTHING, PeepholeWindow};
pub use crate::peephole::{RecentInstr, Src};
use crate::threading::Jumps;

/// The code that is being written.
#[derive(Default)]
pub struct CodeWriter {
    /// The instructions.
    pub units: Vec<u16>,
    window: PeepholeWindow,
    held: AccumulatorState,
    /// The constant vectors of the body, each as two halves.
    #[cfg(feature = "simd")]
    pub vectors: Vec<[u64; 2]>,
    /// Whether accumulators are used. The core op set has none.
    accumulators: bool,
    /// Pairs of an offset in `units` and the byte offset, in the binary, of the operator that it comes from.
    pub offsets: Vec<(u32, u32)>,
    /// Whether the caller wants `offsets`.
    wants_offsets: bool,
    /// The maximum number of units; 0 once memory has run out.
    limit: usize,
    /// Whether memory has run out. The code is useless then.
    failed: bool,
    /// What is known about the jumps.
    pub jumps: Jumps,
    /// The byte offset, in the binary, of the operator that is being translated.
    pub operator: u32,
    /// Exception handlers, inner ones first.
    pub handlers: Vec<ExceptionEntry>,
    /// Where the instructions begin that hold targets or types. Linking rewrites these.
    pub relocations: Vec<u32>,
}

/// Room for any instruction, in units. The list of targets of a `br_table` is added later.
const ROOM: usize = 64;
/// The number of units that [`CodeWriter::emit_short`] writes before it cuts them to the length of the instruction. An
/// operand begins below 16, and four units are written for it.
const WRITTEN: usize = 20;

impl CodeWriter {
    /// Starts a function of at most `limit` units. The functions that write instructions return no error: when memory
    /// runs out, what they write is lost, and [`CodeWriter::check`] reports it.
    pub fn start(&mut self, accumulators: bool, wants_offsets: bool, limit: usize) -> TranslateResult {
        self.units.clear();
        #[cfg(feature = "simd")]
        self.vectors.clear();
        self.offsets.clear();
        self.handlers.clear();
        self.relocations.clear();
        self.jumps.start();
        self.accumulators = accumulators;
        self.wants_offsets = wants_offsets;
        self.limit = limit.min(MAX_FUNCTION_UNITS);
        self.failed = false;
        self.join();
        self.units.try_room(ROOM)?;
        Ok(self.relocations.try_room(1)?)
    }

    /// Whether the code may use accumulators.
    #[inline(always)]
    pub fn has_accumulators(&self) -> bool {
        cfg!(feature = "extended") && self.accumulators
    }

    /// Fails if memory has run out or the code exceeds its limit.
    #[inline(always)]
    pub fn check(&self) -> TranslateResult {
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

    /// Whether memory has run out.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Gives up at the end of this operator, because memory has run out.
    #[cold]
    #[inline(never)]
    pub fn fail_soon(&mut self) {
        self.failed = true;
        self.limit = 0;
    }

    /// Gives up, because memory has run out. The code is cleared, so that later instructions need no more memory.
    #[cold]
    #[inline(never)]
    pub fn fail(&mut self) {
        self.fail_soon();
        self.units.clear();
        self.offsets.clear();
        self.relocations.clear();
        self.jumps.start();
        self.join();
    }

    /// Makes room for one instruction.
    #[inline(always)]
    fn room(&mut self) {
        if self.units.capacity() - self.units.len() < ROOM || self.relocations.len() == self.relocations.capacity() {
            self.make_room();
        }
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        if self.units.try_room(ROOM).and_then(|()| self.relocations.try_room(1)).is_err() {
            self.fail();
        }
    }

    /// Notes that a jump may lead to here. Earlier instructions can no longer change, and what the accumulators hold is
    /// unknown.
    pub fn join(&mut self) {
        self.window.count = 0;
        self.held = AccumulatorState::default();
    }

    /// Returns what the accumulators hold, for [`CodeWriter::resume`].
    pub fn held(&self) -> AccumulatorState {
        self.held
    }

    /// Like [`CodeWriter::join`], but every jump to here leaves the accumulators in the state `held`.
    pub fn resume(&mut self, held: AccumulatorState) {
        self.window.count = 0;
        self.held = held;
    }

    /// Returns the last instruction in its place, if it may still change.
    #[inline(always)]
    pub fn last_ref(&self) -> Option<&RecentInstr> {
        self.window.last()
    }

    /// Returns the last instruction, if it may still change.
    #[inline(always)]
    pub fn last(&self) -> Option<RecentInstr> {
        self.window.last().copied()
    }

    /// Returns the instruction before the last, if it may still change.
    #[inline(always)]
    pub fn before_last(&self) -> Option<RecentInstr> {
        self.window.before_last().copied()
    }

    /// Writes an instruction. Returns where it starts.
    #[inline(always)]
    pub fn write<const N: usize>(&mut self, instruction: Instruction<N>) -> usize {
        self.emit(instruction.op, instruction.variant, &instruction.values)
    }

    /// [`CodeWriter::write`] for frequent instructions, which have at most [`MAX_SHORT_OPERANDS`] operands.
    #[inline(always)]
    pub fn write_short<const N: usize>(&mut self, instruction: Instruction<N>) -> usize {
        let mut values = [0; MAX_SHORT_OPERANDS];
        values[..N].copy_from_slice(&instruction.values);
        self.emit_short(instruction.op, instruction.variant, values)
    }

    /// Writes an instruction of a family that is chosen at run time and has a single variant.
    #[inline(always)]
    pub fn emit_single_variant(&mut self, op: Op, values: &[u64]) -> usize {
        debug_assert_eq!(op.variant_count(), 1);
        self.emit(op, 0, values)
    }

    /// Writes an instruction. `values` are the values of its operands, in order. Returns where it starts.
    #[inline(never)]
    pub fn emit(&mut self, op: Op, variant: u8, values: &[u64]) -> usize {
        if values.len() <= MAX_SHORT_OPERANDS {
            let mut few = [0; MAX_SHORT_OPERANDS];
            few[..values.len()].copy_from_slice(values);
            return self.emit_short(op, variant, few);
        }
        self.room();
        // This clears the units if memory runs out, so `at` is read after it.
        self.note_offset(self.units.len());
        let at = self.units.len();
        let opcode = opcode(op, variant);
        debug_assert_eq!(opcode.family(), Some((op, variant)));
        debug_assert_eq!(opcode.operands().len(), values.len());
        self.units.push(opcode.0);
        for (kind, &value) in opcode.operands().iter().zip(values) {
            self.units.extend_from_slice(&code::to_units(value)[..kind.units()]);
        }
        if operand_info(opcode).is_relocated {
            self.relocations.push(at as u32);
        }
        let dst = self.written(op, opcode, at);
        self.window.push(RecentInstr { at, op, variant, a: Src::Reg, b: Src::Reg, dst, elided: false });
        at
    }

    /// [`CodeWriter::emit`] for an instruction with at most [`MAX_SHORT_OPERANDS`] operands. Surplus values are ignored.
    #[inline(always)]
    pub fn emit_short(&mut self, op: Op, variant: u8, values: [u64; MAX_SHORT_OPERANDS]) -> usize {
        self.emit_with_sources(op, variant, Src::Reg, Src::Reg, values)
    }

    /// Writes an instruction with two sources and a last operand. A source in the accumulator has no operand. The
    /// sources are remembered in [`RecentInstr`].
    #[inline(always)]
    pub fn emit_two_sources(&mut self, op: Op, variant: u8, a: Src, b: Src, last: u64) -> usize {
        let mut values = [0; MAX_SHORT_OPERANDS];
        let mut count = 0;
        for source in [a, b] {
            values[count] = source.value().unwrap_or(0);
            count += usize::from(source != Src::Reg);
        }
        values[count] = last;
        self.emit_with_sources(op, variant, a, b, values)
    }

    /// [`CodeWriter::emit_short`] that also remembers two sources. The body has almost no branches: the processor cannot
    /// predict which instruction is written next.
    #[inline(never)]
    fn emit_with_sources(&mut self, op: Op, variant: u8, a: Src, b: Src, values: [u64; MAX_SHORT_OPERANDS]) -> usize {
        self.room();
        // This clears the units if memory runs out, so `at` is read after it.
        self.note_offset(self.units.len());
        let at = self.units.len();
        let opcode = opcode(op, variant);
        let known = operand_info(opcode);
        debug_assert_eq!(opcode.family(), Some((op, variant)));
        debug_assert!(usize::from(known.operands) <= MAX_SHORT_OPERANDS);
        // The units are written in place. Units that are written one by one to a buffer and at once read back as a
        // whole would stall the processor.
        self.units.extend_from_slice(&[0; WRITTEN]);
        if let Some(units) = self.units.last_chunk_mut::<WRITTEN>() {
            units[0] = opcode.0;
            for (i, value) in values.into_iter().enumerate() {
                // Each value writes four units, whatever its size. The next value overwrites the surplus.
                let place = known.place(i);
                units[place..place + 4].copy_from_slice(&code::to_units(value));
            }
        }
        self.units.truncate(at + known.place(MAX_SHORT_OPERANDS));
        if known.is_relocated {
            self.relocations.push(at as u32);
        }
        let dst = if known.writes == DestKind::More {
            self.written(op, opcode, at)
        } else {
            let slot = values[usize::from(known.operands).wrapping_sub(1) % MAX_SHORT_OPERANDS] as u16;
            let dst = (known.writes == DestKind::Last).then_some(slot);
            self.held.wrote(op, dst.map_or(NOTHING, u32::from));
            dst
        };
        self.window.push(RecentInstr { at, op, variant, a, b, dst, elided: false });
        at
    }

    /// Writes an instruction with one source and a last operand. A source in the accumulator has no operand.
    #[inline(always)]
    pub fn emit_one_source(&mut self, op: Op, variant: u8, source: Src, last: u64) -> usize {
        let values = match source.value() {
            Some(value) => [value, last, 0, 0],
            None => [last, 0, 0, 0],
        };
        self.emit_short(op, variant, values)
    }

    /// Writes an instruction whose operands are the first `count` values of `first`, then both values of `last`.
    #[inline(always)]
    pub fn emit_two_last(&mut self, op: Op, variant: u8, first: [u64; 2], count: usize, last: [u64; 2]) {
        let mut values = [first[0], first[1], 0, 0];
        let count = count.min(2);
        values[count] = last[0];
        values[count + 1] = last[1];
        self.emit_short(op, variant, values);
    }

    /// Notes what the accumulators hold after the instruction at `at`, whatever slots it writes. Returns the slot that
    /// [`CodeWriter::redirect`] may change.
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
                    // Two slots that are no vector are two results, which cannot be redirected together.
                    if op.result() == Some(ValType::V128) {
                        dst = Some(slot);
                    }
                }
                _ => {}
            }
            unit += kind.units();
        }
        self.held.set(op.result(), dst.map_or(NOTHING, u32::from));
        // `redirect` and `elide` expect the destination in the last unit.
        dst.filter(|_| matches!(operands.last(), Some(Operand::Dst | Operand::DstPair)))
    }

    /// Notes which operator the instruction at `at` comes from, if the caller wants the map.
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

    /// Returns the byte offset, in the binary, of the operator that the instruction at `at` comes from, if the caller
    /// wants the map.
    pub fn operator_at(&self, at: usize) -> Option<u32> {
        let index = self.offsets.binary_search_by_key(&(at as u32), |&(unit, _)| unit).ok()?;
        self.offsets.get(index).map(|&(_, operator)| operator)
    }

    /// Whether the accumulator of this type holds the value of this slot.
    pub fn holds(&self, slot: u16, ty: ValType) -> bool {
        self.has_accumulators() && self.held.0[AccumulatorState::of(ty)] == u32::from(slot)
    }

    /// Notes what the accumulators hold after a call: a single result, which is in `result`'s slot as well, or nothing.
    pub fn called(&mut self, result: Option<(ValType, u16)>) {
        self.join();
        if let Some((ty, slot)) = result {
            self.held.set(Some(ty), slot.into());
        }
    }

    /// Negates the answer of `test`, the last instruction, which is a `ref.test`.
    #[cfg(feature = "gc")]
    pub fn negate_test(&mut self, test: &RecentInstr) {
        if let Some(flags) = self.units.get_mut(test.at + 4) {
            *flags ^= wasmote_ir::casts::NEGATED;
        }
    }

    /// Makes the last instruction one of the family `op`, with the same operands, if it has a variant for them. Returns
    /// whether it did. Both families have integers as results.
    pub fn replace(&mut self, op: Op) -> bool {
        let Some(recent) = self.window.last_mut() else { return false };
        let Some(variant) = recent.op.same_sources(recent.variant, op) else { return false };
        let new = opcode(op, variant);
        if opcode(recent.op, recent.variant).operands() != new.operands() {
            return false;
        }
        if let (Src::Imm(bits), Some(ValType::I32)) = (&mut recent.b, op.result()) {
            *bits = u64::from(*bits as u32);
        }
        (recent.op, recent.variant) = (op, variant);
        let at = recent.at;
        self.set_units(at, &[new.0]);
        true
    }

    /// Removes the instructions from unit `at` on.
    fn cut(&mut self, at: usize) {
        self.units.truncate(at);
        self.truncate_relocations(at);
    }

    fn truncate_relocations(&mut self, at: usize) {
        while self.relocations.last().is_some_and(|&relocations| relocations as usize >= at) {
            self.relocations.pop();
        }
    }

    /// Retracts the last instruction: removes it, so that another can do its work.
    #[inline(never)]
    pub fn retract(&mut self) {
        if let Some(&RecentInstr { at, .. }) = self.window.last() {
            self.cut(at);
            self.window.pop();
            // What the accumulators held before it was not kept.
            self.held = AccumulatorState::default();
        }
    }

    /// Retracts the instruction before the last. The last instruction must not use its result and must hold no target
    /// or type, because it moves.
    pub fn retract_before_last(&mut self) {
        if let (Some(last), Some(before)) = (self.last(), self.before_last()) {
            // The last instruction has no entry in `relocations`, since it holds no target or type.
            self.truncate_relocations(before.at);
            self.units.drain(before.at..last.at);
            if self.wants_offsets {
                // Each instruction has one entry. These are the last two.
                let operator = self.offsets.pop().map_or(0, |(_, operator)| operator);
                self.offsets.pop_if(|&mut (unit, _)| unit as usize >= before.at);
                self.offsets.push((before.at as u32, operator));
            }
            self.window.count = 0;
            self.window.push(RecentInstr { at: before.at, ..last });
        }
    }

    /// Makes the last instruction write only the accumulator, if it writes this slot and has such a variant. Nothing
    /// else may read the slot.
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

    /// Makes the last instruction write slot `to`, if it writes `from`. Nothing else may read `from`. Returns whether
    /// it did.
    pub fn redirect(&mut self, from: u16, to: u16) -> bool {
        let Some(recent) = self.window.last_mut().filter(|recent| recent.dst == Some(from)) else { return false };
        recent.dst = Some(to);
        if let Some(last) = self.units.last_mut() {
            *last = to;
        }
        let is_vector = recent.op.result() == Some(ValType::V128);
        self.held.forget(to.into());
        if is_vector {
            self.held.forget(u32::from(to) + 1);
        }
        for held in &mut self.held.0 {
            if *held == u32::from(from) {
                *held = to.into();
            }
        }
        true
    }

    /// Fuses the last two instructions, if both add a constant and write a local. Locals have the slots below
    /// `temporaries`.
    pub fn join_additions(&mut self, temporaries: u32) {
        let (Some(second), Some(first)) = (self.window.last(), self.window.before_last()) else { return };
        if second.op != Op::I32Add || first.op != Op::I32Add {
            return;
        }
        let addition = |recent: &RecentInstr| match *recent {
            RecentInstr { a: Src::Slot(a), b: Src::Imm(b), dst: Some(dst), .. }
                if self.has_accumulators() && u32::from(dst) < temporaries =>
            {
                Some((Slot(a), Imm(b), Dst(dst)))
            }
            _ => None,
        };
        let (Some(one), Some(two)) = (addition(first), addition(second)) else { return };
        let at = first.at;
        self.cut(at);
        self.window.count = 0;
        self.write(family::I32AddTwo.x((one.0, one.1, one.2, two.0, two.1, two.2)));
    }

    /// Copies one slot. Two copies in a row become one instruction.
    pub fn copy(&mut self, from: u16, to: u16) {
        if from == to {
            return;
        }
        match self.window.last() {
            Some(&RecentInstr { at, op: Op::Copy, .. }) => {
                let first = (Slot(self.units[at + 1]), Dst(self.units[at + 2]));
                let held = self.held;
                self.cut(at);
                self.window.pop();
                self.write_short(family::CopyTwo.s((first.0, first.1, Slot(from), Dst(to))));
                self.held = held;
                self.held.forget(first.1.0.into());
                self.held.forget(to.into());
            }
            _ => {
                self.write_short(family::Copy.s((Slot(from), Dst(to))));
            }
        }
        // A copy cannot be redirected: it may yet be joined with the next one, and a joined one has two destinations.
        if let Some(recent) = self.window.last_mut() {
            recent.dst = None;
        }
    }

    /// Copies a run of slots. If the runs overlap, `to` lies below `from`.
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

    /// Copies a value of this type.
    pub fn copy_value(&mut self, from: u16, to: u16, ty: ValType) {
        match ty {
            #[cfg(feature = "simd")]
            ValType::V128 if self.has_accumulators() && from != to => {
                self.write(family::V128Copy.s((Slot(from), Dst(to))));
            }
            _ => self.copy_run(from, to, ty.slots()),
        }
    }

    /// Writes a constant vector to a slot, or to the accumulator alone.
    #[cfg(feature = "simd")]
    #[inline(never)]
    pub fn vector_constant(&mut self, number: u32, to: Option<u16>) {
        let [low, high] = self.vectors.get(number as usize).copied().unwrap_or_default();
        match to {
            Some(to) => self.write(family::V128Const.i((Imm(low), Imm(high), Dst(to)))),
            None => self.write(family::V128LoadConst.i_r((Imm(low), Imm(high)))),
        };
    }

    /// Fixes the destination of the last instruction. Its result is read or written in parts, so it must be in its
    /// slot.
    #[cfg(feature = "simd")]
    pub fn pin(&mut self) {
        if let Some(recent) = self.window.last_mut() {
            recent.dst = None;
        }
    }

    /// Notes the first two sources of the last instruction, for fused operations.
    #[cfg(feature = "simd")]
    pub fn note_sources(&mut self, a: Src, b: Src) {
        if let Some(recent) = self.window.last_mut() {
            (recent.a, recent.b) = (a, b);
        }
    }

    /// Writes a constant to a slot.
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
        self.write_short(instruction);
    }

    /// Whether the short forms of instructions are used. They make the code of the core op set smaller. The extended op
    /// set is linked into cells, which gain nothing from them.
    pub fn short(&self) -> bool {
        !self.has_accumulators()
    }

    /// Sets the target operand at unit `operand`, which belongs to the instruction at `start`, to unit `to`.
    pub fn set_target(&mut self, start: usize, operand: usize, to: usize) {
        let distance = (to as i64 - start as i64) as u64;
        self.set_units(operand, &code::to_units(distance)[..2]);
    }

    /// Changes units of an instruction, unless it was lost when memory ran out.
    pub fn set_units(&mut self, at: usize, units: &[u16]) {
        if let Some(place) = self.units.get_mut(at..at + units.len()) {
            place.copy_from_slice(units);
        }
    }
}

/// Whether these 64 bits are the sign extension of the lower 32.
pub fn fits_signed(bits: u64) -> bool {
    bits == i64::from(bits as u32 as i32) as u64
}
