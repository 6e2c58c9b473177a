//! What programs written for `wasmtime_wasi` and `wasi-common` use.

use wasmote::{Engine, Linker, Store};
use wasmote_wasi::p1::{self, WasiP1Ctx};
use wasmote_wasi::pipe::{ReadPipe, WritePipe};
use wasmote_wasi::sync::{Dir, WasiCtxBuilder, ambient_authority};
use wasmote_wasi::{MemoryInputPipe, MemoryOutputPipe, WasiCtx};

use crate::guest::*;

#[test]
fn memory_pipes_are_standard_streams() {
    let (input, output) = (MemoryInputPipe::new("some input"), MemoryOutputPipe::new(8));
    let mut guest = Guest::new(WasiCtx::builder().stdin(input.clone()).stdout(output.clone()).stderr(output.clone()));
    assert!(!input.is_empty());
    assert_eq!(guest.read(0, 100).unwrap(), b"some input");
    assert!(input.is_empty());
    assert_eq!(guest.write(1, b"out"), Ok(3));
    assert_eq!(guest.write(2, b"errors"), Ok(5), "there is no more room");
    assert_eq!(guest.write(2, b"s"), Err(NOSPC));
    assert_eq!((output.contents(), output.contents()), (b"outerror".to_vec(), b"outerror".to_vec()));
}

#[test]
fn wasmtimes_names_make_a_context_and_a_linker() {
    struct State {
        wasi: WasiP1Ctx,
    }
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    p1::add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi).unwrap();
    let wasi = wasmote_wasi::WasiCtxBuilder::new().arg("./foo.wasm").env(String::from("A"), "1").build_p1();
    let mut store = Store::new(&engine, State { wasi });
    assert!(linker.get(&mut store, "wasi_snapshot_preview1", "args_get").is_some());
}

/// Calls a function of a guest with this context.
fn with(context: WasiCtx) -> Guest {
    let mut guest = Guest::new(WasiCtx::builder());
    *guest.store.data_mut() = context;
    guest
}

#[test]
fn the_builder_of_wasi_common_makes_the_same_contexts() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("file"), "contents").unwrap();
    let (input, output) = (ReadPipe::from("input"), WritePipe::new_in_memory());
    let mut builder = WasiCtxBuilder::new();
    builder.arg("program").unwrap().args(&["a".into(), "bc".into()]).unwrap();
    builder.env("NAME", "value").unwrap();
    builder.stdin(Box::new(input)).stdout(Box::new(output.clone()));
    let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    builder.preopened_dir(dir, "/").unwrap();
    let mut guest = with(builder.build());
    guest.ok("args_sizes_get", &[0x900, 0x904]);
    assert_eq!((guest.u32(0x900), guest.u32(0x904)), (3, 8 + 2 + 3));
    guest.ok("environ_get", &[0x900, 0x2000]);
    assert_eq!(guest.get(0x2000, 11), b"NAME=value\0");
    assert_eq!(guest.read(0, 100).unwrap(), b"input");
    assert_eq!(guest.write(1, b"output"), Ok(6));
    let fd = guest.open("file", 0, FD_READ).unwrap();
    assert_eq!(guest.read(fd, 100).unwrap(), b"contents");
    let output = output.try_into_inner().unwrap_err();
    drop(guest);
    assert_eq!(output.try_into_inner().unwrap().into_inner(), b"output");
}

#[test]
fn the_builder_of_wasi_common_refuses_what_cannot_be() {
    let mut builder = WasiCtxBuilder::new();
    assert!(builder.arg("a\0b").is_err());
    assert!(builder.env("A", "\0").is_err());
    let folder = Folder::new();
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(Dir::open_ambient_dir(folder.path().join("file"), ambient_authority()).is_err());
    // What was right stays.
    builder.arg("c").unwrap();
    let mut guest = with(builder.build());
    guest.ok("args_sizes_get", &[0x900, 0x904]);
    assert_eq!((guest.u32(0x900), guest.u32(0x904)), (1, 2));
}
