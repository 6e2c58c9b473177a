//! Functions on the process: exit, signals and yielding.

use crate::call::Call;
use crate::errno::Errno;

/// Ends the guest. Returns the exit code.
pub(crate) fn proc_exit(call: &mut Call<'_>) -> i32 {
    call.u32(0) as i32
}

/// Guests have no signals, so this always fails.
pub(crate) fn proc_raise(_: &mut Call<'_>) -> Result<(), Errno> {
    Err(Errno::NOTSUP)
}

pub(crate) fn sched_yield(_: &mut Call<'_>) -> Result<(), Errno> {
    rustix::thread::sched_yield();
    Ok(())
}
