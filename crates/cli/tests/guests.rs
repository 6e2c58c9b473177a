//! Real programs: those of `tests/guests`, those of the corpus if it was fetched, and those beside the checkout. Each
//! must print what it prints elsewhere, to the byte, and again from images of both op sets.
#![cfg(all(unix, feature = "validate", feature = "wasi"))]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde::Deserialize;
use wasmote::{Engine, Instance, Linker, Module, Store, Val, ValType};

/// `guests.toml` and `corpus.toml`.
#[derive(Deserialize)]
struct Cases {
    #[serde(alias = "module")]
    case: Vec<Case>,
}

/// A run of a program. Paths are relative to the list's folder.
#[derive(Deserialize)]
struct Case {
    name: String,
    /// The program; `NAME.wasm` if there is none.
    module: Option<PathBuf>,
    #[serde(default)]
    args: Vec<String>,
    /// Names of directories for the guest, and what they are here.
    #[serde(default)]
    dir: BTreeMap<String, PathBuf>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    stdin: Option<PathBuf>,
    expected: PathBuf,
    #[serde(default)]
    exit: i32,
}

impl Case {
    fn module(&self) -> PathBuf {
        self.module.clone().unwrap_or_else(|| format!("{}.wasm", self.name).into())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// How a program gets to the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Binary,
    /// An image with this op set, made by `wasmote compile`.
    #[cfg_attr(not(feature = "compile"), allow(dead_code))]
    Image(&'static str),
}

/// The file to run.
fn program(form: Form, modules: &Path, case: &Case) -> Result<PathBuf, String> {
    let module = modules.join(case.module());
    let Form::Image(op_set) = form else { return Ok(module) };
    // Several cases may be of one module, and run at the same time.
    let image = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{op_set}.wmi", case.name));
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    command.args(["compile", "--op-set", op_set, "-o"]).arg(&image).arg(module);
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("compile: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(image)
}

/// Runs a case; what is wrong with it, if anything.
fn check(form: Form, modules: &Path, folder: &Path, case: &Case) -> Result<(), String> {
    let stdin = match &case.stdin {
        Some(path) => File::open(folder.join(path)).map_err(|error| format!("{}: {error}", path.display()))?.into(),
        None => Stdio::null(),
    };
    let expected =
        std::fs::read(folder.join(&case.expected)).map_err(|error| format!("{}: {error}", case.expected.display()))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    for (guest, host) in &case.dir {
        command.arg("--dir").arg(format!("{}::{guest}", folder.join(host).display()));
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
    Ok(())
}

/// Runs all cases, as many at a time as there are processors, and fails with all that went wrong.
fn check_all(modules: &Path, folder: &Path, cases: Vec<Case>) {
    check_form(Form::Binary, modules, folder, &cases);
    #[cfg(feature = "compile")]
    for op_set in ["extended", "core"] {
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
    check_all(&folder, &folder, cases(&folder.join("guests.toml")));
}

#[test]
fn programs_of_the_corpus_print_what_they_print_elsewhere() {
    let folder = root().join("tests/guests");
    let corpus = root().join("target/corpus");
    let list = folder.join("corpus.toml");
    let (here, missing): (Vec<Case>, Vec<Case>) =
        cases(&list).into_iter().partition(|case| corpus.join(case.module()).exists());
    for case in missing {
        println!("left out: {} (no {})", case.name, corpus.join(case.module()).display());
    }
    if !here.is_empty() {
        check_all(&corpus, &folder, here);
    }
}

/// The folder of guests beside the checkout.
fn shared() -> Option<PathBuf> {
    let folder = root().join("../shared/guests");
    if folder.exists() {
        return Some(folder);
    }
    println!("left out: {} is not there", folder.display());
    None
}

#[test]
fn sqlite_beside_the_checkout_prints_what_it_prints_elsewhere() {
    let Some(folder) = shared() else { return };
    let case = |name: &str, args: &[&str], stdin: Option<&str>| Case {
        name: name.into(),
        module: Some("sqlite3-sqlsh.wasm".into()),
        args: args.iter().map(|&arg| arg.into()).collect(),
        stdin: stdin.map(PathBuf::from),
        expected: format!("expected/{name}.txt").into(),
        dir: BTreeMap::new(),
        env: BTreeMap::new(),
        exit: 0,
    };
    let cases = vec![
        case("sqlite3-sqlsh", &[], Some("src/test.sql")),
        case("sqlite3-sqlsh-bench-2000", &["-bench", "2000"], None),
    ];
    check_all(&folder, &folder, cases);
}

/// A number as the expected files have it.
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

/// Makes one call of the form `name(args) = result` or `name(args) ! ... wasm trap: reason`.
fn check_call(store: &mut Store<()>, instance: Instance, line: &str) {
    let (name, rest) = line.split_once('(').unwrap();
    let (args, outcome) = rest.split_once(") ").unwrap();
    let func = instance.get_func(&*store, name).unwrap_or_else(|| panic!("no {name}"));
    let ty = func.ty(&*store);
    let args: Vec<Val> =
        args.split(',').filter(|arg| !arg.is_empty()).zip(&ty.params).map(|(arg, &ty)| number(arg, ty)).collect();
    let mut results: Vec<Val> = ty.results.iter().map(|&ty| Val::default_of(ty)).collect();
    let result = func.call(&mut *store, &args, &mut results);
    match (outcome.split_at(2), result) {
        (("= ", expected), Ok(())) => assert_eq!(printed(&results), expected, "{line}"),
        (("! ", expected), Err(error)) => {
            let reason = expected.split_once("wasm trap: ").unwrap().1;
            assert_eq!(error.as_trap().expect("a trap").code().message(), reason, "{line}");
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
