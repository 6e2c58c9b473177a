//! What a store does where others would have objects.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use wasmote_decode::ConstOp;
use wasmote_ir::HeapType;
use wasmote_ir::fallible::OutOfMemory;

use crate::constant::invalid;
use crate::error::Error;
use crate::store::Store;
use crate::type_ids::TypeIds;

impl Store {
    /// A reference to a value of the host; `None` if there is no room for it.
    pub fn add_extern(&mut self, value: Arc<dyn Any + Send + Sync>) -> Option<u32> {
        self.objects.add(value)
    }

    /// The value of the host that a reference is to, if it is to one.
    pub fn extern_value(&self, reference: u32) -> Option<&(dyn Any + Send + Sync)> {
        self.objects.get(reference)
    }

    /// Holds a type.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn use_type(&mut self, id: u32) -> Result<(), OutOfMemory> {
        self.host_types.hold(id)
    }

    /// No reference is to an object.
    pub fn heap_type(&self, _: u32) -> Option<HeapType> {
        None
    }

    /// Modules with objects are refused.
    pub(crate) fn make_room(&mut self, _: usize, _: *const u64) -> bool {
        false
    }

    /// Modules with tags are refused.
    ///
    /// # Safety
    /// None is needed.
    pub(crate) unsafe fn new_exception(&mut self, _: u32, _: *const u64, _: usize, _: *const u64) -> Option<u32> {
        None
    }

    /// Modules with objects are refused.
    pub(crate) fn constant_object(
        &mut self,
        _: &TypeIds,
        _: &ConstOp,
        _: &mut Vec<[u64; 2]>,
    ) -> Result<[u64; 2], Error> {
        Err(invalid())
    }
}
