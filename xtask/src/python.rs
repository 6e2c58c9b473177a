//! `cargo xtask python`: the Python package is built as a wheel, installed into an environment of its own, and tested.
//!
//! What it needs comes from PyPI. Without Python 3.11 or newer, or without PyPI, it says so and is left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use pico_args::Arguments;

use crate::project::{root, run, succeeds, target_dir};

pub const DETAILS: &str = "
  --python P   with this Python instead of `python3`
  --release    the wheel as it is published, instead of one without optimisation: takes minutes
  --bench      calls and loads per second beside wasmtime-py, instead of the tests; as --release
  --install    `pip install` of the folder, as its users do, and the program of its README, instead of the tests

The wheel is left in target/python/wheels.
";

/// What builds and tests the package. Versions are pinned, because type checkers learn new complaints.
const TOOLS: [&str; 3] = ["maturin==1.16.0", "pytest==9.2.0", "mypy==2.4.1"];
/// The Python that is used unless another is named.
const PYTHON: &str = "python3";
/// What it is compared with.
const PEER: &str = "wasmtime==50.0.1";

pub fn main(mut arguments: Arguments) -> Result<()> {
    let (release, bench, install) =
        (arguments.contains("--release"), arguments.contains("--bench"), arguments.contains("--install"));
    let python = arguments.opt_value_from_str("--python")?.unwrap_or_else(|| PYTHON.to_owned());
    crate::no_more_arguments(arguments)?;
    let environment = match Environment::find(&python)? {
        Ok(environment) => environment,
        Err(reason) => bail!("{reason}"),
    };
    match () {
        () if install => environment.install_folder(),
        () if bench => environment.bench(),
        () => environment.test(release),
    }
}

/// Tests a wheel without optimisation. Returns why it is left out.
pub fn check() -> Result<Option<String>> {
    match Environment::find(PYTHON)? {
        Ok(environment) => environment.test(false).map(|()| None),
        Err(reason) => Ok(Some(reason)),
    }
}

/// Installs the package as its users do. Returns why it is left out.
pub fn check_install() -> Result<Option<String>> {
    match Environment::find(PYTHON)? {
        Ok(environment) => environment.install_folder().map(|()| None),
        Err(reason) => Ok(Some(reason)),
    }
}

/// A virtual environment of Python.
struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// Makes the environment, or returns why that is not possible here.
    fn find(python: &str) -> Result<Result<Environment, String>> {
        let version = "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))";
        let output = match Command::new(python).args(["-c", version]).output() {
            Ok(output) if output.status.success() => output,
            _ => return Ok(Err("there is no Python 3.11 or newer".into())),
        };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let environment = Environment { folder: target_dir().join("python/venv").join(version) };
        if !environment.program("python").is_file()
            && !succeeds(Command::new(python).args(["-m", "venv"]).arg(&environment.folder))
        {
            return Ok(Err("Python cannot make virtual environments (on Debian: python3-venv)".into()));
        }
        if !succeeds(environment.pip().arg("install").args(TOOLS)) {
            return Ok(Err(format!("pip cannot install {}", TOOLS.join(", "))));
        }
        Ok(Ok(environment))
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// A program of the environment, in the folder of the package.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        let target = target_dir().join("python");
        command.current_dir(package()).env("VIRTUAL_ENV", &self.folder).env("CARGO_TARGET_DIR", target);
        command
    }

    fn pip(&self) -> Command {
        let mut command = self.command("python");
        command.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
        command
    }

    /// Builds a wheel, and installs it.
    fn build(&self, profile: &str) -> Result<()> {
        let wheels = target_dir().join("python/wheels");
        if wheels.exists() {
            std::fs::remove_dir_all(&wheels).with_context(|| wheels.display().to_string())?;
        }
        let mut build = self.command("maturin");
        build.args(["build", "--quiet", "--locked", "--profile", profile, "--interpreter"]);
        run(build.arg(self.program("python")).arg("--out").arg(&wheels))?;
        let wheel = std::fs::read_dir(&wheels)?.next().context("maturin made no wheel")??.path();
        run(self.pip().args(["install", "--force-reinstall", "--no-deps"]).arg(&wheel))?;
        println!("{} ({} KiB)", name_of(&wheel), wheel.metadata()?.len() / 1024);
        Ok(())
    }

    fn test(&self, release: bool) -> Result<()> {
        self.build(if release { "release" } else { "dev" })?;
        run(self.command("python").args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]))
    }

    fn bench(&self) -> Result<()> {
        run(self.pip().args(["install", PEER]))?;
        self.build("release")?;
        run(self.command("python").arg("bench.py"))
    }

    fn install_folder(&self) -> Result<()> {
        run(self.pip().args(["install", "--force-reinstall", "."]))?;
        let readme = std::fs::read_to_string(package().join("README.md"))?;
        let program = readme.split("```python\n").nth(1).and_then(|rest| rest.split("```").next());
        run(self.command("python").arg("-c").arg(program.context("README.md has no program")?))
    }
}

fn package() -> PathBuf {
    root().join("bindings/python")
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
