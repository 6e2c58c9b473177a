//! Finalizers of C: functions that hear that a value of theirs is no longer in use.
//!
//! What makes a finalizer due may happen while the library works on the store, even inside of a collection. So it is
//! only noted then. It runs when C could call as well: it may call back.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::rc::Rc;

/// A finalizer of C.
pub type Finalizer = Option<unsafe extern "C" fn(*mut c_void)>;

/// A finalizer with its value.
type Due = (unsafe extern "C" fn(*mut c_void), *mut c_void);

/// The finalizers of a store that are due.
#[derive(Default)]
pub(crate) struct Finalizers {
    due: RefCell<VecDeque<Due>>,
    running: Cell<bool>,
}

impl Finalizers {
    /// Runs all that are due. One that calls back does not run others: the outermost call does.
    pub(crate) fn run(&self) {
        if self.due.borrow().is_empty() || self.running.replace(true) {
            return;
        }
        loop {
            // A statement of its own, so that nothing is borrowed while C runs.
            let next = self.due.borrow_mut().pop_front();
            let Some((finalizer, value)) = next else { break };
            // SAFETY: C gave both together, for one call.
            unsafe { finalizer(value) }
        }
        self.running.set(false);
    }
}

/// A value of C's with its finalizer, which becomes due when this is dropped.
pub(crate) struct Finalized {
    value: *mut c_void,
    finalizer: Finalizer,
    finalizers: Rc<Finalizers>,
}

impl Finalized {
    pub(crate) fn new(value: *mut c_void, finalizer: Finalizer, finalizers: &Rc<Finalizers>) -> Finalized {
        Finalized { value, finalizer, finalizers: Rc::clone(finalizers) }
    }

    pub(crate) fn value(&self) -> *mut c_void {
        self.value
    }
}

impl Drop for Finalized {
    fn drop(&mut self) {
        if let Some(finalizer) = self.finalizer {
            self.finalizers.due.borrow_mut().push_back((finalizer, self.value));
        }
    }
}

/// A value of C's that belongs to no store, or to the streams of one. Its finalizer runs when this is dropped, on the
/// thread that drops it. The store may be in use then, and what a finalizer calls of it fails.
pub(crate) struct Env {
    value: *mut c_void,
    finalizer: Finalizer,
}

// SAFETY: C says with each value that all threads may use it (see the rules of this crate).
unsafe impl Send for Env {}
// SAFETY: as above.
unsafe impl Sync for Env {}

impl Env {
    pub(crate) fn new(value: *mut c_void, finalizer: Finalizer) -> Env {
        Env { value, finalizer }
    }

    pub(crate) fn value(&self) -> *mut c_void {
        self.value
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        let Some(finalizer) = self.finalizer else { return };
        // A thread that ends puts nothing off.
        let is_put_off =
            PUT_OFF.try_with(|due| due.borrow_mut().as_mut().map(|due| due.push((finalizer, self.value))).is_some());
        if !is_put_off.unwrap_or(false) {
            // SAFETY: C gave both together, for one call.
            unsafe { finalizer(self.value) }
        }
    }
}

thread_local! {
    /// The finalizers of [`Env`]s that [`put_off`] runs later on this thread.
    static PUT_OFF: RefCell<Option<Vec<Due>>> = const { RefCell::new(None) };
}

/// Changes something that owns [`Env`]s. The finalizers of those that it drops run afterwards, since they may delete what
/// is changed, or change it, too.
pub(crate) fn put_off<R>(change: impl FnOnce() -> R) -> R {
    let outer = PUT_OFF.replace(Some(Vec::new()));
    let result = change();
    let due = PUT_OFF.replace(outer);
    for (finalizer, value) in due.into_iter().flatten() {
        // SAFETY: as above.
        unsafe { finalizer(value) }
    }
    result
}
