//! Loads and stores (spec: exec/instructions#memory-instructions).

use core::marker::PhantomData;

use wasmote_ir::TrapCode;
use wasmote_ir::shape::{Load as LoadShape, LoadAny, LoadNear, Store as StoreShape, StoreAny, StoreFloat, StoreNear};

use super::{Handlers, variants};
use crate::dispatch::{Flow, Handler, Instr, Regs, hot};
use crate::operand::{Dest, I, R, S, Source, Value};
use crate::state::Instance;

/// What a load makes of bytes in memory.
pub trait Load {
    /// The value.
    type Out: Value;
    /// How many bytes.
    const SIZE: u32;
    /// Reads them.
    unsafe fn load(at: *const u8) -> Self::Out;
}

/// What a store writes to memory.
pub trait Store {
    /// The value.
    type In: Value;
    /// How many bytes.
    const SIZE: u32;
    /// Writes them.
    unsafe fn store(at: *mut u8, value: Self::In);
}

/// How an address is given: the units that it takes, and its value before the offset.
pub trait Address {
    /// Units in the encoding.
    const UNITS: usize;
    /// Reads it.
    unsafe fn get(r: &Regs) -> u32;
}

/// A sum, in two classes.
pub struct Sum<A, B>(PhantomData<(A, B)>);
/// A constant address: the offset is all there is.
pub struct Constant;

macro_rules! one_address {
    ($($class:ty),*) => { $(
        impl Address for $class {
            const UNITS: usize = <$class as Source<u32>>::UNITS;
            #[inline(always)]
            unsafe fn get(r: &Regs) -> u32 {
                // SAFETY: the caller's promise.
                unsafe { <$class as Source<u32>>::get(r, 0) }
            }
        }
    )* };
}
one_address!(S, R);

impl<A: Source<u32>, B: Source<u32>> Address for Sum<A, B> {
    const UNITS: usize = A::UNITS + B::UNITS;
    #[inline(always)]
    unsafe fn get(r: &Regs) -> u32 {
        // SAFETY: the caller's promise. An i32.add wraps.
        unsafe { A::get(r, 0).wrapping_add(B::get(r, A::UNITS)) }
    }
}

impl Address for Constant {
    const UNITS: usize = 0;
    #[inline(always)]
    unsafe fn get(_r: &Regs) -> u32 {
        0
    }
}

/// Where `size` bytes at `address` plus `offset` lie in memory 0, if they do.
#[inline(always)]
pub unsafe fn bytes(r: &Regs, address: u32, offset: u32, size: u32) -> Option<*mut u8> {
    // SAFETY: the length lies in front of a memory, and everything below it is there.
    unsafe {
        if cfg!(target_pointer_width = "64") {
            let address = u64::from(address) + u64::from(offset);
            let len = r.mem.cast::<u64>().sub(1).read();
            if address + u64::from(size) > len { None } else { Some(r.mem.add(address as usize)) }
        } else {
            // No memory is larger than the address space.
            let half = if cfg!(target_endian = "little") { 2 } else { 1 };
            let len = r.mem.cast::<u32>().sub(half).read();
            let address = address.checked_add(offset)?;
            if address.checked_add(size)? > len { None } else { Some(r.mem.add(address as usize)) }
        }
    }
}

/// A load, whose address and destination have the classes `A` and `D`.
pub struct LoadAt<L, A, D>(PhantomData<(L, A, D)>);

impl<L: Load, A: Address, D: Dest<L::Out>> Instr for LoadAt<L, A, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; the bytes are there.
        unsafe {
            let (address, offset) = (A::get(r), r.u32(A::UNITS));
            let Some(at) = bytes(r, address, offset, L::SIZE) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            D::put(r, A::UNITS + 2, L::load(at));
            r.advance(A::UNITS + 2 + D::UNITS);
        }
        Flow::Next
    }
}

variants!((L: Load) L: LoadShape => {
    0 LoadAt<L, S, S>,
    1 LoadAt<L, Constant, S>,
    2 LoadAt<L, R, S>,
    3 LoadAt<L, Sum<S, S>, S>,
    4 LoadAt<L, Sum<S, R>, S>,
    5 LoadAt<L, Sum<S, I>, S>,
    6 LoadAt<L, Sum<R, I>, S>,
    7 LoadAt<L, S, R>,
    8 LoadAt<L, Constant, R>,
    9 LoadAt<L, R, R>,
    10 LoadAt<L, Sum<S, S>, R>,
    11 LoadAt<L, Sum<S, R>, R>,
    12 LoadAt<L, Sum<S, I>, R>,
    13 LoadAt<L, Sum<R, I>, R>,
});

struct LoadShort<L>(PhantomData<L>);

impl<L: Load> Instr for LoadShort<L> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; the bytes are there.
        unsafe {
            let (address, offset) = (<S as Address>::get(r), r.u16(1) as u32);
            let Some(at) = bytes(r, address, offset, L::SIZE) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            <S as Dest<L::Out>>::put(r, 2, L::load(at));
            r.advance(3);
        }
        Flow::Next
    }
}

impl<L: Load> Handlers<LoadNear> for L {
    const TABLE: &'static [Handler] = &[hot::<LoadShort<L>>];
}

struct StoreShort<T, V>(PhantomData<(T, V)>);

impl<T: Store, V: Source<T::In>> Instr for StoreShort<T, V> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; the bytes are there.
        unsafe {
            let (address, offset) = (<S as Address>::get(r), r.u16(1 + V::UNITS) as u32);
            let Some(at) = bytes(r, address, offset, T::SIZE) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            T::store(at, V::get(r, 1));
            r.advance(2 + V::UNITS);
        }
        Flow::Next
    }
}

impl<T: Store> Handlers<StoreNear> for T {
    const TABLE: &'static [Handler] = &[hot::<StoreShort<T, S>>, hot::<StoreShort<T, I>>];
}

/// A store, whose address and value have the classes `A` and `V`.
pub struct StoreAt<T, A, V>(PhantomData<(T, A, V)>);

impl<T: Store, A: Address, V: Source<T::In>> Instr for StoreAt<T, A, V> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; the bytes are there.
        unsafe {
            let (address, offset) = (A::get(r), r.u32(A::UNITS + V::UNITS));
            let Some(at) = bytes(r, address, offset, T::SIZE) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            T::store(at, V::get(r, A::UNITS));
            r.advance(A::UNITS + V::UNITS + 2);
        }
        Flow::Next
    }
}

variants!((T: Store) T: StoreShape => {
    0 StoreAt<T, S, S>,
    1 StoreAt<T, S, I>,
    2 StoreAt<T, Constant, S>,
    3 StoreAt<T, Constant, I>,
    4 StoreAt<T, R, S>,
    5 StoreAt<T, R, I>,
    6 StoreAt<T, Sum<S, S>, S>,
    7 StoreAt<T, Sum<S, R>, S>,
    8 StoreAt<T, Sum<S, I>, S>,
    9 StoreAt<T, Sum<R, I>, S>,
    10 StoreAt<T, S, R>,
    11 StoreAt<T, Constant, R>,
    12 StoreAt<T, Sum<S, S>, R>,
    13 StoreAt<T, Sum<S, I>, R>,
});

variants!((T: Store) T: StoreFloat => {
    0 StoreAt<T, S, R>,
    1 StoreAt<T, Constant, R>,
    2 StoreAt<T, Sum<S, S>, R>,
    3 StoreAt<T, Sum<S, I>, R>,
});

/// Where `size` bytes lie in the memory that the operand at unit `at` names, at the address in the first slot with the
/// offset that follows.
#[inline(always)]
unsafe fn bytes_of_any(r: &Regs, at: usize, size: u32) -> Option<*mut u8> {
    // SAFETY: as `find`.
    unsafe { find(r.ip, r.fp, r.cx, at, size) }
}

/// [`bytes_of_any`], given registers by their values: a handler whose registers something else has the address of ends in no tail
/// call.
#[cfg_attr(feature = "alloc", inline(always))]
#[cfg_attr(not(feature = "alloc"), inline(never))]
unsafe fn find(ip: *const u8, fp: *mut u64, cx: *mut Instance, at: usize, size: u32) -> Option<*mut u8> {
    let r = Regs::new(ip, fp, core::ptr::null_mut(), cx);
    // SAFETY: memory indices are in range; as `bytes`.
    unsafe {
        let memory = *(*r.cx).memories.add(r.u16(at));
        let start = r.slot(0).read().checked_add(r.u64(at + 1))?;
        let end = start.checked_add(size.into())?;
        if end > (*memory).len() { None } else { Some((*memory).base.add(start as usize)) }
    }
}

/// A load from any memory.
pub struct LoadFromAny<L>(PhantomData<L>);

impl<L: Load> Instr for LoadFromAny<L> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; the bytes are there.
        unsafe {
            let Some(at) = bytes_of_any(r, 1, L::SIZE) else {
                return Flow::Trap(TrapCode::MemoryOutOfBounds);
            };
            <S as Dest<L::Out>>::put(r, 6, L::load(at));
            r.advance(7);
        }
        Flow::Next
    }
}

/// A store to any memory.
pub struct StoreToAny<T>(PhantomData<T>);

impl<T: Store> Instr for StoreToAny<T> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; the bytes are there.
        unsafe {
            let Some(at) = bytes_of_any(r, 2, T::SIZE) else {
                return Flow::Trap(TrapCode::MemoryOutOfBounds);
            };
            T::store(at, <S as Source<T::In>>::get(r, 1));
            r.advance(7);
        }
        Flow::Next
    }
}

impl<L: Load> Handlers<LoadAny> for L {
    const TABLE: &'static [Handler] = &[hot::<LoadFromAny<L>>];
}

impl<T: Store> Handlers<StoreAny> for T {
    const TABLE: &'static [Handler] = &[hot::<StoreToAny<T>>];
}

/// The rows. Memory is little-endian whatever the machine.
pub mod rows {
    use super::{Load, Store};

    macro_rules! loads {
        ($( $name:ident $($alias:ident)* : $bytes:ty as $out:ty, |$raw:ident| $value:expr; )*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub struct $name;
            impl Load for $name {
                type Out = $out;
                const SIZE: u32 = size_of::<$bytes>() as u32;
                #[inline(always)]
                unsafe fn load(at: *const u8) -> $out {
                    // SAFETY: the caller's promise.
                    let $raw = <$bytes>::from_le(unsafe { at.cast::<$bytes>().read_unaligned() });
                    $value
                }
            }
            $( pub use $name as $alias; )*
        )* };
    }

    loads! {
        Load32 Load32Any Load32Near: u32 as u32, |b| b;
        Load8S32 Load8S32Any Load8S32Near: i8 as i32, |b| i32::from(b);
        Load8U Load8UAny Load8UNear: u8 as u32, |b| u32::from(b);
        Load16S32 Load16S32Any Load16S32Near: i16 as i32, |b| i32::from(b);
        Load16U Load16UAny Load16UNear: u16 as u32, |b| u32::from(b);
        Load64 Load64Any Load64Near: u64 as u64, |b| b;
        Load8S64 Load8S64Any Load8S64Near: i8 as i64, |b| i64::from(b);
        Load16S64 Load16S64Any Load16S64Near: i16 as i64, |b| i64::from(b);
        Load32S64 Load32S64Any Load32S64Near: i32 as i64, |b| i64::from(b);
        LoadF32: u32 as f32, |b| f32::from_bits(b);
        LoadF64: u64 as f64, |b| f64::from_bits(b);
    }

    macro_rules! stores {
        ($( $name:ident $($alias:ident)* : $in:ty as $bytes:ty, |$value:ident| $raw:expr; )*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub struct $name;
            impl Store for $name {
                type In = $in;
                const SIZE: u32 = size_of::<$bytes>() as u32;
                #[inline(always)]
                unsafe fn store(at: *mut u8, $value: $in) {
                    let raw: $bytes = $raw;
                    // SAFETY: the caller's promise.
                    unsafe { at.cast::<$bytes>().write_unaligned(raw.to_le()) };
                }
            }
            $( pub use $name as $alias; )*
        )* };
    }

    stores! {
        Store8 Store8Any Store8Near: u32 as u8, |v| v as u8;
        Store16 Store16Any Store16Near: u32 as u16, |v| v as u16;
        Store32 Store32Any Store32Near: u32 as u32, |v| v;
        Store64 Store64Any Store64Near: u64 as u64, |v| v;
        StoreF32: f32 as u32, |v| v.to_bits();
        StoreF64: f64 as u64, |v| v.to_bits();
    }
}
