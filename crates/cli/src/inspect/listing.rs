//! The output of `wasmote inspect`, as lines of text or as JSON.

use alloc::string::String;
use core::fmt::{Arguments, Display, Formatter, Result, Write};

/// Collects the output. What is for one form does nothing for the other.
pub struct Listing {
    pub text: String,
    json: bool,
    /// Whether a value stands in front, in the same object or array.
    follows: bool,
}

impl Listing {
    pub fn new(json: bool) -> Listing {
        Listing { text: String::new(), json, follows: false }
    }

    /// Adds a line of text.
    pub fn line(&mut self, line: Arguments<'_>) {
        if !self.json {
            let _ = writeln!(self.text, "{line}");
        }
    }

    /// Adds a value of JSON: its key, which is empty in arrays, and the value.
    fn json(&mut self, key: &str, value: Arguments<'_>) {
        if self.json {
            let comma = if self.follows { "," } else { "" };
            let _ = match key {
                "" => write!(self.text, "{comma}{value}"),
                key => write!(self.text, "{comma}\"{key}\":{value}"),
            };
            self.follows = true;
        }
    }

    /// Adds a number, or `true` or `false`, to the JSON.
    pub fn plain(&mut self, key: &str, value: impl Display) {
        self.json(key, format_args!("{value}"));
    }

    /// Adds a text to the JSON.
    pub fn string(&mut self, key: &str, value: &str) {
        self.json(key, format_args!("{}", Quoted(value)));
    }

    /// Begins an object or an array of the JSON.
    pub fn open(&mut self, key: &str, bracket: char) {
        self.json(key, format_args!("{bracket}"));
        self.follows = false;
    }

    /// Ends an object or an array of the JSON.
    pub fn close(&mut self, bracket: char) {
        self.follows = false;
        self.json("", format_args!("{bracket}"));
    }

    /// Ends the output.
    pub fn end(mut self) -> String {
        if self.json {
            self.text.push('\n');
        }
        self.text
    }
}

/// Prints a text as JSON has it.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                ..' ' | '\x7f' => write!(f, "\\u{:04x}", u32::from(c))?,
                _ => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}
