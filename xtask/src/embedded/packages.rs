//! Debian's packages: installed by apt where they are missing; nothing installed before is touched.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;

use anyhow::{Context, Result, bail, ensure};

use super::link;
use crate::project;

/// The emulators of whole machines.
const QEMU: [&str; 2] = ["qemu-system-arm", "qemu-system-misc"];

/// Installs those packages that are missing.
pub fn install<S: AsRef<str>>(packages: &[S]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().map(S::as_ref).filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    refresh(&missing)?;
    println!("installing {}", missing.join(" "));
    // Rather fail than have something of the user's give way.
    let mut apt = apt_get(&["install", "--yes", "--quiet", "--no-install-recommends", "--no-remove"]);
    apt.args(&missing);
    run_quietly(&mut apt)
}

/// Unpacks QEMU's machines into the toolchain's folder, and links them in its `bin`.
///
/// They are not installed, because that would remove a `qemu-utils` newer than they are, as from Debian's backports, which
/// conflicts with them. Their libraries are.
pub fn unpack_qemu(dir: &Path) -> Result<()> {
    let programs = ["qemu-system-arm", "qemu-system-riscv32"];
    if programs.iter().all(|program| dir.join("bin").join(program).is_file()) {
        println!("QEMU: present");
        return Ok(());
    }
    refresh(&QEMU)?;
    install(&libraries_of_qemu()?)?;
    let scratch = dir.join("scratch");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    println!("unpacking {}", QEMU.join(" "));
    run_quietly(apt_get(&["download", "--quiet"]).args(QEMU).current_dir(&scratch))?;
    for file in fs::read_dir(&scratch)? {
        project::run(Command::new("dpkg-deb").arg("--extract").arg(file?.path()).arg(dir.join("qemu")))?;
    }
    fs::remove_dir_all(&scratch)?;
    for program in programs {
        let unpacked = dir.join("qemu/usr/bin").join(program);
        let version =
            Command::new(&unpacked).arg("--version").output().with_context(|| unpacked.display().to_string())?;
        ensure!(version.status.success(), "{program}: {}", String::from_utf8_lossy(&version.stderr).trim());
        link(&unpacked, &dir.join("bin").join(program))?;
        println!("{}", String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default());
    }
    Ok(())
}

/// The packages that those of QEMU need, without its own: what is used here does without them.
fn libraries_of_qemu() -> Result<Vec<String>> {
    let output = Command::new("apt-cache").args(["depends", "--important"]).args(QEMU).output();
    let output = output.context("cannot start apt-cache")?;
    ensure!(output.status.success(), "apt does not know {}", QEMU.join(" and "));
    let mut packages: Vec<String> = String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("Depends: "))
        .filter(|package| !package.starts_with("qemu") && !package.starts_with('<'))
        .map(str::to_owned)
        .collect();
    packages.sort();
    packages.dedup();
    Ok(packages)
}

/// Has apt look up what there is, once, before the first package that is wanted.
fn refresh(wanted: &[&str]) -> Result<()> {
    static ONCE: Once = Once::new();
    let mut outcome = Ok(());
    ONCE.call_once(|| outcome = may_install(wanted).and_then(|()| run_quietly(&mut apt_get(&["update", "--quiet"]))));
    outcome
}

fn is_installed(package: &str) -> bool {
    let query = Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]).output();
    query.is_ok_and(|output| output.stdout == b"installed")
}

/// Says plainly who must do this where.
pub fn may_install(wanted: &[&str]) -> Result<()> {
    let wanted = wanted.join(" ");
    if Command::new("apt-get").arg("--version").stdout(Stdio::null()).status().is_err() {
        bail!("{wanted}: there is no apt-get here, and the toolchain is made of Debian's packages");
    }
    let id = Command::new("id").arg("--user").output().context("cannot start id")?;
    if id.stdout.trim_ascii() != b"0" {
        bail!("only root can install packages; either be root, or have these installed: {wanted}");
    }
    Ok(())
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(arguments).stdin(Stdio::null());
    command.env("DEBIAN_FRONTEND", "noninteractive").env_remove("LD_LIBRARY_PATH");
    command
}

/// Runs a command, and shows what it said only if it failed.
fn run_quietly(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {}", project::command_line(command)))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!(
            "{} failed ({})\n{}",
            project::command_line(command),
            output.status,
            String::from_utf8_lossy(&said).trim()
        );
    }
    Ok(())
}
