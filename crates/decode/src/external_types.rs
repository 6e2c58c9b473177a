//! The types of functions, tables, memories, globals and tags (spec: syntax/types#external-types). Their fields are
//! private, so that a proposal can add to them.

use alloc::boxed::Box;
use core::fmt;

use wasmote_ir::fallible::{OutOfMemory, try_copy};
use wasmote_ir::{Mutability, RefType, ValType};

/// A function type (spec: syntax/types#function-types).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FuncType {
    params: Box<[ValType]>,
    results: Box<[ValType]>,
}

impl FuncType {
    /// Makes a function type of the types of its parameters and results.
    #[must_use]
    pub fn new(params: impl IntoIterator<Item = ValType>, results: impl IntoIterator<Item = ValType>) -> FuncType {
        FuncType::of(params.into_iter().collect(), results.into_iter().collect())
    }

    /// Makes a function type of lists that were allocated before.
    #[doc(hidden)]
    #[must_use]
    pub const fn of(params: Box<[ValType]>, results: Box<[ValType]>) -> FuncType {
        FuncType { params, results }
    }

    /// Returns a copy.
    ///
    /// # Errors
    /// If there is not enough memory.
    #[doc(hidden)]
    pub fn try_clone(&self) -> Result<FuncType, OutOfMemory> {
        Ok(FuncType { params: try_copy(&self.params)?, results: try_copy(&self.results)? })
    }

    /// Returns the types of the parameters.
    #[must_use]
    pub const fn params(&self) -> &[ValType] {
        &self.params
    }

    /// Returns the types of the results.
    #[must_use]
    pub const fn results(&self) -> &[ValType] {
        &self.results
    }
}

/// A memory type (spec: syntax/types#memory-types). [`MemoryType::builder`] makes every kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemoryType {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) page_log2: u8,
    pub(crate) memory64: bool,
    pub(crate) shared: bool,
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

    /// Returns a builder. Its type begins as `MemoryType::new(0, None)`.
    pub const fn builder() -> MemoryTypeBuilder {
        MemoryTypeBuilder::new()
    }

    /// Returns the type with another minimum.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_minimum(self, minimum: u64) -> MemoryType {
        MemoryType { min: minimum, ..self }
    }

    /// Returns the number of pages at the start.
    #[must_use]
    pub const fn minimum(&self) -> u64 {
        self.min
    }

    /// Returns the maximum number of pages, if there is one.
    #[must_use]
    pub const fn maximum(&self) -> Option<u64> {
        self.max
    }

    /// Returns whether addresses have 64 bits.
    #[must_use]
    pub const fn is_64(&self) -> bool {
        self.memory64
    }

    /// Returns whether threads may share the memory.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.shared
    }

    /// Returns the page size in bytes.
    #[must_use]
    pub const fn page_size(&self) -> u64 {
        1 << self.page_log2
    }

    /// Returns log2 of the page size in bytes. It is 16, or 0 with custom page sizes.
    #[must_use]
    pub const fn page_size_log2(&self) -> u8 {
        self.page_log2
    }

    /// Returns the maximum number of pages of any memory with such addresses and pages (spec:
    /// valid/types#memory-types). For pages of one byte it is one less than the address range: an `i32` cannot hold a
    /// size of 2^32, nor an `i64` one of 2^64.
    #[doc(hidden)]
    #[must_use]
    pub const fn most_pages(&self) -> u64 {
        match (self.memory64, self.page_log2) {
            (false, 0) => u32::MAX as u64,
            (false, log2) => (1u64 << 32).unbounded_shr(log2 as u32),
            (true, 0) => u64::MAX,
            (true, log2) => u64::MAX.unbounded_shr(log2 as u32) + 1,
        }
    }
}

/// Builds a [`MemoryType`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct MemoryTypeBuilder {
    ty: MemoryType,
}

impl Default for MemoryTypeBuilder {
    fn default() -> Self {
        MemoryTypeBuilder::new()
    }
}

impl MemoryTypeBuilder {
    /// Makes a builder. Its type begins as `MemoryType::new(0, None)`.
    pub const fn new() -> MemoryTypeBuilder {
        MemoryTypeBuilder { ty: MemoryType::new(0, None) }
    }

    /// Sets the number of pages at the start. Default: 0.
    pub const fn min(&mut self, minimum: u64) -> &mut Self {
        self.ty.min = minimum;
        self
    }

    /// Sets the maximum number of pages. Default: none.
    pub const fn max(&mut self, maximum: Option<u64>) -> &mut Self {
        self.ty.max = maximum;
        self
    }

    /// Sets whether addresses have 64 bits. Default: no.
    pub const fn memory64(&mut self, memory64: bool) -> &mut Self {
        self.ty.memory64 = memory64;
        self
    }

    /// Sets whether threads may share the memory. Default: no.
    pub const fn shared(&mut self, shared: bool) -> &mut Self {
        self.ty.shared = shared;
        self
    }

    /// Sets log2 of the page size in bytes: 16 or 0. Default: 16.
    pub const fn page_size_log2(&mut self, page_size_log2: u8) -> &mut Self {
        self.ty.page_log2 = page_size_log2;
        self
    }

    /// Returns the type.
    ///
    /// # Errors
    /// If the type is not valid: its page size is neither 1 byte nor 64 KiB, its minimum exceeds its maximum, one of
    /// them exceeds the address range, or it is shared and has no maximum.
    pub const fn build(&self) -> Result<MemoryType, MemoryError> {
        let ty = self.ty;
        let most = ty.most_pages();
        let max = match ty.max {
            Some(max) => max,
            None if ty.shared => return Err(MemoryError::InvalidMemoryType),
            None => most,
        };
        if ty.min > max || max > most || !matches!(ty.page_log2, 0 | 16) {
            return Err(MemoryError::InvalidMemoryType);
        }
        Ok(ty)
    }
}

/// Why there is no such memory type: see [`MemoryTypeBuilder::build`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum MemoryError {
    /// The type is not valid.
    InvalidMemoryType,
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemoryError::InvalidMemoryType => f.write_str("the memory type is not valid"),
        }
    }
}

impl core::error::Error for MemoryError {}

/// A table type (spec: syntax/types#table-types).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TableType {
    pub(crate) element: RefType,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) table64: bool,
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
        TableType { element, min: minimum, max: maximum, table64: true }
    }

    /// Returns the type with another minimum.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_minimum(self, minimum: u64) -> TableType {
        TableType { min: minimum, ..self }
    }

    /// Returns the type with other elements.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_element(self, element: RefType) -> TableType {
        TableType { element, ..self }
    }

    /// Returns the type of the elements.
    #[must_use]
    pub const fn element(&self) -> RefType {
        self.element
    }

    /// Returns the number of elements at the start.
    #[must_use]
    pub const fn minimum(&self) -> u64 {
        self.min
    }

    /// Returns the maximum number of elements, if there is one.
    #[must_use]
    pub const fn maximum(&self) -> Option<u64> {
        self.max
    }

    /// Returns whether indices have 64 bits.
    #[must_use]
    pub const fn is_64(&self) -> bool {
        self.table64
    }
}

/// A global type (spec: syntax/types#global-types).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GlobalType {
    content: ValType,
    mutability: Mutability,
}

impl GlobalType {
    /// Makes the type of a global.
    #[must_use]
    pub const fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType { content, mutability }
    }

    /// Returns the type of the value.
    #[must_use]
    pub const fn content(&self) -> ValType {
        self.content
    }

    /// Returns whether the global can be written.
    #[must_use]
    pub const fn mutability(&self) -> Mutability {
        self.mutability
    }
}

/// A tag type (spec: syntax/types#tag-types).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TagType {
    ty: FuncType,
}

impl TagType {
    /// Makes the type of a tag. The parameters of `ty` are the types of its exceptions' values.
    #[must_use]
    pub const fn new(ty: FuncType) -> TagType {
        TagType { ty }
    }

    /// Returns the function type, whose parameters are the types of the exceptions' values.
    #[must_use]
    pub const fn ty(&self) -> &FuncType {
        &self.ty
    }
}
