//! The objects that are alive.

use std::cell::{Cell, RefCell};
use std::ptr::null;

use super::ffi::*;
use super::{code, data, items};

/// The objects of a type. The pool owns them.
pub struct Pool<T> {
    items: RefCell<Vec<*mut T>>,
    delete: unsafe extern "C" fn(*mut T),
}

/// The most objects of a pool.
const MOST: usize = 40;

impl<T> Pool<T> {
    fn new(delete: unsafe extern "C" fn(*mut T)) -> Pool<T> {
        Pool { items: RefCell::default(), delete }
    }

    /// Takes over an object, unless it is null.
    pub fn add(&self, item: *mut T) {
        if item.is_null() {
            return;
        }
        let mut items = self.items.borrow_mut();
        items.push(item);
        let oldest = (items.len() > MOST).then(|| items.remove(0));
        // A deletion may run a finalizer, which uses the pool.
        drop(items);
        if let Some(oldest) = oldest {
            // SAFETY: the pool owned it.
            unsafe { (self.delete)(oldest) }
        }
    }

    /// Gives up an object, or returns `None` if there is none.
    pub fn take(&self, world: &World) -> Option<*mut T> {
        let mut items = self.items.borrow_mut();
        let count = items.len();
        (count > 0).then(|| items.swap_remove(world.below(count)))
    }

    /// Returns an object. Callbacks and finalizers of a call that it is passed to may delete it, so that it must not be used
    /// afterwards.
    pub fn pick(&self, world: &World) -> Option<*mut T> {
        let items = self.items.borrow();
        (!items.is_empty()).then(|| items[world.below(items.len())])
    }

    /// Like [`Pool::pick`]: mostly an object that is as wanted, if there is one.
    pub fn pick_where(&self, world: &World, wanted: impl Fn(*mut T) -> bool) -> Option<*mut T> {
        if world.below(8) == 0 {
            return self.pick(world);
        }
        let items = self.items.borrow();
        // Half of the time, one of the newest.
        let from = match world.bool() {
            true => world.below(items.len().max(1)),
            false => items.len().saturating_sub(1 + world.below(6)),
        };
        let found = items.iter().cycle().skip(from).take(items.len()).find(|&&item| wanted(item));
        found.copied()
    }

    /// Deletes an object, if there is one.
    pub fn delete(&self, world: &World) {
        if let Some(item) = self.take(world) {
            // SAFETY: the pool owned it.
            unsafe { (self.delete)(item) }
        }
    }

    fn delete_all(&self) {
        loop {
            let Some(item) = self.items.borrow_mut().pop() else { break };
            // SAFETY: the pool owned it.
            unsafe { (self.delete)(item) }
        }
    }
}

unsafe extern "C" fn delete_box_of_val(val: *mut Val) {
    // SAFETY: the pool has boxes that this crate made, and owns the value.
    unsafe {
        wasm_val_delete(val);
        drop(Box::from_raw(val));
    }
}

/// All objects, and what is left of the input.
pub struct World {
    input: RefCell<Vec<u8>>,
    steps: Cell<u32>,
    depth: Cell<u32>,
    pub configs: Pool<Config>,
    pub engines: Pool<Engine>,
    pub stores: Pool<Store>,
    pub refs: Pool<Ref>,
    pub types: Pool<ExternType>,
    pub valtypes: Pool<ValType>,
    pub vals: Pool<Val>,
    pub shared: Pool<Shared>,
    pub frames: Pool<Frame>,
    pub linkers: Pool<Linker>,
    pub wasis: Pool<Wasi>,
    pub handles: Pool<Handle>,
    pub images: RefCell<Vec<Vec<u8>>>,
}

/// The steps of an input, with those of callbacks.
const STEPS: u32 = 400;
/// How deep steps nest.
const DEPTH: u32 = 5;

thread_local! {
    static CURRENT: Cell<*const World> = const { Cell::new(null()) };
}

impl World {
    pub fn run(input: &[u8]) {
        let world = World {
            input: RefCell::new(input.iter().rev().copied().collect()),
            steps: Cell::new(STEPS),
            depth: Cell::new(0),
            configs: Pool::new(wasm_config_delete),
            engines: Pool::new(wasm_engine_delete),
            stores: Pool::new(wasm_store_delete),
            refs: Pool::new(wasm_ref_delete),
            types: Pool::new(wasm_externtype_delete),
            valtypes: Pool::new(wasm_valtype_delete),
            vals: Pool::new(delete_box_of_val),
            shared: Pool::new(wasm_shared_module_delete),
            frames: Pool::new(wasm_frame_delete),
            linkers: Pool::new(wasmote_linker_delete),
            wasis: Pool::new(wasmote_wasi_config_delete),
            handles: Pool::new(wasmote_interrupt_handle_delete),
            images: RefCell::default(),
        };
        CURRENT.set(&raw const world);
        for _ in 0..1 + world.below(2) {
            code::new_engine(&world);
        }
        for _ in 0..1 + world.below(3) {
            code::new_store(&world);
        }
        while world.has_more() {
            world.step();
        }
        world.end();
        CURRENT.set(null());
    }

    /// Returns the world that runs. Callbacks are called only then.
    pub fn current() -> &'static World {
        // SAFETY: `run` sets it as long as the world is there.
        unsafe { CURRENT.get().as_ref() }.expect("a callback outside of a run")
    }

    fn has_more(&self) -> bool {
        self.steps.get() > 0 && !self.input.borrow().is_empty()
    }

    /// Returns the next byte of the input; 0 at its end.
    pub fn byte(&self) -> u8 {
        self.input.borrow_mut().pop().unwrap_or(0)
    }

    /// Returns a number below this one, which is not 0.
    pub fn below(&self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    pub fn bool(&self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn u64(&self) -> u64 {
        let bytes = [0; 8].map(|_| self.byte());
        u64::from_le_bytes(bytes)
    }

    /// Returns a size, mostly a small one.
    pub fn size(&self) -> u32 {
        match self.byte() {
            255 => u32::MAX,
            254 => u32::MAX - 1,
            253 => 65536,
            252 => 65537,
            byte => u32::from(byte) % 5,
        }
    }

    /// Does one thing.
    pub fn step(&self) {
        if !self.has_more() || self.depth.get() >= DEPTH {
            return;
        }
        self.steps.set(self.steps.get() - 1);
        self.depth.set(self.depth.get() + 1);
        let all = [data::STEPS, items::STEPS, code::STEPS];
        // Half of the steps are those with code.
        let steps = all[[0, 1, 1, 2, 2, 2][self.below(6)]];
        steps[self.below(steps.len())](self);
        self.depth.set(self.depth.get() - 1);
    }

    /// Ignores an error, after its message was read.
    pub fn ignore(&self, error: *mut Error) -> bool {
        if error.is_null() {
            return true;
        }
        let mut message = Bytes::EMPTY;
        // SAFETY: the error is valid, and owned.
        unsafe {
            wasmote_error_message(error, &raw mut message);
            assert!(std::str::from_utf8(message.elements()).is_ok());
            wasm_byte_vec_delete(&raw mut message);
            wasmote_error_delete(error);
        }
        false
    }

    /// Deletes all, in one of two orders. Finalizers do no steps then.
    fn end(&self) {
        self.steps.set(0);
        let stores_first = self.input.borrow().len() % 2 == 0;
        if stores_first {
            self.engines.delete_all();
            self.stores.delete_all();
        }
        self.frames.delete_all();
        self.vals.delete_all();
        self.refs.delete_all();
        self.linkers.delete_all();
        self.wasis.delete_all();
        self.stores.delete_all();
        self.types.delete_all();
        self.valtypes.delete_all();
        self.shared.delete_all();
        self.engines.delete_all();
        self.configs.delete_all();
        self.handles.delete_all();
    }
}
