//! The type section, and type uses (spec: text/modules#types, text/modules#type-uses).

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;
use wasmote_ir::string_map::StringMap;

use crate::buffer::Buffer;
use crate::encode::{Encoder, Section, subsection};
use crate::error::{Fault, Result, SyntaxErrorKind};
use crate::parser::{Name, Parser};
use crate::space::IndexSpace;
use crate::types::{Types, byte};

/// What the encoder knows of a type.
#[derive(Clone, Copy, Default)]
struct TypeInfo {
    /// The range of the function type in the type section; empty for other types.
    func: (u32, u32),
    /// The names of the fields, if it is a structure with named fields.
    fields: Option<u32>,
}

/// A named parameter.
#[derive(Clone, Copy)]
pub(crate) struct Param {
    pub index: u32,
    pub id: Option<Name>,
    pub annotated: Option<Name>,
    pub at: u32,
}

/// The types of a module, and the function type that was parsed last.
#[derive(Default)]
pub(crate) struct Signatures {
    known: Vec<TypeInfo>,
    /// For the encoding of a function type, the type to which an inline type use refers.
    plain: StringMap,
    fields: Vec<IndexSpace>,
    /// The encoding of the function type that was parsed last, and the names of its parameters.
    last: Buffer,
    pub params: Vec<Param>,
    results: Buffer,
}

/// A type use.
#[derive(Clone, Copy)]
pub(crate) struct TypeUse {
    /// The index of the type, if it is given.
    pub index: Option<u32>,
    at: u32,
    /// Whether there are parameters or results, even empty ones.
    pub inline: bool,
}

impl Signatures {
    fn func<'s>(known: &[TypeInfo], section: &'s [u8], index: u32) -> &'s [u8] {
        let (start, end) = known.get(index as usize).map_or((0, 0), |known| known.func);
        section.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Returns the names of a structure's fields.
    pub fn fields(&self, index: u32) -> Option<&IndexSpace> {
        let fields = self.known.get(index as usize)?.fields?;
        self.fields.get(fields as usize)
    }

    /// Returns the function type that was parsed last in the short form for blocks, if it has one: no parameters, and
    /// at most one result.
    pub fn short(&self) -> Result<Option<&[u8]>> {
        Ok(match self.last.bytes()? {
            [_, 0, 0, ..] => Some(&[byte::EMPTY]),
            [_, 0, 1, result @ ..] => Some(result),
            _ => None,
        })
    }
}

impl<'t> Encoder<'_, 't> {
    pub fn types(&mut self) -> Types<'_, 't> {
        types(self.parser, &self.spaces[IndexSpace::TYPES])
    }

    /// Parses `type` and `rec` fields at their keyword. All type names are declared by then.
    pub fn define_types(&mut self) -> Result {
        self.sections[Section::TYPE].count += 1;
        if !self.parser.take_word("rec") {
            self.parser.advance();
            let index = self.signatures.known.len() as u32;
            self.define_type()?;
            return self.remember(index);
        }
        let start = self.sections[Section::TYPE].bytes.len();
        let mut count = 0;
        while self.parser.take_form("type") {
            self.define_type()?;
            self.parser.close()?;
            count += 1;
        }
        // The header of a group is only known at its end.
        let bytes = &mut self.sections[Section::TYPE].bytes;
        let mut front = Buffer::default();
        front.byte(byte::REC);
        front.index(count);
        bytes.insert(start, front.bytes()?);
        let first = self.signatures.known.len() - count as usize;
        for known in &mut self.signatures.known[first..] {
            if known.func.1 != 0 {
                known.func.0 += front.len() as u32;
                known.func.1 += front.len() as u32;
            }
        }
        Ok(())
    }

    /// Parses a type behind its keyword.
    fn define_type(&mut self) -> Result {
        self.parser.id()?;
        self.parser.name_annotation()?;
        self.parser.open()?;
        let index = self.signatures.known.len() as u32;
        let is_sub = self.parser.take_word("sub");
        if is_sub {
            let is_final = self.parser.take_word("final");
            let mut supertypes = Buffer::default();
            let mut count = 0;
            while self.parser.is_index() {
                supertypes.index(self.index(IndexSpace::TYPES)?);
                count += 1;
            }
            if !is_final || count > 0 {
                let bytes = &mut self.sections[Section::TYPE].bytes;
                bytes.byte(if is_final { byte::SUB_FINAL } else { byte::SUB });
                bytes.index(count);
                bytes.append(&supertypes, 0..);
            }
            self.parser.open()?;
        }
        let shared = self.parser.take_word("shared");
        if shared {
            self.parser.open()?;
            self.sections[Section::TYPE].bytes.byte(byte::SHARED);
        }
        for (word, byte) in [("describes", byte::DESCRIBES), ("descriptor", byte::DESCRIPTOR)] {
            if self.parser.take_word(word) {
                let other = self.index(IndexSpace::TYPES)?;
                let bytes = &mut self.sections[Section::TYPE].bytes;
                bytes.byte(byte);
                bytes.index(other);
                self.parser.close()?;
                self.parser.open()?;
            }
        }
        let known = self.composite(index)?;
        self.signatures.known.try_push(known)?;
        for _ in 0..1 + u32::from(is_sub) + u32::from(shared) {
            self.parser.close()?;
        }
        Ok(())
    }

    /// Makes inline type uses refer to this type, unless they refer to an earlier one. As in the crate `wast`, types in
    /// groups do not count, and types that are not final do.
    fn remember(&mut self, index: u32) -> Result {
        let section = self.sections[Section::TYPE].bytes.bytes()?;
        let signatures = &mut self.signatures;
        let known = &signatures.known;
        let func = |index| Signatures::func(known, section, index);
        if !func(index).is_empty() {
            signatures.plain.insert(func(index), index, &func)?;
        }
        Ok(())
    }

    /// Parses a function, structure, array or continuation type.
    fn composite(&mut self, index: u32) -> Result<TypeInfo> {
        let mut known = TypeInfo::default();
        if self.parser.take_word("func") {
            self.func_type(true)?;
            self.param_names(subsection::PARAMS, index);
            known.func = self.write_func_type();
        } else if self.parser.take_word("struct") {
            known.fields = self.struct_fields(index)?;
        } else if self.parser.take_word("array") {
            let bytes = &mut self.sections[Section::TYPE].bytes;
            bytes.byte(byte::ARRAY);
            types(self.parser, &self.spaces[IndexSpace::TYPES]).field(bytes)?;
        } else if self.parser.take_word("cont") {
            let func = self.index(IndexSpace::TYPES)?;
            let bytes = &mut self.sections[Section::TYPE].bytes;
            bytes.byte(byte::CONT);
            bytes.signed(func.into());
        } else {
            return Err(self.parser.fault(SyntaxErrorKind::Type));
        }
        Ok(known)
    }

    /// Appends the function type that was parsed last to the section. Returns its range there.
    fn write_func_type(&mut self) -> (u32, u32) {
        let bytes = &mut self.sections[Section::TYPE].bytes;
        let start = bytes.len() as u32;
        bytes.append(&self.signatures.last, 0..);
        (start, bytes.len() as u32)
    }

    /// Parses the fields of a structure. Returns where their names are kept, if any have names.
    fn struct_fields(&mut self, index: u32) -> Result<Option<u32>> {
        let mut fields = IndexSpace::default();
        self.body.clear();
        while !self.parser.is_end() {
            if !self.parser.take_form("field") {
                return Err(self.parser.fault(SyntaxErrorKind::Type));
            }
            let at = self.parser.at();
            let id = self.parser.id()?;
            let annotated = self.parser.name_annotation()?;
            let is_named = id.is_some() || annotated.is_some();
            while is_named || !self.parser.is_end() {
                fields.add(self.parser, id, annotated, at)?;
                types(self.parser, &self.spaces[IndexSpace::TYPES]).field(&mut self.body)?;
                if is_named {
                    break;
                }
            }
            self.parser.close()?;
        }
        let bytes = &mut self.sections[Section::TYPE].bytes;
        bytes.byte(byte::STRUCT);
        bytes.index(fields.count());
        bytes.append(&self.body, 0..);
        self.names[subsection::FIELDS].list(self.parser, index, &fields);
        if fields.names().len() == 0 {
            return Ok(None);
        }
        self.signatures.fields.try_push(fields)?;
        Ok(Some(self.signatures.fields.len() as u32 - 1))
    }

    /// Appends the names of the parameters that were parsed last to a subsection of the name section.
    pub fn param_names(&mut self, subsection: usize, index: u32) {
        let params = &self.signatures.params;
        let count = params.iter().filter_map(shown).count();
        self.names[subsection].start_list(index, count);
        for (index, name) in params.iter().filter_map(shown) {
            self.names[subsection].name(self.parser, index, name);
        }
    }

    /// Parses parameters and results, which become the last function type. Returns whether there were any.
    #[inline(never)]
    fn func_type(&mut self, named: bool) -> Result<bool> {
        let signatures = &mut self.signatures;
        let (mut count, mut result_count) = (0u32, 0u32);
        let (params, results) = (&mut signatures.last, &mut signatures.results);
        params.clear();
        results.clear();
        signatures.params.clear();
        let mut found = false;
        let mut types = types(self.parser, &self.spaces[IndexSpace::TYPES]);
        loop {
            let fault = types.parser.fault(SyntaxErrorKind::ResultFirst);
            if types.parser.take_form("param") {
                if result_count > 0 {
                    return Err(fault);
                }
                let at = types.parser.at();
                let (mut id, mut annotated) = (None, None);
                if named && !types.parser.is_end() {
                    id = types.parser.id()?;
                    annotated = types.parser.name_annotation()?;
                }
                let is_named = id.is_some() || annotated.is_some();
                if is_named {
                    signatures.params.try_push(Param { index: count, id, annotated, at })?;
                }
                while is_named || !types.parser.is_end() {
                    types.value(params)?;
                    count += 1;
                    if is_named {
                        break;
                    }
                }
            } else if types.parser.take_form("result") {
                while !types.parser.is_end() {
                    types.value(results)?;
                    result_count += 1;
                }
            } else {
                break;
            }
            types.parser.close()?;
            found = true;
        }
        let mut front = Buffer::default();
        front.byte(byte::FUNC);
        front.index(count);
        params.insert(0, front.bytes()?);
        params.index(result_count);
        params.append(results, 0..);
        params.check()?;
        Ok(found)
    }

    /// Parses a type use. `named` allows names of parameters.
    #[inline(never)]
    pub fn type_use(&mut self, named: bool) -> Result<TypeUse> {
        let mut index = None;
        let at = self.parser.at();
        if self.parser.take_form("type") {
            index = Some(self.index(IndexSpace::TYPES)?);
            self.parser.close()?;
        }
        let inline = self.func_type(named)?;
        Ok(TypeUse { index, at, inline })
    }

    /// Returns the type of the type use that was parsed last. An inline type use without an equal type adds a type to
    /// the module.
    #[inline(never)]
    pub fn used_type(&mut self, used: TypeUse) -> Result<u32> {
        let section = self.sections[Section::TYPE].bytes.bytes()?;
        let signatures = &self.signatures;
        let last = signatures.last.bytes()?;
        let func = |index| Signatures::func(&signatures.known, section, index);
        if let Some(index) = used.index {
            let wrong = match func(index) {
                found if !used.inline || found == last => return Ok(index),
                [] if index < self.spaces[IndexSpace::TYPES].count() => SyntaxErrorKind::NotAFunc,
                [] => SyntaxErrorKind::UnknownType,
                _ => SyntaxErrorKind::InlineType,
            };
            return Err(Fault { wrong, at: used.at });
        }
        if let Some(index) = signatures.plain.get(last, &func) {
            return Ok(index);
        }
        let index = self.signatures.known.len() as u32;
        let func = self.write_func_type();
        self.signatures.known.try_push(TypeInfo { func, fields: None })?;
        self.sections[Section::TYPE].count += 1;
        self.remember(index)?;
        Ok(index)
    }

    /// Returns the number of a function type's parameters. Returns `None` if there is no such type, or it is not a
    /// function type.
    pub fn param_count(&self, index: u32) -> Result<Option<u32>> {
        let func = Signatures::func(&self.signatures.known, self.sections[Section::TYPE].bytes.bytes()?, index);
        let Some(count) = func.get(1..) else { return Ok(None) };
        let count = count.iter().scan(true, |more, &byte| {
            let here = *more;
            *more = byte & 0x80 != 0;
            here.then_some(byte)
        });
        Ok(Some(count.zip(0..).fold(0, |count, (byte, place)| count | u32::from(byte & 0x7f) << (7 * place))))
    }
}

/// Returns a parser of types.
fn types<'a, 't>(parser: &'a mut Parser<'t>, types: &'a IndexSpace) -> Types<'a, 't> {
    Types { parser, types }
}

fn shown(param: &Param) -> Option<(u32, Name)> {
    Some((param.index, param.annotated.or(param.id)?))
}
