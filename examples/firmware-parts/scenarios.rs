//! The situations that firmware meets: a program that runs, one that traps, one that never ends, numbers of all types,
//! and malformed images. `cargo xtask firmware` compares the output.

use wasmote_exec::in_place::{CallError, Instance, LoadError};
use wasmote_ir::TrapCode;

use crate::board::Console;
use crate::parts::guest::{self, Host, load};
use crate::parts::report::Piece::{Hex, Number, Text};
use crate::parts::report::line;
use crate::parts::stack;

type Loaded<'a> = Result<Instance<'a, Host>, LoadError>;

/// Runs all scenarios. Returns false if one could not be started.
pub fn run() -> bool {
    let painted = stack::paint();
    // SAFETY: this is the only call.
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

/// Instantiates an image. Prints an error.
fn loaded<'a>(console: &mut Console, image: &'a [u8], buffer: &'a mut [u64]) -> Option<Instance<'a, Host>> {
    match load(image, buffer) {
        Ok(instance) => Some(instance),
        Err(error) => {
            line(console, &[Text("not loaded: "), Text(error.message())]);
            None
        }
    }
}

/// Prints the outcome of a call that is not expected to return a value.
fn outcome(console: &mut Console, what: &str, outcome: Result<(), CallError>) {
    let how = match &outcome {
        Ok(()) => "returned",
        Err(error) => error.message(),
    };
    line(console, &[Text(what), Text(": "), Text(how)]);
}

/// CoreMark prints its CRCs, and returns how many are wrong.
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

/// After a trap the instance still works, also after a call of an export that it lacks.
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

/// An endless loop is stopped, resumed and dropped. Another one is finished with fuel in portions.
fn fuel(console: &mut Console, buffer: &mut [u64]) -> Option<()> {
    let mut instance = loaded(console, crate::image!("endless"), buffer)?;
    let mut rounds = [0; 2];
    instance.set_fuel(1000).ok()?;
    let ended = instance.call("run", &[], &mut []);
    outcome(console, "run", ended);
    instance.set_fuel(1000).ok()?;
    let ended = instance.resume(&mut []);
    outcome(console, "resumed", ended);
    for rounds in &mut rounds {
        instance.set_fuel(1000).ok()?;
        let ended = instance.call("rounds", &[], core::slice::from_mut(rounds));
        outcome(console, "rounds", ended);
        // Another call drops the stopped one.
        let ended = instance.resume(&mut []);
        outcome(console, "resume", ended);
        let ended = instance.call("run", &[], &mut []);
        outcome(console, "run", ended);
    }
    line(console, &[Text(if rounds[1] > rounds[0] && rounds[0] > 100 { "rounds: more" } else { "rounds: WRONG" })]);

    let (mut sum, mut stops) = ([0], 0);
    instance.set_fuel(500).ok()?;
    let mut ended = instance.call("sum", &[1000], &mut sum);
    while let Err(CallError::Trap(TrapCode::OutOfFuel)) = ended {
        stops += 1;
        instance.set_fuel(500).ok()?;
        ended = instance.resume(&mut sum);
    }
    outcome(console, "sum", ended);
    line(console, &[Text("result: "), Number(sum[0])]);
    line(console, &[Text(if stops > 2 { "stopped on the way" } else { "NOT stopped" })]);
    Some(())
}

/// Checksums of integers and floats of all sizes, which must equal the host's. Builds without floats refuse the image.
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

/// The number of rounds, which the host uses, too.
const ROUNDS: u64 = 300;

/// Images that must be refused, and a buffer that is too small.
fn refusals(console: &mut Console, buffer: &mut [u64]) {
    // A build without verification relies on valid images.
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
