//! Host functions: the embedder's code, without the type of the embedder's data.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::{forget, needs_drop};
use core::ptr::{self, NonNull};

use wasmote_decode::FuncType;
use wasmote_exec as exec;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::frame::HEADER;
use wasmote_ir::{TrapCode, ValType};

use crate::module::slots;
use crate::store::Store;

/// A closure over slots.
pub type Closure = dyn Fn(HostCall<'_>) -> Result<(), TrapCode> + Send + Sync;
/// A function of the embedder's, without its type.
pub type Erased = fn();
/// A function that knows how to call such a function.
pub type Plain = fn(Erased, HostCall<'_>) -> Result<(), TrapCode>;

/// The maximum number of parameters, and of results. The JavaScript interface has the same limits.
pub const MAX_VALUES: usize = 1000;

/// A host function and its type, not in any store.
#[derive(Clone)]
pub struct HostCode {
    ty: Arc<FuncType>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Plain(Plain, Erased),
    Closure(Arc<Closure>),
}

/// A host function in a store. It begins with the part that handlers use.
#[repr(C)]
pub(crate) struct HostRecord {
    func: exec::Func,
    pub(crate) host: HostCode,
}

/// Calls a closure that captures nothing.
fn call_unit<F: Fn(HostCall<'_>) -> Result<(), TrapCode>>(_: Erased, call: HostCall<'_>) -> Result<(), TrapCode> {
    debug_assert!(size_of::<F>() == 0);
    // SAFETY: a value without bytes is at each aligned address. `HostCode::closure` had one that can be shared between
    // threads, and never drops it.
    let code = unsafe { NonNull::<F>::dangling().as_ref() };
    code(call)
}

/// The types of host functions that were made one after the other. Most of them have the types of others.
#[derive(Clone, Default)]
pub struct HostTypes(Vec<Arc<FuncType>>);

impl HostTypes {
    /// The most types that are known.
    const MOST: usize = 16;

    /// Returns the type of functions with these parameters and results. If there is no memory for it, the process ends.
    pub fn get(&mut self, params: &[ValType], results: &[ValType]) -> Arc<FuncType> {
        let same = |ty: &&Arc<FuncType>| *ty.params() == *params && *ty.results() == *results;
        if let Some(known) = self.0.iter().rev().find(same) {
            return known.clone();
        }
        let ty = Arc::new(FuncType::of(params.into(), results.into()));
        if self.0.len() < HostTypes::MOST && self.0.try_room(1).is_ok() {
            self.0.push(ty.clone());
        }
        ty
    }
}

#[track_caller]
fn check_type(ty: &FuncType) {
    assert!(
        ty.params().len() <= MAX_VALUES && ty.results().len() <= MAX_VALUES,
        "a host function has more than {MAX_VALUES} parameters or results"
    );
}

impl HostCode {
    /// Makes a host function from a function and its caller.
    ///
    /// # Safety
    /// As for [`HostCode::closure`], and `call` must be able to call `code`.
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    #[track_caller]
    pub unsafe fn plain(ty: FuncType, call: Plain, code: Erased) -> HostCode {
        check_type(&ty);
        HostCode { ty: Arc::new(ty), kind: Kind::Plain(call, code) }
    }

    /// Makes a host function from a closure.
    ///
    /// # Safety
    /// The code must leave valid results in the slots, as many as the type says. Narrow values are zero-extended,
    /// and references are null or of the store.
    ///
    /// # Panics
    /// If the type has more than 1000 parameters or more than 1000 results.
    #[track_caller]
    pub unsafe fn closure<F>(ty: Arc<FuncType>, code: F) -> HostCode
    where
        F: Fn(HostCall<'_>) -> Result<(), TrapCode> + Send + Sync + 'static,
    {
        check_type(&ty);
        let kind = match size_of::<F>() {
            // Most closures capture nothing. They need no allocation.
            0 if !needs_drop::<F>() => {
                forget(code);
                Kind::Plain(call_unit::<F>, || ())
            }
            _ => Kind::Closure(Arc::new(code)),
        };
        HostCode { ty, kind }
    }

    /// Returns the type.
    pub fn ty(&self) -> &FuncType {
        &self.ty
    }

    pub(crate) fn call(&self, call: HostCall<'_>) -> Result<(), TrapCode> {
        match &self.kind {
            Kind::Plain(plain, code) => plain(*code, call),
            Kind::Closure(code) => code(call),
        }
    }
}

/// A running call of a host function.
pub(crate) struct HostFrame {
    pub(crate) root: NonNull<Store>,
    /// The instance that called. Null if the host did.
    pub(crate) instance: *mut exec::Instance,
    /// The place of the arguments and the results, in the value stack. A collection reads the stack while the
    /// function runs. So this cannot be a mutable reference that lives as long as the call.
    pub(crate) slots: NonNull<[u64]>,
    pub(crate) ty: NonNull<FuncType>,
}

/// A running call of a host function: its arguments, its store, and the place of its results.
#[repr(transparent)]
pub struct HostCall<'a> {
    pub(crate) frame: NonNull<HostFrame>,
    borrow: PhantomData<&'a mut ()>,
}

impl<'a> HostCall<'a> {
    /// # Safety
    /// Nothing else uses the store during `'a`.
    pub(crate) unsafe fn new(frame: &'a mut HostFrame) -> HostCall<'a> {
        HostCall { frame: NonNull::from(frame), borrow: PhantomData }
    }

    fn frame(&self) -> &HostFrame {
        // SAFETY: `new` borrowed the frame for `'a`.
        unsafe { self.frame.as_ref() }
    }

    /// Returns the slots of the arguments, or of the results if they take more.
    pub fn slots(&self) -> &[u64] {
        // SAFETY: nothing writes the slots while `self` is borrowed: running wasm needs a mutable borrow.
        unsafe { self.frame().slots.as_ref() }
    }

    /// Returns the same slots, mutably, and the store. The results go to the first slots.
    pub fn slots_mut(&mut self) -> (&mut [u64], &Store) {
        // SAFETY: `self` is mutably borrowed, so nothing else uses the slots. They are not part of the store.
        unsafe { (&mut *self.frame().slots.as_ptr(), self.frame().root.as_ref()) }
    }

    /// Returns the store.
    pub fn store(&self) -> &Store {
        // SAFETY: the caller of `new` guarantees the store for `'a`, and nothing changes it while `self` is
        // borrowed.
        unsafe { self.frame().root.as_ref() }
    }

    /// Returns the store, mutably.
    pub fn store_mut(&mut self) -> &mut Store {
        // SAFETY: the caller of `new` guarantees the store for `'a`, and `self` is mutably borrowed.
        unsafe { &mut *self.frame().root.as_ptr() }
    }

    /// Checks the results that the embedder wrote, and writes them to the slots. Handlers rely on narrow values
    /// being zero-extended, and on references being null or of the store. Returns `false` if a reference is not.
    #[must_use]
    pub fn finish(&mut self, slots: &[u64]) -> bool {
        // SAFETY: the type is that of the host function, which lives as long as the store.
        let ty = unsafe { self.frame.as_ref().ty.as_ref() };
        let (results, store) = self.slots_mut();
        // Copied slot by slot: there are few, and copying all would be a call.
        let mut at = 0;
        for ty in ty.results() {
            let slot = slots[at];
            results[at] = match *ty {
                ValType::I64 | ValType::F64 => slot,
                ValType::V128 => {
                    results[at + 1] = slots[at + 1];
                    slot
                }
                ValType::I32 | ValType::F32 => u64::from(slot as u32),
                ValType::Ref(ty) => {
                    let reference = slot as u32;
                    if reference != 0 && !store.is_known(reference, ty) || !store.reference_is_of(reference, ty) {
                        return false;
                    }
                    u64::from(reference)
                }
            };
            at += usize::from(ty.slots());
        }
        true
    }
}

impl HostRecord {
    pub(crate) fn new(host: HostCode, type_id: u32) -> HostRecord {
        // `check_type` limited both, so they fit.
        let params = slots(host.ty.params()) as u16;
        let header = params.max(slots(host.ty.results()) as u16);
        HostRecord {
            func: exec::Func {
                entry: exec::cells::host(),
                frame_slots: u32::from(header) + u32::from(HEADER),
                header,
                params,
                instance: ptr::null_mut(),
                type_id,
                reference: 0,
            },
            host,
        }
    }
}
