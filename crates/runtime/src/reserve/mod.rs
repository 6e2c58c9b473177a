//! Reserved address space, on hosts that have it; elsewhere a stand-in that never reserves.

#[cfg(not(reserve))]
mod absent;
#[cfg(reserve)]
mod mapped;

#[cfg(not(reserve))]
pub(crate) use absent::{IN_FRONT, MOST, Slots, Space, populate};
#[cfg(reserve)]
pub(crate) use mapped::{IN_FRONT, MOST, Slots, Space, populate};
