//! Where everything in an image lies: offsets and sizes in bytes.

/// The first four bytes.
pub const MAGIC: [u8; 4] = *b"\0wmi";
/// The version of this format.
pub const VERSION: u16 = 2;

/// Header: version, 16 bits.
pub const AT_VERSION: usize = 4;
/// Header: which op set, 16 bits: 0 is core, 1 extended.
pub const AT_OP_SET: usize = 6;
/// Header: the op set's fingerprint.
pub const AT_OP_SET_ID: usize = 8;
/// Header: what it needs, as bits of [`features`].
pub const AT_FEATURES: usize = 12;
/// Header: length of the file.
pub const AT_FILE_LEN: usize = 16;
/// Header: where the metadata ends and the code begins.
pub const AT_META_END: usize = 20;
/// Header: the checksum of all metadata but itself.
pub const AT_CHECKSUM: usize = 24;
/// Header: where the code ends and the bytes of data segments begin.
pub const AT_CODE_END: usize = 28;
/// Header: the start function, or [`NONE`].
pub const AT_START: usize = 32;
/// Header: units of the longest function's code.
pub const AT_LONGEST: usize = 36;
/// Header: number of imported functions; then tables, memories, globals and tags.
pub const AT_IMPORTED: usize = 40;
/// Header: the checksum of the bytes of data segments.
pub const AT_DATA_CHECK: usize = 60;
/// Header: for each section its offset and the number of its records.
pub const AT_SECTIONS: usize = 64;
/// Length of the header.
pub const HEADER_LEN: usize = AT_SECTIONS + Section::COUNT * 8;

/// No index, where one is optional.
pub const NONE: u32 = u32::MAX;

/// What an image needs of what runs it.
pub mod features {
    /// The code takes fuel. Runs everywhere.
    pub const METERED: u32 = 1;
    /// Instructions name data segments. Runs everywhere; without it, segments are copied when instantiated and forgotten.
    pub const INDEXED_DATA: u32 = 1 << 5;
    /// Vector instructions.
    pub const SIMD: u32 = 1 << 1;
    /// Managed objects.
    pub const GC: u32 = 1 << 2;
    /// Exceptions.
    pub const EXCEPTIONS: u32 = 1 << 3;
    /// Shared memories.
    pub const THREADS: u32 = 1 << 4;
    /// Typed references to functions, recursive types.
    pub const REFERENCES: u32 = 1 << 6;
    /// Instructions of the core op set that compute with floats. Images of the extended op set, which always has them, do not
    /// say so.
    pub const FLOAT: u32 = 1 << 7;
}

/// The sections, in the order of the header's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// Types: first value type; 16 bits each: params, results, slots of the params, header slot. Fields of structures and
    /// elements of arrays take the place of params. Unless there are `SubTypes`, all are functions, equal ones once.
    Types,
    /// Value types, or fields, as numbers.
    ValTypes,
    /// Imports: module and name (offset and length in `Strings`), kind, type index or index in its space.
    Imports,
    /// Functions, imported ones first: where the code begins (in units), then 16 bits each: type, header slot, frame
    /// slots, checksum.
    Funcs,
    /// Tables, imported ones first: element type; 64-bit indices, has a maximum, 0, 0; initialiser; minimum, maximum.
    Tables,
    /// Memories, imported ones first: log2 of the page size; 64-bit addresses, has a maximum, 0, 0; 0; minimum, maximum.
    Memories,
    /// Globals, imported ones first: type; mutable, 0, 0, 0; initialiser.
    Globals,
    /// Exports: name (offset and length in `Strings`), kind, index.
    Exports,
    /// Element segments: mode, whether items are expressions, 0, 0; type; table; offset; first item, items.
    Elems,
    /// Data segments, whose bytes lie one after the other: mode, whether the offset is given itself (else it is an
    /// expression), memory (16 bits); offset; how many bytes.
    Data,
    /// Names of functions: index, name (offset and length in `Strings`).
    Names,
    /// Constant expressions, as words.
    Consts,
    /// Items of element segments, as words: a function's reference (its index plus one), or an expression.
    Items,
    /// Names, as bytes.
    Strings,
    /// Where types stand among others, none or as many as there are types: [`subtypes`] as bits; the supertype; the first type of
    /// the recursive group.
    SubTypes,
    /// Tags, imported ones first: type.
    Tags,
    /// Handlers of exceptions, ordered by function: its index; then as [`Handler`](crate::handlers::Handler), in units.
    Handlers,
}

impl Section {
    /// How many there are.
    pub const COUNT: usize = 17;

    /// All of them.
    pub const ALL: [Section; Section::COUNT] = [
        Section::Types,
        Section::ValTypes,
        Section::Imports,
        Section::Funcs,
        Section::Tables,
        Section::Memories,
        Section::Globals,
        Section::Exports,
        Section::Elems,
        Section::Data,
        Section::Names,
        Section::Consts,
        Section::Items,
        Section::Strings,
        Section::SubTypes,
        Section::Tags,
        Section::Handlers,
    ];

    /// Bytes of a record.
    pub const fn record(self) -> usize {
        match self {
            Section::Strings => 1,
            Section::ValTypes | Section::Consts | Section::Items | Section::Tags => 4,
            Section::Types | Section::Funcs | Section::Globals | Section::Data | Section::Names | Section::SubTypes => {
                12
            }
            Section::Exports => 16,
            Section::Imports | Section::Elems => 24,
            Section::Tables | Section::Memories | Section::Handlers => 28,
        }
    }
}

/// What a record of [`Section::SubTypes`] says of a type.
pub mod subtypes {
    /// It has no subtypes.
    pub const FINAL: u32 = 1;
    /// The bits that say what it is.
    pub const KIND: u32 = 6;
    /// A function.
    pub const FUNC: u32 = 0;
    /// A structure.
    pub const STRUCT: u32 = 2;
    /// An array.
    pub const ARRAY: u32 = 4;
}

/// The words of constant expressions: the low byte is one of these, of numbers the next their type.
pub mod constants {
    /// The end.
    pub const END: u32 = 0;
    /// A number; its low and high word follow.
    pub const NUM: u32 = 1;
    /// A vector; its four words follow, the lowest first.
    pub const V128: u32 = 2;
    /// A global's value; its index follows.
    pub const GLOBAL_GET: u32 = 3;
    /// A null reference; its type follows.
    pub const REF_NULL: u32 = 4;
    /// A function's reference; its index follows.
    pub const REF_FUNC: u32 = 5;
    /// `i32.add`.
    pub const I32_ADD: u32 = 6;
    /// `i32.sub`.
    pub const I32_SUB: u32 = 7;
    /// `i32.mul`.
    pub const I32_MUL: u32 = 8;
    /// `i64.add`.
    pub const I64_ADD: u32 = 9;
    /// `i64.sub`.
    pub const I64_SUB: u32 = 10;
    /// `i64.mul`.
    pub const I64_MUL: u32 = 11;
    /// A reference that is an integer of 31 bits.
    pub const REF_I31: u32 = 12;
    /// A structure; its type follows, as that of all objects.
    pub const STRUCT_NEW: u32 = 13;
    /// A structure, all zero.
    pub const STRUCT_NEW_DEFAULT: u32 = 14;
    /// An array: value, length.
    pub const ARRAY_NEW: u32 = 15;
    /// An array, all zero: length.
    pub const ARRAY_NEW_DEFAULT: u32 = 16;
    /// An array; how many values it has follows the type.
    pub const ARRAY_NEW_FIXED: u32 = 17;
    /// The deepest that a constant expression's stack may be. Kotlin makes tables of methods in one expression.
    pub const MAX_DEPTH: usize = if cfg!(feature = "managed") { 4096 } else { 16 };
    /// The most instructions that a constant expression may have.
    pub const MAX_LENGTH: usize = if cfg!(feature = "managed") { 1 << 16 } else { 256 };
}

/// Kinds of imports and exports: functions, tables, memories, globals, tags.
pub mod kinds {
    /// A function.
    pub const FUNC: u32 = 0;
    /// A table.
    pub const TABLE: u32 = 1;
    /// A memory.
    pub const MEMORY: u32 = 2;
    /// A global.
    pub const GLOBAL: u32 = 3;
    /// A tag.
    pub const TAG: u32 = 4;
}

/// Modes of segments.
pub mod modes {
    /// Copied when instantiated.
    pub const ACTIVE: u32 = 0;
    /// Copied by instructions.
    pub const PASSIVE: u32 = 1;
    /// Only declares that references are taken.
    pub const DECLARED: u32 = 2;
}
