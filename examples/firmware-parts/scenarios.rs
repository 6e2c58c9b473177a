//! What firmware meets: a program that runs, one that traps, one that does not end, numbers of all types, and images that
//! are not what they should be. `cargo xtask firmware` knows what must be printed.

use wasmote_exec::in_place::{CallError, Instance, LoadError};
use wasmote_ir::TrapCode;

use crate::board::Console;
use crate::parts::guest::{self, Host, load};
use crate::parts::report::Piece::{Hex, Number, Text};
use crate::parts::report::line;
use crate::parts::stack;

type Loaded<'a> = Result<Instance<'a, Host>, LoadError>;

/// Runs all of them; false if one could not even begin.
pub fn run() -> bool {
    let painted = stack::paint();
    // SAFETY: the only call.
    let buffer = unsafe { guest::buffer() };
    let console = &mut Console::open();
    let mut ok = coremark(console, buffer).is_some();
    ok &= traps(console, buffer).is_some();
    ok &= fuel(console, buffer).is_some();
    ok &= numbers(console, buffer).is_some();
    refusals(console, buffer);
    line(console, &[Text("# stack "), Number(painted.used() as u64)]);
    ok
}

/// The instance, or nothing after saying why.
fn loaded<'a>(console: &mut Console, image: &'a [u8], buffer: &'a mut [u64]) -> Option<Instance<'a, Host>> {
    match load(image, buffer) {
        Ok(instance) => Some(instance),
        Err(error) => {
            line(console, &[Text("not loaded: "), Text(error.message())]);
            None
        }
    }
}

/// Says how a call went that is not to return a value.
fn outcome(console: &mut Console, what: &str, outcome: Result<(), CallError>) {
    let how = match &outcome {
        Ok(()) => "returned",
        Err(error) => error.message(),
    };
    line(console, &[Text(what), Text(": "), Text(how)]);
}

/// CoreMark prints its own CRCs, and returns how many are wrong.
fn coremark(console: &mut Console, buffer: &mut [u64]) -> Option<()> {
    let mut instance = loaded(console, crate::image!("coremark"), buffer)?;
    let mut wrong = [u64::MAX];
    let ended = instance.call("run", &[ITERATIONS], &mut wrong);
    outcome(console, "coremark", ended);
    line(console, &[Text("wrong CRCs: "), Number(wrong[0])]);
    Some(())
}

/// Iterations of CoreMark: the final CRC of ten is known.
const ITERATIONS: u64 = 10;

/// After a trap the instance still answers; so it does when asked for what it does not have.
fn traps(console: &mut Console, buffer: &mut [u64]) -> Option<()> {
    let mut instance = loaded(console, crate::image!("trap"), buffer)?;
    let mut result = [0];
    for divisor in [5, 0, 4] {
        let ended = instance.call("run", &[divisor], &mut result);
        outcome(console, "run", ended);
        line(console, &[Text("result: "), Number(result[0])]);
    }
    for export in ["outside", "unreachable", "nothing"] {
        let ended = instance.call(export, &[], &mut result[..usize::from(export == "outside")]);
        outcome(console, export, ended);
    }
    let ended = instance.call("run", &[], &mut result);
    outcome(console, "run without its argument", ended);
    let ended = instance.resume(&mut result);
    outcome(console, "resume", ended);
    Some(())
}

/// A loop without an end is stopped, goes on where it was, and is given up; another gets to its end with fuel in portions.
fn fuel(console: &mut Console, buffer: &mut [u64]) -> Option<()> {
    let mut instance = loaded(console, crate::image!("endless"), buffer)?;
    let mut rounds = [0; 2];
    instance.set_fuel(1000);
    let ended = instance.call("run", &[], &mut []);
    outcome(console, "run", ended);
    instance.set_fuel(1000);
    let ended = instance.resume(&mut []);
    outcome(console, "resumed", ended);
    for rounds in &mut rounds {
        instance.set_fuel(1000);
        let ended = instance.call("rounds", &[], core::slice::from_mut(rounds));
        outcome(console, "rounds", ended);
        // Another call gives up the one that was stopped.
        let ended = instance.resume(&mut []);
        outcome(console, "resume", ended);
        let ended = instance.call("run", &[], &mut []);
        outcome(console, "run", ended);
    }
    line(console, &[Text(if rounds[1] > rounds[0] && rounds[0] > 100 { "rounds: more" } else { "rounds: WRONG" })]);

    let (mut sum, mut stops) = ([0], 0);
    instance.set_fuel(500);
    let mut ended = instance.call("sum", &[1000], &mut sum);
    while let Err(CallError::Trap(TrapCode::OutOfFuel)) = ended {
        stops += 1;
        instance.set_fuel(500);
        ended = instance.resume(&mut sum);
    }
    outcome(console, "sum", ended);
    line(console, &[Text("result: "), Number(sum[0])]);
    line(console, &[Text(if stops > 2 { "stopped on the way" } else { "NOT stopped" })]);
    Some(())
}

/// Checksums of what integers and floats of all sizes do; the host's must be the same. Without floats, they are refused.
fn numbers(console: &mut Console, buffer: &mut [u64]) -> Option<()> {
    checksums(console, crate::image!("integers"), &["integers"], buffer)?;
    let floats = crate::image!("numbers");
    if cfg!(feature = "float") {
        return checksums(console, floats, &["doubles", "singles"], buffer);
    }
    refusal(console, "floats", load(floats, buffer));
    Some(())
}

fn checksums(console: &mut Console, image: &[u8], exports: &[&str], buffer: &mut [u64]) -> Option<()> {
    let mut instance = loaded(console, image, buffer)?;
    for &export in exports {
        let mut sum = [0];
        let ended = instance.call(export, &[ROUNDS], &mut sum);
        outcome(console, export, ended);
        line(console, &[Text("sum: "), Hex(sum[0])]);
    }
    Some(())
}

/// Rounds of the numbers, as the host runs them too.
const ROUNDS: u64 = 300;

/// Images that must be refused, and a buffer that is too small.
fn refusals(console: &mut Console, buffer: &mut [u64]) {
    // Who does not verify promises that there are none such.
    #[cfg(feature = "verify")]
    for (what, image) in [
        ("damaged", crate::image!("damaged")),
        ("hostile", crate::image!("hostile")),
        ("cut off", crate::image!("cut-off")),
        ("no image", b"\0asm\x01\0\0\0".as_slice()),
    ] {
        refusal(console, what, load(image, buffer));
    }
    refusal(console, "imports what is not there", load(crate::image!("stranger"), buffer));
    refusal(console, "small buffer", load(crate::image!("coremark"), &mut buffer[..100]));
}

fn refusal(console: &mut Console, what: &str, outcome: Loaded<'_>) {
    let how = match &outcome {
        Ok(_) => "LOADED",
        Err(error) => error.message(),
    };
    line(console, &[Text(what), Text(": "), Text(how)]);
}
