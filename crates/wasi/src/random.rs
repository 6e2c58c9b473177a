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

/// A generator for runs that can be repeated: the same seed gives the same bytes. They are no secret to anybody.
pub fn seeded(seed: u64) -> Random {
    // SplitMix64.
    let mut state = seed;
    Box::new(move |buffer| {
        for piece in buffer.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            piece.copy_from_slice(&mixed.to_le_bytes()[..piece.len()]);
        }
        Ok(())
    })
}

pub(crate) fn random_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let (at, len) = (call.u32(0), call.u32(1));
    // In pieces, so that a source of the embedder's never sees a length that a guest chose.
    for piece in call.memory.slice_mut(at, len)?.chunks_mut(4096) {
        (call.cx.random)(piece)?;
    }
    Ok(())
}
