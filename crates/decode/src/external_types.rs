//! Constructors and getters of the types of functions, tables, memories and globals. Embedders use these rather than the
//! fields.

use wasmote_ir::{RefType, ValType};

use crate::module::{FuncType, GlobalType, MemoryType, TableType};

/// Whether a global can be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mutability {
    /// It has the same value for ever.
    Const,
    /// It can be written.
    Var,
}

impl Mutability {
    /// Returns whether the global has the same value for ever.
    pub const fn is_const(self) -> bool {
        matches!(self, Mutability::Const)
    }

    /// Returns whether the global can be written.
    pub const fn is_mut(self) -> bool {
        matches!(self, Mutability::Var)
    }
}

impl FuncType {
    /// Makes a function type of the types of its parameters and results.
    #[must_use]
    pub fn new(params: impl IntoIterator<Item = ValType>, results: impl IntoIterator<Item = ValType>) -> FuncType {
        FuncType { params: params.into_iter().collect(), results: results.into_iter().collect() }
    }

    /// Returns the types of the parameters.
    pub fn params(&self) -> &[ValType] {
        &self.params
    }

    /// Returns the types of the results.
    pub fn results(&self) -> &[ValType] {
        &self.results
    }
}

impl MemoryType {
    /// Makes the type of a memory with 32-bit addresses. Sizes are in pages of 64 KiB.
    #[must_use]
    pub const fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        let maximum = match maximum {
            Some(maximum) => Some(maximum as u64),
            None => None,
        };
        MemoryType { memory64: false, ..MemoryType::new64(minimum as u64, maximum) }
    }

    /// Makes the type of a memory with 64-bit addresses. Sizes are in pages of 64 KiB.
    #[must_use]
    pub const fn new64(minimum: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType { min: minimum, max: maximum, page_log2: 16, memory64: true, shared: false }
    }

    /// Makes the type of a memory with 32-bit addresses that threads may share. Sizes are in pages of 64 KiB.
    #[must_use]
    pub const fn shared(minimum: u32, maximum: u32) -> MemoryType {
        MemoryType { shared: true, ..MemoryType::new(minimum, Some(maximum)) }
    }

    /// Returns the number of pages at the start.
    pub const fn minimum(&self) -> u64 {
        self.min
    }

    /// Returns the maximum number of pages, if there is one.
    pub const fn maximum(&self) -> Option<u64> {
        self.max
    }

    /// Returns whether addresses have 64 bits.
    pub const fn is_64(&self) -> bool {
        self.memory64
    }

    /// Returns whether threads may share the memory.
    pub const fn is_shared(&self) -> bool {
        self.shared
    }

    /// Returns log2 of the page size in bytes. It is 16, or 0 with custom page sizes.
    pub const fn page_size_log2(&self) -> u8 {
        self.page_log2 as u8
    }
}

impl TableType {
    /// Makes the type of a table with 32-bit indices.
    #[must_use]
    pub const fn new(element: RefType, minimum: u32, maximum: Option<u32>) -> TableType {
        let maximum = match maximum {
            Some(maximum) => Some(maximum as u64),
            None => None,
        };
        TableType { table64: false, ..TableType::new64(element, minimum as u64, maximum) }
    }

    /// Makes the type of a table with 64-bit indices.
    #[must_use]
    pub const fn new64(element: RefType, minimum: u64, maximum: Option<u64>) -> TableType {
        TableType { element: ValType::Ref(element), min: minimum, max: maximum, table64: true }
    }

    /// Returns the type of the elements.
    pub const fn element(&self) -> RefType {
        match self.element {
            ValType::Ref(element) => element,
            // No valid type has such elements.
            _ => RefType::FUNC,
        }
    }

    /// Returns the number of elements at the start.
    pub const fn minimum(&self) -> u64 {
        self.min
    }

    /// Returns the maximum number of elements, if there is one.
    pub const fn maximum(&self) -> Option<u64> {
        self.max
    }

    /// Returns whether indices have 64 bits.
    pub const fn is_64(&self) -> bool {
        self.table64
    }
}

impl GlobalType {
    /// Makes the type of a global.
    #[must_use]
    pub const fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType { content, mutable: mutability.is_mut() }
    }

    /// Returns the type of the value.
    pub const fn content(&self) -> ValType {
        self.content
    }

    /// Returns whether the global can be written.
    pub const fn mutability(&self) -> Mutability {
        if self.mutable { Mutability::Var } else { Mutability::Const }
    }
}
