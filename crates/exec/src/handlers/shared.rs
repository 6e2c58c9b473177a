//! Accesses of memories that other threads may read and write at the same time.
//!
//! In Rust, a plain access that races with one of another thread is undefined. So each access here is one machine
//! instruction on x86-64 and aarch64: it is as fast as a plain access and needs no alignment. Elsewhere it is a relaxed
//! atomic access if it is aligned, and otherwise one for each byte. WebAssembly lets unaligned accesses tear (spec: the
//! memory model of the proposal for threads).
//!
//! **Sizes.** A guest may access the same bytes at the same time with different sizes. Rust's memory model leaves that
//! undefined even for atomic accesses. It cannot be avoided, since the guest chooses the sizes. So this is relied on:
//!
//! - An access is one instruction, for which the processor defines that each byte read is one that was written there.
//!   The compiler sees nothing of it in assembly. Of an atomic access, it knows neither another one of the same bytes,
//!   since addresses come from the guest, nor what other threads do.
//! - Nothing else depends on a byte of a shared memory. The guest may read any value. Lengths and records, which bounds
//!   and safety depend on, lie where no guest's access reaches, and have one size.
//!
//! The same holds for atomic instructions (`atomics::host`), and for what the runtime reads and writes in a shared memory.
//! Miri reports such accesses, so no test in Miri makes them.
//!
//! A build without the feature `threads` has no such memories, and plain accesses here.

/// Bytes that one access reads or writes.
pub trait Bytes: Copy {
    /// Reads them. The caller guarantees that as many bytes at `at` are readable.
    unsafe fn read(at: *const u8) -> Self;
    /// Writes them. The caller guarantees that as many bytes at `at` are writable.
    unsafe fn write(self, at: *mut u8);
}

/// Chooses one of the three ways.
macro_rules! ways {
    (plain { $($plain:item)* } asm { $($asm:item)* } atomic { $($atomic:item)* }) => {
        $( #[cfg(not(feature = "threads"))] $plain )*
        $( #[cfg(all(feature = "threads", not(miri), target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")))] $asm )*
        $( #[cfg(all(feature = "threads", not(all(not(miri), target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")))))] $atomic )*
    };
}

ways! {
plain {
    impl<T: Copy> Bytes for T {
        #[inline(always)]
        unsafe fn read(at: *const u8) -> T {
            // SAFETY: the caller guarantees that many readable bytes. All types that are used are integers, or arrays
            // of them.
            unsafe { at.cast::<T>().read_unaligned() }
        }
        #[inline(always)]
        unsafe fn write(self, at: *mut u8) {
            // SAFETY: the caller guarantees that many writable bytes.
            unsafe { at.cast::<T>().write_unaligned(self) };
        }
    }
}
asm {
    use core::arch::asm;

    /// Implements an integer by its load and store, and an integer of the same size by that.
    macro_rules! integers {
        ($($ty:ident $signed:ident $class:ident $register:ident: $load:literal, $store:literal;)*) => { $(
            impl Bytes for $ty {
                #[inline(always)]
                unsafe fn read(at: *const u8) -> $ty {
                    let value: $register;
                    // SAFETY: the caller guarantees that many readable bytes. The instruction does no more than load
                    // them.
                    unsafe { asm!($load, value = out(reg) value, at = in(reg) at, options(nostack, preserves_flags, readonly)) };
                    value as $ty
                }
                #[inline(always)]
                unsafe fn write(self, at: *mut u8) {
                    // SAFETY: the caller guarantees that many writable bytes. The instruction does no more than store
                    // them.
                    unsafe { asm!($store, value = in($class) self, at = in(reg) at, options(nostack, preserves_flags)) };
                }
            }
            impl Bytes for $signed {
                #[inline(always)]
                unsafe fn read(at: *const u8) -> $signed {
                    // SAFETY: the caller guarantees the contract.
                    unsafe { $ty::read(at) as $signed }
                }
                #[inline(always)]
                unsafe fn write(self, at: *mut u8) {
                    // SAFETY: the caller guarantees the contract.
                    unsafe { (self as $ty).write(at) };
                }
            }
        )* };
    }
    #[cfg(target_arch = "x86_64")]
    integers! {
        u8 i8 reg_byte u32: "movzx {value:e}, byte ptr [{at}]", "mov byte ptr [{at}], {value}";
        u16 i16 reg u32: "movzx {value:e}, word ptr [{at}]", "mov word ptr [{at}], {value:x}";
        u32 i32 reg u32: "mov {value:e}, dword ptr [{at}]", "mov dword ptr [{at}], {value:e}";
        u64 i64 reg u64: "mov {value}, qword ptr [{at}]", "mov qword ptr [{at}], {value}";
    }
    #[cfg(target_arch = "aarch64")]
    integers! {
        u8 i8 reg u32: "ldrb {value:w}, [{at}]", "strb {value:w}, [{at}]";
        u16 i16 reg u32: "ldrh {value:w}, [{at}]", "strh {value:w}, [{at}]";
        u32 i32 reg u32: "ldr {value:w}, [{at}]", "str {value:w}, [{at}]";
        u64 i64 reg u64: "ldr {value:x}, [{at}]", "str {value:x}, [{at}]";
    }

    /// A vector register.
    #[cfg(target_arch = "x86_64")]
    type Register = core::arch::x86_64::__m128i;
    #[cfg(target_arch = "aarch64")]
    type Register = core::arch::aarch64::uint8x16_t;

    impl Bytes for [u8; 16] {
        #[inline(always)]
        unsafe fn read(at: *const u8) -> [u8; 16] {
            let value: Register;
            // SAFETY: the caller guarantees 16 readable bytes. The instruction does no more than load them. The bytes of
            // the register are those of the array, in the same order.
            unsafe {
                #[cfg(target_arch = "x86_64")]
                asm!("movups {}, xmmword ptr [{}]", out(xmm_reg) value, in(reg) at, options(nostack, preserves_flags, readonly));
                #[cfg(target_arch = "aarch64")]
                asm!("ldr {:q}, [{}]", out(vreg) value, in(reg) at, options(nostack, preserves_flags, readonly));
                core::mem::transmute(value)
            }
        }
        #[inline(always)]
        unsafe fn write(self, at: *mut u8) {
            // SAFETY: the caller guarantees 16 writable bytes. The instruction does no more than store them. The bytes
            // of the register are those of the array, in the same order.
            unsafe {
                let value: Register = core::mem::transmute(self);
                #[cfg(target_arch = "x86_64")]
                asm!("movups xmmword ptr [{}], {}", in(reg) at, in(xmm_reg) value, options(nostack, preserves_flags));
                #[cfg(target_arch = "aarch64")]
                asm!("str {:q}, [{}]", in(vreg) value, in(reg) at, options(nostack, preserves_flags));
            }
        }
    }
}
atomic {
    use core::sync::atomic::Ordering::Relaxed;
    use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize};

    macro_rules! integers {
        ($($ty:ident $signed:ident $atomic:ident;)*) => { $(
            impl Bytes for $ty {
                #[inline(always)]
                unsafe fn read(at: *const u8) -> $ty {
                    // SAFETY: the caller guarantees that many readable bytes, and the alignment is checked. Relaxed
                    // loads do not write.
                    unsafe {
                        if size_of::<$ty>() <= size_of::<$atomic>() && at.addr() % size_of::<$ty>() == 0 {
                            return $atomic::from_ptr(at.cast_mut().cast()).load(Relaxed) as $ty;
                        }
                        let mut bytes = [0; size_of::<$ty>()];
                        for (i, byte) in bytes.iter_mut().enumerate() {
                            *byte = AtomicU8::from_ptr(at.add(i).cast_mut()).load(Relaxed);
                        }
                        $ty::from_ne_bytes(bytes)
                    }
                }
                #[inline(always)]
                unsafe fn write(self, at: *mut u8) {
                    // SAFETY: the caller guarantees that many writable bytes, and the alignment is checked.
                    unsafe {
                        if size_of::<$ty>() <= size_of::<$atomic>() && at.addr() % size_of::<$ty>() == 0 {
                            return $atomic::from_ptr(at.cast()).store(self as _, Relaxed);
                        }
                        for (i, byte) in self.to_ne_bytes().into_iter().enumerate() {
                            AtomicU8::from_ptr(at.add(i)).store(byte, Relaxed);
                        }
                    }
                }
            }
            impl Bytes for $signed {
                #[inline(always)]
                unsafe fn read(at: *const u8) -> $signed {
                    // SAFETY: the caller guarantees the contract.
                    unsafe { $ty::read(at) as $signed }
                }
                #[inline(always)]
                unsafe fn write(self, at: *mut u8) {
                    // SAFETY: the caller guarantees the contract.
                    unsafe { (self as $ty).write(at) };
                }
            }
        )* };
    }
    // Where an address has 32 bits, 64 bits are accessed byte by byte: not all such machines have a wider access.
    integers! {
        u8 i8 AtomicU8;
        u16 i16 AtomicU16;
        u32 i32 AtomicU32;
        u64 i64 AtomicUsize;
    }

    impl Bytes for [u8; 16] {
        #[inline(always)]
        unsafe fn read(at: *const u8) -> [u8; 16] {
            // SAFETY: the caller guarantees 16 readable bytes.
            unsafe {
                let halves = [u64::read(at), u64::read(at.add(8))];
                let mut bytes = [0; 16];
                bytes.copy_from_slice(halves.map(u64::to_ne_bytes).as_flattened());
                bytes
            }
        }
        #[inline(always)]
        unsafe fn write(self, at: *mut u8) {
            let (low, high) = self.split_at(8);
            for (half, at) in [(low, at), (high, at.wrapping_add(8))] {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(half);
                // SAFETY: the caller guarantees 16 writable bytes.
                unsafe { u64::from_ne_bytes(bytes).write(at) };
            }
        }
    }
}
}

/// Copies bytes to or from a memory. `shared` says whether threads share it. If the ranges overlap and the bytes move up,
/// the copy must go `backwards`.
///
/// # Safety
/// `count` bytes are readable at `from` and writable at `to`.
#[inline(always)]
pub unsafe fn copy(shared: bool, from: *const u8, to: *mut u8, count: usize, backwards: bool) {
    // SAFETY: the caller guarantees the ranges.
    unsafe {
        #[cfg(feature = "threads")]
        if shared {
            return copy_shared(from, to, count, backwards);
        }
        let _ = (shared, backwards);
        from.copy_to(to, count);
    }
}

/// Writes the same byte everywhere in a part of a memory. `shared` says whether threads share it.
///
/// # Safety
/// `count` bytes are writable at `to`.
#[inline(always)]
pub unsafe fn fill(shared: bool, to: *mut u8, value: u8, count: usize) {
    // SAFETY: the caller guarantees the range.
    unsafe {
        #[cfg(feature = "threads")]
        if shared {
            return fill_shared(to, value, count);
        }
        let _ = shared;
        to.write_bytes(value, count);
    }
}

/// Copies bytes. If the ranges overlap and the bytes move up, the copy must go `backwards`.
///
/// # Safety
/// `count` bytes are readable at `from` and writable at `to`.
#[cfg(feature = "threads")]
#[inline(never)]
unsafe fn copy_shared(from: *const u8, to: *mut u8, count: usize, backwards: bool) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if !backwards {
        // SAFETY: the caller guarantees the ranges. The direction flag is clear outside of assembly.
        unsafe {
            core::arch::asm!(
                "rep movsb",
                inout("rcx") count => _, inout("rsi") from => _, inout("rdi") to => _,
                options(nostack, preserves_flags)
            );
        }
        return;
    }
    let words = count / 8;
    // SAFETY: each word and each byte is in the ranges. What is read next is not written before: it lies above what is
    // written, or below it if the copy goes backwards.
    unsafe {
        let word = |i: usize| u64::read(from.add(i)).write(to.add(i));
        let byte = |i: usize| u8::read(from.add(i)).write(to.add(i));
        if backwards {
            (8 * words..count).rev().for_each(byte);
            (0..words).rev().for_each(|i| word(8 * i));
        } else {
            (0..words).for_each(|i| word(8 * i));
            (8 * words..count).for_each(byte);
        }
    }
}

/// Writes the same byte everywhere.
///
/// # Safety
/// `count` bytes are writable at `to`.
#[cfg(feature = "threads")]
#[inline(never)]
unsafe fn fill_shared(to: *mut u8, value: u8, count: usize) {
    let words = count / 8;
    let word = u64::from_ne_bytes([value; 8]);
    // SAFETY: each word and each byte is in the range.
    unsafe {
        (0..words).for_each(|i| word.write(to.add(8 * i)));
        (8 * words..count).for_each(|i| value.write(to.add(i)));
    }
}

#[cfg(all(test, feature = "threads"))]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    fn numbered() -> Vec<u8> {
        (0..200).collect()
    }

    #[test]
    fn accesses_have_their_size_at_any_alignment() {
        macro_rules! check {
            ($($ty:ident),*) => { $(
                for at in 0..20 {
                    let mut bytes = numbered();
                    let expected = $ty::from_ne_bytes(bytes[at..][..size_of::<$ty>()].try_into().unwrap());
                    // SAFETY: the bytes are there.
                    let value = unsafe { <$ty as Bytes>::read(bytes[at..].as_ptr()) };
                    assert_eq!(value, expected);
                    // SAFETY: the bytes are there.
                    unsafe { Bytes::write(!value, bytes[at..].as_mut_ptr()) };
                    for (i, byte) in (0..).zip(&bytes) {
                        let inside = (at..at + size_of::<$ty>()).contains(&i);
                        assert_eq!(*byte, if inside { !(i as u8) } else { i as u8 });
                    }
                }
            )* };
        }
        check!(u8, u16, u32, u64, i8, i16, i32, i64);
        for at in 0..20 {
            let mut bytes = numbered();
            // SAFETY: the bytes are there.
            let value = unsafe { <[u8; 16] as Bytes>::read(bytes[at..].as_ptr()) };
            assert_eq!(value, bytes[at..at + 16]);
            // SAFETY: the bytes are there.
            unsafe { Bytes::write([7; 16], bytes[at..].as_mut_ptr()) };
            let expected: Vec<u8> = (0..200).map(|i| if (at..at + 16).contains(&i) { 7 } else { i as u8 }).collect();
            assert_eq!(bytes, expected);
        }
    }

    #[test]
    fn copies_and_fills_are_those_of_slices() {
        for count in 0..40 {
            for (from, to) in [(0, 100), (100, 3), (20, 21), (21, 20), (20, 29), (29, 20), (50, 50)] {
                let (mut bytes, mut expected) = (numbered(), numbered());
                expected.copy_within(from..from + count, to);
                let base = bytes.as_mut_ptr();
                // SAFETY: both ranges are in the list.
                unsafe { copy(true, base.add(from), base.add(to), count, to > from) };
                assert_eq!(bytes, expected, "{count} {from} {to}");
                expected[to..to + count].fill(9);
                // SAFETY: the range is in the list.
                unsafe { fill(true, bytes.as_mut_ptr().add(to), 9, count) };
                assert_eq!(bytes, expected, "{count} {to}");
            }
        }
    }
}
