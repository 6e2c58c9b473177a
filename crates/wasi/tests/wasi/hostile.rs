//! Hostile lengths and counts: they are answered with an error, and allocate nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use wasmote_wasi::{DirAccess, Input, Pipe, WasiCtx};

use crate::guest::*;

/// The system's heap, which counts the bytes that each thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static HEAP: Counting = Counting;

// SAFETY: forwards to the system's heap unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + layout.size());
        // SAFETY: the caller upholds the contract of `GlobalAlloc::alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of `GlobalAlloc::dealloc`, and the block is the system's.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Returns the number of bytes that `what` allocates, freed or not.
fn allocated(what: impl FnOnce()) -> usize {
    let before = ALLOCATED.get();
    what();
    ALLOCATED.get() - before
}

const HUGE: u64 = u32::MAX as u64;

#[test]
fn huge_lengths_cost_nothing() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("file"), "text").unwrap();
    let builder = WasiCtx::builder().stdin(Input::Reader(Box::new(Pipe::with_bytes("input"))));
    let mut guest = Guest::new(builder.preopened_dir(folder.path(), "/", DirAccess::ReadWrite).unwrap());
    let file = guest.open("file", 0, ALL).unwrap();
    let [at, len] = guest.path("file");
    guest.iovec(0, u32::MAX);
    // More than a gigabyte, beyond the memory; and the same with a start whose end overflows.
    let calls: &[(&str, &[u64], u16)] = &[
        ("fd_read", &[0, 0x800, 1, 0x900], FAULT),
        ("fd_read", &[file, 0x800, 1, 0x900], FAULT),
        ("fd_pread", &[file, 0x800, 1, 0, 0x900], FAULT),
        ("fd_write", &[file, 0x800, 1, 0x900], FAULT),
        ("fd_pwrite", &[file, 0x800, 1, 0, 0x900], FAULT),
        ("fd_read", &[file, 0x800, 1024, 0x900], FAULT),
        ("fd_read", &[file, 0x800, 1025, 0x900], INVAL),
        ("fd_read", &[file, 0x800, HUGE, 0x900], INVAL),
        ("fd_write", &[file, 0x800, HUGE, 0x900], INVAL),
        ("fd_write", &[file, HUGE, HUGE, 0x900], INVAL),
        ("fd_readdir", &[3, 0x4000, HUGE, 0, 0x900], FAULT),
        ("fd_readdir", &[3, 0x4000, 0x4000_0000, 0, 0x900], FAULT),
        ("fd_readdir", &[3, HUGE, HUGE, 0, 0x900], FAULT),
        ("poll_oneoff", &[0x2000, 0x3000, 4096, 0x900], FAULT),
        ("poll_oneoff", &[0x2000, 0x3000, 4097, 0x900], INVAL),
        ("poll_oneoff", &[0x2000, 0x3000, HUGE, 0x900], INVAL),
        ("random_get", &[0x4000, HUGE], FAULT),
        ("random_get", &[HUGE, HUGE], FAULT),
        ("path_open", &[3, 0, at, HUGE, 0, FD_READ, 0, 0, 0x900], FAULT),
        ("path_open", &[3, 0, at, 0x8000, 0, FD_READ, 0, 0, 0x900], NAMETOOLONG),
        ("path_symlink", &[at, HUGE, 3, at, len], FAULT),
        ("path_symlink", &[at, 0x8000, 3, at, len], NAMETOOLONG),
        ("path_readlink", &[3, at, len, 0x4000, HUGE, 0x900], FAULT),
        ("path_rename", &[3, at, HUGE, 3, at, len], FAULT),
        ("fd_renumber", &[file, HUGE], BADF),
        ("fd_close", &[HUGE], BADF),
    ];
    for (name, args, errno) in calls {
        // The first call of a function translates it, which allocates.
        assert_eq!(guest.call(name, args), *errno, "{name} {args:x?}");
        let bytes = allocated(|| assert_eq!(guest.call(name, args), *errno));
        assert!(bytes < 4096, "{name} {args:x?}: {bytes} bytes");
    }
    assert_eq!(std::fs::read(folder.path().join("file")).unwrap(), b"text");
}

#[test]
fn a_whole_memory_is_read_and_listed_in_place() {
    let folder = Folder::new();
    for number in 0..100 {
        std::fs::write(folder.path().join(format!("file {number}")), "").unwrap();
    }
    let input = Pipe::with_bytes([7; 0x8000]);
    let builder = WasiCtx::builder().stdin(Input::Reader(Box::new(input)));
    let mut guest = Guest::new(builder.preopened_dir(folder.path(), "/", DirAccess::ReadOnly).unwrap());
    guest.ok("fd_readdir", &[3, 0x4000, 0, 0, 0x900]);
    guest.ok("random_get", &[0x4000, 0]);
    guest.iovec(0x4000, 0);
    guest.ok("fd_read", &[0, 0x800, 1, 0x900]);
    guest.iovec(0x4000, 0x8000);
    let bytes = allocated(|| {
        guest.ok("fd_readdir", &[3, 0x4000, 0x8000, 0, 0x900]);
        guest.ok("random_get", &[0x4000, 0x8000]);
        guest.ok("fd_read", &[0, 0x800, 1, 0x900]);
    });
    assert!(bytes < 0x4000, "{bytes} bytes");
    assert_eq!(guest.u32(0x900), 0x8000);
}

#[test]
fn all_buffers_may_be_the_same() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("file"), vec![1; 0x2000]).unwrap();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let file = guest.open("file", 0, ALL).unwrap();
    for i in 0..1024 {
        guest.put(0x8000 + 8 * i, &u32::to_le_bytes(0x4000));
        guest.put(0x8004 + 8 * i, &u32::to_le_bytes(16));
    }
    guest.ok("fd_read", &[file, 0x8000, 1024, 0x900]);
    assert_eq!(guest.u32(0x900), 0x2000);
    guest.ok("fd_write", &[file, 0x8000, 1024, 0x900]);
    assert_eq!(guest.u32(0x900), 0x4000);
    assert_eq!(std::fs::read(folder.path().join("file")).unwrap(), vec![1; 0x6000]);
}
