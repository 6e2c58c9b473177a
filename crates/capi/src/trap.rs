//! Traps and frames.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use wasmote::{Error, ErrorKind, FrameInfo, I32Exit, TrapCode};

use crate::finalizers::Finalized;
use crate::object::{Object, wasm_ref_t};
use crate::store::{StoreCell, wasm_store_t};
use crate::vectors::{Pointer, Vector, wasm_byte_vec_t, wasm_frame_vec_t};

/// Why code stopped, also where the specification has another word for it: `wasm_trap_t`.
pub(crate) struct Trap {
    message: Box<str>,
    /// The innermost frame first. A trap that passes further calls gets further frames.
    frames: RefCell<Vec<FrameInfo>>,
    /// The exit status, if a host function ended the program.
    exit: Option<I32Exit>,
    /// Why wasm trapped, if it did.
    code: Option<TrapCode>,
    pub(crate) host_info: RefCell<Option<Finalized>>,
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

impl Trap {
    fn new(message: &str, exit: Option<I32Exit>, code: Option<TrapCode>) -> Rc<Trap> {
        Rc::new(Trap { message: message.into(), frames: RefCell::default(), exit, code, host_info: RefCell::default() })
    }

    /// Makes a trap of an error. One that a host function returned is the same as before, with more frames.
    fn of_error(error: &Error) -> Rc<Trap> {
        let trap = match error.downcast_ref::<Passing>() {
            Some(passing) => Rc::clone(&passing.0),
            None => Trap::new(&message(error), error.i32_exit_status().map(I32Exit), error.as_trap_code()),
        };
        let frames = error.backtrace().map_or(&[][..], |backtrace| backtrace.frames());
        trap.frames.borrow_mut().extend(frames.iter().cloned());
        trap
    }

    /// Makes an error of a trap that a host function of this store returned. One of another store becomes one of this: it has
    /// the same message and frames, but is another object.
    pub(crate) fn into_error(reference: &wasm_ref_t, cell: &Rc<StoreCell>) -> Error {
        let Object::Trap(trap) = &reference.object else {
            return Error::new("a host function returned another reference than a trap");
        };
        let trap = match Rc::ptr_eq(&reference.store, cell) {
            true => Rc::clone(trap),
            false => {
                let copy = Trap::new(&trap.message, trap.exit, trap.code);
                copy.frames.borrow_mut().clone_from(&trap.frames.borrow());
                copy
            }
        };
        match trap.exit {
            // An exit has no frames, and whoever looks for it need not know of C.
            Some(exit) => exit.into(),
            None => Error::host(Passing(trap)),
        }
    }
}

/// Returns the message of an error, without its frames.
fn message(error: &Error) -> String {
    match error.kind() {
        ErrorKind::TrapCode(code) => code.to_string(),
        // Frames follow in lines of their own.
        ErrorKind::Exception(_) => error.to_string().lines().next().unwrap_or_default().into(),
        _ => error.to_string(),
    }
}

impl wasm_ref_t {
    /// Makes a trap of an error, as C gets it.
    pub(crate) fn trap_of(cell: &Rc<StoreCell>, error: &Error) -> Box<wasm_ref_t> {
        Box::new(wasm_ref_t::new(cell, Object::Trap(Trap::of_error(error))))
    }

    /// Makes a trap of a message.
    pub(crate) fn trap_of_message(cell: &Rc<StoreCell>, message: &str) -> Box<wasm_ref_t> {
        Box::new(wasm_ref_t::new(cell, Object::Trap(Trap::new(message, None, None))))
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
            Object::Trap(trap) => Vector::of([trap.message.as_bytes(), &[0]].concat()),
            _ => Vector::default(),
        });
    }

    /// Returns why wasm trapped, as a number of `wasmote_trap_code_enum`. Returns 0 if something else stopped it: an
    /// exit, or a message of a host function.
    fn wasmote_trap_code(trap: &wasm_ref_t) -> u8 {
        match &trap.object {
            Object::Trap(trap) => trap.code.map_or(0, |code| code as u8),
            _ => 0,
        }
    }

    /// Returns whether the program ended itself, as with `proc_exit` of WASI. Then `status`, unless it is null, is its exit
    /// status.
    fn wasmote_trap_exit_status(trap: &wasm_ref_t, status: Option<&mut i32>) -> bool {
        let Object::Trap(trap) = &trap.object else { return false };
        let Some(exit) = trap.exit else { return false };
        if let Some(status) = status {
            *status = exit.0;
        }
        true
    }

    /// Returns the innermost frame, or null if no function of wasm was running.
    fn wasm_trap_origin(trap: &wasm_ref_t) -> Option<Box<wasm_frame_t>> {
        let Object::Trap(stopped) = &trap.object else { return None };
        let first = stopped.frames.borrow().first().cloned()?;
        Some(Box::new(trap.frame(&first)))
    }

    /// Returns all frames, the innermost first: up to 64 for each call of the host that the trap has passed. `out` needs no
    /// value before.
    fn wasm_trap_trace(trap: &wasm_ref_t, out: *mut wasm_frame_vec_t) {
        let frames = match &trap.object {
            Object::Trap(stopped) => stopped.frames.borrow().clone(),
            _ => Vec::new(),
        };
        out.write(Vector::of(frames.iter().map(|frame| Pointer::new(trap.frame(frame))).collect()));
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
        out.write(Vector::of(frame.info.func_name().unwrap_or_default().as_bytes().to_vec()));
    }

    /// Returns the name of the module, or an empty one if it has none. `out` needs no value before.
    fn wasmote_frame_module_name(frame: &wasm_frame_t, out: *mut wasm_byte_vec_t) {
        out.write(Vector::of(frame.info.module_name().unwrap_or_default().as_bytes().to_vec()));
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
