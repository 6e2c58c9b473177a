//! Guests in flash, what the firmware offers them, and memory for them.

use wasmote_exec::in_place::{Caller, Import, Instance, LoadError};
use wasmote_ir::{TrapCode, ValType};

use crate::board::Console;

/// Puts the image of a guest into flash, at an address that images must have.
#[macro_export]
macro_rules! image {
    ($name:literal) => {{
        #[repr(C, align(8))]
        struct Aligned<T: ?Sized>(T);
        static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("FIRMWARE_IMAGES"), "/", $name, ".wmi")));
        &IMAGE.0
    }};
}

/// Slots of 8 bytes for values and frames of a guest; enough for those here.
pub const STACK_SLOTS: usize = 256;

/// Bytes for an instance: a small memory, the value stack, and 512 bytes for its records.
const BUFFER_BYTES: usize = 10256 + STACK_SLOTS * 8 + 512;

/// Where instances live. `cargo xtask firmware` knows it by its name, as memory that is the guest's.
#[unsafe(no_mangle)]
static mut GUEST_BUFFER: [u64; BUFFER_BYTES / 8] = [0; BUFFER_BYTES / 8];

/// The memory for an instance.
///
/// # Safety
///
/// To be called once: there is one buffer.
pub unsafe fn buffer() -> &'static mut [u64] {
    // SAFETY: nothing else names the buffer, and the caller asks once.
    unsafe { &mut *(&raw mut GUEST_BUFFER) }
}

/// Instantiates an image.
#[cfg(feature = "verify")]
pub fn load<'a>(image: &'a [u8], buffer: &'a mut [u64]) -> Result<Instance<'a, Host>, LoadError> {
    Instance::new(image, &IMPORTS, buffer, STACK_SLOTS, Host::new())
}

/// Instantiates an image, which must be one of those in flash that `wasmote compile` made.
#[cfg(not(feature = "verify"))]
pub fn load<'a>(image: &'a [u8], buffer: &'a mut [u64]) -> Result<Instance<'a, Host>, LoadError> {
    // SAFETY: images are in flash as they were built into the firmware, and nothing here loads another.
    unsafe { Instance::new_trusted(image, &IMPORTS, buffer, STACK_SLOTS, Host::new()) }
}

/// Bytes of buffer that an image needs.
pub fn buffer_bytes(image: &[u8]) -> Result<usize, LoadError> {
    #[cfg(feature = "verify")]
    return wasmote_exec::in_place::buffer_bytes(image, STACK_SLOTS);
    // SAFETY: as `load`.
    #[cfg(not(feature = "verify"))]
    return unsafe { wasmote_exec::in_place::buffer_bytes_trusted(image, STACK_SLOTS) };
}

/// What the host's functions work on.
pub struct Host {
    /// Where the guest prints.
    pub console: Console,
    /// How often it has asked for the time.
    pub ticks: u64,
}

impl Host {
    pub fn new() -> Host {
        Host { console: Console::open(), ticks: 0 }
    }
}

/// The functions of the host.
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

/// `clock() -> ticks`: the emulated boards have no clock that would tell anything, so this counts how often it is asked.
fn clock(caller: &mut Caller<'_, Host>, args: &mut [u64]) -> Result<(), TrapCode> {
    let host = caller.data();
    host.ticks += 1;
    args[0] = host.ticks;
    Ok(())
}
