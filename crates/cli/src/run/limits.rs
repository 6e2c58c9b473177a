//! Limits of the guest, as the store enforces them.

use wasmote::{Error, Store, StoreLimits, StoreLimitsBuilder};

use super::State;
use crate::options::{Options, in_memory};

/// The limits in the store's state.
pub type Limits = StoreLimits;

/// Returns the limits that the options ask for.
pub fn limits(options: &Options) -> Limits {
    let mut limits = StoreLimitsBuilder::new().trap_on_grow_failure(options.trap_on_grow_failure);
    if let Some(bytes) = options.max_memory {
        limits = limits.memory_size(in_memory(bytes));
    }
    if let Some(elements) = options.max_table {
        limits = limits.table_elements(in_memory(elements));
    }
    if let Some(bytes) = options.max_total {
        limits = limits.max_total_bytes(in_memory(bytes));
    }
    limits.build()
}

/// Makes the limits hold, if some of the options ask for one. Otherwise the store has no limiter.
pub fn limit(store: &mut Store<State>, limited: bool) -> Result<(), Error> {
    if limited { store.try_limiter(|state| &mut state.limits) } else { Ok(()) }
}
