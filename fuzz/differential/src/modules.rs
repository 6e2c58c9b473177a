//! Modules made by wasm-smith from numbers.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

/// The kinds of modules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// With vectors, and nothing that wasmi lacks.
    Vectors,
    /// With objects, typed references, exceptions, tail calls, several memories and 64-bit memories. Half of them have
    /// vectors.
    Objects,
}

/// The limit of loops and calls of an instance, and of elements written at once. It does not stop recursion first.
const FUEL: u32 = 2000;

/// Whether the module with this number may trap.
pub fn may_trap(number: u64) -> bool {
    number % 2 == 1
}

/// Returns the module with this number, if there is one.
pub fn module(kind: Kind, number: u64) -> Option<Vec<u8>> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(2_685_821_657_736_338_717).to_le_bytes()
    };
    let input: Vec<u8> = std::iter::from_fn(|| Some(next())).take(512).flatten().collect();
    let mut config = Config::default();
    config.max_imports = 0;
    config.max_memory32_bytes = 1 << 16;
    config.max_table_elements = 100;
    // Otherwise memories may grow to gigabytes.
    config.memory_max_size_required = true;
    config.table_max_size_required = true;
    config.max_instructions = 300;
    config.min_funcs = 2;
    config.multi_value_enabled = true;
    config.bulk_memory_enabled = true;
    config.tail_call_enabled = true;
    config.relaxed_simd_enabled = false;
    config.threads_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.compact_imports_enabled = false;
    config.custom_descriptors_enabled = false;
    config.export_everything = true;
    config.allow_start_export = false;
    config.disallow_traps = !may_trap(number);
    // NaN bits may differ.
    config.canonicalize_nans = true;
    let objects = kind == Kind::Objects;
    config.gc_enabled = objects;
    config.exceptions_enabled = objects;
    match kind {
        Kind::Vectors => {
            config.min_memories = 1;
            config.max_memories = 1;
            config.simd_enabled = true;
            config.memory64_enabled = false;
            config.custom_page_sizes_enabled = false;
            config.wide_arithmetic_enabled = false;
        }
        Kind::Objects => {
            config.min_types = 6;
            config.min_tags = 1;
            config.max_tags = 4;
            config.min_globals = 2;
            config.max_memories = 2;
            config.max_memory64_bytes = 1 << 16;
            config.max_tables = 3;
            config.simd_enabled = (number >> 1) & 1 == 0;
            config.memory64_enabled = (number >> 2) & 1 == 0;
            config.custom_page_sizes_enabled = (number >> 3) & 1 == 0;
            config.wide_arithmetic_enabled = (number >> 4) & 1 == 0;
            // Otherwise nothing bounds the time of initialisers.
            config.limit_arrays_in_const_exprs = true;
        }
    }
    let mut module = Module::new(config, &mut Unstructured::new(&input)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}
