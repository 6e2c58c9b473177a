//! Verification of a whole image, and instantiation (spec: exec/modules#instantiation).

use core::marker::PhantomData;
use core::ptr;

use wasmote_ir::TrapCode;
use wasmote_ir::image::layout::{AT_FEATURES, AT_OP_SET, NONE, Section, constants, features, kinds, modes};
use wasmote_ir::image::{Image, ImageError, ImageErrorKind, LimitsRecord, OpSet};

use super::hooks::hooks;
use super::mode::{Func, Funcs};
use super::plan::{Plan, copied, global_slots, memory_bytes};
use super::{CallError, HostFunction, InPlace, Instance, LoadError};
use crate::activation::Activation;
use crate::mode::Absent;
use crate::state::{self, DataSegment, ElemSegment, EmptyMemory, Machine, Memory};

type Table = state::Table<InPlace>;

/// Verifies the whole image. It uses the buffer as scratch memory.
#[cfg(feature = "verify")]
pub(super) fn verify(image: &Image<'_>, buffer: &mut [u64], stack_slots: usize) -> Result<(), LoadError> {
    image.verify_metadata(cfg!(feature = "extended"))?;
    let needed = Plan::of(image, stack_slots).bytes;
    if size_of_val(buffer) < needed {
        return Err(LoadError::BufferTooSmall(needed));
    }
    // SAFETY: any bits are valid as `u32`. `Plan::bytes` includes what verification needs.
    let (_, scratch, _) = unsafe { buffer.align_to_mut::<u32>() };
    for index in image.imported(kinds::FUNC)..image.count(Section::Funcs) {
        let code = image.code_range(index).and_then(|range| image.bytes().get(range));
        image.verify_function(index, code.unwrap_or(&[]), scratch)?;
    }
    image.verify_data(image.bytes())?;
    Ok(())
}

/// Reads the header of an image. Refuses what execution in place or this build lacks, as far as the header says so.
/// Another crate of the program can enable features of `wasmote-ir` that this crate lacks.
pub(super) fn parse(bytes: &[u8]) -> Result<Image<'_>, LoadError> {
    use features::{ATOMICS, EXCEPTIONS, FLOAT, GC, REFERENCES, SIMD, THREADS};
    const NOT_HERE: u32 =
        REFERENCES | GC | EXCEPTIONS | SIMD | ATOMICS | THREADS | if cfg!(feature = "float") { 0 } else { FLOAT };
    let image = Image::parse(bytes)?;
    match ImageErrorKind::of_missing(image.features() & NOT_HERE) {
        None => Ok(image),
        Some(kind) => Err(ImageError::new(kind, AT_FEATURES as u32).into()),
    }
}

/// Reads an image that the embedder vouches for. Refuses it if this build cannot run it.
pub(super) fn trust(bytes: &[u8]) -> Result<Image<'_>, LoadError> {
    let image = parse(bytes)?;
    if !cfg!(feature = "extended") && image.op_set() == OpSet::Extended {
        return Err(ImageError::new(ImageErrorKind::Extended, AT_OP_SET as u32).into());
    }
    Ok(image)
}

/// The parts of an instance that is being made.
struct Parts<'a> {
    image: Image<'a>,
    base: *mut u8,
    plan: Plan,
}

impl Parts<'_> {
    /// Returns the address of item `index` in the list at `offset`.
    ///
    /// # Safety
    /// The plan has this list at `offset`, and `index` is in range.
    unsafe fn place<P>(&self, offset: usize, index: usize) -> *mut P {
        // SAFETY: the caller guarantees a list and index of the plan, which fits the buffer.
        unsafe { self.base.add(offset).cast::<P>().add(index) }
    }

    fn count(&self, section: Section) -> usize {
        self.image.count(section) as usize
    }
}

/// # Safety
/// The image is verified, or the embedder vouches for it.
pub(super) unsafe fn instantiate<'a, T, I: HostFunction<T>>(
    image: Image<'a>,
    imports: &'a [I],
    buffer: &'a mut [u64],
    stack_slots: usize,
    data: T,
    fuel: u64,
) -> Result<Instance<'a, T, I>, LoadError> {
    if !image.bytes().as_ptr().addr().is_multiple_of(8) {
        return Err(ImageError::new(ImageErrorKind::Misaligned, 0).into());
    }
    let plan = Plan::of(&image, stack_slots);
    let room = size_of_val(buffer);
    if room < plan.bytes {
        return Err(LoadError::BufferTooSmall(plan.bytes));
    }
    let base = buffer.as_mut_ptr().cast::<u8>();
    let parts = Parts { image, base, plan };
    let machine = base.cast::<Machine<InPlace>>();
    let imported = image.imported(kinds::FUNC);
    // SAFETY: the sections that a parsed image names lie in it.
    let (records, code) = unsafe {
        let first = image.bytes().as_ptr();
        (first.add(image.section(Section::Funcs)).cast::<Func>(), first.add(image.meta_end()))
    };
    // SAFETY: each offset is one of the plan, which fits the buffer, as was just checked.
    let record = unsafe {
        state::Instance {
            machine,
            funcs: Funcs { records: records.wrapping_add(imported as usize), code },
            imports: Absent,
            globals: parts.place(parts.plan.globals, 0),
            memories: parts.place(parts.plan.memory_pointers, 0),
            tables: parts.place(parts.plan.table_pointers, 0),
            data: parts.place(parts.plan.data, 0),
            elems: parts.place(parts.plan.elems, 0),
            tags: Absent,
            first_reference: Absent,
            imported_funcs: imported,
            defined_funcs: image.count(Section::Funcs) - imported,
            embedder: 0,
        }
    };
    // SAFETY: as above, and nothing else uses the buffer for `'a`. It is 8-aligned, as is each offset. The plan has
    // room for both records. The caller guarantees that counts, indices and offsets of the image are in range.
    let (stack, instance, resolved) = unsafe {
        base.write_bytes(0, parts.plan.bytes_of_memories);
        let instance: *mut state::Instance<InPlace> = parts.place(parts.plan.instance, 0);
        let stack = parts.place(parts.plan.stack, 0);
        machine.write(Machine::new(stack, stack_slots, hooks::<T, I>()));
        (*machine).fuel = fuel;
        (*machine).funcs_len = image.count(Section::Funcs);
        instance.write(record);
        resolve(&parts, imports)?;
        parts.memories(room);
        parts.globals();
        parts.tables();
        parts.segments()?;
        (stack, instance, parts.place(parts.plan.resolved, 0))
    };
    let activation = Activation::none(stack, instance);
    let buffer = PhantomData;
    let mut made = Instance { image, imports, machine, instance, resolved, data, activation, waiting: None, buffer };
    if let Some(start) = image.start() {
        match made.call_index(start, &[], &mut []) {
            Ok(()) => {}
            Err(CallError::Trap(code)) => return Err(LoadError::Trap(code)),
            Err(_) => return Err(LoadError::NotAFunction(start)),
        }
    }
    Ok(made)
}

/// Finds each imported function in `imports`.
///
/// # Safety
/// The parts are as [`instantiate`] set them up.
unsafe fn resolve<T, I: HostFunction<T>>(parts: &Parts<'_>, imports: &[I]) -> Result<(), LoadError> {
    let image = &parts.image;
    for index in 0..image.count(Section::Imports) {
        let Some(wanted) = image.import(index) else { break };
        let ty = image.func(wanted.index).and_then(|func| image.ty(func.ty.into()));
        let Some(ty) = ty.filter(|_| wanted.kind == kinds::FUNC) else { return Err(LoadError::NotAFunction(index)) };
        let named = |import: &I| import.is_named(wanted.module, wanted.name);
        let Some(found) = imports.iter().position(named) else { return Err(LoadError::MissingImport(index)) };
        let same = |results| image.val_types(ty, results).eq(imports[found].types(results));
        if !same(false) || !same(true) {
            return Err(LoadError::ImportType(index));
        }
        let Ok(found) = u16::try_from(found) else { return Err(LoadError::MissingImport(index)) };
        // SAFETY: the plan has one entry for each imported function, and `wanted.index` is such a function's.
        unsafe { parts.place::<u16>(parts.plan.resolved, wanted.index as usize).write(found) };
    }
    Ok(())
}

impl Parts<'_> {
    /// Sets up the memories. All of the buffer, `room` bytes, is theirs behind the first one.
    ///
    /// # Safety
    /// The parts are as [`instantiate`] set them up.
    unsafe fn memories(&self, room: usize) {
        let count = self.count(Section::Memories);
        let empty = Memory {
            base: EmptyMemory::base(),
            page_log2: 16,
            memory64: false,
            shared: false,
            max_pages: 0,
            embedder: 0,
        };
        // SAFETY: the plan has a record and a pointer for one memory at least.
        unsafe { self.write_memory(0, empty) };
        let mut at = self.plan.bytes_of_memories;
        // Memory 0 comes last, because it can grow.
        for index in (1..count).chain((count > 0).then_some(0)) {
            let (Some(memory), Some(len)) = (self.image.memory(index as u32), memory_bytes(&self.image, index as u32))
            else {
                continue;
            };
            let start = at + 8;
            at = (start + len).next_multiple_of(8);
            // SAFETY: the plan has the initial bytes of all memories in this order, with 8 more in front of each.
            let base = unsafe {
                let base = self.base.add(start);
                base.write_bytes(0, len);
                base.cast::<u64>().sub(1).write(len as u64);
                base
            };
            let LimitsRecord { what, wide, max, .. } = memory;
            let room = if index == 0 { room - start } else { len };
            let record = Memory {
                base,
                page_log2: what,
                memory64: wide,
                shared: false,
                // The limit is what there is room for, so that code does not pay fuel for growth that must fail.
                max_pages: max.or(memory.most_pages()).unwrap_or(0).min((room as u64).unbounded_shr(what)),
                embedder: room,
            };
            // SAFETY: the plan has a record and a pointer for each memory.
            unsafe { self.write_memory(index, record) };
        }
    }

    /// Writes a memory's record and the pointer to it.
    ///
    /// # Safety
    /// The parts are as [`instantiate`] set them up. The plan has a memory with this index.
    unsafe fn write_memory(&self, index: usize, record: Memory) {
        // SAFETY: the caller guarantees the index.
        unsafe {
            let place = self.place::<Memory>(self.plan.memories, index);
            place.write(record);
            self.place::<*mut Memory>(self.plan.memory_pointers, index).write(place);
        }
    }

    /// Sets up the globals with their initial values.
    ///
    /// # Safety
    /// The parts are as [`instantiate`] set them up.
    unsafe fn globals(&self) {
        let mut at = 0;
        for index in 0..self.count(Section::Globals) {
            let Some(global) = self.image.global(index as u32) else { break };
            let value = self.evaluate(global.init);
            // SAFETY: the plan has a pointer and enough slots for each global.
            unsafe {
                let place: *mut u64 = self.place(self.plan.values, at);
                self.place::<*mut u64>(self.plan.globals, index).write(place);
                place.write(value[0]);
                if global_slots(global.content) == 2 {
                    place.add(1).write(value[1]);
                }
            }
            at += global_slots(global.content);
        }
    }

    /// Sets up the tables with their initial elements.
    ///
    /// # Safety
    /// The parts are as [`instantiate`] set them up.
    unsafe fn tables(&self) {
        let mut at = 0;
        for index in 0..self.count(Section::Tables) {
            let Some(table) = self.image.table(index as u32) else { break };
            let value = if table.init == NONE { 0 } else { self.evaluate(table.init)[0] as u32 };
            // SAFETY: the plan has a record, a pointer, and room for the elements of each table.
            unsafe {
                let elems: *mut u32 = self.place(self.plan.elements, at);
                for element in 0..table.min as usize {
                    elems.add(element).write(value);
                }
                let record =
                    Table { elems, len: table.min, max: table.min, table64: table.wide, written: Absent, embedder: 0 };
                self.place::<Table>(self.plan.tables, index).write(record);
                self.place::<*mut Table>(self.plan.table_pointers, index).write(self.place(self.plan.tables, index));
            }
            at += table.min as usize;
        }
    }

    /// Sets up the segments and copies the active ones.
    ///
    /// # Safety
    /// The parts are as [`instantiate`] set them up.
    unsafe fn segments(&self) -> Result<(), LoadError> {
        let image = &self.image;
        let mut at = 0;
        // All segments are set up before the first active one is copied.
        for index in 0..self.count(Section::Elems) {
            let Some(elem) = image.elem(index as u32) else { break };
            // Items that are not copied are used where they lie in the image, which the verifier checks.
            let mut elems = image.bytes().as_ptr().wrapping_add(image.section(Section::Items)).cast::<u32>();
            elems = elems.wrapping_add(elem.items as usize);
            if copied(elem.exprs) {
                // SAFETY: the plan has room for the items that are copied.
                let place: *mut u32 = unsafe { self.place(self.plan.items, at) };
                for i in 0..elem.count {
                    let item = image.item(elem.items + i).unwrap_or(0);
                    let value = if elem.exprs { self.evaluate(item)[0] as u32 } else { item };
                    // SAFETY: as above, for all items of the segment.
                    unsafe { place.add(i as usize).write(value) };
                }
                elems = place;
                at += elem.count as usize;
            }
            let len = if elem.mode == modes::DECLARED { 0 } else { elem.count as usize };
            // SAFETY: the plan has a record for each segment.
            unsafe { self.place::<ElemSegment>(self.plan.elems, index).write(ElemSegment { elems, len }) };
        }
        let indexed = image.indexed_data() as usize;
        for (index, (_, bytes)) in image.data_segments().enumerate().take(indexed) {
            let record = DataSegment { bytes: bytes.as_ptr(), len: bytes.len() };
            // SAFETY: the plan has a record for each data segment that is addressed by an index.
            unsafe { self.place::<DataSegment>(self.plan.data, index).write(record) };
        }
        for index in 0..self.count(Section::Elems) {
            let Some(elem) = image.elem(index as u32).filter(|elem| elem.mode == modes::ACTIVE) else { continue };
            let to = self.evaluate(elem.offset)[0];
            // SAFETY: the records were written above, and the verifier checks the target's index. The range is checked
            // before the copy. The items lie in the image or among the plan's items, so they do not overlap the table.
            unsafe {
                let segment: *mut ElemSegment = self.place(self.plan.elems, index);
                let table: *mut Table = self.place(self.plan.tables, elem.target as usize);
                if to.checked_add((*segment).len as u64).is_none_or(|end| end > (*table).len) {
                    return Err(LoadError::Trap(TrapCode::TableOutOfBounds));
                }
                ptr::copy_nonoverlapping((*segment).elems, (*table).elems.add(to as usize), (*segment).len);
                (*segment).len = 0;
            }
        }
        for (index, (data, bytes)) in image.data_segments().enumerate() {
            if data.mode != modes::ACTIVE {
                continue;
            }
            let to = if data.fixed { data.offset.into() } else { self.evaluate(data.offset)[0] };
            // SAFETY: the records were written above, and the verifier checks the target's index. The range is checked
            // before the copy. The bytes lie in the image, so they do not overlap the memory.
            unsafe {
                let memory: *mut Memory = self.place(self.plan.memories, data.target as usize);
                if to.checked_add(bytes.len() as u64).is_none_or(|end| end > (*memory).len()) {
                    return Err(LoadError::Trap(TrapCode::MemoryOutOfBounds));
                }
                ptr::copy_nonoverlapping(bytes.as_ptr(), (*memory).base.add(to as usize), bytes.len());
                if index < indexed {
                    (*self.place::<DataSegment>(self.plan.data, index)).len = 0;
                }
            }
        }
        Ok(())
    }

    /// Evaluates a constant expression and returns its value in slots. The image verifier checks that all its words
    /// exist and that the stack is deep enough.
    fn evaluate(&self, at: u32) -> [u64; 2] {
        let mut stack = [0u64; constants::MAX_DEPTH];
        let mut high = 0;
        let mut depth = 0usize;
        let mut at = at;
        let word = |at: u32| self.image.constant(at).unwrap_or(constants::END);
        let wide = |at: u32| u64::from(word(at)) | u64::from(word(at + 1)) << 32;
        loop {
            let tag = word(at) & 0xff;
            let (value, words) = match tag {
                constants::END => return [stack[0], high],
                constants::NUM => (wide(at + 1), 3),
                constants::V128 => {
                    high = wide(at + 3);
                    (wide(at + 1), 5)
                }
                constants::GLOBAL_GET => {
                    // SAFETY: the verifier lets an expression read only earlier globals, which have their pointers
                    // and values already.
                    let global: *mut u64 =
                        unsafe { self.place::<*mut u64>(self.plan.globals, word(at + 1) as usize).read() };
                    let pair = self.image.global(word(at + 1)).is_some_and(|global| global_slots(global.content) == 2);
                    // SAFETY: the pointer leads to the global's slot, and to two slots for a vector.
                    unsafe {
                        high = if pair { global.add(1).read() } else { 0 };
                        (global.read(), 2)
                    }
                }
                constants::REF_NULL => (0, 2),
                constants::REF_FUNC => (u64::from(word(at + 1)) + 1, 2),
                _ => {
                    depth = depth.saturating_sub(2);
                    let (a, b) = (stack.get(depth).copied(), stack.get(depth + 1).copied());
                    let (a, b) = (a.unwrap_or(0), b.unwrap_or(0));
                    let narrow = |value: u64| u64::from(value as u32);
                    let value = match tag {
                        constants::I32_ADD => narrow(a.wrapping_add(b)),
                        constants::I32_SUB => narrow(a.wrapping_sub(b)),
                        constants::I32_MUL => narrow(a.wrapping_mul(b)),
                        constants::I64_ADD => a.wrapping_add(b),
                        constants::I64_SUB => a.wrapping_sub(b),
                        _ => a.wrapping_mul(b),
                    };
                    (value, 1)
                }
            };
            if let Some(top) = stack.get_mut(depth) {
                *top = value;
            }
            depth += 1;
            at += words;
        }
    }
}
