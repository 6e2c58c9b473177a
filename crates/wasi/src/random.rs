//! The source of random bytes.

use alloc::boxed::Box;

use crate::call::Call;
use crate::errno::Errno;

/// A source of random bytes, which fills the slice.
pub type Random = Box<dyn FnMut(&mut [u8]) -> Result<(), Errno> + Send>;

/// The random generator of the system.
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

/// The random generator of the system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn system(buffer: &mut [u8]) -> Result<(), Errno> {
    Ok(std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, buffer)?)
}

/// Returns a generator for reproducible runs: the same seed gives the same bytes. The bytes are not secret.
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

/// The most bytes that a source gets at once.
const PIECE: u32 = 4096;

pub(crate) fn random_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let (at, len) = (call.u32(0), call.u32(1));
    // Fills in pieces, so that an embedder's source never gets a length that the guest chose.
    call.memory.check(at, len)?;
    for from in (0..len).step_by(PIECE as usize) {
        call.memory.fill(at + from, PIECE.min(len - from), true, |buffer| {
            (call.cx.process.random.lock())(buffer)?;
            Ok(buffer.len())
        })?;
    }
    Ok(())
}
