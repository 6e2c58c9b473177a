//! Random bytes.

use alloc::boxed::Box;

use crate::call::Call;
use crate::errno::Errno;

/// Where random bytes come from: fills the slice.
pub type Random = Box<dyn FnMut(&mut [u8]) -> Result<(), Errno> + Send>;

/// The system's generator.
#[cfg(target_os = "linux")]
pub(crate) fn system(buffer: &mut [u8]) -> Result<(), Errno> {
    let mut filled = 0;
    while filled < buffer.len() {
        filled += rustix::io::retry_on_intr(|| {
            rustix::rand::getrandom(&mut buffer[filled..], rustix::rand::GetRandomFlags::empty())
        })?;
    }
    Ok(())
}

/// The system's generator.
#[cfg(not(target_os = "linux"))]
pub(crate) fn system(buffer: &mut [u8]) -> Result<(), Errno> {
    Ok(std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, buffer)?)
}

pub(crate) fn random_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let (at, len) = (call.u32(0), call.u32(1));
    // In pieces, so that a source of the embedder's never sees a length that a guest chose.
    for piece in call.memory.slice_mut(at, len)?.chunks_mut(4096) {
        (call.cx.random)(piece)?;
    }
    Ok(())
}
