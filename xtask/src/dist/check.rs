//! Builds the program of docs/c.md against an installed library, in each way that the page names, and runs it.
//!
//! All happens in a copy of the folder at another place, so that no path in it may be absolute.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project;

/// What the program prints.
const EXPECTED: &str = "guest: 21\nresult: 42\n";

/// Programs that this needs beside a C compiler, and the package of PyPI that has each.
const NEEDED: &[(&str, &str)] = &[("pkg-config", "pkgconf==3.0.7.post0"), ("cmake", "cmake==3.31.6")];

/// Where everything is.
struct Place {
    /// The moved copy of what was installed.
    installed: PathBuf,
    /// Where programs are built.
    work: PathBuf,
}

/// Checks a folder. Returns which programs are missing.
pub fn check(folder: &Path) -> Result<Option<String>> {
    if !project::succeeds(Command::new("cc").arg("--version")) {
        return Ok(Some("there is no C compiler".into()));
    }
    if let Some((program, package)) = NEEDED.iter().find(|(program, package)| !is_there(program, package)) {
        return Ok(Some(format!("there is no {program}, and pip cannot install {package}")));
    }
    let work = project::target_dir().join("dist-check");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let place = Place { installed: work.join("moved"), work };
    project::run(Command::new("cp").arg("-a").arg(folder).arg(&place.installed))?;

    for (name, options, linked) in [
        ("shared", &["--cflags", "--libs"][..], &[][..]),
        // Everything in one program, the C library of the system, too.
        ("all-static", &["--static", "--cflags", "--libs"], &["-static"]),
    ] {
        let program = place.work.join(name);
        let flags = pkg_config(&place, options)?;
        compile(&program, &flags, linked)?;
        runs(&program, &place.installed.join("lib"))?;
        println!("pkg-config, {name}: ok");
    }
    let program = place.work.join("static");
    let library = pkg_config(&place, &["--variable=static_library"])?;
    let flags = [pkg_config(&place, &["--cflags"])?, library, pkg_config(&place, &["--static", "--libs-only-l"])?];
    // The system's libraries are behind ours, which is named already.
    compile(&program, &flags.concat().into_iter().filter(|flag| flag != "-lwasmote").collect::<Vec<_>>(), &[])?;
    runs(&program, &place.installed.join("lib"))?;
    println!("pkg-config, static: ok");

    cmake(&place, "find_package", &format!("-DCMAKE_PREFIX_PATH={}", place.installed.display()), &[])?;
    let cargo = PathBuf::from(project::cargo_program());
    let sources = format!("-DWASMOTE_SOURCES={}", project::root().display());
    let target = format!("-DWASMOTE_TARGET_DIR={}", project::target_dir().display());
    let cargo = format!("-DWASMOTE_CARGO={}", cargo.display());
    cmake(&place, "add_subdirectory", &sources, &[&target, &cargo])?;
    Ok(None)
}

/// Where pip installs a program. Each has a folder of its own: pip adds nothing to a folder that is there.
fn installed_by_pip(name: &str) -> PathBuf {
    project::checkout().join("target/tools/python").join(name)
}

/// A program of the system, or else one that pip installed.
fn program(name: &str) -> Command {
    let folder = installed_by_pip(name);
    let installed = folder.join("bin").join(name);
    if project::succeeds(Command::new(name).arg("--version")) || !installed.is_file() {
        return Command::new(name);
    }
    let mut command = Command::new(installed);
    command.env("PYTHONPATH", folder);
    command
}

/// Whether there is a program. Installs it if there is none.
fn is_there(name: &str, package: &str) -> bool {
    if project::succeeds(program(name).arg("--version")) {
        return true;
    }
    let folder = installed_by_pip(name);
    eprintln!("  installing {package} into {}", folder.display());
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(folder).arg(package);
    project::succeeds(&mut pip) && project::succeeds(program(name).arg("--version"))
}

/// The words that pkg-config prints.
fn pkg_config(place: &Place, options: &[&str]) -> Result<Vec<String>> {
    let mut command = program("pkg-config");
    command.env("PKG_CONFIG_PATH", place.installed.join("lib/pkgconfig")).args(options).arg("wasmote");
    let output = command.output().context("pkg-config")?;
    ensure!(output.status.success(), "pkg-config: {}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout)?;
    let words: Vec<String> = printed.split_whitespace().map(Into::into).collect();
    ensure!(!words.is_empty(), "{} printed nothing", project::command_line(&command));
    Ok(words)
}

fn source() -> PathBuf {
    project::root().join("crates/capi/examples/first.c")
}

fn compile(program: &Path, flags: &[String], more: &[&str]) -> Result<()> {
    let mut compiler = Command::new("cc");
    compiler.args(["-Wall", "-Wextra", "-Wpedantic"]).arg(source()).arg("-o").arg(program).args(flags).args(more);
    let output = compiler.output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}\n{errors}", project::command_line(&compiler));
    Ok(())
}

/// Runs a program. The loader looks for the shared library by its SONAME: where the program says, or else in a folder.
fn runs(program: &Path, folder: &Path) -> Result<()> {
    let mut command = Command::new(program);
    let output = command.env("LD_LIBRARY_PATH", folder).output();
    let output = output.with_context(|| program.display().to_string())?;
    let printed = String::from_utf8([output.stdout, output.stderr].concat())?;
    ensure!(
        output.status.success() && printed == EXPECTED,
        "{} ended with {}, and printed\n{printed}instead of\n{EXPECTED}",
        program.display(),
        output.status
    );
    Ok(())
}

/// Builds the example of CMake, and runs both of its programs.
fn cmake(place: &Place, name: &str, from: &str, more: &[&str]) -> Result<()> {
    let build = place.work.join(name);
    let example = source().with_file_name("cmake");
    project::run(cmake_quiet(program("cmake").arg("-S").arg(example).arg("-B").arg(&build).arg(from).args(more)))?;
    project::run(cmake_quiet(program("cmake").arg("--build").arg(&build)))?;
    for program in ["first", "first-static"] {
        // CMake has told the program where its library is.
        runs(&build.join(program), Path::new(""))?;
    }
    println!("CMake, {name}: ok");
    Ok(())
}

/// What cmake prints is of interest only if it fails, and then it says so among the errors.
fn cmake_quiet(command: &mut Command) -> &mut Command {
    command.stdout(std::process::Stdio::null())
}
