//! The board, as far as the guest's host needs one: a console and an end, both through semihosting. QEMU's are
//! `mps2-an386` and `microbit`.

use core::panic::PanicInfo;

use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hio::{self, HostStream};

unsafe extern "C" {
    fn DefaultHandler();
}

/// The vectors of the interrupts that this device has, as a device's crate would give them; without, there would be 240.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); 32] = [DefaultHandler; 32];

/// Where output goes.
pub struct Console(Option<HostStream>);

impl Console {
    /// Opens the debugger's console; without one, output is lost.
    pub fn open() -> Console {
        Console(hio::hstdout().ok())
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
    debug::exit(if ok { EXIT_SUCCESS } else { EXIT_FAILURE });
    // The debugger may have it go on.
    loop {
        core::hint::spin_loop();
    }
}

/// Without the message, whose formatting would be as large as the rest of the board.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    Console::open().print(b"panic\n");
    exit(false)
}
