//! What other engines call options that wasmote has, too. A build without the feature `hints` knows none of it.

use crate::features;
use crate::text_table::parts;

/// The options that wasmtime has behind `-W` or `-S`, each with ours.
const WASMTIME: &str = "fuel=--fuel timeout=--timeout max-memory-size=--max-memory max-table-elements=--max-table \
     max-wasm-stack=--max-stack trap-on-grow-failure=--trap-on-grow-failure threads=--threads \
     inherit-env=--env-inherit tcplisten=--tcplisten";

/// What wasmtime calls proposals behind `-W`.
const PROPOSALS: &str = "all-proposals bulk-memory custom-page-sizes exceptions extended-const function-references gc \
     memory64 multi-memory multi-value reference-types relaxed-simd simd tail-call wide-arithmetic";

/// Options of `run` in wasmer, wasm3, iwasm, wasmi, wasmtime and wasmedge, each with what to use instead.
const RUN: &str = "--mapdir=--dir HOST::GUEST\n--map-dir=--dir HOST::GUEST\n--volume=--dir HOST::GUEST\n\
     --func=--invoke NAME\n--function=--invoke NAME\n-f=--invoke NAME\n--entrypoint=--invoke NAME\n\
     --reactor=--invoke NAME\n--forward-host-env=--env-inherit\n--gas-limit=--fuel N\n--stack-size=--max-stack SIZE\n\
     --max-memory-size=--max-memory SIZE\n--max-memory-pages=--max-memory SIZE\n--time-limit=--timeout TIME\n\
     --wasm-timeout=--timeout TIME\n--env-vars=--env NAME=VALUE\n--enable-threads=--threads\n\
     --addr-pool=--tcplisten ADDR\n--compilation-mode=--eager\n--verbose=--stats\n";

/// Returns our name for an option that wasmtime has behind `-W` or `-S`.
pub fn of_wasmtime(name: &str) -> Option<&'static str> {
    value_of(WASMTIME, b' ', name)
}

/// Returns whether wasmtime has a proposal of this name.
pub fn is_proposal(name: &str) -> bool {
    parts(PROPOSALS, b' ').contains(&name)
}

/// Returns what to use instead of an option that other engines have for running a program.
pub fn of_run(name: &str) -> Option<&'static str> {
    value_of(RUN, b'\n', name)
}

fn value_of(pairs: &'static str, separator: u8, name: &str) -> Option<&'static str> {
    if !features::HINTS.is_built {
        return None;
    }
    parts(pairs, separator).into_iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
