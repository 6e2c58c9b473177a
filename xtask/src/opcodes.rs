//! No opcode of the language stands as a number outside of the table of operators (`crates/ir/src/operators/table.rs`): whoever asks for an
//! operator asks by name.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::root;

/// The crates that read binaries, or make them.
const CRATES: &[&str] = &["decode", "validate", "translate", "wat", "runtime", "wasmote", "cli"];

/// Files that tell other bytes of the binary format apart, and what these are.
const OTHER_BYTES: &[(&str, &str)] = &[
    ("decode/src/initial.rs", "what tables begin with that have an initial value"),
    ("decode/src/operators.rs", "types as they are written"),
    ("decode/src/reader.rs", "the bits of integers"),
    ("decode/src/types.rs", "kinds of types"),
    ("validate/src/groups.rs", "kinds of types"),
    ("validate/src/items.rs", "kinds of imports and exports, flags of limits and segments"),
];

/// The places where an opcode seems to stand as a number.
pub fn faults() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let crates = root().join("crates");
    for name in CRATES {
        let mut folders = vec![crates.join(name).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
                let path = entry?.path();
                let short = path.strip_prefix(&crates)?.display().to_string();
                if is_test(&path) || OTHER_BYTES.iter().any(|(file, _)| *file == short) {
                    continue;
                } else if path.is_dir() {
                    folders.push(path);
                } else {
                    let source = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                    let lines = in_source(&source);
                    faults.extend(lines.map(|line| format!("crates/{short}:{line}: an opcode as a number")));
                }
            }
        }
    }
    Ok(faults)
}

/// Whether a file or folder is there for tests alone.
fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name == "tests")
}

/// The lines, from 1, in which a byte is told apart by its number. Tests, which stand last in a file, may do so.
fn in_source(source: &str) -> impl Iterator<Item = usize> {
    let code = source.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    code.zip(1..).filter(|(line, _)| tells_apart(line.split("//").next().unwrap_or(line))).map(|(_, number)| number)
}

/// Whether a byte is a pattern, or is compared, in this line.
fn tells_apart(line: &str) -> bool {
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

    #[test]
    fn there_are_none() {
        assert_eq!(faults().unwrap(), Vec::<String>::new());
    }
}
