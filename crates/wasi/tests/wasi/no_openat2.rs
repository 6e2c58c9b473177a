//! Paths without `openat2`: kernels before 5.6 lack it, and system call filters may deny it. Here a filter denies it to
//! one thread.

use std::ffi::{c_int, c_ulong};
use std::fs;
use std::os::unix::fs::symlink;

use crate::escapes::{Walled, race, swapped, swapped_file};
use crate::guest::*;

unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
}

/// An instruction of a seccomp filter.
#[repr(C)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

#[repr(C)]
struct Program {
    len: u16,
    instructions: *const Instruction,
}

/// Makes the system call with this number fail with this errno, in this thread and those that it starts.
pub fn lose_call(number: u32, errno: u32) {
    const PR_SET_SECCOMP: c_int = 22;
    const PR_SET_NO_NEW_PRIVS: c_int = 38;
    const FILTER: c_ulong = 2;
    let instruction = |code, if_false, value| Instruction { code, if_true: 0, if_false, value };
    let instructions = [
        // Loads the number of the call. If it is another one, skips the instruction that fails the call.
        instruction(0x20, 0, 0),
        instruction(0x15, 1, number),
        instruction(0x06, 0, 0x5_0000 | errno),
        instruction(0x06, 0, 0x7fff_0000),
    ];
    let program = Program { len: instructions.len() as u16, instructions: instructions.as_ptr() };
    // SAFETY: the calls take numbers and a program, which lives until they return.
    let done = unsafe {
        let (one, none) = (1 as c_ulong, 0 as c_ulong);
        prctl(PR_SET_NO_NEW_PRIVS, one, none, none, none) == 0
            && prctl(PR_SET_SECCOMP, FILTER, &raw const program, none, none) == 0
    };
    assert!(done, "no filter: {}", std::io::Error::last_os_error());
}

/// EPERM comes from a filter that does not know the call, ENOSYS from a kernel that lacks it.
const EPERM: u32 = 1;
const ENOSYS: u32 = 38;

/// Its number, on all processors.
const OPENAT2: u32 = 437;

/// Runs `what` in a thread where `openat2` fails with this errno.
fn where_openat2_is(errno: u32, what: fn()) {
    let thread = std::thread::spawn(move || {
        lose_call(OPENAT2, errno);
        what();
    });
    thread.join().unwrap();
}

/// Runs `what` without `openat2`, for each way in which it may be missing.
fn without_openat2(what: fn()) {
    where_openat2_is(ENOSYS, what);
    where_openat2_is(EPERM, what);
}

/// A guest whose paths are refused as not supported if they lead out, or might.
fn walled() -> Walled {
    let mut walled = Walled::new();
    walled.refusals = &[PERM, NOTSUP];
    walled
}

#[test]
fn plain_names_work_without_openat2() {
    without_openat2(|| {
        let mut walled = walled();
        let guest = &mut walled.guest;
        for path in ["made", "sub/deep/", "./sub//./deep/er"] {
            let [at, len] = guest.path(path);
            guest.ok("path_create_directory", &[3, at, len]);
        }
        let fd = guest.open("sub/deep/er/file", CREAT | EXCL, FD_READ | FD_WRITE).unwrap();
        assert_eq!(guest.write(fd, b"text"), Ok(4));
        assert_eq!(guest.open("sub/deep/er/file", CREAT | EXCL, FD_READ), Err(EXIST));
        let [at, len] = guest.path("sub/deep/er/file");
        guest.ok("path_filestat_get", &[3, 1, at, len, 0x2000]);
        assert_eq!(guest.u64(0x2020), 4);
        guest.ok("path_filestat_set_times", &[3, 1, at, len, 0, 5_000_000_000, 4]);
        guest.ok("path_filestat_get", &[3, 0, at, len, 0x2000]);
        assert_eq!(guest.u64(0x2030), 5_000_000_000);
        let [to, to_len] = guest.path_at(0x1800, "made/moved");
        guest.ok("path_rename", &[3, at, len, 3, to, to_len]);
        let [second, second_len] = guest.path_at(0x1900, "sub/second");
        guest.ok("path_link", &[3, 0, to, to_len, 3, second, second_len]);
        guest.ok("path_unlink_file", &[3, to, to_len]);
        let fd = guest.open("sub/second", 0, FD_READ).unwrap();
        assert_eq!(guest.read(fd, 16).unwrap(), b"text");
        let [at, len] = guest.path("made/.");
        let dir = guest.open("made/.", DIRECTORY, FD_READDIR).unwrap();
        guest.ok("fd_readdir", &[dir, 0x4000, 1000, 0, 0x900]);
        assert_eq!(guest.call("path_remove_directory", &[3, at, len]), INVAL);
        guest.ok("path_remove_directory", &[3, at, len - 2]);

        // A link that is not followed is a mere name.
        let [text, text_len] = guest.path_at(0x1800, "second");
        let [link, link_len] = guest.path("sub/link");
        guest.ok("path_symlink", &[text, text_len, 3, link, link_len]);
        guest.ok("path_readlink", &[3, link, link_len, 0x2000, 64, 0x900]);
        assert_eq!(guest.get(0x2000, 6), b"second");
        guest.ok("path_filestat_get", &[3, 0, link, link_len, 0x2000]);
        assert_eq!(guest.get(0x2010, 1), [7], "a link");
        assert_eq!(guest.call("path_filestat_get", &[3, 1, link, link_len, 0x2000]), NOTSUP);
        assert_eq!(guest.open("sub/link", 0, FD_READ), Err(NOTSUP));
        assert_eq!(guest.open("sub/link", CREAT, FD_READ), Err(NOTSUP));
        assert_eq!(guest.open_in(3, "sub/link", 0, 0, FD_READ, 0), Err(LOOP));
        walled.assert_whole();
    });
}

#[test]
fn odd_paths_have_the_same_errors_without_openat2() {
    without_openat2(|| {
        let mut walled = walled();
        fs::write(walled.inside("file"), "text").unwrap();
        let guest = &mut walled.guest;
        let long = "x".repeat(256);
        for (path, open, create, make) in [
            ("", NOENT, NOENT, NOENT),
            (".", SUCCESS, ISDIR, EXIST),
            ("./", SUCCESS, ISDIR, EXIST),
            ("sub/.", SUCCESS, ISDIR, EXIST),
            ("/", PERM, PERM, PERM),
            ("/file", PERM, PERM, PERM),
            ("none/.", NOENT, NOENT, NOENT),
            ("file/.", NOTDIR, NOTDIR, NOTDIR),
            ("file/", NOTDIR, NOTDIR, EXIST),
            ("file/x", NOTDIR, NOTDIR, NOTDIR),
            ("none/x", NOENT, NOENT, NOENT),
            ("..", NOTSUP, NOTSUP, NOTSUP),
            ("sub/..", NOTSUP, NOTSUP, NOTSUP),
            ("sub/../file", NOTSUP, NOTSUP, NOTSUP),
            ("../in/file", NOTSUP, NOTSUP, NOTSUP),
            (&long, NAMETOOLONG, NAMETOOLONG, NAMETOOLONG),
        ] {
            assert_eq!(guest.open(path, 0, FD_READ).err().unwrap_or(SUCCESS), open, "open {path}");
            assert_eq!(guest.open(path, CREAT, FD_READ).err().unwrap_or(SUCCESS), create, "create {path}");
            let [at, len] = guest.path(path);
            assert_eq!(guest.call("path_create_directory", &[3, at, len]), make, "mkdir {path}");
        }
    });
}

#[test]
fn nothing_leads_out_without_openat2() {
    without_openat2(|| {
        let mut walled = walled();
        let outside = walled.inside("../outside");
        for (text, name) in [
            (outside.to_str().unwrap(), "absolute"),
            ("../outside", "relative"),
            ("sub/../../outside", "winding"),
            ("relative", "chain"),
            ("..", "up"),
            ("/proc/self/cwd", "magic"),
        ] {
            symlink(text, walled.inside(name)).unwrap();
        }
        let ways =
            "absolute relative winding chain up/outside magic ../outside sub/../../outside sub/./.././../outside";
        for way in ways.split_whitespace() {
            for rest in ["/secret", "/made", "/secret/", "/.", "/.."] {
                let (done, refused) = walled.try_all(&format!("{way}{rest}"));
                assert!(!done && refused, "{way}{rest}");
            }
        }
        for link in ["absolute/", "relative//", "magic/", "up/"] {
            assert!(!walled.try_all(link).0, "{link}");
        }
        walled.assert_whole();
    });
}

#[test]
fn a_path_that_becomes_a_link_does_not_lead_out_without_openat2() {
    where_openat2_is(ENOSYS, || {
        let mut walled = walled();
        let change = swapped(&walled);
        race(&mut walled, &["swap/secret", "swap/made", "./swap/secret"], change);
        walled.assert_whole();

        let mut walled = self::walled();
        let change = swapped_file(&walled);
        race(&mut walled, &["swap", "./swap"], change);
        walled.assert_whole();
    });
}
