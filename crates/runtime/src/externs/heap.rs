//! The operations on objects, in a build without objects.

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
    /// Makes a reference to a value of the host. `None` if there is not enough memory.
    pub fn add_extern(&mut self, value: Arc<dyn Any + Send + Sync>) -> Option<u32> {
        self.objects.add(value)
    }

    /// Returns the value of the host that a reference is to. `None` if it is to none.
    pub fn extern_value(&self, reference: u32) -> Option<&(dyn Any + Send + Sync)> {
        self.objects.get(reference)
    }

    /// Holds a type as long as the store lives.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn use_type(&mut self, id: u32) -> Result<(), OutOfMemory> {
        self.host_types.hold(id)
    }

    /// Returns `None`: no reference is to an object.
    pub fn heap_type(&self, _: u32) -> Option<HeapType> {
        None
    }

    /// Does nothing: modules with objects are refused.
    pub(crate) fn make_room(&mut self, _: usize, _: *const u64) -> bool {
        false
    }

    /// Does nothing: modules with tags are refused.
    ///
    /// # Safety
    /// None: it is `unsafe` like its counterpart in builds with objects.
    pub(crate) unsafe fn new_exception(&mut self, _: u32, _: *const u64, _: usize, _: *const u64) -> Option<u32> {
        None
    }

    /// Fails: modules with objects are refused.
    pub(crate) fn constant_object(
        &mut self,
        _: &TypeIds,
        _: &ConstOp,
        _: &mut Vec<[u64; 2]>,
    ) -> Result<[u64; 2], Error> {
        Err(invalid())
    }
}
