//! Bounds checks and guard pages keep memory accesses in bounds in the same way: for every instruction, in nested
//! calls, in threads, and with a signal handler of the host.

use std::thread;

use wasmote::{Caller, Config, Engine, Error, Extern, Instance, Linker, Memory, MemoryType, Module, Store, TrapCode};

/// Returns an engine with guard pages, where they are available, and one without.
fn engines() -> [Engine; 2] {
    [true, false].map(|guard| Engine::new(Config::new().guard_pages(guard)))
}

/// The instructions that access memory 0: the name, the type of the value, and the number of bytes.
const ACCESSES: &[(&str, &str, u32)] = &[
    ("i32.load", "i32", 4),
    ("i32.load8_s", "i32", 1),
    ("i32.load8_u", "i32", 1),
    ("i32.load16_s", "i32", 2),
    ("i32.load16_u", "i32", 2),
    ("i64.load", "i64", 8),
    ("i64.load8_s", "i64", 1),
    ("i64.load16_s", "i64", 2),
    ("i64.load32_s", "i64", 4),
    ("i64.load32_u", "i64", 4),
    ("f32.load", "f32", 4),
    ("f64.load", "f64", 8),
    ("i32.store", "i32", 4),
    ("i32.store8", "i32", 1),
    ("i32.store16", "i32", 2),
    ("i64.store", "i64", 8),
    ("i64.store32", "i64", 4),
    ("f32.store", "f32", 4),
    ("f64.store", "f64", 8),
];

/// The ways to write an address, with the function's parameter and an offset.
const ADDRESSES: &[&str] = &[
    "(local.get 0)",
    "(i32.add (local.get 0) (i32.const 0))",
    "(i32.add (local.get 0) (local.get 1))",
    "(i32.sub (i32.mul (local.get 0) (i32.const 3)) (i32.shl (local.get 0) (i32.const 1)))",
];

/// Returns a module with a memory of one page and a function for each access, named from "0" on; and the number of
/// functions.
fn accesses(offset: u32) -> (String, usize) {
    let mut text = String::from("(module (memory (export \"m\") 1 3)\n");
    text.push_str("(func (export \"grow\") (drop (memory.grow (i32.const 1))))\n");
    let mut count = 0;
    for (name, ty, _) in ACCESSES {
        for address in ADDRESSES {
            let body = match name.contains("store") {
                true => format!("({name} offset={offset} {address} ({ty}.const -1))"),
                false => format!("(drop ({name} offset={offset} {address}))"),
            };
            text.push_str(&format!("(func (export \"{count}\") (param i32 i32) {body})\n"));
            count += 1;
        }
    }
    (text + ")", count)
}

/// How a call ended: the trap and its place.
type Outcome = Result<(), (TrapCode, Option<usize>)>;

fn outcome(result: Result<(), Error>) -> Outcome {
    result.map_err(|error| {
        let backtrace = error.backtrace().unwrap();
        (error.as_trap_code().unwrap(), backtrace.frames()[0].module_offset())
    })
}

#[test]
fn each_access_ends_where_the_memory_does() {
    for offset in [0, 1, 7, 0xfffe, 0xffff, 0x1_0000, u32::MAX] {
        let (text, count) = accesses(offset);
        let wasm = wat::parse_str(&text).unwrap();
        let [guarded, checked] = engines().map(|engine| {
            let module = Module::new(&engine, &wasm).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let mut outcomes: Vec<Outcome> = Vec::new();
            for pages in [1u64, 2] {
                for at in 0..count {
                    let func = instance.get_typed_func::<(u32, u32), ()>(&store, &at.to_string()).unwrap();
                    let size = u64::from(ACCESSES[at / ADDRESSES.len()].2);
                    // The last address in bounds, the next, and far ones.
                    let end = (pages << 16).wrapping_sub(u64::from(offset));
                    let near = [
                        end.wrapping_sub(size),
                        end.wrapping_sub(size).wrapping_add(1),
                        end,
                        1 << 31,
                        u64::from(u32::MAX),
                    ];
                    for address in near.map(|address| address as u32) {
                        let ended = outcome(func.call(&mut store, (address, 0)));
                        let inside = u64::from(address) + u64::from(offset) + size <= pages << 16;
                        assert_eq!(ended.is_ok(), inside, "{at}, {address:#x} + {offset:#x}, {pages} pages");
                        if let Err((code, _)) = ended {
                            assert_eq!(code, TrapCode::MemoryOutOfBounds);
                        }
                        outcomes.push(ended);
                    }
                }
                instance.get_typed_func::<(), ()>(&store, "grow").unwrap().call(&mut store, ()).unwrap();
            }
            // Shows if a trapping store wrote anything.
            let memory = instance.get_memory(&store, "m").unwrap();
            (outcomes, memory.data(&store).to_vec())
        });
        assert!(guarded == checked, "offset {offset:#x}");
    }
}

/// A guest that traps, and a host function that calls it back and traps there, too.
const NESTING: &str = r#"(module
    (import "h" "again" (func $again (param i32) (result i32)))
    (memory (export "m") 1)
    (func (export "down") (param i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (if (result i32) (local.get 0)
            (then (i32.add (call $again (i32.sub (local.get 0) (i32.const 1))) (i32.load (i32.const 16))))
            (else (i32.load offset=0x10000 (local.get 0))))))"#;

#[test]
fn a_trap_in_a_nested_call_ends_that_call_alone() {
    for engine in engines() {
        let module = Module::new(&engine, wat::parse_str(NESTING).unwrap()).unwrap();
        let mut store = Store::new(&engine, 0u32);
        let mut linker = Linker::new(&engine);
        let again = |mut caller: Caller<'_, u32>, depth: i32| -> Result<i32, Error> {
            let Some(Extern::Func(down)) = caller.get_export("down") else { panic!("it is exported") };
            let result = down.typed::<i32, i32>(&caller)?.call(&mut caller, depth);
            // The innermost call traps, and the host continues.
            match result {
                Err(error) if depth == 0 => {
                    assert_eq!(error.as_trap_code().unwrap(), TrapCode::MemoryOutOfBounds);
                    *caller.data_mut() += 1;
                    Ok(1000)
                }
                other => other,
            }
        };
        linker.func_wrap("h", "again", again).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let down = instance.get_typed_func::<i32, i32>(&store, "down").unwrap();
        for round in 1..4 {
            // All levels see what the innermost one stored.
            assert_eq!(down.call(&mut store, 5).unwrap(), 1000);
            assert_eq!(*store.data(), round);
            assert_eq!(outcome(down.call(&mut store, 0).map(drop)).unwrap_err().0, TrapCode::MemoryOutOfBounds);
        }
    }
}

/// More memories than there is address space for with guard pages: the rest is checked, by the same module's code.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn without_address_space_accesses_are_checked() {
    const MANY: usize = 17_000;
    let engine = Engine::default();
    let text = r#"(module (memory (export "m") 1)
        (func (export "get") (param i32) (result i32) (local i32 i32 i64)
            ;; Accesses that are fused with others where memories have guard pages, in front of the one that traps.
            (local.set 1 (i32.add (local.get 2) (i32.const 8)))
            (local.set 2 (i32.load8_u (local.get 1)))
            (local.set 1 (i32.add (local.get 2) (i32.const 16)))
            (local.set 3 (i64.load (local.get 1)))
            (i32.add (i32.load (local.get 0)) (i32.wrap_i64 (local.get 3))))
        (func (export "grow") (result i32) (memory.grow (i32.const 3))))"#;
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let mut offsets = Vec::new();
    let instances: Vec<Instance> = (0..MANY).map(|_| Instance::new(&mut store, &module, &[]).unwrap()).collect();
    let importer = r#"(module (import "h" "m" (memory 1))
        (func (export "get") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "grow") (result i32) (memory.grow (i32.const 3))))"#;
    let importer = Module::new(&engine, wat::parse_str(importer).unwrap()).unwrap();
    for &number in &[0, 1, MANY / 2, MANY - 2, MANY - 1] {
        let memory = instances[number].get_memory(&store, "m").unwrap();
        let other = Instance::new(&mut store, &importer, &[memory.into()]).unwrap();
        for (imports, instance, pages) in [(false, instances[number], 1u32), (true, other, 4)] {
            let get = instance.get_typed_func::<u32, i32>(&store, "get").unwrap();
            let grow = instance.get_typed_func::<(), i32>(&store, "grow").unwrap();
            for (pages, grows) in [(pages, true), (pages + 3, false)] {
                assert_eq!(get.call(&mut store, (pages << 16) - 4).unwrap(), 0);
                for address in [(pages << 16) - 3, pages << 16, 1 << 31, u32::MAX] {
                    let (code, offset) = outcome(get.call(&mut store, address).map(drop)).unwrap_err();
                    assert_eq!(code, TrapCode::MemoryOutOfBounds);
                    offsets.push((imports, offset.unwrap()));
                }
                if grows {
                    assert_eq!(grow.call(&mut store, ()).unwrap(), pages as i32);
                }
            }
        }
    }
    // The checked code names the same instructions as the code that relies on guard pages.
    for imports in [false, true] {
        let mut places = offsets.iter().filter(|place| place.0 == imports).map(|place| place.1);
        let first = places.next().unwrap();
        assert!(places.all(|place| place == first), "{offsets:?}");
    }
}

#[test]
fn threads_trap_without_each_other() {
    for engine in engines() {
        let text = r#"(module (memory 1)
            (func (export "sum") (param i32) (result i32) (local i32)
                (loop
                    (local.set 1 (i32.add (local.get 1) (i32.load8_u offset=0xff00 (local.get 0))))
                    (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                    (br 0))
                (local.get 1)))"#;
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let threads = (0..4).map(|_| {
            let module = module.clone();
            thread::spawn(move || {
                for _ in 0..200 {
                    let mut store = Store::new(module.engine(), ());
                    let instance = Instance::new(&mut store, &module, &[]).unwrap();
                    let sum = instance.get_typed_func::<i32, i32>(&store, "sum").unwrap();
                    let (code, _) = outcome(sum.call(&mut store, 0).map(drop)).unwrap_err();
                    assert_eq!(code, TrapCode::MemoryOutOfBounds);
                }
            })
        });
        threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn memories_of_other_kinds_are_checked() {
    for engine in engines() {
        // Pages of one byte, and 64-bit addresses.
        for (memory, end) in
            [("(memory 1000 (pagesize 1))", 1000), ("(memory i64 1)", 1 << 16), ("(memory 1)", 1 << 16)]
        {
            let ty = if memory.contains("i64") { "i64" } else { "i32" };
            let text = format!(
                r#"(module {memory} (func (export "f") (param {ty}) (result i32) (i32.load8_u (local.get 0))))"#
            );
            let module = Module::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let mut call = |address: u64| {
                let result = match ty {
                    "i64" => instance.get_typed_func::<u64, i32>(&store, "f").unwrap().call(&mut store, address),
                    _ => instance.get_typed_func::<u32, i32>(&store, "f").unwrap().call(&mut store, address as u32),
                };
                outcome(result.map(drop))
            };
            assert_eq!(call(end - 1), Ok(()));
            assert_eq!(call(end).unwrap_err().0, TrapCode::MemoryOutOfBounds);
        }
    }
}

/// Calls lead from instance to instance, and the kind of memory 0 changes with them.
#[test]
fn calls_between_memories_of_different_kinds_keep_each_in_bounds() {
    for engine in engines() {
        let inner = |memory: &str| {
            format!(r#"(module {memory} (func (export "f") (param i32) (result i32) (i32.load8_u (local.get 0))))"#)
        };
        let text = r#"(module
            (import "h" "pages" (func $pages (param i32) (result i32)))
            (import "h" "bytes" (func $bytes (param i32) (result i32)))
            (memory 2) (data (i32.const 0) "\07")
            (table funcref (elem $pages $bytes))
            (type $f (func (param i32) (result i32)))
            (func $own (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "call") (param i32 i32 i32) (result i32)
                (i32.add (call_indirect (type $f) (local.get 1) (local.get 0)) (call $own (local.get 2))))
            (func (export "tail") (param i32 i32 i32) (result i32)
                (drop (call $own (local.get 2)))
                (return_call_indirect (type $f) (local.get 1) (local.get 0))))"#;
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        for (name, memory) in [("pages", "(memory 1)"), ("bytes", "(memory 1000 (pagesize 1))")] {
            let module = Module::new(&engine, wat::parse_str(inner(memory)).unwrap()).unwrap();
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            linker.define("h", name, instance.get_func(&store, "f").unwrap()).unwrap();
        }
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        for export in ["call", "tail"] {
            let func = instance.get_typed_func::<(u32, u32, u32), i32>(&store, export).unwrap();
            for (which, end) in [(0, 1 << 16), (1, 1000)] {
                let own = if export == "call" { 7 } else { 0 };
                assert_eq!(func.call(&mut store, (which, end - 1, 0)).unwrap(), own);
                for wrong in [(which, end, 0), (which, 0, 2 << 16)] {
                    let (code, _) = outcome(func.call(&mut store, wrong).map(drop)).unwrap_err();
                    assert_eq!(code, TrapCode::MemoryOutOfBounds, "{export} {wrong:?}");
                }
                // The memories are unchanged.
                assert_eq!(func.call(&mut store, (which, 0, (2 << 16) - 1)).unwrap(), 0);
            }
        }
    }
}

/// Unwinding from a host function, for a backtrace or a profile, reaches the caller of wasm through its frames.
#[test]
fn a_backtrace_in_a_host_function_reaches_its_caller() {
    for engine in engines() {
        let text = r#"(module (import "h" "f" (func $f)) (memory 1) (func (export "run") (call $f)))"#;
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, String::new());
        let mut linker = Linker::new(&engine);
        let capture = |mut caller: Caller<'_, String>| {
            *caller.data_mut() = format!("{:#}", std::backtrace::Backtrace::force_capture());
        };
        linker.func_wrap("h", "f", capture).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        instance.get_typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ()).unwrap();
        // A function of the test harness: everything between may be inlined.
        let name = "__rust_begin_short_backtrace";
        assert!(store.data().contains(name), "{}", store.data());
    }
}

#[test]
fn a_memory_that_grew_in_the_host_ends_where_it_does_now() {
    for engine in engines() {
        let text = r#"(module (import "h" "m" (memory 1))
            (func (export "f") (param i32) (result i32) (i32.load (local.get 0))))"#;
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let ty = MemoryType::new(1, None);
        let memory = Memory::new(&mut store, ty).unwrap();
        let instance = Instance::new(&mut store, &module, &[memory.into()]).unwrap();
        let f = instance.get_typed_func::<u32, i32>(&store, "f").unwrap();
        for pages in 1..5u32 {
            assert_eq!(f.call(&mut store, (pages << 16) - 4).unwrap(), 0);
            assert!(f.call(&mut store, (pages << 16) - 3).is_err());
            memory.grow(&mut store, 1).unwrap();
            memory.write(&mut store, ((pages as usize) << 16) - 3, &[0; 8]).unwrap();
        }
    }
}

/// Signal handlers of the host. Each test runs in a child process.
#[cfg(target_os = "linux")]
mod signals {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

    use super::*;

    /// The environment variable that tells a child process which test it runs.
    const VARIABLE: &str = "WASMOTE_TEST_SIGNAL";

    /// A guest with a function that traps.
    struct Guest {
        store: Store<()>,
        f: wasmote::TypedFunc<(), i32>,
    }

    impl Guest {
        fn new(config: &Config) -> Guest {
            let engine = Engine::new(config);
            let text = r#"(module (memory 1) (func (export "f") (result i32) (i32.load (i32.const 65536))))"#;
            let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
            Guest { store, f }
        }

        fn traps(&mut self) {
            for _ in 0..3 {
                let (code, _) = outcome(self.f.call(&mut self.store, ()).map(drop)).unwrap_err();
                assert_eq!(code, TrapCode::MemoryOutOfBounds);
            }
        }
    }

    /// The host itself accesses an invalid address.
    fn fault() {
        // SAFETY: none: the access is invalid on purpose, and the signal ends the process.
        unsafe { core::ptr::without_provenance_mut::<u32>(0xdead0).write_volatile(1) };
    }

    /// A guest traps; then the host itself accesses an invalid address.
    fn trap_then_fault(config: &Config) {
        Guest::new(config).traps();
        assert_eq!(SEEN.load(Ordering::Relaxed), 0, "the host's handler got a trap");
        fault();
    }

    /// What stood before [`passing_on`].
    static BEFORE: AtomicUsize = AtomicUsize::new(0);

    /// Passes each signal on to the handler that stood before, as Go's does with faults outside of Go.
    extern "C" fn passing_on(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        if SEEN.fetch_add(1, Ordering::Relaxed) > 6 {
            // SAFETY: `_exit` may be called in a signal handler.
            unsafe { libc::_exit(46) };
        }
        let before = core::ptr::with_exposed_provenance::<()>(BEFORE.load(Ordering::Relaxed));
        type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);
        // SAFETY: it is wasmote's handler, or that of the standard library: both have this signature.
        unsafe { core::mem::transmute::<*const (), Handler>(before)(signal, info, context) };
    }

    fn current() -> libc::sigaction {
        // SAFETY: all bytes zero are a valid action, and the system writes the current one.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            assert_eq!(libc::sigaction(libc::SIGSEGV, core::ptr::null(), &mut action), 0);
            action
        }
    }

    fn pass_on() {
        BEFORE.store(current().sa_sigaction, Ordering::Relaxed);
        let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = passing_on;
        handle(handler as usize, libc::SA_SIGINFO | libc::SA_ONSTACK);
    }

    #[allow(unconditional_recursion)]
    #[inline(never)]
    fn overflow(depth: u64) -> u64 {
        let frame = std::hint::black_box([depth; 100]);
        overflow(depth + 1) + frame[0]
    }

    /// The host installs a handler after a guest ran.
    fn act_later(what: &str) {
        let with_address: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = with_address;
        let config = Config::new();
        let before = current().sa_sigaction;
        drop(Engine::new(&config));
        assert_eq!(current().sa_sigaction, before, "an engine alone needs no handler");
        let mut first = Guest::new(&config);
        first.traps();
        match what {
            // It passes nothing on. The next memory puts wasmote's handler above it.
            "reporter" => handle(with_address as usize, libc::SA_SIGINFO),
            "passing" => {
                pass_on();
                first.traps();
                assert_eq!(SEEN.load(Ordering::Relaxed), 3);
                SEEN.store(0, Ordering::Relaxed);
            }
            // As often as there is room, and more often.
            "many" => {
                for _ in 0..100 {
                    pass_on();
                    Guest::new(&config).traps();
                    handle(with_address as usize, libc::SA_SIGINFO);
                    Guest::new(&config).traps();
                }
            }
            "overflow" => {
                println!("{}", overflow(0));
            }
            _ => unreachable!(),
        }
        Guest::new(&config).traps();
        if what != "many" {
            first.traps();
        }
        assert_eq!(SEEN.load(Ordering::Relaxed), 0, "the host's handler got a trap");
        fault();
    }

    static SEEN: AtomicI32 = AtomicI32::new(0);

    extern "C" fn with_address(_: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the kernel passes a valid `siginfo_t`.
        let address = unsafe { (*info).si_addr() }.addr();
        SEEN.fetch_add(1, Ordering::Relaxed);
        // SAFETY: `_exit` may be called in a signal handler.
        unsafe { libc::_exit(if address == 0xdead0 { 42 } else { 43 }) };
    }

    extern "C" fn with_number(signal: i32) {
        // SAFETY: `_exit` may be called in a signal handler.
        unsafe { libc::_exit(if signal == libc::SIGSEGV { 44 } else { 45 }) };
    }

    fn handle(handler: usize, flags: i32) {
        // SAFETY: the handler has the signature that the flags demand.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = handler;
            action.sa_flags = flags;
            assert_eq!(libc::sigaction(libc::SIGSEGV, &action, core::ptr::null_mut()), 0);
        }
    }

    fn act(what: &str) {
        let with_address: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = with_address;
        let with_number: extern "C" fn(i32) = with_number;
        match what {
            "address" => handle(with_address as usize, libc::SA_SIGINFO),
            "number" => handle(with_number as usize, 0),
            "default" => handle(libc::SIG_DFL, 0),
            "ignored" => handle(libc::SIG_IGN, 0),
            // The standard library's handler, which reports stack overflows.
            "standard" | "checked" => {}
            // The host installs its handler before and after the first memory. Each then passes faults to the other.
            "again" => {
                pass_on();
                let mut guest = Guest::new(&Config::new());
                guest.traps();
                assert_eq!(SEEN.load(Ordering::Relaxed), 0, "the host's handler got a trap");
                pass_on();
                guest.traps();
                fault();
                std::process::exit(1);
            }
            "reporter" | "passing" | "many" | "overflow" => {
                act_later(what);
                std::process::exit(1);
            }
            "sent" => {
                handle(libc::SIG_DFL, 0);
                Guest::new(&Config::new()).traps();
                // SAFETY: raises the signal that ends the process.
                unsafe { libc::raise(libc::SIGSEGV) };
                std::process::exit(1);
            }
            _ => unreachable!(),
        }
        trap_then_fault(Config::new().guard_pages(what != "checked"));
        std::process::exit(1);
    }

    #[test]
    fn other_faults_go_to_the_previous_signal_handler() {
        if let Ok(what) = std::env::var(VARIABLE) {
            act(&what);
        }
        let name = "guard_pages::signals::other_faults_go_to_the_previous_signal_handler";
        let run = |what: &str| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            let output = command.args(["--exact", name, "--nocapture"]).env(VARIABLE, what).output().unwrap();
            (output.status.code(), output.status.signal(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        for (what, code, signal) in [
            ("address", Some(42), None),
            ("number", Some(44), None),
            ("default", None, Some(libc::SIGSEGV)),
            ("ignored", None, Some(libc::SIGSEGV)),
            ("standard", None, Some(libc::SIGSEGV)),
            ("checked", None, Some(libc::SIGSEGV)),
            ("sent", None, Some(libc::SIGSEGV)),
            ("reporter", Some(42), None),
            ("passing", None, Some(libc::SIGSEGV)),
            ("many", Some(42), None),
            ("overflow", None, Some(libc::SIGABRT)),
            ("again", None, Some(libc::SIGSEGV)),
        ] {
            let (ended, killed, said) = run(what);
            assert_eq!((ended, killed), (code, signal), "{what}: {said}");
            assert_eq!(said.contains("stack overflow"), what == "overflow", "{what}: {said}");
        }
    }
}
