//! The C API for microcontrollers: `include/wasmote-firmware.h`, over execution in place. It needs no allocator and no C
//! library, and has no static data that changes. The header documents each function; here is what C cannot see.
//!
//! Read in this order:
//!
//! 1. `status`: what functions return, and where the error is;
//! 2. `range`: checks of pointers and lengths that come from C;
//! 3. `import`: the table of host functions, with their types as text;
//! 4. `instance`: what a `wm_instance` is, who uses it, and in which state;
//! 5. `api`: the functions;
//! 6. `message`: errors as text.
//!
//! Programs in Rust use `wasmote_exec::in_place` instead.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]

// On hosts, a static library takes the panic handler from the standard library, as tests need it. For programs
// in C, `cargo rustc ... -- --cfg freestanding` gives it that of microcontrollers.
#[cfg(not(any(target_os = "none", freestanding)))]
extern crate std;

mod api;
mod import;
mod instance;
mod message;
mod range;
mod status;

pub use api::*;
pub use import::{HostFn, Import};
pub use instance::Instance;
pub use message::wm_message;
pub use status::{Error, Status, TrapInfo};

/// Stops the processor: nothing here panics unless it has an error.
#[cfg(any(target_os = "none", freestanding))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
