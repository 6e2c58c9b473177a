//! Instantiation (spec: exec/modules#instantiation).

use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use wasmote_decode::{ElemItems, ExportKind, SegmentMode};
use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{TryVec, try_collect, try_with_capacity};
use wasmote_ir::frame::HEADER;

use crate::arena::FixedSlice;
use crate::code::Variant;
use crate::constant::{evaluate, invalid};
use crate::engine::Engine;
use crate::error::{Error, Fault};
use crate::instance::{InstanceRecord, Parts};
use crate::item::Item;
use crate::memory::MemoryRecord;
use crate::module::{Module, ModuleInner, NO_HEADER};
use crate::origin::Offset;
use crate::run::invoke_with_hooks;
use crate::store::Store;
use crate::table::TableRecord;
use crate::tag::TagRecord;
use crate::type_ids::TypeIds;

/// Makes an instance and runs its start function. The instance stays in the store even if this fails, since tables
/// may contain its functions by then.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it.
// Not inlined: its callers are generic over the embedder's data, and each would have a copy.
#[inline(never)]
pub(crate) unsafe fn instantiate(mut root: NonNull<Store>, module: &Module, imports: &[Item]) -> Result<u32, Error> {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. This reference ends before the start
    // function runs.
    let (index, start) = prepare(unsafe { root.as_mut() }, module, imports)?;
    if let Some(start) = start {
        // SAFETY: the caller borrows the store mutably and holds no reference to it. `start` is a record of the store.
        // Validation allows no parameters and no results for a start function.
        unsafe { invoke_with_hooks(root, start, &[], &mut [])? };
    }
    Ok(index)
}

/// Makes an instance. Returns its number and the reference to its start function, which has not run.
pub(crate) fn without_start(store: &mut Store, module: &Module, imports: &[Item]) -> Result<(u32, Option<u32>), Error> {
    let (index, start) = prepare(store, module, imports)?;
    // SAFETY: `prepare` returns the record of a function in this store.
    let start = start.map(|start| unsafe { (*start).reference });
    Ok((index, start))
}

/// Makes an instance. Returns its number and the record of its start function, which has not run.
fn prepare(store: &mut Store, module: &Module, imports: &[Item]) -> Result<(u32, Option<*mut exec::Func>), Error> {
    check_imports(store, module, imports)?;
    let index = store.instances.len() as u32;
    let scope = store.enter(0)?;
    // SAFETY: `allocate` just made the record, complete but for its segments.
    let made = allocate(store, module, imports).and_then(|record| unsafe { initialise(store, record) });
    // From here on, the instance itself keeps the objects of its constant expressions alive.
    store.leave(scope);
    Ok((index, made?))
}

/// Returns the part of a table's record that handlers use.
fn table_of(store: &Store, index: u32) -> Result<*mut exec::Table, Error> {
    Ok(store.tables.get(index as usize).ok_or_else(invalid)?.as_ptr().cast())
}

/// Returns the part of a memory's record that handlers use.
fn memory_of(store: &Store, index: u32) -> Result<*mut exec::Memory, Error> {
    Ok(store.memories.get(index as usize).ok_or_else(invalid)?.as_ptr().cast())
}

/// Returns the place of a global's value, which handlers use.
fn global_of(store: &Store, index: u32) -> Result<*mut u64, Error> {
    Ok(store.globals.get(index as usize).ok_or_else(invalid)?.as_ptr().cast())
}

#[inline(never)]
fn check_imports(store: &Store, module: &Module, given: &[Item]) -> Result<(), Error> {
    if !Engine::same(module.engine(), &store.engine) {
        return Err(Error::instantiate("the module and the store belong to different engines"));
    }
    let imports = &module.info().imports;
    let fit = imports.len() == given.len()
        && imports.iter().zip(given).all(|(import, &given)| store.matches(module, import.ty, given));
    if fit { Ok(()) } else { Err(Error::of(Fault::Imports)) }
}

/// Makes the record with all its parts, and the initial values of globals and tables. Segments follow in
/// `initialise`.
#[inline(never)]
fn allocate(store: &mut Store, module: &Module, given: &[Item]) -> Result<NonNull<InstanceRecord>, Error> {
    let inner = module.inner();
    let info = &inner.info;
    // The lists get their full capacity now.
    let mut imports = try_with_capacity(info.imported_funcs as usize)?;
    let mut globals: Vec<*mut u64> = try_with_capacity(info.globals.len())?;
    let mut memories: Vec<*mut exec::Memory> = try_with_capacity(info.memories.len().max(1))?;
    let mut tables: Vec<*mut exec::Table> = try_with_capacity(info.tables.len())?;
    let mut tags: Vec<u32> = try_with_capacity(info.tags.len())?;
    let mut first_memory = None;
    for &given in given {
        match given {
            Item::Func(func) => imports.try_push(store.func(func).ok_or_else(invalid)?)?,
            Item::Table(table) => tables.try_push(table_of(store, table)?)?,
            Item::Memory(memory) => {
                memories.try_push(memory_of(store, memory)?)?;
                first_memory.get_or_insert(memory);
            }
            Item::Global(global) => globals.try_push(global_of(store, global)?)?,
            Item::Tag(tag) => tags.try_push(tag)?,
        }
    }
    let new = |all: usize, imported: usize| all.saturating_sub(imported);
    store.permit_more(1, new(info.memories.len(), memories.len()), new(info.tables.len(), tables.len()))?;
    for &ty in info.memories.get(memories.len()..).ok_or_else(invalid)? {
        let memory = store.add_memory(ty)?;
        memories.try_push(memory_of(store, memory)?)?;
        first_memory.get_or_insert(memory);
    }
    for &ty in info.tags.get(tags.len()..).ok_or_else(invalid)? {
        let type_id = *inner.type_ids.ids().get(ty as usize).ok_or_else(invalid)?;
        let ty = inner.type_ids.func_type(ty).ok_or_else(invalid)?.try_clone()?;
        tags.try_push(store.add_tag_of(TagRecord { ty, type_id })?)?;
    }
    let root: *mut Store = store.machine.embedder.cast();
    if memories.is_empty() {
        // SAFETY: `root` is the store's own pointer to itself, and `&raw mut` only computes the address of a field.
        memories.try_push(unsafe { &raw mut (*root).no_memory })?;
    }

    let number = store.instances.len();
    // Code relies on guard pages only where memory 0 has them.
    let variant = match first_memory {
        Some(memory) if inner.guarded() && !store.memory(memory).is_guarded() => Variant::Checked,
        _ => Variant::Usual,
    };
    let mut record = store.instances.push(InstanceRecord {
        exec: exec::Instance {
            // SAFETY: `root` is the store's own pointer to itself, and `&raw mut` only computes the address of its
            // machine.
            machine: unsafe { &raw mut (*root).machine },
            funcs: ptr::null_mut(),
            imports: ptr::null(),
            globals: ptr::null(),
            memories: ptr::null(),
            tables: ptr::null(),
            tags: ptr::null(),
            data: ptr::null_mut(),
            elems: ptr::null_mut(),
            first_reference: 0,
            imported_funcs: imports.len() as u32,
            defined_funcs: info.bodies.len() as u32,
            embedder: number,
        },
        module: module.clone(),
        memory: None,
        parts: Parts::default(),
        variant,
        ready: false,
    })?;
    // From here on, the record holds the module. The module holds its types, so their numbers stay valid.
    store.add_types(&inner.type_ids)?;
    let mut parts = Parts {
        funcs: functions(inner, record, variant)?,
        imports: FixedSlice::new(imports),
        memories: FixedSlice::new(memories),
        ..Parts::default()
    };

    let made = initial(store, inner, &parts, &mut globals, &mut tables).and_then(|first_reference| {
        parts.globals = FixedSlice::new(globals);
        parts.tables = FixedSlice::new(tables);
        parts.tags = FixedSlice::new(tags);
        (parts.data, parts.elems) = segments(inner)?;
        Ok(first_reference)
    });

    // SAFETY: the record was just made. Only functions refer to it, and they do not run yet.
    let target = unsafe { record.as_mut() };
    let exec = &mut target.exec;
    exec.funcs = parts.funcs.start();
    exec.first_reference = *made.as_ref().unwrap_or(&0);
    exec.imports = parts.imports.start();
    exec.globals = parts.globals.start();
    exec.memories = parts.memories.start();
    exec.tables = parts.tables.start();
    exec.tags = parts.tags.start();
    (exec.data, exec.elems) = (parts.data.start(), parts.elems.start());
    // Initial values may have made references to functions, which outlive a failure. Their records stay, but must
    // never run, nor be found by the reference alone.
    if made.is_err() {
        exec.defined_funcs = 0;
        for index in 0..parts.funcs.len() {
            if let Some(func) = parts.funcs.get(index) {
                // SAFETY: `get` returns only records of this slice, which nothing else uses now.
                unsafe { (*func).entry = exec::cells::translate_stub() };
            }
        }
    }
    target.ready = made.is_ok();
    target.parts = parts;
    made.map(|_| record)
}

/// Makes the segments that instructions can name. Element segments are empty until their values exist, since
/// evaluating one may fail when other code already has functions of the instance.
#[inline(never)]
fn segments(module: &ModuleInner) -> Result<(FixedSlice<exec::DataSegment>, FixedSlice<exec::ElemSegment>), Error> {
    let indexed = module.indexed_data();
    let mut data = try_with_capacity(indexed)?;
    if indexed > 0 {
        module.each_data(&mut |_, segment| {
            let bytes = segment.bytes.ok_or_else(invalid)?;
            Ok(data.try_push(exec::DataSegment { bytes: bytes.as_ptr(), len: bytes.len() })?)
        })?;
    }
    let empty = || exec::ElemSegment { elems: ptr::NonNull::dangling().as_ptr(), len: 0 };
    let elems = try_collect(module.info.elems.iter().map(|_| empty()))?;
    Ok((FixedSlice::new(data), FixedSlice::new(elems)))
}

/// Makes the globals and tables that a module defines, with their initial values, and the references to its functions.
/// Returns the first of these.
#[inline(never)]
fn initial(
    store: &mut Store,
    inner: &ModuleInner,
    parts: &Parts,
    globals: &mut Vec<*mut u64>,
    tables: &mut Vec<*mut exec::Table>,
) -> Result<u32, Error> {
    let info = &inner.info;
    let first_table = tables.len();
    for i in (first_table..).take(info.table_inits.len()) {
        let ty = *info.tables.get(i).ok_or_else(invalid)?;
        let table = store.add_table(inner.table_type(ty), 0)?;
        tables.try_push(table_of(store, table)?)?;
    }
    // SAFETY: the functions were just made, and the instance's record keeps them from now on, whatever fails.
    let first_reference = unsafe { store.add_references(parts.funcs.start(), parts.funcs.len()) }?;
    for (init, i) in info.global_inits.iter().zip(globals.len()..) {
        let ty = *info.globals.get(i).ok_or_else(invalid)?;
        let value = evaluate(store, &inner.type_ids, parts, globals, init)?;
        let global = store.add_global(inner.global_type(ty), value)?;
        globals.try_push(global_of(store, global)?)?;
    }
    for (init, &table) in info.table_inits.iter().zip(tables.iter().skip(first_table)) {
        if let Some(init) = init {
            let value = evaluate(store, &inner.type_ids, parts, globals, init)?[0] as u32;
            // Null elements are zero already. Not writing them leaves their pages untouched.
            if value != 0 {
                // SAFETY: `add_table` just made the record, and nothing else uses it now.
                let table = unsafe { &mut *table.cast::<TableRecord>() };
                let elems = table.range_mut(0, table.size());
                elems.ok_or_else(invalid)?.fill(value);
            }
        }
    }
    Ok(first_reference)
}

/// Makes the records of the functions that a module defines.
#[inline(never)]
fn functions(
    module: &ModuleInner,
    record: NonNull<InstanceRecord>,
    variant: Variant,
) -> Result<FixedSlice<exec::Func>, Error> {
    let info = &module.info;
    let types = info.funcs.get(info.imported_funcs as usize..);
    let types = types.ok_or_else(invalid)?;
    if types.len() != info.bodies.len() {
        return Err(invalid());
    }
    let translate_stub = exec::cells::translate_stub();
    let mut funcs = try_with_capacity(types.len())?;
    for (defined, &ty) in types.iter().enumerate() {
        let ty = ty as usize;
        let (Some(&params), Some(&header)) = (module.params.get(ty), module.headers.get(ty)) else {
            return Err(invalid());
        };
        if header == NO_HEADER {
            return Err(invalid());
        }
        let code = module.code.get(defined, variant);
        funcs.push(exec::Func {
            entry: code.map_or(translate_stub, |code| code.entry),
            frame_slots: match code {
                Some(code) => code.frame_slots,
                None => u32::from(header) + u32::from(HEADER),
            },
            header,
            params,
            instance: record.as_ptr().cast(),
            type_id: module.type_ids.ids()[ty],
            reference: 0,
        });
    }
    Ok(FixedSlice::new(funcs))
}

/// Runs the active segments in order, keeps the passive ones, and returns the start function. If a segment traps,
/// what earlier ones wrote stays.
///
/// # Safety
/// The record is in this store, and complete but for its segments.
#[inline(never)]
unsafe fn initialise(store: &mut Store, record: NonNull<InstanceRecord>) -> Result<Option<*mut exec::Func>, Error> {
    // If a value makes an object, a collection may read the record. So no mutable borrow of the record may last
    // through an evaluation.
    let place = record.as_ptr();
    // SAFETY: the caller guarantees a record of this store. The record's functions do not run yet, so nothing else
    // changes it.
    let parts = move || unsafe { &(*place).parts };
    // SAFETY: the caller guarantees a record of this store, and its module never changes.
    let module = unsafe { (*place).module.inner() };
    let info = &module.info;
    // SAFETY: the slice is that of `FixedSlice`, and nothing changes its pointers.
    let globals = unsafe { core::slice::from_raw_parts(parts().globals.start(), parts().globals.len()) };

    // All segments get their values first. If an active one traps, functions that other code already has can still
    // use the later ones.
    for (i, segment) in info.elems.iter().enumerate() {
        let references = FixedSlice::new(references(store, &module.type_ids, parts(), globals, &segment.items)?);
        let to = parts().elems.get(i).ok_or_else(invalid)?;
        // SAFETY: nothing else refers to the list of references now. Room comes first: once `to` points to the
        // references, they must stay.
        unsafe { (*place).parts.references.try_room(1) }?;
        let len = if let SegmentMode::Declared = segment.mode { 0 } else { references.len() };
        // SAFETY: `to` is an element of the slice `elems`. Nothing else refers to the list of references now.
        unsafe {
            to.write(exec::ElemSegment { elems: references.start(), len });
            (*place).parts.references.push(references);
        }
    }

    let memory = module
        .export("memory")
        .filter(|export| export.kind == ExportKind::Memory)
        .and_then(|export| parts().memories.get(export.index as usize))
        // SAFETY: `memories` has pointers to memories of this store, each the first part of its record.
        .map(|place| unsafe { (*place.read()).embedder as u32 });
    // SAFETY: the caller guarantees a record of this store, and nothing else uses the field now.
    unsafe { (*place).memory = memory };

    for (i, segment) in info.elems.iter().enumerate() {
        let SegmentMode::Active { target, offset } = &segment.mode else {
            continue;
        };
        let [offset, _] = evaluate(store, &module.type_ids, parts(), globals, offset)?;
        let table = parts().tables.get(*target as usize).ok_or_else(invalid)?;
        // SAFETY: the table is a record of this store, and `segment` is an element of the slice `elems`. Nothing
        // else uses them now, and the segment's references stay in place.
        unsafe {
            let table = table.read().cast::<TableRecord>();
            let segment = &mut *parts().elems.start().add(i);
            let source = core::slice::from_raw_parts(segment.elems, segment.len);
            match (*table).range_mut(offset, source.len() as u64) {
                Some(place) => place.copy_from_slice(source),
                None => return Err(TrapCode::TableOutOfBounds.into()),
            }
            segment.len = 0;
            (&mut (*place).parts.references)[i] = FixedSlice::default();
        }
    }
    module.each_data(&mut |i, segment| {
        let bytes = segment.bytes.ok_or_else(invalid)?;
        let Some((target, offset)) = &segment.active else {
            return Ok(());
        };
        let offset = match offset {
            #[cfg(feature = "image")]
            Offset::Is(offset) => *offset,
            Offset::Of(expr) => evaluate(store, &module.type_ids, parts(), globals, expr)?[0],
        };
        let memory = parts().memories.get(*target as usize).ok_or_else(invalid)?;
        // SAFETY: the memory is a record of this store that nothing else uses now. `i` is checked against the length of
        // the slice `data`.
        unsafe {
            let memory = &mut *memory.read().cast::<MemoryRecord>();
            memory.write(offset, bytes).ok_or(TrapCode::MemoryOutOfBounds)?;
            if i < parts().data.len() {
                (*parts().data.start().add(i)).len = 0;
            }
        }
        Ok(())
    })?;
    Ok(match info.start {
        Some(start) => Some(parts().func(start).ok_or_else(invalid)?),
        None => None,
    })
}

/// Returns the references of an element segment.
#[inline(never)]
fn references(
    store: &mut Store,
    types: &TypeIds,
    parts: &Parts,
    globals: &[*mut u64],
    items: &ElemItems,
) -> Result<Vec<u32>, Error> {
    let mut references;
    match items {
        ElemItems::Funcs(funcs) => {
            references = try_with_capacity(funcs.len())?;
            for &index in funcs {
                let func = parts.func(index).ok_or_else(invalid)?;
                // SAFETY: `Parts::func` returns only records of this store.
                references.push(unsafe { (*func).reference });
            }
        }
        ElemItems::Exprs(exprs) => {
            references = try_with_capacity(exprs.len())?;
            for expr in exprs {
                references.push(evaluate(store, types, parts, globals, expr)?[0] as u32);
            }
        }
    }
    Ok(references)
}
