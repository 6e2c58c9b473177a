//! Arguments and environment: lists of strings. Each is copied to the guest with a NUL behind it.

use alloc::boxed::Box;

use crate::call::{Call, GuestMemory};
use crate::errno::Errno;

/// Copies the strings to `buffer` and their addresses to `table`.
fn copy(strings: &[Box<[u8]>], memory: &mut GuestMemory<'_>, mut table: u32, mut buffer: u32) -> Result<(), Errno> {
    for string in strings {
        memory.put_u32(table, buffer)?;
        memory.put(buffer, string)?;
        let end = buffer.checked_add(string.len() as u32).ok_or(Errno::FAULT)?;
        memory.put(end, &[0])?;
        buffer = end.wrapping_add(1);
        table = table.checked_add(4).ok_or(Errno::FAULT)?;
    }
    Ok(())
}

/// Writes how many strings there are and how many bytes they take.
fn sizes(strings: &[Box<[u8]>], memory: &mut GuestMemory<'_>, count: u32, bytes: u32) -> Result<(), Errno> {
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    memory.put_u32(count, u32::try_from(strings.len()).map_err(|_| Errno::OVERFLOW)?)?;
    memory.put_u32(bytes, u32::try_from(total).map_err(|_| Errno::OVERFLOW)?)
}

pub(crate) fn args_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let (table, buffer) = (call.u32(0), call.u32(1));
    copy(&call.cx.process.args, &mut call.memory, table, buffer)
}

pub(crate) fn args_sizes_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let (count, bytes) = (call.u32(0), call.u32(1));
    sizes(&call.cx.process.args, &mut call.memory, count, bytes)
}

pub(crate) fn environ_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let (table, buffer) = (call.u32(0), call.u32(1));
    copy(&call.cx.process.env, &mut call.memory, table, buffer)
}

pub(crate) fn environ_sizes_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let (count, bytes) = (call.u32(0), call.u32(1));
    sizes(&call.cx.process.env, &mut call.memory, count, bytes)
}
