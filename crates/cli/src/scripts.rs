//! `wasmote wast`: runs scripts of the specification.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use wasmote::script::{self, Decimals, Options as ScriptOptions};

use crate::escaped::Escaped;
use crate::failure::{CliError, shown};
use crate::file_kind::FileKind;
use crate::options::Options;
use crate::progress::Progress;
use crate::{input, print};

/// Reads the script in the file.
fn read(file: &[u8]) -> Result<String, CliError> {
    let bytes = input::bytes(file)?;
    match FileKind::of(&bytes) {
        FileKind::Text | FileKind::Script => String::from_utf8(bytes.into_owned()).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
            let last = valid.iter().rev().take_while(|byte| **byte != b'\n');
            // Each character has one byte that does not continue it.
            let column = 1 + last.filter(|byte| **byte & 0xc0 != 0x80).count();
            CliError::load(file, format_args!("line {line}, column {column}: malformed UTF-8 encoding"))
        }),
        kind => Err(CliError::load(file, kind.refusal(true))),
    }
}

/// Runs one script. Returns how many directives passed and how many failed.
fn run(file: &[u8], progress: &Progress) -> Result<(usize, usize), CliError> {
    let name = shown(file);
    let decimals = Decimals::new(wasmote_rt::print_f32, wasmote_rt::print_f64);
    let summary = script::run(&name, &read(file)?, &ScriptOptions::default().with_decimals(decimals));
    let mut lines = String::new();
    for failure in &summary.failed {
        let _ = writeln!(lines, "{name}:{}: {}", failure.line, failure.what);
    }
    progress.clear();
    print(&lines)?;
    Ok((summary.passed, summary.failed.len()))
}

#[inline(never)]
pub fn scripts(options: &Options) -> Result<i32, CliError> {
    let (mut passed, mut failed) = (0, 0);
    let count = options.files().count();
    let progress = Progress::new(count > 1);
    for (i, file) in options.files().enumerate() {
        progress.show(format_args!("{} of {count}: {}", i + 1, Escaped(&shown(file))));
        match run(file, &progress) {
            Ok(counts) => {
                passed += counts.0;
                failed += counts.1;
            }
            // The other scripts still run.
            Err(failure) => {
                progress.clear();
                failure.print();
                failed += 1;
            }
        }
    }
    print(&format!("{passed} passed, {failed} failed\n"))?;
    Ok(i32::from(failed > 0))
}
