//! The layout of an image: offsets and sizes, in bytes.

/// The first four bytes.
pub const MAGIC: [u8; 4] = *b"\0wmi";
/// The version of this format.
pub const VERSION: u16 = 4;

/// Header: version, 16 bits.
pub const AT_VERSION: usize = 4;
/// Header: the op set, 16 bits. 0 is core, 1 is extended.
pub const AT_OP_SET: usize = 6;
/// Header: the fingerprint of the op set.
pub const AT_OP_SET_ID: usize = 8;
/// Header: the needed features, as bits of [`features`], 16 bits.
pub const AT_FEATURES: usize = 12;
/// Header: the schedule by which the code takes fuel, 16 bits. 0 if it takes none.
pub const AT_SCHEDULE: usize = 14;
/// Header: length of the file.
pub const AT_FILE_LEN: usize = 16;
/// Header: where the metadata ends and the code begins.
pub const AT_META_END: usize = 20;
/// Header: the checksum of the metadata, without this field.
pub const AT_CHECKSUM: usize = 24;
/// Header: where the code ends and the bytes of data segments begin.
pub const AT_CODE_END: usize = 28;
/// Header: the start function, or [`NONE`].
pub const AT_START: usize = 32;
/// Header: the size of the longest function's code, in units.
pub const AT_LONGEST: usize = 36;
/// Header: the number of imported functions; then of imported tables, memories, globals and tags.
pub const AT_IMPORTED: usize = 40;
/// Header: the checksum of the bytes of data segments.
pub const AT_DATA_CHECK: usize = 60;
/// Header: for each section, its offset and the number of its records.
pub const AT_SECTIONS: usize = 64;
/// Length of the header.
pub const HEADER_LEN: usize = AT_SECTIONS + Section::COUNT * 8;

/// Stands for no index, where an index is optional.
pub const NONE: u32 = u32::MAX;

/// Features that an image needs.
pub mod features {
    /// The code takes fuel, by the schedule in the header. Every build supports this.
    pub const METERED: u32 = 1;
    /// Instructions name data segments. Every build supports this. Without the bit, data segments are not needed once
    /// the module is instantiated.
    pub const INDEXED_DATA: u32 = 1 << 5;
    /// Vector instructions.
    pub const SIMD: u32 = 1 << 1;
    /// GC objects.
    pub const GC: u32 = 1 << 2;
    /// Exceptions.
    pub const EXCEPTIONS: u32 = 1 << 3;
    /// Shared memories.
    pub const THREADS: u32 = 1 << 4;
    /// Typed references to functions, and recursive types.
    pub const REFERENCES: u32 = 1 << 6;
    /// Instructions of the core op set that compute with floats. The extended op set always has such instructions, so
    /// its images leave the bit clear.
    pub const FLOAT: u32 = 1 << 7;
    /// Float arithmetic returns only canonical NaNs. Every build supports this.
    pub const CANONICAL_NANS: u32 = 1 << 8;
    /// Atomic instructions.
    pub const ATOMICS: u32 = 1 << 9;
    /// Continuations.
    pub const STACK_SWITCHING: u32 = 1 << 10;
}

/// The sections, in the order of the header's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// Types: first value type; then 16 bits each: parameters, results, slots of the parameters, header slot. Fields of
    /// structures and elements of arrays take the place of parameters. If `SubTypes` is empty, all types are function
    /// types, and no two are equal.
    Types,
    /// Value types or field types, as numbers.
    ValTypes,
    /// Imports: module and name (each as offset and length in `Strings`), kind, index in the space of the kind.
    Imports,
    /// Functions, imported ones first: start of the code (in units); then 16 bits each: type, header slot, frame slots,
    /// checksum.
    Funcs,
    /// Tables, imported ones first: element type; 64-bit indices, has a maximum, 0, 0; initialiser; minimum, maximum.
    Tables,
    /// Memories, imported ones first: log2 of the page size; 64-bit addresses, has a maximum, shared, 0; 0; minimum,
    /// maximum.
    Memories,
    /// Globals, imported ones first: type; mutable, 0, 0, 0; initialiser.
    Globals,
    /// Exports: name (offset and length in `Strings`), kind, index.
    Exports,
    /// Element segments: mode, whether items are expressions, 0, 0; type; table; offset; first item, items.
    Elems,
    /// Data segments, whose bytes lie one after the other: mode, whether the offset is a number (otherwise it is an
    /// expression), memory (16 bits); offset; number of bytes.
    Data,
    /// Names of functions: index, name (offset and length in `Strings`). The name of the module is the last, with the
    /// index [`NONE`].
    Names,
    /// Constant expressions, as words.
    Consts,
    /// Items of element segments, as words: a reference to a function (its index plus one), or an expression.
    Items,
    /// The bytes of all names and custom sections.
    Strings,
    /// The subtyping of types: empty, or a record for each type. Bits of [`subtypes`]; supertype; first type of the
    /// recursion group.
    SubTypes,
    /// Tags, imported ones first: type.
    Tags,
    /// Exception handlers, ordered by function: function index; then the fields of
    /// [`ExceptionEntry`](crate::exception_table::ExceptionEntry), in units.
    Handlers,
    /// From which operators of the binary the code comes, if the image was written with this: see
    /// [`offsets`](super::offsets).
    Offsets,
    /// Custom sections, if the image was written with them: name (offset and length in `Strings`); length of the contents,
    /// which follow the name. None begins in front of the end of the one before.
    Customs,
}

impl Section {
    /// The number of sections.
    pub const COUNT: usize = 19;

    /// All sections.
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
        Section::Offsets,
        Section::Customs,
    ];

    /// Returns the size of a record in bytes.
    pub const fn record(self) -> usize {
        match self {
            Section::Strings | Section::Offsets => 1,
            Section::ValTypes | Section::Consts | Section::Items | Section::Tags => 4,
            Section::Types | Section::Funcs | Section::Globals | Section::Data => 12,
            Section::Names | Section::SubTypes | Section::Customs => 12,
            Section::Exports => 16,
            Section::Imports | Section::Elems => 24,
            Section::Tables | Section::Memories | Section::Handlers => 28,
        }
    }
}

/// The first word of a record of [`Section::SubTypes`].
pub mod subtypes {
    /// The type can have no subtypes.
    pub const FINAL: u32 = 1;
    /// The bits of the kind, which is one of the following.
    pub const KIND: u32 = 6;
    /// A function type.
    pub const FUNC: u32 = 0;
    /// A structure type.
    pub const STRUCT: u32 = 2;
    /// An array type.
    pub const ARRAY: u32 = 4;
    /// A continuation type. Its one value type is a reference to its function type.
    pub const CONT: u32 = 6;
    /// The lowest bit of the index of the type that it describes, plus one. It is 0 for most types.
    pub const DESCRIBES: u32 = 8;
}

/// The words of constant expressions. The low byte of an instruction is one of these.
pub mod constants {
    /// The end of the expression.
    pub const END: u32 = 0;
    /// A number, whose type is in the bits above the low byte. Its low and its high word follow.
    pub const NUM: u32 = 1;
    /// A vector. Its four words follow, the lowest first.
    pub const V128: u32 = 2;
    /// The value of a global. Its index follows.
    pub const GLOBAL_GET: u32 = 3;
    /// A null reference. Its type follows.
    pub const REF_NULL: u32 = 4;
    /// A reference to a function. Its index follows.
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
    /// `ref.i31`.
    pub const REF_I31: u32 = 12;
    /// `struct.new`. The type follows, as for all objects.
    pub const STRUCT_NEW: u32 = 13;
    /// `struct.new_default`.
    pub const STRUCT_NEW_DEFAULT: u32 = 14;
    /// `array.new`, whose operands are a value and the length.
    pub const ARRAY_NEW: u32 = 15;
    /// `array.new_default`, whose operand is the length.
    pub const ARRAY_NEW_DEFAULT: u32 = 16;
    /// `array.new_fixed`. The number of values follows the type.
    pub const ARRAY_NEW_FIXED: u32 = 17;
    /// `struct.new_desc`, whose last operand is the descriptor.
    pub const STRUCT_NEW_DESC: u32 = 18;
    /// `struct.new_default_desc`, whose operand is the descriptor.
    pub const STRUCT_NEW_DEFAULT_DESC: u32 = 19;
    /// The maximum height of a constant expression's stack. Kotlin makes tables of methods in one expression.
    pub const MAX_DEPTH: usize = if cfg!(feature = "managed") { 4096 } else { 16 };
    /// The maximum number of instructions of a constant expression, without its end.
    pub const MAX_LENGTH: usize = if cfg!(feature = "managed") { 1 << 16 } else { 256 };
}

/// The kinds of imports and exports.
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
    /// The bit that is set in the kind of an imported function that must have exactly its type.
    pub const EXACT: u32 = 32;
}

/// The modes of segments.
pub mod modes {
    /// The segment is copied when the module is instantiated.
    pub const ACTIVE: u32 = 0;
    /// Instructions copy the segment.
    pub const PASSIVE: u32 = 1;
    /// The segment only declares to which functions the code takes references.
    pub const DECLARED: u32 = 2;
}
