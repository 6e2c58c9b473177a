//! Parses types (spec: text/types) and encodes them.

use wasmote_ir::types::{HeapType, RefType, ValType};

use crate::buffer::Buffer;
use crate::error::{Result, SyntaxErrorKind};
use crate::parser::Parser;
use crate::space::IndexSpace;

/// Type opcodes (spec: binary/types).
pub(crate) mod byte {
    pub const FUNC: u8 = 0x60;
    pub const STRUCT: u8 = 0x5f;
    pub const ARRAY: u8 = 0x5e;
    pub const CONT: u8 = 0x5d;
    pub const SUB: u8 = 0x50;
    pub const SUB_FINAL: u8 = 0x4f;
    pub const REC: u8 = 0x4e;
    pub const DESCRIPTOR: u8 = 0x4d;
    pub const DESCRIBES: u8 = 0x4c;
    pub const NUMBERS: [u8; 5] = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b];
    pub const I8: u8 = 0x78;
    pub const I16: u8 = 0x77;
    pub const REF_NULL: u8 = 0x63;
    pub const REF: u8 = 0x64;
    pub const SHARED: u8 = 0x65;
    pub const EXACT: u8 = 0x62;
    /// The first and the last abstract heap type.
    pub const ABSTRACT: (u8, u8) = (0x68, 0x75);
    /// The block type without parameters and results.
    pub const EMPTY: u8 = 0x40;
}

/// A heap type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heap {
    Abstract { shared: bool, byte: u8 },
    Index(u32),
    Exact(u32),
}

/// A reference type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ref {
    pub nullable: bool,
    pub heap: Heap,
}

impl Ref {
    /// Whether it is `funcref`, the default type of elements.
    pub fn is_funcref(self) -> bool {
        let func = |byte| HeapType::of_byte(byte) == Some(HeapType::Func);
        self.nullable && matches!(self.heap, Heap::Abstract { shared: false, byte } if func(byte))
    }

    pub fn write(self, out: &mut Buffer) {
        match (self.nullable, self.heap) {
            (true, Heap::Abstract { .. }) => {}
            (true, _) => out.byte(byte::REF_NULL),
            (false, _) => out.byte(byte::REF),
        }
        self.heap.write(out);
    }
}

impl Heap {
    #[inline(never)]
    pub fn write(self, out: &mut Buffer) {
        match self {
            Heap::Abstract { shared, byte } => {
                if shared {
                    out.byte(byte::SHARED);
                }
                out.byte(byte);
            }
            Heap::Index(index) => out.signed(index.into()),
            Heap::Exact(index) => {
                out.byte(byte::EXACT);
                out.index(index);
            }
        }
    }
}

/// Returns the opcode of a number or vector type.
pub(crate) fn number_type(word: &[u8]) -> Option<u8> {
    byte::NUMBERS.into_iter().find(|&byte| ValType::of_byte(byte).is_some_and(|ty| ty.name().as_bytes() == word))
}

/// Returns the opcode of a heap type by the name of its short reference type.
fn heap_of(nullable: bool, is_name: &dyn Fn(&[u8]) -> bool) -> Option<u8> {
    (byte::ABSTRACT.0..=byte::ABSTRACT.1).find(|&byte| {
        HeapType::of_byte(byte).is_some_and(|heap| is_name(RefType::new(nullable, heap).name().as_bytes()))
    })
}

/// A parser of types: the text, and the names of types.
pub(crate) struct Types<'a, 't> {
    pub parser: &'a mut Parser<'t>,
    pub types: &'a IndexSpace,
}

impl Types<'_, '_> {
    fn type_index(&mut self) -> Result<u32> {
        self.types.index(self.parser, SyntaxErrorKind::UnknownType)
    }

    /// Parses an abstract heap type.
    fn abstract_heap(&mut self, shared: bool) -> Result<Heap> {
        let word = self.parser.word();
        let is_name = |name: &[u8]| name.strip_prefix(b"(ref ").and_then(|name| name.strip_suffix(b")")) == Some(word);
        let byte = heap_of(false, &is_name).ok_or_else(|| self.parser.fault(SyntaxErrorKind::Heap))?;
        self.parser.advance();
        Ok(Heap::Abstract { shared, byte })
    }

    #[inline(never)]
    pub fn heap(&mut self) -> Result<Heap> {
        if self.parser.is_index() {
            return Ok(Heap::Index(self.type_index()?));
        }
        let heap = if self.parser.take_form("exact") {
            Heap::Exact(self.type_index()?)
        } else if self.parser.take_form("shared") {
            self.abstract_heap(true)?
        } else {
            return self.abstract_heap(false);
        };
        self.parser.close()?;
        Ok(heap)
    }

    /// Whether a reference type comes next.
    pub fn is_reference(&self) -> bool {
        self.parser.is_form("ref") || self.parser.is_form("shared") || self.short().is_some()
    }

    /// If the next word is a short reference type such as `funcref`, returns its heap type.
    fn short(&self) -> Option<u8> {
        let word = self.parser.word();
        heap_of(true, &|name| name == word)
    }

    /// Parses a short reference type.
    fn short_reference(&mut self, shared: bool) -> Result<Ref> {
        let byte = self.short().ok_or_else(|| self.parser.fault(SyntaxErrorKind::Type))?;
        self.parser.advance();
        Ok(Ref { nullable: true, heap: Heap::Abstract { shared, byte } })
    }

    #[inline(never)]
    pub fn reference(&mut self) -> Result<Ref> {
        let reference = if self.parser.take_form("ref") {
            let nullable = self.parser.take_word("null");
            Ref { nullable, heap: self.heap()? }
        } else if self.parser.take_form("shared") {
            self.short_reference(true)?
        } else {
            return self.short_reference(false);
        };
        self.parser.close()?;
        Ok(reference)
    }

    #[inline(never)]
    pub fn value(&mut self, out: &mut Buffer) -> Result {
        match number_type(self.parser.word()) {
            Some(byte) => {
                self.parser.advance();
                out.byte(byte);
            }
            None => self.reference()?.write(out),
        }
        Ok(())
    }

    /// Parses a field type.
    #[inline(never)]
    pub fn field(&mut self, out: &mut Buffer) -> Result {
        let mutable = self.parser.take_form("mut");
        if self.parser.take_word("i8") {
            out.byte(byte::I8);
        } else if self.parser.take_word("i16") {
            out.byte(byte::I16);
        } else {
            self.value(out)?;
        }
        out.byte(mutable.into());
        if mutable { self.parser.close() } else { Ok(()) }
    }

    pub fn global(&mut self, out: &mut Buffer) -> Result {
        let shared = self.parser.take_form("shared");
        let mutable = if shared { self.parser.take_word("mut") } else { self.parser.take_form("mut") };
        self.value(out)?;
        if shared || mutable {
            self.parser.close()?;
        }
        out.byte(u8::from(mutable) | u8::from(shared) << 1);
        Ok(())
    }

    /// Parses an optional address type. Returns whether it is `i64`.
    pub fn address(&mut self) -> bool {
        let wide = self.parser.take_word("i64");
        if !wide {
            self.parser.take_word("i32");
        }
        wide
    }

    /// Parses a minimum and an optional maximum.
    fn limits(&mut self) -> Result<(u64, Option<u64>)> {
        let min = self.parser.unsigned(64)?;
        let max = if self.parser.is_integer() { Some(self.parser.unsigned(64)?) } else { None };
        Ok((min, max))
    }

    pub fn table(&mut self, out: &mut Buffer) -> Result {
        let shared = self.parser.take_word("shared");
        let wide = self.address();
        let (min, max) = self.limits()?;
        self.reference()?.write(out);
        Limits { min, max, shared, wide, page_size: None }.write(out);
        Ok(())
    }

    pub fn memory(&mut self, out: &mut Buffer) -> Result {
        let wide = self.address();
        let (min, max) = self.limits()?;
        let shared = self.parser.take_word("shared");
        let page_size = self.page_size()?;
        Limits { min, max, shared, wide, page_size }.write(out);
        Ok(())
    }

    /// Parses an optional page size. Returns its logarithm to base 2.
    pub fn page_size(&mut self) -> Result<Option<u32>> {
        if !self.parser.take_form("pagesize") {
            return Ok(None);
        }
        let fault = self.parser.fault(SyntaxErrorKind::PageSize);
        let size = self.parser.u32()?;
        if !size.is_power_of_two() {
            return Err(fault);
        }
        self.parser.close()?;
        Ok(Some(size.trailing_zeros()))
    }
}

/// The limits of a table or memory, and their other flags.
pub(crate) struct Limits {
    pub min: u64,
    pub max: Option<u64>,
    pub shared: bool,
    pub wide: bool,
    pub page_size: Option<u32>,
}

impl Limits {
    #[inline(never)]
    pub fn write(&self, out: &mut Buffer) {
        let flags = [self.max.is_some(), self.shared, self.wide, self.page_size.is_some()];
        out.byte(flags.iter().rev().fold(0, |flags, &flag| flags << 1 | u8::from(flag)));
        out.number(self.min);
        if let Some(max) = self.max {
            out.number(max);
        }
        if let Some(page_size) = self.page_size {
            out.index(page_size);
        }
    }
}
