//! Takes the place of `noted` in builds without recording: nothing is noted.

use core::marker::PhantomData;

use crate::error::Error;
use crate::global::GlobalRecord;
use crate::memory::MemoryRecord;
use crate::table::TableRecord;

/// What a store notes for recording: nothing.
#[derive(Default)]
pub(crate) struct Noted(());

impl Noted {
    #[inline(always)]
    pub(crate) fn memory(&mut self, _: u32, _: &MemoryRecord) {}

    #[inline(always)]
    pub(crate) fn writes(&mut self, _: u32, _: &MemoryRecord) -> Writes<'_> {
        Writes { changes: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn table(&mut self, _: u32, _: &TableRecord) {}

    #[inline(always)]
    pub(crate) fn global(&mut self, _: u32, _: &GlobalRecord) {}

    #[cfg_attr(not(feature = "gc"), allow(dead_code))]
    #[inline(always)]
    pub(crate) fn object(&mut self) {}

    #[inline(always)]
    pub(crate) fn check_may_run(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Takes the parts of a memory that a host function writes. Nothing is kept.
#[derive(Default)]
pub struct Writes<'a> {
    changes: PhantomData<&'a mut ()>,
}

impl Writes<'_> {
    /// Adds `len` bytes at `offset`.
    #[inline(always)]
    pub fn add(&mut self, _offset: u64, _len: u64) {}

    /// Says that only the first `len` bytes of the part that was added last were written.
    #[inline(always)]
    pub fn shorten(&mut self, _len: u64) {}
}
