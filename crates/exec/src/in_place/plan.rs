//! The layout of the buffer: which part lies where.
//!
//! ```text
//! machine, instance | globals, memories, tables, segments, imports | value stack | memories 1 .. | memory 0, room to grow
//! ```

use wasmote_ir::ValType;
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::{Section, kinds};

use super::InPlace;
use crate::state::{DataSegment, ElemSegment, Instance, Machine, Memory, Table};

/// Offsets from the start of the buffer in bytes. All are multiples of 8.
pub(super) struct Plan {
    pub(super) instance: usize,
    /// The values of globals, with two slots for a v128.
    pub(super) values: usize,
    /// Pointers to the globals.
    pub(super) globals: usize,
    pub(super) memories: usize,
    /// Pointers to the memories.
    pub(super) memory_pointers: usize,
    pub(super) tables: usize,
    /// Pointers to the tables.
    pub(super) table_pointers: usize,
    /// The elements of the tables, one table after the other.
    pub(super) elements: usize,
    pub(super) data: usize,
    pub(super) elems: usize,
    /// The items of element segments that are copied.
    pub(super) items: usize,
    pub(super) resolved: usize,
    pub(super) stack: usize,
    /// All memories but the first, then the first. Each has its length in front.
    pub(super) bytes_of_memories: usize,
    /// The size of everything, or of what verification needs if that is larger. It is `usize::MAX` if the sum does
    /// not fit.
    pub(super) bytes: usize,
}

/// Returns the number of slots of a global's value.
pub(super) fn global_slots(content: u32) -> usize {
    if content == ValType::V128.number() { 2 } else { 1 }
}

/// Returns a memory's size at the start in bytes.
pub(super) fn memory_bytes(image: &Image<'_>, index: u32) -> Option<usize> {
    let memory = image.memory(index)?;
    usize::try_from(memory.min.checked_mul(1 << memory.what)?).ok()
}

impl Plan {
    /// Computes the layout for an image whose metadata is verified.
    pub(super) fn of(image: &Image<'_>, stack_slots: usize) -> Plan {
        let mut at = 0usize;
        // Sizes saturate. What does not fit the address space does not fit any buffer.
        let mut take = |count: usize, size: usize| {
            let first = at;
            at = at.saturating_add(count.saturating_mul(size)).saturating_add(7) & !7;
            first
        };
        let count = |section| image.count(section) as usize;
        take(1, size_of::<Machine<InPlace>>());
        let instance = take(1, size_of::<Instance<InPlace>>());
        let globals_count = count(Section::Globals);
        let values = (0..globals_count as u32).filter_map(|index| image.global(index));
        let values = take(values.map(|global| global_slots(global.content)).sum(), 8);
        let globals = take(globals_count, size_of::<*mut u64>());
        let memory_count = count(Section::Memories);
        let memories = take(memory_count.max(1), size_of::<Memory>());
        let memory_pointers = take(memory_count.max(1), size_of::<*mut Memory>());
        let tables = take(count(Section::Tables), size_of::<Table<InPlace>>());
        let table_pointers = take(count(Section::Tables), size_of::<*mut Table<InPlace>>());
        let lengths = (0..image.count(Section::Tables)).filter_map(|index| image.table(index));
        let length = lengths.fold(0usize, |sum, table| sum.saturating_add(table.min.try_into().unwrap_or(usize::MAX)));
        let elements = take(length, 4);
        let data = take(image.indexed_data() as usize, size_of::<DataSegment>());
        let elems = take(count(Section::Elems), size_of::<ElemSegment>());
        let segments = (0..image.count(Section::Elems)).filter_map(|index| image.elem(index));
        let items = take(segments.filter(|elem| copied(elem.exprs)).map(|elem| elem.count as usize).sum(), 4);
        let resolved = take(image.imported(kinds::FUNC) as usize, 2);
        let stack = take(stack_slots, 8);
        let bytes_of_memories = take(0, 0);
        for index in 0..image.count(Section::Memories) {
            take(1, memory_bytes(image, index).unwrap_or(usize::MAX).saturating_add(8));
        }
        #[cfg(feature = "verify")]
        let at = at.max(image.scratch_words().saturating_mul(4).saturating_add(7) & !7);
        Plan {
            instance,
            values,
            globals,
            memories,
            memory_pointers,
            tables,
            table_pointers,
            elements,
            data,
            elems,
            items,
            resolved,
            stack,
            bytes_of_memories,
            bytes: at,
        }
    }
}

/// Returns whether the items of an element segment are copied to the buffer. Others are used in the image.
pub(super) fn copied(exprs: bool) -> bool {
    exprs || cfg!(target_endian = "big")
}
