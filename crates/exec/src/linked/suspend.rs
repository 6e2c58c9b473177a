//! Activations that a host function has suspended. The host function's frame stays on the value stack until the
//! embedder has its results, or its exception.
//!
//! While an activation waits, its registers are those of the caller, as after a failure: so a backtrace begins there,
//! and an exception finds its handler. The frame of the host function lies directly below `top`, and the integer
//! accumulator, which nothing else uses then, has the function's record.

use super::throw::resume_after_call;
use super::{Activation, Func, Linked, Machine};
use crate::activation::copy_slots;
use crate::handlers::control::leave;

impl Activation {
    /// Notes the frame of the host function that suspends the running activation. It ends at `top`. The accumulator has
    /// the function's record, and is saved with the other registers.
    ///
    /// # Safety
    /// `running` points to the running activation, which stays in place.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn suspend(running: *mut Activation, top: *mut u64) {
        // SAFETY: the caller guarantees the activation. While it runs, nothing uses this field.
        unsafe { (*running).note_top(top) };
    }

    /// Returns the host function that the activation waits for.
    ///
    /// # Safety
    /// The activation stopped with [`Stop::Waiting`](crate::Stop::Waiting), and did not continue since.
    pub unsafe fn awaited(&self) -> *mut Func {
        // The call of the host function put its record there.
        self.site.regs.callee()
    }

    /// Returns from the host function that the activation waits for. Returns whether the host itself had called that
    /// function: then the activation has returned. Otherwise [`Activation::run`] continues it.
    ///
    /// # Safety
    /// As [`Activation::awaited`]. `results` has the slots of the function's results, with valid values. Nothing wrote
    /// to the activation's part of the value stack since it stopped.
    pub unsafe fn finish_host(&mut self, results: &[u64]) -> bool {
        // SAFETY: the caller guarantees that the activation waits. So the frame of a host function ends at `top`, and
        // its header is unchanged. Results lie below the header.
        unsafe {
            let func = self.awaited();
            let frame = self.frames_top().sub((*func).frame_slots as usize);
            copy_slots::<Linked>(results.as_ptr(), frame, results.len());
            if self.host.is_some() {
                return true;
            }
            let regs = &mut self.site.regs;
            regs.fp = frame;
            // A host function's frame has at least the two slots of its header.
            regs.accumulate_results(frame);
            leave(regs, frame.add(usize::from((*func).header)));
            false
        }
    }

    /// Throws an exception in the caller of the host function that the activation waits for. Returns whether a handler
    /// catches it, at which [`Activation::run`] then continues. If none does, nothing has changed.
    ///
    /// # Safety
    /// As [`Activation::awaited`]. The activation stopped on this machine, whose heap has the exception. Nothing wrote
    /// to the activation's part of the value stack since it stopped.
    pub unsafe fn throw_in_caller(&mut self, machine: *mut Machine, exception: u32) -> bool {
        if self.host.is_some() {
            return false;
        }
        // SAFETY: the caller guarantees the machine, and frames that are unchanged. The registers are those of the
        // caller, whose `ip` is in the last cell of the call or at a fixed return address: `CallHost` left them so. The
        // walk needs the activation's own entries of calls between instances.
        unsafe {
            let this: *mut Activation = self;
            let end = (*machine).stack_end();
            (*machine).set_stack_end((*this).stack_end());
            let running = core::mem::replace(&mut (*machine).running, this);
            let caught = resume_after_call(&mut (*this).site.regs, exception);
            (*machine).running = running;
            (*this).note_stack_end((*machine).stack_end());
            (*machine).set_stack_end(end);
            caught
        }
    }
}
