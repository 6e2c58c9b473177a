//! Finds the examples in the documentation of a crate.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::project;

/// An example: a block of code in a documentation comment.
pub struct Example {
    /// The file and the documented item, such as `linker::func_wrap`; a number follows if there are several.
    pub name: String,
    /// The block as it stands there, with its fences.
    pub text: String,
}

/// Finds all examples of a file, or of the files below a folder, by name. The names begin with `prefix`.
pub fn find(path: &Path, prefix: &str) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    if path.is_file() {
        of_file(prefix, &std::fs::read_to_string(path)?, &mut examples);
    } else {
        for (file, text) in project::rust_files(path)? {
            let file = file.strip_prefix(path)?.with_extension("");
            let file = file.to_string_lossy().replace(['/', '\\'], "::");
            of_file(&format!("{prefix}{file}"), &text, &mut examples);
        }
    }
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(examples)
}

fn of_file(file: &str, text: &str, examples: &mut Vec<Example>) {
    let mut names = BTreeSet::new();
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let mut at = 0;
    while at < lines.len() {
        let Some(marker) = ["///", "//!"].into_iter().find(|marker| lines[at].starts_with(marker)) else {
            at += 1;
            continue;
        };
        let end = (at..lines.len()).find(|&line| !lines[line].starts_with(marker)).unwrap_or(lines.len());
        let comment =
            lines[at..end].iter().map(|line| line[marker.len()..].strip_prefix(' ').unwrap_or(&line[marker.len()..]));
        let item = if marker == "//!" { None } else { item_of(&lines[end..]) };
        for block in blocks(comment) {
            let base = item.map_or(file.to_owned(), |item| format!("{file}::{item}"));
            let name = (1..).map(|i| if i == 1 { base.clone() } else { format!("{base}_{i}") });
            let name = name.into_iter().find(|name| names.insert(name.clone())).expect("numbers do not end");
            examples.push(Example { name, text: block });
        }
        at = end;
    }
}

/// The name of the item that follows a comment.
fn item_of<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let words = lines.iter().take(20).flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let mut words = words.filter(|word| !word.is_empty());
    words.find(|word| ["fn", "struct", "enum", "trait", "type", "mod", "macro_rules"].contains(word))?;
    words.next()
}

/// The blocks of Rust code in a comment. Those in other languages, and those that are never compiled, are none.
fn blocks<'a>(comment: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<(String, bool)> = None;
    for line in comment {
        match &mut block {
            None => {
                if let Some(language) = line.trim_start().strip_prefix("```") {
                    let words: Vec<&str> = language.split([',', ' ']).filter(|word| !word.is_empty()).collect();
                    let rust = words.iter().all(|word| ["rust", "no_run", "should_panic"].contains(word));
                    block = Some((format!("```{}\n", language.trim()), rust));
                }
            }
            Some((text, rust)) => {
                text.push_str(line);
                text.push('\n');
                if line.trim_start().starts_with("```") {
                    if *rust {
                        blocks.push(std::mem::take(text));
                    }
                    block = None;
                }
            }
        }
    }
    blocks
}
