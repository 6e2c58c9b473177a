//! Arguments, environment, random bytes, the process, and unsupported functions.

use std::sync::{Arc, Mutex};

use wasmote::{Engine, Error, Linker, Module, Store};
use wasmote_test_support::Random;
use wasmote_wasi::{Output, Pipe, WasiCtx};

use crate::guest::*;

#[test]
fn arguments_and_environment_arrive_with_nuls_behind() {
    let mut guest = Guest::new(WasiCtx::builder().arg("program").arg("").arg("ünï").env("A", "1=2").env("B", ""));
    guest.ok("args_sizes_get", &[0x900, 0x904]);
    assert_eq!((guest.u32(0x900), guest.u32(0x904)), (3, 8 + 1 + 6));
    guest.ok("args_get", &[0x2000, 0x3000]);
    assert_eq!((0..3).map(|i| guest.u32(0x2000 + 4 * i)).collect::<Vec<_>>(), [0x3000, 0x3008, 0x3009]);
    assert_eq!(guest.get(0x3000, 15), "program\0\0ünï\0".as_bytes());
    guest.ok("environ_sizes_get", &[0x900, 0x904]);
    assert_eq!((guest.u32(0x900), guest.u32(0x904)), (2, 6 + 3));
    guest.ok("environ_get", &[0x2000, 0x3000]);
    assert_eq!(guest.get(0x3000, 9), b"A=1=2\0B=\0");
}

#[test]
fn permission_is_asked_once_before_side_effects() {
    let asked = Arc::new(Mutex::new(0));
    let times = || *asked.lock().unwrap();
    let out = Pipe::new(100);
    let begin = |verdict: fn() -> Result<(), Error>| {
        let asked = Arc::clone(&asked);
        let permission = move || {
            *asked.lock().unwrap() += 1;
            verdict()
        };
        let builder = WasiCtx::builder().stdout(Output::Writer(Box::new(out.clone())));
        Guest::new(builder.gate(Box::new(permission)))
    };
    let mut guest = begin(|| Ok(()));
    for (name, args) in [
        ("args_sizes_get", &[0x900, 0x904][..]),
        ("args_get", &[0x2000, 0x3000]),
        ("environ_sizes_get", &[0x900, 0x904]),
        ("environ_get", &[0x2000, 0x3000]),
        ("clock_res_get", &[0, 0x900]),
        ("clock_time_get", &[0, 0, 0x900]),
        ("random_get", &[0x900, 8]),
        ("fd_fdstat_get", &[1, 0x900]),
    ] {
        guest.ok(name, args);
    }
    assert_eq!(guest.call("fd_prestat_get", &[3, 0x900]), BADF);
    // Streams lack that right.
    assert_eq!(guest.call("fd_fdstat_set_flags", &[1, 4]), NOTCAPABLE);
    assert_eq!(times(), 0);
    assert_eq!(guest.write(1, b"ab"), Ok(2));
    assert_eq!(guest.write(1, b"c"), Ok(1));
    assert_eq!((times(), &*out.drain()), (1, &b"abc"[..]));

    // All others ask for permission, even if they fail in the end.
    let quiet = ["args", "environ", "clock", "random", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_prestat"];
    let functions = FUNCTIONS.split(',').map(|function| function.trim().split_once(' ').unwrap());
    let others = functions.filter(|(name, _)| !quiet.iter().any(|quiet| name.starts_with(quiet)));
    for (name, params) in others.chain([("proc_exit", "i")]) {
        let before = times();
        let args = vec![0x900; if params == "-" { 0 } else { params.len() }];
        let mut guest = begin(|| Err(Error::new("not now")));
        // A refusal is repeated.
        for again in 1..=2 {
            let error = guest.try_call(name, &args).unwrap_err();
            assert_eq!((error.i32_exit_status(), times()), (None, before + again), "{name}");
            assert!(error.to_string().starts_with("not now"), "{name}: {error}");
        }
    }
    assert!(out.drain().is_empty());
}

#[test]
fn strings_with_nuls_are_refused() {
    assert!(WasiCtx::builder().arg("a\0b").build().is_err());
    assert!(WasiCtx::builder().env("A", "\0").build().is_err());
}

#[test]
fn random_bytes_come_in_pieces_from_whatever_source() {
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&pieces);
    let source = move |bytes: &mut [u8]| {
        noted.lock().unwrap().push(bytes.len());
        bytes.fill(0x5a);
        Ok(())
    };
    let mut guest = Guest::new(WasiCtx::builder().random(Box::new(source)));
    guest.ok("random_get", &[0x1000, 10000]);
    assert_eq!(*pieces.lock().unwrap(), [4096, 4096, 1808]);
    assert_eq!(guest.get(0x1000, 10001).iter().filter(|&&byte| byte == 0x5a).count(), 10000);
    guest.ok("random_get", &[0x1000, 0]);

    let mut guest = Guest::new(WasiCtx::builder());
    guest.ok("random_get", &[0x1000, 0x8000]);
    let bytes = guest.get(0x1000, 0x8000);
    assert!((0..=255).all(|byte| bytes.contains(&byte)), "not random");
}

#[test]
fn exit_codes_are_all_32_bits() {
    for code in [0, 1, 255, 256, -1] {
        let mut guest = Guest::new(WasiCtx::builder());
        let error = guest.try_call("proc_exit", &[code as u64]).unwrap_err();
        assert_eq!(error.i32_exit_status(), Some(code));
    }
}

#[test]
fn seeded_bytes_are_the_same_each_time() {
    let bytes = |seed, lens: &[u64]| {
        let mut guest = Guest::new(WasiCtx::builder().random(wasmote_wasi::random::seeded(seed)));
        lens.iter()
            .flat_map(|&len| {
                guest.ok("random_get", &[0x1000, len]);
                guest.get(0x1000, len as usize)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(0, &[8]), 0xe220_a839_7b1d_cdaf_u64.to_le_bytes(), "SplitMix64's first");
    assert_eq!(bytes(7, &[5, 1000, 3]), bytes(7, &[5, 1000, 3]));
    assert_ne!(bytes(7, &[16]), bytes(8, &[16]));
    assert_ne!(bytes(7, &[8, 8])[8..], bytes(7, &[8]));
    let many = bytes(1, &[0x8000]);
    assert!((0..=255).all(|byte| many.contains(&byte)), "not random");
}

#[test]
fn variables_come_as_the_system_has_them() {
    let mut guest = Guest::new(WasiCtx::builder().env_bytes(b"A=\xff".to_vec()));
    guest.ok("environ_get", &[0x2000, 0x3000]);
    assert_eq!(guest.get(0x3000, 4), b"A=\xff\0");
    assert!(WasiCtx::builder().env_bytes("A=\0").build().is_err());
}

#[test]
fn streams_and_files_are_no_sockets_and_there_are_no_signals() {
    let mut guest = Guest::new(WasiCtx::builder());
    assert_eq!(guest.call("sock_shutdown", &[1, 0]), NOTSOCK);
    assert_eq!(guest.call("sock_shutdown", &[9, 0]), BADF);
    assert_eq!(guest.call("sock_recv", &[9, 0, 0, 0, 0, 0]), BADF);
    assert_eq!(guest.call("sock_send", &[1, 0, 0, 0, 0]), NOTSOCK);
    assert_eq!(guest.call("proc_raise", &[6]), NOTSUP);
    guest.ok("sched_yield", &[]);
}

#[test]
fn a_guest_without_memory_can_call_what_needs_none() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (func (export "test") (result i32 i32 i32)
            call $yield
            (call $now (i32.const 0) (i64.const 0) (i32.const 0))
            (call $accept (i32.const 1) (i32.const 0) (i32.const 0))))"#;
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx).unwrap();
    let mut store = Store::new(&engine, WasiCtx::builder().build().unwrap());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let test = instance.get_typed_func::<(), (i32, i32, i32)>(&mut store, "test").unwrap();
    let expected = (SUCCESS.into(), FAULT.into(), NOTSOCK.into());
    assert_eq!(test.call(&mut store, ()).unwrap(), expected);
}

#[test]
fn only_what_modules_import_is_defined_on_request() {
    let engine = Engine::default();
    let module = |text| Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    // A function of the newer interface, and names that are no functions of the interface that is named.
    let first = module(
        r#"(module
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
            (import "wasi_unstable" "sock_accept" (func (param i32 i32 i32) (result i32)))
            (import "env" "fd_close" (func (param i32) (result i32))))"#,
    );
    let second = module(
        r#"(module
            (import "wasi_unstable" "fd_close" (func (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
            (import "wasi_snapshot_preview1" "sched" (func (result i32))))"#,
    );
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_imports_to_linker(&mut linker, &[&first, &second], |cx: &mut WasiCtx| cx).unwrap();
    let mut store = Store::new(&engine, WasiCtx::builder().build().unwrap());
    let defined: Vec<_> = linker.iter(&mut store).map(|(module, name, _)| (module, name)).collect();
    assert_eq!(defined, [("wasi_snapshot_preview1", "sched_yield"), ("wasi_unstable", "fd_close")]);
}

#[test]
fn whatever_a_guest_passes_is_answered() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("file"), "text").unwrap();
    // Clocks that stand still; nobody sleeps.
    struct Still;
    impl wasmote_wasi::Clocks for Still {
        fn now(&self, clock: u32) -> Option<u64> {
            (clock < 4).then_some(1)
        }
        fn resolution(&self, _: u32) -> Option<u64> {
            Some(1)
        }
        fn sleep(&mut self, _: u64) {}
    }
    let builder = || {
        let builder = WasiCtx::builder().arg("program").env("A", "B").clocks(Box::new(Still));
        // A connection whose other end is closed, so that no call waits.
        #[cfg(feature = "sockets")]
        let builder = builder.preopened_connection(std::os::unix::net::UnixStream::pair().unwrap().0.into());
        builder.preopened_dir(folder.path(), "/", wasmote_wasi::DirAccess::ReadOnly).unwrap()
    };
    let values = [0, 1, 2, 3, 4, 5, 8, 24, 0x800, 0x1000, 0x7fff, 0xfff8, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000];
    let mut random = Random::new(1);
    let mut next = || match random.below(16) {
        0 => u64::MAX,
        1 => 0xffff_fff8,
        2 => 1 << 63,
        _ => random.pick(&values),
    };
    let mut guest = Guest::new(builder());
    let mut answers = 0;
    for function in FUNCTIONS.split(',').chain(["sock_accept iii"]) {
        let (name, letters) = function.trim().split_once(' ').unwrap();
        for _ in 0..300 {
            let args: Vec<u64> = letters.chars().filter(|&letter| letter != '-').map(|_| next()).collect();
            assert!(guest.call(name, &args) <= NOTCAPABLE, "{name} {args:?}");
            answers += 1;
            // Calls close streams and directories on the way.
            if answers % 50 == 0 {
                guest = Guest::new(builder());
            }
        }
    }
    assert_eq!(std::fs::read(folder.path().join("file")).unwrap(), b"text");
}
