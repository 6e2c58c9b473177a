//! The costs of metered code, which docs/fuel.md explains. The translator and the executor both use them.

/// The number of the schedule. It changes when any cost changes, so that programs that rely on costs, such as
/// blockchains, can compare it. A metered image has the number in its header, and loads only in a build with the same
/// number. It has 16 bits there, and is never 0.
pub const SCHEDULE: u32 = 1;
const _: () = assert!(SCHEDULE > 0 && SCHEDULE >> 16 == 0);

/// Log2 of how many bytes of a memory or an array cost one unit of fuel.
pub const BYTES: u32 = 6;
/// Log2 of how many elements of a table cost one unit of fuel.
pub const ELEMENTS: u32 = 3;
/// Log2 of how many values that an operator moves, or locals that a function declares, cost one more unit of fuel.
pub const VALUES: u32 = 3;
/// Log2 of how many handlers cost one unit of fuel when an exception passes them that they do not catch.
pub const HANDLERS: u32 = 3;
/// The cost of one step of a long instruction: 1 MiB, or 131,072 elements of a table.
pub const PIECE: u64 = 1 << 14;

/// Returns the cost of `count` things, if `1 << log2` of them cost one unit of fuel. It is rounded up.
pub const fn units(count: u64, log2: u32) -> u64 {
    count.div_ceil(1 << log2)
}

/// Returns how many of `count` things the next step of a long instruction handles.
pub const fn piece(count: u64, log2: u32) -> u64 {
    let most = PIECE << log2;
    if count < most { count } else { most }
}
