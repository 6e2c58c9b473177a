//! Tables of texts. The rows are joined when compiling: a list of texts would need a relocation for each of them, and a
//! build has no descriptions of what it lacks.

use alloc::vec::Vec;
use core::str::from_utf8;

/// A row of a table.
pub struct TextRow {
    /// The first column. It is in every build, for messages.
    pub names: &'static str,
    /// The other columns, each with a tab in front of it.
    pub rest: &'static str,
    /// Whether the build has what the row describes. Otherwise the other columns are left out.
    pub is_built: bool,
}

/// Returns the length of the joined rows.
pub const fn joined_len(rows: &[TextRow]) -> usize {
    let (mut len, mut i) = (0, 0);
    while i < rows.len() {
        len += rows[i].names.len() + if rows[i].is_built { rows[i].rest.len() } else { 0 } + 1;
        i += 1;
    }
    len
}

/// Joins the rows, with a NUL behind each.
pub const fn join<const LEN: usize>(rows: &[TextRow]) -> [u8; LEN] {
    let mut joined = [0; LEN];
    let (mut len, mut i) = (0, 0);
    while i < rows.len() {
        len = copy(rows[i].names, &mut joined, len);
        if rows[i].is_built {
            len = copy(rows[i].rest, &mut joined, len);
        }
        len += 1;
        i += 1;
    }
    joined
}

/// Copies a text to `at`, and returns where it ends.
const fn copy(text: &str, to: &mut [u8], at: usize) -> usize {
    to.split_at_mut(at).1.split_at_mut(text.len()).0.copy_from_slice(text.as_bytes());
    at + text.len()
}

/// Returns joined rows as text.
pub const fn text(joined: &[u8]) -> &str {
    match from_utf8(joined) {
        Ok(text) => text,
        Err(_) => panic!("rows are texts"),
    }
}

/// Splits a text at each separator, which is ASCII. (The iterators of `core` for this have more code, once for each use.)
#[inline(never)]
pub fn parts(text: &str, separator: u8) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in text.as_bytes().split(|&byte| byte == separator) {
        parts.push(from_utf8(part).unwrap_or_default());
    }
    parts
}

/// Returns one of these parts. Empty if there are fewer.
pub fn part(text: &str, separator: u8, number: usize) -> &str {
    parts(text, separator).get(number).copied().unwrap_or_default()
}
