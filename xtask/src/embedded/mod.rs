//! `cargo xtask setup-embedded`: a Rust toolchain for targets that rustup's installation here may lack, out of Debian's packages.
//!
//! Debian packages a compiler, its cargo and the sources of the library that belong together. What comes of them is a
//! folder that looks like any toolchain: `bin/cargo` builds for all targets set up, without unstable flags.
//!
//! - [`packages`] has apt install what is missing, and unpacks QEMU.
//! - [`library`] builds `core`, `alloc` and, where there is one, `std` for a target.
//! - Here: the targets, the folder and what is in its `bin`.

mod library;
mod packages;

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;

use crate::project;

/// A target, and what it takes beyond the compiler to build programs for it.
#[derive(Clone, Copy)]
struct Target {
    name: &'static str,
    /// What its library is made of, for `-Zbuild-std`.
    library: &'static str,
    /// How that is optimised: firmware for size, what CI runs for a few seconds not at all, which takes half the time.
    level: &'static str,
    /// How it is linked and run, if it has an operating system.
    linux: Option<Linux>,
}

#[derive(Clone, Copy)]
struct Linux {
    /// GCC's name for the target; the compiler there links.
    gcc: &'static str,
    /// Debian's name for the architecture, of whose C library there is a package.
    architecture: &'static str,
    /// The emulator of QEMU that runs its programs, on hosts that do not do so themselves.
    emulator: Option<&'static str>,
}

const fn bare(name: &'static str) -> Target {
    Target { name, library: "core,alloc", level: "s", linux: None }
}

const fn linux(name: &'static str, linux: Linux) -> Target {
    Target { name, library: "std,panic_abort,panic_unwind", level: "0", linux: Some(linux) }
}

/// What is set up without a choice, and what CI needs.
const TARGETS: &[Target] = &[
    bare("thumbv7em-none-eabihf"),
    bare("riscv32imac-unknown-none-elf"),
    // Without atomic instructions that compare and swap.
    bare("thumbv6m-none-eabi"),
    bare("riscv32imc-unknown-none-elf"),
    Target { name: "wasm32-unknown-unknown", library: "std,panic_abort", level: "s", linux: None },
    // A host of 32 bits and one of the other byte order: the compiler must write the same images on both.
    linux("i686-unknown-linux-gnu", Linux { gcc: "i686-linux-gnu", architecture: "i386", emulator: None }),
    linux(
        "s390x-unknown-linux-gnu",
        Linux { gcc: "s390x-linux-gnu", architecture: "s390x", emulator: Some("qemu-s390x") },
    ),
];

/// What is set up when it is asked for.
const MORE_TARGETS: &[Target] = &[Target {
    // Tests run there.
    library: "std,panic_abort,panic_unwind,proc_macro,test",
    level: "1",
    ..linux(
        "aarch64-unknown-linux-gnu",
        Linux { gcc: "aarch64-linux-gnu", architecture: "arm64", emulator: Some("qemu-aarch64") },
    )
}];

/// All that can be set up.
fn all_targets() -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().chain(MORE_TARGETS)
}

/// Where Debian installs compilers.
const DEBIAN_BIN: &str = "/usr/bin";

pub const DETAILS: &str = "
  TARGET...    which targets, instead of all but the last of these:
                 thumbv7em-none-eabihf riscv32imac-unknown-none-elf thumbv6m-none-eabi riscv32imc-unknown-none-elf
                 wasm32-unknown-unknown
                 i686-unknown-linux-gnu s390x-unknown-linux-gnu aarch64-unknown-linux-gnu
  --qemu       QEMU too, which runs the firmware

  The toolchain goes to /opt/rust-embedded, or WASMOTE_EMBEDDED_DIR. What is there already is left as it is. Needs Debian 12
  or newer with its security archive, the crates registry for the libraries' dependencies, and root to install packages.
";

pub fn main(mut arguments: Arguments) -> Result<()> {
    let qemu = arguments.contains("--qemu");
    let mut targets = Vec::new();
    while let Some(name) = arguments.opt_free_from_str::<String>()? {
        let target = all_targets().find(|target| target.name == name);
        targets.push(*target.with_context(|| format!("there is no recipe for `{name}`{DETAILS}"))?);
    }
    crate::no_more_arguments(arguments)?;
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    set_up(&targets, qemu)
}

/// For CI: sets up everything, or returns why this machine is not one where that can be done.
pub fn check() -> Result<Option<String>> {
    if !complete()
        && let Err(reason) = packages::may_install(&["rustc-web"])
    {
        return Ok(Some(format!("{reason:#}")));
    }
    // Where the packages cannot be had just now, what needs them is left out by name.
    match set_up(TARGETS, true) {
        Ok(()) => Ok(None),
        Err(reason) if complete() => Ok(Some(format!("{reason:#}"))),
        Err(reason) => Ok(Some(format!("it could not be set up: {reason:#}"))),
    }
}

/// Whether there are compilers for all targets.
pub fn complete() -> bool {
    TARGETS.iter().all(|target| cargo(target.name).is_ok())
}

/// Installs and builds whatever is missing.
fn set_up(targets: &[Target], qemu: bool) -> Result<()> {
    let dir = dir();
    packages::install(&["rustc-web", "cargo-web", "rust-web-src"])?;
    let compiler = Compiler::of_debian()?;
    let mut wanted = vec![format!("lld-{}", compiler.llvm)];
    for linux in targets.iter().filter_map(|target| target.linux) {
        wanted.push(format!("gcc-{}", linux.gcc));
        wanted.push(format!("libc6-dev-{}-cross", linux.architecture));
        if linux.emulator.is_some() {
            wanted.push("qemu-user".into());
        }
    }
    packages::install(&wanted)?;
    lay_out(&dir, &compiler).with_context(|| dir.display().to_string())?;
    for target in targets {
        library::build(&dir, target, &compiler.version)?;
    }
    if qemu {
        packages::unpack_qemu(&dir)?;
    }
    println!("{}: {}", dir.display(), compiler.version);
    Ok(())
}

/// Where the toolchain is, or will be.
pub fn dir() -> PathBuf {
    std::env::var_os("WASMOTE_EMBEDDED_DIR").map_or_else(|| "/opt/rust-embedded".into(), PathBuf::from)
}

/// A cargo that can build for the target, or why there is none.
pub fn cargo(target: &str) -> Result<Command, String> {
    let dir = dir();
    if library::is_there(&dir, target) {
        return Ok(Command::new(dir.join("bin/cargo")));
    }
    Err(format!("no toolchain for {target} in {}; `cargo xtask setup-embedded {target}` makes one", dir.display()))
}

/// A cargo whose compiler has the core library for a target, or why there is none: the one that the environment names, else that of
/// `cargo xtask setup-embedded`, else the usual one.
pub fn cargo_with_core(target: &str) -> Result<OsString, String> {
    if let Some(named) = std::env::var_os("WASMOTE_EMBEDDED_CARGO") {
        return match has_core(&named, target) {
            true => Ok(named),
            false => Err(format!("the compiler beside {} has no library for {target}", named.display())),
        };
    }
    match cargo(target) {
        Ok(cargo) => Ok(cargo.get_program().into()),
        Err(_) if has_core(&project::cargo_program(), target) => Ok(project::cargo_program()),
        Err(reason) => Err(reason),
    }
}

/// Whether the compiler beside this cargo has a core library for the target.
fn has_core(cargo: &OsStr, target: &str) -> bool {
    let rustc = Path::new(cargo).with_file_name("rustc");
    let Ok(output) = Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output() else {
        return false;
    };
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
}

/// A program of QEMU, as set up or as installed, or why there is none.
pub fn qemu(program: &str) -> Result<PathBuf, String> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let mut found = [dir().join("bin")].into_iter().chain(std::env::split_paths(&search)).map(|dir| dir.join(program));
    found
        .find(|path| path.is_file())
        .ok_or_else(|| format!("no {program}; `cargo xtask setup-embedded --qemu` brings one"))
}

/// How programs for a target with an operating system are started here: nothing, or an emulator.
pub fn emulator(target: &str) -> Option<&'static str> {
    all_targets().find(|known| known.name == target)?.linux?.emulator
}

/// Debian's compiler.
struct Compiler {
    /// All of what tells it from others.
    version: String,
    /// What it runs on, as a target.
    host: String,
    /// LLVM's major version.
    llvm: String,
}

impl Compiler {
    fn of_debian() -> Result<Compiler> {
        let output =
            Command::new(Path::new(DEBIAN_BIN).join("rustc")).arg("-vV").env_remove("LD_LIBRARY_PATH").output();
        let output = output.context("cannot start Debian's rustc")?;
        ensure!(output.status.success(), "Debian's rustc does not run ({})", output.status);
        let said = String::from_utf8(output.stdout)?;
        let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let llvm = field("LLVM version: ").context("rustc does not name its LLVM")?;
        Ok(Compiler {
            version: said.lines().next().unwrap_or_default().to_owned(),
            host: field("host: ").context("rustc does not name its host")?.to_owned(),
            llvm: llvm.split('.').next().unwrap_or(llvm).to_owned(),
        })
    }
}

/// Makes the toolchain's folder: links to Debian's files, with room for the libraries of the targets.
fn lay_out(dir: &Path, compiler: &Compiler) -> Result<()> {
    let rustlib = dir.join("lib/rustlib");
    let debian = Path::new("/usr/lib/rustlib");
    let host = rustlib.join(&compiler.host);
    fs::create_dir_all(host.join("bin"))?;
    fs::create_dir_all(dir.join("bin"))?;
    link(&debian.join(&compiler.host).join("lib"), &host.join("lib"))?;
    link(&debian.join("src"), &rustlib.join("src"))?;
    // The compiler asks its own folder for the linker of targets without a system.
    link(Path::new(&format!("{DEBIAN_BIN}/lld-{}", compiler.llvm)), &host.join("bin/rust-lld"))?;

    let place = dir.to_str().context("the folder's name is not text")?;
    if place.contains(|c: char| !c.is_ascii_alphanumeric() && !"/._-".contains(c)) {
        bail!("the folder's name must do without characters special to a shell: {place}");
    }
    for tool in ["rustc", "rustdoc"] {
        script(&dir.join("bin").join(tool), &format!("exec {DEBIAN_BIN}/{tool} --sysroot {place} \"$@\"\n"))?;
    }
    // What rustup's cargo leaves in the environment of its children would mix the two toolchains.
    let mut cargo = String::from("unset RUSTUP_TOOLCHAIN LD_LIBRARY_PATH CARGO RUSTC_WORKSPACE_WRAPPER\n");
    writeln!(cargo, "export RUSTC={place}/bin/rustc RUSTDOC={place}/bin/rustdoc")?;
    for target in all_targets() {
        let Some(linux) = target.linux else { continue };
        let variable = format!("CARGO_TARGET_{}", target.name.to_uppercase().replace('-', "_"));
        let mut default =
            |name: &str, value: &str| writeln!(cargo, ": ${{{variable}_{name}:={value}}}\nexport {variable}_{name}");
        default("LINKER", &format!("{}-gcc", linux.gcc))?;
        // With the C library inside, programs run anywhere.
        default("RUSTFLAGS", "-Ctarget-feature=+crt-static")?;
        if let Some(emulator) = linux.emulator {
            default("RUNNER", emulator)?;
        }
    }
    writeln!(cargo, "exec {DEBIAN_BIN}/cargo \"$@\"")?;
    script(&dir.join("bin/cargo"), &cargo)
}

/// Writes a shell script that can be run.
fn script(path: &Path, body: &str) -> Result<()> {
    fs::write(path, format!("#!/bin/sh\n{body}"))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Makes a symbolic link, in place of what may be there of an earlier one.
fn link(to: &Path, at: &Path) -> Result<()> {
    if at.symlink_metadata().is_ok() {
        fs::remove_file(at).with_context(|| at.display().to_string())?;
    }
    symlink(to, at).with_context(|| at.display().to_string())
}
