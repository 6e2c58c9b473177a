//! Opcodes of WebAssembly are numbers only in the table of operators (`crates/ir/src/operators/table.rs`). All other code names operators.

use std::path::Path;

use anyhow::Result;

use crate::project::{root, rust_files};

/// The crates that read or write binaries.
const CRATES: &[&str] = &["decode", "validate", "translate", "wat", "runtime", "wasmote", "cli"];

/// Files that compare other bytes of the binary format, and which these are.
const OTHER_BYTES: &[(&str, &str)] = &[
    ("decode/src/initial.rs", "the prefix of tables with an initial value"),
    ("decode/src/operators.rs", "encoded types"),
    ("decode/src/reader.rs", "the bits of integers"),
    ("decode/src/sections.rs", "kinds of imports and exports"),
    ("decode/src/types.rs", "kinds of types"),
    ("cli/src/scripts.rs", "bytes of UTF-8"),
    ("validate/src/groups.rs", "kinds of types"),
    ("validate/src/items.rs", "kinds of imports and exports, flags of limits and segments"),
];

/// The places where an opcode seems to be written as a number.
pub fn faults() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let crates = root().join("crates");
    for name in CRATES {
        for (path, source) in rust_files(&crates.join(name).join("src"))? {
            let short = path.strip_prefix(&crates)?.display().to_string();
            if !is_test(Path::new(&short)) && !OTHER_BYTES.iter().any(|(file, _)| *file == short) {
                let lines = in_source(&source);
                faults.extend(lines.map(|line| format!("crates/{short}:{line}: an opcode as a number")));
            }
        }
    }
    Ok(faults)
}

/// Whether a file is `tests.rs`, or lies in a folder `tests`.
fn is_test(path: &Path) -> bool {
    path.with_extension("").iter().any(|part| part == "tests")
}

/// The lines, from 1, that compare a byte with a number. Tests, which come last in a file, may do so.
fn in_source(source: &str) -> impl Iterator<Item = usize> {
    let code = source.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    code.zip(1..).filter(|(line, _)| compares(line.split("//").next().unwrap_or(line))).map(|(_, number)| number)
}

/// Whether a line compares a byte with a number, or has one as a pattern.
fn compares(line: &str) -> bool {
    line.match_indices("0x").any(|(at, _)| {
        let (before, after) = (line[..at].trim_end(), &line[at + 2..]);
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        let after = after[digits..].trim_start();
        let is_pattern = ["=>", "|", "..", "if "].iter().any(|next| after.starts_with(next));
        let is_compared = ["|", "..", "..=", "==", "!="].iter().any(|last| before.ends_with(last));
        digits == 2 && (is_pattern || is_compared)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opcodes_as_numbers_are_found() {
        let source = "match opcode {\n    0x6a => add(),\n    OBJECT if number == 0x1c => {}\n    0x28..=0x35 | 0x40 => {}\n}\n\
                      let low = byte & 0x7f; // 0x6a => in words\nlet address = 0x1000 | 0x0fff;\n\
                      #[cfg(test)]\nmod tests { const OPCODES: [u8; 2] = [0x6a, 0x0b]; }";
        assert_eq!(in_source(source).collect::<Vec<_>>(), [2, 3, 4]);
    }
}
