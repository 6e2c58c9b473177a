//! `cargo xtask firmware`: builds the examples under `examples/firmware-*`, runs them in QEMU, and compares their output.
//!
//! - [`libraries`] makes the static libraries with the C API, and [`c`] builds the example that uses one.
//! - [`guests`] compiles the guests to images, damages some, and computes the expected results on the host.
//! - This file has the boards. Budgets of flash are in `size-budget.toml`; RAM that is only known at run time is limited here.
//!
//! The expected output is in `examples/firmware-parts/expected.txt`, and of C in `examples/firmware-c/expected.txt`.

mod c;
mod guests;
pub mod libraries;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::MetadataCommand;
use pico_args::Arguments;

use crate::{embedded, project, size};

pub const DETAILS: &str = "
  --require    fail if a target or QEMU is missing, instead of leaving its board out
  --limits     fail if a size is above its limit
  NAME...      only these: thumbv7em, thumbv7em-c, thumbv7em-small, riscv32imac, thumbv6m, riscv32imc
  --libraries FOLDER
               instead, makes the static libraries with wasmote-firmware.h; NAME is then a target
  --sanitize   instead, runs the tests of wasmote-firmware.h under AddressSanitizer
";

/// A dependency of build scripts, which is not linked.
const BUILD_SCRIPTS: &str = "wasmote-target";

/// The only crates of wasmote that firmware may link.
const OURS: [&str; 2] = ["wasmote-exec", "wasmote-ir"];

/// The most RAM that minimal firmware may use for itself and for the records of an instance: 1 KiB. The memory and value stack of the guest and the
/// native stack are not included.
const RAM_LIMIT: u64 = 1024;
/// The most native stack: 1.5 KiB.
const STACK_LIMIT: u64 = 1536;

/// Seconds that a run may take; it takes less than one.
const PATIENCE: &str = "120";

/// The features of the examples.
const FEATURES: &[&str] = &["float", "verify"];

/// A board that QEMU has, with a choice of features.
struct Board {
    name: &'static str,
    /// The example, a folder and a package.
    example: &'static str,
    target: &'static str,
    qemu: &'static str,
    arguments: &'static [&'static str],
    features: &'static [&'static str],
    /// How it is compiled, if it is in C.
    c: Option<&'static c::Machine>,
}

const CORTEX_M: Board = Board {
    name: "",
    example: "firmware-cortex-m",
    target: "",
    qemu: "qemu-system-arm",
    arguments: &["-M", "mps2-an386"],
    features: FEATURES,
    c: None,
};

const RISCV: Board = Board {
    example: "firmware-riscv",
    qemu: "qemu-system-riscv32",
    arguments: &["-M", "virt", "-bios", "none"],
    ..CORTEX_M
};

const BOARDS: &[Board] = &[
    Board { name: "thumbv7em", target: "thumbv7em-none-eabihf", ..CORTEX_M },
    Board {
        name: "thumbv7em-c",
        example: "firmware-c",
        target: "thumbv7em-none-eabihf",
        c: Some(&c::CORTEX_M4),
        ..CORTEX_M
    },
    Board { name: "thumbv7em-small", target: "thumbv7em-none-eabihf", features: &[], ..CORTEX_M },
    Board { name: "riscv32imac", target: "riscv32imac-unknown-none-elf", ..RISCV },
    // 16 KB of RAM, and no atomic instructions that compare and swap.
    Board { name: "thumbv6m", target: "thumbv6m-none-eabi", arguments: &["-M", "microbit"], ..CORTEX_M },
    Board { name: "riscv32imc", target: "riscv32imc-unknown-none-elf", ..RISCV },
];

/// The memory that minimal firmware takes on a board, in bytes.
struct Figures {
    board: &'static Board,
    /// Flash, without the image of the guest.
    flash: u64,
    /// Static RAM, without the memory and value stack of the guest.
    fixed: u64,
    /// RAM for the records of the instance.
    records: u64,
    /// RAM for the native stack.
    stack: u64,
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    let (require, limits) = (arguments.contains("--require"), arguments.contains("--limits"));
    let folder: Option<PathBuf> = arguments.opt_value_from_str("--libraries")?;
    let sanitize = arguments.contains("--sanitize");
    let names: Vec<&str> = match folder {
        Some(_) => libraries::TARGETS.to_vec(),
        None => BOARDS.iter().map(|board| board.name).collect(),
    };
    let mut wanted = Vec::new();
    while let Some(name) = arguments.opt_free_from_str::<String>()? {
        ensure!(names.contains(&&*name), "there is no `{name}`, but {}", names.join(", "));
        wanted.push(name);
    }
    crate::no_more_arguments(arguments)?;
    if sanitize {
        return libraries::sanitize()?.map_or(Ok(()), |reason| bail!("{reason}"));
    }
    if let Some(folder) = folder {
        return libraries::make_all(&folder, &wanted);
    }
    let boards = BOARDS.iter().filter(|board| wanted.is_empty() || wanted.iter().any(|name| board.name == name));
    if let Some(reason) = run(boards, limits)? {
        ensure!(!require, "{reason}");
        println!("left out: {reason}");
    }
    Ok(())
}

/// Checks all boards, or returns what could not be checked, and why.
pub fn check() -> Result<Option<String>> {
    run(BOARDS.iter(), true)
}

fn run(boards: impl Iterator<Item = &'static Board>, limits: bool) -> Result<Option<String>> {
    let (mut figures, mut left_out) = (Vec::new(), Vec::new());
    let mut guests = None;
    for board in boards {
        let (cargo, qemu) = match board.tools() {
            Ok(tools) => tools,
            Err(reason) => {
                left_out.push(format!("{}: {reason}", board.name));
                continue;
            }
        };
        if guests.is_none() {
            guests = Some(guests::prepare()?);
        }
        let guests = guests.as_ref().context("the guests were just prepared")?;
        figures.push(board.check(cargo, &qemu, guests).with_context(|| board.name)?);
    }
    if !figures.is_empty() {
        report(&figures);
    }
    let is_above = |of: &&Figures| {
        let flash_limit = of.board.c.map_or(u64::MAX, |machine| machine.flash_limit);
        of.fixed + of.records > RAM_LIMIT || of.stack > STACK_LIMIT || of.flash > flash_limit
    };
    if limits && let Some(figures) = figures.iter().find(is_above) {
        bail!("{} is above its limits", figures.board.name);
    }
    Ok((!left_out.is_empty()).then(|| left_out.join("; ")))
}

fn report(figures: &[Figures]) {
    println!("\n{:<16} {:>9} {:>9} {:>9} {:>9}", "minimal", "flash", "static", "records", "stack");
    for Figures { board, flash, fixed, records, stack } in figures {
        println!("{:<16} {flash:>9} {fixed:>9} {records:>9} {stack:>9}", board.name);
    }
    println!("bytes; flash without the image of the guest, RAM without its memory and value stack. Limits:");
    println!("{RAM_LIMIT} for static data and records, {STACK_LIMIT} for the native stack");
    println!("{} for the flash of C; size-budget.toml has the others", c::CORTEX_M4.flash_limit);
}

impl Board {
    /// What builds for it, cargo or GCC, and what runs it; or why there is none.
    fn tools(&self) -> Result<(Command, PathBuf), String> {
        let mut compiler = embedded::cargo(self.target)?;
        if self.c.is_some() {
            compiler = Command::new(c::compiler()?);
        }
        Ok((compiler, embedded::qemu(self.qemu)?))
    }

    fn check(&'static self, compiler: Command, qemu: &Path, guests: &guests::Guests) -> Result<Figures> {
        println!("{} in {}", self.name, qemu.display());
        let (programs, expected) = match self.c {
            Some(machine) => {
                let gcc = Path::new(compiler.get_program());
                (machine.build(gcc, self.target, guests.folder())?, "firmware-c")
            }
            None => {
                self.check_packages(&compiler)?;
                (self.build(compiler, guests)?, "firmware-parts")
            }
        };
        let [minimal, scenarios] = ["minimal", "scenarios"].map(|name| programs.join(name));

        let (said, _) = self.start(qemu, &scenarios)?;
        compare(&said, &guests.expected(expected, self.features)?)?;
        println!("  scenarios: {} lines as expected", said.len());

        let (_, measured) = self.start(qemu, &minimal)?;
        let sizes = size::measure::firmware(&read(&minimal)?, &["GUEST_BUFFER".into()])?;
        Ok(Figures {
            board: self,
            flash: sizes.total - guests.image_bytes("coremark")?,
            fixed: sizes.ram.context("firmware has RAM")?,
            records: measured.of("records")?,
            stack: measured.of("stack")?,
        })
    }

    fn manifest(&self) -> PathBuf {
        project::root().join("examples").join(self.example).join("Cargo.toml")
    }

    /// Checks that the firmware links only the execution core of wasmote.
    fn check_packages(&self, cargo: &Command) -> Result<()> {
        let mut command = MetadataCommand::new();
        command.cargo_path(cargo.get_program()).manifest_path(self.manifest());
        command.other_options(["--locked".into(), "--filter-platform".into(), self.target.into()]);
        let metadata = command.exec().context("cargo metadata")?;
        // A package without a registry is of this project.
        let ours: Vec<_> = metadata.packages.iter().filter(|package| package.source.is_none()).collect();
        let (mut linked, mut others) = (0, Vec::new());
        for package in &ours {
            match package.name.as_str() {
                name if OURS.contains(&name) => linked += 1,
                name if name == self.example || name == BUILD_SCRIPTS => {}
                name => others.push(name),
            }
        }
        ensure!(
            others.is_empty(),
            "the firmware links {}, and may link {} only",
            others.join(", "),
            OURS.join(" and ")
        );
        ensure!(linked == OURS.len(), "the firmware does not link {}", OURS.join(" and "));
        Ok(())
    }

    /// Builds both programs and returns the folder they are in.
    fn build(&self, mut cargo: Command, guests: &guests::Guests) -> Result<PathBuf> {
        let folder = project::target_dir().join(if self.features.is_empty() { "firmware-small" } else { "firmware" });
        cargo.args(["build", "--release", "--locked", "--quiet", "--target", self.target]);
        cargo.args(["--no-default-features", "--features", &self.features.join(",")]);
        cargo.arg("--manifest-path").arg(self.manifest()).arg("--target-dir").arg(&folder);
        cargo.current_dir(project::root()).stdin(Stdio::null()).env("FIRMWARE_IMAGES", guests.folder());
        project::run(&mut cargo)?;
        Ok(folder.join(self.target).join("release"))
    }

    /// Runs a program to its end; returns its lines, and what it measured.
    fn start(&self, qemu: &Path, program: &Path) -> Result<(Vec<String>, Measured)> {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", PATIENCE]).arg(qemu).args(self.arguments);
        command.args(["-nographic", "-monitor", "none", "-serial", "null"]);
        command.args(["-semihosting-config", "enable=on,target=native", "-kernel"]).arg(program);
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let output = output.with_context(|| format!("cannot start {}", qemu.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match output.status.code() {
            Some(0) => {}
            Some(124 | 137) => bail!("{} did not end within {PATIENCE} s; its output:\n{text}", program.display()),
            _ => bail!("{} failed ({}); its output:\n{text}", program.display(), output.status),
        }
        let (measured, said): (Vec<_>, Vec<_>) =
            text.lines().map(str::to_owned).partition(|line| line.starts_with(MEASURED));
        Ok((said, Measured(measured)))
    }
}

/// The beginning of lines that are measurements, not output.
const MEASURED: &str = "# ";

/// The measurements of a program: lines `# name number`.
struct Measured(Vec<String>);

impl Measured {
    fn of(&self, name: &str) -> Result<u64> {
        let find = |line: &String| line.strip_prefix(MEASURED)?.strip_prefix(name)?.trim().parse().ok();
        self.0.iter().find_map(find).with_context(|| format!("the program did not measure {name}"))
    }
}

/// Fails at the first line that is not as expected.
fn compare(said: &[String], expected: &str) -> Result<()> {
    let mut lines = said.iter();
    for (at, expected) in expected.lines().enumerate() {
        let found = lines.next().map_or("nothing", String::as_str);
        ensure!(found == expected, "line {} should be\n  {expected}\nand is\n  {found}", at + 1);
    }
    match lines.next() {
        Some(line) => bail!("unexpected output: {line}"),
        None => Ok(()),
    }
}

/// A file's contents, or an error that names it.
fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_is_short_long_or_different_is_refused() {
        let said = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        assert!(compare(&said(&["a", "b"]), "a\nb\n").is_ok());
        for wrong in [&["a"][..], &["a", "c"], &["a", "b", "c"], &[]] {
            assert!(compare(&said(wrong), "a\nb\n").is_err());
        }
    }

    #[test]
    fn measurements_are_found_by_name() {
        let measured = Measured(vec!["# records 344".into(), "# stack 952".into()]);
        assert_eq!(measured.of("stack").unwrap(), 952);
        assert!(measured.of("heap").is_err());
    }
}
