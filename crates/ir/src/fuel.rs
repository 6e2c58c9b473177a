//! What metered code costs: docs/fuel.md has it in words. Both who translates and who executes count by this.

/// The number of the schedule. It changes whenever the cost of anything does: programs that rely on costs, as those of chains of blocks, compare
/// it. Images whose code takes fuel run only under the schedule that they were compiled for.
pub const SCHEDULE: u32 = 1;

/// Log2 of the bytes that cost one, of memories and arrays.
pub const BYTES: u32 = 6;
/// Log2 of the elements of tables that cost one.
pub const ELEMENTS: u32 = 3;
/// Log2 of the values that cost one more where an operator moves many of them, and of the locals that a function sets to zero.
pub const VALUES: u32 = 3;
/// Log2 of the handlers that cost one when an exception comes by that they do not catch.
pub const HANDLERS: u32 = 3;
/// What one piece of a long instruction costs: 1 MiB of bytes, or 131,072 elements.
pub const PIECE: u64 = 1 << 14;

/// What `count` things cost of which `1 << log2` are one unit, begun ones counted.
pub const fn units(count: u64, log2: u32) -> u64 {
    count.div_ceil(1 << log2)
}

/// How many of `count` things the next piece has.
pub const fn piece(count: u64, log2: u32) -> u64 {
    let most = PIECE << log2;
    if count < most { count } else { most }
}
