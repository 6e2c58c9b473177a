//! WASI preview 1 for wasmote.
//!
//! ```text
//! guest ──> Linker ──> run (here) ──> functions ──> args clock random process
//!                        checks nothing             descriptor file directory path poll socket
//!                                                   │            │
//!                                                   call: every address and length is checked there
//! ```
//!
//! Read in this order:
//!
//! 1. [`context`]: what an embedder sets up, with [`stdio`], [`clock`] and [`random`]; `with_std`: what
//!    the feature `std` adds; [`p1`], [`pipe`] and `sync`: names that other crates have for these;
//! 2. `functions`: the functions, a row each; `call`: the arguments and the memory of a call;
//! 3. `descriptor`: what descriptors refer to, and rights; then the subjects: `file` (with `iovecs`), `custom_file`, `directory`,
//!    `path` (over `sandbox`), `socket`, `poll`, `args`, `process`;
//! 4. `blocking`: calls that wait, and how an interruption ends them (`interrupt`);
//! 5. `threads`: threads of a guest;
//! 6. `abi` and `errno`: numbers and layouts.
//!
//! It provides `wasi_snapshot_preview1` and its predecessor `wasi_unstable`, which differ in a few layouts. Paths are
//! resolved so that none leads out of the directory it starts in. On Linux the kernel does that (5.8 or newer);
//! elsewhere cap-std does. Sockets come from the embedder, listening or connected. Without the feature `sockets` there
//! are none.
//!
//! The crate needs an operating system, but on Linux it needs no `std`. With the feature `std` off, an embedder's
//! streams are [`Reader`]s and [`Writer`]s.
//!
//! ```
//! use wasmote::{Engine, Linker, Module, Store};
//! use wasmote_wasi::{Output, Pipe, WasiCtx};
//!
//! let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx)?;
//!
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//!     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!     (memory (export "memory") 1)
//!     (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
//!     (func (export "_start")
//!         (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
//!         (call $exit (i32.const 3))))"#)?)?;
//!
//! let stdout = Pipe::new(1000);
//! let context = WasiCtx::builder().arg("hello").stdout(Output::Writer(Box::new(stdout.clone()))).build()?;
//! let mut store = Store::new(&engine, context);
//! let instance = linker.instantiate(&mut store, &module)?;
//! let error = instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ()).unwrap_err();
//! assert_eq!(error.i32_exit_status(), Some(3));
//! assert_eq!(stdout.drain(), b"hello\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(missing_debug_implementations)]

#[cfg(not(unix))]
compile_error!("wasmote-wasi is made of POSIX system calls: leave it out on this system");

extern crate alloc;
// cap-std, which confines paths on other systems, needs the standard library.
#[cfg(any(feature = "std", not(target_os = "linux")))]
extern crate std;

mod abi;
mod args;
mod blocking;
mod call;
pub mod clock;
pub mod context;
#[cfg(feature = "custom-files")]
pub mod custom_file;
#[cfg(not(feature = "custom-files"))]
#[path = "no_custom_file.rs"]
mod custom_file;
mod debug;
mod descriptor;
mod directory;
mod errno;
mod file;
mod functions;
#[cfg_attr(not(feature = "interrupt"), path = "uninterrupted.rs")]
mod interrupt;
mod iovecs;
pub mod p1;
mod path;
pub mod pipe;
mod poll;
mod process;
pub mod random;
mod sandbox;
mod socket;
pub mod stdio;
#[cfg(all(feature = "std", feature = "custom-files"))]
pub mod sync;
#[cfg(feature = "wasi-threads")]
mod threads;
#[cfg(feature = "std")]
mod with_std;

use alloc::sync::Arc;

use wasmote::{Caller, Error, FuncType, Linker, Module, Writes};

pub use clock::{Clocks, FixedClocks, SteppingClocks};
pub use context::{DirAccess, Gate, SetupError, WasiCtx, WasiCtxBuilder};
#[cfg(feature = "custom-files")]
pub use custom_file::{FileAccessMode, FileStat, FileType, MemoryFile, SeekFrom, WasiFile};
pub use errno::Errno;
pub use pipe::{MemoryInputPipe, MemoryOutputPipe};
pub use rustix::fd::OwnedFd;
pub use stdio::{Input, Output, Pipe, Reader, Writer};
#[cfg(feature = "wasi-threads")]
pub use threads::{SpawnThread, ThreadOptions, WasiThreads};

use abi::Snapshot;
use call::{Call, GuestMemory};

/// Defines the functions of WASI. `context` returns the state in the store's data. A guest's `proc_exit` ends its call
/// with [`Error::i32_exit`]. Errors: the linker already defines one of the names.
pub fn add_to_linker<T: 'static>(linker: &mut Linker<T>, context: fn(&mut T) -> &mut WasiCtx) -> Result<(), Error> {
    define(linker, [u64::MAX; INTERFACES.len()], context)
}

/// Defines those functions of WASI that one of the modules imports, and otherwise does what [`add_to_linker`] does. For a
/// linker that serves only these modules, this takes less time: most modules import few of the functions.
pub fn add_imports_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    modules: &[&Module],
    context: fn(&mut T) -> &mut WasiCtx,
) -> Result<(), Error> {
    define(linker, imported(modules), context)
}

/// The versions of the interface, with the names that modules import them by.
const INTERFACES: [(&str, Snapshot); 2] =
    [("wasi_snapshot_preview1", Snapshot::One), ("wasi_unstable", Snapshot::Zero)];

/// Returns which functions the modules import: for each version a bit for each row.
fn imported(modules: &[&Module]) -> [u64; INTERFACES.len()] {
    const { assert!(functions::TABLE.len() <= u64::BITS as usize) };
    let mut wanted = [0; INTERFACES.len()];
    for import in modules.iter().flat_map(|module| &module.info().imports) {
        let is_row = |row: &functions::WasiFunction| *row.name == *import.name;
        if let Some(version) = INTERFACES.iter().position(|(name, _)| **name == *import.module)
            && let Some(row) = functions::TABLE.iter().position(is_row)
        {
            wanted[version] |= 1 << row;
        }
    }
    wanted
}

/// Defines those functions whose bits are set.
fn define<T: 'static>(
    linker: &mut Linker<T>,
    wanted: [u64; INTERFACES.len()],
    context: fn(&mut T) -> &mut WasiCtx,
) -> Result<(), Error> {
    for ((module, snapshot), wanted) in INTERFACES.into_iter().zip(wanted) {
        let rows = functions::TABLE.iter().enumerate().filter(|(number, _)| wanted >> number & 1 != 0);
        for row in rows.map(|(_, row)| row).filter(|row| row.is_in(snapshot)) {
            let ty = FuncType::new(row.params(), row.results().iter().copied());
            let body = move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
                let handle = row.may_block.then(|| interrupt::handle(&mut caller));
                // A guest without a memory can call functions that need none.
                let (memory, data) = match (caller.memory(), caller.shared_memory()) {
                    (Some(memory), _) => {
                        let (bytes, data, writes) = memory.data_and_writes_mut(&mut caller);
                        (Some(GuestMemory::Own { bytes, writes }), data)
                    }
                    (None, shared) => (shared.map(GuestMemory::Shared), caller.data_mut()),
                };
                let cx = context(data);
                if let Some(handle) = handle {
                    cx.interrupts.begin_call(handle);
                }
                run(row, snapshot, cx, memory, slots)
            };
            linker.func_raw_fn(module, row.name, ty, Arc::new(body))?;
        }
    }
    Ok(())
}

/// Runs one function. This part is not generic over the store's type, so it is compiled only once.
fn run(
    row: &functions::WasiFunction,
    snapshot: Snapshot,
    cx: &mut WasiCtx,
    memory: Option<GuestMemory<'_>>,
    slots: &mut [u64],
) -> Result<(), Error> {
    // `path_open` has the most parameters.
    let mut args = [0; 9];
    let count = args.len().min(slots.len());
    args[..count].copy_from_slice(&slots[..count]);
    let memory = memory.unwrap_or_else(|| GuestMemory::Own { bytes: &mut [], writes: Writes::default() });
    let mut call = Call { cx, memory, args: &args, snapshot };
    if call.cx.has_gate() && (row.has_side_effects)(&call) {
        call.cx.pass_gate()?;
    }
    match row.call(&mut call) {
        Ok(Errno::INTERRUPTED) => Err(interrupt::error()),
        Ok(errno) => {
            slots[0] = u64::from(errno.0);
            Ok(())
        }
        Err(code) => {
            call.cx.flush();
            Err(Error::i32_exit(code))
        }
    }
}
