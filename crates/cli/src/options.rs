//! The command line. What stands before the file is ours, what follows is the guest's: so it is read from left to
//! right, and no further than that.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::failure::Failure;

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    Help,
    Version,
    Run,
    #[cfg(feature = "validate")]
    Validate,
    Inspect,
    Dump,
    #[cfg(feature = "script")]
    Wast,
}

/// A directory that the guest may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preopen {
    pub host: PathBuf,
    pub guest: String,
}

/// The command line.
#[derive(Debug)]
pub struct Options {
    pub command: Command,
    pub dirs: Vec<Preopen>,
    pub env: Vec<(String, String)>,
    pub invoke: Option<String>,
    pub eager: bool,
    pub stats: bool,
    /// A function by index or name.
    pub func: Option<String>,
    pub file: OsString,
    /// What stands behind the file.
    pub args: Vec<OsString>,
}

fn command(word: &OsStr) -> Result<Option<Command>, Failure> {
    Ok(Some(match word.to_str() {
        Some("run") => Command::Run,
        Some("inspect") => Command::Inspect,
        Some("dump") => Command::Dump,
        #[cfg(feature = "validate")]
        Some("validate") => Command::Validate,
        #[cfg(not(feature = "validate"))]
        Some("validate") => return Err(without("validate", "validate")),
        #[cfg(feature = "script")]
        Some("wast") => Command::Wast,
        #[cfg(not(feature = "script"))]
        Some("wast") => return Err(without("wast", "script")),
        _ => return Ok(None),
    }))
}

#[cfg(not(all(feature = "validate", feature = "script")))]
fn without(command: &str, feature: &str) -> Failure {
    Failure::usage(format!("this wasmote has no `{command}`: it was built without the feature `{feature}`"))
}

fn text(value: OsString, option: &str) -> Result<String, Failure> {
    value.into_string().map_err(|_| Failure::usage(format!("the value of `{option}` is not UTF-8")))
}

impl Options {
    /// Reads the words behind the program's name.
    pub fn parse(words: impl Iterator<Item = OsString>) -> Result<Options, Failure> {
        let mut options = Options {
            command: Command::Run,
            dirs: Vec::new(),
            env: Vec::new(),
            invoke: None,
            eager: false,
            stats: false,
            func: None,
            file: OsString::new(),
            args: Vec::new(),
        };
        let mut words = words.peekable();
        if let Some(named) = words.peek().map(|word| command(word)).transpose()?.flatten() {
            options.command = named;
            words.next();
        }
        loop {
            let Some(word) = words.next() else {
                return Err(Failure::usage("which file? See `wasmote --help`"));
            };
            let bytes = word.as_encoded_bytes();
            if bytes == b"--" {
                options.file = words.next().ok_or_else(|| Failure::usage("no file after `--`"))?;
                break;
            }
            if bytes.first() != Some(&b'-') || bytes == b"-" {
                options.file = word;
                break;
            }
            let word = text(word, "an option")?;
            let (name, given) = match word.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (&*word, None),
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
        if options.args.first().is_some_and(|word| word == "--") {
            options.args.remove(0);
        }
        let takes_args = match options.command {
            #[cfg(feature = "script")]
            Command::Wast => true,
            command => command == Command::Run,
        };
        if let (false, Some(extra)) = (takes_args, options.args.first()) {
            let extra = extra.display();
            return Err(Failure::usage(format!("`{extra}` is one too many: options stand before the file")));
        }
        Ok(options)
    }

    /// Sets one option; its value is given with `=` or is the next word.
    fn set(
        &mut self,
        name: &str,
        given: Option<OsString>,
        words: &mut dyn Iterator<Item = OsString>,
    ) -> Result<(), Failure> {
        let belongs_to = match name {
            "--dir" | "--env" | "--invoke" | "--eager" | "--stats" => Command::Run,
            "--func" => Command::Dump,
            _ => return Err(Failure::usage(format!("no option `{name}`, see `wasmote --help`"))),
        };
        if belongs_to != self.command {
            let command = if belongs_to == Command::Run { "run" } else { "dump" };
            return Err(Failure::usage(format!("`{name}` is an option of `wasmote {command}` only")));
        }
        if let "--eager" | "--stats" = name {
            if given.is_some() {
                return Err(Failure::usage(format!("`{name}` takes no value")));
            }
            *(if name == "--eager" { &mut self.eager } else { &mut self.stats }) = true;
            return Ok(());
        }
        let missing = || Failure::usage(format!("`{name}` needs a value"));
        let value = text(given.or_else(|| words.next()).ok_or_else(missing)?, name)?;
        match name {
            "--dir" => {
                let (host, guest) = value.split_once("::").unwrap_or((&value, &value));
                self.dirs.push(Preopen { host: host.into(), guest: guest.into() });
            }
            "--env" => match value.split_once('=') {
                Some((name, value)) if !name.is_empty() => self.env.push((name.into(), value.into())),
                _ => return Err(Failure::usage(format!("`--env {value}` should be NAME=VALUE"))),
            },
            "--invoke" => self.invoke = Some(value),
            _ => self.func = Some(value),
        }
        Ok(())
    }
}
