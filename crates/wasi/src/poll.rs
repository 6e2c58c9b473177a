//! Waits for points in time and for descriptors.

use alloc::vec::Vec;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::AsFd;
use rustix::io::retry_on_intr;

use crate::abi::{Subscription, clock, event, filetype, rights};
use crate::call::Call;
use crate::clock::{monotonic, timespec};
use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Object};
use crate::errno::Errno;
use crate::interrupt::Unfinished;

/// The maximum number of subscriptions in a call.
const MAX: u32 = 4096;

/// A subscription, and when it is done.
struct PendingSubscription {
    userdata: u64,
    kind: u8,
    until: WakeCondition,
}

/// The condition that a subscription waits for.
enum WakeCondition {
    /// This many nanoseconds have passed.
    Passed(u64),
    /// The descriptor with this index in the list of [`PolledFd`] is ready.
    Host(usize),
    /// No condition: the subscription is done, with this result.
    Done { error: Errno, nbytes: u64, flags: u16 },
}

fn failed(error: Errno) -> WakeCondition {
    WakeCondition::Done { error, nbytes: 0, flags: 0 }
}

/// Returns the condition of a clock's subscription. The call has already waited for some nanoseconds.
fn remaining(cx: &WasiCtx, id: u32, timeout: u64, flags: u16, waited: u64) -> WakeCondition {
    // The CPU-time clocks stand still while the process waits, so the wait would never end.
    if id != clock::REALTIME && id != clock::MONOTONIC {
        return failed(if cx.process.clocks.lock().now(id).is_some() { Errno::NOTSUP } else { Errno::INVAL });
    }
    if flags & event::CLOCK_ABSTIME == 0 {
        return WakeCondition::Passed(timeout.saturating_sub(waited));
    }
    let now = cx.process.clocks.lock().now(id);
    match now {
        Some(now) => WakeCondition::Passed(timeout.saturating_sub(now)),
        None => failed(Errno::INVAL),
    }
}

/// Returns how many bytes can be read without waiting.
fn readable(descriptor: &Descriptor) -> u64 {
    let Object::File(file) = &descriptor.object else { return 0 };
    if descriptor.filetype != filetype::REGULAR_FILE {
        return rustix::io::ioctl_fionread(file.as_fd()).unwrap_or(0);
    }
    let size = rustix::fs::fstat(file.as_fd()).map_or(0, |stat| stat.st_size as u64);
    size.saturating_sub(rustix::fs::tell(file.as_fd()).unwrap_or(0))
}

/// A descriptor to poll, once for all its subscriptions. The system refuses more entries than the process may have open
/// files.
struct PolledFd {
    fd: u32,
    descriptor: Descriptor,
    flags: PollFlags,
}

/// Returns what to poll for, for this kind of subscription.
fn flags_of(kind: u8) -> PollFlags {
    if kind == event::FD_READ { PollFlags::IN } else { PollFlags::OUT }
}

/// Returns the condition of a descriptor's subscription, and adds the descriptor to `polled` if it is not there yet.
/// `polled` must have room for one more.
fn descriptor_condition(cx: &WasiCtx, fd: u32, kind: u8, polled: &mut Vec<PolledFd>) -> WakeCondition {
    let right = if kind == event::FD_READ { rights::FD_READ } else { rights::FD_WRITE };
    let descriptor = cx.process.descriptors.lock().get(fd, rights::POLL_FD_READWRITE | right).cloned();
    match descriptor {
        Err(error) => failed(error),
        Ok(descriptor @ Descriptor { object: Object::File(_), .. }) => {
            // Another thread may put another descriptor under this number meanwhile.
            let is_it = |polled: &PolledFd| polled.fd == fd && polled.descriptor.is_same(&descriptor);
            let index = polled.iter().position(is_it).unwrap_or_else(|| {
                polled.push(PolledFd { fd, descriptor, flags: PollFlags::empty() });
                polled.len() - 1
            });
            polled[index].flags |= flags_of(kind);
            WakeCondition::Host(index)
        }
        // An embedder's reader or writer cannot be polled, so it counts as ready.
        Ok(_) => WakeCondition::Done { error: Errno::SUCCESS, nbytes: 0, flags: 0 },
    }
}

pub(crate) fn poll_oneoff(call: &mut Call<'_>) -> Result<(), Errno> {
    let (subscriptions, events, count, result) = (call.u32(0), call.u32(1), call.u32(2), call.u32(3));
    if count == 0 || count > MAX {
        return Err(Errno::INVAL);
    }
    let layout = Subscription::layout(call.snapshot);
    call.memory.check(events, count * event::SIZE as u32)?;
    call.memory.check(result, 4)?;
    // When the call began, if it was interrupted and now continues.
    let begun = match call.cx.interrupts.resume(call.args, |it| matches!(it, Unfinished::Wait { .. })) {
        Some(Unfinished::Wait { begun }) => Some(begun),
        _ => None,
    };
    let waited = begun.map_or(0, |begun| monotonic().saturating_sub(begun));
    let (mut pending, mut polled) = (room(count as usize)?, Vec::new());
    let list = call.memory.slice(subscriptions, count * layout.size as u32)?;
    for bytes in list.chunks_exact(layout.size) {
        let u64_at = |at: usize| u64::from_le_bytes(core::array::from_fn(|i| bytes[at + i]));
        let kind = bytes[Subscription::TYPE];
        let until = match kind {
            event::CLOCK => {
                let flags = u64_at(layout.clock_flags) as u16;
                remaining(call.cx, u64_at(layout.clock_id) as u32, u64_at(layout.timeout), flags, waited)
            }
            event::FD_READ | event::FD_WRITE => {
                polled.try_reserve(1).map_err(|_| Errno::NOMEM)?;
                descriptor_condition(call.cx, u64_at(Subscription::FD) as u32, kind, &mut polled)
            }
            _ => return Err(Errno::INVAL),
        };
        pending.push(PendingSubscription { userdata: u64_at(Subscription::USERDATA), kind, until });
    }

    let begun = begun.unwrap_or_else(monotonic);
    wait(call.cx, &mut pending, &polled)
        .map_err(|error| call.cx.interrupts.suspend(error, call.args, Unfinished::Wait { begun }))?;

    let mut at = events;
    let mut done = 0;
    for PendingSubscription { userdata, kind, until } in &pending {
        let WakeCondition::Done { error, nbytes, flags } = until else { continue };
        let mut bytes = [0; event::SIZE];
        bytes[event::USERDATA..event::USERDATA + 8].copy_from_slice(&userdata.to_le_bytes());
        bytes[event::ERROR..event::ERROR + 2].copy_from_slice(&error.0.to_le_bytes());
        bytes[event::TYPE] = *kind;
        bytes[event::NBYTES..event::NBYTES + 8].copy_from_slice(&nbytes.to_le_bytes());
        bytes[event::FLAGS..event::FLAGS + 2].copy_from_slice(&flags.to_le_bytes());
        call.memory.put(at, &bytes)?;
        // After an event at the very end of a 4 GiB memory the address wraps, but then no event follows.
        at = at.wrapping_add(event::SIZE as u32);
        done += 1;
    }
    call.memory.put_u32(result, done)
}

/// Returns an empty list with room for this many items. Errors: out of memory.
fn room<T>(items: usize) -> Result<Vec<T>, Errno> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(items).map_err(|_| Errno::NOMEM)?;
    Ok(vec)
}

/// Waits until at least one subscription is done, and marks all that are done.
fn wait(cx: &mut WasiCtx, pending: &mut [PendingSubscription], polled: &[PolledFd]) -> Result<(), Errno> {
    let mut timeout: Option<u64> = None;
    for PendingSubscription { until, .. } in pending.iter() {
        let limit = match until {
            WakeCondition::Passed(after) => *after,
            WakeCondition::Done { .. } => 0,
            WakeCondition::Host(..) => continue,
        };
        timeout = Some(timeout.map_or(limit, |timeout| timeout.min(limit)));
    }

    let WasiCtx { process, interrupts } = cx;
    let mut fds: Vec<PollFd<'_>> = room(polled.len())?;
    for PolledFd { descriptor, flags, .. } in polled {
        if let Object::File(file) = &descriptor.object {
            fds.push(PollFd::new(&**file, *flags));
        }
    }
    let runs = process.clocks.lock().runs();
    // If threads share the clocks, their stores can be interrupted, so only clocks are asked here that do not run.
    let sleep = |timeout| process.clocks.lock().sleep(timeout);
    let mut ready = 0;
    let mut passed = 0;
    match timeout {
        Some(0) if fds.is_empty() => (),
        Some(timeout) if fds.is_empty() && !(interrupts.is_active() && runs) => sleep(timeout),
        Some(timeout) if !runs => {
            ready = retry_on_intr(|| poll(&mut fds, Some(&timespec(0))))?;
            if ready == 0 {
                sleep(timeout);
            }
        }
        _ => {
            let start = monotonic();
            ready = interrupts.poll(&mut fds, timeout)?;
            passed = monotonic() - start;
        }
    }
    // If no descriptor was ready, the timeout has passed, whatever the clock says. Otherwise the clocks whose time has
    // come are done, too: a descriptor that is always ready must not hold them back.
    if ready == 0 {
        passed = timeout.unwrap_or(0);
    }
    for PendingSubscription { kind, until, .. } in pending.iter_mut() {
        match *until {
            WakeCondition::Passed(after) if after <= passed => {
                *until = WakeCondition::Done { error: Errno::SUCCESS, nbytes: 0, flags: 0 };
            }
            WakeCondition::Host(index) => {
                let always = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
                let seen = fds[index].revents() & (flags_of(*kind) | always);
                if seen.is_empty() {
                    continue;
                }
                let error = if seen.contains(PollFlags::NVAL) { Errno::BADF } else { Errno::SUCCESS };
                let hangup = seen.intersects(PollFlags::HUP | PollFlags::ERR);
                let nbytes = if *kind == event::FD_READ { readable(&polled[index].descriptor) } else { 0 };
                *until = WakeCondition::Done { error, nbytes, flags: if hangup { event::HANGUP } else { 0 } };
            }
            _ => (),
        }
    }
    Ok(())
}
