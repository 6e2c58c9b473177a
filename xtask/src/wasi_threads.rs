//! `cargo xtask wasi-threads FOLDER`: runs the tests of WebAssembly/wasi-threads in the command.
//!
//! A test is a module in a folder, as text or binary. What it needs and what it must do stand in a file of the same name with the extension
//! `json`, in the format of WebAssembly/wasi-testsuite. Tests in C run only if their module lies beside them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;
use serde::Deserialize;

use crate::project::{build_release, target_dir};

pub const OPTIONS: &str = "
  FOLDER               the tests: `test/testsuite` of a checkout of WebAssembly/wasi-threads
  --wasmote PATH       the command (default: the release build, which is made)
  --rounds N           how often each test runs (default: 1)

Standard input stays open while a test runs, since some tests block in a read. A test may take 20 seconds.
";

const LIMIT: Duration = Duration::from_secs(20);

/// What stands beside a test. Without the file, the defaults hold.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exit_code: i32,
    stdout: Option<String>,
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    let wasmote: Option<PathBuf> = arguments.opt_value_from_str("--wasmote")?;
    let rounds: usize = arguments.opt_value_from_str("--rounds")?.unwrap_or(1);
    let folder: PathBuf = arguments.free_from_str().context("the folder with the tests")?;
    crate::no_more_arguments(arguments)?;
    let wasmote = wasmote.map_or_else(build_release, |path| Ok(path.canonicalize()?))?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, module) in tests(&folder)? {
        let Some(module) = module else {
            println!("skip  {name}: its source is C, and {name}.wasm is not there");
            skipped += 1;
            continue;
        };
        match (0..rounds).try_for_each(|_| check(&wasmote, &module)) {
            Ok(()) => passed += 1,
            Err(error) => {
                println!("FAIL  {name}: {error:#}");
                failed += 1;
            }
        }
    }
    ensure!(passed + failed > 0, "{} has no tests", folder.display());
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    ensure!(failed == 0, "{failed} tests failed");
    Ok(())
}

/// Returns the tests by name, each with its module, if there is one. The text is taken before the binary.
fn tests(folder: &Path) -> Result<BTreeMap<String, Option<PathBuf>>> {
    let mut tests = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match &*extension {
            "wat" => _ = tests.insert(name, Some(path)),
            "wasm" => {
                _ = tests
                    .entry(name)
                    .and_modify(|module: &mut Option<PathBuf>| _ = module.get_or_insert(path.clone()))
                    .or_insert(Some(path))
            }
            "c" => _ = tests.entry(name).or_insert(None),
            _ => {}
        }
    }
    Ok(tests)
}

/// Runs a test. Errors: what it did instead of what it must do.
fn check(wasmote: &Path, module: &Path) -> Result<()> {
    let config = module.with_extension("json");
    let config: Config = match config.exists() {
        true => serde_json::from_slice(&fs::read(&config)?).with_context(|| config.display().to_string())?,
        false => Config::default(),
    };
    let printed = target_dir().join("wasi-threads-output");
    let errors = printed.with_extension("errors");
    let mut command = Command::new(wasmote);
    command.args(["run", "--threads"]);
    for (name, value) in &config.env {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    command.arg(module).args(&config.args);
    command.stdin(Stdio::piped()).stdout(File::create(&printed)?).stderr(File::create(&errors)?);
    let status = run_limited(&mut command)?;
    let errors = fs::read_to_string(&errors)?;
    ensure!(status.code() == Some(config.exit_code), "{status} instead of {}: {}", config.exit_code, errors.trim_end());
    if let Some(expected) = config.stdout {
        let printed = fs::read_to_string(&printed)?;
        ensure!(printed == expected, "printed {printed:?} instead of {expected:?}");
    }
    Ok(())
}

/// Runs a command whose standard input is a pipe, which stays open as long as the command runs.
fn run_limited(command: &mut Command) -> Result<ExitStatus> {
    let mut child = command.spawn().context("cannot start wasmote")?;
    let start = Instant::now();
    // Waiting for a process closes its pipe.
    let _stdin = child.stdin.take();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            bail!("it did not end in {} seconds", LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_in_c_needs_its_module() {
        let folder = target_dir().join("wasi-threads-tests");
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for file in ["a.c", "b.c", "b.wasm", "c.wat", "c.wasm", "c.json", "d.S"] {
            fs::write(folder.join(file), "").unwrap();
        }
        let expected = [("a", None), ("b", Some("b.wasm")), ("c", Some("c.wat"))];
        let expected = expected.map(|(name, file)| (name.to_owned(), file.map(|file| folder.join(file))));
        assert_eq!(tests(&folder).unwrap(), expected.into_iter().collect());
    }

    #[test]
    fn unknown_keys_are_refused() {
        let config: Config = serde_json::from_str(r#"{"exit_code": 99}"#).unwrap();
        assert_eq!((config.exit_code, config.args.len()), (99, 0));
        assert!(serde_json::from_str::<Config>(r#"{"exit": 99}"#).is_err());
    }
}
