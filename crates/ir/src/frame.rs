//! The layout of a call frame, which the translator, the linker and the executor share.
//!
//! ```text
//! fp ->  slot 0 ..             parameters; on return, the results
//!        slot H ..             header, H = max(parameter slots, result slots)
//!        slot H + HEADER ..    the other locals
//!        then                  temporaries: the operand stack, one fixed slot for each height
//! ```
//!
//! The caller's outgoing arguments are the callee's first slots. So frames overlap, and a call copies nothing.

/// The number of slots of a frame's header.
pub const HEADER: u16 = 2;
/// The first slot of the header: where the caller's code continues.
pub const HEADER_RETURN: usize = 0;
/// The second slot of the header: the caller's frame.
pub const HEADER_CALLER: usize = 1;
/// The highest slot where a header may begin. A type has at most 1,000 parameters and 1,000 results, so real ones are
/// much lower. Linked code uses the upper bit of such a number as a flag.
pub const MAX_HEADER: u16 = 0x7fff;
/// The maximum number of slots of a frame.
pub const MAX_SLOTS: u32 = 65_535;
