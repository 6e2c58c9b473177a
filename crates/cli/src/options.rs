//! Parses the command line. Arguments in front of the file are the command's, and those behind it are the guest's. So
//! the command line is read from left to right, and no further than the file.

use alloc::format;
use alloc::vec::Vec;

use crate::failure::{CliError, shown};
use crate::features::{self, Feature, built};

/// The function that runs a command.
type Action = fn(&Options) -> Result<i32, CliError>;

macro_rules! commands {
    ($( $word:literal $name:ident $feature:literal $module:ident::$function:ident; )*) => {
        /// A command.
        #[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
        pub enum Command {
            Help,
            Version,
            #[default]
            Run,
            $( $name, )*
        }

        impl Command {
            /// Returns the command that a word names.
            fn named(word: &[u8]) -> Option<Command> {
                match word {
                    b"run" => Some(Command::Run),
                    $( word if word == $word.as_bytes() => Some(Command::$name), )*
                    _ => None,
                }
            }

            /// Returns the function that runs it. Errors: this build lacks the command's feature.
            pub fn action(self) -> Result<Action, CliError> {
                match self {
                    Command::Help | Command::Version | Command::Run => Ok(crate::run::run),
                    $( Command::$name => {
                        const ACTION: Option<Action> = built!($feature, crate::$module::$function);
                        ACTION.ok_or_else(|| Feature { name: $feature, is_built: false }.missing($word))
                    } )*
                }
            }
        }
    };
}

// Each row: the word, the command, its feature, and the function that runs it.
commands! {
    "validate" Validate "validate" validate::check;
    "inspect" Inspect "inspect" inspect::inspect;
    "dump" Dump "dump" dump::dump;
    "compile" Compile "compile" compile::compile;
    "print" Print "print" to_text::print;
    "parse" Parse "wat" from_text::parse;
    "wast" Wast "script" scripts::scripts;
}

/// A directory that the guest may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preopen {
    pub host: &'static str,
    pub guest: &'static str,
    pub read_only: bool,
}

/// The parsed command line.
#[derive(Default, Debug)]
pub struct Options {
    pub command: Command,
    pub dirs: Vec<Preopen>,
    pub env: Vec<(&'static str, &'static str)>,
    /// Addresses at which the program may accept connections, each with its text for messages.
    pub tcp_listen: Vec<(&'static str, core::net::SocketAddr)>,
    /// The run, or the image's code, does the same on every machine.
    pub deterministic: bool,
    /// The program also gets the variables of this process.
    pub env_inherit: bool,
    /// The time at which the program's clocks stand still, in nanoseconds after 1970.
    pub clock: Option<u64>,
    /// The seed of the program's random numbers.
    pub random_seed: Option<u64>,
    pub invoke: Option<&'static str>,
    pub eager: bool,
    /// Each instruction has a handler of its own.
    pub no_superinstructions: bool,
    /// The function whose instructions are printed as they run; all functions if it is empty.
    pub trace: Option<&'static str>,
    pub stats: bool,
    /// How long the guest may run, in milliseconds.
    pub timeout: Option<u64>,
    /// The file to record host calls in.
    pub record: Option<&'static [u8]>,
    /// The recording to replay.
    pub replay: Option<&'static [u8]>,
    /// The fuel that the guest gets.
    pub fuel: Option<u64>,
    /// The maximum bytes of each memory.
    pub max_memory: Option<usize>,
    /// The maximum elements of each table.
    pub max_table: Option<usize>,
    /// The maximum bytes of memories, tables, objects and code together.
    pub max_total: Option<usize>,
    /// The bytes of the value stack.
    pub max_stack: Option<usize>,
    /// Growth that is refused traps.
    pub trap_on_grow_failure: bool,
    /// The file to write; standard output if it is missing or `-`.
    pub out: Option<&'static [u8]>,
    /// The name of the image's op set.
    pub op_set: Option<&'static str>,
    /// The image's code consumes fuel.
    pub metered: bool,
    /// The image keeps the names of functions.
    pub names: bool,
    /// The image keeps the offsets of instructions.
    pub offsets: bool,
    /// The function to print, by index or name.
    pub func: Option<&'static str>,
    /// The code is printed as linked.
    pub linked: bool,
    pub file: &'static [u8],
    /// The arguments behind the file.
    pub args: Vec<&'static [u8]>,
}

fn text(value: &'static [u8], option: &str) -> Result<&'static str, CliError> {
    core::str::from_utf8(value).map_err(|_| CliError::usage(format!("the value of `{option}` is not UTF-8")))
}

#[cold]
fn needs_value(option: &str) -> CliError {
    CliError::usage(format!("`{option}` needs a value: see `wasmote --help`"))
}

/// Parses `digits` as a number. `option` and `value` are for the error.
fn number(option: &str, value: &str, digits: &str) -> Result<u64, CliError> {
    let wanted = if option == "--clock" { "fixed:NANOSECONDS" } else { "a number" };
    digits.parse().map_err(|_| CliError::usage(format!("`{option} {value}` should be {wanted}")))
}

/// Parses the value of `--timeout`.
fn milliseconds(value: &str) -> Result<u64, CliError> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => 0,
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)) {
        Some(milliseconds) if factor > 0 => Ok(milliseconds),
        _ => Err(CliError::usage(format!("`--timeout {value}` should be a number with ms, s, m or h, such as 500ms"))),
    }
}

/// Parses a number of bytes: plain, or with a unit.
fn size(option: &str, value: &str) -> Result<usize, CliError> {
    let mut units = [("KiB", 10), ("MiB", 20), ("GiB", 30)].into_iter();
    let with_unit = units.find_map(|(unit, log2)| Some((value.strip_suffix(unit)?, log2)));
    let (digits, log2) = with_unit.unwrap_or((value, 0));
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << log2));
    bytes.ok_or_else(|| CliError::usage(format!("`{option} {value}` should be a size, such as 65536, 64KiB or 1GiB")))
}

impl Options {
    /// Parses the arguments without the program's name.
    #[inline(never)]
    pub fn parse(arguments: Vec<&'static [u8]>) -> Result<Options, CliError> {
        let mut options = Options::default();
        let mut arguments = arguments.into_iter().peekable();
        if let Some(named) = arguments.peek().and_then(|word| Command::named(word)) {
            named.action()?;
            options.command = named;
            arguments.next();
        }
        loop {
            let Some(word) = arguments.next() else {
                if !options.file.is_empty() {
                    break;
                }
                return Err(CliError::usage("no file given: name one, see `wasmote --help`"));
            };
            if word == b"--" {
                options.file = arguments
                    .next()
                    .ok_or_else(|| CliError::usage("no file after `--`: name one, see `wasmote --help`"))?;
                break;
            }
            if word.first() != Some(&b'-') || word == b"-" {
                if !options.file.is_empty() {
                    let extra = shown(word);
                    return Err(CliError::usage(format!("`{extra}` is unexpected: give one file at a time")));
                }
                options.file = word;
                // Commands that make a file are used like compilers, so their options may follow the file.
                if options.makes_file() && arguments.peek().is_some() {
                    continue;
                }
                break;
            }
            let word = text(word, "an option")?;
            if let Some(list) = word.strip_prefix("-W") {
                let list = match list {
                    "" => text(arguments.next().ok_or_else(|| needs_value("-W"))?, "-W")?,
                    list => list,
                };
                list.split(',').try_for_each(|option| options.set_as_wasmtime(option))?;
                continue;
            }
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
            options.set(name, given, &mut arguments)?;
        }
        // For `wast`, the arguments are more files. For other commands, `--` separates the guest's arguments.
        options.args = arguments.collect();
        if options.args.first().is_some_and(|word| *word == b"--") {
            options.args.remove(0);
        }
        if options.command == Command::Dump && options.func.is_none() && !options.args.is_empty() {
            options.func = Some(text(options.args.remove(0), "dump")?);
        }
        let takes_args = matches!(options.command, Command::Run | Command::Wast);
        if let (false, Some(extra)) = (takes_args, options.args.first()) {
            let extra = shown(extra);
            return Err(CliError::usage(format!(
                "`{extra}` is unexpected: give options before the file, and one file at a time"
            )));
        }
        Ok(options)
    }

    /// Returns whether the command makes a file, which `-o` names.
    fn makes_file(&self) -> bool {
        // Lets the compiler drop the code for `-o` in builds without any of these commands.
        (features::COMPILE.is_built || features::PRINT.is_built || features::WAT.is_built)
            && matches!(self.command, Command::Compile | Command::Print | Command::Parse)
    }

    /// Sets an option that wasmtime has behind `-W`.
    #[inline(never)]
    fn set_as_wasmtime(&mut self, option: &'static str) -> Result<(), CliError> {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.as_bytes())),
            None => (option, None),
        };
        let (name, value) = match (name, value) {
            ("fuel", value) => ("--fuel", value),
            ("timeout", value) => ("--timeout", value),
            ("max-memory-size", value) => ("--max-memory", value),
            ("max-table-elements", value) => ("--max-table", value),
            ("max-wasm-stack", value) => ("--max-stack", value),
            ("trap-on-grow-failure", None | Some(b"y")) => ("--trap-on-grow-failure", None),
            _ => return Err(CliError::usage(format!("unknown option `-W {option}`: see `wasmote --help`"))),
        };
        self.set(name, value, &mut core::iter::empty())
    }

    /// Sets one option. Its value is given with `=`, or is the next argument.
    #[inline(never)]
    fn set(
        &mut self,
        name: &str,
        given: Option<&'static [u8]>,
        arguments: &mut dyn Iterator<Item = &'static [u8]>,
    ) -> Result<(), CliError> {
        let (of_run, of_compile, of_dump) = match name {
            "--dir" | "--dir-ro" | "--env" | "--env-inherit" | "--clock" | "--random-seed" => (true, false, false),
            "--tcplisten" if features::SOCKETS.is_built => (true, false, false),
            "--tcplisten" => return Err(features::SOCKETS.missing(name)),
            "--invoke" | "--eager" | "--stats" => (true, false, false),
            "--timeout" if features::INTERRUPT.is_built => (true, false, false),
            "--timeout" => return Err(features::INTERRUPT.missing(name)),
            "--fuel" | "--deterministic" => (true, true, false),
            "-o" if self.makes_file() => (false, true, false),
            "-o" => return Err(CliError::usage("`-o` is an option of `wasmote compile`, `print` and `parse` only")),
            "--op-set" | "--names" => (false, true, false),
            "--trace" if features::TRACE.is_built => (true, false, false),
            "--trace" => return Err(features::TRACE.missing(name)),
            "--max-memory" | "--max-table" | "--max-total" | "--max-stack" | "--trap-on-grow-failure" => {
                if !features::LIMITS.is_built {
                    return Err(features::LIMITS.missing(name));
                }
                (true, false, false)
            }
            "--record" | "--replay" if features::REPLAY.is_built => (true, false, false),
            "--record" | "--replay" => return Err(features::REPLAY.missing(name)),
            "--no-superinstructions" => (true, false, true),
            "--func" | "--linked" => (false, false, true),
            _ => return Err(CliError::usage(format!("unknown option `{name}`: see `wasmote --help`"))),
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
        let offsets = name == "--names" && given == Some(b"offsets");
        let given = given.filter(|_| !offsets);
        self.offsets |= offsets;
        let flag = match name {
            "--eager" => Some(&mut self.eager),
            "--stats" => Some(&mut self.stats),
            "--deterministic" => Some(&mut self.deterministic),
            "--env-inherit" => Some(&mut self.env_inherit),
            "--no-superinstructions" => Some(&mut self.no_superinstructions),
            "--linked" => Some(&mut self.linked),
            "--trap-on-grow-failure" => Some(&mut self.trap_on_grow_failure),
            "--names" if features::COMPILE.is_built => Some(&mut self.names),
            "--fuel" if features::COMPILE.is_built && self.command == Command::Compile => Some(&mut self.metered),
            _ => None,
        };
        if let Some(flag) = flag {
            if given.is_some() {
                return Err(CliError::usage(format!("`{name}` takes no value: leave out `=` and what follows")));
            }
            *flag = true;
            return Ok(());
        }
        // Its value is optional, so the next argument is never taken for it.
        if name == "--trace" {
            self.trace = Some(text(given.unwrap_or_default(), name)?);
            return Ok(());
        }
        let value = given.or_else(|| arguments.next()).ok_or_else(|| needs_value(name))?;
        let file = match name {
            "-o" => Some(&mut self.out),
            "--record" if features::REPLAY.is_built => Some(&mut self.record),
            "--replay" if features::REPLAY.is_built => Some(&mut self.replay),
            _ => None,
        };
        if let Some(file) = file {
            *file = Some(value);
            return Ok(());
        }
        let value = text(value, name)?;
        match name {
            "--fuel" => self.fuel = Some(number(name, value, value)?),
            "--timeout" => self.timeout = Some(milliseconds(value)?),
            "--max-memory" if features::LIMITS.is_built => self.max_memory = Some(size(name, value)?),
            "--max-total" if features::LIMITS.is_built => self.max_total = Some(size(name, value)?),
            "--max-stack" if features::LIMITS.is_built => self.max_stack = Some(size(name, value)?),
            "--max-table" if features::LIMITS.is_built => {
                self.max_table = Some(usize::try_from(number(name, value, value)?).unwrap_or(usize::MAX));
            }
            "--random-seed" => self.random_seed = Some(number(name, value, value)?),
            "--clock" => self.clock = Some(number(name, value, value.strip_prefix("fixed:").unwrap_or_default())?),
            "--op-set" if value == "extended" && !features::EXTENDED.is_built => {
                return Err(features::EXTENDED.missing("--op-set extended"));
            }
            "--op-set" if features::COMPILE.is_built => self.op_set = Some(value),
            "--tcplisten" if features::SOCKETS.is_built => match wasmote_rt::parse_socket_address(value) {
                Some(address) => self.tcp_listen.push((value, address)),
                None => {
                    let message =
                        format!("`--tcplisten {value}` should be an address and a port, such as 127.0.0.1:8080");
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
