//! The weekly step `nextpnr`: a program with atomic operators on a memory of its own places and routes a design, and writes what it writes
//! under Wasmtime.

use std::process::Command;

use anyhow::{Result, bail};

use crate::project::{build_release, command_line, root, succeeds};

/// What `tools/nextpnr/check.py` ends with if it cannot get the programs.
const NOT_SERVED: i32 = 2;

/// Compares the outputs, or returns why it can't.
pub fn check() -> Result<Option<String>> {
    if !succeeds(Command::new("python3").args(["-c", "import venv"])) {
        return Ok(Some("there is no Python with `venv`".into()));
    }
    let mut command = Command::new("python3");
    let status = command.arg(root().join("tools/nextpnr/check.py")).arg(build_release()?).status()?;
    match status.code() {
        Some(0) => Ok(None),
        Some(NOT_SERVED) => Ok(Some("PyPI does not serve nextpnr, Yosys or Wasmtime".into())),
        _ => bail!("{} failed ({status})", command_line(&command)),
    }
}
