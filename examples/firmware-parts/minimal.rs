//! The least that firmware with a guest needs: an image in flash, two host functions, one call. docs/size.md states its
//! size.

use crate::board::Console;
use crate::parts::guest::{self, STACK_SLOTS};
use crate::parts::report::{Piece, line};
use crate::parts::stack;

/// Runs CoreMark. Returns whether its results were right.
pub fn run() -> bool {
    let painted = stack::paint();
    let mut console = Console::open();
    let ok = coremark(&mut console);
    line(&mut console, &[Piece::Text("# stack "), Piece::Number(painted.used() as u64)]);
    ok
}

fn coremark(console: &mut Console) -> bool {
    let image = crate::image!("coremark");
    // SAFETY: this is the only call.
    let buffer = unsafe { guest::buffer() };
    // The error says why the image is refused, but printing it takes space.
    let Ok(mut instance) = guest::load(image, buffer) else { return false };
    // The RAM that the engine needs beyond the guest's memory and value stack.
    let records = guest::buffer_bytes(image).map_or(0, |bytes| bytes - instance.memory().len() - STACK_SLOTS * 8);
    line(console, &[Piece::Text("# records "), Piece::Number(records as u64)]);
    let mut wrong = [1];
    instance.call("run", &[2], &mut wrong).is_ok() && wrong == [0]
}
