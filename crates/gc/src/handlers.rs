//! The meaning of each GC instruction (spec: exec/instructions#aggregate-instructions). `wasmote-ir`'s `objects.rs`
//! has the rows.
//!
//! Any reference leads to some address in the heap; see [`exec::Heap::place`]. An index is checked against the
//! array's length, and then against the end of the heap, because code that was not validated may have written the
//! length.

use wasmote_exec as exec;
use wasmote_exec::extend::{Execute, Flow, Handler, Linked, Regs, cold, hot};
use wasmote_ir::ops::{FIRST_OBJECT, OBJECT_OPCODES};
use wasmote_ir::{Op, Opcode, TrapCode};

use crate::barrier;
use crate::layout::{Layout, Layouts, array_bytes};

/// The handlers of GC instructions, in order, for [`exec::CodeLinker::new`].
pub static HANDLERS: [Handler; OBJECT_OPCODES] = build();

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        const fn build() -> [Handler; OBJECT_OPCODES] {
            let mut table = [cold::<Linked, rows::StructNew> as Handler; OBJECT_OPCODES];
            $( table[Opcode::only(Op::$name).0 as usize - FIRST_OBJECT] = rows::$name::HANDLER; )*
            table
        }
    };
}
wasmote_ir::for_each_object_op!(collect);

/// Returns the machine's heap.
///
/// # Safety
/// The registers are those of a running function, and the reference is not used after its instruction or a call of a
/// hook.
#[inline(always)]
pub(crate) unsafe fn heap<'a>(r: &Regs) -> &'a mut exec::Heap {
    // SAFETY: the caller guarantees a running instance, whose machine is live. Nothing else uses the heap while an
    // instruction runs.
    unsafe { &mut (*(*r.cx).machine).heap }
}

/// Returns the layouts of the store's types.
///
/// # Safety
/// The registers are those of a running function, in a store with a heap.
#[inline(always)]
unsafe fn layouts<'a>(r: &Regs) -> &'a Layouts {
    // SAFETY: the caller guarantees a store with a heap. Only such stores run GC instructions, and the heap's owner
    // set `layouts` to a `Layouts`.
    unsafe { &*heap(r).layouts.cast::<Layouts>() }
}

/// Returns the address of the object to which the slot at this unit refers.
///
/// # Safety
/// As `Execute::run`, and the instruction has a slot operand at this unit.
#[inline(always)]
unsafe fn object(r: &Regs, at: usize) -> Result<*mut u8, TrapCode> {
    // SAFETY: the caller guarantees the slot operand and a running instance.
    match unsafe { heap(r).place(r.slot(at).read() as u32) } {
        Some(place) => Ok(place),
        None => Err(TrapCode::NullReference),
    }
}

/// Returns the header of an object.
///
/// # Safety
/// `place` is an address in the heap, as [`exec::Heap::place`] returns.
#[inline(always)]
unsafe fn header(place: *const u8) -> u64 {
    // SAFETY: the caller guarantees an address in the heap. The slack behind the heap makes eight bytes readable
    // there.
    unsafe { place.cast::<u64>().read_unaligned() }
}

/// Returns the address of `count` elements from `index` on, in the array to which the slot at this unit refers.
///
/// # Safety
/// As `object`.
#[inline(always)]
pub(crate) unsafe fn elements(r: &Regs, at: usize, index: u32, count: u32, log2: u32) -> Result<*mut u8, TrapCode> {
    // SAFETY: the caller guarantees the slot operand. The elements end at or below the heap's edge, so the address
    // lies in the heap.
    unsafe {
        let place = object(r, at)?;
        let end = u64::from(index) + u64::from(count);
        let room = heap(r).edge.addr().saturating_sub(place.addr()) as u64;
        if end > header(place) >> 32 || 8 + (end << log2) > room {
            return Err(TrapCode::ArrayOutOfBounds);
        }
        Ok(place.add(8 + ((index as usize) << log2)))
    }
}

/// Returns the address of an element. The first two units name the array and the index. It overwrites the integer
/// accumulator.
///
/// # Safety
/// As `Execute::run`, and the instruction has slot operands at units 0 and 1.
#[inline(always)]
unsafe fn element(r: &mut Regs, log2: u32) -> Result<*mut u8, TrapCode> {
    // SAFETY: the caller guarantees the slot operands. The array's length is readable in its header. The element
    // begins at or below the heap's edge, and the slack behind it has room for one element.
    unsafe {
        let place = object(r, 0)?;
        // The accumulator is one more register for the index.
        r.hold(u64::from(r.slot(1).read() as u32));
        let index = r.held() as u32;
        let len = place.add(if cfg!(target_endian = "little") { 4 } else { 0 }).cast::<u32>().read_unaligned();
        if index >= len {
            return Err(TrapCode::ArrayOutOfBounds);
        }
        // With 32-bit addresses, an invalid length could make the address wrap around.
        if cfg!(not(target_pointer_width = "64"))
            && 8 + (u64::from(index) << log2) > heap(r).edge.addr().wrapping_sub(place.addr()) as u64
        {
            return Err(TrapCode::ArrayOutOfBounds);
        }
        let to = place.wrapping_add(8 + ((index as usize) << log2));
        if to > heap(r).edge {
            return Err(TrapCode::ArrayOutOfBounds);
        }
        Ok(to)
    }
}

/// Checks that the slots are enough for an array's element. An image can give any number of slots.
#[inline(always)]
pub(crate) fn has_slots(count: usize, log2: u32) -> Result<(), TrapCode> {
    if count < if log2 == 4 { 2 } else { 1 } { Err(TrapCode::UnreachableCodeReached) } else { Ok(()) }
}

/// Allocates an object. All slots from the one that unit `top` names on are free.
///
/// # Safety
/// As `Execute::run`, and the instruction has a slot operand at unit `top`.
#[inline(always)]
unsafe fn new_object(r: &Regs, bytes: usize, header: u64, top: usize) -> Result<u32, TrapCode> {
    // SAFETY: the caller guarantees the operand and a running instance. The heap's owner keeps the bytes from
    // `cursor` to `limit` zero, also after `make_room`.
    unsafe {
        if let Some(reference) = heap(r).allocate(bytes, header) {
            return Ok(reference);
        }
        new_object_cold((*r.cx).machine, bytes, header, r.slot(top)).ok_or(TrapCode::HeapExhausted)
    }
}

/// Makes room for an object, and allocates it.
///
/// # Safety
/// As `new_object`. All slots from `top` on are free.
#[cold]
#[inline(never)]
unsafe fn new_object_cold(machine: *mut exec::Machine, bytes: usize, header: u64, top: *mut u64) -> Option<u32> {
    // SAFETY: the caller guarantees the machine and the slots.
    unsafe {
        if !((*machine).hooks.make_room)(machine, bytes, top) {
            return None;
        }
        (*machine).heap.allocate(bytes, header)
    }
}

/// Allocates an array of the type at unit 0. Returns its reference and the address of its elements.
///
/// # Safety
/// As `new_object`, and the instruction has a type operand at unit 0.
#[inline(always)]
pub(crate) unsafe fn new_array(r: &Regs, log2: u32, len: u32, top: usize) -> Result<(u32, *mut u8), TrapCode> {
    // SAFETY: the caller guarantees the operands. The new array lies in the heap, with its elements behind the
    // header.
    unsafe {
        let bytes = array_bytes(log2, len).ok_or(TrapCode::HeapExhausted)?;
        let reference = new_object(r, bytes, u64::from(r.u32(0)) | u64::from(len) << 32, top)?;
        Ok((reference, heap(r).base.add(reference as usize * 4 + 8)))
    }
}

/// Returns log2 of the element size of the array type at unit 0.
///
/// # Safety
/// As `Execute::run`, and the instruction has a type operand at unit 0.
#[inline(always)]
pub(crate) unsafe fn element_log2(r: &Regs) -> Result<u32, TrapCode> {
    // SAFETY: the caller guarantees the operand, in a store with a heap.
    match unsafe { layouts(r).get(r.u32(0)) } {
        Some(Layout::Array { log2, .. }) => Ok((*log2).into()),
        // This happens only in code that was not validated.
        _ => Err(TrapCode::UnreachableCodeReached),
    }
}

/// Writes a value from slots. `log2` gives its size in bytes.
///
/// # Safety
/// The size is at most 16 bytes. `to` has that many writable bytes, and `from` points to as many slots as the value
/// takes.
#[inline(always)]
pub unsafe fn store(to: *mut u8, from: *const u64, log2: u32) {
    // SAFETY: the caller guarantees the bytes at `to` and the slots at `from`. The writes do not need alignment.
    unsafe {
        let value = from.read();
        match log2 {
            0 => to.write(value as u8),
            1 => to.cast::<u16>().write_unaligned(value as u16),
            2 => to.cast::<u32>().write_unaligned(value as u32),
            3 => to.cast::<u64>().write_unaligned(value),
            _ => {
                to.cast::<u64>().write_unaligned(value);
                to.add(8).cast::<u64>().write_unaligned(from.add(1).read());
            }
        }
    }
}

/// Writes the fields of a new structure from `count` slots. Fields without a slot stay zero.
///
/// # Safety
/// `place` is the address of an object with these fields, and `values` points to `count` slots.
#[inline(always)]
unsafe fn set_fields(place: *mut u8, fields: &[(u32, u8)], values: *const u64, count: usize) {
    let mut slot = 0;
    for &(at, log2) in fields {
        let slots = if log2 == 4 { 2 } else { 1 };
        if slot + slots <= count {
            // SAFETY: the caller guarantees the object, and the slots from `slot` on are in the run.
            unsafe { store(place.add(at as usize), values.add(slot), log2.into()) };
        }
        slot += slots;
    }
}

/// Writes `count` copies of a value from slots. `log2` gives its size in bytes.
///
/// # Safety
/// As [`store`], and `to` has room for all copies.
#[inline(never)]
pub unsafe fn fill(to: *mut u8, value: *const u64, log2: u32, count: usize) {
    if count == 0 {
        return;
    }
    // SAFETY: the caller guarantees room for all copies. Each copy doubles what is written, from the bytes directly
    // in front, so the ranges do not overlap.
    unsafe {
        store(to, value, log2);
        let (mut done, all) = (1 << log2, count << log2);
        while done < all {
            let more = done.min(all - done);
            to.add(done).copy_from_nonoverlapping(to, more);
            done += more;
        }
    }
}

/// Prepares `count` elements from `to` on for being overwritten. Unit 0 names the array's type.
///
/// # Safety
/// As `Execute::run`, and the instruction has a type operand at unit `ty`, in a store with a heap. The elements lie in
/// the heap.
#[inline(always)]
pub(crate) unsafe fn overwrite(r: &Regs, ty: usize, to: *const u8, count: usize) {
    // SAFETY: the caller guarantees the operand and the elements, which are references if the layout says so.
    unsafe {
        if barrier::is_needed(heap(r))
            && let Some(Layout::Array { references: true, .. }) = layouts(r).get(r.u32(ty))
        {
            barrier::shade(heap(r), to, count);
        }
    }
}

/// Prepares `count` references from `to` on for being overwritten.
///
/// # Safety
/// The registers are those of a running function. The references lie in the heap or its slack.
#[inline(always)]
pub(crate) unsafe fn overwrite_references(r: &Regs, to: *const u8, count: usize) {
    // SAFETY: the caller guarantees a running function, whose machine is live, and the references.
    unsafe {
        if barrier::is_needed(heap(r)) {
            barrier::shade(heap(r), to, count);
        }
    }
}

/// Copies elements from a module's bytes, which are little-endian.
///
/// # Safety
/// `from` has `bytes` readable bytes, `to` as many writable ones, and they do not overlap.
pub(crate) unsafe fn copy_data(to: *mut u8, from: *const u8, bytes: usize, log2: u32) {
    // SAFETY: the caller guarantees both ranges.
    unsafe {
        to.copy_from_nonoverlapping(from, bytes);
        if cfg!(target_endian = "big") {
            core::slice::from_raw_parts_mut(to, bytes).chunks_exact_mut(1 << log2).for_each(<[u8]>::reverse);
        }
    }
}

/// Returns the address of `len` elements from `offset` on in the data segment that the unit names.
///
/// # Safety
/// As `Execute::run`, and the instruction has a data segment operand at this unit.
#[inline(always)]
pub(crate) unsafe fn data(r: &Regs, at: usize, offset: u32, len: u32, log2: u32) -> Result<*const u8, TrapCode> {
    // SAFETY: the caller guarantees the operand, which is in range of the instance's segments. The range was checked
    // against the segment.
    unsafe {
        let segment = &*(*r.cx).data.add(r.u32(at) as usize);
        if u64::from(offset) + (u64::from(len) << log2) > segment.len as u64 {
            return Err(TrapCode::MemoryOutOfBounds);
        }
        Ok(segment.bytes.add(offset as usize))
    }
}

/// Returns the address of `len` references from `offset` on in the element segment that the unit names.
///
/// # Safety
/// As `Execute::run`, and the instruction has an element segment operand at this unit.
#[inline(always)]
pub(crate) unsafe fn references(r: &Regs, at: usize, offset: u32, len: u32) -> Result<*const u32, TrapCode> {
    // SAFETY: the caller guarantees the operand, which is in range of the instance's segments. The range was checked
    // against the segment.
    unsafe {
        let segment = &*(*r.cx).elems.add(r.u32(at) as usize);
        if u64::from(offset) + u64::from(len) > segment.len as u64 {
            return Err(TrapCode::TableOutOfBounds);
        }
        Ok(segment.elems.add(offset as usize))
    }
}

/// Implements instructions that end at the next instruction, or in the trap that the body returns.
macro_rules! instructions {
    ($( $kind:ident $name:ident ($r:ident) $body:block )*) => { $(
        pub struct $name;
        impl $name {
            pub const HANDLER: Handler = $kind::<Linked, $name>;
        }
        impl Execute<Linked> for $name {
            #[inline(always)]
            unsafe fn run($r: &mut Regs) -> Flow {
                #[inline(always)]
                unsafe fn body($r: &mut Regs) -> Result<(), TrapCode> {
                    // SAFETY: `run` guarantees an instruction of this row, whose operands the body reads. Addresses
                    // of objects come from the functions above, which check them. A field's offset and size are below
                    // the heap's slack.
                    unsafe { $body }
                    Ok(())
                }
                // SAFETY: `body` has the contract of `run`, which the caller guarantees.
                match unsafe { body($r) } {
                    Ok(()) => {
                        // SAFETY: the caller guarantees an instruction of this row, and the row gives its length.
                        unsafe { $r.advance(const { wasmote_ir::Op::$name.operand_units() }) };
                        Flow::Next
                    }
                    Err(code) => Flow::Trap(code),
                }
            }
        }
    )* };
}
pub(crate) use instructions;

/// The rows.
mod rows {
    use super::*;
    pub use crate::casts::{BrOnCast, BrOnCastDesc, RefCast, RefCastDesc, RefTest};
    pub use crate::metered::*;

    /// Implements reads of a field or an element.
    macro_rules! reads {
        ($( $field:ident $element:ident $log2:literal $ty:ty as $to:ty; )*) => { instructions! { $(
            hot $field(r) {
                let value = object(r, 0)?.add(r.u32(1) as usize).cast::<$ty>().read_unaligned();
                r.hold(u64::from(value as $to));
                r.slot(3).write(r.held());
            }
            cold $element(r) {
                let value = element(r, $log2)?.cast::<$ty>().read_unaligned();
                r.hold(u64::from(value as $to));
                r.slot(2).write(r.held());
            }
        )* } };
    }
    reads! {
        StructGet8S ArrayGet8S 0 i8 as u32;
        StructGet8U ArrayGet8U 0 u8 as u32;
        StructGet16S ArrayGet16S 1 i16 as u32;
        StructGet16U ArrayGet16U 1 u16 as u32;
        StructGet32 ArrayGet32 2 u32 as u32;
        StructGet64 ArrayGet64 3 u64 as u64;
    }

    /// Implements writes of a field or an element.
    macro_rules! writes {
        ($( $kind:ident $field:ident $element:ident $log2:literal; )*) => { instructions! { $(
            $kind $field(r) {
                let to = object(r, 0)?.add(r.u32(2) as usize);
                // The accumulator is one more register for the address.
                r.hold(to.addr() as u64);
                store(to, r.slot(1), $log2);
            }
            cold $element(r) {
                let to = element(r, $log2)?;
                store(to, r.slot(2), $log2);
            }
        )* } };
    }
    writes! {
        hot StructSet8 ArraySet8 0;
        hot StructSet16 ArraySet16 1;
        hot StructSet64 ArraySet64 3;
        cold StructSet128 ArraySet128 4;
    }

    /// A store of 32 bits, which may be a reference. While a cycle runs, it is a handler with a stack frame.
    pub struct StructSet32;

    impl StructSet32 {
        pub const HANDLER: Handler = hot::<Linked, StructSet32>;
    }

    impl Execute<Linked> for StructSet32 {
        #[inline(always)]
        unsafe fn run(r: &mut Regs) -> Flow {
            // SAFETY: the caller guarantees an instruction of this row, whose operands are read, and a running
            // instance. The second handler continues with unchanged registers.
            unsafe {
                if barrier::is_needed(heap(r)) {
                    return Flow::TailCall(StructSet32Shading::HANDLER);
                }
                let Ok(place) = object(r, 0) else { return Flow::Trap(TrapCode::NullReference) };
                let to = place.add(r.u32(2) as usize);
                // The accumulator is one more register for the address.
                r.hold(to.addr() as u64);
                store(to, r.slot(1), 2);
                r.advance(const { Op::StructSet32.operand_units() });
                Flow::Next
            }
        }
    }

    /// [`StructSet32`] while a cycle runs.
    struct StructSet32Shading;

    impl StructSet32Shading {
        const HANDLER: Handler = cold::<Linked, StructSet32Shading>;
    }

    impl Execute<Linked> for StructSet32Shading {
        #[inline(always)]
        unsafe fn run(r: &mut Regs) -> Flow {
            // SAFETY: as above.
            unsafe {
                let Ok(place) = object(r, 0) else { return Flow::Trap(TrapCode::NullReference) };
                let to = place.add(r.u32(2) as usize);
                barrier::shade(heap(r), to, 1);
                store(to, r.slot(1), 2);
                r.advance(const { Op::StructSet32.operand_units() });
                Flow::Next
            }
        }
    }

    instructions! {
        cold ArraySet32(r) {
            let to = element(r, 2)?;
            overwrite_references(r, to, 1);
            store(to, r.slot(2), 2);
        }
        hot StructGet128(r) {
            let value = object(r, 0)?.add(r.u32(1) as usize).cast::<[u64; 2]>().read_unaligned();
            r.slot(3).cast::<[u64; 2]>().write(value);
        }
        cold ArrayGet128(r) {
            let value = element(r, 4)?.cast::<[u64; 2]>().read_unaligned();
            r.slot(2).cast::<[u64; 2]>().write(value);
        }
        hot ArrayLen(r) {
            r.hold(header(object(r, 0)?) >> 32);
            r.slot(1).write(r.held());
        }
        hot RefI31(r) {
            let value = (r.slot(0).read() as u32) << 1 | 1;
            r.slot(1).write(value.into());
        }
        hot I31GetS(r) {
            let value = r.slot(0).read() as u32;
            if value & 1 == 0 {
                return Err(TrapCode::NullReference);
            }
            r.slot(1).write(u64::from((value as i32 >> 1) as u32));
        }
        hot I31GetU(r) {
            let value = r.slot(0).read() as u32;
            if value & 1 == 0 {
                return Err(TrapCode::NullReference);
            }
            r.slot(1).write(u64::from(value >> 1));
        }

        cold StructNew(r) {
            let ty = r.u32(0);
            let Some(Layout::Fixed { bytes, fields, .. }) = layouts(r).get(ty) else {
                return Err(TrapCode::UnreachableCodeReached);
            };
            let reference = new_object(r, *bytes as usize, ty.into(), 5)?;
            set_fields(heap(r).base.add(reference as usize * 4), fields, r.slot(2), r.u16(3));
            r.slot(4).write(reference.into());
        }
        cold StructNewDesc(r) {
            let ty = r.u32(0);
            let Some(Layout::Fixed { bytes, fields, .. }) = layouts(r).get(ty) else {
                return Err(TrapCode::UnreachableCodeReached);
            };
            let values = r.slot(2);
            let Some(count) = r.u16(3).checked_sub(1) else { return Err(TrapCode::UnreachableCodeReached) };
            let descriptor = values.add(count).read() as u32;
            if descriptor == 0 {
                return Err(TrapCode::NullReference);
            }
            let reference = new_object(r, *bytes as usize, u64::from(ty) | u64::from(descriptor) << 32, 5)?;
            set_fields(heap(r).base.add(reference as usize * 4), fields, values, count);
            r.slot(4).write(reference.into());
        }
        cold RefGetDesc(r) {
            r.hold(header(object(r, 0)?) >> 32);
            r.slot(1).write(r.held());
        }
        cold StructNewDefault(r) {
            let ty = r.u32(0);
            let Some(Layout::Fixed { bytes, .. }) = layouts(r).get(ty) else { return Err(TrapCode::UnreachableCodeReached) };
            let reference = new_object(r, *bytes as usize, ty.into(), 3)?;
            r.slot(2).write(reference.into());
        }
        cold ArrayNew(r) {
            let (log2, len) = (element_log2(r)?, r.slot(4).read() as u32);
            has_slots(r.u16(3), log2)?;
            let (reference, to) = new_array(r, log2, len, 6)?;
            fill(to, r.slot(2), log2, len as usize);
            r.slot(5).write(reference.into());
        }
        cold ArrayNewDefault(r) {
            let (reference, _) = new_array(r, element_log2(r)?, r.slot(2).read() as u32, 4)?;
            r.slot(3).write(reference.into());
        }
        cold ArrayNewFixed(r) {
            let (log2, slots) = (element_log2(r)?, r.u16(3));
            let each = if log2 == 4 { 2 } else { 1 };
            let (reference, to) = new_array(r, log2, (slots / each) as u32, 5)?;
            for i in 0..slots / each {
                store(to.add(i << log2), r.slot(2).add(i * each), log2);
            }
            r.slot(4).write(reference.into());
        }
        cold ArrayNewData(r) {
            let (log2, offset, len) = (element_log2(r)?, r.slot(2).read() as u32, r.slot(3).read() as u32);
            let from = data(r, 4, offset, len, log2)?;
            let (reference, to) = new_array(r, log2, len, 7)?;
            copy_data(to, from, (len as usize) << log2, log2);
            r.slot(6).write(reference.into());
        }
        cold ArrayNewElem(r) {
            let (offset, len) = (r.slot(2).read() as u32, r.slot(3).read() as u32);
            let from = references(r, 4, offset, len)?;
            let (reference, to) = new_array(r, 2, len, 7)?;
            to.cast::<u32>().copy_from_nonoverlapping(from, len as usize);
            r.slot(6).write(reference.into());
        }
        cold ArrayFill(r) {
            let (log2, len) = (element_log2(r)?, r.slot(6).read() as u32);
            has_slots(r.u16(5), log2)?;
            let to = elements(r, 2, r.slot(3).read() as u32, len, log2)?;
            overwrite(r, 0, to, len as usize);
            fill(to, r.slot(4), log2, len as usize);
        }
        cold ArrayCopy(r) {
            let (log2, len) = (element_log2(r)?, r.slot(6).read() as u32);
            let to = elements(r, 2, r.slot(3).read() as u32, len, log2)?;
            let from = elements(r, 4, r.slot(5).read() as u32, len, log2)?;
            overwrite(r, 0, to, len as usize);
            from.copy_to(to, (len as usize) << log2);
        }
        cold ArrayInitData(r) {
            let (log2, len) = (element_log2(r)?, r.slot(5).read() as u32);
            let to = elements(r, 2, r.slot(3).read() as u32, len, log2)?;
            let from = data(r, 6, r.slot(4).read() as u32, len, log2)?;
            copy_data(to, from, (len as usize) << log2, log2);
        }
        cold ArrayInitElem(r) {
            let len = r.slot(5).read() as u32;
            let to = elements(r, 2, r.slot(3).read() as u32, len, 2)?;
            let from = references(r, 6, r.slot(4).read() as u32, len)?;
            overwrite_references(r, to, len as usize);
            to.cast::<u32>().copy_from_nonoverlapping(from, len as usize);
        }
    }
}
