//! The options, a row for each. Parsing, help, completions and the manual page derive from the rows.

use alloc::vec::Vec;

use crate::commands::{BUILT, Command};
use crate::features::{self, Feature};
use crate::text_table::{TextRow, join, joined_len, parts, text};

macro_rules! options {
    ($( $names:literal $option:ident $commands:expr, $value:literal, $help:literal; )*) => {
        /// An option.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Opt { $( $option, )* }

        /// The options with the commands that have them, in the order of the rows.
        const OPTIONS: &[(Opt, u16)] = &[$( (Opt::$option, $commands), )*];
        const ROWS: &[TextRow] = &[$( TextRow {
            // Nobody asks for an option of a command that the build lacks.
            names: if $commands & BUILT != 0 { $names } else { "" },
            rest: concat!("\t", $value, "\t", $help),
            is_built: $commands & BUILT != 0 && Opt::$option.is_built(),
        }, )*];
    };
}

const RUN: u16 = Command::Run.bit();
const INSPECT: u16 = Command::Inspect.bit();
const DUMP: u16 = Command::Dump.bit();
const COMPILE: u16 = Command::Compile.bit();
/// The commands that make a file.
pub const FILE: u16 = COMPILE | Command::Print.bit() | Command::Parse.bit();

// Each row: the names, the option, the commands that have it, its value, and what it does. An option without a value is
// a flag. A value in brackets is optional, and only given with `=`.
options! {
    "--dir" Dir RUN, "HOST[::GUEST]",
    "let the program use the directory HOST, under the name GUEST (default: HOST)";
    "--dir-ro" DirRo RUN, "HOST[::GUEST]",
    "the same, for reading only";
    "--env,-e" Env RUN, "NAME[=VALUE]",
    "set an environment variable of the program (default: the value that it has here)";
    "--env-inherit" EnvInherit RUN, "",
    "pass the environment of this process to the program; --env takes precedence";
    "--argv0" Argv0 RUN, "NAME",
    "the name that the program has for itself (default: FILE)";
    "--tcplisten" TcpListen RUN, "ADDR",
    "let the program accept TCP connections at ADDR, an address and a port (127.0.0.1:8080)";
    "--clock" Clock RUN, "fixed:NS",
    "stop the program's clocks at NS nanoseconds after 1970; sleeping returns at once and advances them";
    "--random-seed" RandomSeed RUN, "N",
    "make the program's random bytes the same in each run with the same N";
    "--deterministic" Deterministic RUN, "",
    "make runs the same on every machine: canonical NaNs, limits that do not depend on it, clocks that begin at 1970 and advance by a microsecond each time they are read, and --random-seed 0; compile an image with --deterministic for this";
    "--invoke,-i" Invoke RUN, "NAME",
    "call the exported function NAME with ARGS, and print its results; WASI gets the arguments behind `--`, otherwise the same ARGS";
    "--preload" Preload RUN, "NAME=FILE",
    "instantiate the module FILE first; its exports are imports of module NAME";
    "--stub-missing" StubMissing RUN, "",
    "let functions be missing: a call of one traps";
    "--eager" Eager RUN, "",
    "translate all functions before the run, not each at its first call";
    "--timeout" Timeout RUN, "TIME",
    "stop the program after TIME: a number with ms, s, m or h, such as 500ms";
    "--threads" Threads RUN, "",
    "let the program start threads (wasi-threads, docs/threads.md)";
    "--fuel" Fuel RUN, "N",
    "trap when N units of fuel are used up (docs/fuel.md); an image must be compiled with --fuel";
    "--max-memory" MaxMemory RUN, "SIZE",
    "the most bytes of each memory, such as 1048576, 64KiB, 64MiB or 1GiB; beyond it, growing returns -1";
    "--max-table" MaxTable RUN, "N",
    "the most elements of each table";
    "--max-total" MaxTotal RUN, "SIZE",
    "the most bytes of memories, tables, objects and translated code together";
    "--max-stack" MaxStack RUN, "SIZE",
    "the bytes of the value stack, which limits how deep calls go (default: 8MiB)";
    "--trap-on-grow-failure" TrapOnGrowFailure RUN, "",
    "trap where growing would return -1";
    "-W" WasmGroup RUN, "NAME[=VALUE],...",
    "wasmtime's names: fuel=N, timeout=TIME, max-memory-size=SIZE, max-table-elements=N, max-wasm-stack=SIZE, trap-on-grow-failure; those of proposals do nothing";
    "-S" WasiGroup RUN, "NAME[=VALUE],...",
    "wasmtime's names: threads, inherit-env, tcplisten=ADDR";
    "--no-superinstructions" NoSuperinstructions RUN | DUMP, "",
    "run each instruction with its own handler, which is slower";
    "--trace" Trace RUN, "[=FUNC]",
    "print each instruction with its values to standard error as it runs, for one function or for all";
    "--profile" Profile RUN, "[=FILE]",
    "note what runs every millisecond, and write FILE: a flame graph if it ends with .svg, otherwise folded stacks; without FILE both, as profile.svg and profile.folded (docs/profiling.md)";
    "--counts-out" CountsOut RUN, "FILE",
    "write how often each instruction ran to FILE, for a build with superinstructions of its own (CONTRIBUTING.md)";
    "--record" Record RUN, "FILE",
    "keep in FILE what the program gets from outside, so that --replay can run it again";
    "--replay" Replay RUN, "FILE",
    "run the program with what FILE holds: without its files, clocks and other input. What it printed is printed again; FILE must be a recording of the same module (docs/replay.md)";
    "--stats,-v" Stats RUN, "",
    "print the time of each phase and the memory used to standard error";
    "--linked" Linked DUMP, "",
    "print the linked code, each instruction with the operator that it comes from";
    "--func" Func DUMP, "N|NAME",
    "the same as N or NAME behind FILE";
    "--json" Json INSPECT, "",
    "print JSON, for scripts";
    "-o,--output" Out FILE, "OUT",
    "the file to write; `-` is standard output, which is the default of print and parse";
    "--op-set" OpSet COMPILE, "core|extended",
    "the instructions that the image may use: core for firmware, extended for speed (default: extended)";
    "--fuel" Metered COMPILE, "",
    "make the code consume fuel, so that a run can be limited";
    "--deterministic" CanonicalNans COMPILE, "",
    "make the code return canonical NaNs, for a deterministic run";
    "--names" Names COMPILE, "[=offsets]",
    "keep the names of functions (and the offsets of instructions), for backtraces";
    "--custom-sections" CustomSections COMPILE, "",
    "keep the custom sections, for programs that look at them";
}

/// The rows: names, value and help.
const TEXT: &str = text(&join::<{ joined_len(ROWS) }>(ROWS));

/// An option, as the table has it.
#[derive(Clone, Copy)]
pub struct Row {
    names: &'static str,
    /// The value, as the help shows it. Empty for a flag.
    pub value: &'static str,
    pub help: &'static str,
    pub option: Opt,
    /// The commands that have the option, as bits.
    pub commands: u16,
}

/// Returns the rows that `wanted` takes, in order.
#[inline(never)]
fn rows(wanted: &dyn Fn(&Row) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (line, &(option, commands)) in parts(TEXT, b'\0').into_iter().zip(OPTIONS) {
        let mut columns = parts(line, b'\t').into_iter();
        let mut column = || columns.next().unwrap_or_default();
        let row = Row { names: column(), value: column(), help: column(), option, commands };
        if wanted(&row) {
            rows.push(row);
        }
    }
    rows
}

/// Returns the rows of the options with this name: one for each meaning.
pub fn rows_named(name: &str) -> Vec<Row> {
    rows(&|row| row.names().contains(&name))
}

/// Returns the rows of the options that a command has in this build.
pub fn rows_of(command: Command) -> Vec<Row> {
    rows(&|row| row.commands & command.bit() != 0 && row.option.is_built())
}

impl Row {
    /// Returns the names, the usual one first.
    pub fn names(&self) -> Vec<&'static str> {
        parts(self.names, b',')
    }

    /// Whether the value may be left out.
    pub fn is_value_optional(&self) -> bool {
        self.value.starts_with('[')
    }
}

impl Opt {
    /// Returns the feature that has the option.
    pub const fn feature(self) -> Option<Feature> {
        Some(match self {
            Opt::TcpListen => features::SOCKETS,
            Opt::Timeout => features::INTERRUPT,
            Opt::Threads => features::WASI_THREADS,
            Opt::Trace => features::TRACE,
            Opt::CountsOut => features::COUNT,
            Opt::Profile => features::PROFILE,
            Opt::MaxMemory | Opt::MaxTable | Opt::MaxTotal | Opt::MaxStack | Opt::TrapOnGrowFailure => features::LIMITS,
            Opt::Record | Opt::Replay => features::REPLAY,
            Opt::Preload | Opt::StubMissing => features::LINKING,
            Opt::Stats => features::STATS,
            Opt::WasmGroup | Opt::WasiGroup => features::HINTS,
            _ => return None,
        })
    }

    /// Whether this build has the option.
    const fn is_built(self) -> bool {
        match self.feature() {
            Some(feature) => feature.is_built,
            None => true,
        }
    }
}
