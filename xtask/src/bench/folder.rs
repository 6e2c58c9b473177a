//! `--corpus PATH`: the programs of a folder outside of the repository.
//!
//! Each `*.wasm` in the folder is a program without arguments, unless `programs.toml` in the folder describes its runs:
//!
//! ```toml
//! [[program]]
//! module = "gzip.wasm"      # in the folder
//! name = "gzip-text"        # by default the module's
//! kind = "c"                # which mean it counts to; by default `program`
//! args = ["-9"]
//! env = ["LANG=C"]
//! start = "data"            # where in the folder the engine is started; by default the folder itself
//! dirs = ["."]              # folders that it may use, from there, under these names
//! stdin = "data/text"       # a file
//! expected = "gzip.out"     # a file with what it must print; by default what the first engine prints
//! exit = 0
//! ```
//!
//! A third of the modules are *strangers*: choices are based on measurements of the others, and judged on the strangers. A hash of the names draws them, so that
//! they are always the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::guests::Workload;

/// The file that says how programs are run.
const MANIFEST: &str = "programs.toml";

/// Which programs are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Those that choices are based on.
    Known,
    /// Those that choices are judged on.
    Strangers,
}

impl Group {
    /// The group of a module by its name, `.wasm` left out.
    pub fn of(module: &Path) -> Group {
        let name = module.file_stem().unwrap_or_default().to_string_lossy();
        // FNV-1a takes one line, and gives the same on every system.
        let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        // The upper half is mixed better.
        if (hash >> 16).is_multiple_of(3) { Group::Strangers } else { Group::Known }
    }

    /// What a table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Group::Known => "known",
            Group::Strangers => "strangers",
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default)]
    program: Vec<Program>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    module: PathBuf,
    name: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default)]
    start: PathBuf,
    #[serde(default)]
    dirs: Vec<String>,
    stdin: Option<PathBuf>,
    expected: Option<PathBuf>,
    #[serde(default)]
    exit: i32,
}

/// The programs of a folder, by name.
pub fn workloads(folder: &Path) -> Result<Vec<Workload>> {
    let folder = std::path::absolute(folder)?;
    let path = folder.join(MANIFEST);
    let manifest: Manifest = if path.is_file() {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        basic_toml::from_str(&text).with_context(|| path.display().to_string())?
    } else {
        Manifest::default()
    };
    let mut modules = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            modules.insert(path);
        }
    }
    let mut workloads = Vec::new();
    for program in manifest.program {
        let workload = program.workload(&folder);
        for file in [Some(&workload.module), workload.stdin.as_ref(), workload.expected.as_ref()].into_iter().flatten()
        {
            ensure!(file.is_file(), "{}: {}: there is no {}", path.display(), workload.name, file.display());
        }
        modules.remove(&workload.module);
        workloads.push(workload);
    }
    workloads.extend(modules.into_iter().map(|module| {
        let name = module.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Workload { kind: PROGRAM.into(), ..Workload::of_module(&name, module) }
    }));
    ensure!(!workloads.is_empty(), "{} has no *.wasm", folder.display());
    workloads.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(workloads)
}

/// The kind of programs that the manifest does not describe.
const PROGRAM: &str = "program";

impl Program {
    fn workload(self, folder: &Path) -> Workload {
        let module = folder.join(&self.module);
        let name = self.name.unwrap_or_else(|| module.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        Workload {
            kind: self.kind.unwrap_or_else(|| PROGRAM.into()),
            args: self.args,
            env: self.env,
            // A program that opens `x` finds it in a folder called `.`, not in one whose name starts with `/`.
            dirs: self.dirs,
            started_in: Some(folder.join(self.start)),
            stdin: self.stdin.map(|file| folder.join(file)),
            expected: self.expected.map(|file| folder.join(file)),
            exit: self.exit,
            ..Workload::of_module(&name, module)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-folder-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
        folder
    }

    #[test]
    fn modules_run_as_the_manifest_says_or_without_anything() {
        let manifest = "[[program]]\nmodule = 'a.wasm'\nname = 'one'\nargs = ['-x']\nstart = 'data'\ndirs = ['.']\nstdin = 'in'\nexit = 3\n\
                        [[program]]\nmodule = 'a.wasm'\nname = 'two'\nkind = 'c'\n";
        let folder = folder("runs", &[("a.wasm", ""), ("b.wasm", ""), ("in", ""), ("programs.toml", manifest)]);
        let all = workloads(&folder).unwrap();
        let brief: Vec<_> = all.iter().map(|of| (&*of.name, &*of.kind, of.args.len(), of.exit)).collect();
        assert_eq!(brief, [("b", "program", 0, 0), ("one", "program", 1, 3), ("two", "c", 0, 0)]);
        assert_eq!(all[1].stdin, Some(folder.join("in")));
        assert_eq!((&all[1].dirs, &all[1].started_in), (&vec![".".to_string()], &Some(folder.join("data"))));
        assert_eq!(all[2].started_in, Some(folder.join("")));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_there_or_not_known_is_an_error() {
        let missing = folder("missing", &[("programs.toml", "[[program]]\nmodule = 'a.wasm'\n")]);
        assert!(workloads(&missing).err().unwrap().to_string().contains("there is no"));
        let unknown =
            folder("unknown", &[("a.wasm", ""), ("programs.toml", "[[program]]\nmodule = 'a.wasm'\nargz = []\n")]);
        assert!(workloads(&unknown).is_err());
        let empty = folder("empty", &[]);
        assert!(workloads(&empty).err().unwrap().to_string().contains("no *.wasm"));
        for folder in [missing, unknown, empty] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn about_a_third_are_strangers_and_always_the_same() {
        let strangers = (0..3000).filter(|i| Group::of(Path::new(&format!("p{i}.wasm"))) == Group::Strangers).count();
        assert!((900..1100).contains(&strangers), "{strangers}");
        // Another hash would move programs that choices were based on to the strangers.
        let groups = ["gzip", "quickjs", "kotlin", "lua"].map(|name| Group::of(Path::new(name)).name());
        assert_eq!(groups, ["known", "strangers", "strangers", "known"]);
    }
}
