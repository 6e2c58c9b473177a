//! Writes the file that a command makes.

use wasmote_rt::Stream;

use crate::failure::CliError;

/// Writes these bytes to a file, or to standard output if the file is missing or `-`. If writing to a file fails, the
/// file is removed.
pub fn write(file: Option<&[u8]>, bytes: &[u8]) -> Result<i32, CliError> {
    match file {
        Some(file) if file != b"-" => wasmote_rt::write_file(file, bytes)
            .map_err(|error| CliError::load(file, format_args!("cannot be written: {error}")))?,
        _ => Stream::Output.write(bytes)?,
    }
    Ok(0)
}
