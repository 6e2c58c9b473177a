//! Linked code: instructions as 8-byte cells, the first of each holding its handler's address, the operands
//! packed behind it four units a cell.
//!
//! The compact form of `wasmote_ir::code` is position independent; what changes here are targets (bytes instead
//! of units) and types (the engine's numbers instead of the module's). In front of a function's first
//! instruction lies one cell with its index and length, by which a trap finds out where it happened, and in front of that the
//! handlers of exceptions, if there are any. The last unit of each call, which no operand takes, says where the caller's
//! header is, by which frames are walked.
//!
//! Two instructions in a row for which there is a pair (`handlers::pairs`) share a handler, unless something jumps between
//! them: the operands of the second follow directly upon the first one's. The second then counts as beginning a cell before
//! its operands, where its handler would be.

#[cfg(feature = "alloc")]
use wasmote_ir::frame::MAX_HEADER;
#[cfg(feature = "alloc")]
use wasmote_ir::handlers::Handler;

/// Bytes of the code that begins here, if it has handlers of exceptions; else 0.
///
/// # Safety
/// [`Linker::link`] made it.
#[cfg(feature = "alloc")]
pub unsafe fn handled_bytes(code: *const Cell) -> u32 {
    // SAFETY: the caller's promise.
    let Description { bytes, handlers: (_, count), .. } = unsafe { describe(code) };
    if count == 0 { 0 } else { bytes }
}

/// One word of linked code; of code executed in place, one unit.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Cell(#[cfg(feature = "alloc")] pub(crate) u64, #[cfg(not(feature = "alloc"))] pub(crate) u16);

/// What has a function's description set in front of its length, in bytes of which it is a multiple, if it has handlers.
#[cfg(feature = "alloc")]
const HANDLED: u64 = 1 << 32;
/// Cells of a handler.
#[cfg(feature = "alloc")]
const HANDLER_CELLS: usize = size_of::<Handler>() / size_of::<Cell>();
/// What the last unit of a call has set, beside the slot of the caller's header, if the caller has handlers.
#[cfg(feature = "alloc")]
pub(crate) const CALLER_HANDLES: u16 = MAX_HEADER + 1;

/// What lies in front of a function's first instruction.
#[cfg(feature = "alloc")]
pub(crate) struct Description {
    /// The function's index, imports counted.
    pub func: u32,
    /// Bytes of its code.
    pub bytes: u32,
    /// Its handlers, inner ones first, with distances in bytes; and how many they are.
    pub handlers: (*const Handler, usize),
}

/// What is known of the function whose code begins here.
///
/// # Safety
/// [`Linker::link`] made it.
#[cfg(feature = "alloc")]
pub(crate) unsafe fn describe(code: *const Cell) -> Description {
    // SAFETY: the description is in the cell in front; if there are handlers, their number is in front of that, and they are there.
    unsafe {
        let Cell(word) = code.sub(1).read();
        let handlers = if word & HANDLED != 0 {
            let Cell(count) = code.sub(2).read();
            (code.sub(2 + HANDLER_CELLS * count as usize).cast(), count as usize)
        } else {
            (core::ptr::null(), 0)
        };
        Description { func: word as u32, bytes: ((word & !HANDLED) >> 32) as u32, handlers }
    }
}

#[cfg(feature = "alloc")]
mod fixed {
    use super::Cell;
    use crate::dispatch::{Handler, cold, hot};
    use crate::handlers::calls::{Host, ReturnAcross, Translate};
    use crate::handlers::control::Leave;

    /// The code of a function that has yet to be translated.
    pub fn untranslated() -> *const Cell {
        static CELL: [Handler; 1] = [cold::<Translate>];
        CELL.as_ptr().cast()
    }

    /// The code of a function of the host.
    pub fn host() -> *const Cell {
        static CELL: [Handler; 1] = [cold::<Host>];
        CELL.as_ptr().cast()
    }

    /// Where a call into another instance returns to.
    pub(crate) fn return_across() -> *const Cell {
        static CELL: [Handler; 1] = [hot::<ReturnAcross>];
        CELL.as_ptr().cast()
    }

    /// Where a call from the host returns to.
    pub(crate) fn leave_run() -> *const Cell {
        static CELL: [Handler; 1] = [cold::<Leave>];
        CELL.as_ptr().cast()
    }
}
#[cfg(feature = "alloc")]
pub use fixed::{host, untranslated};
#[cfg(feature = "alloc")]
pub(crate) use fixed::{leave_run, return_across};

/// Where a call from the host returns to: the opcode behind the last.
#[cfg(not(feature = "alloc"))]
pub(crate) fn leave_run() -> *const Cell {
    static LEAVE: Cell = Cell((crate::handlers::LIMIT as u16).to_le());
    &raw const LEAVE
}

#[cfg(feature = "alloc")]
pub use linker::{Linker, Source};

#[cfg(feature = "alloc")]
mod linker {
    use alloc::vec::Vec;

    use wasmote_ir::Opcode;
    use wasmote_ir::code::{Instr, instructions, to_units};
    #[cfg(feature = "simd")]
    use wasmote_ir::ops::FIRST_VECTOR;
    use wasmote_ir::ops::{ALL_OPCODES, FIRST_OBJECT, LISTS, OPCODES, listed};
    use wasmote_ir::shape::Operand;

    use wasmote_ir::handlers::Handler as Caught;

    use super::{CALLER_HANDLES, Cell, HANDLED, HANDLER_CELLS};
    use crate::dispatch::{Handler, cold};
    use crate::handlers::control::rows::Unreachable;
    use crate::handlers::{MANAGED, TABLE, pairs};
    use crate::operand::{OPERANDS, instr_bytes};

    /// Turns compact code into cells; keeps its buffers from one function to the next.
    pub struct Linker {
        /// The handlers of instructions on objects.
        objects: &'static [Handler],
        /// Gives the handlers of vector instructions.
        #[cfg(feature = "simd")]
        vectors: Option<fn(Opcode) -> Handler>,
        /// For each unit that begins an instruction, where its cell begins, in bytes.
        starts: Vec<u32>,
        /// For each instruction that is the first of a pair, where it begins in units, and the pair's number.
        pairs: Vec<(u32, u16)>,
        /// Where something jumps to, in units.
        #[cfg(feature = "count")]
        targets: Vec<usize>,
    }

    /// In `starts`, until it is known where an instruction goes: something jumps there.
    const TARGET: u32 = u32::MAX;

    /// For each list of operands, the units of an instruction that has it, or 0 if one of them changes when it is linked.
    static UNITS: [u8; LISTS] = {
        let mut table = [0; LISTS];
        let mut list = 0;
        while list < LISTS {
            let operands = listed(list);
            let (mut i, mut units, mut changes) = (0, 1, false);
            while i < operands.len() {
                changes |= matches!(operands[i], Operand::Target | Operand::TargetCount | Operand::Type);
                units += operands[i].units();
                i += 1;
            }
            table[list] = if changes { 0 } else { units as u8 };
            list += 1;
        }
        table
    };

    /// For each list of operands, whether it is that of calls that return here.
    static CALLS: [bool; LISTS] = {
        let mut table = [false; LISTS];
        let mut list = 0;
        while list < LISTS {
            let operands = listed(list);
            let mut i = 0;
            let (mut base, mut other, mut units) = (false, false, 0);
            while i < operands.len() {
                base |= matches!(operands[i], Operand::Base);
                // Tail calls have a header, and what makes objects a result.
                other |= matches!(operands[i], Operand::Header | Operand::Dst);
                units += operands[i].units();
                i += 1;
            }
            table[list] = base && !other;
            assert!(!table[list] || units % 4 != 0, "a call has no unit left over");
            list += 1;
        }
        table
    };

    /// Units of an instruction with this opcode, if none of its operands changes.
    fn plain_units(opcode: u16) -> Option<usize> {
        let units = UNITS[Opcode(opcode).list()?];
        (units != 0).then_some(usize::from(units))
    }

    /// Units of the instruction at `at`.
    fn units_at(code: &[u16], at: usize) -> usize {
        // Only a table of targets, which change, is longer than its opcode says.
        plain_units(code[at]).unwrap_or_else(|| Instr::decode(code, at).map_or(0, |instr| instr.units.len()))
    }

    /// A function to be linked.
    #[derive(Clone, Copy)]
    pub struct Source<'a> {
        /// Its index, imports counted.
        pub func: u32,
        /// What the translator made, or verified.
        pub code: &'a [u16],
        /// The slot of its frame's header, at most [`MAX_HEADER`](wasmote_ir::frame::MAX_HEADER).
        pub header: u16,
        /// Its handlers of exceptions, likewise.
        pub handlers: &'a [Caught],
    }

    impl Linker {
        /// A linker, with the handlers of instructions on objects, in order; none if there are to be no such instructions.
        pub fn new(objects: &'static [Handler]) -> Linker {
            Linker {
                #[cfg(feature = "simd")]
                vectors: None,
                objects,
                starts: Vec::new(),
                pairs: Vec::new(),
                #[cfg(feature = "count")]
                targets: Vec::new(),
            }
        }

        /// Adds the handlers of vector instructions. Without, it must get no code that has such.
        ///
        /// # Safety
        /// What is given for an opcode does what the instruction does, and the machine can run it.
        #[cfg(feature = "simd")]
        pub unsafe fn with_vectors(self, vectors: fn(Opcode) -> Handler) -> Linker {
            Linker { vectors: Some(vectors), ..self }
        }

        /// The handler of an opcode.
        fn handler(&self, opcode: usize) -> Handler {
            #[cfg(feature = "simd")]
            if let (FIRST_VECTOR.., Some(vectors)) = (opcode, self.vectors) {
                return vectors(Opcode(opcode as u16));
            }
            match (opcode.checked_sub(OPCODES), opcode.checked_sub(FIRST_OBJECT)) {
                (None, _) => TABLE[opcode],
                (Some(managed), None) => MANAGED[managed],
                // Modules with objects are refused where there are no handlers for them.
                (_, Some(object)) => self.objects.get(object).copied().unwrap_or(cold::<Unreachable>),
            }
        }

        /// The first cell of a pair.
        fn pair(&self, pair: u16) -> Cell {
            named(pairs::handler(pair, |number| self.handler(number)), ALL_OPCODES + usize::from(pair))
        }

        /// Marks the instructions that something jumps to.
        fn mark_targets(&mut self, code: &[u16], handlers: &[Caught]) {
            self.starts.clear();
            self.starts.resize(code.len() + 1, 0);
            if pairs::COUNT == 0 && !cfg!(feature = "count") {
                return;
            }
            for handler in handlers {
                // Some have none.
                if let Some(start) = self.starts.get_mut(handler.target as usize) {
                    *start = TARGET;
                }
            }
            let mut at = 0;
            while at < code.len() {
                if let Some(units) = plain_units(code[at]) {
                    at += units;
                    continue;
                }
                let Some(instr) = Instr::decode(code, at) else { break };
                for (kind, value) in instr.operands() {
                    if kind == Operand::Target {
                        self.starts[(at as i64 + i64::from(value as u32 as i32)) as usize] = TARGET;
                    }
                }
                at += instr.units.len();
            }
        }

        /// Notes where each instruction goes, and the pairs; returns the length in bytes.
        fn place(&mut self, code: &[u16], handlers: &[Caught]) -> u32 {
            self.mark_targets(code, handlers);
            self.pairs.clear();
            #[cfg(feature = "count")]
            self.targets.clear();
            let (mut at, mut bytes) = (0, 0);
            // The instruction before, unless it is part of a pair.
            let mut before = None;
            while at < code.len() {
                let units = units_at(code, at);
                #[cfg(feature = "count")]
                if self.starts[at] == TARGET {
                    self.targets.push(at);
                }
                let pair = before
                    .filter(|_| self.starts[at] != TARGET)
                    .and_then(|before: usize| pairs::find(code[before], code[at]).map(|pair| (before as u32, pair)));
                before = if pair.is_none() { Some(at) } else { None };
                if let Some(pair) = pair {
                    self.pairs.push(pair);
                    bytes -= OPERANDS as u32;
                }
                self.starts[at] = bytes;
                bytes += instr_bytes(units - 1) as u32;
                at += units;
            }
            self.starts[code.len()] = bytes;
            bytes
        }

        /// Links a function, replacing what `out` holds. Type `t` of the module has the number `type_ids[t]` in the engine. Returns
        /// how many cells lie in front of the first instruction.
        pub fn link(&mut self, source: &Source<'_>, type_ids: &[u32], out: &mut Vec<Cell>) -> usize {
            let Source { func, code, header, handlers } = *source;
            let bytes = self.place(code, handlers);
            out.clear();
            out.reserve(2 + handlers.len() * HANDLER_CELLS + bytes as usize / 8);
            for handler in handlers {
                self.add_handler(handler, out);
            }
            if !handlers.is_empty() {
                out.push(Cell(handlers.len() as u64));
            }
            let handled = if handlers.is_empty() { 0 } else { HANDLED };
            out.push(Cell(u64::from(func) | u64::from(bytes) << 32 | handled));
            let start = out.len();
            let caller = header | if handlers.is_empty() { 0 } else { CALLER_HANDLES };
            let mut at = 0;
            let mut pairs = self.pairs.iter().peekable();
            let mut second = false;
            while at < code.len() {
                let units = units_at(code, at);
                let opcode = usize::from(code[at]);
                let pair = pairs.next_if(|pair| pair.0 as usize == at);
                if !second {
                    out.push(pair.map_or_else(|| named(self.handler(opcode), opcode), |pair| self.pair(pair.1)));
                    #[cfg(feature = "count")]
                    if let (Ok(_), Some(cell)) = (self.targets.binary_search(&at), out.last_mut()) {
                        cell.0 |= crate::count::TARGET;
                    }
                }
                second = pair.is_some();
                let first = out.len();
                for four in code[at + 1..at + units].chunks(4) {
                    out.push(Cell(pack(four)));
                }
                if plain_units(code[at]).is_none() {
                    self.change(code, at, type_ids, &mut out[first..]);
                }
                if Opcode(code[at]).list().is_some_and(|list| CALLS[list]) {
                    let cells = &mut out[first..];
                    debug_assert!(units - 1 < 4 * cells.len());
                    set_unit(cells, 4 * cells.len() - 1, caller);
                }
                at += units;
            }
            start
        }

        /// Writes a handler whose places are in bytes.
        fn add_handler(&self, handler: &Caught, out: &mut Vec<Cell>) {
            let place = |unit: u32| self.starts.get(unit as usize).copied().unwrap_or(0);
            let Caught { from, to, target, tag, slot, count, reference, level } = *handler;
            let words = [
                [place(from), place(to)],
                [place(target), tag],
                [u32::from(slot) | u32::from(count) << 16, u32::from(reference) | u32::from(level) << 16],
            ];
            for [first, second] in words {
                let halves = [first.to_ne_bytes(), second.to_ne_bytes()];
                let mut bytes = [0; 8];
                bytes.copy_from_slice(halves.as_flattened());
                out.push(Cell(u64::from_ne_bytes(bytes)));
            }
        }

        /// Puts the operands that are different in cells into those of the instruction at `at`.
        fn change(&self, code: &[u16], at: usize, type_ids: &[u32], cells: &mut [Cell]) {
            let Some(instr) = Instr::decode(code, at) else { return };
            let mut unit = 0;
            for (kind, value) in instr.operands() {
                let linked = match kind {
                    Operand::Target => {
                        let target = at as i64 + i64::from(value as u32 as i32);
                        Some(i64::from(self.starts[target as usize]) - i64::from(self.starts[at]))
                    }
                    Operand::Type => Some(i64::from(type_ids[value as usize])),
                    _ => None,
                };
                if let Some(linked) = linked {
                    for (i, half) in to_units(linked as u64)[..2].iter().enumerate() {
                        set_unit(cells, unit + i, *half);
                    }
                }
                unit += kind.units();
            }
        }

        /// The offset in `code`, which has these handlers of exceptions, of the instruction that contains this byte of its linked form.
        pub fn unit_at(&mut self, code: &[u16], handlers: &[Caught], byte: u32) -> u32 {
            self.place(code, handlers);
            instructions(code).map(|(at, _)| at).take_while(|&at| self.starts[at] <= byte).last().unwrap_or(0) as u32
        }
    }

    /// A handler's address at the beginning of a cell. Its number counts the opcodes, then the pairs.
    fn named(handler: Handler, number: usize) -> Cell {
        let address = handler as usize as u64;
        #[cfg(feature = "count")]
        let address = crate::count::tagged(address, number);
        let _ = number;
        let shift = if cfg!(target_endian = "big") { 64 - usize::BITS } else { 0 };
        Cell(address << shift)
    }

    /// Four units, or the last ones, as they lie in memory.
    fn pack(units: &[u16]) -> u64 {
        let mut word = [0; 8];
        for (bytes, unit) in word.chunks_exact_mut(2).zip(units) {
            bytes.copy_from_slice(&unit.to_ne_bytes());
        }
        u64::from_ne_bytes(word)
    }

    /// Changes one unit of what [`pack`] made.
    fn set_unit(cells: &mut [Cell], unit: usize, value: u16) {
        let cell = &mut cells[unit / 4];
        let mut word = cell.0.to_ne_bytes();
        word[unit % 4 * 2..][..2].copy_from_slice(&value.to_ne_bytes());
        cell.0 = u64::from_ne_bytes(word);
    }
}
