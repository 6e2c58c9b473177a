//! The layout of a call frame, as translator, linker and executor agree on it.
//!
//! ```text
//! fp ->  slot 0 ..             parameters; on return, the results
//!        slot H ..             header, H = max(parameter slots, result slots)
//!        slot H + HEADER ..    the other locals
//!        then                  temporaries: the operand stack, one fixed place for each height
//! ```
//!
//! The caller's outgoing arguments are the callee's first slots, so frames overlap and nothing is copied.

/// Slots of a frame's header.
pub const HEADER: u16 = 2;
/// Header slot: where to go on in the caller's code.
pub const HEADER_RETURN: usize = 0;
/// Header slot: the caller's frame.
pub const HEADER_CALLER: usize = 1;
/// The highest slot that a header can have: types have at most 1000 parameters and results. A bit is left over.
pub const MAX_HEADER: u16 = 0x7fff;
/// The most slots a frame can have.
pub const MAX_SLOTS: u32 = 65_535;
