//! Reserved address space, on hosts that have it; elsewhere a stand-in that never reserves.

#[cfg(not(reserve))]
mod absent;
#[cfg(reserve)]
mod clear;
#[cfg(reserve)]
mod mapped;
#[cfg(reserve)]
mod pool;

#[cfg(not(reserve))]
pub(crate) use absent::{IN_FRONT, MOST, PooledSpace, Slots, SpacePool, populate};
#[cfg(guarded)]
pub(crate) use mapped::Space;
#[cfg(reserve)]
pub(crate) use mapped::{IN_FRONT, MOST, populate};
#[cfg(reserve)]
pub(crate) use pool::{PooledSpace, Slots, SpacePool};
