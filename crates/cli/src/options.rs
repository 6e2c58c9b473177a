//! Parses the command line. Arguments in front of the file are the command's, and those behind it are the guest's. So
//! the command line is read from left to right, and no further than the file.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::commands::Command;
use crate::failure::{CliError, shown};
use crate::features;
use crate::nearest::nearest;
use crate::option_table::{FILE, Opt, Row, rows_named, rows_of};
use crate::others;
use crate::text_table::parts;

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
    /// The command to describe; all of them if it is missing.
    pub topic: Option<Command>,
    pub dirs: Vec<Preopen>,
    /// Variables, each as `NAME=VALUE`.
    pub env: Vec<&'static [u8]>,
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
    /// The name that the program has for itself.
    pub argv0: Option<&'static [u8]>,
    /// Modules to link first: the name, and the file.
    pub preloads: Vec<(&'static str, &'static [u8])>,
    /// Calls of functions that are missing trap.
    pub stub_missing: bool,
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
    /// The file for the counts of what ran.
    pub counts_out: Option<&'static [u8]>,
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
    /// The image keeps the custom sections.
    pub custom_sections: bool,
    /// The function to print, by index or name.
    pub func: Option<&'static str>,
    /// The code is printed as linked.
    pub linked: bool,
    /// The output is JSON.
    pub json: bool,
    pub file: &'static [u8],
    /// The arguments behind the file.
    pub args: Vec<&'static [u8]>,
    /// The program's arguments where a function has others: those behind `--`.
    pub wasi_args: Option<Vec<&'static [u8]>>,
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
    let (number, unit) = value.split_at_checked(digits)?;
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

/// Splits a word at its first `=`.
fn split_value(word: &'static str) -> (&'static str, Option<&'static [u8]>) {
    // `split_once` has more code.
    match word.bytes().position(|byte| byte == b'=') {
        Some(at) => (word.get(..at).unwrap_or_default(), word.as_bytes().get(at + 1..)),
        None => (word, None),
    }
}

impl Options {
    /// Parses the arguments without the program's name.
    #[inline(never)]
    pub fn parse(arguments: Vec<&'static [u8]>) -> Result<Options, CliError> {
        let mut options = Options::default();
        let mut words = arguments.iter();
        let named = arguments.first().and_then(|word| Command::named(word));
        if let Some(named) = named {
            named.action()?;
            options.command = named;
            words.next();
        }
        loop {
            let Some(&word) = words.next() else {
                if !options.file.is_empty() || !options.command.needs_file() {
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
            if features::HINTS.is_built
                && let Some((group, list)) =
                    ["-W", "-S"].into_iter().find_map(|name| Some((name, word.strip_prefix(name)?)))
            {
                let list = match list {
                    "" => text(words.next().ok_or_else(|| needs_value(group))?, group)?,
                    list => list,
                };
                parts(list, b',').into_iter().try_for_each(|option| options.set_as_wasmtime(group, option))?;
                continue;
            }
            let (name, given) = split_value(word);
            if name == "--help" || name == "-h" {
                options.topic = named;
                options.command = Command::Help;
                return Ok(options);
            }
            if name == "--version" || name == "-V" {
                options.command = Command::Version;
                return Ok(options);
            }
            options.set(name, given, &mut words)?;
        }
        options.behind_file(words.as_slice())?;
        Ok(options)
    }

    /// Distributes the arguments behind the file.
    fn behind_file(&mut self, mut rest: &[&'static [u8]]) -> Result<(), CliError> {
        let separator = rest.iter().position(|word| *word == b"--");
        if let (Some(at), true) = (separator, self.invoke.is_some()) {
            self.wasi_args = Some(rest[at + 1..].to_vec());
            rest = &rest[..at];
        } else if separator == Some(0) {
            rest = &rest[1..];
        }
        if self.command == Command::Dump
            && self.func.is_none()
            && let [func, others @ ..] = rest
        {
            self.func = Some(text(func, "dump")?);
            rest = others;
        }
        self.args = rest.to_vec();
        if self.command == Command::Help && !self.file.is_empty() {
            self.topic = Some(Command::named(self.file).ok_or_else(|| unknown_command(&shown(self.file)))?);
        }
        let replays = self.record.or(self.replay).is_some();
        if features::WASI_THREADS.is_built && self.threads && (self.fuel.is_some() || replays) {
            return Err(CliError::usage("`--threads` cannot be combined with `--fuel`, `--record` or `--replay`"));
        }
        if features::LINKING.is_built && !self.preloads.is_empty() && (self.threads || replays) {
            return Err(CliError::usage("`--preload` cannot be combined with `--threads`, `--record` or `--replay`"));
        }
        // The other files of these stand among the arguments.
        let takes_args = matches!(self.command, Command::Run | Command::Wast | Command::Validate);
        if let (false, Some(extra)) = (takes_args, self.args.first()) {
            return Err(unexpected(extra, "is unexpected: give options before the file, and one file at a time"));
        }
        Ok(())
    }

    /// Returns the files of a command that takes several.
    #[cfg(any(feature = "validate", feature = "script"))]
    pub fn files(&self) -> impl Iterator<Item = &'static [u8]> {
        core::iter::once(self.file).chain(self.args.iter().copied())
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
            && self.command.bit() & FILE != 0
    }

    /// Sets an option that wasmtime has behind `-W` or `-S`.
    #[inline(never)]
    fn set_as_wasmtime(&mut self, group: &str, option: &'static str) -> Result<(), CliError> {
        let (name, value) = split_value(option);
        let ours = others::of_wasmtime(name);
        let Some(row) = ours.and_then(|ours| rows_named(ours).first().copied()) else {
            // All proposals of the build are always on.
            if group == "-W" && others::is_proposal(name) && matches!(value, None | Some(b"y")) {
                return Ok(());
            }
            return Err(unknown_option(&format!("{group} {option}"), self.command));
        };
        let is_flag = row.value.is_empty();
        match value.filter(|value| !(is_flag && *value == b"y")) {
            Some(_) if is_flag => Err(unknown_option(&format!("{group} {option}"), self.command)),
            value => self.set(ours.unwrap_or_default(), value, &mut [].iter()),
        }
    }

    /// Sets one option. Its value is given with `=`, or is the next argument.
    #[inline(never)]
    fn set(
        &mut self,
        name: &str,
        given: Option<&'static [u8]>,
        arguments: &mut core::slice::Iter<'_, &'static [u8]>,
    ) -> Result<(), CliError> {
        let bit = self.command.bit();
        let Some(row) = rows_named(name).into_iter().find(|row| row.commands & bit != 0) else {
            return Err(self.refuse(name));
        };
        let option = row.option;
        if let Some(missing) = option.feature().filter(|feature| !feature.is_built) {
            return Err(missing.missing(name));
        }
        if row.value.is_empty() {
            if given.is_some() {
                return Err(wrong(name, "takes no value: leave out `=` and what follows"));
            }
            self.set_flag(option);
            return Ok(());
        }
        // The next argument is never taken for a value that is optional.
        if row.is_value_optional() {
            return self.set_optional(option, name, given);
        }
        let value = given.or_else(|| arguments.next().copied()).ok_or_else(|| needs_value(name))?;
        let bytes = match option {
            Opt::Out => Some(&mut self.out),
            Opt::Argv0 => Some(&mut self.argv0),
            Opt::CountsOut if features::COUNT.is_built => Some(&mut self.counts_out),
            Opt::Record if features::REPLAY.is_built => Some(&mut self.record),
            Opt::Replay if features::REPLAY.is_built => Some(&mut self.replay),
            _ => None,
        };
        if let Some(bytes) = bytes {
            *bytes = Some(value);
            return Ok(());
        }
        let value = text(value, name)?;
        // Options with numbers: where the number goes, its units, and what the value should be.
        let (number, units, wanted) = match option {
            Opt::Fuel => (&mut self.fuel, PLAIN, "a number"),
            Opt::RandomSeed => (&mut self.random_seed, PLAIN, "a number"),
            Opt::MaxTable if features::LIMITS.is_built => (&mut self.max_table, PLAIN, "a number"),
            Opt::Clock => (&mut self.clock, PLAIN, "fixed:NANOSECONDS"),
            Opt::Timeout if features::INTERRUPT.is_built => {
                (&mut self.timeout, TIMES, "a number with ms, s, m or h, such as 500ms")
            }
            Opt::MaxMemory if features::LIMITS.is_built => (&mut self.max_memory, SIZES, A_SIZE),
            Opt::MaxTotal if features::LIMITS.is_built => (&mut self.max_total, SIZES, A_SIZE),
            Opt::MaxStack if features::LIMITS.is_built => (&mut self.max_stack, SIZES, A_SIZE),
            _ => return self.set_text(option, name, value),
        };
        let digits = if option == Opt::Clock { value.strip_prefix("fixed:").unwrap_or_default() } else { value };
        *number = Some(quantity(digits, units).ok_or_else(|| wrong_value(name, value, wanted))?);
        Ok(())
    }

    /// Returns the error for an option that the command does not have.
    #[cold]
    #[inline(never)]
    fn refuse(&self, name: &str) -> CliError {
        let ours = if self.command == Command::Run { others::of_run(name) } else { None };
        match ours {
            Some(ours) => CliError::usage(format!("unknown option `{name}`: use `{ours}`")),
            None => match rows_named(name) {
                rows if rows.is_empty() => unknown_option(name, self.command),
                rows => wrong(name, &only_of(&rows)),
            },
        }
    }

    fn set_flag(&mut self, option: Opt) {
        let flag = match option {
            Opt::Eager => &mut self.eager,
            Opt::Stats if features::STATS.is_built => &mut self.stats,
            Opt::Threads if features::WASI_THREADS.is_built => &mut self.threads,
            Opt::Deterministic | Opt::CanonicalNans => &mut self.deterministic,
            Opt::EnvInherit => &mut self.env_inherit,
            Opt::StubMissing if features::LINKING.is_built => &mut self.stub_missing,
            Opt::NoSuperinstructions => &mut self.no_superinstructions,
            Opt::Linked => &mut self.linked,
            Opt::Json => &mut self.json,
            Opt::TrapOnGrowFailure if features::LIMITS.is_built => &mut self.trap_on_grow_failure,
            Opt::Metered => &mut self.metered,
            Opt::CustomSections => &mut self.custom_sections,
            _ => return,
        };
        *flag = true;
    }

    /// Sets an option whose value may be missing.
    fn set_optional(&mut self, option: Opt, name: &str, given: Option<&'static [u8]>) -> Result<(), CliError> {
        if option == Opt::Names && features::COMPILE.is_built {
            if given.is_some_and(|value| value != b"offsets") {
                return Err(wrong(name, "takes no value but `offsets`"));
            }
            self.names = true;
            self.offsets |= given.is_some();
            return Ok(());
        }
        let value = Some(text(given.unwrap_or_default(), name)?);
        match option {
            Opt::Trace if features::TRACE.is_built => self.trace = value,
            Opt::Profile if features::PROFILE.is_built => self.profile = value,
            _ => {}
        }
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
                    Some(at) => (value.get(..at).unwrap_or_default(), value.get(at + 2..).unwrap_or_default()),
                    None => (value, value),
                };
                self.dirs.push(Preopen { host, guest, read_only: option == Opt::DirRo });
            }
            Opt::Env => match split_value(value) {
                ("", _) => return Err(wrong_value(name, value, "NAME=VALUE, or the NAME of a variable")),
                (_, Some(_)) => self.env.push(value.as_bytes()),
                // The program lacks a variable that this process lacks.
                (variable, None) => self.env.extend(inherited(variable)),
            },
            Opt::Preload if features::LINKING.is_built => match split_value(value) {
                (module, Some(file)) if !file.is_empty() => self.preloads.push((module, file)),
                _ => return Err(wrong_value(name, value, "NAME=FILE")),
            },
            Opt::Invoke => self.invoke = Some(value),
            Opt::Func => self.func = Some(value),
            _ => {}
        }
        Ok(())
    }
}

/// Returns the variable of this name in this process, as `NAME=VALUE`.
fn inherited(name: &str) -> Option<&'static [u8]> {
    let has_name = |variable: &&[u8]| variable.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
    wasmote_rt::environment().find(has_name)
}

/// Returns the error for an option that is unknown, with the option that may be meant.
#[cold]
#[inline(never)]
fn unknown_option(name: &str, command: Command) -> CliError {
    let near = || nearest(name, &mut rows_of(command).iter().flat_map(Row::names));
    let advice = match features::HINTS.is_built.then(near).flatten() {
        Some(near) => format!("did you mean `{near}`?"),
        None if command == Command::Run => String::from("see `wasmote --help`"),
        None => format!("see `wasmote {} --help`", command.word()),
    };
    CliError::usage(format!("unknown option `{name}`: {advice}"))
}

/// Returns the error for a command that does not exist, with the command that may be meant.
#[cold]
#[inline(never)]
pub fn unknown_command(word: &str) -> CliError {
    let advice = match nearest_command(word) {
        Some(near) => format!("did you mean `{near}`?"),
        None => String::from("see `wasmote --help`"),
    };
    CliError::usage(format!("unknown command `{word}`: {advice}"))
}

/// Returns the word for a command that may be meant.
pub fn nearest_command(word: &str) -> Option<&'static str> {
    let near = || nearest(word, &mut Command::all().into_iter().flat_map(Command::words));
    features::HINTS.is_built.then(near).flatten()
}

/// Says which commands have the options in these rows.
fn only_of(rows: &[Row]) -> String {
    let bits = rows.iter().fold(0, |all, row| all | row.commands);
    let mut commands = Command::all();
    commands.retain(|command| command.bit() & bits != 0);
    let mut text = String::from("is an option of `wasmote ");
    for (i, command) in commands.iter().enumerate() {
        text += match i {
            0 => "",
            _ if i + 1 == commands.len() => " and `",
            _ => ", `",
        };
        text += command.word();
        text.push('`');
    }
    text + " only"
}
