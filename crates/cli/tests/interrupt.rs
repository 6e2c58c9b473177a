//! `--timeout` and Ctrl-C, and guests that are interrupted all the time.
#![cfg(all(unix, feature = "validate", feature = "wat", feature = "interrupt"))]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

const WASMOTE: &str = env!("CARGO_BIN_EXE_wasmote");

/// Writes a module and returns its path.
fn module(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_timeout_stops_an_endless_loop() {
    let spin = module("spin.wat", r#"(module (func (export "spin") (loop (br 0))))"#);
    for options in [&["--timeout", "50ms"][..], &["--timeout=1s", "--eager"]] {
        let output = Command::new(WASMOTE).args(options).args(["--invoke", "spin"]).arg(&spin).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(124), "{message}");
        assert!(message.contains("interrupted because its `--timeout` is over\n  0: func 0"), "{message}");
    }
}

#[test]
fn a_timeout_does_not_touch_what_is_faster() {
    let text = r#"(module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;
    let output = Command::new(WASMOTE)
        .args(["--timeout", "10m", "--invoke", "f"])
        .arg(module("fast.wat", text))
        .arg("21")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"42\n"[..]));
}

#[test]
fn a_time_without_a_unit_is_refused() {
    for value in ["3", "", "s", "1.5s", "-1s", "99999999999999999999s", "9999999999999999h"] {
        let output = Command::new(WASMOTE).arg(format!("--timeout={value}")).arg("x.wasm").output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains("500ms"), "{message}");
    }
}

#[cfg(feature = "wasi")]
#[test]
fn ctrl_c_stops_a_guest_with_its_backtrace() {
    // It says that it runs, and then calls a function again and again.
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
        (func $leaf)
        (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
            (loop (call $leaf) (br 0))))"#;
    let mut child = Command::new(WASMOTE)
        .arg(module("ready.wat", text))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{message}");
    assert!(message.contains("interrupted by Ctrl-C\n") && message.contains("func "), "{message}");
}

#[cfg(all(feature = "wasi", feature = "gc", feature = "simd"))]
mod guests {
    use std::fs::{read, read_to_string};
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread;

    use serde::Deserialize;
    use wasmote::{CodeOptions, Config, Engine, ImageOptions, Linker, Module, OpSet, Store, UpdateDeadline};
    use wasmote_test_support::root;
    use wasmote_wasi::{Input, Output, Pipe, WasiCtx};

    /// The fewest interruptions that count. Each guest runs until it had as many.
    const INTERRUPTIONS: u64 = 1000;

    #[derive(Deserialize)]
    struct Cases {
        case: Vec<Case>,
    }

    /// A run of a program, in `guests.toml`.
    #[derive(Deserialize)]
    struct Case {
        name: String,
        module: PathBuf,
        #[serde(default)]
        args: Vec<String>,
        scratch: Option<String>,
        stdin: Option<PathBuf>,
        expected: Option<PathBuf>,
        #[serde(default)]
        kind: String,
    }

    /// Returns a program's output.
    fn run(engine: &Engine, module: &Module, case: &Case, interruptions: &Arc<AtomicU64>) -> String {
        let mut linker = Linker::new(engine);
        wasmote_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx| context).unwrap();
        let output = Pipe::new(1 << 24);
        let mut context = WasiCtx::builder().arg("guest").stdout(Output::Writer(Box::new(output.clone())));
        if let Some(stdin) = &case.stdin {
            let bytes = read(root().join("tests/guests").join(stdin)).unwrap();
            context = context.stdin(Input::Reader(Box::new(Pipe::with_bytes(bytes))));
        }
        for argument in &case.args {
            context = context.arg(argument.as_bytes());
        }
        let mut store = Store::new(engine, context.build().unwrap());
        // An error if the engine does not meter code.
        let _ = store.set_fuel(u64::MAX);
        let count = interruptions.clone();
        store.epoch_deadline_callback(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(UpdateDeadline::Continue(1))
        });
        store.set_epoch_deadline(1).unwrap();
        let instance = linker.instantiate(&mut store, module).unwrap();
        let outcome = instance.get_typed_func::<(), ()>(&store, "_start").unwrap().call(&mut store, ());
        assert!(
            outcome.as_ref().err().is_none_or(|error| error.i32_exit_status().is_some()),
            "{}: {outcome:?}",
            case.name
        );
        store.data_mut().flush();
        String::from_utf8(output.drain()).unwrap()
    }

    /// Runs all guests whose output is known and does not depend on the time.
    fn run_all(config: &Config, image: Option<OpSet>, interruptions: u64) {
        let engine = Engine::new(config);
        let ended = AtomicBool::new(false);
        let cases = read_to_string(root().join("tests/guests/guests.toml")).unwrap();
        let cases: Cases = basic_toml::from_str(&cases).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut random = 1_u64;
                while !ended.load(Ordering::Relaxed) {
                    engine.increment_epoch();
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    for _ in 0..random >> 54 {
                        std::hint::spin_loop();
                    }
                    thread::yield_now();
                }
            });
            // The other thread ends even if a guest fails.
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut tried = 0;
                for case in &cases.case {
                    let Some(expected) = &case.expected else { continue };
                    let only_extended = case.kind == "vectors" && image == Some(OpSet::Core);
                    if case.scratch.is_some() || case.name == "coremark-auto" || only_extended {
                        continue;
                    }
                    let folder = root().join("tests/guests");
                    let module = Module::new(&engine, read(folder.join(&case.module)).unwrap()).unwrap();
                    let module = match image {
                        None => module,
                        Some(op_set) => {
                            let code = CodeOptions::default().with_op_set(op_set);
                            let image = module.to_image(&ImageOptions::default().with_code(code)).unwrap();
                            Module::from_image(&engine, image).unwrap()
                        }
                    };
                    let expected = read_to_string(folder.join(expected)).unwrap();
                    let count = Arc::new(AtomicU64::new(0));
                    while count.load(Ordering::Relaxed) < interruptions {
                        assert!(run(&engine, &module, case, &count) == expected, "{} prints otherwise", case.name);
                    }
                    tried += 1;
                }
                assert!(tried > 30);
            }));
            ended.store(true, Ordering::Relaxed);
            outcome.unwrap();
        });
    }

    #[test]
    fn each_prints_the_same() {
        run_all(Config::new().interruption(true), None, INTERRUPTIONS);
    }

    #[test]
    fn each_prints_the_same_with_bounds_checks_and_fuel() {
        run_all(Config::new().interruption(true).guard_pages(false).consume_fuel(true), None, 20);
    }

    #[test]
    fn each_prints_the_same_as_an_image() {
        for op_set in [OpSet::Core, OpSet::Extended] {
            run_all(Config::new().interruption(true).eager_translation(true), Some(op_set), 20);
        }
    }
}
