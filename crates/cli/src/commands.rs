//! The commands, a row for each. Parsing, help, completions and the manual page derive from the rows.

use alloc::vec::Vec;
use core::str::from_utf8;

use crate::failure::CliError;
use crate::features::{Feature, built};
use crate::options::Options;
use crate::text_table::{TextRow, join, joined_len, part, parts, text};

/// The function that runs a command.
type Action = fn(&Options) -> Result<i32, CliError>;

/// Gives the function that runs a command, in builds that have it, and the name of its feature.
macro_rules! action {
    (always $function:path) => {
        (Some($function), "")
    };
    ($feature:literal $function:path) => {
        (built!($feature, $function), $feature)
    };
}

/// Gives whether this build has a command.
macro_rules! is_built {
    (always) => {
        true
    };
    ($feature:literal) => {
        cfg!(feature = $feature)
    };
}

macro_rules! commands {
    ($( $words:literal $name:ident $feature:tt $function:path, $arguments:literal, $summary:literal, $examples:literal; )*) => {
        /// A command.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Command { $( $name, )* }

        const COMMANDS: &[Command] = &[$( Command::$name, )*];
        const ROWS: &[TextRow] = &[$( TextRow {
            names: $words,
            rest: concat!("\t", $arguments, "\t", $summary, "\t", $examples),
            is_built: is_built!($feature),
        }, )*];
        /// The commands that this build has, as bits.
        pub const BUILT: u16 = $( if is_built!($feature) { Command::$name.bit() } else { 0 } )|*;

        impl Command {
            /// Returns the function that runs it. Errors: this build lacks the command's feature.
            pub fn action(self) -> Result<Action, CliError> {
                let (action, feature): (Option<Action>, &'static str) = match self {
                    $( Command::$name => action!($feature $function), )*
                };
                action.ok_or_else(|| Feature { name: feature, is_built: false }.missing(self.word()))
            }
        }
    };
}

// Each row: the words that name the command, its feature, the function that runs it, its arguments, what it does, and
// examples, a line for each.
commands! {
    "run" Run always crate::run::run,
    "[OPTIONS] FILE [ARGS]",
    "run a program, or call one function of a module; the word `run` may be left out",
    "wasmote app.wasm one two\n\
     wasmote --dir . --env LANG=C app.wasm\n\
     wasmote --invoke add lib.wasm 1 2\n\
     wasmote --max-memory 64MiB --timeout 10s app.wasm\n";

    "validate" Validate "validate" crate::validate::check,
    "FILE...",
    "check whether modules are valid, and verify images",
    "wasmote validate a.wasm b.wasm\n";

    "inspect" Inspect "inspect" crate::inspect::inspect,
    "[OPTIONS] FILE",
    "list imports, exports, sections and required features",
    "wasmote inspect app.wasm\n";

    "dump,objdump" Dump "dump" crate::dump::dump,
    "[OPTIONS] FILE [N|NAME]",
    "print the translated instructions of all functions, or of one",
    "wasmote dump app.wasm main\n\
     wasmote dump --linked app.wasm 12\n";

    "compile" Compile "compile" crate::compile::compile,
    "[OPTIONS] FILE -o OUT.wmi",
    "translate a module ahead of time, into an image",
    "wasmote compile app.wasm -o app.wmi\n\
     wasmote compile --op-set core --names app.wasm -o firmware.wmi\n";

    "print,wasm2wat" Print "print" crate::to_text::print,
    "FILE [-o OUT.wat]",
    "convert a binary to text",
    "wasmote print app.wasm\n\
     wasmote print app.wasm -o app.wat\n";

    "parse,wat2wasm" Parse "wat" crate::from_text::parse,
    "FILE [-o OUT.wasm]",
    "convert text to a binary",
    "wasmote parse app.wat -o app.wasm\n";

    "wast" Wast "script" crate::scripts::scripts,
    "FILE...",
    "run scripts of the specification (.wast)",
    "wasmote wast i32.wast i64.wast\n";

    "completion" Completion "completion" crate::completion::completion,
    "bash|zsh|fish",
    "print what completes command lines in a shell",
    "wasmote completion bash > ~/.local/share/bash-completion/completions/wasmote\n\
     wasmote completion zsh > ~/.zfunc/_wasmote\n\
     wasmote completion fish > ~/.config/fish/completions/wasmote.fish\n";

    "man" Man "completion" crate::man::man,
    "",
    "print the manual page",
    "wasmote man | man -l -\n";

    "help" Help always crate::help::help,
    "[COMMAND]",
    "describe all commands, or one with its options",
    "wasmote help compile\n";

    "version" Version always crate::help::version,
    "",
    "print the version",
    "wasmote --version\n";
}

/// The rows: words, arguments, what the command does, and examples.
const TEXT: &str = text(&join::<{ joined_len(ROWS) }>(ROWS));

impl Command {
    /// Returns the commands of this build, in the order of the rows.
    #[inline(never)]
    pub fn all() -> Vec<Command> {
        COMMANDS.iter().copied().filter(|command| command.bit() & BUILT != 0).collect()
    }

    /// Returns a column of its row.
    #[inline(never)]
    fn column(self, column: usize) -> &'static str {
        part(part(TEXT, b'\0', self as usize), b'\t', column)
    }

    /// Returns its words: the name, and what others call it.
    pub fn words(self) -> Vec<&'static str> {
        parts(self.column(0), b',')
    }

    /// Returns its name.
    pub fn word(self) -> &'static str {
        self.words().first().copied().unwrap_or_default()
    }

    /// Returns its arguments, as the help shows them.
    pub fn arguments(self) -> &'static str {
        self.column(1)
    }

    /// Returns what it does, in a line.
    pub fn summary(self) -> &'static str {
        self.column(2)
    }

    /// Returns examples, each a line.
    pub fn examples(self) -> Vec<&'static str> {
        parts(self.column(3).trim_ascii_end(), b'\n')
    }

    /// Returns the command that a word names.
    pub fn named(word: &[u8]) -> Option<Command> {
        let word = from_utf8(word).ok()?;
        let is_named = |row: &&str| parts(part(row, b'\t', 0), b',').contains(&word);
        COMMANDS.get(parts(TEXT, b'\0').iter().position(is_named)?).copied()
    }

    /// Whether a word must follow it: a file, mostly.
    pub fn needs_file(self) -> bool {
        !matches!(self, Command::Help | Command::Version | Command::Completion | Command::Man)
    }

    /// Returns the bit that stands for it in sets of commands.
    pub const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The command that stands first in the table: its word may be left out.
impl Default for Command {
    fn default() -> Self {
        COMMANDS[0]
    }
}
