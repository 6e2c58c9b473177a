//! Host functions: the embedder's code with the type of the embedder's data forgotten.

use alloc::sync::Arc;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use wasmote_decode::FuncType;
use wasmote_exec as exec;
use wasmote_ir::frame::HEADER;
use wasmote_ir::{TrapCode, ValType};

use crate::module::slots;
use crate::store::Store;

/// A closure over slots.
pub type Closure = dyn Fn(HostCall<'_>) -> Result<(), TrapCode> + Send + Sync;
/// A plain function, whatever its type is.
pub type Erased = fn();
/// What knows how to call plain functions of one type.
pub type Plain = fn(Erased, HostCall<'_>) -> Result<(), TrapCode>;

/// The most parameters and the most results of a function, the limits that the JavaScript interface set.
pub const MAX_VALUES: usize = 1000;

/// A host function and its type, in no store yet.
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

/// A host function in a store. It begins with what handlers know of it.
#[repr(C)]
pub(crate) struct HostRecord {
    func: exec::Func,
    pub(crate) host: HostCode,
}

#[track_caller]
fn check_type(ty: &FuncType) {
    assert!(
        ty.params.len() <= MAX_VALUES && ty.results.len() <= MAX_VALUES,
        "a host function has more than {MAX_VALUES} parameters or results"
    );
}

impl HostCode {
    /// A plain function, and what calls it.
    ///
    /// # Safety
    /// As [`HostCode::closure`], and `call` can call `code`.
    ///
    /// # Panics
    /// If there are more than 1000 parameters or results.
    #[track_caller]
    pub unsafe fn plain(ty: FuncType, call: Plain, code: Erased) -> HostCode {
        check_type(&ty);
        HostCode { ty: Arc::new(ty), kind: Kind::Plain(call, code) }
    }

    /// # Safety
    /// The code leaves its results as slots must be: as many as the type says, narrow values zero-extended, references of the store.
    ///
    /// # Panics
    /// If there are more than 1000 parameters or results.
    #[track_caller]
    pub unsafe fn closure(ty: FuncType, code: Arc<Closure>) -> HostCode {
        check_type(&ty);
        HostCode { ty: Arc::new(ty), kind: Kind::Closure(code) }
    }

    /// Its type.
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

/// A call of a host function that is under way.
pub(crate) struct HostFrame {
    pub(crate) root: NonNull<Store>,
    /// Who called; null if it was the host.
    pub(crate) instance: *mut exec::Instance,
    /// Where the arguments are and the results go: in the value stack, which a collection looks through while the function runs. A mutable
    /// reference that lives as long as the call would say that nobody does.
    pub(crate) slots: NonNull<[u64]>,
    pub(crate) ty: NonNull<FuncType>,
}

/// A call of a host function: its arguments, its store, and where its results go.
#[repr(transparent)]
pub struct HostCall<'a> {
    pub(crate) frame: NonNull<HostFrame>,
    borrow: PhantomData<&'a mut ()>,
}

impl<'a> HostCall<'a> {
    /// # Safety
    /// Nobody else uses the store for `'a`.
    pub(crate) unsafe fn new(frame: &'a mut HostFrame) -> HostCall<'a> {
        HostCall { frame: NonNull::from(frame), borrow: PhantomData }
    }

    fn frame(&self) -> &HostFrame {
        // SAFETY: the frame lives for `'a`.
        unsafe { self.frame.as_ref() }
    }

    /// The slots of the arguments, and if there are more slots of results, these.
    pub fn slots(&self) -> &[u64] {
        // SAFETY: nobody writes them while this is borrowed: who runs wasm borrows it mutably.
        unsafe { self.frame().slots.as_ref() }
    }

    /// The same, for results, which are the first slots.
    pub fn slots_mut(&mut self) -> (&mut [u64], &Store) {
        // SAFETY: nobody reads or writes them while this is mutably borrowed, and they are no part of the store.
        unsafe { (&mut *self.frame().slots.as_ptr(), self.frame().root.as_ref()) }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        // SAFETY: nobody changes the store while this is borrowed.
        unsafe { self.frame().root.as_ref() }
    }

    /// The store.
    pub fn store_mut(&mut self) -> &mut Store {
        // SAFETY: nobody else uses the store while this is mutably borrowed.
        unsafe { &mut *self.frame().root.as_ptr() }
    }

    /// Makes slots that the embedder wrote results into the results: handlers rely on the upper half of narrow values being zero,
    /// and on references being null or of the store. `false` if a reference is not.
    #[must_use]
    pub fn finish(&mut self, slots: &[u64]) -> bool {
        // SAFETY: the type is that of the host function, which lives as long as the store.
        let ty = unsafe { self.frame.as_ref().ty.as_ref() };
        let (results, store) = self.slots_mut();
        // Slot by slot: there are few, and a copy of all would be a call.
        let mut at = 0;
        for ty in &ty.results {
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
        // `check_type` saw to it that both fit.
        let params = slots(&host.ty.params) as u16;
        let header = params.max(slots(&host.ty.results) as u16);
        HostRecord {
            func: exec::Func {
                code: exec::cells::host(),
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
