//! What a `wm_instance` is: a record at the start of the caller's buffer, before what execution in place has there.

use core::cell::Cell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};

use wasmote_exec::TrapCode;
use wasmote_exec::in_place;
use wasmote_exec::in_place::CallError;

use crate::import::Import;
use crate::range::Range;
use crate::status::{Status, TrapInfo};

/// What host functions get beside their arguments.
pub struct Host {
    /// The record of the calling instance.
    pub(crate) instance: *mut Instance,
}

/// An instance as execution in place has it. Image, imports and buffer live as long as C uses the instance, says the
/// header.
pub type Inner = in_place::Instance<'static, Host, Import>;

/// The bytes of a record that `wm_init` wrote, with the record's address mixed in. So a copy of a buffer is noticed.
const MARK: usize = 0x776d_6f74;

/// Who uses the instance.
pub mod state {
    /// The caller may.
    pub const IDLE: u8 = 0;
    /// A guest's code runs.
    pub const RUNNING: u8 = 1;
    /// A host function runs, which the guest called.
    pub const IN_HOST: u8 = 2;
}

/// An instance: `wm_instance`.
#[repr(C, align(8))]
pub struct Instance {
    mark: Cell<usize>,
    /// One of [`state`]. Atomic, so that an interrupt that uses the instance by mistake sees it.
    state: AtomicU8,
    /// The code of the trap that stopped the last call, or 0.
    stopped: Cell<u32>,
    /// Memory 0, while a host function runs.
    memory: Cell<(*mut u8, usize)>,
    /// The caller's pointer.
    pub(crate) data: *mut c_void,
    /// The caller's buffer, with this record.
    pub(crate) buffer: Range,
    /// Present when the state was [`state::IDLE`] once.
    inner: MaybeUninit<Inner>,
}

impl Instance {
    /// Writes a record that is being made.
    ///
    /// # Safety
    /// `place` is valid for a record.
    pub(crate) unsafe fn write(place: *mut Instance, data: *mut c_void, buffer: Range) {
        let record = Instance {
            mark: Cell::new(MARK ^ place.addr()),
            state: AtomicU8::new(state::RUNNING),
            stopped: Cell::new(0),
            memory: Cell::new((ptr::null_mut(), 0)),
            data,
            buffer,
            inner: MaybeUninit::uninit(),
        };
        // SAFETY: the caller guarantees the place.
        unsafe { place.write(record) }
    }

    /// Completes a record that [`Instance::write`] wrote, or makes it invalid.
    ///
    /// # Safety
    /// The record is one, and nothing else uses it.
    pub(crate) unsafe fn complete<E>(place: *mut Instance, made: Result<Inner, E>) -> Result<(), E> {
        // SAFETY: the caller guarantees the record.
        unsafe {
            match made {
                Ok(inner) => {
                    (&raw mut (*place).inner).cast::<Inner>().write(inner);
                    (*place).state.store(state::IDLE, Ordering::Relaxed);
                    Ok(())
                }
                Err(error) => {
                    (*place).mark.set(0);
                    Err(error)
                }
            }
        }
    }

    /// Checks a pointer to an instance. Returns its state.
    ///
    /// # Safety
    /// The pointer is null, or leads to readable memory.
    pub(crate) unsafe fn state(instance: *const Instance) -> Result<u8, Status> {
        if instance.is_null() {
            return Err(Status::NullPointer);
        }
        // SAFETY: the caller guarantees the memory, and the alignment is checked.
        if !instance.is_aligned() || unsafe { (*instance).mark.get() } != MARK ^ instance.addr() {
            return Err(Status::NotAnInstance);
        }
        // SAFETY: the mark says that `write` wrote the record.
        Ok(unsafe { (*instance).state.load(Ordering::Relaxed) })
    }

    /// As [`Instance::state`], and fails unless the caller may use all of the instance.
    ///
    /// # Safety
    /// As [`Instance::state`].
    pub(crate) unsafe fn check_idle(instance: *const Instance) -> Result<(), Status> {
        // SAFETY: the caller guarantees the pointer.
        match unsafe { Instance::state(instance) }? {
            state::IDLE => Ok(()),
            _ => Err(Status::Busy),
        }
    }

    /// Returns the instance of execution in place.
    ///
    /// # Safety
    /// [`Instance::check_idle`] passed, and nothing else uses it for `'a`.
    pub(crate) unsafe fn inner<'a>(instance: *mut Instance) -> &'a mut Inner {
        // SAFETY: an idle instance was completed, and the caller guarantees the rest.
        unsafe { &mut *(&raw mut (*instance).inner).cast::<Inner>() }
    }

    /// Runs guest code, and notes why it stopped.
    ///
    /// # Safety
    /// [`Instance::check_idle`] passed.
    pub(crate) unsafe fn run(
        instance: *mut Instance,
        code: impl FnOnce(&mut Inner) -> Result<(), CallError>,
    ) -> Result<(), Status> {
        // SAFETY: the caller guarantees an idle instance. Host functions use the other fields only, by `enter_host` and
        // `state`, since the state keeps them from the inner instance.
        let outcome = unsafe {
            (*instance).state.store(state::RUNNING, Ordering::Relaxed);
            let outcome = code(Instance::inner(instance));
            (*instance).state.store(state::IDLE, Ordering::Relaxed);
            match outcome {
                Ok(()) => (*instance).stopped.set(0),
                Err(CallError::Trap(code)) => (*instance).stopped.set(code as u32),
                Err(_) => {}
            }
            outcome
        };
        outcome.map_err(Status::from)
    }

    /// Notes that a host function begins, and what the guest's memory 0 is.
    ///
    /// # Safety
    /// The instance runs.
    pub(crate) unsafe fn enter_host(instance: *mut Instance, memory: *mut u8, len: usize) {
        // SAFETY: the caller guarantees the record.
        unsafe {
            (*instance).memory.set((memory, len));
            (*instance).state.store(state::IN_HOST, Ordering::Relaxed);
        }
    }

    /// Notes that a host function ended.
    ///
    /// # Safety
    /// As [`Instance::enter_host`].
    pub(crate) unsafe fn leave_host(instance: *mut Instance) {
        // SAFETY: the caller guarantees the record.
        unsafe { (*instance).state.store(state::RUNNING, Ordering::Relaxed) }
    }

    /// Returns memory 0, for a host function or between calls.
    ///
    /// # Safety
    /// As [`Instance::state`].
    pub(crate) unsafe fn memory(instance: *mut Instance) -> Result<(*mut u8, usize), Status> {
        // SAFETY: the caller guarantees the pointer. The state says which part may be used.
        unsafe {
            match Instance::state(instance)? {
                state::IDLE => {
                    let memory = Instance::inner(instance).memory();
                    Ok((memory.as_mut_ptr(), memory.len()))
                }
                state::IN_HOST => Ok((*instance).memory.get()),
                _ => Err(Status::Busy),
            }
        }
    }

    /// Returns where the last call stopped.
    ///
    /// # Safety
    /// [`Instance::check_idle`] passed.
    pub(crate) unsafe fn trap(instance: *mut Instance) -> Result<TrapInfo, Status> {
        // SAFETY: the caller guarantees an idle instance.
        let (code, site) = unsafe { ((*instance).stopped.get(), Instance::inner(instance).trap_site()) };
        if code == 0 {
            return Err(Status::NotTrapped);
        }
        // A stack overflow may happen before the first instruction.
        let (func, offset) = site.unwrap_or((u32::MAX, 0));
        Ok(TrapInfo { code, func, offset })
    }
}

const _: () = assert!(size_of::<Instance>().is_multiple_of(8));
// No trap has the number 0, so `stopped` is 0 if there is none.
const _: () = assert!(TrapCode::ALL[0] as u32 == 1);
