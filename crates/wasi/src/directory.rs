//! Lists the entries of directories.

use crate::abi::{DIRENT_SIZE, rights};
use crate::call::{Call, GuestMemory};
use crate::errno::Errno;
use crate::sandbox::Dir;

/// The guest's buffer for entries. It takes as many bytes as fit; the last entry may be cut off.
struct EntryBuffer<'a, 'b> {
    memory: &'a mut GuestMemory<'b>,
    at: u32,
    len: u32,
    used: u32,
}

impl EntryBuffer<'_, '_> {
    /// Adds an entry. Returns whether there is room left.
    fn add(&mut self, next: u64, ino: u64, filetype: u8, name: &[u8]) -> Result<bool, Errno> {
        let mut head = [0; DIRENT_SIZE];
        head[0..8].copy_from_slice(&next.to_le_bytes());
        head[8..16].copy_from_slice(&ino.to_le_bytes());
        head[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
        head[20] = filetype;
        for part in [&head[..], name] {
            let len = part.len().min((self.len - self.used) as usize);
            self.memory.put(self.at.wrapping_add(self.used), &part[..len])?;
            self.used += len as u32;
        }
        Ok(self.used < self.len)
    }
}

/// Lists entries from a cookie on. The cookie is the position that the system returns with each entry. It stays right
/// when entries are added or removed, and needs no state between calls.
#[cfg(target_os = "linux")]
fn list(dir: &Dir, cookie: u64, room: &mut EntryBuffer<'_, '_>) -> Result<(), Errno> {
    use crate::descriptor::filetype_of;
    use rustix::fs::{AtFlags, FileType, RawDir, SeekFrom, seek, statat};

    let _position = dir.position();
    let dir = dir.fd();
    seek(dir, SeekFrom::Start(cookie))?;
    let mut buffer = [core::mem::MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(dir, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let mut filetype = entry.file_type();
        if filetype == FileType::Unknown {
            // Some file systems do not return the type.
            if let Ok(stat) = statat(dir, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                filetype = FileType::from_raw_mode(stat.st_mode);
            }
        }
        let name = entry.file_name().to_bytes();
        if !room.add(entry.next_entry_cookie(), entry.ino(), filetype_of(filetype), name)? {
            break;
        }
    }
    Ok(())
}

/// Lists entries from a cookie on. The system has no lasting position, so the cookie is the number of the entry.
#[cfg(not(target_os = "linux"))]
fn list(dir: &Dir, cookie: u64, room: &mut EntryBuffer<'_, '_>) -> Result<(), Errno> {
    use crate::descriptor::filetype_of;

    let entries = rustix::fs::Dir::read_from(dir.fd())?;
    for (number, entry) in (1..).zip(entries).skip(usize::try_from(cookie).map_err(|_| Errno::INVAL)?) {
        let entry = entry?;
        if !room.add(number, entry.ino(), filetype_of(entry.file_type()), entry.file_name().to_bytes())? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn fd_readdir(call: &mut Call<'_>) -> Result<(), Errno> {
    let (at, len, result) = (call.u32(1), call.u32(2), call.u32(4));
    call.memory.check(result, 4)?;
    let dir = call.descriptors().dir(call.u32(0), rights::FD_READDIR)?;
    call.memory.check(at, len)?;
    let mut room = EntryBuffer { memory: &mut call.memory, at, len, used: 0 };
    list(&dir, call.args[3], &mut room)?;
    let used = room.used;
    call.memory.put_u32(result, used)
}
