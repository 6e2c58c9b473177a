//! The example in C, `examples/firmware-c`: GCC compiles it with `wasmote-firmware.h`, and links the static library.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::libraries;
use crate::project;

/// How GCC compiles for a board.
pub struct Machine {
    /// The processor, and how floats are passed.
    flags: &'static [&'static str],
    /// The folder of the example in Rust that has the board's memory layout.
    layout: &'static str,
    /// The most flash of the minimal program without the image of its guest. Examples in Rust have theirs in
    /// `size-budget.toml`, for what cargo builds.
    pub flash_limit: u64,
}

/// GNU's linker does not merge equal functions as LLVM's does for the example in Rust, so there is more flash.
pub const CORTEX_M4: Machine = Machine {
    flags: &["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
    layout: "examples/firmware-cortex-m/boards/mps2-an386",
    flash_limit: 45_000,
};

const STRICT: [&str; 5] = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
/// Small, and without a C library. Warnings of the linker are errors, too.
const SMALL: [&str; 9] = [
    "-Os",
    "-ffreestanding",
    "-ffunction-sections",
    "-fdata-sections",
    "-nostdlib",
    "-Wa,--noexecstack",
    "-Wl,--gc-sections",
    "-Wl,--nmagic",
    "-Wl,--fatal-warnings",
];
/// What all programs consist of beside their own file.
const SOURCES: [&str; 3] = ["board.c", "guest.c", "memory.c"];

/// GCC for Arm, or why there is none.
pub fn compiler() -> Result<PathBuf, String> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&search).map(|dir| dir.join("arm-none-eabi-gcc"));
    let found = found.find(|path| path.is_file());
    found.ok_or_else(|| "no arm-none-eabi-gcc; `cargo xtask setup-embedded --gcc` installs it".into())
}

impl Machine {
    /// Builds the library and both programs, and returns the folder they are in.
    pub fn build(&self, gcc: &Path, target: &str, images: &Path) -> Result<PathBuf> {
        let example = project::root().join("examples/firmware-c");
        let folder = project::target_dir().join("firmware-c");
        let library = libraries::make(target, &folder)?;
        let Some(images) = images.to_str().filter(|path| !path.contains(',')) else {
            bail!("the assembler cannot be told of {}", images.display());
        };
        for program in ["minimal", "scenarios"] {
            let mut command = Command::new(gcc);
            command.current_dir(&example).args(STRICT).args(SMALL).args(self.flags);
            command.arg("-I").arg(folder.join("include")).arg(format!("-Wa,-I,{images}"));
            command.arg("-L").arg(project::root().join(self.layout)).args(["-T", "link.ld"]);
            command.arg(format!("{program}.c")).args(SOURCES).arg(&library).arg("-o").arg(folder.join(program));
            project::run(&mut command)?;
            let linked = super::read(&folder.join(program))?;
            libraries::check_symbols(&linked).with_context(|| program.to_owned())?;
        }
        Ok(folder)
    }
}
