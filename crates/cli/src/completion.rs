//! `wasmote completion`: prints what completes command lines in a shell, from the tables of commands and options.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{Display, Formatter, Result as Formatted, Write};

use crate::commands::Command;
use crate::failure::CliError;
use crate::option_table::{Row, rows_of};
use crate::options::Options;
use crate::print;
use crate::text_table::part;

#[inline(never)]
pub fn completion(options: &Options) -> Result<i32, CliError> {
    let mut text = String::new();
    match options.file {
        b"bash" => bash(&mut text),
        b"zsh" => zsh(&mut text),
        b"fish" => fish(&mut text),
        _ => return Err(CliError::usage("no such shell: name bash, zsh or fish")),
    }
    print(&text)
}

/// Returns the commands other than `run`, which is meant where no other is named.
fn other_commands() -> Vec<Command> {
    let mut commands = Command::all();
    commands.retain(|command| *command != Command::Run);
    commands
}

/// Adds words with a separator between them.
#[inline(never)]
fn join(words: &[&str], separator: &str, text: &mut String) {
    for (i, word) in words.iter().enumerate() {
        text.push_str(if i == 0 { "" } else { separator });
        text.push_str(word);
    }
}

/// Adds the words of all commands but `run`.
fn other_words(text: &mut String) {
    let words: Vec<_> = other_commands().into_iter().flat_map(Command::words).collect();
    join(&words, " ", text);
}

/// Prints a text inside quotes, without what quotes end with. The character in the field gets a backslash.
struct Quoted<'a>(&'a str, char);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        for c in self.0.chars() {
            match c {
                '\'' => f.write_str("'\\''")?,
                c if c == self.1 => write!(f, "\\{c}")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Returns the beginning of what an option does.
fn short(row: &Row) -> &'static str {
    part(row.help, b';', 0)
}

fn bash(text: &mut String) {
    text.push_str(
        "_wasmote() {\n  local command=${COMP_WORDS[1]} words IFS=$'\\n'\n  [[ $COMP_CWORD == 1 ]] && command=\n  \
         case $command in\n",
    );
    for command in other_commands() {
        text.push_str("  ");
        join(&command.words(), "|", text);
        bash_options(command, text);
    }
    text.push_str("  *");
    bash_options(Command::Run, text);
    text.push_str("  esac\n  case $2 in\n  -*) ;;\n  *) words= && [[ $COMP_CWORD == 1 ]] && words='run ");
    other_words(text);
    text.push_str(
        "' ;;\n  esac\n  COMPREPLY=($(IFS=' '; compgen -W \"$words\" -- \"$2\"))\n  \
         [[ $2 == -* ]] || COMPREPLY+=($(compgen -f -- \"$2\"))\n}\ncomplete -o filenames -F _wasmote wasmote\n",
    );
}

/// Adds the options of a command as words.
fn bash_options(command: Command, text: &mut String) {
    text.push_str(") words='--help");
    for row in rows_of(command) {
        text.push(' ');
        join(&row.names(), " ", text);
    }
    text.push_str("' ;;\n");
}

fn zsh(text: &mut String) {
    text.push_str("#compdef wasmote\n_wasmote() {\n  local -a commands options\n  commands=(\n");
    for command in Command::all() {
        for word in command.words() {
            let _ = writeln!(text, "    '{word}:{}'", Quoted(command.summary(), ':'));
        }
    }
    text.push_str("  )\n  case $words[2] in\n");
    for command in other_commands() {
        text.push_str("  ");
        join(&command.words(), "|", text);
        zsh_options(command, text);
    }
    text.push_str("  *");
    zsh_options(Command::Run, text);
    text.push_str(
        "  esac\n  (( CURRENT == 2 )) && _describe command commands\n  _describe -o option options\n  _files\n}\n\
         if [[ $funcstack[1] == _wasmote ]]; then _wasmote \"$@\"; else compdef _wasmote wasmote; fi\n",
    );
}

/// Adds the options of a command with their descriptions.
fn zsh_options(command: Command, text: &mut String) {
    text.push_str(") options=(\n    '--help:describe the command'\n");
    for row in rows_of(command) {
        for name in row.names() {
            let _ = writeln!(text, "    '{name}:{}'", Quoted(short(&row), ':'));
        }
    }
    text.push_str("  ) ;;\n");
}

fn fish(text: &mut String) {
    for command in Command::all() {
        for word in command.words() {
            let summary = Quoted(command.summary(), '\\');
            let _ = writeln!(text, "complete -c wasmote -n __fish_use_subcommand -a {word} -d '{summary}'");
        }
    }
    for command in Command::all() {
        for row in rows_of(command) {
            text.push_str("complete -c wasmote -n '");
            match command {
                Command::Run => {
                    text.push_str("not __fish_seen_subcommand_from ");
                    other_words(text);
                }
                _ => {
                    text.push_str("__fish_seen_subcommand_from ");
                    join(&command.words(), " ", text);
                }
            }
            text.push('\'');
            for name in row.names() {
                let _ = match name.strip_prefix("--") {
                    Some(long) => write!(text, " -l {long}"),
                    None => write!(text, " -s {}", &name[1..]),
                };
            }
            text.push_str(if row.value.is_empty() || row.is_value_optional() { "" } else { " -r" });
            let _ = writeln!(text, " -d '{}'", Quoted(short(&row), '\\'));
        }
    }
}
