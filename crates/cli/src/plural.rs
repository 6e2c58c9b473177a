//! Counts with their nouns.

use core::fmt::{Display, Formatter, Result};

/// Prints a count with its noun: `1 argument`, `2 arguments`.
pub struct Plural(pub usize, pub &'static str);

impl Display for Plural {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}
