//! What is done with a module, whichever engine runs it: everything exported is called, and looked at after each call.

use std::fmt::Write;

/// An argument of a call, the same in each engine.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A number of the parameter's type: see [`numbers`].
    Number,
    /// A null reference.
    Null,
    /// A reference to a small integer.
    I31,
    /// A reference to a value of the host, [`HOST`].
    Host,
    /// A reference that an earlier call returned, by its number among those.
    Earlier(usize),
}

/// The arguments of each numeric type.
pub mod numbers {
    pub const I32: i32 = 7;
    pub const I64: i64 = -0x7fff_ffff_0000_0005;
    pub const F32: f32 = 1.5;
    pub const F64: f64 = -2.25;
    pub const V128: u128 = 0x0102_0304_7fff_8000_ffff_fffe_4049_0fdb;
    /// As an `i31`.
    pub const I31: i32 = -1000;
}

/// The value of the host that wasm is given references to.
pub const HOST: u32 = 4711;

/// A call of something exported.
#[derive(Clone, Debug)]
pub struct Call {
    pub function: String,
    pub arguments: Vec<Argument>,
}

/// How a call, or an instantiation, ended if it did not return.
#[derive(Debug)]
pub enum Ending {
    /// A trap, by its name below, or an exception, with what it carries.
    Trap(String),
    /// Something was used up that engines have different amounts of: what was done before stays, so that no comparison goes on.
    Limit,
}

/// Names of traps. Those of memories and tables that engines tell apart differently are one.
pub mod traps {
    pub const UNREACHABLE: &str = "unreachable";
    pub const MEMORY: &str = "out of bounds in a memory";
    pub const TABLE: &str = "out of bounds in a table";
    pub const NULL_FUNCTION: &str = "call of a null element";
    pub const SIGNATURE: &str = "call with another type";
    pub const OVERFLOW: &str = "integer overflow";
    pub const DIVISION: &str = "division by zero";
    pub const CONVERSION: &str = "conversion of NaN";
    pub const NULL: &str = "null reference";
    pub const ARRAY: &str = "out of bounds in an array";
    pub const CAST: &str = "cast";
    /// All but the first.
    pub const OTHERS: &[&str] =
        &[MEMORY, TABLE, NULL_FUNCTION, SIGNATURE, OVERFLOW, DIVISION, CONVERSION, NULL, ARRAY, CAST];
}

/// An engine with a module. All its instances are in one store.
pub trait World {
    /// Makes an instance, which all the rest is about from then on.
    fn instantiate(&mut self) -> Result<(), Ending>;

    /// The functions exported, in the order of names.
    fn functions(&mut self) -> Vec<String>;

    /// Arguments that a function may be called with, if there are any. Only what decides which calls there are is asked.
    fn arguments(&mut self, function: &str) -> Option<Vec<Argument>>;

    /// Calls a function; returns its results in words, as [`Ending::Trap`] does an exception.
    fn call(&mut self, call: &Call) -> Result<String, Ending>;

    /// What is in memories, globals and tables that are exported, in words, the order that of names.
    fn state(&mut self) -> String;
}

/// What a module did.
#[derive(Default)]
pub struct Play {
    /// The calls.
    pub calls: Vec<Call>,
    /// What each gave, and what was everywhere afterwards; the first is about the instance.
    pub outcomes: Vec<String>,
    /// Whether it stopped at a limit, so that there are fewer than there might be.
    pub cut: bool,
}

/// Calls what `script` says, or, without one, each function twice, the second time when there may be references to give to it.
pub fn play(world: &mut dyn World, script: Option<&[Call]>) -> Play {
    let mut play = Play::default();
    if !play.begin(world) {
        return play;
    }
    match script {
        Some(calls) => {
            for call in calls {
                if !play.go_on(world, call.clone()) {
                    break;
                }
            }
        }
        None => {
            let functions = world.functions();
            for function in functions.iter().chain(&functions) {
                let Some(arguments) = world.arguments(function) else { continue };
                if !play.go_on(world, Call { function: function.clone(), arguments }) {
                    break;
                }
            }
        }
    }
    play
}

impl Play {
    fn begin(&mut self, world: &mut dyn World) -> bool {
        match world.instantiate() {
            Ok(()) => {
                self.outcomes.push(format!("instance{}", world.state()));
                true
            }
            Err(Ending::Trap(trap)) => {
                self.outcomes.push(format!("no instance: {trap}"));
                false
            }
            Err(Ending::Limit) => {
                self.cut = true;
                false
            }
        }
    }

    fn go_on(&mut self, world: &mut dyn World, call: Call) -> bool {
        let (outcome, spent) = match world.call(&call) {
            Ok(results) => (results, false),
            Err(Ending::Trap(trap)) => {
                let spent = trap == traps::UNREACHABLE;
                (trap, spent)
            }
            Err(Ending::Limit) => {
                self.cut = true;
                return false;
            }
        };
        self.outcomes.push(format!("{}: {outcome}{}", call.function, world.state()));
        self.calls.push(call);
        // The module may have used up the fuel that it counts.
        !spent || self.begin(world)
    }

    /// Where the two differ, and how, in the order of the arguments.
    pub fn difference(&self, other: &Play) -> Option<(String, String)> {
        let most = if self.cut || other.cut {
            self.outcomes.len().min(other.outcomes.len())
        } else {
            self.outcomes.len().max(other.outcomes.len())
        };
        let at = (0..most).find(|&at| self.outcomes.get(at) != other.outcomes.get(at))?;
        let shown = |play: &Play| play.outcomes.get(at).map_or("nothing", String::as_str).to_string();
        Some((shown(self), shown(other)))
    }
}

/// FNV-1a.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// How deep objects are looked into, and how many of an array's elements are shown.
pub const DEPTH: u32 = 3;
pub const ELEMENTS: u32 = 16;

/// A list in words.
pub fn list(parts: impl IntoIterator<Item = String>) -> String {
    let mut all = String::new();
    for part in parts {
        let comma = if all.is_empty() { "" } else { ", " };
        let _ = write!(all, "{comma}{part}");
    }
    all
}
