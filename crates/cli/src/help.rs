//! `wasmote help`: describes commands and options, from their tables.

use alloc::string::String;

use wasmote_rt::Stream;

use crate::commands::Command;
use crate::failure::CliError;
use crate::option_table::rows_of;
use crate::options::Options;
use crate::print;
use crate::text_table::parts;

/// The column at which descriptions of options begin.
const COLUMN: usize = 26;
/// The column at which descriptions of commands begin.
const COMMANDS_COLUMN: usize = 14;
/// The length of a line.
const WIDTH: usize = 100;

/// What all commands have in common.
pub const FILES: &str = "\
FILE is a binary, text (.wat) or an image; its content tells which. `-` is standard input. Options come before FILE. \
Everything behind FILE is passed to the program, with or without `--` in between. For `compile`, `print` and `parse`, \
options may also follow FILE.";

pub const CTRL_C: &str = "Ctrl-C stops the program and prints what it was doing; a second Ctrl-C ends it at once.";

pub const EXIT_STATUS: &str = "\
Exit status: the program's own; 134 after a trap; 124 after --timeout; 130 after Ctrl-C; 1 if the module can't be \
loaded; 2 for a wrong command line.";

#[inline(never)]
pub fn help(options: &Options) -> Result<i32, CliError> {
    print(&match options.topic {
        Some(command) => {
            // The table has no descriptions of commands that the build lacks.
            command.action()?;
            of(command)
        }
        None => overview(),
    })
}

pub fn version(_: &Options) -> Result<i32, CliError> {
    print(concat!("wasmote ", env!("CARGO_PKG_VERSION"), "\n"))
}

/// Describes all commands on standard error, for somebody who gave no arguments. Returns the exit status.
pub fn without_arguments() -> i32 {
    // Without standard error, the help has nowhere to go.
    let _ = Stream::Error.write(overview().as_bytes());
    2
}

/// Describes all commands, and the options of `run`.
fn overview() -> String {
    let mut text = String::from("wasmote runs and examines WebAssembly modules.\n\n");
    usage(Command::Run, &mut text);
    text += "       wasmote COMMAND ...\n\nCommands:\n";
    for command in Command::all() {
        item(command.word(), command.summary(), COMMANDS_COLUMN, &mut text);
    }
    text += "\n`wasmote help COMMAND` has the options of a command, and examples.\n\n";
    paragraph(FILES, &mut text);
    text += "\nOptions of run:\n";
    list_options(Command::Run, &mut text);
    text.push('\n');
    paragraph(CTRL_C, &mut text);
    text.push('\n');
    paragraph(EXIT_STATUS, &mut text);
    text
}

/// Describes a command.
fn of(command: Command) -> String {
    let mut text = String::new();
    usage(command, &mut text);
    for word in command.words().iter().skip(1) {
        text += "The same: wasmote ";
        text += word;
        text.push('\n');
    }
    text.push('\n');
    paragraph(command.summary(), &mut text);
    if !rows_of(command).is_empty() {
        text += "\nOptions:\n";
        list_options(command, &mut text);
    }
    text += "\nExamples:\n";
    for example in command.examples() {
        text += "  ";
        text += example;
        text.push('\n');
    }
    text
}

fn usage(command: Command, text: &mut String) {
    text.push_str("Usage: wasmote ");
    text.push_str(if command == Command::Run { "[run]" } else { command.word() });
    text.push(' ');
    text.push_str(command.arguments());
    text.truncate(text.trim_ascii_end().len());
    text.push('\n');
}

fn list_options(command: Command, text: &mut String) {
    for row in rows_of(command) {
        let mut head = String::new();
        for name in row.names() {
            head += if head.is_empty() { "" } else { ", " };
            head += name;
        }
        head += if row.value.is_empty() || row.is_value_optional() { "" } else { " " };
        head += row.value;
        item(&head, row.help, COLUMN, text);
    }
}

/// Adds a word with its description, which begins at a column.
fn item(head: &str, description: &str, column: usize, text: &mut String) {
    text.push_str("  ");
    text.push_str(head);
    let mut len = head.len() + 2;
    if len + 2 > column {
        text.push('\n');
        len = 0;
    }
    text.extend(core::iter::repeat_n(' ', column - len));
    wrap(description, column, text);
}

/// Adds lines that begin at the left.
fn paragraph(words: &str, text: &mut String) {
    wrap(words, 0, text);
}

/// Adds lines that begin at a column, where the first has begun.
#[inline(never)]
fn wrap(words: &str, indent: usize, text: &mut String) {
    let mut column = indent;
    for word in parts(words, b' ') {
        if column > indent && column + 1 + word.chars().count() > WIDTH {
            text.push('\n');
            text.extend(core::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.chars().count();
    }
    text.push('\n');
}
