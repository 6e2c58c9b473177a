//! Writes a module as an image. `wasmote_ir::image` defines the format and reads it. The same module gives the same
//! bytes on every host.
//!
//! The crate is separate from `wasmote-translate` because it runs once per module, and so is compiled for size. Its
//! tests are in `wasmote-translate` (tests/images).
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use wasmote_decode::{CompositeType, ConstOp, ElemItems, ExportKind, ImportType, ModuleInfo, SegmentMode, SubType};
use wasmote_ir::code::instructions;
use wasmote_ir::exception_table::ExceptionEntry;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_collect, try_with_capacity};
use wasmote_ir::frame::{HEADER, MAX_HEADER};
use wasmote_ir::fuel::SCHEDULE;
use wasmote_ir::image::layout::{self, NONE, Section, constants, features, kinds, modes, subtypes};
use wasmote_ir::image::{checksum, code_checksum, offsets};
use wasmote_ir::ops::{CONTINUATIONS, FIRST_ATOMIC, FIRST_VECTOR, id_of};
use wasmote_ir::shape::{Operand, Set};
use wasmote_ir::string_map::StringMap;
use wasmote_ir::{FieldType, HeapType, Mutability, RefType, StorageType, ValType};

use wasmote_translate::{CodeOptions, TranslateError, TranslateErrorKind, Translator};

/// Options for writing an image. Begin with [`ImageOptions::default`], which keeps only what it needs to run.
///
/// ```
/// use wasmote_compile::ImageOptions;
///
/// let options = ImageOptions::default().with_names(true).with_offsets(true);
/// assert!(options.names && options.offsets && !options.custom_sections);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct ImageOptions {
    /// Which instructions the code may contain, and whether it takes fuel.
    pub code: CodeOptions,
    /// Whether the names of functions are kept, for backtraces.
    pub names: bool,
    /// Whether the image says from which byte of the binary each instruction comes, for backtraces. It becomes about
    /// half as large again.
    pub offsets: bool,
    /// Whether custom sections are kept, for programs that look at them.
    pub custom_sections: bool,
}

impl ImageOptions {
    /// Returns these options with other code.
    #[must_use]
    pub fn with_code(self, code: CodeOptions) -> ImageOptions {
        ImageOptions { code, ..self }
    }

    /// Returns these options with the names of functions, or without.
    #[must_use]
    pub fn with_names(self, names: bool) -> ImageOptions {
        ImageOptions { names, ..self }
    }

    /// Returns these options with the byte from which each instruction comes, or without.
    #[must_use]
    pub fn with_offsets(self, offsets: bool) -> ImageOptions {
        ImageOptions { offsets, ..self }
    }

    /// Returns these options with custom sections, or without.
    #[must_use]
    pub fn with_custom_sections(self, custom_sections: bool) -> ImageOptions {
        ImageOptions { custom_sections, ..self }
    }
}

/// Why no image could be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ImageWriteError {
    /// This function cannot be translated. Its index counts imports.
    Function(u32, TranslateError),
    /// The module exceeds a limit of the format. Says which, for messages.
    TooLarge(&'static str),
    /// The module is not valid. Only occurs when validation was skipped.
    Invalid,
    /// There is no memory for the image.
    OutOfMemory,
}

impl From<OutOfMemory> for ImageWriteError {
    fn from(_: OutOfMemory) -> ImageWriteError {
        ImageWriteError::OutOfMemory
    }
}

impl ImageWriteError {
    fn function(func: u32, error: TranslateError) -> ImageWriteError {
        match error.kind {
            TranslateErrorKind::OutOfMemory => ImageWriteError::OutOfMemory,
            _ => ImageWriteError::Function(func, error),
        }
    }
}

use ImageWriteError as Error;

/// Writes the image of a module. The module must be valid; otherwise loading the image may fail.
///
/// # Errors
/// If a function cannot be translated, if the module exceeds a limit of the format, or if there is no memory.
pub fn write_image(module: &ModuleInfo, wasm: &[u8], options: &ImageOptions) -> Result<Vec<u8>, ImageWriteError> {
    write_image_limited(u64::MAX, module, wasm, options)
}

/// Like [`write_image`], with at most `limit` bytes of code.
///
/// # Errors
/// As [`write_image`]. Also if there is more code than that; the error names the function that exceeds the limit.
pub fn write_image_limited(
    limit: u64,
    module: &ModuleInfo,
    wasm: &[u8],
    options: &ImageOptions,
) -> Result<Vec<u8>, ImageWriteError> {
    let mut writer = ImageWriter::default();
    let types = writer.types(module)?;
    writer.imports(module, &types)?;
    let code = writer.functions(limit, module, wasm, &types, options)?;
    writer.types = types;
    writer.tables(module)?;
    writer.memories(module)?;
    writer.tags(module)?;
    writer.globals(module)?;
    writer.exports(module)?;
    writer.elems(module)?;
    if options.names {
        writer.names(module, wasm)?;
    }
    if options.custom_sections {
        writer.custom_sections(module, wasm)?;
    }
    writer.finish(module, wasm, &code, options)
}

#[derive(Default)]
struct ImageWriter<'a> {
    sections: [Vec<u8>; Section::COUNT],
    /// Names written so far, with their offsets in the section.
    strings: Vec<(&'a str, u32)>,
    known_strings: StringMap,
    longest: u32,
    /// Whether code refers to data segments by index.
    indexed_data: bool,
    /// Whether the module needs typed references, which do not run in place.
    managed: bool,
    /// Whether the module has objects.
    objects: bool,
    /// Whether code has atomic instructions.
    atomics: bool,
    /// Whether the module has continuations.
    continuations: bool,
    /// Whether code has vector instructions.
    vectors: bool,
    /// Whether code of the core op set computes with floats.
    floats: bool,
    /// The image's number for each type of the module.
    types: Vec<u16>,
    /// The number of fields of each type.
    fields: Vec<u32>,
}

fn put16(bytes: &mut Vec<u8>, value: u16) -> Result<(), Error> {
    Ok(bytes.try_extend_from_slice(&value.to_le_bytes())?)
}

fn put32(bytes: &mut Vec<u8>, value: u32) -> Result<(), Error> {
    Ok(bytes.try_extend_from_slice(&value.to_le_bytes())?)
}

fn put64(bytes: &mut Vec<u8>, value: u64) -> Result<(), Error> {
    Ok(bytes.try_extend_from_slice(&value.to_le_bytes())?)
}

fn slots(types: &[ValType]) -> u32 {
    types.iter().map(|ty| u32::from(ty.slots())).sum()
}

impl<'a> ImageWriter<'a> {
    fn section(&mut self, section: Section) -> &mut Vec<u8> {
        &mut self.sections[section as usize]
    }

    /// Appends words to a section.
    fn put(&mut self, section: Section, words: &[u32]) -> Result<(), Error> {
        let section = self.section(section);
        words.iter().try_for_each(|&word| put32(section, word))
    }

    /// Writes the types. Returns the image's number for each type of the module. If all types are plain function types,
    /// without recursion or subtyping, equal types are written once.
    #[inline(never)]
    fn types(&mut self, module: &ModuleInfo) -> Result<Vec<u16>, Error> {
        let alone = |ty: &SubType| {
            let plain = |ty: &ValType| ty.reference().is_none_or(|ty| ty.index().is_none());
            let func = ty.func().is_some_and(|ty| ty.params().iter().chain(ty.results()).all(plain));
            func && ty.is_final && ty.supertype.is_none() && ty.describes.is_none()
        };
        let all_alone = module.groups.is_empty() && module.types.iter().all(alone);
        self.managed |= !all_alone;
        // The keys of the types written so far, one after the other, and where each key ends.
        let (mut known, mut written, mut ends) = (StringMap::default(), Vec::new(), Vec::new());
        let mut numbers = try_with_capacity(module.types.len())?;
        let mut next = 0;
        let mut groups = module.groups();
        let mut group = 0..0;
        for (index, ty) in module.types.iter().enumerate() {
            if all_alone {
                let start = written.len();
                append_key(ty, &mut written)?;
                let key_of = |number: u32| {
                    let end = |number: usize| ends.get(number).copied().unwrap_or(start);
                    let first = (number as usize).checked_sub(1).map_or(0, end);
                    written.get(first..end(number as usize)).unwrap_or_default()
                };
                let key = written.get(start..).unwrap_or_default();
                if let Some(number) = known.insert(key, ends.len() as u32, &key_of)? {
                    written.truncate(start);
                    numbers.push(number as u16);
                    continue;
                }
                ends.try_push(written.len())?;
            }
            self.fields.try_push(match &ty.composite {
                CompositeType::Struct(fields) => fields.len() as u32,
                _ => 0,
            })?;
            let number = u16::try_from(next).map_err(|_| Error::TooLarge("types"))?;
            next += 1;
            numbers.push(number);
            self.composite(&ty.composite)?;
            if all_alone {
                continue;
            }
            if index >= group.end {
                group = groups.next().ok_or(Error::Invalid)?;
            }
            self.objects |= ty.func().is_none();
            self.continuations |= matches!(ty.composite, CompositeType::Cont(_));
            let kind = match ty.composite {
                CompositeType::Func(_) => subtypes::FUNC,
                CompositeType::Struct(_) => subtypes::STRUCT,
                CompositeType::Array(_) => subtypes::ARRAY,
                CompositeType::Cont(_) => subtypes::CONT,
            };
            let describes = ty.describes.map_or(0, |described| (described + 1) * subtypes::DESCRIBES);
            let flags = kind | describes | if ty.is_final { subtypes::FINAL } else { 0 };
            self.put(Section::SubTypes, &[flags, ty.supertype.unwrap_or(NONE), group.start as u32])?;
        }
        Ok(numbers)
    }

    /// Writes a type's parameters and results, or its fields.
    #[inline(never)]
    fn composite(&mut self, ty: &CompositeType) -> Result<(), Error> {
        let first = (self.section(Section::ValTypes).len() / 4) as u32;
        let fields = |fields: &[FieldType]| try_collect(fields.iter().map(|field| field.number()));
        let (values, results, params, header) = match ty {
            CompositeType::Func(ty) => {
                let (params, header) = (slots(ty.params()), slots(ty.params()).max(slots(ty.results())));
                let values = try_collect(ty.params().iter().chain(ty.results()).map(|ty| ty.number()))?;
                (values, ty.results().len(), params, header)
            }
            CompositeType::Struct(types) => (fields(types)?, 0, 0, 0),
            CompositeType::Array(element) => (fields(&[*element])?, 0, 0, 0),
            CompositeType::Cont(func) => {
                let func = ValType::Ref(RefType::new(false, HeapType::Index(*func)));
                (fields(&[FieldType::new(Mutability::Const, StorageType::ValType(func))])?, 0, 0, 0)
            }
        };
        if header > u32::from(MAX_HEADER) || values.len() > usize::from(u16::MAX) {
            return Err(Error::TooLarge("parameters, results or fields"));
        }
        let section = self.section(Section::Types);
        put32(section, first)?;
        for value in [values.len() - results, results, params as usize, header as usize] {
            put16(section, value as u16)?;
        }
        self.put(Section::ValTypes, &values)?;
        Ok(())
    }

    /// Returns a value type as a number, with the type index of the image.
    fn number(&mut self, ty: ValType) -> u32 {
        self.managed |= ty.is_ref() && ty != ValType::FUNCREF && ty != ValType::EXTERNREF;
        ty.map_index(|index| self.types.get(index as usize).copied().unwrap_or(0).into()).number()
    }

    /// Writes a name, unless it was written before. Returns its offset and length.
    fn string(&mut self, name: &'a str) -> Result<[u32; 2], Error> {
        let (number, len) = (self.strings.len() as u32, name.len() as u32);
        let key_of = |number: u32| self.strings.get(number as usize).map_or(&[][..], |(name, _)| name.as_bytes());
        let known = self.known_strings.insert(name.as_bytes(), number, &key_of)?;
        if let Some(&(_, at)) = known.and_then(|known| self.strings.get(known as usize)) {
            return Ok([at, len]);
        }
        let strings = self.section(Section::Strings);
        let at = strings.len() as u32;
        strings.try_extend_from_slice(name.as_bytes())?;
        self.strings.try_push((name, at))?;
        Ok([at, len])
    }

    #[inline(never)]
    fn imports(&mut self, module: &'a ModuleInfo, types: &[u16]) -> Result<(), Error> {
        let mut counts = [0; 5];
        for import in &module.imports {
            let [module_at, module_len] = self.string(&import.module)?;
            let [name_at, name_len] = self.string(&import.name)?;
            let kind = match import.ty {
                ImportType::Func(_) | ImportType::ExactFunc(_) => kinds::FUNC,
                ImportType::Table(_) => kinds::TABLE,
                ImportType::Memory(_) => kinds::MEMORY,
                ImportType::Global(_) => kinds::GLOBAL,
                ImportType::Tag(_) => kinds::TAG,
            };
            let index = &mut counts[kind as usize];
            let exact = if let ImportType::ExactFunc(_) = import.ty { kinds::EXACT } else { 0 };
            self.managed |= exact != 0;
            self.put(Section::Imports, &[module_at, module_len, name_at, name_len, kind | exact, *index])?;
            *index += 1;
            if let ImportType::Func(ty) | ImportType::ExactFunc(ty) = import.ty {
                let number = *types.get(ty as usize).ok_or(Error::Invalid)?;
                let header = self.header(number);
                self.function(0, number, header, u32::from(header + HEADER), 0)?;
            }
        }
        Ok(())
    }

    /// Returns the slot of the header in the frames of functions of this type.
    fn header(&self, ty: u16) -> u16 {
        let at = usize::from(ty) * Section::Types.record() + 10;
        let types = &self.sections[Section::Types as usize];
        u16::from_le_bytes([types[at], types[at + 1]])
    }

    fn function(&mut self, code: u32, ty: u16, header: u16, frame_slots: u32, check: u16) -> Result<(), Error> {
        let section = self.section(Section::Funcs);
        put32(section, code)?;
        [ty, header, frame_slots as u16, check].into_iter().try_for_each(|value| put16(section, value))
    }

    /// Translates all functions. Returns their code, one function after the other.
    #[inline(never)]
    fn functions(
        &mut self,
        limit: u64,
        module: &ModuleInfo,
        wasm: &[u8],
        types: &[u16],
        options: &ImageOptions,
    ) -> Result<Vec<u8>, Error> {
        let mut translator = Translator::with_options(options.code);
        let mut code = Vec::new();
        let mut units = Vec::new();
        for index in module.imported_funcs..module.funcs.len() as u32 {
            let ty = module.funcs.get(index as usize).and_then(|&ty| types.get(ty as usize));
            let ty = *ty.ok_or(Error::Invalid)?;
            let left = limit.saturating_sub(code.len() as u64) / 2;
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            let translated = translator.translate_limited(left, module, wasm, index, options.offsets);
            let translated = translated.map_err(|error| Error::function(index, error))?;
            units.clear();
            units.try_extend_from_slice(translated.code)?;
            for handler in translated.handlers {
                let ExceptionEntry { from, to, target, tag, slot, count, reference, level } = *handler;
                let section = &mut self.sections[Section::Handlers as usize];
                [index, from, to, target, tag].into_iter().try_for_each(|word| put32(section, word))?;
                [slot, count, reference, level].into_iter().try_for_each(|half| put16(section, half))?;
            }
            if options.offsets {
                write_offsets(&mut self.sections[Section::Offsets as usize], translated.offsets)?;
            }
            let uses = renumber_types(&mut units, types);
            self.indexed_data |= uses.indexed_data;
            self.vectors |= uses.vectors;
            self.floats |= uses.floats && !options.code.is_extended();
            self.managed |= uses.managed;
            self.objects |= uses.objects;
            self.atomics |= uses.atomics;
            self.continuations |= uses.continuations;
            let start = code.len();
            code.try_room(2 * units.len())?;
            code.resize(start + 2 * units.len(), 0);
            for (bytes, unit) in code[start..].chunks_exact_mut(2).zip(&units) {
                bytes.copy_from_slice(&unit.to_le_bytes());
            }
            let at = u32::try_from(start / 2).map_err(|_| Error::TooLarge("code"))?;
            self.longest = self.longest.max(units.len() as u32);
            self.function(at, ty, translated.header, translated.frame_slots, code_checksum(&code[start..]))?;
        }
        Ok(code)
    }

    #[inline(never)]
    fn tables(&mut self, module: &ModuleInfo) -> Result<(), Error> {
        for (i, table) in module.tables.iter().enumerate() {
            let init = i.checked_sub(module.imported_tables as usize).and_then(|i| module.table_inits.get(i));
            let init = match init {
                Some(Some(init)) => self.constant(init)?,
                _ => NONE,
            };
            let element = self.number(table.element().into());
            let limits = (table.minimum(), table.maximum());
            self.limits(Section::Tables, element, [table.is_64(), false], limits, init)?;
        }
        Ok(())
    }

    fn tags(&mut self, module: &ModuleInfo) -> Result<(), Error> {
        for &ty in &module.tags {
            let ty = self.types.get(ty as usize).copied().unwrap_or(0);
            self.put(Section::Tags, &[u32::from(ty)])?;
            self.managed = true;
        }
        Ok(())
    }

    fn memories(&mut self, module: &ModuleInfo) -> Result<(), Error> {
        for memory in &module.memories {
            let flags = [memory.is_64(), memory.is_shared()];
            let limits = (memory.minimum(), memory.maximum());
            self.limits(Section::Memories, memory.page_size_log2().into(), flags, limits, 0)?;
        }
        Ok(())
    }

    /// Writes the record of a table or a memory. The flags say whether it has 64-bit addresses, and whether threads share
    /// it.
    fn limits(
        &mut self,
        section: Section,
        what: u32,
        [wide, shared]: [bool; 2],
        (min, max): (u64, Option<u64>),
        init: u32,
    ) -> Result<(), Error> {
        let section = self.section(section);
        put32(section, what)?;
        section.try_extend_from_slice(&[u8::from(wide), u8::from(max.is_some()), u8::from(shared), 0])?;
        put32(section, init)?;
        put64(section, min)?;
        put64(section, max.unwrap_or(0))
    }

    #[inline(never)]
    fn globals(&mut self, module: &ModuleInfo) -> Result<(), Error> {
        for (i, global) in module.globals.iter().enumerate() {
            let init = i.checked_sub(module.imported_globals as usize).and_then(|i| module.global_inits.get(i));
            let init = match init {
                Some(init) => self.constant(init)?,
                None => NONE,
            };
            let content = self.number(global.content());
            self.put(Section::Globals, &[content, u32::from(global.mutability().is_mut()), init])?;
        }
        Ok(())
    }

    #[inline(never)]
    fn exports(&mut self, module: &'a ModuleInfo) -> Result<(), Error> {
        for export in &module.exports {
            let [at, len] = self.string(&export.name)?;
            let kind = match export.kind {
                ExportKind::Func => kinds::FUNC,
                ExportKind::Table => kinds::TABLE,
                ExportKind::Memory => kinds::MEMORY,
                ExportKind::Global => kinds::GLOBAL,
                ExportKind::Tag => kinds::TAG,
            };
            self.put(Section::Exports, &[at, len, kind, export.index])?;
        }
        Ok(())
    }

    /// Returns a segment's mode, its table or memory, and its offset.
    #[inline(never)]
    fn mode(&mut self, mode: &SegmentMode) -> Result<[u32; 3], Error> {
        Ok(match mode {
            SegmentMode::Active { target, offset } => [modes::ACTIVE, *target, self.constant(offset)?],
            SegmentMode::Passive => [modes::PASSIVE, 0, NONE],
            SegmentMode::Declared => [modes::DECLARED, 0, NONE],
        })
    }

    #[inline(never)]
    fn elems(&mut self, module: &ModuleInfo) -> Result<(), Error> {
        let mut first = 0;
        for elem in &module.elems {
            let [mode, target, offset] = self.mode(&elem.mode)?;
            let (exprs, count) = match &elem.items {
                ElemItems::Funcs(funcs) => {
                    for &func in funcs {
                        let reference = func.checked_add(1).ok_or(Error::Invalid)?;
                        self.put(Section::Items, &[reference])?;
                    }
                    (false, funcs.len())
                }
                ElemItems::Exprs(exprs) => {
                    for expr in exprs {
                        let at = self.constant(expr)?;
                        self.put(Section::Items, &[at])?;
                    }
                    (true, exprs.len())
                }
            };
            let count = count as u32;
            let ty = self.number(elem.ty);
            self.put(Section::Elems, &[mode | u32::from(exprs) << 8, ty, target, offset, first, count])?;
            first += count;
        }
        Ok(())
    }

    /// Writes an instruction that makes an object in a constant expression.
    fn object(&mut self, tag: u32, ty: u32) -> Result<(), Error> {
        self.objects = true;
        let number = self.types.get(ty as usize).copied().ok_or(Error::Invalid)?;
        self.put(Section::Consts, &[tag, number.into()])?;
        Ok(())
    }

    /// Writes a constant expression. Returns the number of its first word.
    fn constant(&mut self, expr: &[ConstOp]) -> Result<u32, Error> {
        let first = (self.section(Section::Consts).len() / 4) as u32;
        let mut depth = 0;
        for op in expr {
            depth += 1;
            let low = |value: u128, word: u32| (value >> (32 * word)) as u32;
            match *op {
                ConstOp::Num(ty, bits) => {
                    let bits = u128::from(bits);
                    self.put(Section::Consts, &[constants::NUM | ty.number() << 8, low(bits, 0), low(bits, 1)])?;
                }
                ConstOp::V128(bits) => {
                    let bits = u128::from(bits[0]) | u128::from(bits[1]) << 64;
                    let words = [0, 1, 2, 3].map(|word| low(bits, word));
                    self.put(Section::Consts, &[constants::V128])?;
                    self.put(Section::Consts, &words)?;
                }
                ConstOp::GlobalGet(index) => self.put(Section::Consts, &[constants::GLOBAL_GET, index])?,
                ConstOp::RefNull(ty) => {
                    let ty = self.number(ty);
                    self.put(Section::Consts, &[constants::REF_NULL, ty])?;
                }
                ConstOp::RefFunc(index) => self.put(Section::Consts, &[constants::REF_FUNC, index])?,
                ConstOp::RefI31 => {
                    depth -= 1;
                    self.objects = true;
                    self.put(Section::Consts, &[constants::REF_I31])?;
                }
                ConstOp::StructNew(ty) => {
                    depth -= self.fields.get(ty as usize).copied().ok_or(Error::Invalid)? as i32;
                    self.object(constants::STRUCT_NEW, ty)?;
                }
                ConstOp::StructNewDefault(ty) => self.object(constants::STRUCT_NEW_DEFAULT, ty)?,
                ConstOp::StructNewDesc(ty) => {
                    depth -= self.fields.get(ty as usize).copied().ok_or(Error::Invalid)? as i32 + 1;
                    self.object(constants::STRUCT_NEW_DESC, ty)?;
                }
                ConstOp::StructNewDefaultDesc(ty) => {
                    depth -= 1;
                    self.object(constants::STRUCT_NEW_DEFAULT_DESC, ty)?;
                }
                ConstOp::ArrayNew(ty) => {
                    depth -= 2;
                    self.object(constants::ARRAY_NEW, ty)?;
                }
                ConstOp::ArrayNewDefault(ty) => {
                    depth -= 1;
                    self.object(constants::ARRAY_NEW_DEFAULT, ty)?;
                }
                ConstOp::ArrayNewFixed(ty, len) => {
                    depth -= len as i32;
                    self.object(constants::ARRAY_NEW_FIXED, ty)?;
                    self.put(Section::Consts, &[len])?;
                }
                arithmetic => {
                    depth -= 2;
                    let tag = match arithmetic {
                        ConstOp::I32Add => constants::I32_ADD,
                        ConstOp::I32Sub => constants::I32_SUB,
                        ConstOp::I32Mul => constants::I32_MUL,
                        ConstOp::I64Add => constants::I64_ADD,
                        ConstOp::I64Sub => constants::I64_SUB,
                        _ => constants::I64_MUL,
                    };
                    self.put(Section::Consts, &[tag])?;
                }
            }
            if depth > constants::MAX_DEPTH as i32 {
                return Err(Error::TooLarge("operands in a constant expression"));
            }
        }
        if expr.len() > constants::MAX_LENGTH {
            return Err(Error::TooLarge("instructions in a constant expression"));
        }
        self.put(Section::Consts, &[constants::END])?;
        Ok(first)
    }

    #[inline(never)]
    fn names(&mut self, module: &ModuleInfo, wasm: &'a [u8]) -> Result<(), Error> {
        // Sorts the names by function. If a function has several names, the first one counts.
        let (mut names, mut all) = (Vec::new(), Ok(()));
        wasmote_decode::names::function_names(module, wasm, &mut |func, name| {
            if (func as usize) < module.funcs.len() && all.is_ok() {
                all = names.try_push((func, names.len() as u32, name));
            }
        });
        all?;
        // A heap sorts with a tenth of the code of `sort`.
        let mut next = 0;
        for (func, _, name) in BinaryHeap::from(names).into_sorted_vec() {
            if func < next {
                continue;
            }
            next = func + 1;
            let [at, len] = self.string(name)?;
            self.put(Section::Names, &[func, at, len])?;
        }
        if let Some(name) = wasmote_decode::names::module_name(module, wasm) {
            let [at, len] = self.string(name)?;
            self.put(Section::Names, &[layout::NONE, at, len])?;
        }
        Ok(())
    }

    #[inline(never)]
    fn custom_sections(&mut self, module: &ModuleInfo, wasm: &[u8]) -> Result<(), Error> {
        for custom in &module.customs {
            let bytes = wasm.get(custom.bytes.clone()).ok_or(Error::Invalid)?;
            let strings = self.section(Section::Strings);
            // A file that is too large for these numbers is refused at the end.
            let at = strings.len() as u32;
            strings.try_extend_from_slice(custom.name.as_bytes())?;
            strings.try_extend_from_slice(bytes)?;
            self.put(Section::Customs, &[at, custom.name.len() as u32, bytes.len() as u32])?;
        }
        Ok(())
    }

    /// Assembles the file: header, sections, code, and the bytes of data segments.
    #[inline(never)]
    fn finish(
        mut self,
        module: &ModuleInfo,
        wasm: &[u8],
        code: &[u8],
        options: &ImageOptions,
    ) -> Result<Vec<u8>, Error> {
        let mut data_bytes = Vec::new();
        for data in &module.data {
            let bytes = wasm.get(data.bytes.clone()).ok_or(Error::Invalid)?;
            let len = u32::try_from(bytes.len()).map_err(|_| Error::TooLarge("bytes"))?;
            // Most offsets are constants, and there may be a hundred thousand segments: constants are stored in the
            // record.
            let fixed = match &data.mode {
                SegmentMode::Active { target, offset } => match offset[..] {
                    [ConstOp::Num(_, at)] => u32::try_from(at).ok().map(|at| [modes::ACTIVE, *target, at]),
                    _ => None,
                },
                _ => None,
            };
            let [mode, target, offset] = match fixed {
                Some(fixed) => fixed,
                None => self.mode(&data.mode)?,
            };
            let target = u16::try_from(target).map_err(|_| Error::TooLarge("memories"))?;
            let section = self.section(Section::Data);
            section.try_extend_from_slice(&[mode as u8, u8::from(fixed.is_some())])?;
            put16(section, target)?;
            put32(section, offset)?;
            put32(section, len)?;
            data_bytes.try_extend_from_slice(bytes)?;
        }
        let meta: usize = self.sections.iter().map(|section| section.len().next_multiple_of(4)).sum();
        let meta_end = layout::HEADER_LEN + meta;
        let code_end = meta_end + code.len();
        let file_len = u32::try_from(code_end + data_bytes.len()).map_err(|_| Error::TooLarge("bytes"))?;

        // The capacity suffices for all that follows.
        let mut file = try_with_capacity(file_len as usize)?;
        file.extend_from_slice(&layout::MAGIC);
        put16(&mut file, layout::VERSION)?;
        let extended = options.code.is_extended();
        put16(&mut file, u16::from(extended))?;
        put32(&mut file, id_of(extended, self.vectors))?;
        let metered = if options.code.metered { features::METERED } else { 0 };
        let indexed_data = if self.indexed_data { features::INDEXED_DATA } else { 0 };
        let vectors = if self.vectors { features::SIMD } else { 0 };
        let floats = if self.floats { features::FLOAT } else { 0 };
        let canonical_nans = if options.code.canonical_nans { features::CANONICAL_NANS } else { 0 };
        let references = if self.managed { features::REFERENCES } else { 0 };
        let exceptions = if module.tags.is_empty() && self.sections[Section::Handlers as usize].is_empty() {
            0
        } else {
            features::EXCEPTIONS | features::REFERENCES
        };
        let objects = if self.objects { features::GC | features::REFERENCES } else { 0 };
        let atomics = if self.atomics { features::ATOMICS } else { 0 };
        let threads = if module.has_shared_memory() { features::THREADS } else { 0 };
        let continuations = if self.continuations { features::STACK_SWITCHING } else { 0 };
        let of_code = metered | indexed_data | vectors | floats | canonical_nans | atomics | continuations;
        put16(&mut file, (of_code | threads | references | exceptions | objects) as u16)?;
        put16(&mut file, if options.code.metered { SCHEDULE as u16 } else { 0 })?;
        let imported = [
            module.imported_funcs,
            module.imported_tables,
            module.imported_memories,
            module.imported_globals,
            module.imported_tags,
        ];
        let rest = [file_len, meta_end as u32, 0, code_end as u32, module.start.unwrap_or(NONE), self.longest];
        for word in rest.into_iter().chain(imported) {
            put32(&mut file, word)?;
        }
        put32(&mut file, checksum(0, &data_bytes))?;
        let mut at = layout::HEADER_LEN;
        for (section, record) in self.sections.iter().zip(Section::ALL.map(Section::record)) {
            put32(&mut file, at as u32)?;
            put32(&mut file, (section.len() / record) as u32)?;
            at += section.len().next_multiple_of(4);
        }
        for section in &self.sections {
            file.extend_from_slice(section);
            file.resize(file.len().next_multiple_of(4), 0);
        }
        let sum = checksum(checksum(0, &file[..layout::AT_CHECKSUM]), &file[layout::AT_CHECKSUM + 4..]);
        file[layout::AT_CHECKSUM..][..4].copy_from_slice(&sum.to_le_bytes());
        file.extend_from_slice(code);
        file.extend_from_slice(&data_bytes);
        Ok(file)
    }
}

/// Appends a function type's key: an unambiguous encoding of its parameters and results.
fn append_key(ty: &SubType, key: &mut Vec<u8>) -> Result<(), Error> {
    let Some(ty) = ty.func() else { return Ok(()) };
    put32(key, ty.params().len() as u32)?;
    ty.params().iter().chain(ty.results()).try_for_each(|ty| put32(key, ty.number()))
}

/// Appends the table of a function's offsets.
fn write_offsets(section: &mut Vec<u8>, all: &[(u32, u32)]) -> Result<(), Error> {
    let start = section.len();
    // The number of bytes, whose place is known before its value, has a fixed length.
    section.try_extend_from_slice(&[0; offsets::MAX_BYTES])?;
    let mut last = (0, 0);
    for &(unit, offset) in all {
        let difference = offsets::of_difference(offset.wrapping_sub(last.1) as i32);
        for number in [unit.wrapping_sub(last.0), difference] {
            let (bytes, len) = offsets::encode(number);
            section.try_extend_from_slice(&bytes[..len])?;
        }
        last = (unit, offset);
    }
    let len = section.len() - start - offsets::MAX_BYTES;
    let len = u32::try_from(len).map_err(|_| Error::TooLarge("offsets"))?;
    section[start..][..offsets::MAX_BYTES].copy_from_slice(&offsets::encode_fixed(len));
    Ok(())
}

/// The features that code uses.
#[derive(Default)]
struct UsedFeatures {
    /// An instruction names a data segment.
    indexed_data: bool,
    /// There are instructions on typed references, exceptions or objects.
    managed: bool,
    /// There are instructions on objects.
    objects: bool,
    /// There are atomic instructions.
    atomics: bool,
    /// There are instructions on continuations.
    continuations: bool,
    /// There are vector instructions.
    vectors: bool,
    /// There are core instructions that compute with floats.
    floats: bool,
}

/// Replaces the module's type indices in instructions by the image's numbers.
#[inline(never)]
fn renumber_types(code: &mut [u16], types: &[u16]) -> UsedFeatures {
    let mut at = 0;
    let mut uses = UsedFeatures::default();
    while let Some(instr) = wasmote_ir::code::DecodedInstr::decode(code, at) {
        let len = instr.units.len();
        let atomic = instr.opcode.set() == Set::Managed && usize::from(instr.opcode.0) >= FIRST_ATOMIC;
        uses.managed |= matches!(instr.opcode.set(), Set::Managed | Set::Object) && !atomic;
        uses.objects |= instr.opcode.set() == Set::Object;
        uses.atomics |= atomic;
        uses.continuations |= (CONTINUATIONS.0..=CONTINUATIONS.1).contains(&instr.opcode.0);
        uses.floats |= instr.opcode.computes_floats();
        uses.indexed_data |= instr.opcode.operands().contains(&Operand::Data);
        if let Some(position) = instr.position(Operand::Type) {
            let unit = at + position;
            let number = types.get(usize::from(code[unit]) | usize::from(code[unit + 1]) << 16).copied().unwrap_or(0);
            (code[unit], code[unit + 1]) = (number, 0);
        }
        uses.vectors |= usize::from(code[at]) >= FIRST_VECTOR;
        at += len;
    }
    debug_assert_eq!(instructions(code).map(|(_, instr)| instr.units.len()).sum::<usize>(), code.len());
    uses
}
