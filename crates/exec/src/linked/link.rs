//! Linking turns compact code into cells (see `cells`). One pass covers the whole function, and two cover the
//! instructions whose operands change.
//!
//! 1. Mark jump targets, because none may become the second half of a superinstruction. The translator lists the
//!    instructions with targets; for images they are searched.
//! 2. Write all instructions as cells, choose superinstructions, and record where each instruction went.
//! 3. Write targets and types in the form that they have in cells.

mod listing;

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use wasmote_ir::code::{DecodedInstr, MAX_FUNCTION_UNITS, instructions, read_units};
use wasmote_ir::exception_table::{DELEGATE, ExceptionEntry};
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};
use wasmote_ir::ops::{FIRST_OBJECT, FIRST_VECTOR, OPCODES, OPERAND_LISTS, operand_list};
use wasmote_ir::shape::Operand;
use wasmote_ir::{Op, Opcode};

use crate::dispatch::{cold, hot};
use crate::handlers::calls::linked::CallByIndex;
use crate::handlers::control::rows::Unreachable;
use crate::handlers::linked::{CHECKED, MANAGED, Poll, TABLE};
use crate::handlers::rows::LIMIT;
use crate::linked::cells::{
    CALLER_HAS_EXCEPTION_TABLE, CODE_HEADER_CELLS, FrameLayout, HANDLER_CELLS, HAS_EXCEPTION_TABLE, NO_ENTRY, call_stub,
};
use crate::linked::throw::EXCEPTIONS;
use crate::linked::{Cell, Handler, Linked};
use crate::mode::Mode;

pub use listing::{InstrHandler, LinkedInstr};

/// Turns compact code into cells. It keeps its buffers from one function to the next.
pub struct CodeLinker {
    /// The handlers of GC instructions.
    objects: &'static [Handler],
    /// Returns the handler of a vector instruction.
    vectors: Option<fn(Opcode) -> Handler>,
    /// Whether superinstructions are used.
    #[cfg_attr(not(feature = "superinstructions"), allow(dead_code))]
    superinstructions: bool,
    /// Whether a [`Poll`] goes to the head of each loop.
    polls: bool,
    /// The number of loops in the current function that get a poll.
    loops: usize,
    /// For each unit that begins an instruction, the start of its cells in bytes, with [`POLLED`]. Before that is known,
    /// jump targets have [`TARGET`] or [`LOOP`]. Entries of earlier functions have neither, so the list need not be
    /// cleared.
    starts: Vec<u32>,
    /// The starts of the instructions that change when they are linked, if they had to be searched.
    relocations: Vec<u32>,
    /// [`TABLE`] for functions whose memory 0 is not guarded. It is empty until the first such function.
    checked: Vec<Handler>,
    /// Whether the current function checks bounds in code.
    checks: bool,
}

/// The opcode of direct calls of functions of the module.
pub(crate) const CALL_DEFINED: u16 = Opcode::only(Op::Call).0;
/// The opcodes of throws, and of what may throw since it resumes or suspends. Their last operand is the slot of the
/// header.
const THROWS: [u16; 7] = [
    Opcode::only(Op::Throw).0,
    Opcode::only(Op::ThrowRef).0,
    Opcode::only(Op::Suspend).0,
    Opcode::only(Op::Switch).0,
    Opcode::only(Op::Resume).0,
    Opcode::only(Op::ResumeThrow).0,
    Opcode::only(Op::ResumeThrowRef).0,
];

/// Each distance in bytes fits a jump's operand. The translator and the verifier limit the size of a function to
/// this.
const _: () = assert!(MAX_FUNCTION_UNITS * size_of::<Cell>() <= i32::MAX as usize);

/// In [`CodeLinker::starts`]: a jump target.
const TARGET: u32 = u32::MAX;
/// In [`CodeLinker::starts`]: the head of a loop, where a poll goes.
const LOOP: u32 = u32::MAX - 1;
/// A bit of an entry of [`CodeLinker::starts`]: a [`Poll`] precedes the instruction. All starts are even.
const POLLED: u32 = 1;

/// Flags in [`LENGTHS`], above the number of units: the operands change when the instruction is linked; more targets
/// follow the operands; the instruction is a call that returns to the next one.
const RELOCATED: u8 = 0x20;
const HAS_TARGET_LIST: u8 = 0x40;
const CALL: u8 = 0x80;
const UNITS: u8 = RELOCATED - 1;

/// For each list of operands, the units of an instruction that has it, and its flags.
static LENGTHS: [u8; OPERAND_LISTS] = {
    let mut table = [0; OPERAND_LISTS];
    let mut list = 0;
    while list < OPERAND_LISTS {
        let operands = operand_list(list);
        let (mut i, mut units) = (0, 1);
        let (mut changes, mut more, mut base, mut other) = (false, false, false, false);
        while i < operands.len() {
            changes |= matches!(operands[i], Operand::Target | Operand::TargetCount | Operand::Type);
            more |= matches!(operands[i], Operand::TargetCount);
            base |= matches!(operands[i], Operand::Base);
            // Unlike calls that return, tail calls have a header operand, and instructions that allocate have a
            // result.
            other |= matches!(operands[i], Operand::Header | Operand::Dst);
            units += operands[i].units();
            i += 1;
        }
        assert!(units <= UNITS as usize);
        table[list] = units as u8;
        if changes {
            table[list] |= RELOCATED;
        }
        if more {
            table[list] |= HAS_TARGET_LIST;
        }
        if base && !other {
            assert!((units - 1) % 4 != 0, "a call has no unit left over");
            table[list] |= CALL;
        }
        list += 1;
    }
    table
};

/// Returns the entry of [`LENGTHS`] for an opcode, or 0 for a number that is no opcode.
#[inline(always)]
fn length(opcode: u16) -> u8 {
    Opcode(opcode).list().map_or(0, |list| LENGTHS[list])
}

/// Returns the units of the instruction at `at`, which has more targets than its opcode says.
#[cold]
#[inline(never)]
fn br_table_units(code: &[u16], at: usize) -> usize {
    DecodedInstr::decode(code, at).map_or(0, |instr| instr.units.len())
}

/// Masks for the first `n` of eight units, as they lie in two words of memory.
static MASKS: [[u64; 2]; 9] = {
    let mut masks = [[0; 2]; 9];
    let mut units = 0;
    while units < 9 {
        let mut unit = 0;
        while unit < units {
            let place = if cfg!(target_endian = "big") { 3 - unit % 4 } else { unit % 4 };
            masks[units][unit / 4] |= 0xffff << (16 * place);
            unit += 1;
        }
        units += 1;
    }
    masks
};

/// A function to link.
#[derive(Clone, Copy)]
pub struct UnlinkedFunc<'a> {
    /// The function's index. Imports count.
    pub func: u32,
    /// The code that the translator made or the verifier checked.
    pub code: &'a [u16],
    /// The slot of the frame's header, at most [`MAX_HEADER`](wasmote_ir::frame::MAX_HEADER).
    pub header: u16,
    /// The slots of the frame.
    pub frame_slots: u32,
    /// The type of each function that the module defines, and for each type the header slot of its functions.
    pub callees: (&'a [u32], &'a [u16]),
    /// The function's exception handlers, from the same source as the code.
    pub handlers: &'a [ExceptionEntry],
    /// The starts of the instructions that have targets or types, if known.
    pub relocations: Option<&'a [u32]>,
    /// Whether memory 0 is a guarded memory in all instances (see `guard`). Checks are then left out. It needs the
    /// feature `guard-pages`.
    pub guarded: bool,
}

impl UnlinkedFunc<'_> {
    /// An empty function whose bounds are checked in code, to build others from.
    pub const EMPTY: UnlinkedFunc<'static> = UnlinkedFunc {
        func: 0,
        code: &[],
        header: 0,
        frame_slots: 0,
        callees: (&[], &[]),
        handlers: &[],
        relocations: None,
        guarded: false,
    };
}

impl CodeLinker {
    /// Creates a linker with the handlers of GC instructions, in order. The list is empty if code has none of these.
    pub fn new(objects: &'static [Handler]) -> CodeLinker {
        CodeLinker {
            vectors: None,
            objects,
            superinstructions: true,
            polls: false,
            loops: 0,
            starts: Vec::new(),
            relocations: Vec::new(),
            checked: Vec::new(),
            checks: false,
        }
    }

    /// Adds the handlers of vector instructions. A linker without them must not get code with such instructions.
    ///
    /// # Safety
    /// `vectors` returns the right handler for each opcode, and the processor can run it.
    pub unsafe fn with_vectors(self, vectors: fn(Opcode) -> Handler) -> CodeLinker {
        CodeLinker { vectors: Some(vectors), ..self }
    }

    /// Sets whether two instructions in a row may become a superinstruction. The default is yes.
    pub fn superinstructions(self, on: bool) -> CodeLinker {
        CodeLinker { superinstructions: on, ..self }
    }

    /// Sets whether loops notice an interruption (see [`StackLimit`](crate::StackLimit)). The default is no. Calls
    /// always notice it.
    #[cfg(feature = "interrupt")]
    pub fn polls(self, on: bool) -> CodeLinker {
        CodeLinker { polls: on, ..self }
    }

    /// Returns the handler of an opcode.
    #[inline(always)]
    fn handler(&self, opcode: usize) -> Handler {
        if Linked::GUARDED && self.checks {
            return self.checked_handler(opcode);
        }
        if opcode < LIMIT { TABLE[opcode] } else { self.cold_handler(opcode) }
    }

    #[inline(never)]
    fn checked_handler(&self, opcode: usize) -> Handler {
        if opcode < LIMIT { self.checked[opcode] } else { self.cold_handler(opcode) }
    }

    /// Fills [`CodeLinker::checked`].
    #[cold]
    fn build_bounds_checked(&mut self) -> Result<(), OutOfMemory> {
        self.checked.try_extend_from_slice(&TABLE)?;
        for (&opcode, &handler) in CHECKED.0.iter().zip(&CHECKED.1) {
            // A build without the extended op set lacks the last opcodes.
            if let Some(entry) = self.checked.get_mut(usize::from(opcode)) {
                *entry = handler;
            }
        }
        Ok(())
    }

    /// Returns the first cell of the superinstruction of two opcodes, if there is one. With `polled`, it looks for an
    /// interruption.
    #[cfg(feature = "superinstructions")]
    #[inline(always)]
    fn superinstruction(&self, first: u16, second: u16, polled: bool) -> Option<Cell> {
        if !self.superinstructions {
            return None;
        }
        if Linked::GUARDED && self.checks {
            // Superinstructions have no bounds checks.
            let differs = |opcode: u16| {
                let opcode = usize::from(opcode);
                opcode < LIMIT && !core::ptr::fn_addr_eq(self.checked[opcode], TABLE[opcode])
            };
            if differs(first) || differs(second) {
                return None;
            }
        }
        let number = crate::handlers::superinstructions::find(first, second)?;
        let handler = match polled {
            true => polled_second(first, second)?,
            false => crate::handlers::superinstructions::handler(number, |number| self.handler(number)),
        };
        Some(handler_cell(handler, wasmote_ir::ops::ALL_OPCODES + usize::from(number), false))
    }

    /// This build has no superinstructions.
    #[cfg(not(feature = "superinstructions"))]
    fn superinstruction(&self, _first: u16, _second: u16, _polled: bool) -> Option<Cell> {
        None
    }

    #[inline(never)]
    fn cold_handler(&self, opcode: usize) -> Handler {
        if let (FIRST_VECTOR.., Some(vectors)) = (opcode, self.vectors) {
            return vectors(Opcode(opcode as u16));
        }
        match opcode.checked_sub(FIRST_OBJECT) {
            None => MANAGED[opcode - OPCODES],
            // Modules with GC instructions are refused where the handlers are missing.
            Some(object) => self.objects.get(object).copied().unwrap_or(cold::<Linked, Unreachable>),
        }
    }

    /// Searches the instructions that change when they are linked.
    fn collect_relocations(&mut self, code: &[u16]) -> Result<(), OutOfMemory> {
        self.relocations.clear();
        let mut at = 0;
        while let Some(&opcode) = code.get(at) {
            let length = length(opcode);
            if length & RELOCATED != 0 {
                self.relocations.try_push(at as u32)?;
            }
            match if length & HAS_TARGET_LIST != 0 { br_table_units(code, at) } else { usize::from(length & UNITS) } {
                0 => break,
                units => at += units,
            }
        }
        Ok(())
    }

    /// Marks jump targets.
    fn mark_jump_targets(
        &mut self,
        code: &[u16],
        handlers: &[ExceptionEntry],
        relocations: &[u32],
    ) -> Result<(), OutOfMemory> {
        if self.starts.len() <= code.len() {
            self.starts.try_resize(code.len() + 1, 0)?;
        }
        let starts = &mut self.starts[..=code.len()];
        let polls = self.polls && cfg!(feature = "interrupt");
        let mut loops = 0;
        let mut mark = |from: usize, to: usize, polled: bool| {
            let Some(start) = starts.get_mut(to) else { return };
            if *start == LOOP {
                return;
            }
            *start = TARGET;
            if polls && to <= from && !polled {
                *start = LOOP;
                loops += 1;
            }
        };
        for &at in relocations {
            for_each_relocation(code, at as usize, |kind, _, value| {
                if kind == Operand::Target {
                    mark(at as usize, target(at as usize, value), polls && polled(code[at as usize]).is_some());
                }
            });
        }
        // Handlers that delegate have no target.
        for handler in handlers.iter().filter(|handler| handler.tag != DELEGATE) {
            mark(handler.to as usize, handler.target as usize, false);
        }
        self.loops = loops;
        Ok(())
    }

    /// Appends the instructions to `out` as cells and records where each one goes. Returns their length in bytes.
    fn write_cells(&mut self, source: &UnlinkedFunc<'_>, out: &mut Vec<Cell>) -> Result<u32, OutOfMemory> {
        let code = source.code;
        let has_handlers = EXCEPTIONS && !source.handlers.is_empty();
        let caller = source.header | if has_handlers { CALLER_HAS_EXCEPTION_TABLE } else { 0 };
        // An instruction has at most as many cells as units, and a poll has one. The copy of eight units below may write
        // two cells too many.
        let room = code.len() + self.loops + 2;
        out.try_room(room)?;
        let first = out.len();
        // SAFETY: `out` has room for `room` more cells.
        let cells = unsafe { out.as_mut_ptr().add(first) };
        let mut all_starts = core::mem::take(&mut self.starts);
        let starts = &mut all_starts[..=code.len()];
        // The number of cells so far. Then the opcode and cell of the last instruction, unless it is part of a
        // superinstruction.
        let (mut count, mut before) = (0, None);
        let mut at = 0;
        while let Some(&opcode) = code.get(at) {
            let length = length(opcode);
            let mut units = usize::from(length & UNITS);
            if length & HAS_TARGET_LIST != 0 {
                units = br_table_units(code, at);
            }
            // `starts` has one entry more than the code has units.
            let (Some(operands), Some(start)) = (code.get(at + 1..at + units), starts.get_mut(at)) else { break };
            let target = cfg!(feature = "count") && *start >= LOOP;
            let callee =
                if length & CALL != 0 && opcode == CALL_DEFINED { callee(source, operands) } else { Callee::None };
            let polled = if self.polls && length & RELOCATED != 0 { self.polled_jump(code, at) } else { None };
            let superinstruction = match before {
                Some((first, place)) if *start < LOOP && !matches!(callee, Callee::ByIndex) => {
                    self.superinstruction(first, opcode, polled.is_some()).map(|cell| (place, cell))
                }
                _ => None,
            };
            debug_assert!(count <= at + self.loops);
            // Each instruction has at most as many cells as units. So `count <= at + self.loops`, here and at the next
            // instruction, and each cell below is in the room.
            match superinstruction {
                Some((place, cell)) => {
                    // The second instruction counts as beginning where its handler would be.
                    *start = (count * size_of::<Cell>() - Linked::OPERANDS) as u32;
                    // SAFETY: `place` is below `count`.
                    unsafe { cells.add(place).write(cell) };
                    before = None;
                }
                None => {
                    let is_loop = *start == LOOP;
                    *start = (count * size_of::<Cell>()) as u32;
                    if is_loop {
                        *start |= POLLED;
                        // SAFETY: the cell is in the room, which has one for each loop.
                        unsafe { cells.add(count).write(Cell::of_address(hot::<Linked, Poll> as *const ())) };
                        count += 1;
                    }
                    let handler = match (callee, polled) {
                        (Callee::ByIndex, _) => hot::<Linked, CallByIndex>,
                        (_, Some(handler)) => handler,
                        _ => self.handler(usize::from(opcode)),
                    };
                    // SAFETY: the cell is in the room, as said above.
                    unsafe { cells.add(count).write(handler_cell(handler, usize::from(opcode), target)) };
                    let alone = matches!(callee, Callee::ByIndex) || polled.is_some();
                    before = if alone { None } else { Some((opcode, count)) };
                    count += 1;
                }
            }
            if !matches!(callee, Callee::None) {
                let cell = match callee {
                    Callee::ByStub(call_stub) => Cell::of_address(call_stub.cast()),
                    _ => Cell::of_word(0),
                };
                // SAFETY: the cell is in the room, as said above.
                unsafe { cells.add(count).write(cell) };
                count += 1;
            }
            match (code.get(at + 1..at + 9), MASKS.get(operands.len())) {
                (Some(&[a, b, c, d, e, f, g, h]), Some(masks)) => {
                    // SAFETY: both cells are in the room, which is larger than needed for their sake.
                    unsafe {
                        cells.add(count).write(Cell::of_word(pack([a, b, c, d]) & masks[0]));
                        cells.add(count + 1).write(Cell::of_word(pack([e, f, g, h]) & masks[1]));
                    }
                }
                _ => {
                    for (i, four) in operands.chunks(4).enumerate() {
                        let mut padded = [0; 4];
                        padded[..four.len()].copy_from_slice(four);
                        // SAFETY: the cell is in the room, as said above.
                        unsafe { cells.add(count + i).write(Cell::of_word(pack(padded))) };
                    }
                }
            }
            if caller & CALLER_HAS_EXCEPTION_TABLE != 0 && THROWS.contains(&opcode) {
                // SAFETY: the last operand of a throw is a unit of the cells that were just written.
                unsafe { cells.add(count).cast::<u16>().add(operands.len() - 1).write(caller) };
            }
            count += operands.len().div_ceil(4);
            if length & CALL != 0 {
                // SAFETY: the last unit of a call is in the cell that was just written.
                unsafe { cells.add(count).cast::<u16>().sub(1).write(caller) };
            }
            at += units;
        }
        let bytes = (count * size_of::<Cell>()) as u32;
        starts[code.len()] = bytes;
        self.starts = all_starts;
        // SAFETY: `out` has room for `count` cells behind `first`, and the loop wrote all of them.
        unsafe { out.set_len(first + count) };
        Ok(bytes)
    }

    /// Prepares to link a function that is guarded or not.
    fn prepare(&mut self, source: &UnlinkedFunc<'_>) -> Result<(), OutOfMemory> {
        self.checks = Linked::GUARDED && !source.guarded;
        if self.checks && self.checked.is_empty() {
            self.build_bounds_checked()?;
        }
        Ok(())
    }

    /// Links a function and replaces the content of `out`. Type `t` of the module has the number `type_ids[t]` in the
    /// engine. Returns the number of cells in front of the first instruction.
    ///
    /// # Errors
    /// There is no memory.
    pub fn link(
        &mut self,
        source: &UnlinkedFunc<'_>,
        type_ids: &[u32],
        out: &mut Vec<Cell>,
    ) -> Result<usize, OutOfMemory> {
        let UnlinkedFunc { func, code, header, frame_slots, relocations, .. } = *source;
        let handlers = if EXCEPTIONS { source.handlers } else { &[] };
        self.prepare(source)?;
        if relocations.is_none() {
            self.collect_relocations(code)?;
        }
        let looked_for = core::mem::take(&mut self.relocations);
        let relocations = relocations.unwrap_or(&looked_for);
        self.mark_jump_targets(code, handlers, relocations)?;
        out.clear();
        // At most one range begins at each start and each end of a handler.
        let of_handlers = if handlers.is_empty() { 0 } else { 1 + handlers.len() * (HANDLER_CELLS + 2) };
        let in_front = CODE_HEADER_CELLS + of_handlers;
        out.try_resize(in_front, Cell::of_word(0))?;
        let bytes = self.write_cells(source, out)?;
        let (front, cells) = out.split_at_mut(in_front);
        let mut handled = 0;
        if !handlers.is_empty() {
            handled = HAS_EXCEPTION_TABLE;
            let (covered, last) = front[..of_handlers].split_at_mut(of_handlers - 1);
            let count = self.register_exception_ranges(handlers, covered)?;
            last[0] = Cell::of_word(handlers.len() as u64 | (count as u64) << 32);
        }
        front[of_handlers] = Cell::of_word(u64::from(func) | u64::from(bytes) << 32 | handled);
        front[of_handlers + 1] = FrameLayout::new(frame_slots, header).cell();
        for &at in relocations {
            self.relocate(code, at as usize, type_ids, cells);
        }
        self.relocations = looked_for;
        Ok(in_front)
    }

    /// Returns the polled handler of the instruction at `at`, if it is a jump back that has one.
    #[cold]
    #[inline(never)]
    fn polled_jump(&self, code: &[u16], at: usize) -> Option<Handler> {
        let handler = polled(code[at])?;
        // Each of these jumps has one target.
        let unit = usize::from(TARGETS[Opcode(code[at]).list()?]);
        (target(at, read_units(code, at + 1 + unit, 2) as u32) <= at).then_some(handler)
    }

    /// Returns the offset in cells of a unit that a handler names, in bytes.
    fn place(&self, unit: u32) -> u32 {
        self.starts.get(unit as usize).map_or(0, |start| start & !POLLED)
    }

    /// Returns the offset in bytes of the cells of the instruction at this unit. A poll in front is not among them.
    fn instr_start(&self, unit: usize) -> u32 {
        let start = self.starts[unit];
        (start & !POLLED) + (start & POLLED) * size_of::<Cell>() as u32
    }

    /// Writes the handlers, and the exception ranges in front of them. Returns the number of ranges, at most twice that
    /// of handlers. Of two handlers, either one contains the other or they are disjoint, and inner ones have smaller
    /// numbers. An image that the translator did not make may break this rule; then it does not matter which handlers
    /// are found.
    #[cold]
    #[inline(never)]
    fn register_exception_ranges(
        &self,
        handlers: &[ExceptionEntry],
        covered: &mut [Cell],
    ) -> Result<usize, OutOfMemory> {
        let (before, places) = covered.split_at_mut(2 * handlers.len());
        // Sorted by start, outer handlers first. (A heap sorts with a tenth of the code of `sort`.)
        let mut order = try_with_capacity(handlers.len())?;
        for ((handler, number), place) in handlers.iter().zip(0..).zip(places.chunks_exact_mut(HANDLER_CELLS)) {
            place.copy_from_slice(&self.handler_cells(handler));
            if handler.from < handler.to {
                order.push((self.place(handler.from), !number));
            }
        }
        // The handlers that cover the current place, with their ends, the innermost last.
        let mut open: Vec<(u32, u32)> = try_with_capacity(handlers.len())?;
        let innermost = |open: &[(u32, u32)]| open.last().map_or(NO_ENTRY, |&(number, _)| number);
        let mut ranges: Vec<(u32, u32)> = try_with_capacity(before.len())?;
        let mut begin = |from: u32, handler: u32| match ranges.last_mut() {
            Some(last) if last.0 == from => last.1 = handler,
            _ => ranges.push((from, handler)),
        };
        let order = BinaryHeap::from(order).into_sorted_vec().into_iter().map(|(from, number)| (from, !number));
        for (from, number) in order.chain([(u32::MAX, NO_ENTRY)]) {
            while let Some(&(_, end)) = open.last().filter(|last| last.1 <= from) {
                open.pop();
                begin(end, innermost(&open));
            }
            let Some(handler) = handlers.get(number as usize) else { break };
            places[(number as usize + 1) * HANDLER_CELLS - 1] = halves(innermost(&open), 0);
            begin(from, number);
            open.push((number, self.place(handler.to)));
        }
        let unused = before.len().saturating_sub(ranges.len());
        for (&(from, handler), cell) in ranges.iter().zip(&mut before[unused..]) {
            *cell = halves(from, handler);
        }
        Ok(ranges.len().min(before.len()))
    }

    /// Converts a handler to cells. Its places become bytes.
    fn handler_cells(&self, handler: &ExceptionEntry) -> [Cell; HANDLER_CELLS] {
        let ExceptionEntry { from, to, target, tag, slot, count, reference, level } = *handler;
        [
            halves(self.place(from), self.place(to)),
            halves(self.place(target), tag),
            halves(u32::from(slot) | u32::from(count) << 16, u32::from(reference) | u32::from(level) << 16),
            // The outer handler is written later.
            halves(NO_ENTRY, 0),
        ]
    }

    /// Writes the targets and types of the instruction at `at` into its cells.
    fn relocate(&self, code: &[u16], at: usize, type_ids: &[u32], cells: &mut [Cell]) {
        let start = self.instr_start(at);
        let Some(cells) = cells.get_mut((start as usize + Linked::OPERANDS) / size_of::<Cell>()..) else { return };
        // A jump that looks for an interruption itself passes over the poll.
        let polled = self.polls && self.polled_jump(code, at).is_some();
        for_each_relocation(code, at, |kind, unit, value| {
            let linked = match kind {
                Operand::Type => type_ids[value as usize],
                _ => {
                    let to = target(at, value);
                    (if polled { self.instr_start(to) } else { self.place(to as u32) }).wrapping_sub(start)
                }
            };
            set_two_units(cells, unit, linked);
        });
    }

    /// Returns the offset in units of the instruction whose linked form contains this byte.
    ///
    /// # Errors
    /// There is no memory.
    pub fn unit_at(&mut self, source: &UnlinkedFunc<'_>, byte: u32) -> Result<u32, OutOfMemory> {
        let UnlinkedFunc { code, .. } = *source;
        let handlers = if EXCEPTIONS { source.handlers } else { &[] };
        self.prepare(source)?;
        self.collect_relocations(code)?;
        let relocations = core::mem::take(&mut self.relocations);
        self.mark_jump_targets(code, handlers, &relocations)?;
        self.write_cells(source, &mut Vec::new())?;
        Ok(instructions(code).map(|(at, _)| at).take_while(|&at| self.place(at as u32) <= byte).last().unwrap_or(0)
            as u32)
    }
}

/// Returns the handler of a jump that looks for an interruption before it runs, if it has one.
#[cfg(all(feature = "interrupt", feature = "superinstructions"))]
fn polled(opcode: u16) -> Option<Handler> {
    crate::handlers::superinstructions::polled::find(opcode)
}

/// Returns the same for a superinstruction that ends with such a jump.
#[cfg(all(feature = "interrupt", feature = "superinstructions"))]
fn polled_second(first: u16, jump: u16) -> Option<Handler> {
    crate::handlers::superinstructions::polled::find_second(first, jump)
}

/// In this build, only a [`Poll`] looks for an interruption.
#[cfg(all(not(feature = "interrupt"), feature = "superinstructions"))]
fn polled_second(_first: u16, _jump: u16) -> Option<Handler> {
    None
}

/// In this build, only a [`Poll`] looks for an interruption.
#[cfg(not(all(feature = "interrupt", feature = "superinstructions")))]
fn polled(_opcode: u16) -> Option<Handler> {
    None
}

/// How a call finds the code of its function.
#[derive(Clone, Copy)]
enum Callee {
    /// The instruction is no direct call.
    None,
    /// The call's extra cell begins with this code.
    ByStub(*const Cell),
    /// The callee's header is in a slot without an [`call_stub`] entry. The call looks up its function by number
    /// each time.
    ByIndex,
}

/// Returns how a direct call with these operands finds its function.
#[inline]
fn callee(source: &UnlinkedFunc<'_>, operands: &[u16]) -> Callee {
    let (types, headers) = source.callees;
    let ty = types.get(read_units(operands, 0, 2) as usize);
    let header = ty.and_then(|&ty| headers.get(ty as usize));
    header.and_then(|&header| call_stub(header)).map_or(Callee::ByIndex, Callee::ByStub)
}

/// Returns the unit to which a target operand of the instruction at `at` leads.
fn target(at: usize, operand: u32) -> usize {
    (at as i64 + i64::from(operand as i32)) as usize
}

/// For each list of operands that changes in one target only, the unit of that target, counted behind the opcode.
/// Otherwise [`SEVERAL`].
static TARGETS: [u8; OPERAND_LISTS] = {
    let mut table = [SEVERAL; OPERAND_LISTS];
    let mut list = 0;
    while list < OPERAND_LISTS {
        let operands = operand_list(list);
        let (mut i, mut unit, mut relocations) = (0, 0, 0);
        while i < operands.len() {
            if matches!(operands[i], Operand::Target | Operand::TargetCount | Operand::Type) {
                table[list] = if matches!(operands[i], Operand::Target) { unit as u8 } else { SEVERAL };
                relocations += 1;
            }
            unit += operands[i].units();
            i += 1;
        }
        if relocations != 1 {
            table[list] = SEVERAL;
        }
        list += 1;
    }
    table
};

const SEVERAL: u8 = u8::MAX;

/// Passes each target and type of the instruction at `at` to `change`, with its unit behind the opcode and its value.
#[inline(always)]
fn for_each_relocation(code: &[u16], at: usize, mut change: impl FnMut(Operand, usize, u32)) {
    let value = |unit: usize| match code.get(at + 1 + unit..at + 3 + unit) {
        Some(&[low, high]) => u32::from(low) | u32::from(high) << 16,
        _ => 0,
    };
    let alone = Opcode(code[at]).list().map_or(SEVERAL, |list| TARGETS[list]);
    if alone != SEVERAL {
        return change(Operand::Target, alone.into(), value(alone.into()));
    }
    let mut unit = 0;
    for &kind in Opcode(code[at]).operands() {
        match kind {
            Operand::Target | Operand::Type => change(kind, unit, value(unit)),
            Operand::TargetCount => {
                for more in 0..value(unit) as usize {
                    let unit = unit + 2 + 2 * more;
                    change(Operand::Target, unit, value(unit));
                }
            }
            _ => {}
        }
        unit += kind.units();
    }
}

/// Returns the first cell of an instruction. Handlers are numbered by opcode, then by superinstruction. `target` says
/// whether the instruction is a jump target.
#[inline(always)]
fn handler_cell(handler: Handler, number: usize, target: bool) -> Cell {
    let address = handler as *const ();
    #[cfg(feature = "count")]
    let address = crate::count::tagged(address, number, target);
    let _ = (number, target);
    Cell::of_address(address)
}

/// Returns a cell of two numbers, the first at the lower address.
fn halves(first: u32, second: u32) -> Cell {
    let halves = [first.to_ne_bytes(), second.to_ne_bytes()];
    let mut bytes = [0; 8];
    bytes.copy_from_slice(halves.as_flattened());
    Cell::of_word(u64::from_ne_bytes(bytes))
}

/// Returns four units in their order in memory.
#[inline(always)]
fn pack(units: [u16; 4]) -> u64 {
    let mut word = [0; 8];
    for (bytes, unit) in word.chunks_exact_mut(2).zip(units) {
        bytes.copy_from_slice(&unit.to_ne_bytes());
    }
    u64::from_ne_bytes(word)
}

/// Replaces the two units of an operand in the cells that [`pack`] made.
#[inline(always)]
fn set_two_units(cells: &mut [Cell], unit: usize, value: u32) {
    const UNITS_OF_CELL: usize = size_of::<Cell>() / size_of::<u16>();
    if unit + 2 <= cells.len() * UNITS_OF_CELL {
        let units = cells.as_mut_ptr().cast::<u16>();
        // SAFETY: both units are in `cells`, as was just checked. A cell accepts any bits.
        unsafe {
            units.add(unit).write(value as u16);
            units.add(unit + 1).write((value >> 16) as u16);
        }
    }
}
