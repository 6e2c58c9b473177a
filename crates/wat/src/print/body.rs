//! Prints instructions (spec: binary/instructions, text/instructions): the name, and the immediates that the table of
//! operators lists. Text puts the indices of tables and memories first, and leaves them out if they are 0.

use wasmote_decode::operators::{Catch, MemArg, MemArgForm};
use wasmote_ir::fallible::TryVec;
use wasmote_ir::operators::{Immediate, Operator};

use super::names::IndexSpace;
use super::types::List;
use super::{Fault, Printer, Result};

/// An open structured instruction.
#[derive(Clone, Copy)]
pub struct OpenBlock {
    /// The operator that opened it, or its last clause.
    opener: Operator,
    /// The index of its label in the function.
    label: u32,
}

/// The indentation of instructions in functions.
const DEPTH: usize = 2;

impl Printer<'_, '_> {
    /// Prints a function body with its locals. `params` is the number of its parameters.
    pub fn body(&mut self, params: u32) -> Result<()> {
        let mut list = List::new("local");
        let mut local = u64::from(params);
        for group in 0..self.index()? {
            if group == 0 {
                // Each list begins with a space.
                self.text("\n   ");
            }
            let start = self.reader.position();
            let count = self.index()?;
            let of_type = self.reader;
            self.reader.value_type()?;
            local += u64::from(count);
            if local > u32::MAX.into() {
                return self.fault_at(start, Fault::Locals);
            }
            // Locals beyond the first repeat the type, which the binary does not: they use the budget.
            let size = (self.reader.position() - of_type.position()) as u64;
            if count > 1 && !self.charge_budget(u64::from(count) * 8 * size) {
                return self.fault_at(start, Fault::TooLong);
            }
            for more in 0..count {
                self.reader = of_type;
                self.item(&mut list, Some((IndexSpace::Local, (local as u32) - count + more)))?;
            }
        }
        self.end(list);
        self.instructions(true)?;
        if !self.reader.is_at_end() {
            return Err(Fault::BodyEnd);
        }
        Ok(())
    }

    /// Prints a constant expression between `before` and a parenthesis.
    pub fn constant(&mut self, before: &str) -> Result<()> {
        self.text(before);
        self.instructions(false)?;
        self.close();
        Ok(())
    }

    /// Prints instructions up to the final `end`: one a line in functions, otherwise folded into one line.
    fn instructions(&mut self, of_function: bool) -> Result<()> {
        self.frames.clear();
        let mut labels = 0;
        loop {
            let start = self.reader.position();
            let operator = self.reader.operator()?;
            if operator == Operator::End && self.frames.pop().is_none() {
                return Ok(());
            }
            if self.out.is_stopped {
                return Err(Fault::Stopped);
            }
            let Some(depth) = self.depth(operator) else {
                return self.fault_at(start, Fault::Structure);
            };
            match of_function {
                true => self.out.line(DEPTH + depth),
                false => self.text(" "),
            }
            let name = self.operators.get(usize::from(operator.number())).copied().unwrap_or_default();
            self.text(name);
            let immediates = operator.row().immediates();
            let is_structured = immediates[0] == Some(Immediate::Block);
            if is_structured && of_function {
                self.define(IndexSpace::Label, labels);
            }
            match *immediates {
                [Some(first), Some(second), None] => self.two(first, second)?,
                _ => {
                    for immediate in immediates.iter().flatten() {
                        self.immediate(operator, *immediate)?;
                    }
                }
            }
            if is_structured {
                self.frames.try_push(OpenBlock { opener: operator, label: labels })?;
                labels += 1;
            }
        }
    }

    /// Returns the indentation of an instruction. Returns `None` for a clause without its structured instruction.
    fn depth(&mut self, operator: Operator) -> Option<usize> {
        let depth = self.frames.len();
        let goes_on = match operator {
            Operator::Else => |opener| opener == Operator::If,
            Operator::Catch | Operator::CatchAll => |opener| opener == Operator::Try || opener == Operator::Catch,
            Operator::Delegate => |opener| opener == Operator::Try,
            _ => return Some(depth),
        };
        let frame = self.frames.last_mut().filter(|frame| goes_on(frame.opener))?;
        frame.opener = operator;
        if operator == Operator::Delegate {
            self.frames.pop();
        }
        Some(depth - 1)
    }

    /// Prints two immediates.
    fn two(&mut self, first: Immediate, second: Immediate) -> Result<()> {
        match second {
            Immediate::Table | Immediate::Memory if first != Immediate::Ordering => {}
            _ => {
                self.immediate(Operator::Nop, first)?;
                return self.immediate(Operator::Nop, second);
            }
        }
        let (one, other) = (self.index()?, self.index()?);
        let space = IndexSpace::of(second).unwrap_or(IndexSpace::Table);
        if first == second {
            // Both indices are printed, or neither.
            if one != 0 || other != 0 {
                self.mention(space, one);
                self.mention(space, other);
            }
            return Ok(());
        }
        self.mention_other(space, other);
        match IndexSpace::of(first) {
            Some(IndexSpace::Type) => self.index_of_type(one),
            space => self.mention(space.unwrap_or(IndexSpace::Data), one),
        }
        Ok(())
    }

    /// Prints an index or a name, unless the index is 0, which text leaves out.
    fn mention_other(&mut self, space: IndexSpace, index: u32) {
        if index != 0 {
            self.mention(space, index);
        }
    }

    /// Reads and prints a label.
    fn label_next(&mut self) -> Result<()> {
        let depth = self.index()?;
        self.label(depth);
        Ok(())
    }

    /// Prints a label by its depth.
    fn label(&mut self, depth: u32) {
        let at = self.frames.len().checked_sub(depth as usize + 1);
        match at.and_then(|at| self.frames.get(at)) {
            Some(frame) => self.mention_as(IndexSpace::Label, frame.label, depth),
            None => self.out.number(" ", depth.into()),
        }
    }

    fn immediate(&mut self, operator: Operator, immediate: Immediate) -> Result<()> {
        match immediate {
            Immediate::Block => self.block_type()?,
            Immediate::Label => {
                self.label_next()?;
            }
            Immediate::Labels => {
                for _ in 0..=u64::from(self.index()?) {
                    self.label_next()?;
                }
            }
            Immediate::Memory | Immediate::MemoryOrZero | Immediate::Table => {
                let index = self.index()?;
                self.mention_other(IndexSpace::of(immediate).unwrap_or(IndexSpace::Table), index);
            }
            Immediate::Func
            | Immediate::Type
            | Immediate::Global
            | Immediate::Local
            | Immediate::Tag
            | Immediate::Data
            | Immediate::Elem => {
                self.mention_next(IndexSpace::of(immediate).unwrap_or(IndexSpace::Func))?;
            }
            Immediate::Field | Immediate::Count => {
                let number = self.index()?;
                self.out.number(" ", number.into());
            }
            Immediate::Heap => {
                let heap = self.reader.heap_type()?;
                match operator {
                    Operator::RefNull => self.heap(heap),
                    Operator::RefTestNull | Operator::RefCastNull | Operator::RefCastDescEqNull => {
                        self.reference(true, heap);
                    }
                    _ => self.reference(false, heap),
                }
            }
            Immediate::Types => {
                self.text(" (result");
                for _ in 0..self.index()? {
                    self.value_next()?;
                }
                self.close();
            }
            Immediate::Catches => {
                for _ in 0..self.index()? {
                    let Catch { tag, has_reference, label } = self.reader.catch()?;
                    self.text(if tag.is_some() { " (catch" } else { " (catch_all" });
                    self.text(if has_reference { "_ref" } else { "" });
                    if let Some(tag) = tag {
                        self.mention(IndexSpace::Tag, tag);
                    }
                    self.label(label);
                    self.close();
                }
            }
            Immediate::Handlers => {
                for _ in 0..self.index()? {
                    let handler = self.reader.handler()?;
                    self.text(" (on");
                    self.mention(IndexSpace::Tag, handler.tag);
                    match handler.label {
                        Some(label) => self.label(label),
                        None => self.text(" switch"),
                    }
                    self.close();
                }
            }
            Immediate::Cast => {
                let cast = self.reader.cast()?;
                self.label(cast.label);
                for (nullable, heap) in [cast.from, cast.to] {
                    self.reference(nullable, heap);
                }
            }
            Immediate::I32 => {
                let value = self.reader.signed(32)?;
                self.out.signed(value);
            }
            Immediate::I64 => {
                let value = self.reader.signed(64)?;
                self.out.signed(value);
            }
            Immediate::F32 => {
                let bits = u32::from_le_bytes(self.reader.array()?);
                self.out.float(bits.into(), 23, 8);
            }
            Immediate::F64 => {
                let bits = u64::from_le_bytes(self.reader.array()?);
                self.out.float(bits, 52, 11);
            }
            Immediate::V128 => {
                self.text(" i32x4");
                for _ in 0..4 {
                    let lane = u32::from_le_bytes(self.reader.array()?);
                    self.out.hex(" 0x", lane.into(), 8);
                }
            }
            Immediate::MemArg(natural)
            | Immediate::Atomic(natural)
            | Immediate::AtomicAccess(natural)
            | Immediate::AtomicRmw(natural) => {
                let form = MemArgForm { has_ordering: immediate.acquire_release().is_some(), ..MemArgForm::NEWEST };
                let MemArg { align, memory, offset, ordering } = self.reader.memarg_of(form)?;
                self.mention_other(IndexSpace::Memory, memory);
                if offset != 0 {
                    self.out.number(" offset=", offset);
                }
                if align != natural.into() {
                    self.out.number(" align=", 1 << align);
                }
                if let Some(ordering) = ordering {
                    self.ordering(immediate, ordering)?;
                }
            }
            Immediate::Lane(_) => self.lane()?,
            Immediate::Lanes => {
                for _ in 0..16 {
                    self.lane()?;
                }
            }
            Immediate::OrderingOrZero => {
                let ordering = self.byte()?;
                if ordering != 0 {
                    self.ordering(immediate, ordering)?;
                }
            }
            Immediate::Ordering => {
                let ordering = self.byte()?;
                self.ordering(immediate, ordering)?;
            }
        }
        Ok(())
    }

    /// Writes the memory ordering that has this byte.
    fn ordering(&mut self, immediate: Immediate, ordering: u8) -> Result<()> {
        self.text(match ordering {
            0 => " seqcst",
            _ if immediate.acquire_release() == Some(ordering) => " acqrel",
            _ => return Err(Fault::Ordering),
        });
        Ok(())
    }

    fn lane(&mut self) -> Result<()> {
        let lane = self.byte()?;
        self.out.number(" ", lane.into());
        Ok(())
    }
}
