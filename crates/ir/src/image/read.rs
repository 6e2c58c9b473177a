//! Images by their parts. Nothing here panics, whatever the bytes: what is outside of the image reads as `None` or 0.

use super::error::{ImageError, ImageErrorKind};
use super::layout::{self, Section};
use crate::handlers::Handler;
use crate::types::{FieldType, ValType};

/// An image whose header was checked; see [`Image::parse`].
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    bytes: &'a [u8],
}

/// The features that images which this build takes may have.
const KNOWN: u32 = {
    use layout::features::{EXCEPTIONS, FLOAT, GC, INDEXED_DATA, METERED, REFERENCES, SIMD};
    let managed = if cfg!(feature = "managed") { REFERENCES | GC | EXCEPTIONS } else { 0 };
    let vectors = if cfg!(feature = "simd") { SIMD } else { 0 };
    let floats = if cfg!(feature = "float") { FLOAT } else { 0 };
    METERED | INDEXED_DATA | managed | vectors | floats
};

/// Which instructions an image has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpSet {
    /// Slots and immediates only: for small targets.
    Core,
    /// All.
    Extended,
}

/// A function type: positions of its value types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeRecord {
    /// The first parameter's number among all value types; the others follow, then the results.
    pub first: u32,
    /// Parameters.
    pub params: u16,
    /// Results.
    pub results: u16,
    /// Slots of the parameters.
    pub param_slots: u16,
    /// Slot of the header in frames of functions of this type: the larger of its parameters' and its results' slots.
    pub header: u16,
}

/// Where a type stands among others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubTypeRecord {
    /// Whether it has no subtypes.
    pub is_final: bool,
    /// What it is, one of [`layout::subtypes`].
    pub kind: u32,
    /// Its supertype.
    pub supertype: Option<u32>,
    /// The first type of its recursive group.
    pub group: u32,
}

/// An import.
#[derive(Clone, Copy, Debug)]
pub struct ImportRecord<'a> {
    /// The module's name.
    pub module: &'a [u8],
    /// The name in it.
    pub name: &'a [u8],
    /// One of [`layout::kinds`].
    pub kind: u32,
    /// Its index among what is of this kind.
    pub index: u32,
}

/// A function, as it stands in the image.
#[derive(Clone, Copy, Debug)]
pub struct FuncRecord {
    /// Where its code begins, in units from the first function's.
    pub code: u32,
    /// Its type.
    pub ty: u16,
    /// Slot of its frame's header.
    pub header: u16,
    /// Slots of its frame.
    pub frame_slots: u16,
    /// Checksum of its code.
    pub check: u16,
}

/// A table or a memory.
#[derive(Clone, Copy, Debug)]
pub struct LimitsRecord {
    /// Of a table, the type of its elements as a number; of a memory, log2 of its page size.
    pub what: u32,
    /// Whether indices or addresses have 64 bits.
    pub wide: bool,
    /// Elements or pages at the start.
    pub min: u64,
    /// The most, if there is a limit.
    pub max: Option<u64>,
    /// Of a table, its initialiser, or [`layout::NONE`].
    pub init: u32,
}

impl LimitsRecord {
    /// The most pages that a memory can have, whatever its own limit; `None` if there are no pages of its size.
    pub fn most_pages(&self) -> Option<u64> {
        Some(match (self.wide, self.what) {
            (false, 0) => u64::from(u32::MAX),
            (false, 16) => 1 << 16,
            (true, 0) => u64::MAX,
            (true, 16) => 1 << 48,
            // Custom page sizes are 1 or 64 KiB.
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
    /// Its initialiser; of an imported one [`layout::NONE`].
    pub init: u32,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub struct ExportRecord<'a> {
    /// The name.
    pub name: &'a [u8],
    /// One of [`layout::kinds`].
    pub kind: u32,
    /// The index in the space of its kind.
    pub index: u32,
}

/// An element segment.
#[derive(Clone, Copy, Debug)]
pub struct ElemRecord {
    /// One of [`layout::modes`].
    pub mode: u32,
    /// The type of its elements as a number.
    pub ty: u32,
    /// Whether its items are expressions; else they are references.
    pub exprs: bool,
    /// The table of an active segment.
    pub target: u32,
    /// The offset of an active segment.
    pub offset: u32,
    /// The first item's number among all items.
    pub items: u32,
    /// How many items.
    pub count: u32,
}

/// A data segment.
#[derive(Clone, Copy, Debug)]
pub struct DataRecord {
    /// One of [`layout::modes`].
    pub mode: u32,
    /// The memory of an active segment.
    pub target: u32,
    /// The offset of an active segment: itself if it is `fixed`, else an expression.
    pub offset: u32,
    /// Whether `offset` is no expression.
    pub fixed: bool,
    /// How many bytes.
    pub len: u32,
}

impl<'a> Image<'a> {
    /// Checks the header and, with the feature `verify`, the checksum of the metadata. Everything else is checked by [`Image::verify_metadata`].
    /// `bytes` may go on behind the image.
    ///
    /// # Errors
    /// When the bytes are no image, not all of one, one of another version, or one that this build can't run.
    pub fn parse(bytes: &'a [u8]) -> Result<Image<'a>, ImageError> {
        let image = Image::parse_metadata(bytes, bytes.len())?;
        Ok(Image { bytes: &bytes[..image.file_len()] })
    }

    /// The part of these bytes that is the metadata of an image, or would be.
    pub fn metadata(bytes: &[u8]) -> &[u8] {
        let len = Image { bytes }.meta_end().max(layout::HEADER_LEN);
        bytes.get(..len).unwrap_or(bytes)
    }

    /// [`Image::parse`] with only the metadata at hand, such as a copy of [`Image::metadata`], of an image of which
    /// `available` bytes are there. Code and data are then not in [`Image::bytes`].
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
            // Of what is compiled out the fingerprint is not known.
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
        match image.features() & !KNOWN {
            0 => Ok(image),
            layout::features::FLOAT => fail(Kind::Float, layout::AT_FEATURES),
            _ => fail(Kind::Feature, layout::AT_FEATURES),
        }
    }

    /// The image in bytes that [`Image::parse`] or [`Image::parse_metadata`] accepted before.
    pub fn of_parsed(bytes: &'a [u8]) -> Image<'a> {
        Image { bytes }
    }

    /// Length of the file.
    pub fn file_len(&self) -> usize {
        self.u32(layout::AT_FILE_LEN) as usize
    }

    /// All bytes that are at hand.
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

    /// Which instructions it has.
    pub fn op_set(&self) -> OpSet {
        if self.u16(layout::AT_OP_SET) == 0 { OpSet::Core } else { OpSet::Extended }
    }

    /// What it needs, as bits of [`layout::features`].
    pub fn features(&self) -> u32 {
        self.u32(layout::AT_FEATURES)
    }

    /// Whether it has vector instructions.
    pub fn vectors(&self) -> bool {
        cfg!(feature = "simd") && self.features() & layout::features::SIMD != 0
    }

    /// Where the metadata ends and the code begins, in bytes.
    pub fn meta_end(&self) -> usize {
        self.u32(layout::AT_META_END) as usize
    }

    /// Where the code ends and the bytes of data segments begin.
    pub fn code_end(&self) -> usize {
        self.u32(layout::AT_CODE_END) as usize
    }

    /// The start function.
    pub fn start(&self) -> Option<u32> {
        some(self.u32(layout::AT_START))
    }

    /// Units of the longest function's code.
    pub fn longest(&self) -> u32 {
        self.u32(layout::AT_LONGEST)
    }

    /// How many of a kind ([`layout::kinds`]) are imported.
    pub fn imported(&self, kind: u32) -> u32 {
        if kind > layout::kinds::TAG { 0 } else { self.u32(layout::AT_IMPORTED + 4 * kind as usize) }
    }

    /// How many records a section has.
    pub fn count(&self, section: Section) -> u32 {
        self.u32(layout::AT_SECTIONS + 8 * section as usize + 4)
    }

    /// Where a section begins.
    pub fn section(&self, section: Section) -> usize {
        self.u32(layout::AT_SECTIONS + 8 * section as usize) as usize
    }

    /// Where a record begins, if there is one with this number; all of it is inside the image.
    // Verification calls it for what each instruction names, and this crate is compiled for size; firmware wants it small.
    #[cfg_attr(feature = "alloc", inline(always))]
    pub fn record(&self, section: Section, index: u32) -> Option<usize> {
        let at = self.section(section).checked_add((index as usize).checked_mul(section.record())?)?;
        let inside = index < self.count(section) && at.checked_add(section.record())? <= self.bytes.len();
        inside.then_some(at)
    }

    /// A name.
    fn string(&self, at: u32, len: u32) -> &'a [u8] {
        let first = self.section(Section::Strings).wrapping_add(at as usize);
        self.bytes.get(first..first.wrapping_add(len as usize)).unwrap_or(&[])
    }

    /// A function type.
    pub fn ty(&self, index: u32) -> Option<TypeRecord> {
        let at = self.record(Section::Types, index)?;
        let [params, results, param_slots, header] = [4, 6, 8, 10].map(|field| self.u16(at + field));
        Some(TypeRecord { first: self.u32(at), params, results, param_slots, header })
    }

    /// A value type of a function type, if it is one.
    pub fn val_type(&self, index: u32) -> Option<ValType> {
        ValType::from_number(self.u32(self.record(Section::ValTypes, index)?))
    }

    /// A field of a structure type, or the element of an array type, if it is one.
    pub fn field_type(&self, index: u32) -> Option<FieldType> {
        FieldType::from_number(self.u32(self.record(Section::ValTypes, index)?))
    }

    /// Whether it may have references to types, exceptions and objects.
    #[cfg(feature = "verify")]
    pub(super) fn is_managed(&self) -> bool {
        cfg!(feature = "managed") && self.features() & layout::features::REFERENCES != 0
    }

    /// Where a type stands among others.
    pub fn sub_type(&self, index: u32) -> Option<SubTypeRecord> {
        use layout::subtypes::{FINAL, FUNC, KIND};
        let alone = !cfg!(feature = "managed") || self.count(Section::SubTypes) == 0;
        if alone && index < self.count(Section::Types) {
            return Some(SubTypeRecord { is_final: true, kind: FUNC, supertype: None, group: index });
        }
        let at = self.record(Section::SubTypes, index)?;
        let flags = self.u32(at);
        Some(SubTypeRecord {
            is_final: flags & FINAL != 0,
            kind: flags & KIND,
            supertype: some(self.u32(at + 4)),
            group: self.u32(at + 8),
        })
    }

    /// The parameters of a function type, or with `results` those.
    pub fn val_types(&self, ty: TypeRecord, results: bool) -> impl Iterator<Item = ValType> + '_ {
        let (first, count) =
            if results { (ty.first.saturating_add(ty.params.into()), ty.results) } else { (ty.first, ty.params) };
        (first..first.saturating_add(count.into())).filter_map(|index| self.val_type(index))
    }

    /// An import.
    pub fn import(&self, index: u32) -> Option<ImportRecord<'a>> {
        let at = self.record(Section::Imports, index)?;
        Some(ImportRecord {
            module: self.string(self.u32(at), self.u32(at + 4)),
            name: self.string(self.u32(at + 8), self.u32(at + 12)),
            kind: self.u32(at + 16),
            index: self.u32(at + 20),
        })
    }

    /// A function.
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

    /// Where the code of a function that the image defines lies, in bytes; all of it is inside the file.
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
            min: self.u64(at + 12),
            max: (self.u8(at + 5) != 0).then(|| self.u64(at + 20)),
            init: self.u32(at + 8),
        }
    }

    /// A table.
    pub fn table(&self, index: u32) -> Option<LimitsRecord> {
        Some(self.limits(self.record(Section::Tables, index)?))
    }

    /// A memory.
    pub fn memory(&self, index: u32) -> Option<LimitsRecord> {
        Some(self.limits(self.record(Section::Memories, index)?))
    }

    /// A global.
    pub fn global(&self, index: u32) -> Option<GlobalRecord> {
        let at = self.record(Section::Globals, index)?;
        Some(GlobalRecord { content: self.u32(at), mutable: self.u8(at + 4) != 0, init: self.u32(at + 8) })
    }

    /// An export.
    pub fn export(&self, index: u32) -> Option<ExportRecord<'a>> {
        let at = self.record(Section::Exports, index)?;
        let name = self.string(self.u32(at), self.u32(at + 4));
        Some(ExportRecord { name, kind: self.u32(at + 8), index: self.u32(at + 12) })
    }

    /// An element segment.
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

    /// An item of an element segment.
    pub fn item(&self, index: u32) -> Option<u32> {
        Some(self.u32(self.record(Section::Items, index)?))
    }

    /// A data segment.
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

    /// How many data segments instructions can name: all or none.
    pub fn indexed_data(&self) -> u32 {
        if self.features() & layout::features::INDEXED_DATA == 0 { 0 } else { self.count(Section::Data) }
    }

    /// All data segments in order, each with its bytes.
    pub fn data_segments(&self) -> impl Iterator<Item = (DataRecord, &'a [u8])> + '_ {
        let mut at = self.code_end();
        (0..self.count(Section::Data)).map_while(move |index| {
            let segment = self.data(index)?;
            let bytes = self.bytes.get(at..at.checked_add(segment.len as usize)?)?;
            at += bytes.len();
            Some((segment, bytes))
        })
    }

    /// The type of a tag.
    pub fn tag(&self, index: u32) -> Option<u32> {
        Some(self.u32(self.record(Section::Tags, index)?))
    }

    /// A handler of exceptions, in units.
    pub fn handler(&self, index: u32) -> Option<Handler> {
        let at = self.record(Section::Handlers, index)?;
        let [from, to, target, tag] = [4, 8, 12, 16].map(|field| self.u32(at + field));
        let [slot, count, reference, level] = [20, 22, 24, 26].map(|field| self.u16(at + field));
        Some(Handler { from, to, target, tag, slot, count, reference, level })
    }

    /// The numbers of a function's handlers.
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

    /// A word of the constant expressions.
    pub fn constant(&self, index: u32) -> Option<u32> {
        Some(self.u32(self.record(Section::Consts, index)?))
    }

    /// The number type in a word of a constant expression.
    pub fn val_number(&self, word: u32) -> Option<ValType> {
        ValType::from_number(word >> 8)
    }

    /// The name of a function, if the image has names.
    pub fn function_name(&self, func: u32) -> Option<&'a [u8]> {
        // Ordered by function.
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

/// An index, unless it stands for none.
pub(super) fn some(index: u32) -> Option<u32> {
    (index != layout::NONE).then_some(index)
}
