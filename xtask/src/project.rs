//! The workspace, and cargo run in it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Message, Metadata, MetadataCommand, Package};

/// The package of the command, and the name of its binary.
pub const CLI: &str = "wasmote-cli";
/// The binary of [`CLI`].
pub const BINARY: &str = "wasmote";

/// The clone that takes the place of the checkout.
static CLONE: OnceLock<PathBuf> = OnceLock::new();

/// The top folder of the workspace: the checkout, or its clone.
pub fn root() -> &'static Path {
    CLONE.get().map_or_else(checkout, PathBuf::as_path)
}

/// The checkout, even where a clone is the top folder. Cargo says at run time where xtask is; what it said at compile time
/// may be another checkout that shares the target folder.
pub fn checkout() -> &'static Path {
    static CHECKOUT: OnceLock<PathBuf> = OnceLock::new();
    CHECKOUT.get_or_init(|| {
        let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&xtask).parent().expect("xtask lies in the workspace").into()
    })
}

/// Makes a clone of the checkout the top folder, for the rest of this process. The target folder stays.
pub fn continue_in(clone: PathBuf) {
    CLONE.set(clone).expect("there is one clone");
}

/// Where cargo builds, which `CARGO_TARGET_DIR` may say.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => checkout().join(dir),
        None => checkout().join("target"),
    }
}

/// The cargo that runs xtask.
pub fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Cargo in the top folder, with nothing to read on its standard input.
pub fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(cargo_program());
    command.args(arguments).current_dir(root()).stdin(Stdio::null()).env("CARGO_TARGET_DIR", target_dir());
    command
}

/// A program that finds the nightly toolchain as `cargo` in its environment.
pub fn with_nightly(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null()).env("RUSTUP_TOOLCHAIN", "nightly");
    // The rustup that runs xtask set these for its own toolchain.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS"] {
        command.env_remove(variable);
    }
    command
}

/// Whether a command can be run, and succeeds.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Runs a cargo command that builds one program with `--message-format=json-render-diagnostics`, and returns where the program is.
pub fn built_program(command: &mut Command) -> Result<PathBuf> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("{} failed ({})", command_line(command), output.status);
    }
    let programs = Message::parse_stream(&output.stdout[..]).filter_map(|message| match message {
        Ok(Message::CompilerArtifact(artifact)) => artifact.executable,
        _ => None,
    });
    let last = programs.last().with_context(|| format!("{} built no program", command_line(command)))?;
    Ok(last.into_std_path_buf())
}

/// Runs a command to its end; a failure names it.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", command_line(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", command_line(command));
    }
    Ok(())
}

/// A command as the line of a shell, for messages.
pub fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut line = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// The workspace as cargo sees it, without the packages from elsewhere.
pub fn metadata() -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    command.exec().context("cargo metadata")
}

/// The product's packages: all of the workspace but this one.
pub fn product(metadata: &Metadata) -> Vec<&Package> {
    let mut packages: Vec<_> =
        metadata.workspace_packages().into_iter().filter(|package| package.name != env!("CARGO_PKG_NAME")).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    packages
}

/// Builds the command with the release profile and returns where it is.
pub fn build_release() -> Result<PathBuf> {
    run(&mut cargo(["build", "--release", "--locked", "--package", CLI, "--bin", BINARY]))?;
    Ok(target_dir().join("release").join(BINARY))
}

/// All Rust files below a folder, with their text.
pub fn rust_files(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(&inside).with_context(|| inside.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                files.push((path, text));
            }
        }
    }
    Ok(files)
}
