//! The maximum number of each part of a module (spec: appendix/implementation). Web engines agreed on most of these
//! limits. Those on types of imports and exports are wasmparser's.

pub use wasmote_decode::MAX_IMPORTS;

pub const MAX_TYPES: usize = 1_000_000;
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
/// Bytes of a body.
pub const MAX_BODY: usize = 7_654_321;
/// Locals of a function, including parameters.
pub const MAX_LOCALS: usize = 50_000;
pub const MAX_PARAMS: usize = 1_000;
pub const MAX_RESULTS: usize = 1_000;
pub const MAX_FIELDS: usize = 10_000;
/// Direct and indirect supertypes of a type.
pub const MAX_DEPTH: u8 = 63;
/// The total size of the types of imports and exports. Each counts 1, but a function or a tag counts 2 and the number
/// of its parameters and results.
pub const MAX_TYPE_SIZE: usize = 1_000_000;
