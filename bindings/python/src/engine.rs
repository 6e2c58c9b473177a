//! Configurations and engines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::ticker::Watched;

/// The settings of an engine. Each is set by assignment.
#[pyclass(module = "wasmote")]
#[derive(Default)]
pub struct Config {
    config: wasmote::Config,
    has_epochs: bool,
}

/// Defines settings that have the value that was assigned.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $ty:ty => $config:ident;)*) => {
        #[pymethods]
        impl Config {
            #[new]
            fn new() -> Config {
                Config::default()
            }

            /// Whether `Store.set_epoch_deadline` can be used. Default: false.
            #[setter]
            fn set_epoch_interruption(&mut self, on: bool) {
                self.has_epochs = on;
            }

            /// The bytes of a store's value stack, which limits how deep functions nest. Default: 8 MiB.
            #[setter]
            fn set_max_wasm_stack(&mut self, bytes: usize) -> PyResult<()> {
                if bytes < 512 {
                    return Err(PyValueError::new_err("a stack has at least 512 bytes"));
                }
                self.config.max_stack(bytes);
                Ok(())
            }

            $(
                $(#[$doc])*
                #[setter]
                fn $name(&mut self, value: $ty) {
                    self.config.$config(value);
                }
            )*
        }
    };
}

settings! {
    /// Whether code takes fuel. Default: false. A new store then has none.
    set_consume_fuel: bool => consume_fuel;
    /// Whether float arithmetic always returns the canonical NaN. Default: false.
    set_cranelift_nan_canonicalization: bool => canonical_nans;
    /// Whether the same module with the same inputs has the same results on every machine. Default: false.
    set_deterministic: bool => deterministic;
    /// Whether guard pages replace bounds checks of memories. Default: true on Linux.
    set_signals_based_traps: bool => guard_pages;
    /// Whether traps have frames. Default: true.
    set_wasm_backtrace: bool => wasm_backtrace;
    /// Whether loops look for signals, deadlines and interruptions. Default: true. It costs about 1% of the time.
    set_interruption_in_loops: bool => interruption_in_loops;
    /// The largest size of each memory, in bytes. Default: no limit.
    set_max_memory: u64 => max_memory;
    /// Whether modules may use tail calls. Default: true.
    set_wasm_tail_call: bool => wasm_tail_call;
    /// Whether modules may use reference types. Default: true.
    set_wasm_reference_types: bool => wasm_reference_types;
    /// Whether modules may use vectors. Default: true.
    set_wasm_simd: bool => wasm_simd;
    /// Whether modules may use relaxed vector instructions. Default: true.
    set_wasm_relaxed_simd: bool => wasm_relaxed_simd;
    /// Whether modules may use bulk operations on memories and tables. Default: true.
    set_wasm_bulk_memory: bool => wasm_bulk_memory;
    /// Whether functions may have several results. Default: true.
    set_wasm_multi_value: bool => wasm_multi_value;
    /// Whether modules may have several memories. Default: true.
    set_wasm_multi_memory: bool => wasm_multi_memory;
    /// Whether modules may have memories with 64-bit addresses. Default: true.
    set_wasm_memory64: bool => wasm_memory64;
    /// Whether modules may use shared memories and atomics. Default: true.
    set_wasm_threads: bool => wasm_threads;
    /// Whether modules may use exceptions. Default: true.
    set_wasm_exceptions: bool => wasm_exceptions;
    /// Whether modules may use typed function references. Default: true.
    set_wasm_function_references: bool => wasm_function_references;
    /// Whether modules may use garbage-collected objects. Default: true.
    set_wasm_gc: bool => wasm_gc;
    /// Whether modules may use 128-bit arithmetic. Default: true.
    set_wasm_wide_arithmetic: bool => wasm_wide_arithmetic;
    /// Whether memories may have pages of one byte. Default: true.
    set_wasm_custom_page_sizes: bool => wasm_custom_page_sizes;
}

/// An engine, its epochs as Python counts them, and what looks after its code.
pub struct EngineCell {
    /// The engine.
    pub watched: Arc<Watched>,
    /// Whether deadlines may be set.
    pub has_epochs: bool,
    epoch: AtomicU64,
}

impl EngineCell {
    fn new(config: &Config) -> EngineCell {
        let mut settings = config.config.clone();
        // Python's signal handlers run at interruptions.
        let engine = wasmote::Engine::new(settings.interruption(true));
        EngineCell { watched: Arc::new(Watched::new(engine)), has_epochs: config.has_epochs, epoch: AtomicU64::new(0) }
    }

    /// Returns how often `Engine.increment_epoch` was called.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }
}

impl Default for EngineCell {
    fn default() -> EngineCell {
        EngineCell::new(&Config::default())
    }
}

/// What stores and modules share. Threads may use it at the same time.
#[pyclass(frozen, weakref, module = "wasmote")]
pub struct Engine {
    pub(crate) cell: Arc<EngineCell>,
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (config = None))]
    fn new(config: Option<PyRef<'_, Config>>) -> Engine {
        let cell = config.map_or_else(EngineCell::default, |config| EngineCell::new(&config));
        Engine { cell: Arc::new(cell) }
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Engine>().is_ok_and(|other| Arc::ptr_eq(&self.cell, &other.get().cell))
    }

    fn __hash__(&self) -> usize {
        Arc::as_ptr(&self.cell).addr()
    }

    /// Begins the next epoch. Stores whose deadline it is stop.
    fn increment_epoch(&self) {
        self.cell.epoch.fetch_add(1, Ordering::SeqCst);
        self.cell.watched.engine.increment_epoch();
    }
}
