//! Tables, memories and their segments (spec: text/modules#element-segments, text/modules#data-segments).

use wasmote_ir::operators::Operator;

use crate::buffer::Buffer;
use crate::encode::{Encoder, Section};
use crate::error::{Result, SyntaxErrorKind};
use crate::instructions::Extent;
use crate::space::IndexSpace;
use crate::types::{Limits, Ref, Types};

/// Flags of element segments (spec: binary/modules#element-section).
mod flag {
    pub const NOT_ACTIVE: u8 = 1;
    /// Of an active segment: it states its table and the kind of its elements. Of another: it only declares functions.
    pub const EXPLICIT: u8 = 2;
    pub const EXPRESSIONS: u8 = 4;
}

/// The prefix of a table with an initial value (spec: binary/modules#table-section).
const INITIAL: [u8; 2] = [0x40, 0];

impl Encoder<'_, '_> {
    pub fn table(&mut self, index: u32) -> Result {
        self.sections[Section::TABLE].count += 1;
        let place = self.parser.place();
        let shared = self.parser.take_word("shared");
        let wide = self.types().address();
        if !self.types().is_reference() {
            self.parser.go_to(place);
            let out = &mut self.sections[Section::TABLE].bytes;
            let start = out.len();
            Types { parser: self.parser, types: &self.spaces[IndexSpace::TYPES] }.table(out)?;
            if !self.parser.is_end() {
                self.body.clear();
                self.constant(Extent::All)?;
                let out = &mut self.sections[Section::TABLE].bytes;
                out.insert(start, &INITIAL);
                out.append(&self.body, 0..);
            }
            return Ok(());
        }
        // An abbreviated segment determines the size of its table.
        let reference = self.types().reference()?;
        if !self.parser.take_form("elem") {
            return Err(self.parser.fault(SyntaxErrorKind::Unexpected));
        }
        self.next_index(IndexSpace::ELEMS);
        self.body.clear();
        let expressions = self.parser.is_open() || !reference.is_funcref();
        let count = if self.parser.is_open() { self.element_expressions()? } else { self.elements(expressions)? };
        let count = u64::from(count);
        let out = &mut self.sections[Section::TABLE].bytes;
        reference.write(out);
        Limits { min: count, max: Some(count), shared, wide, page_size: None }.write(out);
        let flags = flag::EXPLICIT | if expressions { flag::EXPRESSIONS } else { 0 };
        let elem = &mut self.sections[Section::ELEM];
        elem.count += 1;
        elem.bytes.byte(flags);
        elem.bytes.index(index);
        write_zero(&mut elem.bytes, wide);
        self.write_elements(expressions.then_some(reference), true, count);
        self.parser.close()
    }

    /// Appends the kind or type of elements if it is explicit, then their number, then the elements, which are in
    /// [`Encoder::body`].
    fn write_elements(&mut self, reference: Option<Ref>, explicit: bool, count: u64) {
        let out = &mut self.sections[Section::ELEM].bytes;
        match reference {
            _ if !explicit => {}
            Some(reference) => reference.write(out),
            // The kind of functions.
            None => out.byte(0),
        }
        out.number(count);
        out.append(&self.body, 0..);
    }

    /// Parses function indices, and encodes them as indices or as constant expressions. Returns their number.
    fn elements(&mut self, as_expressions: bool) -> Result<u32> {
        let mut count = 0;
        while !self.parser.is_end() {
            if as_expressions {
                self.write_operator(Operator::RefFunc);
            }
            let func = self.index(IndexSpace::FUNCS)?;
            self.body.index(func);
            if as_expressions {
                self.write_operator(Operator::End);
            }
            count += 1;
        }
        Ok(count)
    }

    fn element_expressions(&mut self) -> Result<u32> {
        let mut count = 0;
        while !self.parser.is_end() {
            self.constant_in("item", Extent::Folded)?;
            count += 1;
        }
        Ok(count)
    }

    pub fn elem(&mut self) -> Result {
        self.pass_names()?;
        self.next_index(IndexSpace::ELEMS);
        self.sections[Section::ELEM].count += 1;
        self.body.clear();
        let mut flags = 0;
        // The table is optional. In the older form it is a plain number, and function indices follow without a keyword.
        let mut lists_functions = false;
        let mut table = None;
        let is_active = self.parser.is_integer() || self.parser.is_open() && !self.types().is_reference();
        if self.parser.take_word("declare") {
            flags = flag::NOT_ACTIVE | flag::EXPLICIT;
        } else if is_active {
            if self.parser.take_form("table") {
                table = Some(self.index(IndexSpace::TABLES)?);
                self.parser.close()?;
            } else {
                lists_functions = true;
                if self.parser.is_integer() {
                    table = Some(self.parser.u32()?);
                }
            }
            self.constant_in("offset", Extent::Folded)?;
        } else {
            flags = flag::NOT_ACTIVE;
        }
        let offset = self.body.len();
        let reference = if self.parser.take_word("func") || lists_functions && !self.types().is_reference() {
            None
        } else {
            Some(self.types().reference()?)
        };
        let (count, end) = match reference {
            None => (self.elements(false)?, self.body.len()),
            Some(_) => (self.element_expressions()?, self.body.len()),
        };
        let mut explicit = flags != 0;
        if let Some(reference) = reference {
            flags |= flag::EXPRESSIONS;
            explicit |= !reference.is_funcref();
        }
        if is_active {
            explicit |= table.is_some();
            flags |= if explicit { flag::EXPLICIT } else { 0 };
        }
        let out = &mut self.sections[Section::ELEM].bytes;
        out.byte(flags);
        if is_active && explicit {
            out.index(table.unwrap_or_default());
        }
        out.slice(&self.body.bytes()?[..offset]);
        // Keeps the elements in the body, behind the offset.
        self.body.rotate(0, offset);
        self.body.truncate(end - offset);
        self.write_elements(reference, explicit, count.into());
        Ok(())
    }

    pub fn memory(&mut self, index: u32) -> Result {
        self.sections[Section::MEMORY].count += 1;
        let place = self.parser.place();
        let wide = self.types().address();
        if !self.parser.is_open() {
            self.parser.go_to(place);
            let out = &mut self.sections[Section::MEMORY].bytes;
            return Types { parser: self.parser, types: &self.spaces[IndexSpace::TYPES] }.memory(out);
        }
        // The memory has as many pages as the data need.
        let page_size = self.types().page_size()?;
        if !self.parser.take_form("data") {
            return Err(self.parser.fault(SyntaxErrorKind::Unexpected));
        }
        self.next_index(IndexSpace::DATAS);
        self.body.clear();
        self.strings()?;
        let pages = (self.body.len() as u64).div_ceil(1 << page_size.unwrap_or(16));
        let limits = Limits { min: pages, max: Some(pages), shared: false, wide, page_size };
        limits.write(&mut self.sections[Section::MEMORY].bytes);
        self.start_data(Some(index));
        let data = &mut self.sections[Section::DATA].bytes;
        write_zero(data, wide);
        data.counted(self.body.bytes()?);
        self.parser.close()
    }

    /// Parses strings and appends their bytes to [`Encoder::body`].
    fn strings(&mut self) -> Result {
        while !self.parser.is_end() {
            self.parser.string(&mut self.body)?;
        }
        Ok(())
    }

    /// Appends the beginning of a data segment (spec: binary/modules#data-section): active in this memory, or passive.
    fn start_data(&mut self, memory: Option<u32>) {
        let data = &mut self.sections[Section::DATA];
        data.count += 1;
        match memory {
            Some(0) => data.bytes.byte(0),
            None => data.bytes.byte(1),
            Some(memory) => {
                data.bytes.byte(2);
                data.bytes.index(memory);
            }
        }
    }

    pub fn data(&mut self) -> Result {
        self.pass_names()?;
        self.next_index(IndexSpace::DATAS);
        self.body.clear();
        if self.parser.is_string() || self.parser.is_end() {
            self.start_data(None);
        } else {
            let mut memory = 0;
            if self.parser.is_integer() {
                // The older form: a plain number.
                memory = self.parser.u32()?;
            } else if self.parser.take_form("memory") {
                memory = self.index(IndexSpace::MEMORIES)?;
                self.parser.close()?;
            }
            self.constant_in("offset", Extent::One)?;
            self.start_data(Some(memory));
            self.sections[Section::DATA].bytes.append(&self.body, 0..);
            self.body.clear();
        }
        self.strings()?;
        self.sections[Section::DATA].bytes.counted(self.body.bytes()?);
        Ok(())
    }
}

/// Appends the constant expression of offset 0.
fn write_zero(out: &mut Buffer, wide: bool) {
    for (operator, operand) in
        [(if wide { Operator::I64Const } else { Operator::I32Const }, Some(0)), (Operator::End, None)]
    {
        // Both opcodes are one byte.
        out.byte(operator.opcode().1 as u8);
        if let Some(operand) = operand {
            out.byte(operand);
        }
    }
}
