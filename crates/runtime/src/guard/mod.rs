//! Guard pages: the part of the operating system. [`handler`] turns faults into traps, if they are accesses of guarded
//! memories ([`wasmote_exec::guard`]). [`context`] has what depends on the system and the processor.

mod context;
mod handler;

use core::sync::atomic::{AtomicU8, Ordering};

use wasmote_exec::guard::RESERVED;

use crate::pages::Pages;
use crate::reserve::{Space, SpacePool};

/// What the probe for address space found.
static SPACE: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const ENOUGH: u8 = 1;
const SCARCE: u8 = 2;

/// The address space of about five hundred guarded memories. Machines with 39-bit or 42-bit addresses have less,
/// and so do processes with a limit.
const MUCH: usize = 1 << 42;

/// Makes `len` zero bytes for a guarded memory, in address space of the pool. `None` if there is not enough memory or
/// address space, or if the signal handler cannot be installed.
pub(crate) fn pages(len: u64, pool: Option<&SpacePool>) -> Option<Pages> {
    if !handler::install() {
        return None;
    }
    let len = usize::try_from(len).ok()?;
    let mut pages = Pages::in_space(RESERVED, len, pool)?;
    pages.set_len(len);
    Some(pages)
}

/// Returns whether there is address space for guarded memories. A process may have less than the machine. A machine may
/// have too little for more than a few memories.
pub(crate) fn available() -> bool {
    let mut space = SPACE.load(Ordering::Relaxed);
    if space == UNKNOWN {
        space = if Space::new(MUCH).is_some() { ENOUGH } else { SCARCE };
        SPACE.store(space, Ordering::Relaxed);
    }
    space == ENOUGH
}

const _: () = assert!(RESERVED.is_multiple_of(64 << 10));
