//! Prints types (spec: binary/types, text/types).

use wasmote_decode::operators::{EncodedBlockType, EncodedHeapType, EncodedValType};
use wasmote_ir::fallible::TryVec;
use wasmote_ir::{HeapType, RefType};

use super::names::IndexSpace;
use super::{Fault, Printer, Result};

/// The first bytes of entries in the type section.
mod opcodes {
    pub const REC: u8 = 0x4e;
    pub const SUB: u8 = 0x50;
    pub const SUB_FINAL: u8 = 0x4f;
    pub const SHARED: u8 = 0x65;
    pub const DESCRIBES: u8 = 0x4c;
    pub const DESCRIPTOR: u8 = 0x4d;
    pub const FUNC: u8 = 0x60;
    pub const STRUCT: u8 = 0x5f;
    pub const ARRAY: u8 = 0x5e;
    pub const CONT: u8 = 0x5d;
    pub const I8: u8 = 0x78;
    pub const I16: u8 = 0x77;
}
use opcodes::*;

impl Printer<'_, '_> {
    /// Prints a recursive group.
    pub fn rec_type(&mut self) -> Result<()> {
        if !self.accept_byte(REC)? {
            return self.sub_type(1);
        }
        self.out.line(1);
        self.text("(rec");
        for _ in 0..self.index()? {
            self.sub_type(2)?;
        }
        self.close();
        Ok(())
    }

    fn sub_type(&mut self, depth: usize) -> Result<()> {
        let mut open = 2;
        self.out.line(depth);
        self.text("(type");
        let index = self.define_next(IndexSpace::Type);
        self.text(" (");
        let is_final = self.accept_byte(SUB_FINAL)?;
        if is_final || self.accept_byte(SUB)? {
            self.text(if is_final { "sub final" } else { "sub" });
            for _ in 0..self.index()? {
                self.mention_next(IndexSpace::Type)?;
            }
            self.text(" (");
            open += 1;
        }
        if self.accept_byte(SHARED)? {
            self.text("shared (");
            open += 1;
        }
        for (byte, word) in [(DESCRIBES, "describes"), (DESCRIPTOR, "descriptor")] {
            if self.accept_byte(byte)? {
                self.text(word);
                self.mention_next(IndexSpace::Type)?;
                self.text(") (");
            }
        }
        self.composite(index)?;
        (0..open).for_each(|_| self.close());
        Ok(())
    }

    fn composite(&mut self, index: u32) -> Result<()> {
        let start = self.reader.position();
        let mut place = (0, 0);
        match self.byte()? {
            FUNC => {
                self.text("func");
                self.names.enter(IndexSpace::Parameter, index)?;
                let start = self.reader.position() as u32;
                self.function(IndexSpace::Parameter)?;
                place = (start, self.reader.position() as u32);
            }
            STRUCT => {
                self.text("struct");
                self.names.enter(IndexSpace::Field, index)?;
                for field in 0..self.index()? {
                    self.text(" (field");
                    self.define(IndexSpace::Field, field);
                    self.field_type()?;
                    self.close();
                }
            }
            ARRAY => {
                self.text("array");
                self.field_type()?;
            }
            CONT => {
                self.text("cont");
                match self.reader.heap_type()? {
                    EncodedHeapType::Known(HeapType::Index(index)) => self.mention(IndexSpace::Type, index),
                    _ => return self.fault_at(start, Fault::Type),
                }
            }
            _ => return self.fault_at(start, Fault::Type),
        }
        Ok(self.types.try_push(place)?)
    }

    /// Prints the type of a field. Its mutability comes last in the binary and first in text.
    fn field_type(&mut self) -> Result<()> {
        let start = self.reader;
        self.out.is_silent = true;
        self.storage()?;
        self.out.is_silent = false;
        let is_mutable = self.byte_to(1, Fault::Mutability)? != 0;
        let end = core::mem::replace(&mut self.reader, start);
        self.text(if is_mutable { " (mut" } else { "" });
        self.storage()?;
        self.text(if is_mutable { ")" } else { "" });
        self.reader = end;
        Ok(())
    }

    /// Reads and prints a storage type.
    fn storage(&mut self) -> Result<()> {
        let word = match self.reader.peek()? {
            I8 => " i8",
            I16 => " i16",
            _ => return self.value_next(),
        };
        self.text(word);
        self.byte().map(drop)
    }

    /// Prints the type of a global.
    pub fn global_type(&mut self) -> Result<()> {
        let ty = self.reader.value_type()?;
        let lead = match self.byte_to(3, Fault::Mutability)? {
            0 => "",
            1 => " (mut",
            2 => " (shared",
            _ => " (shared mut",
        };
        self.text(lead);
        self.value(ty);
        self.text(if lead.is_empty() { "" } else { ")" });
        Ok(())
    }

    /// Reads and prints parameters and results. Returns the number of parameters. `names` is the index space of their
    /// names.
    pub fn function(&mut self, names: IndexSpace) -> Result<u32> {
        let params = self.index()?;
        let mut list = List::new("param");
        for param in 0..params {
            self.item(&mut list, Some((names, param)))?;
        }
        self.end(list);
        let mut list = List::new("result");
        for _ in 0..self.index()? {
            self.item(&mut list, None)?;
        }
        self.end(list);
        Ok(params)
    }

    /// Prints a type in a list of parameters, results or locals. Consecutive types without names share parentheses.
    pub fn item(&mut self, list: &mut List, named: Option<(IndexSpace, u32)>) -> Result<()> {
        let name = named.filter(|&(space, index)| self.names.has(space, index));
        if list.is_open && name.is_some() {
            self.close();
            list.is_open = false;
        }
        if !list.is_open {
            self.text(" (");
            self.text(list.word);
            list.is_open = true;
        }
        if let Some((space, index)) = name {
            self.define(space, index);
        }
        self.value_next()?;
        if name.is_some() {
            self.close();
            list.is_open = false;
        }
        Ok(())
    }

    /// Ends a list.
    pub fn end(&mut self, list: List) {
        if list.is_open {
            self.close();
        }
    }

    /// Prints a type use: the index, and for readers and for the names of parameters also the function type. Returns
    /// the number of parameters.
    pub fn type_use(&mut self, index: u32) -> Result<u32> {
        self.index_of_type(index);
        let &(start, end) = self.types.get(index as usize).unwrap_or(&(0, 0));
        // The index is not of a function type, so it is unknown which locals the names belong to.
        if end == 0 {
            self.names.leave(IndexSpace::Local);
            return Ok(0);
        }
        const TEXT_PER_BYTE: u64 = 8;
        let mut types = self.wasm;
        types.go_to(start as usize);
        if !self.charge_budget(TEXT_PER_BYTE * u64::from(end - start)) {
            return Ok(types.index()?);
        }
        let reader = core::mem::replace(&mut self.reader, types);
        let params = self.function(IndexSpace::Local)?;
        self.reader = reader;
        Ok(params)
    }

    /// Prints the index of a type in a place where a type could also stand.
    pub fn index_of_type(&mut self, index: u32) {
        self.text(" (type");
        self.mention(IndexSpace::Type, index);
        self.close();
    }

    /// Prints the type of a structured instruction.
    pub fn block_type(&mut self) -> Result<()> {
        match self.reader.block_type()? {
            EncodedBlockType::Empty => {}
            EncodedBlockType::Value(ty) => {
                self.text(" (result");
                self.value(ty);
                self.close();
            }
            EncodedBlockType::Type(index) => self.index_of_type(index),
        }
        Ok(())
    }

    /// Reads and prints a value type.
    #[inline(never)]
    pub fn value_next(&mut self) -> Result<()> {
        let ty = self.reader.value_type()?;
        self.value(ty);
        Ok(())
    }

    /// Prints a value type.
    pub fn value(&mut self, ty: EncodedValType) {
        match ty {
            EncodedValType::Number(ty) => self.out.word(ty.name()),
            EncodedValType::Reference(nullable, heap) => self.reference(nullable, heap),
        }
    }

    /// Prints a reference type.
    pub fn reference(&mut self, nullable: bool, heap: EncodedHeapType) {
        if let (true, EncodedHeapType::Known(heap)) = (nullable, heap)
            && !matches!(heap, HeapType::Index(_))
        {
            return self.out.word(RefType::new(true, heap).name());
        }
        self.text(if nullable { " (ref null" } else { " (ref" });
        self.heap(heap);
        self.close();
    }

    /// Prints a heap type.
    pub fn heap(&mut self, heap: EncodedHeapType) {
        let (is_shared, name) = match heap {
            EncodedHeapType::Known(HeapType::Index(index)) => return self.mention(IndexSpace::Type, index),
            EncodedHeapType::Exact(index) => {
                self.text(" (exact");
                self.mention(IndexSpace::Type, index);
                return self.close();
            }
            EncodedHeapType::Known(heap) => (false, heap_name(heap)),
            EncodedHeapType::Shared(heap) => (true, heap_name(heap)),
        };
        self.text(if is_shared { " (shared" } else { "" });
        self.out.word(name);
        self.text(if is_shared { ")" } else { "" });
    }

    /// Prints the type of a table.
    pub fn table_type(&mut self) -> Result<()> {
        let (nullable, heap) = self.reader.reference_type()?;
        let flags = self.byte_to(7, Fault::Limits)?;
        self.text(if flags & SHARED_LIMITS != 0 { " shared" } else { "" });
        self.limits(flags)?;
        self.reference(nullable, heap);
        Ok(())
    }

    /// Prints the type of a memory.
    pub fn memory_type(&mut self) -> Result<()> {
        let flags = self.byte_to(15, Fault::Limits)?;
        self.limits(flags)?;
        self.text(if flags & SHARED_LIMITS != 0 { " shared" } else { "" });
        if flags & PAGE_SIZE != 0 {
            let power = self.byte_to(63, Fault::PageSize)?;
            self.out.number(" (pagesize ", 1 << power);
            self.close();
        }
        Ok(())
    }

    fn limits(&mut self, flags: u8) -> Result<()> {
        self.text(if flags & WIDE != 0 { " i64" } else { "" });
        for _ in 0..=flags & MAXIMUM {
            let limit = self.reader.unsigned(64)?;
            self.out.number(" ", limit);
        }
        Ok(())
    }
}

/// Flags of limits: with a maximum, and so on.
const MAXIMUM: u8 = 1;
const SHARED_LIMITS: u8 = 2;
const WIDE: u8 = 4;
const PAGE_SIZE: u8 = 8;

/// A list of types that is being printed.
pub struct List {
    word: &'static str,
    is_open: bool,
}

impl List {
    pub fn new(word: &'static str) -> List {
        List { word, is_open: false }
    }
}

/// Returns the name of an abstract heap type.
fn heap_name(heap: HeapType) -> &'static str {
    let reference = RefType::new(false, heap).name();
    reference.strip_prefix("(ref ").and_then(|rest| rest.strip_suffix(')')).unwrap_or_default()
}
