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
                const COMMANDS: &[Command] = &[Command::Run, $( Command::$name, )*];
                let place = place(concat!(" run", $( " ", $word, )*), core::str::from_utf8(word).ok()?)?;
                COMMANDS.get(place).copied()
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
    /// The file for the profile of the run; the usual files if it is empty.
    pub profile: Option<&'static str>,
    /// The guest may start threads.
    pub threads: bool,
    /// How long the guest may run, in milliseconds.
    pub timeout: Option<u64>,
    /// The file to record host calls in.
    pub record: Option<&'static [u8]>,
    /// The recording to replay.
    pub replay: Option<&'static [u8]>,
    /// The fuel that the guest gets.
    pub fuel: Option<u64>,
    /// The maximum bytes of each memory.
    pub max_memory: Option<u64>,
    /// The maximum elements of each table.
    pub max_table: Option<u64>,
    /// The maximum bytes of memories, tables, objects and code together.
    pub max_total: Option<u64>,
    /// The bytes of the value stack.
    pub max_stack: Option<u64>,
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

macro_rules! options {
    ($( $name:literal $option:ident $commands:expr; )*) => {
        /// An option.
        #[derive(Clone, Copy, PartialEq, Eq)]
        enum Opt { $( $option, )* }

        /// The names of the options, each behind a space.
        const NAMES: &str = concat!($( " ", $name ),*);
        /// The options, in the order of their names, and the commands that have them.
        const OPTIONS: &[(Opt, u8)] = &[$( (Opt::$option, $commands), )*];
    };
}

/// The command `run`, as a bit.
const RUN: u8 = 1;
/// The command `dump`.
const DUMP: u8 = 2;
/// The command `compile`.
const COMPILE: u8 = 4;
/// The commands that make a file.
const FILE: u8 = 8;

// Each row: the name, the option, and the commands that have it.
options! {
    "--dir" Dir RUN;
    "--dir-ro" DirRo RUN;
    "--env" Env RUN;
    "--env-inherit" EnvInherit RUN;
    "--clock" Clock RUN;
    "--random-seed" RandomSeed RUN;
    "--tcplisten" TcpListen RUN;
    "--invoke" Invoke RUN;
    "--eager" Eager RUN;
    "--stats" Stats RUN;
    "--timeout" Timeout RUN;
    "--threads" Threads RUN;
    "--fuel" Fuel RUN | COMPILE;
    "--deterministic" Deterministic RUN | COMPILE;
    "-o" Out FILE;
    "--op-set" OpSet COMPILE;
    "--names" Names COMPILE;
    "--trace" Trace RUN;
    "--profile" Profile RUN;
    "--max-memory" MaxMemory RUN;
    "--max-table" MaxTable RUN;
    "--max-total" MaxTotal RUN;
    "--max-stack" MaxStack RUN;
    "--trap-on-grow-failure" TrapOnGrowFailure RUN;
    "--record" Record RUN;
    "--replay" Replay RUN;
    "--no-superinstructions" NoSuperinstructions RUN | DUMP;
    "--func" Func DUMP;
    "--linked" Linked DUMP;
}

/// The options that wasmtime has behind `-W` or `-S`, each behind a space.
const WASMTIME_NAMES: &str =
    " fuel timeout max-memory-size max-table-elements max-wasm-stack trap-on-grow-failure threads";
/// Our names for them, in the same order.
const WASMTIME: &str = " --fuel --timeout --max-memory --max-table --max-stack --trap-on-grow-failure --threads";

/// Returns the place of a name in a list.
fn place(names: &str, name: &str) -> Option<usize> {
    names.split(' ').skip(1).position(|known| known == name)
}

impl Opt {
    /// Returns the feature that has the option.
    fn feature(self) -> Option<Feature> {
        Some(match self {
            Opt::TcpListen => features::SOCKETS,
            Opt::Timeout => features::INTERRUPT,
            Opt::Threads => features::WASI_THREADS,
            Opt::Trace => features::TRACE,
            Opt::Profile => features::PROFILE,
            Opt::MaxMemory | Opt::MaxTable | Opt::MaxTotal | Opt::MaxStack | Opt::TrapOnGrowFailure => features::LIMITS,
            Opt::Record | Opt::Replay => features::REPLAY,
            _ => return None,
        })
    }
}

/// Returns the error for a part of the command line: the part, and what is wrong with it.
#[cold]
#[inline(never)]
fn wrong(part: &str, what: &str) -> CliError {
    CliError::usage(format!("`{part}` {what}"))
}

/// Returns the error for the value of an option.
#[cold]
#[inline(never)]
fn wrong_value(option: &str, value: &str, wanted: &str) -> CliError {
    CliError::usage(format!("`{option} {value}` should be {wanted}"))
}

fn text(value: &'static [u8], option: &str) -> Result<&'static str, CliError> {
    core::str::from_utf8(value).map_err(|_| CliError::usage(format!("the value of `{option}` is not UTF-8")))
}

#[cold]
fn needs_value(option: &str) -> CliError {
    wrong(option, "needs a value: see `wasmote --help`")
}

#[cold]
fn unexpected(word: &[u8], what: &str) -> CliError {
    wrong(&shown(word), what)
}

/// Returns a number of items in memory. Those that no memory holds become the most that there can be.
pub fn in_memory(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Parses digits with a unit. `units` has the units with their factors.
fn quantity(value: &str, units: &[(&str, u32)]) -> Option<u64> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let (_, factor) = units.iter().find(|(known, _)| *known == unit)?;
    number.parse::<u64>().ok()?.checked_mul((*factor).into())
}

/// Times in milliseconds.
const TIMES: &[(&str, u32)] = &[("ms", 1), ("s", 1000), ("m", 60 * 1000), ("h", 60 * 60 * 1000)];
/// Sizes in bytes.
const SIZES: &[(&str, u32)] = &[("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
const A_SIZE: &str = "a size, such as 65536, 64KiB or 1GiB";
/// Plain numbers.
const PLAIN: &[(&str, u32)] = &[("", 1)];

impl Options {
    /// Parses the arguments without the program's name.
    #[inline(never)]
    pub fn parse(arguments: Vec<&'static [u8]>) -> Result<Options, CliError> {
        let mut options = Options::default();
        let mut words = arguments.iter();
        if let Some(named) = arguments.first().and_then(|word| Command::named(word)) {
            named.action()?;
            options.command = named;
            words.next();
        }
        loop {
            let Some(&word) = words.next() else {
                if !options.file.is_empty() {
                    break;
                }
                return Err(CliError::usage("no file given: name one, see `wasmote --help`"));
            };
            if word == b"--" {
                options.file = words
                    .next()
                    .ok_or_else(|| CliError::usage("no file after `--`: name one, see `wasmote --help`"))?;
                break;
            }
            if word.first() != Some(&b'-') || word == b"-" {
                if !options.file.is_empty() {
                    return Err(unexpected(word, "is unexpected: give one file at a time"));
                }
                options.file = word;
                // Commands that make a file are used like compilers, so their options may follow the file.
                if options.makes_file() && !words.as_slice().is_empty() {
                    continue;
                }
                break;
            }
            let word = text(word, "an option")?;
            if let Some((group, list)) =
                ["-W", "-S"].into_iter().find_map(|name| Some((name, word.strip_prefix(name)?)))
            {
                let list = match list {
                    "" => text(words.next().ok_or_else(|| needs_value(group))?, group)?,
                    list => list,
                };
                list.split(',').try_for_each(|option| options.set_as_wasmtime(group, option))?;
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
            options.set(name, given, &mut words)?;
        }
        // For `wast`, the arguments are more files. For other commands, `--` separates the guest's arguments.
        let mut rest = words.as_slice();
        if rest.first().is_some_and(|word| *word == b"--") {
            rest = &rest[1..];
        }
        if options.command == Command::Dump
            && options.func.is_none()
            && let [func, others @ ..] = rest
        {
            options.func = Some(text(func, "dump")?);
            rest = others;
        }
        options.args = rest.to_vec();
        if options.threads && (options.fuel.is_some() || options.record.or(options.replay).is_some()) {
            return Err(CliError::usage("`--threads` cannot be combined with `--fuel`, `--record` or `--replay`"));
        }
        let takes_args = matches!(options.command, Command::Run | Command::Wast);
        if let (false, Some(extra)) = (takes_args, options.args.first()) {
            return Err(unexpected(extra, "is unexpected: give options before the file, and one file at a time"));
        }
        Ok(options)
    }

    /// Returns whether an option limits what a store may have.
    pub fn are_limited(&self) -> bool {
        let sizes = [self.max_memory, self.max_table, self.max_total];
        sizes.iter().any(Option::is_some) || self.trap_on_grow_failure
    }

    /// Returns whether the command makes a file, which `-o` names.
    fn makes_file(&self) -> bool {
        // Lets the compiler drop the code for `-o` in builds without any of these commands.
        (features::COMPILE.is_built || features::PRINT.is_built || features::WAT.is_built)
            && matches!(self.command, Command::Compile | Command::Print | Command::Parse)
    }

    /// Sets an option that wasmtime has behind `-W` or `-S`.
    #[inline(never)]
    fn set_as_wasmtime(&mut self, group: &str, option: &'static str) -> Result<(), CliError> {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.as_bytes())),
            None => (option, None),
        };
        let ours = place(WASMTIME_NAMES, name).and_then(|at| WASMTIME.split(' ').nth(at + 1));
        let is_flag = matches!(name, "trap-on-grow-failure" | "threads");
        let value = if is_flag { value.filter(|value| *value != b"y") } else { value };
        match ours {
            Some(_) if is_flag && value.is_some() => {}
            Some(name) => return self.set(name, value, &mut [].iter()),
            None => {}
        }
        Err(CliError::usage(format!("unknown option `{group} {option}`: see `wasmote --help`")))
    }

    /// Sets one option. Its value is given with `=`, or is the next argument.
    #[inline(never)]
    fn set(
        &mut self,
        name: &str,
        given: Option<&'static [u8]>,
        arguments: &mut core::slice::Iter<'_, &'static [u8]>,
    ) -> Result<(), CliError> {
        let Some(&(option, commands)) = place(NAMES, name).and_then(|at| OPTIONS.get(at)) else {
            return Err(CliError::usage(format!("unknown option `{name}`: see `wasmote --help`")));
        };
        if let Some(missing) = option.feature().filter(|feature| !feature.is_built) {
            return Err(missing.missing(name));
        }
        let command = match self.command {
            Command::Run => RUN,
            Command::Dump => DUMP,
            Command::Compile => COMPILE,
            _ => 0,
        } | if self.makes_file() { FILE } else { 0 };
        if commands & command == 0 {
            return Err(wrong(
                name,
                match commands {
                    FILE => "is an option of `wasmote compile`, `print` and `parse` only",
                    COMPILE => "is an option of `wasmote compile` only",
                    DUMP => "is an option of `wasmote dump` only",
                    _ => "is an option of `wasmote run` only",
                },
            ));
        }
        let offsets = option == Opt::Names && given == Some(b"offsets");
        let given = given.filter(|_| !offsets);
        self.offsets |= offsets;
        let flag = match option {
            Opt::Eager => Some(&mut self.eager),
            Opt::Stats => Some(&mut self.stats),
            Opt::Threads => Some(&mut self.threads),
            Opt::Deterministic => Some(&mut self.deterministic),
            Opt::EnvInherit => Some(&mut self.env_inherit),
            Opt::NoSuperinstructions => Some(&mut self.no_superinstructions),
            Opt::Linked => Some(&mut self.linked),
            Opt::TrapOnGrowFailure => Some(&mut self.trap_on_grow_failure),
            Opt::Names if features::COMPILE.is_built => Some(&mut self.names),
            Opt::Fuel if features::COMPILE.is_built && command & COMPILE != 0 => Some(&mut self.metered),
            _ => None,
        };
        if let Some(flag) = flag {
            if given.is_some() {
                return Err(wrong(name, "takes no value: leave out `=` and what follows"));
            }
            *flag = true;
            return Ok(());
        }
        // Their values are optional, so the next argument is never taken for one.
        let optional = match option {
            Opt::Trace => Some(&mut self.trace),
            Opt::Profile => Some(&mut self.profile),
            _ => None,
        };
        if let Some(optional) = optional {
            *optional = Some(text(given.unwrap_or_default(), name)?);
            return Ok(());
        }
        let value = given.or_else(|| arguments.next().copied()).ok_or_else(|| needs_value(name))?;
        let file = match option {
            Opt::Out => Some(&mut self.out),
            Opt::Record if features::REPLAY.is_built => Some(&mut self.record),
            Opt::Replay if features::REPLAY.is_built => Some(&mut self.replay),
            _ => None,
        };
        if let Some(file) = file {
            *file = Some(value);
            return Ok(());
        }
        let value = text(value, name)?;
        // Options with numbers: where the number goes, its units, and what the value should be.
        let (number, units, wanted) = match option {
            Opt::Fuel => (&mut self.fuel, PLAIN, "a number"),
            Opt::RandomSeed => (&mut self.random_seed, PLAIN, "a number"),
            Opt::MaxTable => (&mut self.max_table, PLAIN, "a number"),
            Opt::Clock => (&mut self.clock, PLAIN, "fixed:NANOSECONDS"),
            Opt::Timeout => (&mut self.timeout, TIMES, "a number with ms, s, m or h, such as 500ms"),
            Opt::MaxMemory => (&mut self.max_memory, SIZES, A_SIZE),
            Opt::MaxTotal => (&mut self.max_total, SIZES, A_SIZE),
            Opt::MaxStack => (&mut self.max_stack, SIZES, A_SIZE),
            _ => return self.set_text(option, name, value),
        };
        let digits = if option == Opt::Clock { value.strip_prefix("fixed:").unwrap_or_default() } else { value };
        *number = Some(quantity(digits, units).ok_or_else(|| wrong_value(name, value, wanted))?);
        Ok(())
    }

    /// Sets an option whose value is a text.
    fn set_text(&mut self, option: Opt, name: &str, value: &'static str) -> Result<(), CliError> {
        match option {
            Opt::OpSet if value == "extended" && !features::EXTENDED.is_built => {
                return Err(features::EXTENDED.missing("--op-set extended"));
            }
            Opt::OpSet if features::COMPILE.is_built => self.op_set = Some(value),
            Opt::TcpListen if features::SOCKETS.is_built => match wasmote_rt::parse_socket_address(value) {
                Some(address) => self.tcp_listen.push((value, address)),
                None => return Err(wrong_value(name, value, "an address and a port, such as 127.0.0.1:8080")),
            },
            Opt::Dir | Opt::DirRo => {
                // `split_once` of a text would link the general search for texts.
                let (host, guest) = match value.as_bytes().windows(2).position(|pair| pair == b"::") {
                    Some(at) => (&value[..at], &value[at + 2..]),
                    None => (value, value),
                };
                self.dirs.push(Preopen { host, guest, read_only: option == Opt::DirRo });
            }
            Opt::Env => match value.split_once('=') {
                Some((name, value)) if !name.is_empty() => self.env.push((name, value)),
                _ => return Err(wrong_value(name, value, "NAME=VALUE")),
            },
            Opt::Invoke => self.invoke = Some(value),
            Opt::Func => self.func = Some(value),
            _ => {}
        }
        Ok(())
    }
}
