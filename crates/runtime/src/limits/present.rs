//! The limiter of a store: the embedder's code, and the bytes that it is told.

use alloc::boxed::Box;
#[cfg(feature = "std")]
use core::any::Any;
use core::marker::PhantomData;
use core::ptr::NonNull;

use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use super::{Counted, Growth, Resource};
use crate::error::Error;
use crate::owned::StoreMut;
use crate::shared::try_box;
use crate::store::Store;

/// What a store asks its limiter.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// Whether something may grow.
    Growing(Growth),
    /// Whether the code goes on after growth failed that was permitted. The answer is an error if it does not.
    Failed(Resource),
    /// Whether the store may have this number of them.
    Number(Counted, u64),
}

/// The embedder's limiter, without the type of the store's data.
trait Ask: Send + Sync {
    /// # Safety
    /// `data` is the data of the store for which the limiter was made, and nothing else uses it now.
    unsafe fn ask(&mut self, data: NonNull<()>, question: Question) -> Result<bool, Error>;
}

/// A limiter for stores whose data is a `T`.
struct Typed<T, F>(F, PhantomData<fn(&mut T)>);

impl<T, F: FnMut(&mut T, Question) -> Result<bool, Error> + Send + Sync> Ask for Typed<T, F> {
    unsafe fn ask(&mut self, data: NonNull<()>, question: Question) -> Result<bool, Error> {
        // SAFETY: `StoreMut::set_limiter` made the limiter for a store with data of this type, and the caller
        // guarantees that data, used by nothing else.
        (self.0)(unsafe { data.cast::<T>().as_mut() }, question)
    }
}

/// The limiter of a store, if it has one.
#[derive(Default)]
pub(crate) struct Limits {
    limiter: Option<Box<Limiter>>,
    /// The bytes of code that this store had translated.
    code: u64,
}

struct Limiter {
    ask: Box<dyn Ask>,
    /// The bytes of all memories, tables, and translated code.
    total: u64,
    /// The error with which the heap was last refused to grow, until the allocation fails or succeeds.
    heap_error: Option<Error>,
    /// The panic of the limiter. Unwinding must not pass through handlers, so it is kept until they have returned.
    #[cfg(feature = "std")]
    panic: Option<Box<dyn Any + Send>>,
}

impl Limiter {
    #[cold]
    #[inline(never)]
    fn ask(&mut self, data: NonNull<()>, question: Question) -> Result<bool, Error> {
        // SAFETY: `Limits` belongs to the store with this data. Hooks and operations of the store ask, while no other
        // code of the embedder runs that could use it.
        let ask = || unsafe { self.ask.ask(data, question) };
        #[cfg(feature = "std")]
        {
            std::panic::catch_unwind(core::panic::AssertUnwindSafe(ask)).unwrap_or_else(|panic| {
                self.panic = Some(panic);
                Err(Error::usage("the store's limiter panicked"))
            })
        }
        #[cfg(not(feature = "std"))]
        {
            let mut ask = ask;
            ask()
        }
    }

    /// Asks for the total first: so growth of a memory that its own limit permits fails only for lack of memory.
    #[cold]
    #[inline(never)]
    fn permit(&mut self, data: NonNull<()>, heap: u64, growth: Growth) -> Result<bool, Error> {
        let current = self.total.saturating_add(heap);
        let desired = current.saturating_add(growth.bytes());
        let total = Growth { resource: Resource::Total, current, desired, maximum: None };
        Ok(self.ask(data, Question::Growing(total))? && self.ask(data, Question::Growing(growth))?)
    }
}

impl Limits {
    /// Asks whether something may grow. `heap` is the size of the heap of objects.
    #[inline]
    pub(super) fn permit(&mut self, data: NonNull<()>, heap: u64, growth: Growth) -> Result<bool, Error> {
        match &mut self.limiter {
            Some(limiter) => limiter.permit(data, heap, growth),
            None => Ok(true),
        }
    }

    #[inline]
    pub(super) fn permit_number(&mut self, data: NonNull<()>, what: Counted, number: u64) -> Result<bool, Error> {
        let Some(limiter) = &mut self.limiter else { return Ok(true) };
        let answer = limiter.ask(data, Question::Number(what, number));
        self.resume_panic();
        answer
    }

    /// Tells the limiter that growth failed that it had permitted.
    #[inline]
    pub(super) fn failed(&mut self, data: NonNull<()>, resource: Resource) -> Result<(), Error> {
        match &mut self.limiter {
            Some(limiter) => limiter.ask(data, Question::Failed(resource)).map(drop),
            None => Ok(()),
        }
    }

    /// Counts what grew: a memory, a table, or code.
    #[inline]
    pub(crate) fn grew(&mut self, growth: Growth) {
        if let Some(limiter) = &mut self.limiter {
            limiter.total = limiter.total.saturating_add(growth.bytes());
        }
    }

    /// Asks whether the heap of objects may grow. An error is kept, since the heap may find room without growing.
    #[cfg(feature = "gc")]
    #[inline]
    pub(crate) fn permit_heap(&mut self, data: NonNull<()>, growth: Growth) -> bool {
        let Some(limiter) = &mut self.limiter else { return true };
        let (permitted, error) = match limiter.permit(data, growth.current, growth) {
            Ok(permitted) => (permitted, None),
            Err(error) => (false, Some(error)),
        };
        limiter.heap_error = error;
        permitted
    }

    /// Forgets the error that [`Limits::permit_heap`] kept.
    #[cfg(feature = "gc")]
    #[inline]
    pub(crate) fn made_room(&mut self) {
        if let Some(limiter) = &mut self.limiter {
            limiter.heap_error = None;
        }
    }

    /// Returns the error that the limiter has for an allocation that failed.
    pub(crate) fn heap_error(&mut self) -> Option<Error> {
        self.limiter.as_mut()?.heap_error.take()
    }

    /// Continues the panic of the limiter, if there is one.
    pub(crate) fn resume_panic(&mut self) {
        #[cfg(feature = "std")]
        if let Some(panic) = self.limiter.as_mut().and_then(|limiter| limiter.panic.take()) {
            std::panic::resume_unwind(panic);
        }
    }
}

impl<T> StoreMut<'_, T> {
    /// Sets the store's limiter, in place of an earlier one. It gets the store's data.
    ///
    /// # Errors
    /// Fails if there is not enough memory. The store then keeps the limiter that it had.
    pub fn set_limiter(
        &mut self,
        limiter: impl FnMut(&mut T, Question) -> Result<bool, Error> + Send + Sync + 'static,
    ) -> Result<(), OutOfMemory>
    where
        T: 'static,
    {
        let ask: Box<Typed<T, _>> = try_box(Typed(limiter, PhantomData))?;
        self.store().set_ask(ask)
    }
}

impl Store {
    fn set_ask(&mut self, ask: Box<dyn Ask>) -> Result<(), OutOfMemory> {
        let total = self.memory_and_table_bytes().saturating_add(self.limits.code);
        let limiter = Limiter {
            ask,
            total,
            heap_error: None,
            #[cfg(feature = "std")]
            panic: None,
        };
        self.limits.limiter = Some(try_box(limiter)?);
        Ok(())
    }

    /// Returns the size of the heap of objects in bytes.
    pub(crate) fn heap_bytes(&self) -> u64 {
        #[cfg(feature = "gc")]
        {
            self.objects.stats(&self.machine.heap).bytes
        }
        #[cfg(not(feature = "gc"))]
        {
            0
        }
    }
}

/// How much code a store may have translated: what its limiter permits.
pub(crate) struct CodeBudget<'a>(Option<(&'a mut Limits, NonNull<()>, u64)>);

impl<'a> CodeBudget<'a> {
    /// Makes the budget of code that no store pays for.
    pub(crate) fn unlimited() -> CodeBudget<'static> {
        CodeBudget(None)
    }

    /// Makes the budget of a store with these limits, data, and bytes of heap.
    pub(crate) fn new(limits: &'a mut Limits, data: NonNull<()>, heap: u64) -> CodeBudget<'a> {
        CodeBudget(Some((limits, data, heap)))
    }

    fn growth(current: u64, bytes: u64) -> Growth {
        Growth { resource: Resource::Code, current, desired: current.saturating_add(bytes), maximum: None }
    }

    /// Checks that this many more bytes are permitted. Code has no other way to fail than a trap.
    pub(crate) fn permit(&mut self, bytes: u64) -> Result<(), Error> {
        let Some((limits, data, heap)) = &mut self.0 else { return Ok(()) };
        let growth = CodeBudget::growth(limits.code, bytes);
        match limits.permit(*data, *heap, growth)? {
            true => Ok(()),
            false => Err(TrapCode::GrowthOperationLimited.into()),
        }
    }

    /// Counts these bytes.
    pub(crate) fn grew(&mut self, bytes: u64) {
        let Some((limits, ..)) = &mut self.0 else { return };
        limits.grew(CodeBudget::growth(limits.code, bytes));
        limits.code = limits.code.saturating_add(bytes);
    }
}
