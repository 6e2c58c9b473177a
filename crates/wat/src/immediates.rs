//! Immediates of instructions, as the table of operators lists them.

use wasmote_ir::operators::{HAS_MEMORY, HAS_ORDERING, Immediate, Operator};

use crate::encode::Encoder;
use crate::error::{Result, SyntaxErrorKind};
use crate::lexer::TokenKind;
use crate::numbers::{self, FloatFormat};
use crate::parser::{Index, Name};
use crate::signatures::TypeUse;
use crate::space::IndexSpace;

impl Encoder<'_, '_> {
    pub fn write_operator(&mut self, operator: Operator) {
        let (prefix, number) = operator.opcode();
        match prefix {
            Some(prefix) => {
                self.body.byte(prefix);
                self.body.index(number);
            }
            None => self.body.byte(number as u8),
        }
    }

    /// Parses an instruction behind its name. `shared` says that the next operator has the same name.
    #[inline(never)]
    pub fn instruction(&mut self, operator: Operator, shared: bool) -> Result {
        match operator {
            Operator::Else => self.labels.repeated(self.parser)?,
            Operator::End => {
                self.labels.repeated(self.parser)?;
                self.labels.pop(self.parser)?;
            }
            _ => {}
        }
        if !shared {
            self.write_operator(operator);
        }
        self.immediates(operator, shared)
    }

    /// Parses the immediates and encodes the instruction. The immediates may decide which of two operators it is.
    pub fn immediates(&mut self, operator: Operator, shared: bool) -> Result {
        let immediates = operator.row().immediates();
        match *immediates {
            // `select` with or without types.
            [None, ..] if shared => self.select(operator),
            [Some(Immediate::Heap), ..] if shared => {
                let reference = self.types().reference()?;
                self.write_operator(if reference.nullable { operator.twin() } else { operator });
                reference.heap.write(&mut self.body);
                Ok(())
            }
            [Some(Immediate::Block), second, ..] => self.block(second),
            [Some(Immediate::Type), Some(Immediate::Table), ..] => self.call_indirect(),
            [Some(Immediate::Label), ..] if operator == Operator::Delegate => {
                // The label of `delegate` counts from outside of its block.
                self.labels.pop(self.parser)?;
                self.immediate(Immediate::Label)
            }
            [
                Some(segment @ (Immediate::Data | Immediate::Elem)),
                Some(whole @ (Immediate::Memory | Immediate::Table)),
                ..,
            ] => self.segment_and_whole(segment, whole),
            [Some(to @ (Immediate::Memory | Immediate::Table)), Some(from), ..] => {
                // Both indices are given, or neither.
                if !self.parser.is_index() {
                    self.body.slice(&[0, 0]);
                    return Ok(());
                }
                self.immediate(to)?;
                if !self.parser.is_index() {
                    return Err(self.parser.fault(SyntaxErrorKind::Index));
                }
                self.immediate(from)
            }
            [Some(Immediate::Type), Some(Immediate::Field), ..] => self.type_and_field(),
            [Some(Immediate::Ordering), Some(Immediate::Type), Some(Immediate::Field)] => {
                self.immediate(Immediate::Ordering)?;
                self.type_and_field()
            }
            [Some(Immediate::MemArg(align)), Some(lane), ..] => {
                // A single number is the lane.
                let (kind, word) = self.parser.second();
                let has_index = !self.parser.is_integer()
                    || kind == TokenKind::Integer
                    || kind == TokenKind::Keyword && (word.starts_with(b"offset=") || word.starts_with(b"align="));
                self.memarg(align, has_index, None)?;
                self.immediate(lane)
            }
            _ => immediates.iter().flatten().try_for_each(|&immediate| self.immediate(immediate)),
        }
    }

    #[inline(never)]
    fn immediate(&mut self, immediate: Immediate) -> Result {
        match immediate {
            Immediate::Label => self.label(),
            Immediate::Labels => self.labels(),
            Immediate::Table | Immediate::Memory | Immediate::MemoryOrZero => {
                let space = IndexSpace::of(immediate).unwrap_or_default();
                let index = self.index_or_zero(space)?;
                self.body.index(index);
                Ok(())
            }
            Immediate::Func
            | Immediate::Type
            | Immediate::Global
            | Immediate::Tag
            | Immediate::Data
            | Immediate::Elem => {
                let space = IndexSpace::of(immediate).unwrap_or_default();
                self.needs_data_count |= space == IndexSpace::DATAS;
                let index = self.index(space)?;
                self.body.index(index);
                Ok(())
            }
            Immediate::Local => {
                let index = self.locals.index(self.parser, SyntaxErrorKind::UnknownLocal)?;
                self.body.index(index);
                Ok(())
            }
            Immediate::Count => {
                let count = self.parser.u32()?;
                self.body.index(count);
                Ok(())
            }
            Immediate::Heap => {
                let heap = self.types().heap()?;
                heap.write(&mut self.body);
                Ok(())
            }
            Immediate::Cast => self.cast(),
            Immediate::I32 => {
                let value = self.parser.any_integer(32)?;
                self.body.signed(i64::from(value as i32));
                Ok(())
            }
            Immediate::I64 => {
                let value = self.parser.any_integer(64)?;
                self.body.signed(value as i64);
                Ok(())
            }
            Immediate::F32 => self.lane(b"f32"),
            Immediate::F64 => self.lane(b"f64"),
            Immediate::V128 => {
                let shape = self.parser.shape()?;
                let vector = self.parser.vector(shape)?;
                self.body.slice(&vector.to_le_bytes());
                Ok(())
            }
            Immediate::MemArg(align)
            | Immediate::Atomic(align)
            | Immediate::AtomicAccess(align)
            | Immediate::AtomicRmw(align) => self.memarg(align, self.parser.is_index(), immediate.acquire_release()),
            Immediate::Lane(_) => {
                let integer = self.parser.integer()?;
                let lane = if integer.is_signed { None } else { integer.in_bits(8) };
                let lane = lane.ok_or_else(|| self.parser.fault(SyntaxErrorKind::Lane))?;
                self.parser.advance();
                self.body.byte(lane as u8);
                Ok(())
            }
            Immediate::Lanes => (0..16).try_for_each(|_| {
                let lane = self.parser.unsigned(8)?;
                self.body.byte(lane as u8);
                Ok(())
            }),
            Immediate::OrderingOrZero => {
                let order = self.ordering(immediate.acquire_release()).unwrap_or_default();
                self.body.byte(order);
                Ok(())
            }
            Immediate::Ordering => {
                let order = self.ordering(immediate.acquire_release());
                let order = order.ok_or_else(|| self.parser.fault(SyntaxErrorKind::Unexpected))?;
                self.body.byte(order);
                Ok(())
            }
            Immediate::Handlers => self.handlers(),
            // These come first in their list, and are parsed together with the next immediate.
            Immediate::Block | Immediate::Types | Immediate::Catches | Immediate::Field => Ok(()),
        }
    }

    /// Parses the memory ordering of an atomic operator, if it may have one and one is given. Returns its byte.
    /// `acquire_release` is the byte of `acqrel`.
    fn ordering(&mut self, acquire_release: Option<u8>) -> Option<u8> {
        let acquire_release = acquire_release?;
        let order = if self.parser.is_word("seqcst") {
            0
        } else if self.parser.is_word("acqrel") {
            acquire_release
        } else {
            return None;
        };
        self.parser.advance();
        Some(order)
    }

    fn label(&mut self) -> Result {
        let label = self.labels.index(self.parser)?;
        self.body.index(label);
        Ok(())
    }

    /// Parses the labels of a `br_table`. The last one is the default.
    fn labels(&mut self) -> Result {
        let start = self.body.len();
        let mut count = 0u32;
        while count == 0 || self.parser.is_index() {
            self.label()?;
            count += 1;
        }
        let end = self.body.len();
        self.body.index(count - 1);
        self.body.rotate(start, end);
        Ok(())
    }

    /// Parses a block's label, its name in the name section, and its type. The type is not added to the module's types
    /// yet.
    pub fn block_head(&mut self) -> Result<(Option<Name>, Option<Name>, TypeUse)> {
        Ok((self.parser.id()?, self.parser.name_annotation()?, self.type_use(false)?))
    }

    /// Parses a call's table and type. The type is not added to the module's types yet.
    pub fn call_head(&mut self) -> Result<(u32, TypeUse)> {
        Ok((self.index_or_zero(IndexSpace::TABLES)?, self.type_use(false)?))
    }

    fn call_indirect(&mut self) -> Result {
        let (table, used) = self.call_head()?;
        let ty = self.used_type(used)?;
        self.body.index(ty);
        self.body.index(table);
        Ok(())
    }

    /// Parses the label and the type of a block, and its clauses.
    fn block(&mut self, second: Option<Immediate>) -> Result {
        let (id, annotated, used) = self.block_head()?;
        match self.signatures.short()? {
            Some(short) if used.index.is_none() => self.body.slice(short),
            _ => {
                let ty = self.used_type(used)?;
                self.body.signed(ty.into());
            }
        }
        if second == Some(Immediate::Catches) {
            self.catches()?;
        }
        self.labels.push(self.parser, id)?;
        if let Some(name) = annotated.or(id) {
            let blocks = self.expression.blocks;
            self.expression.label_names.count += 1;
            self.expression.label_names.name(self.parser, blocks, name);
        }
        self.expression.blocks += 1;
        Ok(())
    }

    /// Parses the clauses of a `try_table`.
    fn catches(&mut self) -> Result {
        let start = self.body.len();
        let mut count = 0u32;
        'clauses: loop {
            for (word, kind) in [("catch", 0), ("catch_ref", 1), ("catch_all", 2), ("catch_all_ref", 3)] {
                if self.parser.take_form(word) {
                    self.body.byte(kind);
                    if kind < 2 {
                        self.immediate(Immediate::Tag)?;
                    }
                    self.label()?;
                    self.parser.close()?;
                    count += 1;
                    continue 'clauses;
                }
            }
            break;
        }
        let end = self.body.len();
        self.body.index(count);
        self.body.rotate(start, end);
        Ok(())
    }

    /// Parses the clauses of a `resume`.
    fn handlers(&mut self) -> Result {
        let start = self.body.len();
        let mut count = 0u32;
        while self.parser.take_form("on") {
            let end = self.body.len();
            self.immediate(Immediate::Tag)?;
            let is_switch = self.parser.take_word("switch");
            if !is_switch {
                self.label()?;
            }
            self.body.insert(end, &[is_switch.into()]);
            self.parser.close()?;
            count += 1;
        }
        let end = self.body.len();
        self.body.index(count);
        self.body.rotate(start, end);
        Ok(())
    }

    fn cast(&mut self) -> Result {
        let label = self.labels.index(self.parser)?;
        let (from, to) = (self.types().reference()?, self.types().reference()?);
        self.body.byte(u8::from(from.nullable) | u8::from(to.nullable) << 1);
        self.body.index(label);
        from.heap.write(&mut self.body);
        to.heap.write(&mut self.body);
        Ok(())
    }

    /// Parses a `select`: with types, it is the other operator of that name.
    fn select(&mut self, operator: Operator) -> Result {
        let at = self.body.len();
        let mut count = 0u32;
        let mut found = false;
        while self.parser.take_form("result") {
            found = true;
            while !self.parser.is_end() {
                let mut types = crate::types::Types { parser: self.parser, types: &self.spaces[IndexSpace::TYPES] };
                types.value(&mut self.body)?;
                count += 1;
            }
            self.parser.close()?;
        }
        let end = self.body.len();
        self.write_operator(if found { operator.twin() } else { operator });
        if found {
            self.body.index(count);
        }
        self.body.rotate(at, end);
        Ok(())
    }

    /// Parses a segment and its memory or table. The latter is optional, comes first in text, and comes last in the
    /// binary.
    fn segment_and_whole(&mut self, segment: Immediate, whole: Immediate) -> Result {
        let space = IndexSpace::of(whole).unwrap_or_default();
        let index = if self.parser.is_index_second() { self.index(space)? } else { 0 };
        self.immediate(segment)?;
        self.body.index(index);
        Ok(())
    }

    fn type_and_field(&mut self) -> Result {
        let ty = self.index(IndexSpace::TYPES)?;
        let fault = self.parser.fault(SyntaxErrorKind::UnknownField);
        let field = match self.parser.index()? {
            Index::Number(number) => number,
            Index::Name(name) => {
                let fields = self.signatures.fields(ty);
                fields.and_then(|fields| fields.get(self.parser, name)).ok_or(fault)?
            }
        };
        self.body.index(ty);
        self.body.index(field);
        Ok(())
    }

    /// Parses the memory, the offset, the alignment and the memory ordering of an access. Each is optional.
    /// `acquire_release` is the byte of `acqrel`, if there may be an ordering.
    fn memarg(&mut self, align: u8, has_index: bool, acquire_release: Option<u8>) -> Result {
        let memory = if has_index { self.index_or_zero(IndexSpace::MEMORIES)? } else { 0 };
        let offset = self.keyed_number(b"offset=")?.unwrap_or_default();
        let fault = self.parser.fault(SyntaxErrorKind::Alignment);
        let align = match self.keyed_number(b"align=")? {
            Some(align) if align.is_power_of_two() => align.trailing_zeros(),
            Some(_) => return Err(fault),
            None => align.into(),
        };
        let ordering = self.ordering(acquire_release);
        let has_memory = if memory == 0 { 0 } else { HAS_MEMORY };
        self.body.index(align | has_memory | if ordering.is_some() { HAS_ORDERING } else { 0 });
        if memory != 0 {
            self.body.index(memory);
        }
        if let Some(ordering) = ordering {
            self.body.byte(ordering);
        }
        self.body.number(offset);
        Ok(())
    }

    /// Parses `word` with a number behind it, such as `offset=8`, if it comes next.
    fn keyed_number(&mut self, word: &[u8]) -> Result<Option<u64>> {
        if self.parser.token().kind != TokenKind::Keyword {
            return Ok(None);
        }
        let Some(number) = self.parser.word().strip_prefix(word) else { return Ok(None) };
        let number = numbers::integer(number).ok_or_else(|| self.parser.fault(SyntaxErrorKind::Integer))?;
        let value = if number.is_negative { None } else { number.magnitude };
        let value = value.ok_or_else(|| self.parser.fault(SyntaxErrorKind::Range))?;
        self.parser.advance();
        Ok(Some(value))
    }

    /// Parses a number of this type and appends its bytes in memory order.
    fn lane(&mut self, ty: &[u8]) -> Result {
        let (bits, bytes) = self.parser.lane(ty)?;
        self.body.slice(&bits.to_le_bytes()[..bytes]);
        Ok(())
    }
}

impl crate::parser::Parser<'_> {
    /// Parses a vector shape such as `i32x4`. Returns the type of its lanes.
    pub fn shape(&mut self) -> Result<&'static [u8]> {
        const SHAPES: [(&str, &[u8]); 6] = [
            ("i8x16", b"i8"),
            ("i16x8", b"i16"),
            ("i32x4", b"i32"),
            ("i64x2", b"i64"),
            ("f32x4", b"f32"),
            ("f64x2", b"f64"),
        ];
        let shape =
            SHAPES.iter().find(|(word, _)| self.is_word(word)).ok_or_else(|| self.fault(SyntaxErrorKind::Shape))?;
        self.advance();
        Ok(shape.1)
    }

    /// Parses the lanes of a vector.
    pub fn vector(&mut self, ty: &[u8]) -> Result<u128> {
        let (mut vector, mut at) = (0, 0);
        while at < 16 {
            let (bits, bytes) = self.lane(ty)?;
            vector |= u128::from(bits) << (8 * at);
            at += bytes;
        }
        Ok(vector)
    }

    /// Parses a number of this type. Returns its bits, and its size in bytes.
    pub fn lane(&mut self, ty: &[u8]) -> Result<(u64, usize)> {
        let bytes = match ty {
            b"i8" => 1,
            b"i16" => 2,
            b"i32" | b"f32" => 4,
            _ => 8,
        };
        let bits = match ty {
            b"f32" => self.float(FloatFormat::F32)?,
            b"f64" => self.float(FloatFormat::F64)?,
            _ => self.any_integer(8 * bytes)?,
        };
        Ok((bits, bytes as usize))
    }
}
