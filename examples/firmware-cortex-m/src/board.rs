//! What the host needs of the board: a console and an exit, both through semihosting. QEMU's boards are `mps2-an386`
//! and `microbit`.

use core::panic::PanicInfo;

use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hio::{self, HostStream};

unsafe extern "C" {
    fn DefaultHandler();
}

/// The interrupt vectors that the device has, which usually a device crate provides. Without them the table would have
/// 240.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); 32] = [DefaultHandler; 32];

/// The console.
pub struct Console(Option<HostStream>);

impl Console {
    /// Opens the debugger's console. Without one, output is lost.
    pub fn open() -> Console {
        Console(hio::hstdout().ok())
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
    debug::exit(if ok { EXIT_SUCCESS } else { EXIT_FAILURE });
    // The debugger may continue the program.
    loop {
        core::hint::spin_loop();
    }
}

/// Prints no message: formatting it would be as large as the rest of the board.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    Console::open().print(b"panic\n");
    exit(false)
}
