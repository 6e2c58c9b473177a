//! Calls that stop before they have returned, and go on later.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::rc::Rc;

use wasmote::{Error, ResumableCall, ResumableCallHostTrap, ResumableCallOutOfFuel, Val};

use crate::error::wasmote_error_t;
use crate::func::{CallError, Places, with_buffer};
use crate::instance::NO_MEMORY;
use crate::object::wasm_ref_t;
use crate::store::{Context, wasmote_caller_t};
use crate::trap::{Reason, Suspended, Trap};
use crate::unboxed::{ended, places_for, values_of};
use crate::value::{Wide, wasmote_val_t};

/// A call that can stop and go on: `wasmote_call_t`.
pub struct wasmote_call_t {
    // Dropped before the function, which owns the store.
    paused: Rc<Paused>,
    func: wasm_ref_t,
}

/// Where a call stopped. C may delete the `wasmote_call_t` while the call runs.
#[derive(Default)]
struct Paused {
    /// `None` while the call runs, and when it has ended.
    at: RefCell<Option<Stop>>,
}

/// Why a call stopped.
enum Stop {
    OutOfFuel(ResumableCallOutOfFuel),
    /// A host function suspended it.
    Waiting(ResumableCallHostTrap),
}

/// How a call goes on.
enum Next {
    /// With the results of the host function, if it waits for one.
    Values(*const wasmote_val_t, usize),
    /// With a trap of the host function.
    Trap(Box<wasm_ref_t>),
}

const ENDED: &str = "the call has ended, or is running";
const NOT_WAITING: &str = "the call waits for no host function";
const OTHER_VALUES: &str = "the values do not fit the results of the host function";

impl Paused {
    /// Notes how far a call has come, and writes its results once it has returned.
    ///
    /// # Safety
    /// That of [`Places::write`].
    unsafe fn note(
        &self,
        func: &wasm_ref_t,
        context: &mut Context<'_>,
        mut progress: Result<ResumableCall, Error>,
        values: &mut [Val],
        places: &Places<Wide>,
    ) -> Result<(), CallError> {
        let stop = loop {
            match func.stopped(progress, context)? {
                ResumableCall::Finished => {
                    // SAFETY: as the caller guarantees.
                    unsafe { places.write(values, &func.store, context) }
                    return Ok(());
                }
                ResumableCall::OutOfFuel(call) => break Stop::OutOfFuel(call),
                ResumableCall::HostTrap(call) if call.value::<Suspended>().is_some() => break Stop::Waiting(call),
                // The host function failed. In C, only a suspension stops a call.
                ResumableCall::HostTrap(call) => {
                    let error = Trap::error_again(call.host_error(), &func.store, context);
                    progress = call.resume_throw(&mut *context, error, values);
                }
            }
        };
        *self.at.borrow_mut() = Some(stop);
        Ok(())
    }

    fn take(&self) -> Result<Stop, CallError> {
        self.at.borrow_mut().take().ok_or(CallError::Refused(ENDED))
    }

    /// Refuses to go on. The call stays as it is.
    fn refuse(&self, stop: Stop, message: &'static str) -> CallError {
        *self.at.borrow_mut() = Some(stop);
        CallError::Refused(message)
    }

    /// Goes on.
    ///
    /// # Safety
    /// That of [`Places::write`] and of [`values_of`].
    unsafe fn resume(
        &self,
        func: &wasm_ref_t,
        context: &mut Context<'_>,
        next: Next,
        (results, results_size): (*mut wasmote_val_t, usize),
    ) -> Result<(), CallError> {
        let handle = func.func().ok_or(CallError::Refused("this is no function"))?;
        let count = handle.ty_ref(&*context).results().len();
        let places = places_for(results, results_size, count)?;
        let resumed = with_buffer(count, Val::I32(0), |values| {
            let progress = match (self.take()?, next) {
                (Stop::OutOfFuel(call), Next::Values(_, 0)) => call.resume(&mut *context, values),
                (Stop::Waiting(call), Next::Values(given, size)) => {
                    // SAFETY: as the caller guarantees.
                    let given = unsafe { values_of(given, size) };
                    match host_results(&call, given, func, context) {
                        Some(given) => call.resume(&mut *context, &given, values),
                        None => return Err(self.refuse(Stop::Waiting(call), OTHER_VALUES)),
                    }
                }
                (Stop::Waiting(call), Next::Trap(trap)) => {
                    let error = Trap::into_error(&trap, &func.store, context);
                    call.resume_throw(&mut *context, error, values)
                }
                (stop, _) => return Err(self.refuse(stop, NOT_WAITING)),
            };
            // SAFETY: as the caller guarantees.
            unsafe { self.note(func, context, progress, values, &places) }
        });
        resumed.ok_or(CallError::Refused(NO_MEMORY))?
    }
}

/// Returns values as results of the host function that a call waits for, if they are.
fn host_results(
    call: &ResumableCallHostTrap,
    given: &[wasmote_val_t],
    func: &wasm_ref_t,
    context: &mut Context<'_>,
) -> Option<Vec<Val>> {
    let types = call.host_func().ty(&*context);
    if given.len() != types.results().len() {
        return None;
    }
    given.iter().zip(types.results()).map(|(value, &ty)| value.to_val(ty, &func.store, context)).collect()
}

/// Goes on, and tells C how that ended.
///
/// # Safety
/// That of [`Paused::resume`], and of [`ended`].
unsafe fn resume(
    call: &wasmote_call_t,
    next: Next,
    results: (*mut wasmote_val_t, usize),
    trap: *mut Option<Box<wasm_ref_t>>,
) -> Option<Box<wasmote_error_t>> {
    // What runs may delete the call.
    let func = call.func.clone();
    let paused = Rc::clone(&call.paused);
    // SAFETY: as the caller guarantees.
    let resumed = func.store.with(|context| unsafe { paused.resume(&func, context, next, results) });
    // SAFETY: as above.
    unsafe { ended(resumed, trap) }
}

c_functions! {
    /// Starts a call that can stop and go on. The arguments are as for
    /// [`crate::unboxed::wasmote_func_call_unboxed`]. Returns null and sets `call`, or returns an error.
    ///
    /// If the code returned or stopped for good, the call has ended, with the results in `results`, or with `trap` set.
    fn wasmote_func_call_resumable(
        func: &wasm_ref_t,
        args: *const wasmote_val_t,
        args_size: usize,
        results: *mut wasmote_val_t,
        results_size: usize,
        call: *mut Option<Box<wasmote_call_t>>,
        trap: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        let args = Places::of_args(args, args_size);
        // What is called may delete the function.
        let func = func.clone();
        let paused = Rc::<Paused>::default();
        let called = func.store.with(|context| {
            func.with_args(context, &args, |context, handle, args, values| {
                let places = places_for(results, results_size, values.len())?;
                let progress = handle.call_resumable(&mut *context, args, values);
                paused.note(&func, context, progress, values, &places)
            })
        });
        let error = ended(called, trap);
        call.write(error.is_none().then(|| Box::new(wasmote_call_t { paused, func })));
        error
    }

    /// Returns how far the call has come, as a number of `wasmote_call_state_enum`.
    fn wasmote_call_state(call: &wasmote_call_t) -> u8 {
        match &*call.paused.at.borrow() {
            None => 0,
            Some(Stop::OutOfFuel(stop)) if stop.is_interrupted() => 2,
            Some(Stop::OutOfFuel(_)) => 1,
            Some(Stop::Waiting(_)) => 3,
        }
    }

    /// Returns the value that the host function gave to [`wasmote_caller_suspend`]. Returns null if the call waits for
    /// none.
    fn wasmote_call_value(call: &wasmote_call_t) -> *mut c_void {
        match &*call.paused.at.borrow() {
            Some(Stop::Waiting(stop)) => stop.value::<Suspended>().map_or(null_mut(), |suspended| suspended.0),
            _ => null_mut(),
        }
    }

    /// Goes on. `values` are what the host function would have returned, if the call waits for one, and otherwise none. They
    /// remain the caller's. `results` and `trap` are as for [`wasmote_func_call_resumable`]. An error leaves the call as
    /// it is.
    fn wasmote_call_resume(
        call: &wasmote_call_t,
        values: *const wasmote_val_t,
        values_size: usize,
        results: *mut wasmote_val_t,
        results_size: usize,
        trap: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        resume(call, Next::Values(values, values_size), (results, results_size), trap)
    }

    /// Goes on as if the host function that the call waits for had returned this trap, and takes that over. Wasm can catch
    /// an exception. Otherwise as [`wasmote_call_resume`].
    fn wasmote_call_resume_trap(
        call: &wasmote_call_t,
        host_trap: Option<Box<wasm_ref_t>>,
        results: *mut wasmote_val_t,
        results_size: usize,
        trap: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        match host_trap {
            Some(host_trap) => resume(call, Next::Trap(host_trap), (results, results_size), trap),
            None => ended(Some(Err(CallError::Refused("there is no trap"))), trap),
        }
    }

    /// Deletes a call. If it has not ended, the code does not go on. Does nothing for null.
    fn wasmote_call_delete(call: Option<Box<wasmote_call_t>>) {
        drop(call);
    }

    /// Returns a trap for the host function to return: it suspends the resumable call in which wasm called the function. `value`
    /// is what [`wasmote_call_value`] returns then. Returns null if the function does not run.
    fn wasmote_caller_suspend(caller: &wasmote_caller_t, value: *mut c_void) -> Option<Box<wasm_ref_t>> {
        caller.with(|_, cell| wasm_ref_t::trap_with(cell, "a host function waits".into(), Reason::Suspension(value)))
    }
}
