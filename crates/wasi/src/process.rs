//! The process: its end, signals, giving way. And sockets, of which there are none.

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

/// `sock_accept`, `sock_recv`, `sock_send`, `sock_shutdown`: no descriptor is a socket.
pub(crate) fn not_a_socket(call: &mut Call<'_>) -> Result<(), Errno> {
    call.cx.descriptors.get(call.u32(0), 0)?;
    Err(Errno::NOTSOCK)
}
