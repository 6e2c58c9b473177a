//! The board, as far as the guest's host needs one: a console and an end, both through semihosting. QEMU's is `virt`.

use core::mem::ManuallyDrop;
use core::panic::PanicInfo;

use semihosting::io::{self, Stdout, Write};
use semihosting::process;

/// Where output goes. Never closed: it is the debugger's own.
pub struct Console(Option<ManuallyDrop<Stdout>>);

impl Console {
    /// Opens the debugger's console; without one, output is lost.
    pub fn open() -> Console {
        Console(io::stdout().ok().map(ManuallyDrop::new))
    }

    /// Prints all of it.
    pub fn print(&mut self, text: &[u8]) {
        if let Some(stream) = &mut self.0 {
            let _ = stream.write_all(text);
        }
    }
}

/// Ends the run, well or not.
pub fn exit(ok: bool) -> ! {
    process::exit(i32::from(!ok))
}

/// Without the message, whose formatting would be as large as the rest of the board.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    Console::open().print(b"panic\n");
    exit(false)
}
