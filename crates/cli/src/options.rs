//! The command line. What stands before the file is ours, what follows is the guest's: so it is read from left to
//! right, and no further than that.

use alloc::format;
use alloc::vec::Vec;

use crate::failure::{Failure, shown};

macro_rules! commands {
    ($( $word:literal $name:ident $feature:literal; )*) => {
        /// What to do.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Command {
            Help,
            Version,
            Run,
            $( #[cfg(feature = $feature)] $name, )*
        }

        /// The command that a word names. Errors: this build lacks its feature.
        fn command(word: &[u8]) -> Result<Option<Command>, Failure> {
            if word == b"run" {
                return Ok(Some(Command::Run));
            }
            $( if word == $word.as_bytes() {
                #[cfg(feature = $feature)]
                return Ok(Some(Command::$name));
                #[cfg(not(feature = $feature))]
                return Err(without($word, $feature));
            } )*
            Ok(None)
        }

        #[cfg(any(feature = "compile", not(all($( feature = $feature, )* feature = "sockets"))))]
        pub fn without(command: &str, feature: &str) -> Failure {
            Failure::usage(format!("this wasmote has no `{command}`: it was built without the feature `{feature}`"))
        }
    };
}

// The word, and the feature that has it.
commands! {
    "validate" Validate "validate";
    "inspect" Inspect "inspect";
    "dump" Dump "dump";
    "compile" Compile "compile";
    "print" Print "print";
    "parse" Parse "wat";
    "wast" Wast "script";
}

/// A directory that the guest may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preopen {
    pub host: &'static str,
    pub guest: &'static str,
    pub read_only: bool,
}

/// The command line.
#[derive(Debug)]
pub struct Options {
    pub command: Command,
    pub dirs: Vec<Preopen>,
    pub env: Vec<(&'static str, &'static str)>,
    /// Addresses that the program may accept connections at, each as it was given, too.
    #[cfg(feature = "sockets")]
    pub tcp_listen: Vec<(&'static str, core::net::SocketAddr)>,
    /// The program gets our environment too.
    pub env_inherit: bool,
    /// Nanoseconds at which the program's clocks stand.
    pub clock: Option<u64>,
    /// What the program's random numbers come from.
    pub random_seed: Option<u64>,
    pub invoke: Option<&'static str>,
    pub eager: bool,
    pub stats: bool,
    /// How much fuel the guest gets.
    pub fuel: Option<u64>,
    /// Where an image, a text or a binary goes.
    #[cfg(any(feature = "compile", feature = "print", feature = "wat"))]
    pub out: Option<&'static [u8]>,
    /// What an image may contain.
    #[cfg(feature = "compile")]
    pub op_set: wasmote::OpSet,
    #[cfg(feature = "compile")]
    pub metered: bool,
    #[cfg(feature = "compile")]
    pub names: bool,
    /// A function by index or name.
    #[cfg(feature = "dump")]
    pub func: Option<&'static str>,
    pub file: &'static [u8],
    /// What stands behind the file.
    pub args: Vec<&'static [u8]>,
}

fn text(value: &'static [u8], option: &str) -> Result<&'static str, Failure> {
    core::str::from_utf8(value).map_err(|_| Failure::usage(format!("the value of `{option}` is not UTF-8")))
}

/// The number in an option's value.
fn number(option: &str, value: &str, digits: &str) -> Result<u64, Failure> {
    let wanted = if option == "--clock" { "fixed:NANOSECONDS" } else { "a number" };
    digits.parse().map_err(|_| Failure::usage(format!("`{option} {value}` should be {wanted}")))
}

impl Options {
    /// Reads the words behind the program's name.
    #[inline(never)]
    pub fn parse(words: Vec<&'static [u8]>) -> Result<Options, Failure> {
        let mut options = Options {
            command: Command::Run,
            dirs: Vec::new(),
            env: Vec::new(),
            #[cfg(feature = "sockets")]
            tcp_listen: Vec::new(),
            env_inherit: false,
            clock: None,
            random_seed: None,
            invoke: None,
            eager: false,
            stats: false,
            fuel: None,
            #[cfg(any(feature = "compile", feature = "print", feature = "wat"))]
            out: None,
            #[cfg(feature = "compile")]
            op_set: wasmote::CodeOptions::default().op_set,
            #[cfg(feature = "compile")]
            metered: false,
            #[cfg(feature = "compile")]
            names: false,
            #[cfg(feature = "dump")]
            func: None,
            file: &[],
            args: Vec::new(),
        };
        let mut words = words.into_iter().peekable();
        if let Some(named) = words.peek().map(|word| command(word)).transpose()?.flatten() {
            options.command = named;
            words.next();
        }
        loop {
            let Some(word) = words.next() else {
                if !options.file.is_empty() {
                    break;
                }
                return Err(Failure::usage("which file? See `wasmote --help`"));
            };
            if word == b"--" {
                options.file = words.next().ok_or_else(|| Failure::usage("no file after `--`"))?;
                break;
            }
            if word.first() != Some(&b'-') || word == b"-" {
                if !options.file.is_empty() {
                    let extra = shown(word);
                    return Err(Failure::usage(format!("`{extra}` is one too many: one file at a time")));
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
        let takes_args = match options.command {
            #[cfg(feature = "script")]
            Command::Wast => true,
            command => command == Command::Run,
        };
        if let (false, Some(extra)) = (takes_args, options.args.first()) {
            let extra = shown(extra);
            return Err(Failure::usage(format!("`{extra}` is one too many: options stand before the file")));
        }
        Ok(options)
    }

    /// Whether the command makes a file, which `-o` names.
    fn makes_file(&self) -> bool {
        match self.command {
            #[cfg(feature = "compile")]
            Command::Compile => true,
            #[cfg(feature = "print")]
            Command::Print => true,
            #[cfg(feature = "wat")]
            Command::Parse => true,
            _ => false,
        }
    }

    /// Sets one option; its value is given with `=` or is the next word.
    #[inline(never)]
    fn set(
        &mut self,
        name: &str,
        given: Option<&'static [u8]>,
        words: &mut dyn Iterator<Item = &'static [u8]>,
    ) -> Result<(), Failure> {
        let (of_run, of_compile, of_dump) = match name {
            "--dir" | "--dir-ro" | "--env" | "--env-inherit" | "--clock" | "--random-seed" => (true, false, false),
            #[cfg(feature = "sockets")]
            "--tcplisten" => (true, false, false),
            #[cfg(not(feature = "sockets"))]
            "--tcplisten" => return Err(without("--tcplisten", "sockets")),
            "--invoke" | "--eager" | "--stats" => (true, false, false),
            "--fuel" => (true, true, false),
            "-o" if self.makes_file() => (false, true, false),
            "-o" => return Err(Failure::usage("`-o` is an option of `wasmote compile`, `print` and `parse` only")),
            "--op-set" | "--names" => (false, true, false),
            "--func" => (false, false, true),
            _ => return Err(Failure::usage(format!("no option `{name}`, see `wasmote --help`"))),
        };
        let fits = match self.command {
            Command::Run => of_run,
            #[cfg(feature = "dump")]
            Command::Dump => of_dump,
            #[cfg(feature = "compile")]
            Command::Compile => of_compile,
            _ => name == "-o",
        };
        let _ = of_compile;
        if !fits {
            let command = if of_run {
                "run"
            } else if of_dump {
                "dump"
            } else {
                "compile"
            };
            return Err(Failure::usage(format!("`{name}` is an option of `wasmote {command}` only")));
        }
        let flag = match name {
            "--eager" => Some(&mut self.eager),
            "--stats" => Some(&mut self.stats),
            "--env-inherit" => Some(&mut self.env_inherit),
            #[cfg(feature = "compile")]
            "--names" => Some(&mut self.names),
            #[cfg(feature = "compile")]
            "--fuel" if self.command == Command::Compile => Some(&mut self.metered),
            _ => None,
        };
        if let Some(flag) = flag {
            if given.is_some() {
                return Err(Failure::usage(format!("`{name}` takes no value")));
            }
            *flag = true;
            return Ok(());
        }
        let missing = || Failure::usage(format!("`{name}` needs a value"));
        let value = given.or_else(|| words.next()).ok_or_else(missing)?;
        #[cfg(any(feature = "compile", feature = "print", feature = "wat"))]
        if name == "-o" {
            self.out = Some(value);
            return Ok(());
        }
        let value = text(value, name)?;
        match name {
            "--fuel" => self.fuel = Some(number(name, value, value)?),
            "--random-seed" => self.random_seed = Some(number(name, value, value)?),
            "--clock" => self.clock = Some(number(name, value, value.strip_prefix("fixed:").unwrap_or_default())?),
            #[cfg(feature = "compile")]
            "--op-set" => self.op_set = crate::compile::op_set(value)?,
            #[cfg(feature = "sockets")]
            "--tcplisten" => match wasmote_rt::parse_socket_address(value) {
                Some(address) => self.tcp_listen.push((value, address)),
                None => {
                    let message = format!("`--tcplisten {value}` should be an address and a port, as 127.0.0.1:8080");
                    return Err(Failure::usage(message));
                }
            },
            "--dir" | "--dir-ro" => {
                let (host, guest) = value.split_once("::").unwrap_or((value, value));
                self.dirs.push(Preopen { host, guest, read_only: name == "--dir-ro" });
            }
            "--env" => match value.split_once('=') {
                Some((name, value)) if !name.is_empty() => self.env.push((name, value)),
                _ => return Err(Failure::usage(format!("`--env {value}` should be NAME=VALUE"))),
            },
            "--invoke" => self.invoke = Some(value),
            #[cfg(feature = "dump")]
            "--func" => self.func = Some(value),
            // The command that takes it is not there.
            _ => {}
        }
        Ok(())
    }
}
