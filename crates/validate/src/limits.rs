//! How many of each thing a module may have (spec: appendix/implementation): the limits that engines of the web agreed on, and
//! those of a module's types as wasmparser has them.

pub const MAX_TYPES: usize = 1_000_000;
pub const MAX_IMPORTS: usize = 1_000_000;
pub const MAX_FUNCTIONS: usize = 1_000_000;
pub const MAX_TABLES: usize = 100_000;
pub const MAX_MEMORIES: usize = 100;
pub const MAX_TAGS: usize = 1_000_000;
pub const MAX_GLOBALS: usize = 1_000_000;
pub const MAX_EXPORTS: usize = 1_000_000;
pub const MAX_ELEMENT_SEGMENTS: usize = 100_000;
pub const MAX_DATA_SEGMENTS: usize = 100_000;

/// Elements of a segment.
pub const MAX_ELEMENTS: usize = 10_000_000;
/// Bytes of a name.
pub const MAX_NAME: usize = 100_000;
/// Bytes of a body.
pub const MAX_BODY: usize = 7_654_321;
/// Locals of a function, parameters included.
pub const MAX_LOCALS: usize = 50_000;
pub const MAX_PARAMS: usize = 1_000;
pub const MAX_RESULTS: usize = 1_000;
pub const MAX_FIELDS: usize = 10_000;
/// Supertypes above a type.
pub const MAX_DEPTH: u8 = 63;
/// What all imports and exports are made of: one each, and more for functions and tags, by the number of their values.
pub const MAX_TYPE_SIZE: usize = 1_000_000;
