//! The records in the buffer that must not change while code runs, because execution trusts them.

use wasmote_exec::{DataSegment, ElemSegment, InPlace, Memory, state};
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::Section;

type Machine = state::Machine<InPlace>;
type Instance = state::Instance<InPlace>;
type Table = state::Table<InPlace>;

/// The records of a new instance: the name and value of each fixed number.
pub struct Records {
    machine: *const Machine,
    fixed: Vec<(&'static str, usize)>,
}

fn counts(image: &Image<'_>) -> [usize; 5] {
    let count = |section| image.count(section);
    let [globals, memories, tables] = [Section::Globals, Section::Memories, Section::Tables].map(count);
    [globals, memories, tables, image.indexed_data(), count(Section::Elems)].map(|count| count as usize)
}

impl Records {
    /// Reads the records of the instance at the start of this buffer.
    ///
    /// # Safety
    /// An instance of this image was made in the buffer, and does not run.
    pub unsafe fn of(image: &Image<'_>, buffer: *const u64) -> Records {
        let mut records = Records { machine: buffer.cast(), fixed: Vec::new() };
        // SAFETY: the caller guarantees the instance. No pointer in the buffer was changed, because nothing ran.
        records.fixed = unsafe { records.read(image) };
        records
    }

    /// Panics if a record has changed.
    ///
    /// # Safety
    /// The instance does not run.
    pub unsafe fn check(&self, image: &Image<'_>) {
        // SAFETY: the caller of `of` guaranteed the instance, and this caller guarantees that it does not run. `read`
        // accepts changed pointers.
        let now = unsafe { self.read(image) };
        for (before, now) in self.fixed.iter().zip(&now) {
            assert_eq!(before, now, "a record was overwritten");
        }
    }

    /// Reads the records.
    ///
    /// # Safety
    /// As `of`, but code may have changed the pointers. Each pointer is compared with its first value before it is
    /// followed.
    unsafe fn read(&self, image: &Image<'_>) -> Vec<(&'static str, usize)> {
        let mut all: Vec<(&'static str, usize)> = Vec::new();
        let mut put = |what: &'static str, value: usize| {
            if let Some(&(_, before)) = self.fixed.get(all.len()) {
                assert_eq!(before, value, "a record was overwritten: {what}");
            }
            all.push((what, value));
        };
        let [globals, memories, tables, data, elems] = counts(image);
        // SAFETY: the caller guarantees the instance. `put` panics if a pointer has changed, before that pointer is
        // followed.
        unsafe {
            let machine = &*self.machine;
            put("the stack's end", machine.stack_end() as usize);
            put("the stack's top", machine.stack_top as usize);
            put("the number of functions", machine.funcs_len as usize);
            put("a hook", machine.hooks.host as usize);
            put("a hook", machine.hooks.memory_grow as usize);
            put("a hook", machine.hooks.table_grow as usize);
            // The instance lies behind the machine.
            let instance = &*self.machine.add(1).cast::<Instance>();
            put("the machine", instance.machine as usize);
            put("the functions", instance.funcs.records as usize);
            put("the code", instance.funcs.code as usize);
            put("the globals", instance.globals as usize);
            put("the memories", instance.memories as usize);
            put("the tables", instance.tables as usize);
            put("the data segments", instance.data as usize);
            put("the element segments", instance.elems as usize);
            put("the number of imports", instance.imported_funcs as usize);
            for i in 0..globals {
                put("a global", *instance.globals.add(i) as usize);
            }
            for i in 0..memories.max(1) {
                put("a memory's record", *instance.memories.add(i) as usize);
                let Memory { base, page_log2, max_pages, embedder, .. } = **instance.memories.add(i);
                put("a memory", base as usize);
                put("a memory's page size", page_log2 as usize);
                put("a memory's maximum", max_pages as usize);
                put("a memory's room", embedder);
                let len = base.cast::<u64>().sub(1).read();
                assert!(len <= embedder as u64 && len.is_multiple_of(1 << page_log2), "a memory's length");
                if i > 0 {
                    put("the length of a memory that cannot grow", len as usize);
                }
            }
            for i in 0..tables {
                put("a table's record", *instance.tables.add(i) as usize);
                let Table { elems, len, .. } = **instance.tables.add(i);
                put("a table", elems as usize);
                put("a table's length", len as usize);
            }
            // Active segments are empty from the start. Others may be dropped.
            let mut dropped = |what: &'static str, len: usize| {
                if let Some(&(_, before)) = self.fixed.get(all.len()) {
                    assert!(len == before || len == 0, "a record was overwritten: {what}");
                    all.push((what, before));
                } else {
                    all.push((what, len));
                }
            };
            for i in 0..data {
                let DataSegment { len, .. } = *instance.data.add(i);
                dropped("a data segment's length", len);
            }
            for i in 0..elems {
                let ElemSegment { len, .. } = *instance.elems.add(i);
                dropped("an element segment's length", len);
            }
        }
        all
    }
}
