//! Runs real programs: those of `tests/guests`, those of the corpus if it was fetched, and those next to the checkout.
//! Each must print the same bytes as in other engines, also as images of both op sets.
#![cfg(all(unix, feature = "validate", feature = "wasi"))]

#[path = "support/command.rs"]
mod command;
#[path = "support/folder.rs"]
mod folder;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use folder::Folder;
use serde::Deserialize;
use wasmote::{Engine, Instance, Linker, Module, Store, TranslateErrorKind, Val, ValType};
use wasmote_test_support::root;

/// The format of `guests.toml` and `corpus.toml`.
#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// A run of a program. Paths are relative to the list's folder.
#[derive(Deserialize, Default)]
struct Case {
    name: String,
    /// The program.
    module: PathBuf,
    #[serde(default)]
    args: Vec<String>,
    /// Directories that the guest may read: its names for them, and their paths.
    #[serde(default)]
    dir: BTreeMap<String, PathBuf>,
    /// The guest's name of a directory to write to, which is empty at first.
    scratch: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    stdin: Option<PathBuf>,
    /// The expected output; without it, there must be none.
    expected: Option<PathBuf>,
    /// The expected contents of the directory to write to.
    written: Option<PathBuf>,
    #[serde(default)]
    exit: i32,
    /// What the program exercises.
    #[serde(default)]
    kind: String,
}

/// The kind of programs with vectors, which the core op set lacks.
const VECTORS: &str = "vectors";

/// The kind of programs with objects and exceptions.
const OBJECTS: &str = "objects";

/// The form in which the command gets a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Binary,
    /// The binary, run without superinstructions.
    WithoutSuperinstructions,
    /// An image of this op set, made by `wasmote compile`.
    #[cfg_attr(not(feature = "compile"), allow(dead_code))]
    Image(&'static str),
}

/// Returns the file to run.
fn program(form: Form, modules: &Path, case: &Case) -> Result<PathBuf, String> {
    let module = modules.join(&case.module);
    let Form::Image(op_set) = form else { return Ok(module) };
    // Several cases may use one module at the same time.
    let image = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{op_set}.wmi", case.name));
    let mut command = Command::new(command::program());
    command.args(["compile", "--op-set", op_set, "-o"]).arg(&image).arg(module);
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("compile: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(image)
}

/// Returns the files and folders in a folder, with the files' bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => left.push(path),
                false => _ = found.insert(path.strip_prefix(folder).unwrap().into(), std::fs::read(&path).unwrap()),
            }
        }
    }
    found
}

/// Runs a case. Errors: what is wrong.
fn check(form: Form, modules: &Path, folder: &Path, case: &Case) -> Result<(), String> {
    if form == Form::Image("core") && case.kind == VECTORS {
        return match program(form, modules, case) {
            Err(what) if what.contains(TranslateErrorKind::VectorInCore.message()) => Ok(()),
            other => Err(format!("{other:?} instead of a refusal of vectors")),
        };
    }
    let scratch = Folder::empty();
    check_in(form, modules, folder, case, &scratch.0)
}

/// Runs a case with this directory to write to.
fn check_in(form: Form, modules: &Path, folder: &Path, case: &Case, scratch: &Path) -> Result<(), String> {
    let stdin = match &case.stdin {
        Some(path) => File::open(folder.join(path)).map_err(|error| format!("{}: {error}", path.display()))?.into(),
        None => Stdio::null(),
    };
    let expected = match &case.expected {
        Some(path) => std::fs::read(folder.join(path)).map_err(|error| format!("{}: {error}", path.display()))?,
        None => Vec::new(),
    };
    let mut command = Command::new(command::program());
    command.arg("run");
    if form == Form::WithoutSuperinstructions {
        command.arg("--no-superinstructions");
    }
    for (guest, host) in &case.dir {
        command.arg("--dir-ro").arg(format!("{}::{guest}", folder.join(host).display()));
    }
    if let Some(guest) = &case.scratch {
        command.arg("--dir").arg(format!("{}::{guest}", scratch.display()));
    }
    for (name, value) in &case.env {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    let output = command
        .arg(program(form, modules, case)?)
        .args(&case.args)
        .stdin(stdin)
        .output()
        .map_err(|error| error.to_string())?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() != Some(case.exit) {
        return Err(format!("{} instead of {}: {stderr}", output.status, case.exit));
    }
    if output.stdout != expected {
        let got = String::from_utf8_lossy(&output.stdout);
        return Err(format!("printed\n{got}instead of\n{}{stderr}", String::from_utf8_lossy(&expected)));
    }
    if let Some(written) = &case.written {
        let (found, expected) = (files(scratch), files(&folder.join(written)));
        for name in found.keys().chain(expected.keys()) {
            if found.get(name) != expected.get(name) {
                return Err(format!("{} is not what {} has: {stderr}", name.display(), written.display()));
            }
        }
    }
    Ok(())
}

/// Runs all cases, one for each processor at a time. Panics with all errors.
fn check_all(modules: &Path, folder: &Path, cases: Vec<Case>) {
    check_form(Form::Binary, modules, folder, &cases);
    #[cfg(feature = "compile")]
    for op_set in if cfg!(feature = "extended") { &["extended", "core"][..] } else { &["core"] } {
        check_form(Form::Image(op_set), modules, folder, &cases);
    }
}

fn check_form(form: Form, modules: &Path, folder: &Path, cases: &[Case]) {
    assert!(!cases.is_empty());
    let left = Mutex::new(cases.iter());
    let wrong = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some(case) = left.lock().unwrap().next() else { break };
            if let Err(what) = check(form, modules, folder, case) {
                wrong.lock().unwrap().push(format!("{}: {what}", case.name));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} cases, {form:?}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn cases(list: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(list).unwrap();
    basic_toml::from_str::<Cases>(&text).unwrap().case
}

#[test]
fn guests_print_what_they_print_elsewhere() {
    let folder = root().join("tests/guests");
    let mut cases = cases(&folder.join("guests.toml"));
    if cfg!(not(feature = "simd")) {
        println!("left out: those with vectors, which this build has not");
        cases.retain(|case| case.kind != VECTORS);
    }
    if cfg!(not(feature = "gc")) {
        println!("left out: those with objects, which this build has not");
        cases.retain(|case| case.kind != OBJECTS);
    }
    if cfg!(not(feature = "threads")) {
        println!("left out: those with shared memories, which this build has not");
        cases.retain(|case| !case.name.ends_with("-shared"));
    }
    check_all(&folder, &folder, cases);
}

#[test]
fn guests_print_the_same_without_superinstructions() {
    let folder = root().join("tests/guests");
    let mut cases = cases(&folder.join("guests.toml"));
    let some = ["fib", "hashes", "lz4", "nbody", "json", "regex", "lua-code"];
    cases.retain(|case| some.contains(&&*case.name));
    assert_eq!(cases.len(), some.len());
    check_form(Form::WithoutSuperinstructions, &folder, &folder, &cases);
}

/// Each run opens the database that the previous one left. All forms of the program must leave the same bytes.
#[test]
fn sqlite_keeps_its_database_in_a_file() {
    let folder = root().join("tests/guests");
    let forms: &[Form] = if cfg!(feature = "compile") { &[Form::Binary, Form::Image("core")] } else { &[Form::Binary] };
    let mut databases = Vec::new();
    for &form in forms {
        let scratch = Folder::empty();
        for run in 1..=3 {
            let case = Case {
                name: format!("sqlite-file-{run}"),
                module: "sqlite.wasm".into(),
                args: vec!["-db".into(), "/first.db".into()],
                scratch: Some("/".into()),
                stdin: Some(format!("src/sqlite/file-{run}.sql").into()),
                expected: Some(format!("expected/sqlite-file-{run}.txt").into()),
                ..Case::default()
            };
            check_in(form, &folder, &folder, &case, &scratch.0)
                .unwrap_or_else(|what| panic!("run {run}, {form:?}: {what}"));
        }
        let files = files(&scratch.0);
        assert_eq!(files.keys().collect::<Vec<_>>(), [Path::new("first.db"), Path::new("second.db")]);
        assert!(files.values().all(|bytes| bytes.starts_with(b"SQLite format 3\0") && bytes.len() % 1024 == 0));
        databases.push(files);
    }
    assert!(databases.windows(2).all(|pair| pair[0] == pair[1]), "not the same bytes");
}

#[test]
fn quickjs_reads_its_script_from_a_file() {
    let folder = root().join("tests/guests");
    let case = |name: &str| Case {
        name: format!("quickjs-file-{name}"),
        module: "quickjs.wasm".into(),
        args: vec![format!("/scripts/{name}.js")],
        dir: [("/scripts".into(), "src/js".into())].into(),
        expected: Some(format!("expected/quickjs-{name}.txt").into()),
        ..Case::default()
    };
    check_all(&folder, &folder, ["classes", "regexp", "json", "closures", "numeric"].map(case).into());
}

#[test]
fn programs_of_the_corpus_print_what_they_print_elsewhere() {
    let folder = root().join("tests/guests");
    let corpus = root().join("target/corpus");
    let list = folder.join("corpus.toml");
    let (here, missing): (Vec<Case>, Vec<Case>) =
        cases(&list).into_iter().partition(|case| corpus.join(&case.module).exists());
    for case in missing {
        println!("left out: {} (no {})", case.name, corpus.join(&case.module).display());
    }
    if !here.is_empty() {
        check_all(&corpus, &folder, here);
    }
}

/// Returns the folder of guests next to the checkout.
fn shared() -> Option<PathBuf> {
    let folder = root().join("../shared/guests");
    if folder.exists() {
        return Some(folder);
    }
    println!("left out: {} is not there", folder.display());
    None
}

#[test]
#[cfg(feature = "gc")]
fn programs_with_objects_and_exceptions_beside_the_checkout_print_what_they_print_elsewhere() {
    let Some(folder) = shared() else { return };
    let case = |name: &str, args: &[&str]| Case {
        name: name.into(),
        module: format!("{name}.wasm").into(),
        args: args.iter().map(|&arg| arg.into()).collect(),
        expected: Some(format!("expected/{name}.txt").into()),
        ..Case::default()
    };
    let kotlin = ["hello", "hello-legacy-eh", "exceptions", "exceptions-legacy-eh", "collections", "binarytrees"];
    let mut cases: Vec<Case> = kotlin.iter().map(|name| case(&format!("kotlin-{name}"), &[])).collect();
    cases.extend(["cpp-eh-exnref", "cpp-eh-legacy"].map(|name| case(name, &["2000"])));
    check_all(&folder, &folder, cases);
}

#[test]
fn sqlite_beside_the_checkout_prints_what_it_prints_elsewhere() {
    let Some(folder) = shared() else { return };
    let case = |name: &str, args: &[&str], stdin: Option<&str>| Case {
        name: name.into(),
        module: "sqlite3-sqlsh.wasm".into(),
        args: args.iter().map(|&arg| arg.into()).collect(),
        stdin: stdin.map(PathBuf::from),
        expected: Some(format!("expected/{name}.txt").into()),
        ..Case::default()
    };
    let cases = vec![
        case("sqlite3-sqlsh", &[], Some("src/test.sql")),
        case("sqlite3-sqlsh-bench-2000", &["-bench", "2000"], None),
    ];
    check_all(&folder, &folder, cases);
}

#[test]
#[cfg(feature = "simd")]
fn vectors_beside_the_checkout_print_what_they_print_elsewhere() {
    let Some(folder) = shared() else { return };
    let case = Case {
        name: "simd-kernels".into(),
        module: "simd-kernels.wasm".into(),
        args: vec!["1".into()],
        expected: Some("expected/simd-kernels.txt".into()),
        kind: VECTORS.into(),
        ..Case::default()
    };
    check_all(&folder, &folder, vec![case]);
}

/// Parses a number in an expected file.
fn number(text: &str, ty: ValType) -> Val {
    let value = match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    };
    match ty {
        ValType::I32 => Val::I32(value as i32),
        ValType::I64 => Val::I64(value as i64),
        _ => panic!("no guest takes a {}", ty.name()),
    }
}

fn printed(results: &[Val]) -> String {
    let one = |value: &Val| match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        value => panic!("no guest returns {value:?}"),
    };
    match results {
        [] => "None".into(),
        [value] => one(value),
        values => format!("[{}]", values.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

/// Performs a call of the form `name(args) = result` or `name(args) ! ... wasm trap: reason`.
fn check_call(store: &mut Store<()>, instance: Instance, line: &str) {
    let (name, rest) = line.split_once('(').unwrap();
    let (args, outcome) = rest.split_once(") ").unwrap();
    let func = instance.get_func(&*store, name).unwrap_or_else(|| panic!("no {name}"));
    let ty = func.ty(&*store);
    let args: Vec<Val> =
        args.split(',').filter(|arg| !arg.is_empty()).zip(ty.params()).map(|(arg, &ty)| number(arg, ty)).collect();
    let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default_of(ty)).collect();
    let result = func.call(&mut *store, &args, &mut results);
    match (outcome.split_at(2), result) {
        (("= ", expected), Ok(())) => assert_eq!(printed(&results), expected, "{line}"),
        (("! ", expected), Err(error)) => {
            let reason = expected.split_once("wasm trap: ").unwrap().1;
            assert_eq!(error.as_trap_code().expect("a trap").message(), reason, "{line}");
        }
        (_, result) => panic!("{line}: {result:?}"),
    }
}

#[test]
fn functions_beside_the_checkout_return_what_they_return_elsewhere() {
    let Some(folder) = shared() else { return };
    for name in ["memory64-sieve", "multi-memory", "tail-call-vm"] {
        let engine = Engine::default();
        let module = Module::new(&engine, std::fs::read(folder.join(name).with_extension("wasm")).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
        let expected = std::fs::read_to_string(folder.join(format!("expected/{name}.txt"))).unwrap();
        assert!(!expected.is_empty());
        for line in expected.lines() {
            check_call(&mut store, instance, line);
        }
    }
}
