//! What is done with a module in every engine: all exports are called, and the state is read after each call.

use std::fmt::Write;

/// An argument of a call, the same in each engine.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A number of the parameter's type: see [`numbers`].
    Number,
    /// A null reference.
    Null,
    /// An `i31` reference.
    I31,
    /// A reference to the host value [`HOST`].
    Host,
    /// A reference that an earlier call returned, by its number.
    Earlier(usize),
}

/// The argument for each number type.
pub mod numbers {
    pub const I32: i32 = 7;
    pub const I64: i64 = -0x7fff_ffff_0000_0005;
    pub const F32: f32 = 1.5;
    pub const F64: f64 = -2.25;
    pub const V128: u128 = 0x0102_0304_7fff_8000_ffff_fffe_4049_0fdb;
    /// The value of an `i31`.
    pub const I31: i32 = -1000;
}

/// The host value to which wasm is given references.
pub const HOST: u32 = 4711;

/// A call of an export.
#[derive(Clone, Debug)]
pub struct Call {
    pub function: String,
    pub arguments: Vec<Argument>,
}

/// How a call or an instantiation ended other than by returning.
#[derive(Debug)]
pub enum Ending {
    /// A trap, by its name below, or an exception with its values.
    Trap(String),
    /// A limit was reached that differs between engines. The comparison stops here, since engines did different amounts
    /// of work.
    Limit,
}

/// Names of traps. Traps of memories and tables that engines classify differently share a name.
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

/// An engine with a module. All instances are in one store.
pub trait World {
    /// Makes an instance, which all other methods then use.
    fn instantiate(&mut self) -> Result<(), Ending>;

    /// Returns the exported functions, ordered by name.
    fn functions(&mut self) -> Vec<String>;

    /// Returns arguments for a function, if it can be called. Only the engine that chooses the calls is asked.
    fn arguments(&mut self, function: &str) -> Option<Vec<Argument>>;

    /// Calls a function. Returns its results as text, or an [`Ending`].
    fn call(&mut self, call: &Call) -> Result<String, Ending>;

    /// Returns the contents of exported memories, globals and tables as text, ordered by name.
    fn state(&mut self) -> String;
}

/// What a module did.
#[derive(Default)]
pub struct Play {
    /// The calls.
    pub calls: Vec<Call>,
    /// The result of each call with the state after it. The first one is of the instantiation.
    pub outcomes: Vec<String>,
    /// Whether it stopped at a limit, so that calls may be missing.
    pub cut: bool,
}

/// Performs the calls of `script`. Without a script, calls each function twice: the second time, there may be
/// references for arguments.
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
        // The module may have used up its fuel.
        !spent || self.begin(world)
    }

    /// Returns the first difference, as the texts of both.
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

/// How deeply objects are formatted, and how many elements of an array.
pub const DEPTH: u32 = 3;
pub const ELEMENTS: u32 = 16;

/// Formats a list.
pub fn list(parts: impl IntoIterator<Item = String>) -> String {
    let mut all = String::new();
    for part in parts {
        let comma = if all.is_empty() { "" } else { ", " };
        let _ = write!(all, "{comma}{part}");
    }
    all
}
