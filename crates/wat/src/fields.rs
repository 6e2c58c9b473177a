//! The fields of a module (spec: text/modules). They are parsed twice: first for their names, which may be used before
//! they are defined, and then for their contents. Types are parsed in between, so that functions find all of them.

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;

use crate::encode::{Encoder, Section, subsection};
use crate::error::{Fault, Result, SyntaxErrorKind};
use crate::instructions::Extent;
use crate::parser::Parser;
use crate::space::IndexSpace;

/// The keywords of what can be imported and exported, by index space. The number of an index space is its kind in the
/// binary's imports and exports.
const KINDS: [&str; 5] = ["func", "table", "memory", "global", "tag"];

/// The kind of an imported function with an exact type: a proposal that no build runs.
const EXACT_FUNC: u8 = 0x20;

/// In place of the kind: imports of one module follow, each with its type, or all with the same.
const OWN_TYPES: u8 = 0x7f;
const SAME_TYPE: u8 = 0x7e;

/// Parses a module behind its keyword, up to its closing parenthesis. Returns the binary.
pub(crate) fn module(parser: &mut Parser<'_>) -> Result<Vec<u8>> {
    let mut encoder = Encoder::new(parser);
    let name = (encoder.parser.id()?, encoder.parser.name_annotation()?);
    encoder.name = name.1.or(name.0);
    if encoder.parser.take_word("binary") {
        while !encoder.parser.is_end() {
            encoder.parser.string(&mut encoder.body)?;
        }
        return encoder.body.into_bytes();
    }
    encoder.fields()?;
    encoder.finish()
}

/// Parses a module that consists of fields alone. Returns the binary.
pub(crate) fn fields(parser: &mut Parser<'_>) -> Result<Vec<u8>> {
    let mut encoder = Encoder::new(parser);
    encoder.fields()?;
    encoder.finish()
}

impl Encoder<'_, '_> {
    /// Parses all fields, up to the module's end.
    fn fields(&mut self) -> Result {
        let start = self.parser.place();
        let types = self.declare_all()?;
        for at in types {
            self.parser.seek(at);
            self.define_types()?;
            self.parser.close()?;
        }
        self.parser.go_to(start);
        while !self.parser.is_end() {
            self.field()?;
        }
        Ok(())
    }

    /// The first pass: declares the names of all definitions. Returns the offsets of type definitions.
    #[inline(never)]
    fn declare_all(&mut self) -> Result<Vec<u32>> {
        let mut types = Vec::new();
        while !self.parser.is_end() {
            self.parser.open()?;
            let at = self.parser.at();
            if self.parser.take_word("rec") {
                types.try_push(at)?;
                while self.parser.take_form("type") {
                    self.declare(IndexSpace::TYPES)?;
                    self.parser.skip()?;
                    self.parser.close()?;
                }
            } else if self.parser.take_word("type") {
                types.try_push(at)?;
                self.declare(IndexSpace::TYPES)?;
            } else if self.parser.take_word("import") {
                self.declare_imports()?;
            } else if self.parser.take_word("elem") {
                self.declare(IndexSpace::ELEMS)?;
            } else if self.parser.take_word("data") {
                self.declare(IndexSpace::DATAS)?;
            } else if let Ok(kind) = self.kind() {
                self.declare(kind)?;
                if kind == IndexSpace::TABLES || kind == IndexSpace::MEMORIES {
                    self.declare_segment()?;
                }
            }
            self.parser.skip()?;
            self.parser.close()?;
        }
        // Reports an unreadable token now: without memory, the second pass may end before it reaches the token. What
        // follows the token has no names.
        self.parser.check_token()?;
        Ok(types)
    }

    /// Declares imports, behind their keyword. The second pass reports missing names.
    #[inline(never)]
    fn declare_imports(&mut self) -> Result {
        // With the name of the module alone, it is the compact form.
        let is_compact = self.pass_strings() < 2;
        let mut unnamed = 0;
        while self.parser.take_form("item") {
            self.pass_strings();
            if self.parser.is_open() {
                self.declare_import()?;
            } else {
                unnamed += 1;
            }
            self.parser.skip()?;
            self.parser.close()?;
        }
        if self.parser.is_open() && is_compact {
            self.parser.advance();
            let kind = self.kind()?;
            self.spaces[kind].skip(unnamed);
            self.parser.skip()?;
            self.parser.close()?;
        } else if self.parser.is_open() {
            self.declare_import()?;
        }
        Ok(())
    }

    /// Declares an import by its type, with its parentheses.
    fn declare_import(&mut self) -> Result {
        self.parser.open()?;
        let kind = self.kind()?;
        self.declare(kind)?;
        self.parser.skip()?;
        self.parser.close()
    }

    /// Skips the strings up to a parenthesis. Returns their number.
    fn pass_strings(&mut self) -> u32 {
        let mut count = 0;
        while !self.parser.is_open() && !self.parser.is_end() {
            self.parser.advance();
            count += 1;
        }
        count
    }

    /// Declares an entity, which may have a name, in its index space.
    #[inline(never)]
    fn declare(&mut self, space: usize) -> Result {
        let at = self.parser.at();
        let id = self.parser.id()?;
        let annotated = self.parser.name_annotation()?;
        self.spaces[space].add(self.parser, id, annotated, at)
    }

    /// Counts a segment that is abbreviated in a table or memory: it has an index, too.
    #[inline(never)]
    fn declare_segment(&mut self) -> Result {
        while !self.parser.is_end() {
            if self.parser.is_form("elem") {
                self.spaces[IndexSpace::ELEMS].skip(1);
            } else if self.parser.is_form("data") {
                self.spaces[IndexSpace::DATAS].skip(1);
            }
            if self.parser.is_open() {
                self.parser.advance();
                self.parser.skip()?;
            }
            self.parser.advance();
        }
        Ok(())
    }

    /// Parses a keyword of [`KINDS`].
    fn kind(&mut self) -> Result<usize> {
        let kind = KINDS.iter().position(|word| self.parser.is_word(word));
        let kind = kind.ok_or_else(|| self.parser.fault(SyntaxErrorKind::Kind))?;
        self.parser.advance();
        Ok(kind)
    }

    /// Returns the index of the next definition.
    pub fn next_index(&mut self, space: usize) -> u32 {
        let index = self.written[space];
        self.written[space] += 1;
        index
    }

    /// Parses a field with its parentheses.
    #[inline(never)]
    fn field(&mut self) -> Result {
        let fault = self.parser.fault(SyntaxErrorKind::ImportAfterFunc);
        if self.custom()? {
            return Ok(());
        }
        self.parser.open()?;
        if self.parser.is_word("type") || self.parser.is_word("rec") {
            // Types were defined between the passes.
            self.parser.skip()?;
        } else if self.parser.take_word("import") {
            let section = &mut self.sections[Section::IMPORT];
            section.count += 1;
            self.parser.name_string(&mut section.bytes)?;
            if self.parser.is_open() || self.parser.is_end() {
                self.compact_imports(fault)?;
            } else {
                self.parser.name_string(&mut section.bytes)?;
                self.import_type(fault)?;
            }
        } else if self.parser.take_word("export") {
            let out = &mut self.sections[Section::EXPORT].bytes;
            self.parser.name_string(out)?;
            self.parser.open()?;
            let kind = self.kind()?;
            let index = self.index(kind)?;
            self.export(kind, index);
            self.parser.close()?;
        } else if self.parser.take_word("start") {
            let index = self.index(IndexSpace::FUNCS)?;
            let section = &mut self.sections[Section::START];
            section.bytes.index(index);
            section.count += 1;
            if section.count > 1 {
                return Err(Fault { wrong: SyntaxErrorKind::Starts, ..fault });
            }
        } else if self.parser.take_word("elem") {
            self.elem()?;
        } else if self.parser.take_word("data") {
            self.data()?;
        } else {
            let kind = self.kind().map_err(|_| self.parser.fault(SyntaxErrorKind::Field))?;
            self.definition(kind, fault)?;
        }
        self.parser.close()
    }

    /// Skips the names of a definition, which the first pass declared.
    pub fn pass_names(&mut self) -> Result {
        self.parser.id()?;
        self.parser.name_annotation()?;
        Ok(())
    }

    /// Appends an export; its name is encoded already.
    #[inline(never)]
    fn export(&mut self, kind: usize, index: u32) {
        let section = &mut self.sections[Section::EXPORT];
        section.count += 1;
        section.bytes.byte(kind as u8);
        section.bytes.index(index);
    }

    /// Parses imports of one module, whose name is encoded already: each with its type, or all with the same.
    #[inline(never)]
    fn compact_imports(&mut self, fault: Fault) -> Result {
        let start = self.parser.place();
        let mut count = 0;
        while self.parser.take_form("item") {
            count += 1;
            self.parser.skip()?;
            self.parser.close()?;
        }
        let is_shared = self.parser.is_open();
        // The name is empty, and the kind says which form it is.
        self.sections[Section::IMPORT].bytes.slice(&[0, if is_shared { SAME_TYPE } else { OWN_TYPES }]);
        // The type comes first in the binary, but last in the text.
        if is_shared {
            self.parser.open()?;
            let kind = self.kind()?;
            if self.parser.is_id() {
                return Err(self.parser.fault(SyntaxErrorKind::SharedId));
            }
            self.import(kind, self.written[kind], fault)?;
            self.written[kind] += count;
            self.parser.close()?;
        }
        let end = self.parser.place();
        self.parser.go_to(start);
        self.sections[Section::IMPORT].bytes.index(count);
        for _ in 0..count {
            self.parser.take_form("item");
            self.parser.name_string(&mut self.sections[Section::IMPORT].bytes)?;
            if !is_shared {
                self.import_type(fault)?;
            }
            self.parser.close()?;
        }
        self.parser.go_to(end);
        Ok(())
    }

    /// Parses the type of an import with its parentheses and the import's identifier.
    #[inline(never)]
    fn import_type(&mut self, fault: Fault) -> Result {
        self.parser.open()?;
        let kind = self.kind()?;
        self.pass_names()?;
        let index = self.next_index(kind);
        self.import(kind, index, fault)?;
        self.parser.close()
    }

    /// Parses the type of an import, whose names are encoded already. `fault` is reported at the field's beginning.
    #[inline(never)]
    fn import(&mut self, kind: usize, index: u32, fault: Fault) -> Result {
        // A tag changes no index of an import, except of a tag.
        if let Some(last) = self.last_definition.filter(|&last| last != IndexSpace::TAGS || kind == IndexSpace::TAGS) {
            let wrongs = [
                SyntaxErrorKind::ImportAfterFunc,
                SyntaxErrorKind::ImportAfterTable,
                SyntaxErrorKind::ImportAfterMemory,
                SyntaxErrorKind::ImportAfterGlobal,
                SyntaxErrorKind::ImportAfterTag,
            ];
            return Err(Fault { wrong: wrongs[last], ..fault });
        }
        let exact = kind == IndexSpace::FUNCS && self.parser.take_form("exact");
        let out = &mut self.sections[Section::IMPORT].bytes;
        out.byte(if exact { EXACT_FUNC } else { kind as u8 });
        let mut types = crate::types::Types { parser: self.parser, types: &self.spaces[IndexSpace::TYPES] };
        match kind {
            IndexSpace::TABLES => types.table(out)?,
            IndexSpace::MEMORIES => types.memory(out)?,
            IndexSpace::GLOBALS => types.global(out)?,
            _ => {
                let used = self.type_use(true)?;
                let ty = self.used_type(used)?;
                let out = &mut self.sections[Section::IMPORT].bytes;
                if kind == IndexSpace::TAGS {
                    // The tag's attribute: exception.
                    out.byte(0);
                }
                out.index(ty);
                if kind == IndexSpace::FUNCS && used.inline {
                    self.param_names(subsection::LOCALS, index);
                }
            }
        }
        if exact { self.parser.close() } else { Ok(()) }
    }

    /// Parses a function, table, memory, global or tag behind its keyword, including abbreviated exports, imports and
    /// segments.
    #[inline(never)]
    fn definition(&mut self, kind: usize, fault: Fault) -> Result {
        self.pass_names()?;
        let index = self.next_index(kind);
        while self.parser.take_form("export") {
            self.parser.name_string(&mut self.sections[Section::EXPORT].bytes)?;
            self.export(kind, index);
            self.parser.close()?;
        }
        if self.parser.take_form("import") {
            let section = &mut self.sections[Section::IMPORT];
            section.count += 1;
            self.parser.name_string(&mut section.bytes)?;
            self.parser.name_string(&mut section.bytes)?;
            self.parser.close()?;
            return self.import(kind, index, fault);
        }
        self.last_definition = self.last_definition.filter(|_| kind == IndexSpace::TAGS).or(Some(kind));
        match kind {
            IndexSpace::FUNCS => self.func(index),
            IndexSpace::TABLES => self.table(index),
            IndexSpace::MEMORIES => self.memory(index),
            IndexSpace::GLOBALS => self.global(),
            _ => self.tag(index),
        }
    }

    #[inline(never)]
    fn tag(&mut self, index: u32) -> Result {
        let used = self.type_use(true)?;
        let ty = self.used_type(used)?;
        let section = &mut self.sections[Section::TAG];
        section.count += 1;
        section.bytes.byte(0);
        section.bytes.index(ty);
        if used.inline {
            self.param_names(subsection::TAG_PARAMS, index);
        }
        Ok(())
    }

    #[inline(never)]
    fn global(&mut self) -> Result {
        self.sections[Section::GLOBAL].count += 1;
        let out = &mut self.sections[Section::GLOBAL].bytes;
        crate::types::Types { parser: self.parser, types: &self.spaces[IndexSpace::TYPES] }.global(out)?;
        self.body.clear();
        self.constant(Extent::All)?;
        self.sections[Section::GLOBAL].bytes.append(&self.body, 0..);
        Ok(())
    }

    /// Parses a function that is not an import: its type, locals and body.
    #[inline(never)]
    fn func(&mut self, index: u32) -> Result {
        let used = self.type_use(true)?;
        let ty = self.used_type(used)?;
        self.sections[Section::FUNC].count += 1;
        self.sections[Section::FUNC].bytes.index(ty);
        self.locals.clear();
        let params = self.param_count(ty)?;
        if used.inline {
            for param in &self.signatures.params {
                self.locals.skip(param.index - self.locals.count());
                self.locals.add(self.parser, param.id, param.annotated, param.at)?;
            }
        }
        self.locals.skip(params.unwrap_or_default().saturating_sub(self.locals.count()));
        self.body.clear();
        self.start_expression();
        self.local_declarations()?;
        self.instructions(Extent::All)?;
        self.write_operator(wasmote_ir::operators::Operator::End);
        let code = &mut self.sections[Section::CODE];
        code.count += 1;
        code.bytes.counted(self.body.bytes()?);
        self.finish_body(index);
        if params.is_some() {
            self.names[subsection::LOCALS].list(self.parser, index, &self.locals);
        }
        Ok(())
    }

    /// Parses local declarations. Consecutive locals of the same type become one group.
    #[inline(never)]
    fn local_declarations(&mut self) -> Result {
        let mut groups = 0u32;
        // The pending group: the number of its locals, and where its type begins. More locals may follow.
        let (mut count, mut start) = (0u32, 0);
        while self.parser.take_form("local") {
            let at = self.parser.at();
            let (mut id, mut annotated) = (None, None);
            if !self.parser.is_end() {
                id = self.parser.id()?;
                annotated = self.parser.name_annotation()?;
            }
            let is_named = id.is_some() || annotated.is_some();
            while is_named || !self.parser.is_end() {
                self.locals.add(self.parser, id, annotated, at)?;
                let end = self.body.len();
                let mut types = crate::types::Types { parser: self.parser, types: &self.spaces[IndexSpace::TYPES] };
                types.value(&mut self.body)?;
                let (group, ty) = self.body.bytes()?[start..].split_at(end - start);
                if count > 0 && group == ty {
                    self.body.truncate(end);
                } else {
                    if count > 0 {
                        let end_of_type = self.body.len();
                        self.body.index(count);
                        self.body.rotate(start, end_of_type);
                        start = end + self.body.len() - end_of_type;
                    }
                    groups += 1;
                    count = 0;
                }
                count += 1;
                if is_named {
                    break;
                }
            }
            self.parser.close()?;
        }
        let end = self.body.len();
        if count > 0 {
            self.body.index(count);
            self.body.rotate(start, end);
        }
        let end = self.body.len();
        self.body.index(groups);
        self.body.rotate(0, end);
        Ok(())
    }
}
