//! Loads and stores (spec: exec/instructions#memory-instructions).

use core::marker::PhantomData;

use wasmote_ir::TrapCode;
use wasmote_ir::shape::{
    Format, Load as LoadShape, Load6, Load12, LoadAny, LoadShort, Operand, Shape, Store as StoreShape, StoreAny,
    StoreFloat, StoreShort,
};

use super::handler_macros::{Encoded, Handlers, in_order, variants};
use crate::dispatch::{Execute, Flow, Handler, Regs, hot};
use crate::mode::Mode;
use crate::operand::{Dest, I, R, S, Source, Value};
use crate::state::Instance;

/// The meaning of a load.
pub trait Load {
    /// The type of the value.
    type Out: Value;
    /// The number of bytes.
    const SIZE: u32;
    /// Reads the value. The caller guarantees that `SIZE` bytes at `at` are readable.
    unsafe fn load(at: *const u8) -> Self::Out;
    /// As [`Load::load`], from a memory that other threads may use at the same time.
    unsafe fn load_shared(at: *const u8) -> Self::Out;
}

/// The meaning of a store.
pub trait Store {
    /// The type of the value.
    type In: Value;
    /// The number of bytes.
    const SIZE: u32;
    /// Writes the value. The caller guarantees that `SIZE` bytes at `at` are writable.
    unsafe fn store(at: *mut u8, value: Self::In);
    /// As [`Store::store`], to a memory that other threads may use at the same time.
    unsafe fn store_shared(at: *mut u8, value: Self::In);
}

/// A class of addresses, before the offset is added.
pub trait AddressMode {
    /// The class's letters and operands.
    const FORMAT: Format;
    /// How many units its operands take.
    const UNITS: usize = Self::FORMAT.units();
    /// Reads the address. The contract is that of `Execute::run`, and the operands start at unit 0.
    unsafe fn get<M: Mode>(r: &Regs<M>) -> u32;
}

/// The sum of two sources.
pub struct Sum<A, B>(PhantomData<(A, B)>);
/// No address: the offset says it all.
pub struct Constant;

macro_rules! one_address {
    ($($class:ty),*) => { $(
        impl AddressMode for $class {
            const FORMAT: Format = <$class as Source<u32>>::FORMAT;
            #[inline(always)]
            unsafe fn get<M: Mode>(r: &Regs<M>) -> u32 {
                // SAFETY: the caller guarantees a source of this class at unit 0.
                unsafe { <$class as Source<u32>>::get(r, 0) }
            }
        }
    )* };
}
one_address!(S, R);

impl<A: Source<u32>, B: Source<u32>> AddressMode for Sum<A, B> {
    const FORMAT: Format = A::FORMAT.then(B::FORMAT);
    #[inline(always)]
    unsafe fn get<M: Mode>(r: &Regs<M>) -> u32 {
        // SAFETY: the caller guarantees two sources of these classes. The sum wraps, because it replaces an
        // `i32.add`.
        unsafe { A::get(r, 0).wrapping_add(B::get(r, A::UNITS)) }
    }
}

impl AddressMode for Constant {
    const FORMAT: Format = Format::source(b'i', &[]);
    #[inline(always)]
    unsafe fn get<M: Mode>(_r: &Regs<M>) -> u32 {
        0
    }
}

/// How loads stay within memory 0.
pub trait LoadBounds<L: Load> {
    /// Returns the value that `L` reads at `address` plus `offset`, or `None` if that is out of bounds.
    ///
    /// # Safety
    /// As [`Execute::run`].
    unsafe fn read<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32) -> Option<L::Out>;
}

/// How stores stay within memory 0.
pub trait StoreBounds<T: Store> {
    /// Writes a value at `address` plus `offset`, or returns `None` if that is out of bounds.
    ///
    /// # Safety
    /// As [`Execute::run`].
    unsafe fn write<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32, value: T::In) -> Option<()>;
}

/// Compares with the memory's length.
pub struct Checked;

impl<L: Load> LoadBounds<L> for Checked {
    #[inline(always)]
    unsafe fn read<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32) -> Option<L::Out> {
        // SAFETY: the caller guarantees `mem`, and `bytes` checked that `SIZE` bytes at `at` are in the memory.
        unsafe { bytes(r, address, offset, L::SIZE).map(|at| L::load(at)) }
    }
}

impl<T: Store> StoreBounds<T> for Checked {
    #[inline(always)]
    unsafe fn write<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32, value: T::In) -> Option<()> {
        // SAFETY: the caller guarantees `mem`, and `bytes` checked that `SIZE` bytes at `at` are in the memory.
        unsafe { bytes(r, address, offset, T::SIZE).map(|at| T::store(at, value)) }
    }
}

/// Without guarded memories, each access is checked.
#[cfg(not(guarded))]
pub use self::{Load as Guardable, Store as GuardableStore};
#[cfg(guarded)]
pub use crate::guard::{Guardable, GuardableStore, Guarded};
#[cfg(all(feature = "superinstructions", not(guarded)))]
use Checked as Guarded;

/// Makes [`Handlers`] for the variants of a row that accesses memory 0, with one table for each way to stay in
/// bounds.
macro_rules! accesses {
    (@each $generics:tt $row:ty: $shape:ty => $instr:ident; $name:ident <$($class:ty),*>, $($rest:tt)*) => {
        accesses!(@one $generics $row: $shape => $instr; $name <$($class),*>);
        accesses!(@each $generics $row: $shape => $instr; $($rest)*);
    };
    (@each $generics:tt $row:ty: $shape:ty => $instr:ident;) => {};
    (@one ($($generics:tt)*) $row:ty: $shape:ty => $instr:ident; $name:ident <$($class:ty),*>) => {
        #[cfg(feature = "superinstructions")]
        impl<$($generics)*> super::handler_macros::Variant<$row, { <$shape>::$name as usize }> for $shape {
            type Execute = $instr<$($class),*, Guarded>;
        }
    };
    (@table $shape:ty => $instr:ident $bounds:ident { $($name:ident <$($class:ty),*>,)* }) => {
        &in_order(<$shape as Shape>::FORMATS, [$((
            <$shape>::$name as usize,
            <$instr<$($class),*, $bounds> as Encoded>::FORMAT,
            hot::<M, $instr<$($class),*, $bounds>>,
        )),*])
    };
    (($($generics:tt)*) $row:ty: $shape:ty => $instr:ident { $($name:ident: <$($class:ty),*>,)* }) => {
        impl<M: Mode, $($generics)*> Handlers<$row, M> for $shape {
            const ZERO_EXTENDED: Option<bool> = super::handler_macros::all_same(&[$(<$instr<$($class),*, Checked> as Execute<M>>::ZERO_EXTENDED),*]);
            const TABLE: &'static [Handler<M>] = accesses!(@table $shape => $instr Checked { $($name <$($class),*>,)* });
            #[cfg(guarded)]
            const GUARDED: &'static [Handler<M>] = accesses!(@table $shape => $instr Guarded { $($name <$($class),*>,)* });
        }
        accesses!(@each ($($generics)*) $row: $shape => $instr; $($name <$($class),*>,)*);
    };
}

/// Returns the address of `size` bytes at `address` plus `offset` in memory 0, or `None` if they are out of bounds.
///
/// # Safety
/// The registers are those of a running function.
#[inline(always)]
pub unsafe fn bytes<M: Mode>(r: &Regs<M>, address: u32, offset: u32, size: u32) -> Option<*mut u8> {
    // SAFETY: the caller guarantees `mem` as [`Memory`](crate::state::Memory) documents it: its length lies in the 8
    // bytes before, and all bytes below it are the memory's.
    unsafe {
        if cfg!(target_pointer_width = "64") {
            let address = u64::from(address) + u64::from(offset);
            let len = r.mem.cast::<u64>().sub(1).read();
            if address + u64::from(size) > len { None } else { Some(r.mem.add(address as usize)) }
        } else {
            // A memory is smaller than the address space, so the lower half of the length is enough.
            let half = if cfg!(target_endian = "little") { 2 } else { 1 };
            let len = r.mem.cast::<u32>().sub(half).read();
            let address = address.checked_add(offset)?;
            if address.checked_add(size)? > len { None } else { Some(r.mem.add(address as usize)) }
        }
    }
}

/// A load. The address has the class `A`, the destination the class `D`, and `B` keeps the access in bounds.
pub struct LoadAt<L, A, D, B = Checked>(PhantomData<(L, A, D, B)>);

impl<M: Mode, L: Load, A: AddressMode, D: Dest<L::Out>, B: LoadBounds<L>> Execute<M> for LoadAt<L, A, D, B> {
    const GOES_ON: bool = true;

    const ZERO_EXTENDED: bool = L::Out::ZERO_EXTENDED;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees an address, an offset and a destination, in this order. `read` has the same
        // contract.
        unsafe {
            let (address, offset) = (A::get(r), r.u32(A::UNITS));
            let Some(value) = B::read(r, address, offset) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            D::put(r, A::UNITS + 2, value);
            r.advance(A::UNITS + 2 + D::UNITS);
        }
        Flow::Next
    }
}

impl<L: Load, A: AddressMode, D: Dest<L::Out>, B: LoadBounds<L>> Encoded for LoadAt<L, A, D, B> {
    const FORMAT: Format = A::FORMAT.operand(Operand::Offset).then(D::FORMAT);
}

accesses!((L: Guardable) L: LoadShape => LoadAt {
    s: <L, S, S>,
    i: <L, Constant, S>,
    r: <L, R, S>,
    ss: <L, Sum<S, S>, S>,
    sr: <L, Sum<S, R>, S>,
    si: <L, Sum<S, I>, S>,
    ri: <L, Sum<R, I>, S>,
    s_r: <L, S, R>,
    i_r: <L, Constant, R>,
    r_r: <L, R, R>,
    ss_r: <L, Sum<S, S>, R>,
    sr_r: <L, Sum<S, R>, R>,
    si_r: <L, Sum<S, I>, R>,
    ri_r: <L, Sum<R, I>, R>,
});

accesses!((L: Guardable) L: Load12 => LoadAt {
    s: <L, S, S>,
    i: <L, Constant, S>,
    r: <L, R, S>,
    ss: <L, Sum<S, S>, S>,
    si: <L, Sum<S, I>, S>,
    ri: <L, Sum<R, I>, S>,
    s_r: <L, S, R>,
    i_r: <L, Constant, R>,
    r_r: <L, R, R>,
    ss_r: <L, Sum<S, S>, R>,
    si_r: <L, Sum<S, I>, R>,
    ri_r: <L, Sum<R, I>, R>,
});

accesses!((L: Guardable) L: Load6 => LoadAt {
    s: <L, S, S>,
    i: <L, Constant, S>,
    r: <L, R, S>,
    s_r: <L, S, R>,
    i_r: <L, Constant, R>,
    r_r: <L, R, R>,
});

/// A load of the core op set with an offset of 16 bits.
pub struct LoadShortOffset<L, B>(PhantomData<(L, B)>);

impl<M: Mode, L: Load, B: LoadBounds<L>> Execute<M> for LoadShortOffset<L, B> {
    const GOES_ON: bool = true;

    const ZERO_EXTENDED: bool = L::Out::ZERO_EXTENDED;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a slot, an offset of 16 bits and a destination, in this order. `read` has the
        // same contract.
        unsafe {
            let (address, offset) = (<S as AddressMode>::get(r), r.u16(1) as u32);
            let Some(value) = B::read(r, address, offset) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            <S as Dest<L::Out>>::put(r, 2, value);
            r.advance(3);
        }
        Flow::Next
    }
}

impl<L: Load, B: LoadBounds<L>> Encoded for LoadShortOffset<L, B> {
    const FORMAT: Format = <S as AddressMode>::FORMAT.operand(Operand::Offset16).then(<S as Dest<L::Out>>::FORMAT);
}

accesses!((L: Guardable) L: LoadShort => LoadShortOffset {
    s: <L>,
});

/// A store of the core op set with an offset of 16 bits.
pub struct StoreShortOffset<T, V, B>(PhantomData<(T, V, B)>);

impl<M: Mode, T: Store, V: Source<T::In>, B: StoreBounds<T>> Execute<M> for StoreShortOffset<T, V, B> {
    const GOES_ON: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a slot, a value of class `V` and an offset of 16 bits, in this order. `write`
        // has the same contract.
        unsafe {
            let (address, offset) = (<S as AddressMode>::get(r), r.u16(1 + V::UNITS) as u32);
            let value = V::get(r, 1);
            let Some(()) = B::write(r, address, offset, value) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            r.advance(2 + V::UNITS);
        }
        Flow::Next
    }
}

impl<T: Store, V: Source<T::In>, B: StoreBounds<T>> Encoded for StoreShortOffset<T, V, B> {
    const FORMAT: Format = <S as AddressMode>::FORMAT.letter(b'_').then(V::FORMAT).operand(Operand::Offset16);
}

accesses!((T: GuardableStore) T: StoreShort => StoreShortOffset {
    s_s: <T, S>,
    s_i: <T, I>,
});

/// A store. The address has the class `A`, the value the class `V`, and `B` keeps the access in bounds.
pub struct StoreAt<T, A, V, B = Checked>(PhantomData<(T, A, V, B)>);

impl<M: Mode, T: Store, A: AddressMode, V: Source<T::In>, B: StoreBounds<T>> Execute<M> for StoreAt<T, A, V, B> {
    const GOES_ON: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees an address, a value and an offset, in this order. `write` has the same
        // contract.
        unsafe {
            let (address, offset) = (A::get(r), r.u32(A::UNITS + V::UNITS));
            let value = V::get(r, A::UNITS);
            let Some(()) = B::write(r, address, offset, value) else { return Flow::Trap(TrapCode::MemoryOutOfBounds) };
            r.advance(A::UNITS + V::UNITS + 2);
        }
        Flow::Next
    }
}

impl<T: Store, A: AddressMode, V: Source<T::In>, B: StoreBounds<T>> Encoded for StoreAt<T, A, V, B> {
    const FORMAT: Format = A::FORMAT.letter(b'_').then(V::FORMAT).operand(Operand::Offset);
}

accesses!((T: GuardableStore) T: StoreShape => StoreAt {
    s_s: <T, S, S>,
    s_i: <T, S, I>,
    i_s: <T, Constant, S>,
    i_i: <T, Constant, I>,
    r_s: <T, R, S>,
    r_i: <T, R, I>,
    ss_s: <T, Sum<S, S>, S>,
    sr_s: <T, Sum<S, R>, S>,
    si_s: <T, Sum<S, I>, S>,
    s_r: <T, S, R>,
    i_r: <T, Constant, R>,
    ss_r: <T, Sum<S, S>, R>,
    si_r: <T, Sum<S, I>, R>,
});

accesses!((T: GuardableStore) T: StoreFloat => StoreAt {
    s_r: <T, S, R>,
    i_r: <T, Constant, R>,
});

/// Returns the address of `size` bytes in the memory that the operand at unit `at` names, or `None` if they are out
/// of bounds. The address is the one in the first slot plus the offset that follows the memory operand.
///
/// # Safety
/// As [`Execute::run`], and the instruction has these operands.
#[inline(always)]
unsafe fn bytes_of_any<M: Mode>(r: &Regs<M>, at: usize, size: u32) -> Option<*mut u8> {
    // SAFETY: the caller guarantees the registers and operands, and both functions get their values.
    unsafe { if M::SMALL { find_once(r.ip, r.fp, r.cx, at, size) } else { find(r.ip, r.fp, r.cx, at, size) } }
}

/// As [`bytes_of_any`], with the registers as values. If a handler passed the address of its registers, it could not
/// end in a tail call.
///
/// # Safety
/// As [`bytes_of_any`].
#[inline(always)]
unsafe fn find<M: Mode>(ip: *const u8, fp: *mut u64, cx: *mut Instance<M>, at: usize, size: u32) -> Option<*mut u8> {
    let r = Regs::new(ip, fp, core::ptr::null_mut(), cx);
    // SAFETY: the caller guarantees the operands, so the index is in range of the instance's memories. The address is
    // used only if the bytes end at or below the memory's length.
    unsafe {
        let memory = *(*r.cx).memories.add(r.u16(at));
        let start = r.slot(0).read().checked_add(r.u64(at + 1))?;
        let end = start.checked_add(size.into())?;
        if end > (*memory).len() { None } else { Some((*memory).base.add(start as usize)) }
    }
}

/// As [`find`], but not inlined.
///
/// # Safety
/// As [`bytes_of_any`].
#[inline(never)]
unsafe fn find_once<M: Mode>(
    ip: *const u8,
    fp: *mut u64,
    cx: *mut Instance<M>,
    at: usize,
    size: u32,
) -> Option<*mut u8> {
    // SAFETY: the caller guarantees the contract of `find`.
    unsafe { find(ip, fp, cx, at, size) }
}

/// A load from any memory. In a build with shared memories, it may be one: such an access costs the same.
pub struct LoadFromAny<L>(PhantomData<L>);

impl<M: Mode, L: Load> Execute<M> for LoadFromAny<L> {
    const ZERO_EXTENDED: bool = L::Out::ZERO_EXTENDED;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees the operands, at these units. The bytes at `at` were checked.
        unsafe {
            let Some(at) = bytes_of_any(r, 1, L::SIZE) else {
                return Flow::Trap(TrapCode::MemoryOutOfBounds);
            };
            <S as Dest<L::Out>>::put(r, 6, L::load_shared(at));
            r.advance(7);
        }
        Flow::Next
    }
}

/// A store to any memory, shared ones included.
pub struct StoreToAny<T>(PhantomData<T>);

impl<M: Mode, T: Store> Execute<M> for StoreToAny<T> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees the operands, at these units. The bytes at `at` were checked.
        unsafe {
            let Some(at) = bytes_of_any(r, 2, T::SIZE) else {
                return Flow::Trap(TrapCode::MemoryOutOfBounds);
            };
            T::store_shared(at, <S as Source<T::In>>::get(r, 1));
            r.advance(7);
        }
        Flow::Next
    }
}

impl<L: Load> Encoded for LoadFromAny<L> {
    const FORMAT: Format =
        Format::source(b's', &[Operand::Src, Operand::Memory, Operand::Offset64]).then(<S as Dest<L::Out>>::FORMAT);
}

impl<T: Store> Encoded for StoreToAny<T> {
    const FORMAT: Format = Format::source(b's', &[Operand::Src])
        .operand(<T::In as Value>::SRC)
        .operand(Operand::Memory)
        .operand(Operand::Offset64);
}

variants!((L: Load) L: LoadAny => {
    s: LoadFromAny<L>,
});
variants!((T: Store) T: StoreAny => {
    s: StoreToAny<T>,
});

/// The rows. Memory is little-endian on every machine.
pub mod rows {
    use super::{Load, Store};
    use crate::handlers::shared::Bytes;

    macro_rules! loads {
        ($( $name:ident $($alias:ident)* : $bytes:ty as $out:ty, |$raw:ident| $value:expr; )*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub struct $name;
            impl Load for $name {
                type Out = $out;
                const SIZE: u32 = size_of::<$bytes>() as u32;
                #[inline(always)]
                unsafe fn load(at: *const u8) -> $out {
                    // SAFETY: the caller guarantees that many readable bytes. The read does not need alignment.
                    let $raw = <$bytes>::from_le(unsafe { at.cast::<$bytes>().read_unaligned() });
                    $value
                }
                #[inline(always)]
                unsafe fn load_shared(at: *const u8) -> $out {
                    // SAFETY: the caller guarantees that many readable bytes.
                    let $raw = <$bytes>::from_le(unsafe { <$bytes as Bytes>::read(at) });
                    $value
                }
            }
            $( pub use $name as $alias; )*
        )* };
    }

    loads! {
        Load32 Load32Any Load32Short: u32 as u32, |b| b;
        Load8S32 Load8S32Any Load8S32Short: i8 as i32, |b| i32::from(b);
        Load8U Load8UAny Load8UShort: u8 as u32, |b| u32::from(b);
        Load16S32 Load16S32Any Load16S32Short: i16 as i32, |b| i32::from(b);
        Load16U Load16UAny Load16UShort: u16 as u32, |b| u32::from(b);
        Load64 Load64Any Load64Short: u64 as u64, |b| b;
        Load8S64 Load8S64Any Load8S64Short: i8 as i64, |b| i64::from(b);
        Load16S64 Load16S64Any Load16S64Short: i16 as i64, |b| i64::from(b);
        Load32S64 Load32S64Any Load32S64Short: i32 as i64, |b| i64::from(b);
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
                    // SAFETY: the caller guarantees that many writable bytes. The write does not need alignment.
                    unsafe { at.cast::<$bytes>().write_unaligned(raw.to_le()) };
                }
                #[inline(always)]
                unsafe fn store_shared(at: *mut u8, $value: $in) {
                    let raw: $bytes = $raw;
                    // SAFETY: the caller guarantees that many writable bytes.
                    unsafe { Bytes::write(raw.to_le(), at) };
                }
            }
            $( pub use $name as $alias; )*
        )* };
    }

    stores! {
        Store8 Store8Any Store8Short: u32 as u8, |v| v as u8;
        Store16 Store16Any Store16Short: u32 as u16, |v| v as u16;
        Store32 Store32Any Store32Short: u32 as u32, |v| v;
        Store64 Store64Any Store64Short: u64 as u64, |v| v;
        StoreF32: f32 as u32, |v| v.to_bits();
        StoreF64: f64 as u64, |v| v.to_bits();
    }
}
