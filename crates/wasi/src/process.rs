//! The process: its end, signals, giving way.

use crate::call::Call;
use crate::errno::Errno;

/// The one function that does not return; what it gives is the exit code.
pub(crate) fn proc_exit(call: &mut Call<'_>) -> i32 {
    call.u32(0) as i32
}

/// There are no signals.
pub(crate) fn proc_raise(_: &mut Call<'_>) -> Result<(), Errno> {
    Err(Errno::NOTSUP)
}

pub(crate) fn sched_yield(_: &mut Call<'_>) -> Result<(), Errno> {
    rustix::thread::sched_yield();
    Ok(())
}
