//! Address space of its own, where there is enough of it and a way to it; or none.

#[cfg(not(reserve))]
mod absent;
#[cfg(reserve)]
mod mapped;

#[cfg(not(reserve))]
pub(crate) use absent::{IN_FRONT, MOST, Slots, Space, populate};
#[cfg(reserve)]
pub(crate) use mapped::{IN_FRONT, MOST, Slots, Space, populate};
