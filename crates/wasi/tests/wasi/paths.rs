//! Paths stay in their directory; links, renames, times.

use std::fs;
use std::os::unix::fs::symlink;

use wasmote_wasi::DirAccess;

use crate::guest::*;

/// `outside` lies next to the guest's directory `in`, which has all kinds of links to it.
fn sandbox() -> (Folder, Guest) {
    let folder = Folder::new();
    let inside = folder.path().join("in");
    fs::create_dir_all(inside.join("sub")).unwrap();
    fs::write(folder.path().join("outside"), "secret").unwrap();
    fs::write(inside.join("file"), "open").unwrap();
    symlink("../outside", inside.join("relative")).unwrap();
    symlink(folder.path().join("outside"), inside.join("absolute")).unwrap();
    symlink("..", inside.join("up")).unwrap();
    symlink("sub/../file", inside.join("fine")).unwrap();
    symlink("loop", inside.join("loop")).unwrap();
    let builder = wasmote_wasi::WasiCtx::builder().preopened_dir(&inside, "/", DirAccess::ReadWrite).unwrap();
    (folder, Guest::new(builder))
}

const WAYS_OUT: [&str; 8] = [
    "../outside",
    "sub/../../outside",
    "/outside",
    "/etc/passwd",
    "relative",
    "absolute",
    "up/outside",
    "./up/in/file",
];

#[test]
fn no_path_leads_out_of_the_directory() {
    let (folder, mut guest) = sandbox();
    for path in WAYS_OUT {
        for oflags in [0, CREAT, TRUNC] {
            assert_eq!(guest.open(path, oflags, FD_READ | FD_WRITE), Err(PERM), "open {path}");
        }
        let [at, len] = guest.path(path);
        assert_eq!(guest.call("path_filestat_get", &[3, 1, at, len, 0x2000]), PERM, "stat {path}");
        assert_eq!(guest.call("path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]), PERM, "times {path}");
    }
    // These calls work on the last component itself, not on what it leads to.
    for path in WAYS_OUT.into_iter().filter(|path| path.contains('/')) {
        let [at, len] = guest.path(path);
        let [other, other_len] = guest.path_at(0x1800, "new");
        assert_eq!(guest.call("path_create_directory", &[3, at, len]), PERM, "mkdir {path}");
        assert_eq!(guest.call("path_remove_directory", &[3, at, len]), PERM, "rmdir {path}");
        assert_eq!(guest.call("path_unlink_file", &[3, at, len]), PERM, "unlink {path}");
        assert_eq!(guest.call("path_readlink", &[3, at, len, 0x2000, 64, 0x900]), PERM, "readlink {path}");
        assert_eq!(guest.call("path_rename", &[3, at, len, 3, other, other_len]), PERM, "rename {path}");
        assert_eq!(guest.call("path_rename", &[3, other, other_len, 3, at, len]), PERM, "rename to {path}");
        assert_eq!(guest.call("path_link", &[3, 0, at, len, 3, other, other_len]), PERM, "link {path}");
        assert_eq!(guest.call("path_symlink", &[other, other_len, 3, at, len]), PERM, "symlink {path}");
    }
    assert_eq!(fs::read(folder.path().join("outside")).unwrap(), b"secret");
}

#[test]
fn links_that_stay_inside_are_followed() {
    let (_folder, mut guest) = sandbox();
    for path in ["fine", "sub/../fine", "./sub/.././file"] {
        let fd = guest.open(path, 0, FD_READ).unwrap();
        assert_eq!(guest.read(fd, 16).unwrap(), b"open");
    }
    assert_eq!(guest.open_in(3, "fine", 0, 0, FD_READ, 0), Err(LOOP), "not followed");
    assert_eq!(guest.open("loop", 0, FD_READ), Err(LOOP));
    assert_eq!(guest.open("file/", 0, FD_READ), Err(NOTDIR));
    assert_eq!(guest.open("sub/", 0, 0).map(|_| ()), Ok(()));
}

#[test]
fn a_link_to_an_absolute_path_is_not_made() {
    let (_folder, mut guest) = sandbox();
    let [target, target_len] = guest.path_at(0x1800, "/etc");
    let [at, len] = guest.path("new");
    assert_eq!(guest.call("path_symlink", &[target, target_len, 3, at, len]), PERM);
    assert_eq!(guest.call("path_readlink", &[3, at, len, 0x2000, 64, 0x900]), NOENT);
}

#[test]
fn readlink_cuts_off_what_does_not_fit() {
    let (_folder, mut guest) = sandbox();
    let [at, len] = guest.path("fine");
    guest.put(0x2000, b"........");
    guest.ok("path_readlink", &[3, at, len, 0x2000, 5, 0x900]);
    assert_eq!(guest.u32(0x900), 5);
    assert_eq!(guest.get(0x2000, 8), b"sub/....");
}

#[test]
fn paths_are_utf8_without_nul() {
    let (_folder, mut guest) = sandbox();
    assert_eq!(guest.open("file\0", 0, FD_READ), Err(25));
    guest.put(0x1000, b"\xff\xfe");
    let open = [3, 0, 0x1000, 2, CREAT, FD_READ, 0, 0, 0x900];
    assert_eq!(guest.call("path_open", &open), 25);
}

#[test]
fn links_renames_and_removals_do_what_they_say() {
    let (folder, mut guest) = sandbox();
    let inside = folder.path().join("in");
    let [a, a_len] = guest.path("file");
    let [b, b_len] = guest.path_at(0x1800, "sub/second");
    guest.ok("path_link", &[3, 0, a, a_len, 3, b, b_len]);
    assert_eq!(guest.call("path_link", &[3, 0, a, a_len, 3, b, b_len]), EXIST);
    assert_eq!(guest.call("path_link", &[3, 1, a, a_len, 3, b, b_len]), INVAL, "links are never followed");
    guest.ok("path_unlink_file", &[3, a, a_len]);
    assert_eq!(fs::read(inside.join("sub/second")).unwrap(), b"open");
    guest.ok("path_rename", &[3, b, b_len, 3, a, a_len]);
    assert_eq!(fs::read(inside.join("file")).unwrap(), b"open");

    let [dir, dir_len] = guest.path("sub/deep");
    guest.ok("path_create_directory", &[3, dir, dir_len]);
    assert_eq!(guest.call("path_create_directory", &[3, dir, dir_len]), EXIST);
    assert_eq!(guest.call("path_remove_directory", &[3, dir, dir_len - 5]), NOTEMPTY);
    assert_eq!(guest.call("path_unlink_file", &[3, dir, dir_len]), ISDIR);
    guest.ok("path_remove_directory", &[3, dir, dir_len]);
    assert_eq!(guest.call("path_remove_directory", &[3, dir, dir_len]), NOENT);
}

#[test]
fn times_are_set_on_links_or_on_what_they_lead_to() {
    let (_folder, mut guest) = sandbox();
    let [at, len] = guest.path("fine");
    guest.ok("path_filestat_set_times", &[3, 1, at, len, 1_000_000_007, 2_000_000_009, 1 | 4]);
    guest.ok("path_filestat_get", &[3, 1, at, len, 0x2000]);
    assert_eq!((guest.u64(0x2000 + 40), guest.u64(0x2000 + 48)), (1_000_000_007, 2_000_000_009));
    assert_eq!(guest.get(0x2010, 1), [4], "a file");
    guest.ok("path_filestat_set_times", &[3, 0, at, len, 5, 0, 1]);
    guest.ok("path_filestat_get", &[3, 0, at, len, 0x2000]);
    assert_eq!((guest.u64(0x2000 + 40), guest.get(0x2010, 1)), (5, vec![7]), "the link itself");
    for flags in [1 | 2, 4 | 8, 16] {
        assert_eq!(guest.call("path_filestat_set_times", &[3, 1, at, len, 5, 5, flags]), INVAL);
    }
}

#[test]
fn read_only_directories_stay_as_they_are() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/file"), "kept").unwrap();
    let mut guest = folder.guest(DirAccess::ReadOnly);

    let fd = guest.open("sub/file", 0, FD_READ).unwrap();
    assert_eq!(guest.read(fd, 16).unwrap(), b"kept");
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 0]), NOTCAPABLE);
    let sub = guest.open("sub", DIRECTORY, ALL & !FD_WRITE).unwrap();
    for (dir, file, new) in [(3, "sub/file", "sub/new"), (sub, "file", "new")] {
        assert_eq!(guest.open_in(dir, file, 0, 0, FD_READ | FD_WRITE, 0), Err(NOTCAPABLE));
        assert_eq!(guest.open_in(dir, file, 0, TRUNC, FD_READ, 0), Err(NOTCAPABLE));
        assert_eq!(guest.open_in(dir, new, 0, CREAT, FD_READ, 0), Err(NOTCAPABLE));
        let [at, len] = guest.path(file);
        let [to, to_len] = guest.path_at(0x1800, new);
        assert_eq!(guest.call("path_unlink_file", &[dir, at, len]), NOTCAPABLE);
        assert_eq!(guest.call("path_rename", &[dir, at, len, dir, to, to_len]), NOTCAPABLE);
        assert_eq!(guest.call("path_link", &[dir, 0, at, len, dir, to, to_len]), NOTCAPABLE);
        assert_eq!(guest.call("path_symlink", &[at, len, dir, to, to_len]), NOTCAPABLE);
        assert_eq!(guest.call("path_create_directory", &[dir, to, to_len]), NOTCAPABLE);
        assert_eq!(guest.call("path_filestat_set_times", &[dir, 0, at, len, 0, 0, 1]), NOTCAPABLE);
    }
    assert_eq!(fs::read(folder.path().join("sub/file")).unwrap(), b"kept");
}
