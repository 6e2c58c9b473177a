//! Errors as text. A program that never asks for it does not contain it.

use core::ffi::c_char;

use wasmote_exec::TrapCode;
use wasmote_ir::image::ImageErrorKind;

use crate::status::{Status, reason};

/// Writes what a status and its reason mean, as the header says.
///
/// # Safety
/// `text` has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_message(status: i32, why: u32, text: *mut c_char, size: usize) -> usize {
    let message = message(status, why);
    if !text.is_null() && size > 0 {
        let len = message.len().min(size - 1);
        // SAFETY: the caller guarantees `size` bytes, and `len` is less.
        unsafe {
            text.copy_from_nonoverlapping(message.as_ptr().cast(), len);
            text.add(len).write(0);
        }
    }
    message.len()
}

fn message(status: i32, why: u32) -> &'static str {
    let of_status = Status::ALL.iter().copied().find(|&of| of as i32 == status);
    let known = match of_status {
        Some(Status::Trapped) => TrapCode::ALL.iter().find(|&&code| code as u32 == why).map(|code| code.message()),
        Some(Status::BadImage) => {
            ImageErrorKind::ALL.iter().find(|&&kind| reason(kind) == why).map(|kind| kind.message())
        }
        _ => None,
    };
    known.or(of_status.map(Status::message)).unwrap_or("unknown status")
}
