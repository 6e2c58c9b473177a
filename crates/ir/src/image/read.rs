//! Reads the parts of an image. Nothing here panics, whatever the bytes: anything outside of the image reads as
//! `None` or 0.

use super::error::{ImageError, ImageErrorKind};
use super::layout::{self, Section};
use crate::exception_table::ExceptionEntry;
use crate::types::{FieldType, ValType};

/// An image whose header is checked, by [`Image::parse`].
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    bytes: &'a [u8],
}

/// The features that this build accepts in an image.
const KNOWN: u32 = {
    use layout::features::{
        ATOMICS, CANONICAL_NANS, EXCEPTIONS, FLOAT, GC, INDEXED_DATA, METERED, REFERENCES, SIMD, STACK_SWITCHING,
        THREADS,
    };
    let managed = if cfg!(feature = "managed") { REFERENCES | GC | EXCEPTIONS | ATOMICS } else { 0 };
    let threads = if cfg!(feature = "threads") { THREADS } else { 0 };
    let vectors = if cfg!(feature = "simd") { SIMD } else { 0 };
    let floats = if cfg!(feature = "float") { FLOAT } else { 0 };
    let continuations = if cfg!(feature = "stack-switching") { STACK_SWITCHING } else { 0 };
    METERED | INDEXED_DATA | CANONICAL_NANS | managed | threads | vectors | floats | continuations
};

/// The instructions that an image may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpSet {
    /// Instructions with slots and immediates only, for small targets.
    Core,
    /// All instructions.
    Extended,
}

/// A type. The fields of a structure type, or the element of an array type, take the place of parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeRecord {
    /// The index of the first parameter among all value types. The other parameters follow, then the results.
    pub first: u32,
    /// The number of parameters.
    pub params: u16,
    /// The number of results.
    pub results: u16,
    /// The number of slots of the parameters.
    pub param_slots: u16,
    /// The slot of the header in frames of functions of this type: the larger number of slots of parameters and
    /// results.
    pub header: u16,
}

/// The subtyping of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubTypeRecord {
    /// Whether it can have no subtypes.
    pub is_final: bool,
    /// Its kind, one of [`layout::subtypes`].
    pub kind: u32,
    /// Its supertype.
    pub supertype: Option<u32>,
    /// The type that it describes.
    pub describes: Option<u32>,
    /// The first type of its recursion group.
    pub group: u32,
}

/// An import.
#[derive(Clone, Copy, Debug)]
pub struct ImportRecord<'a> {
    /// The name of the module.
    pub module: &'a [u8],
    /// The name inside the module.
    pub name: &'a [u8],
    /// The kind, one of [`layout::kinds`].
    pub kind: u32,
    /// Whether a function must have exactly its type.
    pub exact: bool,
    /// The index in the space of its kind.
    pub index: u32,
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub struct FuncRecord {
    /// Where its code begins, in units from the code of the first function.
    pub code: u32,
    /// The index of its type.
    pub ty: u16,
    /// The slot of its frame's header.
    pub header: u16,
    /// The size of its frame in slots.
    pub frame_slots: u16,
    /// The checksum of its code.
    pub check: u16,
}

/// A table or a memory.
#[derive(Clone, Copy, Debug)]
pub struct LimitsRecord {
    /// For a table, the type of its elements as a number. For a memory, log2 of its page size.
    pub what: u32,
    /// Whether indices or addresses have 64 bits.
    pub wide: bool,
    /// Whether threads may share the memory.
    pub shared: bool,
    /// The number of elements or pages at the start.
    pub min: u64,
    /// The maximum number of elements or pages, if there is one.
    pub max: Option<u64>,
    /// For a table, its initializer, or [`layout::NONE`].
    pub init: u32,
}

impl LimitsRecord {
    /// Returns the maximum number of pages of any memory with this page size and address size. Returns `None` if the
    /// page size is not allowed.
    pub fn most_pages(&self) -> Option<u64> {
        Some(match (self.wide, self.what) {
            (false, 0) => u64::from(u32::MAX),
            (false, 16) => 1 << 16,
            (true, 0) => u64::MAX,
            (true, 16) => 1 << 48,
            // A page has 1 byte or 64 KiB (spec: the proposal for custom page sizes).
            _ => return None,
        })
    }
}

/// A global.
#[derive(Clone, Copy, Debug)]
pub struct GlobalRecord {
    /// Its type as a number.
    pub content: u32,
    /// Whether it can be written.
    pub mutable: bool,
    /// Its initializer. [`layout::NONE`] for an imported global.
    pub init: u32,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub struct ExportRecord<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The kind, one of [`layout::kinds`].
    pub kind: u32,
    /// The index in the space of its kind.
    pub index: u32,
}

/// A custom section.
#[derive(Clone, Debug)]
pub struct CustomRecord<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The range of its contents in the image.
    pub bytes: core::ops::Range<usize>,
}

/// An element segment.
#[derive(Clone, Copy, Debug)]
pub struct ElemRecord {
    /// The mode, one of [`layout::modes`].
    pub mode: u32,
    /// The type of its elements as a number.
    pub ty: u32,
    /// Whether its items are expressions. Otherwise they are references to functions.
    pub exprs: bool,
    /// The table of an active segment.
    pub target: u32,
    /// The offset of an active segment, an expression.
    pub offset: u32,
    /// The index of the first item among all items.
    pub items: u32,
    /// The number of items.
    pub count: u32,
}

/// A data segment.
#[derive(Clone, Copy, Debug)]
pub struct DataRecord {
    /// The mode, one of [`layout::modes`].
    pub mode: u32,
    /// The memory of an active segment.
    pub target: u32,
    /// The offset of an active segment: a number of bytes if `fixed`, otherwise an expression.
    pub offset: u32,
    /// Whether `offset` is a number of bytes.
    pub fixed: bool,
    /// The number of bytes.
    pub len: u32,
}

impl<'a> Image<'a> {
    /// Checks the header and, with the feature `verify`, the checksum of the metadata. [`Image::verify_metadata`]
    /// checks everything else. `bytes` may be longer than the image.
    ///
    /// # Errors
    /// If the bytes are not a whole image, if it has another version, or if this build cannot run it.
    pub fn parse(bytes: &'a [u8]) -> Result<Image<'a>, ImageError> {
        let image = Image::parse_metadata(bytes, bytes.len())?;
        Ok(Image { bytes: &bytes[..image.file_len()] })
    }

    /// Returns the part of these bytes that is the metadata if they are an image.
    pub fn metadata(bytes: &[u8]) -> &[u8] {
        let len = Image { bytes }.meta_end().max(layout::HEADER_LEN);
        bytes.get(..len).unwrap_or(bytes)
    }

    /// [`Image::parse`] for the metadata alone, such as a copy of [`Image::metadata`]. `available` is how many bytes of
    /// the image there are elsewhere. Code and data are then not in [`Image::bytes`].
    ///
    /// # Errors
    /// As [`Image::parse`].
    #[cfg_attr(feature = "alloc", inline(never))]
    pub fn parse_metadata(bytes: &'a [u8], available: usize) -> Result<Image<'a>, ImageError> {
        use ImageErrorKind as Kind;
        let fail = |kind, offset: usize| Err(ImageError { kind, offset: offset as u32 });
        if bytes.get(..4) != Some(&layout::MAGIC) {
            return fail(Kind::NotAnImage, 0);
        }
        let image = Image { bytes };
        if bytes.len() < layout::HEADER_LEN {
            return fail(Kind::Truncated, bytes.len());
        }
        if image.u16(layout::AT_VERSION) != layout::VERSION {
            return fail(Kind::Version, layout::AT_VERSION);
        }
        let id = match image.u16(layout::AT_OP_SET) {
            0 => crate::ops::CORE_ID,
            #[cfg(feature = "simd")]
            1 if image.vectors() => crate::ops::SIMD_ID,
            // A build without vectors does not know the fingerprint of the op set with vectors.
            #[cfg(all(feature = "extended", not(feature = "simd")))]
            1 if image.features() & layout::features::SIMD != 0 => return fail(Kind::Feature, layout::AT_FEATURES),
            1 => crate::ops::EXTENDED_ID,
            _ => return fail(Kind::OpSet, layout::AT_OP_SET),
        };
        if image.u32(layout::AT_OP_SET_ID) != id {
            return fail(Kind::OpSet, layout::AT_OP_SET_ID);
        }
        let [file_len, meta_end, code_end] =
            [layout::AT_FILE_LEN, layout::AT_META_END, layout::AT_CODE_END].map(|at| image.u32(at) as usize);
        if file_len > available || meta_end > bytes.len() && meta_end <= file_len {
            return fail(Kind::Truncated, available);
        }
        if meta_end < layout::HEADER_LEN || code_end < meta_end || file_len < code_end || meta_end % 4 != 0 {
            return fail(Kind::OutOfRange, layout::AT_META_END);
        }
        #[cfg(feature = "verify")]
        {
            let sum = super::checksum(0, &bytes[..layout::AT_CHECKSUM]);
            let sum = super::checksum(sum, &bytes[layout::AT_CHECKSUM + 4..meta_end]);
            if sum != image.u32(layout::AT_CHECKSUM) {
                return fail(Kind::Checksum, layout::AT_CHECKSUM);
            }
        }
        if let Some(kind) = ImageErrorKind::of_missing(image.features() & !KNOWN) {
            return fail(kind, layout::AT_FEATURES);
        }
        let schedule = if image.is_metered() { crate::fuel::SCHEDULE } else { 0 };
        if u32::from(image.u16(layout::AT_SCHEDULE)) != schedule {
            return fail(Kind::Schedule, layout::AT_SCHEDULE);
        }
        Ok(image)
    }

    /// Returns the image in bytes that [`Image::parse`] or [`Image::parse_metadata`] accepted before.
    pub fn of_parsed(bytes: &'a [u8]) -> Image<'a> {
        Image { bytes }
    }

    /// Returns the length of the image in bytes.
    pub fn file_len(&self) -> usize {
        self.u32(layout::AT_FILE_LEN) as usize
    }

    /// Returns all bytes that this image was made from.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn u8(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub(super) fn u16(&self, at: usize) -> u16 {
        u16::from(self.u8(at)) | u16::from(self.u8(at.wrapping_add(1))) << 8
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        match self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(&bytes) => u32::from_le_bytes(bytes),
            None => 0,
        }
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from(self.u32(at)) | u64::from(self.u32(at.wrapping_add(4))) << 32
    }

    /// Returns the op set.
    pub fn op_set(&self) -> OpSet {
        if self.u16(layout::AT_OP_SET) == 0 { OpSet::Core } else { OpSet::Extended }
    }

    /// Returns the features that it needs, as bits of [`layout::features`].
    pub fn features(&self) -> u32 {
        self.u16(layout::AT_FEATURES).into()
    }

    /// Whether its code takes fuel, by the schedule [`SCHEDULE`](crate::fuel::SCHEDULE).
    pub fn is_metered(&self) -> bool {
        self.features() & layout::features::METERED != 0
    }

    /// Checks that its code takes fuel.
    ///
    /// # Errors
    /// [`ImageErrorKind::NotMetered`] if it takes none.
    pub fn check_metered(&self) -> Result<(), ImageError> {
        if self.is_metered() {
            return Ok(());
        }
        Err(ImageError { kind: ImageErrorKind::NotMetered, offset: layout::AT_FEATURES as u32 })
    }

    /// Whether it has vector instructions.
    pub fn vectors(&self) -> bool {
        cfg!(feature = "simd") && self.features() & layout::features::SIMD != 0
    }

    /// Returns where the metadata ends and the code begins, in bytes.
    pub fn meta_end(&self) -> usize {
        self.u32(layout::AT_META_END) as usize
    }

    /// Returns where the code ends and the data segments begin, in bytes.
    pub fn code_end(&self) -> usize {
        self.u32(layout::AT_CODE_END) as usize
    }

    /// Returns the index of the start function.
    pub fn start(&self) -> Option<u32> {
        some(self.u32(layout::AT_START))
    }

    /// Returns the size of the longest function's code, in units.
    pub fn longest(&self) -> u32 {
        self.u32(layout::AT_LONGEST)
    }

    /// Returns how many imports of a kind ([`layout::kinds`]) there are.
    pub fn imported(&self, kind: u32) -> u32 {
        if kind > layout::kinds::TAG { 0 } else { self.u32(layout::AT_IMPORTED + 4 * kind as usize) }
    }

    /// Returns how many records a section has.
    pub fn count(&self, section: Section) -> u32 {
        self.u32(layout::AT_SECTIONS + 8 * section as usize + 4)
    }

    /// Returns where a section begins, in bytes.
    pub fn section(&self, section: Section) -> usize {
        self.u32(layout::AT_SECTIONS + 8 * section as usize) as usize
    }

    /// Returns where the record with this index begins, if there is one. The whole record is inside the image.
    // Verification calls this for the indices in each instruction. This crate is compiled for size, so the compiler
    // would not inline it. Firmware, without `alloc`, wants it small.
    #[cfg_attr(feature = "alloc", inline(always))]
    pub fn record(&self, section: Section, index: u32) -> Option<usize> {
        let at = self.section(section).checked_add((index as usize).checked_mul(section.record())?)?;
        let inside = index < self.count(section) && at.checked_add(section.record())? <= self.bytes.len();
        inside.then_some(at)
    }

    /// Returns the bytes of a section whose records have one byte.
    pub(super) fn section_bytes(&self, section: Section) -> &'a [u8] {
        let first = self.section(section);
        self.bytes.get(first..first.wrapping_add(self.count(section) as usize)).unwrap_or(&[])
    }

    /// Returns a name.
    pub(super) fn string(&self, at: u32, len: u32) -> &'a [u8] {
        let first = self.section(Section::Strings).wrapping_add(at as usize);
        self.bytes.get(first..first.wrapping_add(len as usize)).unwrap_or(&[])
    }

    /// Returns a type.
    pub fn ty(&self, index: u32) -> Option<TypeRecord> {
        let at = self.record(Section::Types, index)?;
        let [params, results, param_slots, header] = [4, 6, 8, 10].map(|field| self.u16(at + field));
        Some(TypeRecord { first: self.u32(at), params, results, param_slots, header })
    }

    /// Returns the value type with this index, if its number is one of a value type.
    pub fn val_type(&self, index: u32) -> Option<ValType> {
        ValType::from_number(self.u32(self.record(Section::ValTypes, index)?))
    }

    /// Returns the field type with this index, if its number is one of a field type.
    pub fn field_type(&self, index: u32) -> Option<FieldType> {
        FieldType::from_number(self.u32(self.record(Section::ValTypes, index)?))
    }

    /// Whether it may have typed references, exceptions, GC objects and atomic instructions.
    #[cfg(feature = "verify")]
    pub(super) fn is_managed(&self) -> bool {
        use layout::features::{ATOMICS, REFERENCES};
        cfg!(feature = "managed") && self.features() & (REFERENCES | ATOMICS) != 0
    }

    /// Whether it may have shared memories.
    pub fn threads(&self) -> bool {
        cfg!(feature = "threads") && self.features() & layout::features::THREADS != 0
    }

    /// Whether it may have continuations.
    #[cfg(feature = "verify")]
    pub(super) fn has_continuations(&self) -> bool {
        cfg!(feature = "stack-switching") && self.features() & layout::features::STACK_SWITCHING != 0
    }

    /// Returns the subtyping of a type.
    pub fn sub_type(&self, index: u32) -> Option<SubTypeRecord> {
        use layout::subtypes::{DESCRIBES, FINAL, FUNC, KIND};
        let alone = !cfg!(feature = "managed") || self.count(Section::SubTypes) == 0;
        if alone && index < self.count(Section::Types) {
            return Some(SubTypeRecord { is_final: true, kind: FUNC, supertype: None, describes: None, group: index });
        }
        let at = self.record(Section::SubTypes, index)?;
        let flags = self.u32(at);
        Some(SubTypeRecord {
            is_final: flags & FINAL != 0,
            kind: flags & KIND,
            supertype: some(self.u32(at + 4)),
            describes: (flags / DESCRIBES).checked_sub(1),
            group: self.u32(at + 8),
        })
    }

    /// Returns the parameters of a function type, or its results if `results`.
    pub fn val_types(&self, ty: TypeRecord, results: bool) -> impl Iterator<Item = ValType> + '_ {
        let (first, count) =
            if results { (ty.first.saturating_add(ty.params.into()), ty.results) } else { (ty.first, ty.params) };
        (first..first.saturating_add(count.into())).filter_map(|index| self.val_type(index))
    }

    /// Returns an import.
    pub fn import(&self, index: u32) -> Option<ImportRecord<'a>> {
        let at = self.record(Section::Imports, index)?;
        let kind = self.u32(at + 16);
        // Only images with types of their own have exact imports.
        let exact = cfg!(feature = "managed") && kind == layout::kinds::FUNC | layout::kinds::EXACT;
        Some(ImportRecord {
            module: self.string(self.u32(at), self.u32(at + 4)),
            name: self.string(self.u32(at + 8), self.u32(at + 12)),
            kind: if exact { layout::kinds::FUNC } else { kind },
            exact,
            index: self.u32(at + 20),
        })
    }

    /// Returns a function.
    pub fn func(&self, index: u32) -> Option<FuncRecord> {
        let at = self.record(Section::Funcs, index)?;
        Some(FuncRecord {
            code: self.u32(at),
            ty: self.u16(at + 4),
            header: self.u16(at + 6),
            frame_slots: self.u16(at + 8),
            check: self.u16(at + 10),
        })
    }

    /// Returns the code of a function that the image defines, as a range of bytes. The range is inside the image.
    pub fn code_range(&self, index: u32) -> Option<core::ops::Range<usize>> {
        let start = |func: FuncRecord| self.meta_end().checked_add((func.code as usize).checked_mul(2)?);
        let first = start(self.func(index)?)?;
        let end = match self.func(index.checked_add(1)?) {
            Some(next) => start(next)?,
            None => self.code_end(),
        };
        (first <= end && end <= self.code_end()).then_some(first..end)
    }

    fn limits(&self, at: usize) -> LimitsRecord {
        LimitsRecord {
            what: self.u32(at),
            wide: self.u8(at + 4) != 0,
            shared: cfg!(feature = "threads") && self.u8(at + 6) != 0,
            min: self.u64(at + 12),
            max: (self.u8(at + 5) != 0).then(|| self.u64(at + 20)),
            init: self.u32(at + 8),
        }
    }

    /// Returns a table.
    pub fn table(&self, index: u32) -> Option<LimitsRecord> {
        Some(self.limits(self.record(Section::Tables, index)?))
    }

    /// Returns a memory.
    pub fn memory(&self, index: u32) -> Option<LimitsRecord> {
        Some(self.limits(self.record(Section::Memories, index)?))
    }

    /// Returns a global.
    pub fn global(&self, index: u32) -> Option<GlobalRecord> {
        let at = self.record(Section::Globals, index)?;
        Some(GlobalRecord { content: self.u32(at), mutable: self.u8(at + 4) != 0, init: self.u32(at + 8) })
    }

    /// Returns an export.
    pub fn export(&self, index: u32) -> Option<ExportRecord<'a>> {
        let at = self.record(Section::Exports, index)?;
        let name = self.string(self.u32(at), self.u32(at + 4));
        Some(ExportRecord { name, kind: self.u32(at + 8), index: self.u32(at + 12) })
    }

    /// Returns a custom section.
    pub fn custom(&self, index: u32) -> Option<CustomRecord<'a>> {
        let at = self.record(Section::Customs, index)?;
        let [name_at, name_len, len] = [0, 4, 8].map(|field| self.u32(at + field));
        let name = self.section(Section::Strings).checked_add(name_at as usize)?;
        let first = name.checked_add(name_len as usize)?;
        Some(CustomRecord { name: self.string(name_at, name_len), bytes: first..first.checked_add(len as usize)? })
    }

    /// Returns an element segment.
    pub fn elem(&self, index: u32) -> Option<ElemRecord> {
        let at = self.record(Section::Elems, index)?;
        Some(ElemRecord {
            mode: u32::from(self.u8(at)),
            exprs: self.u8(at + 1) != 0,
            ty: self.u32(at + 4),
            target: self.u32(at + 8),
            offset: self.u32(at + 12),
            items: self.u32(at + 16),
            count: self.u32(at + 20),
        })
    }

    /// Returns an item of an element segment.
    pub fn item(&self, index: u32) -> Option<u32> {
        Some(self.u32(self.record(Section::Items, index)?))
    }

    /// Returns a data segment.
    pub fn data(&self, index: u32) -> Option<DataRecord> {
        let at = self.record(Section::Data, index)?;
        Some(DataRecord {
            mode: self.u8(at).into(),
            fixed: self.u8(at + 1) != 0,
            target: self.u16(at + 2).into(),
            offset: self.u32(at + 4),
            len: self.u32(at + 8),
        })
    }

    /// Returns how many data segments instructions can name: all or none.
    pub fn indexed_data(&self) -> u32 {
        if self.features() & layout::features::INDEXED_DATA == 0 { 0 } else { self.count(Section::Data) }
    }

    /// Returns all data segments in order, each with its bytes.
    pub fn data_segments(&self) -> impl Iterator<Item = (DataRecord, &'a [u8])> + '_ {
        let mut at = self.code_end();
        (0..self.count(Section::Data)).map_while(move |index| {
            let segment = self.data(index)?;
            let bytes = self.bytes.get(at..at.checked_add(segment.len as usize)?)?;
            at += bytes.len();
            Some((segment, bytes))
        })
    }

    /// Returns the index of a tag's type.
    pub fn tag(&self, index: u32) -> Option<u32> {
        Some(self.u32(self.record(Section::Tags, index)?))
    }

    /// Returns an exception handler, in units.
    pub fn handler(&self, index: u32) -> Option<ExceptionEntry> {
        let at = self.record(Section::Handlers, index)?;
        let [from, to, target, tag] = [4, 8, 12, 16].map(|field| self.u32(at + field));
        let [slot, count, reference, level] = [20, 22, 24, 26].map(|field| self.u16(at + field));
        Some(ExceptionEntry { from, to, target, tag, slot, count, reference, level })
    }

    /// Returns the indices of a function's exception handlers. Handlers are ordered by function, so this is a binary
    /// search.
    pub fn handlers_of(&self, func: u32) -> core::ops::Range<u32> {
        let bound = |wanted: u32| {
            let (mut low, mut high) = (0, self.count(Section::Handlers));
            while low < high {
                let middle = low + (high - low) / 2;
                let at = self.record(Section::Handlers, middle).unwrap_or(0);
                if self.u32(at) < wanted {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        bound(func)..bound(func.saturating_add(1))
    }

    /// Returns a word of the constant expressions.
    pub fn constant(&self, index: u32) -> Option<u32> {
        Some(self.u32(self.record(Section::Consts, index)?))
    }

    /// Returns the type in the word of a number in a constant expression.
    pub fn val_number(&self, word: u32) -> Option<ValType> {
        ValType::from_number(word >> 8)
    }

    /// Returns the name of the module, if the image has it.
    pub fn module_name(&self) -> Option<&'a [u8]> {
        self.function_name(layout::NONE)
    }

    /// Returns the name of a function, if the image has it.
    pub fn function_name(&self, func: u32) -> Option<&'a [u8]> {
        // Names are ordered by function.
        let (mut low, mut high) = (0, self.count(Section::Names));
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.record(Section::Names, middle)?;
            match self.u32(at).cmp(&func) {
                core::cmp::Ordering::Equal => return Some(self.string(self.u32(at + 4), self.u32(at + 8))),
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// Returns an index, unless it is [`layout::NONE`].
pub(super) fn some(index: u32) -> Option<u32> {
    (index != layout::NONE).then_some(index)
}
