//! The table of host functions. It is `const` in C and lies in flash. An image names what it imports, and the table is
//! searched once, by `wm_init`: the order of a guest's imports is its compiler's choice, so indices would break when the
//! guest is compiled again.

use core::ffi::{CStr, c_char};

use wasmote_exec::in_place::{Caller, HostFunction};
use wasmote_exec::{TrapCode, ValType};

use crate::instance::{Host, Instance};

/// A host function: `wm_host_func`. Returns 0, or the code of a trap.
pub type HostFn = unsafe extern "C" fn(instance: *mut Instance, slots: *mut u64) -> u32;

/// A host function that images can import: `wm_import`.
#[repr(C)]
pub struct Import {
    /// The name of its module.
    pub module: *const c_char,
    /// Its name in the module.
    pub name: *const c_char,
    /// Its type, as `(iI)f`.
    pub signature: *const c_char,
    /// The function.
    pub func: Option<HostFn>,
}

// SAFETY: nothing writes to an entry or to its text, says the header.
unsafe impl Sync for Import {}

impl Import {
    /// Returns whether all pointers are there and the type is well-formed.
    pub(crate) fn is_well_formed(&self) -> bool {
        if self.module.is_null() || self.name.is_null() || self.signature.is_null() || self.func.is_none() {
            return false;
        }
        let Some((params, results)) = split(text(&self.signature)) else { return false };
        params.iter().chain(results).all(|&letter| val_type(letter).is_some())
    }
}

/// Returns the bytes of a text.
fn text(start: &*const c_char) -> &[u8] {
    // SAFETY: `wm_init` checked that it is not null. The header demands that it ends with a zero and stays as it is.
    unsafe { CStr::from_ptr(*start) }.to_bytes()
}

/// Splits a signature into parameters and results.
fn split(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = signature.strip_prefix(b"(")?;
    let at = rest.iter().position(|&letter| letter == b')')?;
    Some((rest.get(..at)?, rest.get(at + 1..)?))
}

fn val_type(letter: u8) -> Option<ValType> {
    Some(match letter {
        b'i' => ValType::I32,
        b'I' => ValType::I64,
        b'f' => ValType::F32,
        b'F' => ValType::F64,
        _ => return None,
    })
}

impl HostFunction<Host> for Import {
    fn is_named(&self, module: &[u8], name: &[u8]) -> bool {
        text(&self.module) == module && text(&self.name) == name
    }

    fn types(&self, results: bool) -> impl Iterator<Item = ValType> {
        let (params, result_types) = split(text(&self.signature)).unwrap_or_default();
        if results { result_types } else { params }.iter().filter_map(|&letter| val_type(letter))
    }

    fn call(&self, caller: &mut Caller<'_, Host>, args: &mut [u64]) -> Result<(), TrapCode> {
        let Some(func) = self.func else { return Err(TrapCode::Host) };
        let memory = caller.memory();
        let (start, len) = (memory.as_mut_ptr(), memory.len());
        let instance = caller.data().instance;
        // SAFETY: the instance runs, so its record is live, and `args` has the slots of the signature, which `wm_init`
        // compared with the image. The header demands that the function uses no more.
        let code = unsafe {
            Instance::enter_host(instance, start, len);
            let code = func(instance, args.as_mut_ptr());
            Instance::leave_host(instance);
            code
        };
        match code {
            0 => Ok(()),
            code => Err(trap(code)),
        }
    }
}

/// Returns the trap with this number. Unknown ones are errors of the host.
fn trap(code: u32) -> TrapCode {
    let index = code.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    index.and_then(|index| TrapCode::ALL.get(index).copied()).unwrap_or(TrapCode::Host)
}
