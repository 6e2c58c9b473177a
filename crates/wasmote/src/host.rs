//! Host functions: the embedder's code with the type of the embedder's data forgotten.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use wasmote_decode::FuncType;
use wasmote_exec as exec;
use wasmote_ir::ValType;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::frame::HEADER;

use crate::caller::{Caller, HostFrame, RawCaller};
use crate::error::Error;
use crate::store::StoreInner;
use crate::value::Val;

/// A plain function of the embedder's, arguments and results in slots.
type Plain<T> = fn(Caller<'_, T>, &mut [u64]) -> Result<(), Error>;
/// A [`Plain`] function once it is forgotten what `T` is.
type RawPlain = fn(RawCaller<'_>, &mut [u64]) -> Result<(), Error>;
/// A closure of the embedder's, arguments and results in slots.
pub(crate) type RawClosure = dyn Fn(RawCaller<'_>, &mut [u64]) -> Result<(), Error> + Send + Sync;
/// A closure made here.
pub(crate) type Closure = dyn Fn(RawCaller<'_>, Slots) -> Result<(), Error> + Send + Sync;

/// Where the arguments of a host function are and its results go: in the value stack, which a collection looks through while the
/// function runs. A mutable reference that lives as long as the call would say that nobody does.
pub(crate) type Slots = NonNull<[u64]>;

/// As many slots are copied without an allocation for functions that take them as a reference.
const FEW: usize = 16;

/// The most parameters and the most results of a function, the limits that the JavaScript interface set.
pub(crate) const MAX_VALUES: usize = 1000;

/// A host function and its type, in no store yet.
#[doc(hidden)]
#[derive(Clone)]
pub struct HostCode {
    ty: Arc<FuncType>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// Written by the embedder: what it leaves in slots must be made fit for them.
    Plain(RawPlain),
    /// As `Plain`.
    Raw(Arc<RawClosure>),
    /// Made here: leaves slots as they must be.
    Typed(Arc<Closure>),
}

/// A host function in a store. It begins with what handlers know of it.
#[repr(C)]
pub(crate) struct HostRecord {
    func: exec::Func,
    pub(crate) host: HostCode,
}

/// How many slots values of these types take.
pub(crate) fn slots(types: &[ValType]) -> usize {
    types.iter().map(|ty| usize::from(ty.slots())).sum()
}

#[track_caller]
fn check_type(ty: &FuncType) {
    assert!(
        ty.params.len() <= MAX_VALUES && ty.results.len() <= MAX_VALUES,
        "a host function has more than {MAX_VALUES} parameters or results"
    );
}

impl HostCode {
    /// # Panics
    /// If there are more than 1000 parameters or results.
    #[track_caller]
    pub(crate) fn plain<T>(ty: FuncType, code: Plain<T>) -> HostCode {
        check_type(&ty);
        // SAFETY: `Caller` and `RawCaller` are transparent over the same pointer, so the functions' calling
        // conventions are the same; linkers and stores only ever pass callers of stores whose data is a `T`.
        let code = unsafe { core::mem::transmute::<Plain<T>, RawPlain>(code) };
        HostCode { ty: Arc::new(ty), kind: Kind::Plain(code) }
    }

    /// # Panics
    /// If there are more than 1000 parameters or results.
    #[track_caller]
    pub(crate) fn raw(ty: FuncType, code: Arc<RawClosure>) -> HostCode {
        check_type(&ty);
        HostCode { ty: Arc::new(ty), kind: Kind::Raw(code) }
    }

    /// The code must leave its results as slots must be: narrow values zero-extended, references of the store.
    ///
    /// # Panics
    /// If there are more than 1000 parameters or results.
    #[track_caller]
    pub(crate) fn typed(ty: FuncType, code: Arc<Closure>) -> HostCode {
        check_type(&ty);
        HostCode { ty: Arc::new(ty), kind: Kind::Typed(code) }
    }

    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// # Safety
    /// Nobody else uses the store, and its data is what the function was made for. `slots` has room for the
    /// parameters and for the results.
    pub(crate) unsafe fn call(&self, frame: &mut HostFrame, slots: Slots) -> Result<(), Error> {
        let root = frame.root;
        // SAFETY: the caller's promise.
        let caller = unsafe { RawCaller::new(frame) };
        if let Kind::Typed(code) = &self.kind {
            return code(caller, slots);
        }
        let (mut few, mut many) = ([0; FEW], Vec::new());
        let copy = match few.get_mut(..slots.len()) {
            Some(few) => few,
            None => {
                many.try_resize(slots.len(), 0)?;
                &mut many[..]
            }
        };
        // SAFETY: the caller's promise; this reference lasts no longer than the copy takes.
        copy.copy_from_slice(unsafe { slots.as_ref() });
        match &self.kind {
            Kind::Plain(code) => code(caller, copy)?,
            Kind::Raw(code) => code(caller, copy)?,
            Kind::Typed(_) => unreachable!("it was called above"),
        }
        // SAFETY: the function is done, and with it the caller.
        make_fit(unsafe { root.as_ref() }, &self.ty.results, copy)?;
        // SAFETY: the caller's promise, and the copy is as long.
        unsafe { slots.cast::<u64>().copy_from_nonoverlapping(NonNull::from(copy).cast(), slots.len()) };
        Ok(())
    }
}

/// Makes results that the embedder wrote fit for slots: handlers rely on the upper half of narrow values being zero,
/// and on references being null or of the store.
fn make_fit(store: &StoreInner, results: &[ValType], slots: &mut [u64]) -> Result<(), Error> {
    let mut at = 0;
    for ty in results {
        let slot = &mut slots[at];
        at += usize::from(ty.slots());
        let reference = *slot as u32;
        let known = match ty {
            ValType::I64 | ValType::F64 | ValType::V128 => continue,
            ValType::I32 | ValType::F32 => true,
            ValType::Ref(_) => {
                let value = Val::of_slots(*ty, &[u64::from(reference)], store);
                let known = match value {
                    Val::FuncRef(_) => reference == 0 || store.func(reference).is_some(),
                    #[cfg(feature = "gc")]
                    _ => reference == 0 || reference & 1 != 0 || store.objects.is_object(reference),
                    #[cfg(not(feature = "gc"))]
                    _ => reference == 0 || store.extern_value(reference).is_some(),
                };
                known && value.is_of(*ty, store)
            }
        };
        if !known {
            return Err(Error::new("a host function returned a reference that its store does not know"));
        }
        *slot = u64::from(reference);
    }
    Ok(())
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
