//! `cargo xtask wasi-testsuite PATH`: the official tests of WASI preview 1, from a checkout of WebAssembly/wasi-testsuite
//! with its prebuilt modules (branch `prod/testsuite-base`).
//!
//! A test is a module beside which a file of JSON may say how it is run and what must come of it
//! (`doc/specification.md` there): as a whole (`args`, `env`, `root`, `exit_code`, `stdout`, `stderr`), or as a list of
//! operations. The folder that a test gets as its root is copied anew for each, so the checkout stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;
use serde::Deserialize;

use crate::project;

pub const DETAILS: &str = "
  PATH         a checkout of https://github.com/WebAssembly/wasi-testsuite, branch prod/testsuite-base
  --binary B   the command to test, instead of a release build

  Every folder `wasm32-wasip1` in PATH is run. Tests that cannot hold here are listed in xtask/src/wasi_testsuite.rs,
  each with the reason, and are told; when one of them passes after all, that is a failure too.
";

/// The name of folders with tests of preview 1.
const FOLDER: &str = "wasm32-wasip1";
/// How long a test may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tests that cannot hold here, by their name, with the reason.
const CANNOT_HOLD: &[(&str, &str)] = &[];

/// How a test is run, and what must come of it.
#[derive(Deserialize, Default, Debug)]
#[serde(default, deny_unknown_fields)]
struct Specification {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    /// The folder that the test gets as `/`.
    root: Option<String>,
    exit_code: i32,
    stdout: Option<String>,
    stderr: Option<String>,
    /// What other versions of WASI need.
    proposals: Vec<String>,
    /// The newer form.
    operations: Vec<Operation>,
}

/// A step of the newer form; those that only other versions of WASI have are not known.
#[derive(Deserialize, Debug)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Operation {
    Run {
        #[serde(default)]
        args: Vec<String>,
        #[serde(default)]
        env: BTreeMap<String, String>,
        root: Option<String>,
    },
    Read {
        #[serde(default = "stdout")]
        id: String,
        #[serde(default)]
        payload: String,
    },
    Wait {
        #[serde(default)]
        exit_code: i32,
    },
}

fn stdout() -> String {
    "stdout".into()
}

impl Specification {
    fn parse(json: &str) -> Result<Specification> {
        let mut whole: Specification = serde_json::from_str(json)?;
        ensure!(whole.proposals.is_empty(), "preview 1 has no proposals: {:?}", whole.proposals);
        for operation in std::mem::take(&mut whole.operations) {
            match operation {
                Operation::Run { args, env, root } => (whole.args, whole.env, whole.root) = (args, env, root),
                Operation::Wait { exit_code } => whole.exit_code = exit_code,
                Operation::Read { id, payload } => {
                    let stream = match &*id {
                        "stdout" => &mut whole.stdout,
                        "stderr" => &mut whole.stderr,
                        _ => bail!("there is no stream `{id}`"),
                    };
                    stream.get_or_insert_default().push_str(&payload);
                }
            }
        }
        Ok(whole)
    }

    /// Of the module's own file, or what stands for one that is missing.
    fn of(module: &Path) -> Result<Specification> {
        let file = module.with_extension("json");
        if !file.is_file() {
            return Ok(Specification::default());
        }
        Specification::parse(&fs::read_to_string(&file)?).with_context(|| file.display().to_string())
    }
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    let binary: Option<PathBuf> = arguments.opt_value_from_str("--binary")?;
    let path: PathBuf = arguments.free_from_str().context("where is the checkout of wasi-testsuite?")?;
    crate::no_more_arguments(arguments)?;
    let mut modules = Vec::new();
    find(&path, &mut modules)?;
    ensure!(!modules.is_empty(), "{}: no modules in folders named {FOLDER}", path.display());
    modules.sort();
    let binary = match binary {
        Some(binary) => fs::canonicalize(&binary).with_context(|| binary.display().to_string())?,
        None => project::build_release()?,
    };

    let (mut passed, mut left_out, mut failed) = (0, 0, Vec::new());
    for module in &modules {
        let name = module.strip_prefix(&path).unwrap_or(module).with_extension("").display().to_string();
        let reason = CANNOT_HOLD.iter().find(|(test, _)| name.ends_with(test)).map(|(_, reason)| reason);
        match (run(&binary, module), reason) {
            (Ok(()), None) => {
                passed += 1;
                println!("ok        {name}");
            }
            (Err(_), Some(reason)) => {
                left_out += 1;
                println!("left out  {name}: {reason}");
            }
            (Ok(()), Some(_)) => {
                println!("FAILED    {name}: holds, and is listed as one that cannot");
                failed.push(name);
            }
            (Err(error), None) => {
                println!("FAILED    {name}: {error:#}");
                failed.push(name);
            }
        }
    }
    println!("{passed} passed, {} failed, {left_out} left out", failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Adds the modules of all folders of preview 1 at or beneath this one.
fn find(folder: &Path, modules: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            find(&path, modules)?;
        } else if folder.file_name().is_some_and(|name| name == FOLDER) && path.extension() == Some("wasm".as_ref()) {
            modules.push(path);
        }
    }
    Ok(())
}

/// Runs a test; the error says what was wrong.
fn run(binary: &Path, module: &Path) -> Result<()> {
    let specification = Specification::of(module)?;
    let work = project::target_dir().join("wasi-testsuite");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let mut command = Command::new(binary);
    command.arg("run").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in &specification.env {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    if let Some(root) = &specification.root {
        let root = module.with_file_name(root);
        let copied = work.join("root");
        copy(&root, &copied).with_context(|| root.display().to_string())?;
        command.arg("--dir").arg(format!("{}::/", copied.display()));
    }
    command.arg(module).args(&specification.args);

    let mut child = command.spawn().context("cannot be started")?;
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let status = wait(&mut child)?;
    let texts = [stdout, stderr].map(|stream| stream.join().unwrap_or_default());
    let [stdout, stderr] = texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let code = status.code().context("ended by a signal")?;
    ensure!(code == specification.exit_code, "exit code {code}, not {}: {}", specification.exit_code, stderr.trim());
    for (name, text, wanted) in [("stdout", stdout, specification.stdout), ("stderr", stderr, specification.stderr)] {
        if let Some(wanted) = wanted {
            ensure!(text == wanted, "{name} is {text:?}, not {wanted:?}");
        }
    }
    Ok(())
}

/// Reads a stream to its end, beside the others.
fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What came before an error is all there is.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Waits for a program's end, but not for ever.
fn wait(child: &mut Child) -> Result<std::process::ExitStatus> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("not finished after {} s", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Copies a folder, without what earlier runs have left behind (`*.cleanup`).
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension() == Some("cleanup".as_ref()) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_specifications_are_read() {
        let old = Specification::parse(r#"{"args": ["a"], "root": "dir", "exit_code": 3, "stdout": "x"}"#).unwrap();
        assert_eq!((old.args, old.root, old.exit_code), (vec!["a".to_owned()], Some("dir".into()), 3));
        assert_eq!((old.stdout, old.stderr), (Some("x".into()), None));
        let new = r#"{"operations": [{"type": "run", "env": {"A": "1"}}, {"type": "read", "payload": "x"},
            {"type": "read", "payload": "y"}, {"type": "wait", "exit_code": 3}]}"#;
        let new = Specification::parse(new).unwrap();
        assert_eq!((&*new.env["A"], new.stdout, new.exit_code), ("1", Some("xy".into()), 3));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let wrong =
            [r#"{"arguments": []}"#, r#"{"operations": [{"type": "connect"}]}"#, r#"{"proposals": ["sockets"]}"#];
        for json in wrong {
            assert!(Specification::parse(json).is_err(), "{json}");
        }
    }
}
