//! What the host needs of the board: a console and an exit, both through semihosting. QEMU's board is `virt`.

use core::mem::ManuallyDrop;
use core::panic::PanicInfo;

use semihosting::io::{self, Stdout, Write};
use semihosting::process;

/// The console. It is never closed, since it belongs to the debugger.
pub struct Console(Option<ManuallyDrop<Stdout>>);

impl Console {
    /// Opens the debugger's console. Without one, output is lost.
    pub fn open() -> Console {
        Console(io::stdout().ok().map(ManuallyDrop::new))
    }

    /// Prints text.
    pub fn print(&mut self, text: &[u8]) {
        if let Some(stream) = &mut self.0 {
            let _ = stream.write_all(text);
        }
    }
}

/// Ends the run with success or failure.
pub fn exit(ok: bool) -> ! {
    process::exit(i32::from(!ok))
}

/// Prints no message: formatting it would be as large as the rest of the board.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    Console::open().print(b"panic\n");
    exit(false)
}
