//! What the host does for atomic instructions: sequentially consistent accesses of its own. Memory is little-endian on
//! every machine. Plain accesses of the same bytes may have other sizes (`handlers::shared` says what is relied on).
//!
//! A host without atomic accesses of 64 bits has no shared memories, so other accesses do there.

use wasmote_ir::atomics::Rmw;

/// Whether the host has atomic accesses of all sizes.
macro_rules! if_atomic {
    ({ $($atomic:item)* } else { $($plain:item)* }) => {
        $( #[cfg(all(target_has_atomic = "8", target_has_atomic = "16", target_has_atomic = "32", target_has_atomic = "64"))] $atomic )*
        $( #[cfg(not(all(target_has_atomic = "8", target_has_atomic = "16", target_has_atomic = "32", target_has_atomic = "64")))] $plain )*
    };
}

/// An integer that atomic instructions access. Values are passed in 64 bits, whose upper part is cut off, and returned
/// zero-extended.
///
/// All functions need `SIZE` readable and writable bytes at an address that is a multiple of `SIZE`.
#[allow(clippy::missing_safety_doc)]
pub trait AtomicCell {
    /// The number of bytes.
    const SIZE: u64;
    /// Returns the value.
    unsafe fn load(at: *mut u8) -> u64;
    /// Writes a value.
    unsafe fn store(at: *mut u8, value: u64);
    /// Writes `new` if the value is `expected`. Returns the old value.
    unsafe fn compare_exchange(at: *mut u8, expected: u64, new: u64) -> u64;
    /// Writes a value that is computed from the old one and `operand`. Returns the old value.
    unsafe fn modify(at: *mut u8, rmw: Rmw, operand: u64) -> u64;
}

if_atomic! {
{
    /// Orders the accesses of memories.
    #[inline(always)]
    pub fn fence() {
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    }

    macro_rules! cells {
        ($($ty:ident $atomic:ident),*) => { $(
            impl AtomicCell for $ty {
                const SIZE: u64 = size_of::<$ty>() as u64;

                #[inline(always)]
                unsafe fn load(at: *mut u8) -> u64 {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    $ty::from_le(unsafe { $atomic::from_ptr(at.cast()) }.load(SeqCst)).into()
                }

                #[inline(always)]
                unsafe fn store(at: *mut u8, value: u64) {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    unsafe { $atomic::from_ptr(at.cast()) }.store((value as $ty).to_le(), SeqCst);
                }

                #[inline(always)]
                unsafe fn compare_exchange(at: *mut u8, expected: u64, new: u64) -> u64 {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    let cell = unsafe { $atomic::from_ptr(at.cast()) };
                    let (expected, new) = ((expected as $ty).to_le(), (new as $ty).to_le());
                    let (Ok(old) | Err(old)) = cell.compare_exchange(expected, new, SeqCst, SeqCst);
                    $ty::from_le(old).into()
                }

                #[inline(always)]
                unsafe fn modify(at: *mut u8, rmw: Rmw, operand: u64) -> u64 {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    let cell = unsafe { $atomic::from_ptr(at.cast()) };
                    let (number, operand) = (operand as $ty, (operand as $ty).to_le());
                    // The new value is `(old & keep) ^ flip`. One loop is for all of these, as the host has no instruction
                    // that also returns the old value.
                    let keep = match rmw {
                        Rmw::Add | Rmw::Sub => {
                            let number = if rmw == Rmw::Sub { number.wrapping_neg() } else { number };
                            if cfg!(target_endian = "little") {
                                return cell.fetch_add(number, SeqCst).into();
                            }
                            // The host's additions carry in its own byte order.
                            let sum = |old| Some($ty::from_le(old).wrapping_add(number).to_le());
                            let (Ok(old) | Err(old)) = cell.fetch_update(SeqCst, SeqCst, sum);
                            return $ty::from_le(old).into();
                        }
                        Rmw::Xchg => return $ty::from_le(cell.swap(operand, SeqCst)).into(),
                        Rmw::And => operand,
                        Rmw::Or => !operand,
                        Rmw::Xor => !0,
                    };
                    let flip = if rmw == Rmw::And { 0 } else { operand };
                    let (Ok(old) | Err(old)) = cell.fetch_update(SeqCst, SeqCst, |old| Some(old & keep ^ flip));
                    $ty::from_le(old).into()
                }
            }
        )* };
    }
    use core::sync::atomic::Ordering::SeqCst;
    use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};
    cells!(u8 AtomicU8, u16 AtomicU16, u32 AtomicU32, u64 AtomicU64);
} else {
    /// Nothing else sees the order of accesses.
    #[inline(always)]
    pub fn fence() {}

    macro_rules! cells {
        ($($ty:ident),*) => { $(
            impl AtomicCell for $ty {
                const SIZE: u64 = size_of::<$ty>() as u64;

                #[inline(always)]
                unsafe fn load(at: *mut u8) -> u64 {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    $ty::from_le(unsafe { at.cast::<$ty>().read() }).into()
                }

                #[inline(always)]
                unsafe fn store(at: *mut u8, value: u64) {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    unsafe { at.cast::<$ty>().write((value as $ty).to_le()) };
                }

                #[inline(always)]
                unsafe fn compare_exchange(at: *mut u8, expected: u64, new: u64) -> u64 {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    unsafe {
                        let old = Self::load(at);
                        if old as $ty == expected as $ty {
                            Self::store(at, new);
                        }
                        old
                    }
                }

                #[inline(always)]
                unsafe fn modify(at: *mut u8, rmw: Rmw, operand: u64) -> u64 {
                    // SAFETY: the caller guarantees the bytes and their alignment.
                    unsafe {
                        let old = Self::load(at);
                        Self::store(at, match rmw {
                            Rmw::Add => old.wrapping_add(operand),
                            Rmw::Sub => old.wrapping_sub(operand),
                            Rmw::And => old & operand,
                            Rmw::Or => old | operand,
                            Rmw::Xor => old ^ operand,
                            Rmw::Xchg => operand,
                        });
                        old
                    }
                }
            }
        )* };
    }
    cells!(u8, u16, u32, u64);
}
}
