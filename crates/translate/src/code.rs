//! The code being written: instructions, the last two of which may still be changed, and what the accumulators
//! hold behind the last.

use alloc::vec::Vec;

use wasmote_ir::handlers::Handler;
use wasmote_ir::ops::opcode;
use wasmote_ir::shape::Operand;
use wasmote_ir::{Op, ValType, code};

/// Where a source comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Src {
    /// A slot.
    Slot(u16),
    /// An immediate: the bits of a slot.
    Imm(u64),
    /// The accumulator of its type.
    Reg,
}

/// An instruction that may still be changed: nothing can jump between it and the end.
#[derive(Clone, Copy, Debug)]
pub struct Recent {
    /// Where it starts.
    pub at: usize,
    /// Its family.
    pub op: Op,
    /// Its variant.
    pub variant: u8,
    /// Its first source, for families of two sources.
    pub a: Src,
    /// Its second source, for families of two sources.
    pub b: Src,
    /// The slot that it writes and that can be changed; `None` if there is none.
    pub dst: Option<u16>,
    /// Whether [`Code::elide`] made it write the accumulator only, for the next instruction alone.
    pub elided: bool,
}

/// The slots whose values the accumulators hold.
#[derive(Clone, Copy, Default)]
pub struct Held {
    int: Option<u16>,
    f32: Option<u16>,
    f64: Option<u16>,
    /// The first of two slots.
    vector: Option<u16>,
}

impl Held {
    fn of(&mut self, ty: ValType) -> Option<&mut Option<u16>> {
        match ty {
            ValType::F32 => Some(&mut self.f32),
            ValType::F64 => Some(&mut self.f64),
            ValType::V128 => Some(&mut self.vector),
            _ => Some(&mut self.int),
        }
    }

    /// Forgets that any accumulator holds the value of this slot.
    fn forget(&mut self, slot: u16) {
        for held in [&mut self.int, &mut self.f32, &mut self.f64] {
            if *held == Some(slot) {
                *held = None;
            }
        }
        if self.vector.is_some_and(|first| slot.wrapping_sub(first) < 2) {
            self.vector = None;
        }
    }
}

/// The code being written.
#[derive(Default)]
pub struct Code {
    /// The instructions.
    pub units: Vec<u16>,
    /// The last instruction and the one before it.
    window: [Option<Recent>; 2],
    held: Held,
    /// Constant vectors, by their halves.
    #[cfg(feature = "simd")]
    pub vectors: Vec<[u64; 2]>,
    /// Whether accumulators are used: they are not part of the core op set.
    pub accumulators: bool,
    /// Offsets in `units`, and in the binary of the operator that they come from.
    pub offsets: Vec<(u32, u32)>,
    /// Whether `offsets` is wanted.
    wants_offsets: bool,
    /// Jumps whose target is `bound_at`.
    bound: Vec<usize>,
    bound_at: usize,
    /// Where the operator stands that is being translated.
    pub operator: u32,
    /// Handlers of exceptions, inner ones first.
    pub handlers: Vec<Handler>,
}

impl Code {
    /// Starts a function.
    pub fn start(&mut self, accumulators: bool, wants_offsets: bool) {
        self.units.clear();
        #[cfg(feature = "simd")]
        self.vectors.clear();
        self.offsets.clear();
        self.handlers.clear();
        self.bound.clear();
        self.bound_at = 0;
        self.accumulators = accumulators;
        self.wants_offsets = wants_offsets;
        self.join();
    }

    /// Something may jump to here: what came before can't be changed any more, and the accumulators hold anything.
    pub fn join(&mut self) {
        self.window = [None, None];
        self.held = Held::default();
    }

    /// What the accumulators hold, to be given to [`Code::resume`].
    pub fn held(&self) -> Held {
        self.held
    }

    /// As [`Code::join`], where all that jump here have the accumulators in this state.
    pub fn resume(&mut self, held: Held) {
        self.window = [None, None];
        self.held = held;
    }

    /// The last instruction, if it may be changed.
    pub fn last(&self) -> Option<Recent> {
        self.window[0]
    }

    /// The one before, likewise.
    pub fn before_last(&self) -> Option<Recent> {
        self.window[1]
    }

    /// Writes an instruction; `values` are those of its operands in order. Returns where it starts.
    pub fn emit(&mut self, op: Op, variant: u8, values: &[u64]) -> usize {
        let at = self.units.len();
        if self.wants_offsets {
            while self.offsets.last().is_some_and(|&(unit, _)| unit as usize >= at) {
                self.offsets.pop();
            }
            self.offsets.push((at as u32, self.operator));
        }
        let opcode = opcode(op, variant);
        // Written where they stay: units put into a buffer and read again as a whole, right away, wait for one another.
        self.units.resize(at + code::MAX_UNITS, 0);
        let units = &mut self.units[at..];
        units[0] = opcode.0;
        let mut len = 1;
        let mut dst = None;
        let operands = opcode.operands();
        debug_assert_eq!(operands.len(), values.len());
        for (kind, &value) in operands.iter().zip(values) {
            units[len] = value as u16;
            let size = kind.units();
            if size > 1 {
                units[len..len + size].copy_from_slice(&code::to_units(value)[..size]);
            }
            len += size;
            match kind {
                Operand::Dst | Operand::SrcDst => {
                    self.held.forget(value as u16);
                    dst = Some(value as u16);
                }
                Operand::DstPair => {
                    self.held.forget(value as u16);
                    self.held.forget(value as u16 + 1);
                    // Others are two values.
                    if op.result() == Some(ValType::V128) {
                        dst = Some(value as u16);
                    }
                }
                _ => {}
            }
        }
        self.units.truncate(at + len);
        if let Some(held) = op.result().and_then(|ty| self.held.of(ty)) {
            *held = dst;
        }
        // Only a destination that comes last can be changed.
        let dst = dst.filter(|_| matches!(operands.last(), Some(Operand::Dst | Operand::DstPair)));
        let recent = Recent { at, op, variant, a: Src::Reg, b: Src::Reg, dst, elided: false };
        self.window = [Some(recent), self.window[0]];
        at
    }

    /// Writes an instruction whose last two operands have these values, and those before them the `first` ones, at most two.
    pub fn emit_behind(&mut self, op: Op, variant: u8, first: &[u64], last: [u64; 2]) {
        let mut values = [0; 4];
        let count = first.len();
        values[..count].copy_from_slice(first);
        values[count..count + 2].copy_from_slice(&last);
        self.emit(op, variant, &values[..count + 2]);
    }

    /// Writes an instruction of a shape whose variants choose between slot, immediate and accumulator for two
    /// sources; the sources are remembered.
    pub fn emit_two(&mut self, op: Op, variant: u8, a: Src, b: Src, rest: &[u64]) -> usize {
        let mut values = [0; 4];
        let mut count = 0;
        for value in [a, b].iter().filter_map(Src::value).chain(rest.iter().copied()) {
            values[count] = value;
            count += 1;
        }
        let at = self.emit(op, variant, &values[..count]);
        if let Some(recent) = &mut self.window[0] {
            (recent.a, recent.b) = (a, b);
        }
        at
    }

    /// Whether the accumulator of this type holds the value of this slot.
    pub fn holds(&mut self, slot: u16, ty: ValType) -> bool {
        self.accumulators && self.held.of(ty).is_some_and(|held| *held == Some(slot))
    }

    /// An accumulator of a called function's result, or nothing.
    pub fn called(&mut self, result: Option<(ValType, u16)>) {
        self.join();
        if let Some((ty, slot)) = result
            && let Some(held) = self.held.of(ty)
        {
            *held = Some(slot);
        }
    }

    /// Turns the answer of the last instruction round, a `ref.test`.
    #[cfg(feature = "gc")]
    pub fn negate_test(&mut self, test: &Recent) {
        self.units[test.at + 4] ^= wasmote_ir::casts::NEGATED;
    }

    /// Takes the last instruction back.
    #[inline(never)]
    pub fn retract(&mut self) {
        if let Some(recent) = self.window[0] {
            self.units.truncate(recent.at);
            self.window = [self.window[1], None];
            // What the accumulators held before it is not known any more.
            self.held = Held::default();
        }
    }

    /// Takes back the instruction before the last. The last must not use its result, and no target is inside it.
    pub fn remove_before_last(&mut self) {
        if let (Some(mut last), Some(before)) = (self.window[0], self.window[1]) {
            self.units.drain(before.at..last.at);
            if self.wants_offsets {
                // Each instruction has one entry, and these are the last two.
                let operator = self.offsets.pop().map_or(0, |(_, operator)| operator);
                self.offsets.pop_if(|&mut (unit, _)| unit as usize >= before.at);
                self.offsets.push((before.at as u32, operator));
            }
            last.at = before.at;
            self.window = [Some(last), None];
        }
    }

    /// If the last instruction writes this slot, which nobody will read, has it write the accumulator only.
    pub fn elide(&mut self, slot: u16) {
        let Some(recent) = &mut self.window[0] else { return };
        let count = recent.op.variant_count();
        let other = usize::from(recent.variant) + count / 2;
        let eliding = opcode(recent.op, other as u8);
        // Not all shapes have a second half without destinations.
        let stores = matches!(eliding.operands().last(), Some(Operand::Dst | Operand::DstPair));
        let units = eliding.units().map(|units| units + 1);
        let shorter = other < count && !stores && units == opcode(recent.op, recent.variant).units();
        // It has a destination to leave out, which stands last.
        if recent.dst == Some(slot) && shorter {
            recent.dst = None;
            recent.elided = true;
            recent.variant = other as u8;
            self.units.pop();
            self.units[recent.at] = eliding.0;
        }
    }

    /// If the last instruction writes slot `from`, which nobody will read, has it write `to` instead.
    pub fn redirect(&mut self, from: u16, to: u16) -> bool {
        let Some(recent) = &mut self.window[0] else { return false };
        if recent.dst != Some(from) {
            return false;
        }
        recent.dst = Some(to);
        if let Some(last) = self.units.last_mut() {
            *last = to;
        }
        let pair = recent.op.result() == Some(ValType::V128);
        self.held.forget(to);
        if pair {
            self.held.forget(to + 1);
        }
        let Held { int, f32, f64, vector } = &mut self.held;
        for held in [int, f32, f64, vector] {
            if *held == Some(from) {
                *held = Some(to);
            }
        }
        true
    }

    /// If the last two instructions add constants, both to locals, whose slots lie below `temporaries`, makes them one.
    pub fn join_additions(&mut self, temporaries: u32) {
        let [Some(second), Some(first)] = self.window else { return };
        let addition = |recent: Recent| match recent {
            Recent { op: Op::I32Add, variant: 1, a: Src::Slot(a), b: Src::Imm(b), dst: Some(dst), .. }
                if self.accumulators && u32::from(dst) < temporaries =>
            {
                Some([u64::from(a), b, u64::from(dst)])
            }
            _ => None,
        };
        let (Some(one), Some(two)) = (addition(first), addition(second)) else { return };
        self.units.truncate(first.at);
        self.window = [None, None];
        self.emit(Op::I32AddTwo, 0, &[one[0], one[1], one[2], two[0], two[1], two[2]]);
    }

    /// Moves one slot; two moves in a row become one instruction.
    pub fn copy(&mut self, from: u16, to: u16) {
        if from == to {
            return;
        }
        match self.window[0] {
            Some(Recent { at, op: Op::Copy, .. }) => {
                let first = [self.units[at + 1], self.units[at + 2]].map(u64::from);
                let (held, before) = (self.held, self.window[1]);
                self.units.truncate(at);
                self.window = [before, None];
                self.emit(Op::CopyTwo, 0, &[first[0], first[1], u64::from(from), u64::from(to)]);
                self.held = held;
                self.held.forget(first[1] as u16);
                self.held.forget(to);
            }
            _ => {
                self.emit(Op::Copy, 0, &[u64::from(from), u64::from(to)]);
            }
        }
        // Copies have two destinations or are joined; nobody redirects them.
        if let Some(recent) = &mut self.window[0] {
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
                self.emit(Op::CopySpan, 0, &[u64::from(from), u64::from(to), u64::from(count)]);
                for i in 0..count {
                    self.held.forget(to + i);
                }
            }
        }
    }

    /// Moves a value of this type.
    pub fn copy_value(&mut self, from: u16, to: u16, ty: ValType) {
        match ty {
            #[cfg(feature = "simd")]
            ValType::V128 if self.accumulators && from != to => {
                self.emit(Op::V128Copy, 0, &[u64::from(from), u64::from(to)]);
            }
            _ => self.copy_run(from, to, ty.slots()),
        }
    }

    /// A constant vector into a slot, or into the accumulator alone.
    #[cfg(feature = "simd")]
    #[inline(never)]
    pub fn vector_constant(&mut self, number: u32, to: Option<u16>) {
        let [low, high] = self.vectors[number as usize];
        match to {
            Some(to) => self.emit(Op::V128Const, 0, &[low, high, u64::from(to)]),
            None => self.emit(Op::V128LoadConst, 0, &[low, high]),
        };
    }

    /// Has the last instruction write what it writes: its result is read in parts.
    #[cfg(feature = "simd")]
    pub fn pin(&mut self) {
        if let Some(recent) = &mut self.window[0] {
            recent.dst = None;
        }
    }

    /// Notes the first two sources of the last instruction, for tiles.
    #[cfg(feature = "simd")]
    pub fn note_sources(&mut self, a: Src, b: Src) {
        if let Some(recent) = &mut self.window[0] {
            (recent.a, recent.b) = (a, b);
        }
    }

    /// A constant into a slot.
    pub fn constant(&mut self, bits: u64, to: u16) {
        let to = u64::from(to);
        if bits == u64::from(bits as u16) && self.short() {
            self.emit(Op::ConstU16, 0, &[bits, to]);
        } else if bits == u64::from(bits as u32) {
            self.emit(Op::ConstU32, 0, &[bits, to]);
        } else if fits_signed(bits) {
            self.emit(Op::ConstS32, 0, &[bits & 0xffff_ffff, to]);
        } else {
            self.emit(Op::ConstI64, 0, &[bits, to]);
        }
    }

    /// Whether short forms are used: linked cells gain nothing from them.
    pub fn short(&self) -> bool {
        !self.accumulators
    }

    /// Notes that the jump at `start` leads to the end of the code, where a return may follow.
    pub fn note_jump(&mut self, start: usize) {
        let here = self.units.len();
        if here != self.bound_at {
            self.bound.clear();
            self.bound_at = here;
        }
        if self.units[start] == opcode(Op::Goto, 0).0 {
            self.bound.push(start);
        }
    }

    /// Writes a return of three units; jumps that lead to it become returns themselves.
    pub fn emit_return(&mut self, op: Op, variant: u8, values: &[u64; 2]) {
        let at = self.emit(op, variant, values);
        if at == self.bound_at && self.units.len() == at + 3 {
            for &start in &self.bound {
                self.units.copy_within(at..at + 3, start);
            }
        }
    }

    /// Has the target operand at unit `operand` of the instruction at `start` lead to `to`.
    pub fn set_target(&mut self, start: usize, operand: usize, to: usize) {
        let distance = (to as i64 - start as i64) as u64;
        self.units[operand..operand + 2].copy_from_slice(&code::to_units(distance)[..2]);
    }
}

impl Src {
    /// The operand's value, if it has an operand.
    pub fn value(&self) -> Option<u64> {
        match *self {
            Src::Slot(slot) => Some(u64::from(slot)),
            Src::Imm(bits) => Some(bits),
            Src::Reg => None,
        }
    }
}

/// Whether these 64 bits are 32 sign-extended.
pub fn fits_signed(bits: u64) -> bool {
    bits == i64::from(bits as u32 as i32) as u64
}
