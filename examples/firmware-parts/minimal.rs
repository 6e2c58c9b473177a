//! The least that firmware with a guest has: an image in flash, two functions for it, one call. Its size is the one stated.

use crate::board::Console;
use crate::parts::guest::{self, STACK_SLOTS};
use crate::parts::report::{Piece, line};
use crate::parts::stack;

/// Runs CoreMark; whether it was right.
pub fn run() -> bool {
    let painted = stack::paint();
    let mut console = Console::open();
    let ok = coremark(&mut console);
    line(&mut console, &[Piece::Text("# stack "), Piece::Number(painted.used() as u64)]);
    ok
}

fn coremark(console: &mut Console) -> bool {
    let image = crate::image!("coremark");
    // SAFETY: the only call.
    let buffer = unsafe { guest::buffer() };
    // Why it can't be loaded would be known here, too; but words take room.
    let Ok(mut instance) = guest::load(image, buffer) else { return false };
    // What the engine needs of RAM beyond the guest's memory and value stack.
    let records = guest::buffer_bytes(image).map_or(0, |bytes| bytes - instance.memory().len() - STACK_SLOTS * 8);
    line(console, &[Piece::Text("# records "), Piece::Number(records as u64)]);
    let mut wrong = [1];
    instance.call("run", &[2], &mut wrong).is_ok() && wrong == [0]
}
