//! `wasmote man`: prints the manual page, from the tables of commands and options.

use alloc::string::String;

use crate::commands::Command;
use crate::failure::CliError;
use crate::help::{CTRL_C, EXIT_STATUS, FILES};
use crate::option_table::rows_of;
use crate::options::Options;
use crate::print;

#[inline(never)]
pub fn man(_: &Options) -> Result<i32, CliError> {
    let mut page = Page(String::from(concat!(
        ".TH WASMOTE 1 \"\" \"wasmote ",
        env!("CARGO_PKG_VERSION"),
        "\"\n.SH NAME\nwasmote \\- runs and examines WebAssembly modules\n.SH SYNOPSIS\n"
    )));
    for command in Command::all() {
        page.words(".B ", &["wasmote", command.word(), command.arguments()]);
        page.0.push_str(".br\n");
    }
    page.0.push_str(".SH DESCRIPTION\n");
    page.words("", &[FILES]);
    page.0.push_str(".SH COMMANDS\n");
    for command in Command::all() {
        page.0.push_str(".TP\n");
        page.words(".B ", &[command.word()]);
        page.words("", &[command.summary()]);
    }
    for command in Command::all().into_iter().filter(|command| !rows_of(*command).is_empty()) {
        page.words(".SH OPTIONS OF ", &[command.word()]);
        for row in rows_of(command) {
            page.0.push_str(".TP\n.B ");
            for (i, name) in row.names().into_iter().enumerate() {
                page.text(if i == 0 { "" } else { ", " });
                page.text(name);
            }
            page.text(if row.value.is_empty() || row.is_value_optional() { "" } else { " " });
            page.text(row.value);
            page.0.push('\n');
            page.words("", &[row.help]);
        }
    }
    page.0.push_str(".SH EXIT STATUS\n");
    page.words("", &[EXIT_STATUS]);
    page.0.push_str(".PP\n");
    page.words("", &[CTRL_C]);
    page.0.push_str(".SH EXAMPLES\n.nf\n");
    for example in Command::all().into_iter().flat_map(Command::examples) {
        page.words("", &[example]);
    }
    page.0.push_str(".fi\n");
    print(&page.0)
}

/// The page so far.
struct Page(String);

impl Page {
    /// Adds a line of words behind a request.
    #[inline(never)]
    fn words(&mut self, request: &str, words: &[&str]) {
        self.0.push_str(request);
        for (i, word) in words.iter().filter(|word| !word.is_empty()).enumerate() {
            self.text(if i == 0 { "" } else { " " });
            self.text(word);
        }
        self.0.push('\n');
    }

    /// Adds text, with what means something else to the formatter escaped.
    #[inline(never)]
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '-' => self.0.push_str("\\-"),
                '\\' => self.0.push_str("\\e"),
                '.' | '\'' if self.0.ends_with('\n') => self.0.extend(["\\&", if c == '.' { "." } else { "'" }]),
                c => self.0.push(c),
            }
        }
    }
}
