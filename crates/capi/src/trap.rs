//! Traps and frames.

use std::cell::RefCell;
use std::ffi::c_void;
use std::fmt;
use std::rc::Rc;

use wasmote::{Error, ErrorKind, Exception, FrameInfo, I32Exit, Tag, TrapCode};

use crate::error::text_of;
use crate::fallible::TryClone;
use crate::finalizers::Finalized;
use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, StoreCell, wasm_store_t};
use crate::value::{Value, wasmote_val_t};
use crate::vectors::{Pointer, Vector, wasm_byte_vec_t, wasm_frame_vec_t};

/// Why code stopped, also where the specification has another word for it: `wasm_trap_t`.
pub(crate) struct Trap {
    message: String,
    /// The innermost frame first. A trap that passes further calls gets further frames.
    frames: RefCell<Vec<FrameInfo>>,
    reason: Reason,
    pub(crate) host_info: RefCell<Option<Finalized>>,
}

/// The most frames of a trap. A host function may return the same trap again and again.
const MOST_FRAMES: usize = 1024;

/// What a trap has besides its message.
pub(crate) enum Reason {
    /// Nothing: a host function stopped the code.
    Message,
    /// The exit status of a program that a host function ended.
    Exit(I32Exit),
    /// Why wasm trapped.
    Code(TrapCode),
    /// The exception that nothing caught.
    Exception(ExceptionOfC),
    /// The host function waits, and gave this value.
    Suspension(*mut c_void),
}

/// An exception with values that outlive the scope in which it was thrown.
pub(crate) struct ExceptionOfC {
    pub(crate) tag: Tag,
    values: Vec<wasmote_val_t>,
}

impl ExceptionOfC {
    pub(crate) fn of(exception: &Exception, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> ExceptionOfC {
        // It has room for all values.
        let values = exception.values().iter().filter_map(|&value| Value::of_val(value, cell, context)).collect();
        ExceptionOfC { tag: exception.tag(), values }
    }

    pub(crate) fn values(&self) -> &[wasmote_val_t] {
        &self.values
    }

    /// Returns the exception to throw it.
    fn to_exception(&self, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Option<Exception> {
        exception_of(self.tag, &self.values, cell, context)
    }
}

impl Drop for ExceptionOfC {
    fn drop(&mut self) {
        self.values.iter().for_each(|value| value.release());
    }
}

/// Makes an exception of values of C. Returns `None` if they are not of the tag's types, or of another store.
pub(crate) fn exception_of(
    tag: Tag,
    values: &[wasmote_val_t],
    cell: &Rc<StoreCell>,
    context: &mut Context<'_>,
) -> Option<Exception> {
    let ty = tag.ty(&*context);
    let types = ty.ty().params();
    if values.len() != types.len() {
        return None;
    }
    let values = values.iter().zip(types).map(|(value, &ty)| value.to_val(ty, cell, context));
    Some(Exception::new(tag, values.collect::<Option<Vec<_>>>()?))
}

/// A trap on its way through wasm.
struct Passing(Rc<Trap>);

// SAFETY: the error that holds it passes the calls of one store on one thread, and becomes a trap of that store.
unsafe impl Send for Passing {}
// SAFETY: as above.
unsafe impl Sync for Passing {}

impl fmt::Debug for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Display for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Passing {}

/// The value of C's with which a host function suspends its caller.
pub(crate) struct Suspended(pub(crate) *mut c_void);

// SAFETY: the value passes from one function of C to another on the thread that uses the store.
unsafe impl Send for Suspended {}
// SAFETY: as above.
unsafe impl Sync for Suspended {}

impl Trap {
    fn new(message: String, reason: Reason) -> Rc<Trap> {
        Rc::new(Trap { message, frames: RefCell::default(), reason, host_info: RefCell::default() })
    }

    /// Makes a trap of an error. One that a host function returned is the same as before, with more frames.
    fn of_error(error: &Error, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Rc<Trap> {
        let trap = match error.downcast_ref::<Passing>() {
            Some(passing) => Rc::clone(&passing.0),
            None => {
                let exception = error.as_exception().map(|exception| ExceptionOfC::of(exception, cell, context));
                let reason = match (exception, error.i32_exit_status(), error.as_trap_code()) {
                    (Some(exception), ..) => Reason::Exception(exception),
                    (_, Some(status), _) => Reason::Exit(I32Exit(status)),
                    (.., Some(code)) => Reason::Code(code),
                    _ => Reason::Message,
                };
                Trap::new(message(error), reason)
            }
        };
        let more = error.backtrace().map_or(&[][..], |backtrace| backtrace.frames());
        let mut frames = trap.frames.borrow_mut();
        let room = MOST_FRAMES.saturating_sub(frames.len());
        frames.extend(more.iter().take(room).cloned());
        drop(frames);
        trap
    }

    /// Makes an error of a trap that a host function of this store returned. One of another store becomes one of this: it has
    /// the same message and frames, but is another object, and neither an exception nor a suspension.
    pub(crate) fn into_error(reference: &wasm_ref_t, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Error {
        let Object::Trap(trap) = &reference.object else {
            return Error::new("a host function returned another reference than a trap");
        };
        let is_here = Rc::ptr_eq(&reference.store, cell);
        match &trap.reason {
            // An exit has no frames, and whoever looks for it need not know of C.
            &Reason::Exit(exit) => exit.into(),
            &Reason::Suspension(value) if is_here => Error::suspend_with(Suspended(value)),
            // Wasm can catch it.
            Reason::Exception(exception) if is_here => match exception.to_exception(cell, context) {
                Some(exception) => exception.into(),
                None => Error::host(Passing(Rc::clone(trap))),
            },
            _ if is_here => Error::host(Passing(Rc::clone(trap))),
            reason => {
                let code = if let &Reason::Code(code) = reason { Reason::Code(code) } else { Reason::Message };
                let copy = Trap::new(text_of(&trap.message), code);
                copy.frames.borrow_mut().clone_from(&trap.frames.borrow());
                Error::host(Passing(copy))
            }
        }
    }

    /// Makes another error of one that cannot be had by value. It is the same for C.
    pub(crate) fn error_again(error: &Error, cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Error {
        let trap = Trap::of_error(error, cell, context);
        match trap.reason {
            Reason::Exit(exit) => exit.into(),
            _ => Error::host(Passing(trap)),
        }
    }
}

/// Returns whether code stopped with this error, or nothing ran.
pub(crate) fn is_of_code(error: &Error) -> bool {
    error.backtrace().is_some()
        || error.as_trap_code().is_some()
        || error.i32_exit_status().is_some()
        || error.as_exception().is_some()
        || error.downcast_ref::<Passing>().is_some()
}

/// Returns the message of an error, without its frames.
fn message(error: &Error) -> String {
    match error.kind() {
        ErrorKind::TrapCode(code) => code.to_string(),
        ErrorKind::Exception(_) => {
            let mut text = text_of(error);
            // Frames follow in lines of their own.
            text.truncate(text.find('\n').unwrap_or(text.len()));
            text
        }
        _ => text_of(error),
    }
}

impl wasm_ref_t {
    /// Makes a trap of an error, as C gets it.
    pub(crate) fn trap_of(cell: &Rc<StoreCell>, error: &Error, context: &mut Context<'_>) -> Box<wasm_ref_t> {
        Box::new(wasm_ref_t::new(cell, Object::Trap(Trap::of_error(error, cell, context))))
    }

    /// Makes a trap of a message.
    pub(crate) fn trap_of_message(cell: &Rc<StoreCell>, message: &str) -> Box<wasm_ref_t> {
        wasm_ref_t::trap_with(cell, message.into(), Reason::Message)
    }

    /// Makes a trap of a message and what else it has.
    pub(crate) fn trap_with(cell: &Rc<StoreCell>, message: String, reason: Reason) -> Box<wasm_ref_t> {
        Box::new(wasm_ref_t::new(cell, Object::Trap(Trap::new(message, reason))))
    }

    /// Returns the exception that a trap carries.
    pub(crate) fn exception(&self) -> Option<&ExceptionOfC> {
        let Object::Trap(trap) = &self.object else { return None };
        match &trap.reason {
            Reason::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    fn frame(&self, info: &FrameInfo) -> wasm_frame_t {
        let instance = info.instance();
        // A trap may have passed code of another store.
        let is_here = self.store.with(|context| instance.is_in(&*context)).unwrap_or(false);
        wasm_frame_t {
            instance: is_here.then(|| wasm_ref_t::new(&self.store, Object::Instance(instance))),
            info: info.clone(),
        }
    }
}

/// A function that was running when code stopped: `wasm_frame_t`.
#[derive(Clone)]
pub struct wasm_frame_t {
    instance: Option<wasm_ref_t>,
    pub(crate) info: FrameInfo,
}

impl TryClone for wasm_frame_t {
    fn try_clone(&self) -> Option<wasm_frame_t> {
        Some(self.clone())
    }
}

/// Stands for an offset that is not known.
const UNKNOWN: usize = usize::MAX;

c_functions! {
    /// Makes a trap of a message, which ends with a byte of zero.
    fn wasm_trap_new(store: &wasm_store_t, message: &wasm_byte_vec_t) -> Option<Box<wasm_ref_t>> {
        let bytes = message.as_slice();
        let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        Some(wasm_ref_t::trap_of_message(&store.cell, &String::from_utf8_lossy(bytes)))
    }

    /// Returns the message, with a byte of zero at its end. `out` needs no value before.
    fn wasm_trap_message(trap: &wasm_ref_t, out: *mut wasm_byte_vec_t) {
        out.write(match &trap.object {
            Object::Trap(trap) => {
                let bytes = trap.message.bytes().chain([0]).map(Some);
                Vector::try_of(trap.message.len() + 1, bytes).unwrap_or_default()
            }
            _ => Vector::default(),
        });
    }

    /// Returns why wasm trapped, as a number of `wasmote_trap_code_enum`. Returns 0 if something else stopped it: an
    /// exit, or a message of a host function.
    fn wasmote_trap_code(trap: &wasm_ref_t) -> u8 {
        let Object::Trap(trap) = &trap.object else { return 0 };
        match trap.reason {
            Reason::Code(code) => code as u8,
            Reason::Exception(_) => TrapCode::Exception as u8,
            Reason::Suspension(_) => TrapCode::Suspended as u8,
            Reason::Message | Reason::Exit(_) => 0,
        }
    }

    /// Returns whether the program ended itself, as with `proc_exit` of WASI. Then `status`, unless it is null, is its exit
    /// status.
    fn wasmote_trap_exit_status(trap: &wasm_ref_t, status: Option<&mut i32>) -> bool {
        let Object::Trap(trap) = &trap.object else { return false };
        let Reason::Exit(exit) = trap.reason else { return false };
        if let Some(status) = status {
            *status = exit.0;
        }
        true
    }

    /// Returns the innermost frame, or null if no function of wasm was running.
    fn wasm_trap_origin(trap: &wasm_ref_t) -> Option<Box<wasm_frame_t>> {
        // A finalizer may delete the trap.
        let trap = trap.clone();
        let Object::Trap(stopped) = &trap.object else { return None };
        let first = stopped.frames.borrow().first().cloned()?;
        Some(Box::new(trap.frame(&first)))
    }

    /// Returns all frames, the innermost first: up to 64 for each call of the host that the trap has passed, and 1024 in
    /// all. `out` needs no value before.
    fn wasm_trap_trace(trap: &wasm_ref_t, out: *mut wasm_frame_vec_t) {
        // A finalizer may delete the trap.
        let trap = trap.clone();
        let frames = match &trap.object {
            Object::Trap(stopped) => stopped.frames.borrow().clone(),
            _ => Vec::new(),
        };
        let frames = Vector::try_of(frames.len(), frames.iter().map(|frame| Pointer::try_new(trap.frame(frame))));
        out.write(frames.unwrap_or_default());
    }

    /// Deletes a frame. Does nothing for null.
    fn wasm_frame_delete(frame: Option<Box<wasm_frame_t>>) {
        drop(frame);
    }

    /// Copies a frame.
    fn wasm_frame_copy(frame: &wasm_frame_t) -> Box<wasm_frame_t> {
        Box::new(frame.clone())
    }

    /// Returns the instance, which belongs to the frame. Returns null if it is in another store than the trap.
    fn wasm_frame_instance(frame: &wasm_frame_t) -> Option<&wasm_ref_t> {
        frame.instance.as_ref()
    }

    /// Returns the index of the function in its module; imports count.
    fn wasm_frame_func_index(frame: &wasm_frame_t) -> u32 {
        frame.info.func_index()
    }

    /// Returns the name of the function, or an empty one if the module has no names. `out` needs no value before.
    fn wasmote_frame_func_name(frame: &wasm_frame_t, out: *mut wasm_byte_vec_t) {
        out.write(Vector::of_bytes(frame.info.func_name().unwrap_or_default().as_bytes()));
    }

    /// Returns the name of the module, or an empty one if it has none. `out` needs no value before.
    fn wasmote_frame_module_name(frame: &wasm_frame_t, out: *mut wasm_byte_vec_t) {
        out.write(Vector::of_bytes(frame.info.module_name().unwrap_or_default().as_bytes()));
    }

    /// Returns the byte offset of the instruction in the body of its function, or `SIZE_MAX` if it is not known.
    fn wasm_frame_func_offset(frame: &wasm_frame_t) -> usize {
        frame.info.func_offset().unwrap_or(UNKNOWN)
    }

    /// Returns the byte offset of the instruction in the module, or `SIZE_MAX` if it is not known.
    fn wasm_frame_module_offset(frame: &wasm_frame_t) -> usize {
        frame.info.module_offset().unwrap_or(UNKNOWN)
    }
}
