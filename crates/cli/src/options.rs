//! The command line. What stands before the file is ours, what follows is the guest's: so it is read from left to
//! right, and no further than that.

use alloc::format;
use alloc::vec::Vec;

use crate::failure::{CliError, shown};
use crate::features::{self, Feature, built};

/// What carries out a command.
type Action = fn(&Options) -> Result<i32, CliError>;

macro_rules! commands {
    ($( $word:literal $name:ident $feature:literal $module:ident::$function:ident; )*) => {
        /// What to do.
        #[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
        pub enum Command {
            Help,
            Version,
            #[default]
            Run,
            $( $name, )*
        }

        impl Command {
            /// The command that a word names.
            fn named(word: &[u8]) -> Option<Command> {
                match word {
                    b"run" => Some(Command::Run),
                    $( word if word == $word.as_bytes() => Some(Command::$name), )*
                    _ => None,
                }
            }

            /// Returns what carries it out. Errors: this build lacks its feature.
            pub fn act(self) -> Result<Action, CliError> {
                match self {
                    Command::Help | Command::Version | Command::Run => Ok(crate::run::run),
                    $( Command::$name => {
                        const ACT: Option<Action> = built!($feature, crate::$module::$function);
                        ACT.ok_or_else(|| Feature { name: $feature, is_built: false }.missing($word))
                    } )*
                }
            }
        }
    };
}

// The word, the feature that has it, and where.
commands! {
    "validate" Validate "validate" validate::check;
    "inspect" Inspect "inspect" inspect::inspect;
    "dump" Dump "dump" dump::dump;
    "compile" Compile "compile" compile::compile;
    "print" Print "print" to_text::print;
    "parse" Parse "wat" from_text::parse;
    "wast" Wast "script" wast::scripts;
}

/// A directory that the guest may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preopen {
    pub host: &'static str,
    pub guest: &'static str,
    pub read_only: bool,
}

/// The command line.
#[derive(Default, Debug)]
pub struct Options {
    pub command: Command,
    pub dirs: Vec<Preopen>,
    pub env: Vec<(&'static str, &'static str)>,
    /// Addresses that the program may accept connections at, each as it was given, too.
    pub tcp_listen: Vec<(&'static str, core::net::SocketAddr)>,
    /// The program gets our environment too.
    pub env_inherit: bool,
    /// Nanoseconds at which the program's clocks stand.
    pub clock: Option<u64>,
    /// What the program's random numbers come from.
    pub random_seed: Option<u64>,
    pub invoke: Option<&'static str>,
    pub eager: bool,
    /// No two instructions are done by one handler.
    pub no_superinstructions: bool,
    /// Each instruction is printed as it runs, of this function, or of all if it is empty.
    pub trace: Option<&'static str>,
    pub stats: bool,
    /// How much fuel the guest gets.
    pub fuel: Option<u64>,
    /// Where an image, a text or a binary goes.
    pub out: Option<&'static [u8]>,
    /// The op set of an image, by its name.
    pub op_set: Option<&'static str>,
    /// The code of an image takes fuel.
    pub metered: bool,
    /// An image keeps the names of functions.
    pub names: bool,
    /// A function by index or name.
    pub func: Option<&'static str>,
    /// Code is shown as it is linked.
    pub linked: bool,
    pub file: &'static [u8],
    /// What stands behind the file.
    pub args: Vec<&'static [u8]>,
}

fn text(value: &'static [u8], option: &str) -> Result<&'static str, CliError> {
    core::str::from_utf8(value).map_err(|_| CliError::usage(format!("the value of `{option}` is not UTF-8")))
}

/// The number in an option's value.
fn number(option: &str, value: &str, digits: &str) -> Result<u64, CliError> {
    let wanted = if option == "--clock" { "fixed:NANOSECONDS" } else { "a number" };
    digits.parse().map_err(|_| CliError::usage(format!("`{option} {value}` should be {wanted}")))
}

impl Options {
    /// Reads the words behind the program's name.
    #[inline(never)]
    pub fn parse(words: Vec<&'static [u8]>) -> Result<Options, CliError> {
        let mut options = Options::default();
        let mut words = words.into_iter().peekable();
        if let Some(named) = words.peek().and_then(|word| Command::named(word)) {
            named.act()?;
            options.command = named;
            words.next();
        }
        loop {
            let Some(word) = words.next() else {
                if !options.file.is_empty() {
                    break;
                }
                return Err(CliError::usage("which file? See `wasmote --help`"));
            };
            if word == b"--" {
                options.file = words.next().ok_or_else(|| CliError::usage("no file after `--`"))?;
                break;
            }
            if word.first() != Some(&b'-') || word == b"-" {
                if !options.file.is_empty() {
                    let extra = shown(word);
                    return Err(CliError::usage(format!("`{extra}` is one too many: one file at a time")));
                }
                options.file = word;
                // What makes a file is used as compilers are: its options may follow.
                if options.makes_file() && words.peek().is_some() {
                    continue;
                }
                break;
            }
            let word = text(word, "an option")?;
            let (name, given) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.as_bytes())),
                None => (word, None),
            };
            if name == "--help" || name == "-h" {
                options.command = Command::Help;
                return Ok(options);
            }
            if name == "--version" || name == "-V" {
                options.command = Command::Version;
                return Ok(options);
            }
            options.set(name, given, &mut words)?;
        }
        // The file is the first of all files to `wast`, and to the others a `--` ends what is ours.
        options.args = words.collect();
        if options.args.first().is_some_and(|word| *word == b"--") {
            options.args.remove(0);
        }
        if options.command == Command::Dump && options.func.is_none() && !options.args.is_empty() {
            options.func = Some(text(options.args.remove(0), "dump")?);
        }
        let takes_args = matches!(options.command, Command::Run | Command::Wast);
        if let (false, Some(extra)) = (takes_args, options.args.first()) {
            let extra = shown(extra);
            return Err(CliError::usage(format!("`{extra}` is one too many: options stand before the file")));
        }
        Ok(options)
    }

    /// Whether the command makes a file, which `-o` names.
    fn makes_file(&self) -> bool {
        // Builds without all of these commands have no code for what they take.
        (features::COMPILE.is_built || features::PRINT.is_built || features::WAT.is_built)
            && matches!(self.command, Command::Compile | Command::Print | Command::Parse)
    }

    /// Sets one option; its value is given with `=` or is the next word.
    #[inline(never)]
    fn set(
        &mut self,
        name: &str,
        given: Option<&'static [u8]>,
        words: &mut dyn Iterator<Item = &'static [u8]>,
    ) -> Result<(), CliError> {
        let (of_run, of_compile, of_dump) = match name {
            "--dir" | "--dir-ro" | "--env" | "--env-inherit" | "--clock" | "--random-seed" => (true, false, false),
            "--tcplisten" if features::SOCKETS.is_built => (true, false, false),
            "--tcplisten" => return Err(features::SOCKETS.missing(name)),
            "--invoke" | "--eager" | "--stats" => (true, false, false),
            "--fuel" => (true, true, false),
            "-o" if self.makes_file() => (false, true, false),
            "-o" => return Err(CliError::usage("`-o` is an option of `wasmote compile`, `print` and `parse` only")),
            "--op-set" | "--names" => (false, true, false),
            "--trace" if features::TRACE.is_built => (true, false, false),
            "--trace" => return Err(features::TRACE.missing(name)),
            "--no-superinstructions" => (true, false, true),
            "--func" | "--linked" => (false, false, true),
            _ => return Err(CliError::usage(format!("no option `{name}`, see `wasmote --help`"))),
        };
        let fits = match self.command {
            Command::Run => of_run,
            Command::Dump => of_dump,
            Command::Compile => of_compile,
            _ => name == "-o",
        };
        if !fits {
            let command = if of_run {
                "run"
            } else if of_dump {
                "dump"
            } else {
                "compile"
            };
            return Err(CliError::usage(format!("`{name}` is an option of `wasmote {command}` only")));
        }
        let flag = match name {
            "--eager" => Some(&mut self.eager),
            "--stats" => Some(&mut self.stats),
            "--env-inherit" => Some(&mut self.env_inherit),
            "--no-superinstructions" => Some(&mut self.no_superinstructions),
            "--linked" => Some(&mut self.linked),
            "--names" if features::COMPILE.is_built => Some(&mut self.names),
            "--fuel" if features::COMPILE.is_built && self.command == Command::Compile => Some(&mut self.metered),
            _ => None,
        };
        if let Some(flag) = flag {
            if given.is_some() {
                return Err(CliError::usage(format!("`{name}` takes no value")));
            }
            *flag = true;
            return Ok(());
        }
        // Its value may be left out, so it never is the next word.
        if name == "--trace" {
            self.trace = Some(text(given.unwrap_or_default(), name)?);
            return Ok(());
        }
        let missing = || CliError::usage(format!("`{name}` needs a value"));
        let value = given.or_else(|| words.next()).ok_or_else(missing)?;
        if name == "-o" {
            self.out = Some(value);
            return Ok(());
        }
        let value = text(value, name)?;
        match name {
            "--fuel" => self.fuel = Some(number(name, value, value)?),
            "--random-seed" => self.random_seed = Some(number(name, value, value)?),
            "--clock" => self.clock = Some(number(name, value, value.strip_prefix("fixed:").unwrap_or_default())?),
            "--op-set" if value == "extended" && !features::EXTENDED.is_built => {
                return Err(features::EXTENDED.missing("--op-set extended"));
            }
            "--op-set" if features::COMPILE.is_built => self.op_set = Some(value),
            "--tcplisten" if features::SOCKETS.is_built => match wasmote_rt::parse_socket_address(value) {
                Some(address) => self.tcp_listen.push((value, address)),
                None => {
                    let message = format!("`--tcplisten {value}` should be an address and a port, as 127.0.0.1:8080");
                    return Err(CliError::usage(message));
                }
            },
            "--dir" | "--dir-ro" => {
                let (host, guest) = value.split_once("::").unwrap_or((value, value));
                self.dirs.push(Preopen { host, guest, read_only: name == "--dir-ro" });
            }
            "--env" => match value.split_once('=') {
                Some((name, value)) if !name.is_empty() => self.env.push((name, value)),
                _ => return Err(CliError::usage(format!("`--env {value}` should be NAME=VALUE"))),
            },
            "--invoke" => self.invoke = Some(value),
            "--func" => self.func = Some(value),
            _ => {}
        }
        Ok(())
    }
}
