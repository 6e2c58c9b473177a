//! Tests of `fd_readdir`.

use std::collections::BTreeSet;
use std::fs;

use wasmote_wasi::DirAccess;

use crate::guest::*;

/// Returns what `fd_readdir` writes to a buffer of this size, from a cookie on: names with their cookies.
fn list(guest: &mut Guest, fd: u64, cookie: u64, room: u64) -> (Vec<(String, u64)>, bool) {
    guest.ok("fd_readdir", &[fd, 0x4000, room, cookie, 0x900]);
    let used = guest.u32(0x900) as usize;
    assert!(used <= room as usize);
    let bytes = guest.get(0x4000, used);
    let mut rest = &bytes[..];
    let mut entries = Vec::new();
    while rest.len() >= 24 {
        let len = u32::from_le_bytes(rest[16..20].try_into().unwrap()) as usize;
        let Some(name) = rest.get(24..24 + len) else { break };
        let next = u64::from_le_bytes(rest[..8].try_into().unwrap());
        entries.push((String::from_utf8(name.to_vec()).unwrap(), next));
        rest = &rest[24 + len..];
    }
    (entries, used < room as usize)
}

fn many(count: usize) -> (Folder, BTreeSet<String>) {
    let folder = Folder::new();
    let mut names = BTreeSet::new();
    for i in 0..count {
        let name = format!("file number {i}");
        fs::write(folder.path().join(&name), "").unwrap();
        names.insert(name);
    }
    (folder, names)
}

#[test]
fn every_entry_is_listed_once_whatever_the_buffer() {
    let (folder, mut names) = many(300);
    names.extend([".".to_owned(), "..".to_owned()]);
    let mut guest = folder.guest(DirAccess::ReadOnly);
    for room in [60, 100, 1000, 30000] {
        let mut seen = Vec::new();
        let mut cookie = 0;
        loop {
            let (entries, end) = list(&mut guest, 3, cookie, room);
            cookie = entries.last().map_or(cookie, |entry| entry.1);
            seen.extend(entries.into_iter().map(|entry| entry.0));
            if end {
                break;
            }
        }
        assert_eq!(seen.len(), names.len(), "room {room}");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), names, "room {room}");
    }
}

#[test]
fn cookies_stay_right_while_entries_are_removed() {
    let (folder, names) = many(200);
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let mut seen = BTreeSet::new();
    let mut cookie = 0;
    loop {
        let (entries, end) = list(&mut guest, 3, cookie, 400);
        for (name, next) in entries {
            cookie = next;
            if name.starts_with('.') {
                continue;
            }
            let [at, len] = guest.path(&name);
            guest.ok("path_unlink_file", &[3, at, len]);
            assert!(seen.insert(name), "twice");
        }
        if end {
            break;
        }
    }
    assert_eq!(seen, names);
}

#[test]
fn a_cookie_always_leads_to_the_same_entry() {
    let (folder, _) = many(20);
    let mut guest = folder.guest(DirAccess::ReadOnly);
    let (entries, end) = list(&mut guest, 3, 0, 8000);
    assert!(end);
    // Backwards, so that no position remembered from the previous call can help.
    for pair in entries.windows(2).rev() {
        let (again, _) = list(&mut guest, 3, pair[0].1, 100);
        assert_eq!(again[0], pair[1]);
    }
    let (none, end) = list(&mut guest, 3, entries.last().unwrap().1, 100);
    assert!(none.is_empty() && end);
}

#[test]
fn entries_say_what_they_are() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("dir")).unwrap();
    let mut guest = folder.guest(DirAccess::ReadOnly);
    guest.ok("fd_readdir", &[3, 0x4000, 4000, 0, 0x900]);
    let used = guest.u32(0x900) as usize;
    let bytes = guest.get(0x4000, used);
    let at = bytes.windows(3).position(|part| part == b"dir").unwrap() - 24;
    assert_eq!(bytes[at + 20], 3, "a directory");
    let [path, len] = guest.path("dir");
    guest.ok("path_filestat_get", &[3, 0, path, len, 0x2000]);
    assert_eq!(guest.u64(0x2008).to_le_bytes(), bytes[at + 8..at + 16], "the same inode");
}

#[test]
fn names_that_are_not_utf8_are_listed_and_cannot_be_opened() {
    use std::os::unix::ffi::OsStrExt;

    let folder = Folder::new();
    let name = b"a\xff\xfeb";
    if let Err(error) = fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "") {
        println!("left out: this file system refuses such names ({error})");
        return;
    }
    let mut guest = folder.guest(DirAccess::ReadWrite);
    guest.ok("fd_readdir", &[3, 0x4000, 4000, 0, 0x900]);
    let used = guest.u32(0x900) as usize;
    assert!(guest.get(0x4000, used).windows(name.len()).any(|part| part == name));
    guest.put(0x1000, name);
    let len = name.len() as u64;
    assert_eq!(guest.call("path_open", &[3, 0, 0x1000, len, 0, FD_READ, 0, 0, 0x900]), 25);
    for function in ["path_unlink_file", "path_create_directory", "path_remove_directory"] {
        assert_eq!(guest.call(function, &[3, 0x1000, len]), 25, "{function}");
    }
    assert_eq!(guest.call("path_symlink", &[0x1000, len, 3, 0x1000, 1]), 25);
}
