//! Stores that follow each other use the same value stacks and memories, and see nothing of each other.

use wasmote::{Config, Engine, Instance, Module, Store, TrapCode};

/// Fills the memory, reads all of it, and grows it.
const BYTES: &str = r#"(module
    (memory (export "memory") PAGES 40)
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 0xff) (i32.mul (memory.size) (i32.const 65536))))
    (func (export "sum") (result i64) (local $at i32) (local $sum i64)
        (local.set $at (i32.mul (memory.size) (i32.const 65536)))
        (loop $again
            (local.set $at (i32.sub (local.get $at) (i32.const 8)))
            (local.set $sum (i64.or (local.get $sum) (i64.load (local.get $at))))
            (br_if $again (local.get $at)))
        (local.get $sum))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;

#[test]
fn a_memory_has_no_bytes_of_an_earlier_store() {
    for guard in [true, false] {
        let engine = Engine::new(Config::new().guard_pages(guard));
        let modules = [1, 2, 17].map(|pages| {
            let wasm = wat::parse_str(BYTES.replace("PAGES", &pages.to_string())).unwrap();
            (pages, Module::new(&engine, wasm).unwrap())
        });
        for _ in 0..3 {
            for (pages, module) in &modules {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, module, &[]).unwrap();
                let fill = instance.get_typed_func::<(), ()>(&store, "fill").unwrap();
                let sum = instance.get_typed_func::<(), i64>(&store, "sum").unwrap();
                let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
                let at = instance.get_typed_func::<i32, i32>(&store, "at").unwrap();
                assert_eq!(sum.call(&mut store, ()).unwrap(), 0);
                let end = pages * 65536;
                assert_eq!(at.call(&mut store, end - 1).unwrap(), 0);
                let error = at.call(&mut store, end).unwrap_err();
                assert_eq!(error.as_trap_code().unwrap(), TrapCode::MemoryOutOfBounds);
                fill.call(&mut store, ()).unwrap();
                assert_eq!(grow.call(&mut store, 20).unwrap(), *pages);
                assert_eq!(at.call(&mut store, end + 20 * 65536 - 1).unwrap(), 0);
                fill.call(&mut store, ()).unwrap();
            }
        }
    }
}

/// The system makes only a part of the bytes accessible that a memory grows by. Runs in a process of its own, whose memory is
/// limited.
#[cfg(target_os = "linux")]
#[test]
fn a_memory_that_could_not_grow_ends_where_it_did() {
    const VARIABLE: &str = "WASMOTE_TEST_LIMITED";
    if std::env::var_os(VARIABLE).is_none() {
        let name = "reused_space::a_memory_that_could_not_grow_ends_where_it_did";
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", name, "--nocapture"]).env(VARIABLE, "").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let engine = Engine::default();
    let text = r#"(module (memory 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "fill") (memory.fill (i32.const 0) (i32.const 0xff) (i32.mul (memory.size) (i32.const 65536))))
        (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let run = |pages: i32, limited: bool| {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
        let at = instance.get_typed_func::<i32, i32>(&store, "at").unwrap();
        let grew = grow.call(&mut store, pages).unwrap();
        let end = if grew < 0 { 65536 } else { (pages + 1) << 16 };
        assert_eq!((grew < 0, at.call(&mut store, end - 1).unwrap()), (limited, 0));
        for address in [end, end + 65536, 1 << 24, 1 << 30] {
            assert!(address < end || at.call(&mut store, address).is_err(), "{address:#x}");
        }
        if grew >= 0 {
            instance.get_typed_func::<(), ()>(&store, "fill").unwrap().call(&mut store, ()).unwrap();
        }
    };
    run(511, false);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let data = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap();
    let data: u64 = data.trim().trim_end_matches(" kB").parse().unwrap();
    let limit = |bytes| {
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the system reads the limit.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &limit) }, 0);
    };
    limit((data << 10) + (64 << 20));
    run(16_000, true);
    limit(libc::RLIM_INFINITY);
    run(511, false);
}

/// The locals of `garbage`, which take as many slots.
#[cfg(feature = "gc")]
const LOCALS: usize = 3000;

/// `leave` nests, and each frame has a reference to an object. `garbage` makes objects that nothing uses, in a frame
/// with locals that it has not written yet. The translator does not set them to zero, since all are written before they
/// are read.
#[cfg(feature = "gc")]
fn objects(engine: &Engine) -> Module {
    let set = |local: usize| format!("(local.set {local} (i64.const 1))");
    let add = |local: usize| format!("(local.set 1 (i64.add (local.get 1) (local.get {local})))");
    let text = format!(
        r#"(module
            (type $node (struct (field (ref null $node))))
            (func $leave (export "leave") (param $n i32) (result i32) (local $node (ref null $node))
                (local.set $node (struct.new $node (ref.null $node)))
                (if (local.get $n) (then (drop (call $leave (i32.sub (local.get $n) (i32.const 1))))))
                (ref.is_null (local.get $node)))
            (func (export "garbage") (param $n i32) (result i64) (local {})
                (loop $again
                    (drop (struct.new $node (ref.null $node)))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                {} {} (local.get 1)))"#,
        "i64 ".repeat(LOCALS),
        (1..=LOCALS).map(set).collect::<String>(),
        (2..=LOCALS).map(add).collect::<String>(),
    );
    Module::new(engine, wat::parse_str(text).unwrap()).unwrap()
}

/// Returns how many objects are left after a store made garbage.
#[cfg(feature = "gc")]
fn left(engine: &Engine, module: &Module) -> u64 {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    let garbage = instance.get_typed_func::<i32, i64>(&store, "garbage").unwrap();
    assert_eq!(garbage.call(&mut store, 50).unwrap(), LOCALS as i64);
    let stats = store.heap_stats();
    assert!(stats.collections > 40, "each allocation collects: {stats:?}");
    stats.live
}

#[cfg(feature = "gc")]
#[test]
fn references_that_an_earlier_store_left_keep_nothing_alive() {
    let mut config = Config::new();
    config.gc_stress(true);
    let fresh = Engine::new(&config);
    let expected = left(&fresh, &objects(&fresh));
    let engine = Engine::new(&config);
    let module = objects(&engine);
    // The frames take up to some hundred KiB.
    for (resumable, depth) in [1, 100, 300, 700, 3000, 2].into_iter().flat_map(|depth| [(false, depth), (true, depth)])
    {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let leave = instance.get_typed_func::<i32, i32>(&store, "leave").unwrap();
        if resumable {
            leave.call_resumable(&mut store, depth).unwrap();
        } else {
            assert_eq!(leave.call(&mut store, depth).unwrap(), 0);
        }
        // The first cycle ends with the third object.
        assert!(depth == 1 || store.heap_stats().live > depth as u64 / 2);
        drop(store);
        assert_eq!(left(&engine, &module), expected);
    }
}
