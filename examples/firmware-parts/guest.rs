//! Guests in flash, the host functions that the firmware offers, and memory for instances.

use wasmote_exec::in_place::{Caller, Import, Instance, LoadError};
use wasmote_ir::{TrapCode, ValType};

use crate::board::Console;

/// Puts the image of a guest into flash, aligned as images must be.
#[macro_export]
macro_rules! image {
    ($name:literal) => {{
        #[repr(C, align(8))]
        struct Aligned<T: ?Sized>(T);
        static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("FIRMWARE_IMAGES"), "/", $name, ".wmi")));
        &IMAGE.0
    }};
}

/// Slots of 8 bytes for a guest's values and frames: enough for these guests.
pub const STACK_SLOTS: usize = 256;

/// Bytes of an instance: a small memory, the value stack, and 512 bytes of records.
const BUFFER_BYTES: usize = 10256 + STACK_SLOTS * 8 + 512;

/// The memory of instances. `cargo xtask firmware` subtracts it by this name.
#[unsafe(no_mangle)]
static mut GUEST_BUFFER: [u64; BUFFER_BYTES / 8] = [0; BUFFER_BYTES / 8];

/// Returns the memory of instances.
///
/// # Safety
///
/// Must be called once only: there is one buffer.
pub unsafe fn buffer() -> &'static mut [u64] {
    // SAFETY: nothing else refers to the buffer, and the caller calls this once only.
    unsafe { &mut *(&raw mut GUEST_BUFFER) }
}

/// Instantiates an image.
#[cfg(feature = "verify")]
pub fn load<'a>(image: &'a [u8], buffer: &'a mut [u64]) -> Result<Instance<'a, Host>, LoadError> {
    Instance::new(image, &IMPORTS, buffer, STACK_SLOTS, Host::new())
}

/// Instantiates an image. It must be one of those in flash, which `wasmote compile` made.
#[cfg(not(feature = "verify"))]
pub fn load<'a>(image: &'a [u8], buffer: &'a mut [u64]) -> Result<Instance<'a, Host>, LoadError> {
    // SAFETY: `wasmote compile` made the images that are built into the firmware, and nothing else is loaded.
    unsafe { Instance::new_unchecked(image, &IMPORTS, buffer, STACK_SLOTS, Host::new()) }
}

/// Returns the bytes of buffer that an image needs.
pub fn buffer_bytes(image: &[u8]) -> Result<usize, LoadError> {
    #[cfg(feature = "verify")]
    return wasmote_exec::in_place::buffer_bytes(image, STACK_SLOTS);
    // SAFETY: as in `load`.
    #[cfg(not(feature = "verify"))]
    return unsafe { wasmote_exec::in_place::buffer_bytes_unchecked(image, STACK_SLOTS) };
}

/// The state of the host functions.
pub struct Host {
    /// Where the guest prints.
    pub console: Console,
    /// How often the guest has asked for the time.
    pub ticks: u64,
}

impl Host {
    pub fn new() -> Host {
        Host { console: Console::open(), ticks: 0 }
    }
}

/// The host functions.
pub static IMPORTS: [Import<Host>; 2] = [
    Import { module: "host", name: "print", params: &[ValType::I32, ValType::I32], results: &[], func: print },
    Import { module: "host", name: "clock", params: &[], results: &[ValType::I64], func: clock },
];

/// `print(text, length)`
fn print(caller: &mut Caller<'_, Host>, args: &mut [u64]) -> Result<(), TrapCode> {
    let (start, length) = (args[0] as usize, args[1] as usize);
    let (memory, host) = caller.memory_and_data();
    let text = start.checked_add(length).and_then(|end| memory.get(start..end));
    host.console.print(text.ok_or(TrapCode::MemoryOutOfBounds)?);
    Ok(())
}

/// `clock() -> ticks`: counts its calls, since the emulated boards have no meaningful clock.
fn clock(caller: &mut Caller<'_, Host>, args: &mut [u64]) -> Result<(), TrapCode> {
    let host = caller.data();
    host.ticks += 1;
    args[0] = host.ticks;
    Ok(())
}
