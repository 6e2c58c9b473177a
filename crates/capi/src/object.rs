//! References: what C has of functions, other items, instances, modules, traps and objects.
//!
//! `wasm_ref_t` and the types of its kinds are one type, so that a pointer to one is a pointer to the other.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ops::Deref;
use std::ptr::null_mut;
use std::rc::Rc;

use wasmote::{
    AnyRef, ExnRef, Extern, ExternRef, Func, Global, Instance, Memory, Module, OwnedRooted, SharedMemory, Table, Tag,
    Val, ValType,
};

use crate::fallible::TryClone;
use crate::finalizers::{Finalized, Finalizer};
use crate::foreign::{Foreign, object_of};
use crate::store::{Context, HostInfo, StoreCell};
use crate::trap::Trap;

/// A reference: `wasm_ref_t`, and the types of all its kinds. It owns its object together with others, and its store.
#[derive(Clone)]
pub struct wasm_ref_t {
    // Dropped before the store, which then hears of finalizers that are due.
    pub(crate) object: Object,
    pub(crate) store: Owner,
}

/// A reference's share in its store.
#[derive(Clone)]
pub(crate) struct Owner(Rc<StoreCell>);

impl Deref for Owner {
    type Target = Rc<StoreCell>;

    fn deref(&self) -> &Rc<StoreCell> {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.run_finalizers();
    }
}

/// What a reference is to.
#[derive(Clone)]
pub(crate) enum Object {
    Func(Func),
    Global(Global),
    Table(Table),
    Memory(Memory),
    /// A `wasm_memory_t`, too.
    SharedMemory(SharedMemory),
    Tag(Tag),
    Instance(Instance),
    Module(Rc<LoadedModule>),
    Trap(Rc<Trap>),
    /// A value of the host's, with what C knows of it if C made it.
    Extern(OwnedRooted<ExternRef>, Option<Rc<Foreign>>),
    Any(OwnedRooted<AnyRef>),
    Exn(OwnedRooted<ExnRef>),
}

/// A module in a store. Each is an object of its own, even if others share its code.
pub(crate) struct LoadedModule {
    pub(crate) module: Module,
    pub(crate) host_info: RefCell<Option<Finalized>>,
}

/// An item that has its host information in the store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Func(Func),
    Global(Global),
    Table(Table),
    Memory(Memory),
    /// The address of its bytes, which do not move.
    SharedMemory(usize),
    Tag(Tag),
    Instance(Instance),
}

impl Object {
    /// Returns what a value of wasm's refers to. Returns `None` for null, and if there is not enough memory.
    pub(crate) fn of_val(val: Val, context: &Context<'_>) -> Option<Object> {
        match val {
            Val::FuncRef(func) => func.map(Object::Func),
            Val::ExternRef(reference) => object_of(reference?, context),
            Val::AnyRef(reference) => Some(Object::Any(OwnedRooted::new(context, reference?).ok()?)),
            Val::ExnRef(reference) => Some(Object::Exn(OwnedRooted::new(context, reference?).ok()?)),
            _ => None,
        }
    }

    /// Returns the item that is exported.
    pub(crate) fn of_extern(item: Extern) -> Option<Object> {
        Some(match item {
            Extern::Func(func) => Object::Func(func),
            Extern::Table(table) => Object::Table(table),
            Extern::Memory(memory) => Object::Memory(memory),
            Extern::SharedMemory(memory) => Object::SharedMemory(memory),
            Extern::Global(global) => Object::Global(global),
            Extern::Tag(tag) => Object::Tag(tag),
            _ => return None,
        })
    }

    /// Returns the item, if it is one that modules import.
    pub(crate) fn to_extern(&self) -> Option<Extern> {
        Some(match self {
            Object::Func(func) => (*func).into(),
            Object::Global(global) => (*global).into(),
            Object::Table(table) => (*table).into(),
            Object::Memory(memory) => (*memory).into(),
            Object::SharedMemory(memory) => memory.clone().into(),
            Object::Tag(tag) => (*tag).into(),
            _ => return None,
        })
    }

    fn key(&self) -> Option<Key> {
        Some(match self {
            Object::Func(func) => Key::Func(*func),
            Object::Global(global) => Key::Global(*global),
            Object::Table(table) => Key::Table(*table),
            Object::Memory(memory) => Key::Memory(*memory),
            Object::SharedMemory(memory) => Key::SharedMemory(memory.data_ptr() as usize),
            Object::Tag(tag) => Key::Tag(*tag),
            Object::Instance(instance) => Key::Instance(*instance),
            _ => return None,
        })
    }

    /// Returns where the object has its own host information.
    fn own_host_info(&self) -> Option<&RefCell<Option<Finalized>>> {
        match self {
            Object::Module(module) => Some(&module.host_info),
            Object::Trap(trap) => Some(&trap.host_info),
            Object::Extern(_, foreign) => Some(&foreign.as_deref()?.host_info),
            _ => None,
        }
    }
}

impl TryClone for wasm_ref_t {
    fn try_clone(&self) -> Option<wasm_ref_t> {
        Some(self.clone())
    }
}

impl wasm_ref_t {
    pub(crate) fn new(store: &Rc<StoreCell>, object: Object) -> wasm_ref_t {
        wasm_ref_t { object, store: Owner(Rc::clone(store)) }
    }

    /// Returns a reference to the object that `body` makes or finds. Finalizers run before this returns: they may delete all
    /// other references to the store, even what `cell` is a part of.
    pub(crate) fn of_made(
        cell: &Rc<StoreCell>,
        body: impl FnOnce(&mut Context<'_>) -> Option<Object>,
    ) -> Option<Box<wasm_ref_t>> {
        let cell = Rc::clone(cell);
        let object = cell.with(body)??;
        Some(Box::new(wasm_ref_t::new(&cell, object)))
    }

    /// Returns the reference as a value of this type; `None` is null. Returns `None` if it is of another type or store.
    pub(crate) fn to_val(
        reference: Option<&wasm_ref_t>,
        ty: ValType,
        cell: &Rc<StoreCell>,
        context: &mut Context<'_>,
    ) -> Option<Val> {
        let Some(reference) = reference else {
            return Some(Val::default_of(ty)).filter(|null| null.matches(&*context, ty));
        };
        if !Rc::ptr_eq(&reference.store, cell) {
            return None;
        }
        let val = match &reference.object {
            Object::Func(func) => Val::FuncRef(Some(*func)),
            Object::Extern(owned, _) => Val::ExternRef(Some(owned.to_rooted(&mut *context))),
            Object::Any(owned) => Val::AnyRef(Some(owned.to_rooted(&mut *context))),
            Object::Exn(owned) => Val::ExnRef(Some(owned.to_rooted(&mut *context))),
            _ => return None,
        };
        Some(val).filter(|val| val.matches(&*context, ty))
    }

    fn is_same(&self, other: &wasm_ref_t) -> bool {
        if !Rc::ptr_eq(&self.store, &other.store) {
            return false;
        }
        match (&self.object, &other.object) {
            (Object::Module(a), Object::Module(b)) => Rc::ptr_eq(a, b),
            (Object::Trap(a), Object::Trap(b)) => Rc::ptr_eq(a, b),
            (Object::Extern(_, Some(a)), Object::Extern(_, Some(b))) => Rc::ptr_eq(a, b),
            (Object::Extern(a, None), Object::Extern(b, None)) => self.same_rooted(a, b),
            (Object::Any(a), Object::Any(b)) => self.same_rooted(a, b),
            (Object::Exn(a), Object::Exn(b)) => self.same_rooted(a, b),
            (a, b) => a.key().is_some() && a.key() == b.key(),
        }
    }

    fn same_rooted<T: wasmote::GcRef + PartialEq>(&self, a: &OwnedRooted<T>, b: &OwnedRooted<T>) -> bool {
        self.store.with(|context| a.to_rooted(&mut *context) == b.to_rooted(context)).unwrap_or(false)
    }

    fn host_info(&self) -> *mut c_void {
        let info = match (self.object.key(), self.object.own_host_info()) {
            (Some(key), _) => self.store.host_infos.borrow().get(&key).map(|found| found.info.value()),
            (None, own) => own.and_then(|own| own.borrow().as_ref().map(Finalized::value)),
        };
        info.unwrap_or(null_mut())
    }

    fn set_host_info(&self, value: *mut c_void, finalizer: Finalizer) {
        let info = Finalized::new(value, finalizer, self.store.finalizers());
        let before = match (self.object.key(), self.object.own_host_info()) {
            (Some(key), _) => {
                let memory = match &self.object {
                    Object::SharedMemory(memory) => Some(memory.clone()),
                    _ => None,
                };
                let info = HostInfo { info, _memory: memory };
                self.store.host_infos.borrow_mut().insert(key, info).map(|before| before.info)
            }
            (None, Some(own)) => own.borrow_mut().replace(info),
            // Objects of wasm's have no place for it.
            (None, None) => Some(info),
        };
        drop(before);
        self.store.run_finalizers();
    }
}

/// Defines the functions of each kind of reference.
macro_rules! references {
    ($($module:ident $name:literal;)*) => { $(
        #[doc = concat!("The functions `wasm_", $name, "_*` that all references have.")]
        pub mod $module {
            use super::super::*;

            /// Deletes the reference. Does nothing for null.
            #[unsafe(export_name = concat!("wasm_", $name, "_delete"))]
            pub unsafe extern "C" fn delete(reference: Option<Box<wasm_ref_t>>) {
                drop(reference);
            }

            /// Returns another reference to the same object.
            #[unsafe(export_name = concat!("wasm_", $name, "_copy"))]
            pub unsafe extern "C" fn copy(reference: &wasm_ref_t) -> Box<wasm_ref_t> {
                Box::new(reference.clone())
            }

            /// Returns whether both references are to the same object.
            #[unsafe(export_name = concat!("wasm_", $name, "_same"))]
            pub unsafe extern "C" fn same(a: &wasm_ref_t, b: &wasm_ref_t) -> bool {
                a.is_same(b)
            }

            /// Returns the object's host information, or null if it has none.
            #[unsafe(export_name = concat!("wasm_", $name, "_get_host_info"))]
            pub unsafe extern "C" fn get_host_info(reference: &wasm_ref_t) -> *mut c_void {
                reference.host_info()
            }

            /// Sets the object's host information. The finalizer of the previous one runs.
            #[unsafe(export_name = concat!("wasm_", $name, "_set_host_info"))]
            pub unsafe extern "C" fn set_host_info(reference: &wasm_ref_t, info: *mut c_void) {
                reference.set_host_info(info, None);
            }

            /// Sets the object's host information, with a function that is called when the object is freed. Items and
            /// instances are freed with their store. Objects of wasm's have no host information: the function is
            /// called at once.
            #[unsafe(export_name = concat!("wasm_", $name, "_set_host_info_with_finalizer"))]
            pub unsafe extern "C" fn set_host_info_with_finalizer(
                reference: &wasm_ref_t,
                info: *mut c_void,
                finalizer: Finalizer,
            ) {
                reference.set_host_info(info, finalizer);
            }
        }
    )* };
}

/// What all references have.
pub mod kinds {
    references! {
        any "ref";
        trap "trap";
        foreign "foreign";
        module "module";
        func "func";
        global "global";
        table "table";
        memory "memory";
        externs "extern";
        instance "instance";
    }
}

/// Defines the functions that see a reference of one kind as one of another, and back. None of them passes ownership.
macro_rules! views {
    ($($module:ident $name:literal as $wide:literal: ($kind:pat);)*) => { $(
        #[doc = concat!("The functions `wasm_", $name, "_as_", $wide, "` and back, also of constants.")]
        pub mod $module {
            use super::super::*;

            /// Returns the same reference.
            #[unsafe(export_name = concat!("wasm_", $name, "_as_", $wide))]
            pub unsafe extern "C" fn widened(reference: *mut wasm_ref_t) -> *mut wasm_ref_t {
                reference
            }

            /// Returns the same reference.
            #[unsafe(export_name = concat!("wasm_", $name, "_as_", $wide, "_const"))]
            pub unsafe extern "C" fn widened_const(reference: *const wasm_ref_t) -> *const wasm_ref_t {
                reference
            }

            /// Returns the same reference if it is of this kind, and otherwise null.
            #[unsafe(export_name = concat!("wasm_", $wide, "_as_", $name))]
            pub unsafe extern "C" fn narrowed(reference: *mut wasm_ref_t) -> *mut wasm_ref_t {
                // SAFETY: it is null or valid, as the caller guarantees.
                if unsafe { is_of_kind(reference) } { reference } else { null_mut() }
            }

            /// Returns the same reference if it is of this kind, and otherwise null.
            #[unsafe(export_name = concat!("wasm_", $wide, "_as_", $name, "_const"))]
            pub unsafe extern "C" fn narrowed_const(reference: *const wasm_ref_t) -> *const wasm_ref_t {
                // SAFETY: as above.
                if unsafe { is_of_kind(reference) } { reference } else { null_mut() }
            }

            unsafe fn is_of_kind(reference: *const wasm_ref_t) -> bool {
                // SAFETY: as above.
                let reference = unsafe { reference.as_ref() };
                reference.is_some_and(|reference| matches!(reference.object, $kind))
            }
        }
    )* };
}

/// The views of references of all kinds as `wasm_ref_t`.
pub mod as_ref {
    views! {
        trap "trap" as "ref": (Object::Trap(_));
        foreign "foreign" as "ref": (Object::Extern(..));
        module "module" as "ref": (Object::Module(_));
        func "func" as "ref": (Object::Func(_));
        global "global" as "ref": (Object::Global(_));
        table "table" as "ref": (Object::Table(_));
        memory "memory" as "ref": (Object::Memory(_) | Object::SharedMemory(_));
        externs "extern" as "ref": (Object::Func(_) | Object::Global(_) | Object::Table(_) | Object::Memory(_) | Object::SharedMemory(_) | Object::Tag(_));
        instance "instance" as "ref": (Object::Instance(_));
    }
}

/// The views of items as `wasm_extern_t`.
pub mod as_extern {
    views! {
        func "func" as "extern": (Object::Func(_));
        global "global" as "extern": (Object::Global(_));
        table "table" as "extern": (Object::Table(_));
        memory "memory" as "extern": (Object::Memory(_) | Object::SharedMemory(_));
    }
}
