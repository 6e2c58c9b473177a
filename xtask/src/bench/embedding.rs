//! What hosts do all the time, beside wasmi in the same process: `xtask/peers/embedding` does it, and prints the table.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use pico_args::Arguments;

use super::{measure, peers};

/// Measures, prints the table, and writes it to a file if one is named.
pub fn main(mut arguments: Arguments) -> Result<()> {
    let rounds: usize = arguments.opt_value_from_str("--rounds")?.unwrap_or(15);
    ensure!(rounds > 0, "--rounds must be at least 1");
    let markdown: Option<PathBuf> = arguments.opt_value_from_str("--markdown")?;
    let filter: Option<String> = arguments.opt_free_from_str()?;
    crate::no_more_arguments(arguments)?;
    let program = peers::embedding()?;
    measure::warn_when_busy();
    let mut command = Command::new(&program);
    let output = command.arg(rounds.to_string()).args(filter).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| program.display().to_string())?;
    let table = String::from_utf8(output.stdout)?;
    print!("{table}");
    ensure!(output.status.success(), "{} ended with {}", program.display(), output.status);
    if let Some(path) = &markdown {
        std::fs::write(path, &table).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
