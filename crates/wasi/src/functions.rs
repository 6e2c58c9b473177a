//! The table of all functions, one row each, and how a row is called.

use wasmote::ValType;

use crate::abi::Snapshot;
use crate::call::Call;
use crate::errno::Errno;
use crate::{args, clock, descriptor, directory, file, path, poll, process, random, socket};

/// The code of a function, by what it returns.
#[derive(Clone, Copy)]
pub(crate) enum Implementation {
    /// Returns an error number, 0 for success.
    Errno(fn(&mut Call<'_>) -> Result<(), Errno>),
    /// Ends the guest with an exit code.
    Exit(fn(&mut Call<'_>) -> i32),
}

/// A function of WASI.
pub(crate) struct WasiFunction {
    pub name: &'static str,
    /// The types of its parameters: `i` is i32, `I` is i64.
    params: &'static str,
    body: Implementation,
    /// The first version of the interface that has this function.
    since: Snapshot,
    /// Returns whether a call has side effects: anybody but the guest could notice it.
    pub has_side_effects: fn(&Call<'_>) -> bool,
    /// Whether a call may wait for something.
    pub may_block: bool,
}

impl WasiFunction {
    /// Returns the types of its parameters.
    pub fn params(&self) -> impl Iterator<Item = ValType> {
        self.params.bytes().map(|letter| if letter == b'I' { ValType::I64 } else { ValType::I32 })
    }

    /// Returns the types of its results.
    pub fn results(&self) -> &'static [ValType] {
        match self.body {
            Implementation::Errno(_) => &[ValType::I32],
            Implementation::Exit(_) => &[],
        }
    }

    /// Returns whether this version of the interface has the function.
    pub fn is_in(&self, snapshot: Snapshot) -> bool {
        self.since == Snapshot::Zero || snapshot == Snapshot::One
    }

    /// Calls the function. `Err` is the guest's exit code.
    pub fn call(&self, call: &mut Call<'_>) -> Result<Errno, i32> {
        match self.body {
            Implementation::Errno(body) => Ok(body(call).err().unwrap_or(Errno::SUCCESS)),
            Implementation::Exit(body) => Err(body(call)),
        }
    }
}

const fn of(name: &'static str, params: &'static str, body: Implementation) -> WasiFunction {
    WasiFunction { name, params, body, since: Snapshot::Zero, has_side_effects: |_| true, may_block: false }
}

const fn row(name: &'static str, params: &'static str, body: fn(&mut Call<'_>) -> Result<(), Errno>) -> WasiFunction {
    of(name, params, Implementation::Errno(body))
}

/// Returns a row for a function without side effects.
const fn ask(name: &'static str, params: &'static str, body: fn(&mut Call<'_>) -> Result<(), Errno>) -> WasiFunction {
    WasiFunction { has_side_effects: |_| false, ..row(name, params, body) }
}

/// Returns a row for a function that may wait.
const fn wait(name: &'static str, params: &'static str, body: fn(&mut Call<'_>) -> Result<(), Errno>) -> WasiFunction {
    WasiFunction { may_block: true, ..row(name, params, body) }
}

/// All functions, in the order of the interface's definition.
pub(crate) static TABLE: &[WasiFunction] = &[
    ask("args_get", "ii", args::args_get),
    ask("args_sizes_get", "ii", args::args_sizes_get),
    ask("environ_get", "ii", args::environ_get),
    ask("environ_sizes_get", "ii", args::environ_sizes_get),
    ask("clock_res_get", "ii", clock::clock_res_get),
    ask("clock_time_get", "iIi", clock::clock_time_get),
    row("fd_advise", "iIIi", file::fd_advise),
    row("fd_allocate", "iII", file::fd_allocate),
    row("fd_close", "i", descriptor::fd_close),
    row("fd_datasync", "i", file::fd_datasync),
    ask("fd_fdstat_get", "ii", descriptor::fd_fdstat_get),
    WasiFunction {
        has_side_effects: file::may_set_flags,
        ..row("fd_fdstat_set_flags", "ii", file::fd_fdstat_set_flags)
    },
    row("fd_fdstat_set_rights", "iII", descriptor::fd_fdstat_set_rights),
    row("fd_filestat_get", "ii", file::fd_filestat_get),
    row("fd_filestat_set_size", "iI", file::fd_filestat_set_size),
    row("fd_filestat_set_times", "iIIi", file::fd_filestat_set_times),
    row("fd_pread", "iiiIi", file::fd_pread),
    ask("fd_prestat_get", "ii", descriptor::fd_prestat_get),
    ask("fd_prestat_dir_name", "iii", descriptor::fd_prestat_dir_name),
    row("fd_pwrite", "iiiIi", file::fd_pwrite),
    wait("fd_read", "iiii", file::fd_read),
    row("fd_readdir", "iiiIi", directory::fd_readdir),
    row("fd_renumber", "ii", descriptor::fd_renumber),
    row("fd_seek", "iIii", file::fd_seek),
    row("fd_sync", "i", file::fd_sync),
    row("fd_tell", "ii", file::fd_tell),
    wait("fd_write", "iiii", file::fd_write),
    row("path_create_directory", "iii", path::path_create_directory),
    row("path_filestat_get", "iiiii", path::path_filestat_get),
    row("path_filestat_set_times", "iiiiIIi", path::path_filestat_set_times),
    row("path_link", "iiiiiii", path::path_link),
    wait("path_open", "iiiiiIIii", path::path_open),
    row("path_readlink", "iiiiii", path::path_readlink),
    row("path_remove_directory", "iii", path::path_remove_directory),
    row("path_rename", "iiiiii", path::path_rename),
    row("path_symlink", "iiiii", path::path_symlink),
    row("path_unlink_file", "iii", path::path_unlink_file),
    wait("poll_oneoff", "iiii", poll::poll_oneoff),
    of("proc_exit", "i", Implementation::Exit(process::proc_exit)),
    row("proc_raise", "i", process::proc_raise),
    row("sched_yield", "", process::sched_yield),
    ask("random_get", "ii", random::random_get),
    WasiFunction { since: Snapshot::One, ..wait("sock_accept", "iii", socket::sock_accept) },
    wait("sock_recv", "iiiiii", socket::sock_recv),
    wait("sock_send", "iiiii", socket::sock_send),
    row("sock_shutdown", "ii", socket::sock_shutdown),
];

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;
    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::*;

    /// Returns the files with this extension of the guests in `tests/guests/wasi`, which the command's tests run. The
    /// guest for snapshot 0 is left out, because it does not test the newer functions.
    fn guests(ending: &str) -> Vec<Vec<u8>> {
        let folder = wasmote_test_support::root().join("tests/guests/wasi");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let wanted = |file: &PathBuf| {
            file.extension().is_some_and(|end| end == ending) && file.file_stem().is_none_or(|name| name != "unstable")
        };
        files.filter(wanted).map(|file| std::fs::read(file).unwrap()).collect()
    }

    #[test]
    fn every_function_is_imported_and_reported_by_a_test_guest() {
        let engine = wasmote::Engine::default();
        let mut imported = BTreeSet::new();
        for wasm in guests("wasm") {
            let module = wasmote::Module::new(&engine, wasm).unwrap();
            for import in module.imports().filter(|import| import.module() == "wasi_snapshot_preview1") {
                imported.insert(import.name().to_string());
            }
        }
        let printed: Vec<String> = guests("txt").into_iter().map(|text| String::from_utf8(text).unwrap()).collect();
        let reported = printed.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once(": "));
        let reported: BTreeSet<String> = reported.map(|(name, _)| name.to_string()).collect();
        let all: BTreeSet<String> = TABLE.iter().map(|row| row.name.to_string()).collect();
        assert_eq!(all.len(), 46);
        assert_eq!(imported, all);
        assert_eq!(reported, all);
    }
}
