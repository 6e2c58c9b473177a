//! Growth without limiters: all of it is permitted.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::{Counted, Growth, Resource};
use crate::error::Error;
use crate::store::Store;

/// The limiter of a store: none.
#[derive(Default)]
pub(crate) struct Limits(());

#[allow(clippy::unused_self, reason = "the signatures are those of builds with limiters")]
impl Limits {
    #[inline(always)]
    pub(super) fn permit(&mut self, _: NonNull<()>, _: u64, _: Growth) -> Result<bool, Error> {
        Ok(true)
    }

    #[inline(always)]
    pub(super) fn permit_number(&mut self, _: NonNull<()>, _: Counted, _: u64) -> Result<bool, Error> {
        Ok(true)
    }

    #[inline(always)]
    pub(super) fn failed(&mut self, _: NonNull<()>, _: Resource) -> Result<(), Error> {
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn grew(&mut self, _: Growth) {}

    #[cfg(feature = "gc")]
    #[inline(always)]
    pub(crate) fn permit_heap(&mut self, _: NonNull<()>, _: Growth) -> bool {
        true
    }

    #[cfg(feature = "gc")]
    #[inline(always)]
    pub(crate) fn made_room(&mut self) {}

    #[inline(always)]
    pub(crate) fn heap_error(&mut self) -> Option<Error> {
        None
    }

    #[inline(always)]
    pub(crate) fn resume_panic(&mut self) {}
}

impl Store {
    /// Returns 0: nobody asks.
    #[inline(always)]
    pub(crate) fn heap_bytes(&self) -> u64 {
        0
    }
}

/// How much code a store may have translated: any.
pub(crate) struct CodeBudget<'a>(PhantomData<&'a mut Limits>);

impl<'a> CodeBudget<'a> {
    #[inline(always)]
    pub(crate) fn unlimited() -> CodeBudget<'static> {
        CodeBudget(PhantomData)
    }

    #[inline(always)]
    pub(crate) fn new(_: &'a mut Limits, _: NonNull<()>, _: u64) -> CodeBudget<'a> {
        CodeBudget(PhantomData)
    }

    #[inline(always)]
    pub(crate) fn permit(&mut self, _: u64) -> Result<(), Error> {
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn grew(&mut self, _: u64) {}
}
