//! Ways out of a guest's directory, those that come and go included; and what odd paths are answered with.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wasmote_wasi::DirAccess;

use crate::guest::*;

/// A directory `in` for the guest, and beside it `outside` with a file in it, which nobody may reach.
struct Walled {
    folder: Folder,
    guest: Guest,
    before: Vec<String>,
}

impl Walled {
    fn new() -> Walled {
        let folder = Folder::new();
        fs::create_dir_all(folder.path().join("in/sub")).unwrap();
        fs::create_dir(folder.path().join("outside")).unwrap();
        fs::write(folder.path().join("outside/secret"), "secret").unwrap();
        let before = listing(&folder.path().join("outside"));
        let guest = Guest::new(
            wasmote_wasi::WasiCtx::builder()
                .preopened_dir(&folder.path().join("in"), "/", DirAccess::ReadWrite)
                .unwrap(),
        );
        Walled { folder, guest, before }
    }

    fn inside(&self, name: &str) -> PathBuf {
        self.folder.path().join("in").join(name)
    }

    /// Every call that takes a path, with this one; returns whether one of them did something, and one was refused
    /// because the path leads out.
    fn try_all(&mut self, path: &str) -> (bool, bool) {
        let guest = &mut self.guest;
        let mut answers = Vec::new();
        for oflags in [0, CREAT, TRUNC, CREAT | EXCL, DIRECTORY] {
            let opened = guest.open(path, oflags, if oflags == DIRECTORY { FD_READ } else { FD_READ | FD_WRITE });
            if let Ok(fd) = opened {
                if oflags == 0 {
                    assert_ne!(guest.read(fd, 16).unwrap(), b"secret", "{path}");
                }
                if oflags != DIRECTORY {
                    guest.write(fd, b"written").unwrap();
                }
                guest.ok("fd_close", &[fd]);
            }
            answers.push(opened.err().unwrap_or(SUCCESS));
        }
        let [at, len] = guest.path(path);
        let [other, other_len] = guest.path_at(0x1800, "other");
        let mut call = |name: &str, args: &[u64]| answers.push(guest.call(name, args));
        call("path_filestat_get", &[3, 1, at, len, 0x2000]);
        call("path_filestat_set_times", &[3, 1, at, len, 5, 5, 1 | 4]);
        call("path_readlink", &[3, at, len, 0x2000, 64, 0x900]);
        call("path_link", &[3, 0, at, len, 3, other, other_len]);
        call("path_rename", &[3, at, len, 3, other, other_len]);
        call("path_rename", &[3, other, other_len, 3, at, len]);
        call("path_unlink_file", &[3, other, other_len]);
        call("path_unlink_file", &[3, at, len]);
        call("path_create_directory", &[3, at, len]);
        call("path_remove_directory", &[3, at, len]);
        call("path_symlink", &[other, other_len, 3, at, len]);
        call("path_unlink_file", &[3, at, len]);
        (answers.contains(&SUCCESS), answers.contains(&PERM))
    }

    /// Nothing outside was changed, made or removed.
    #[track_caller]
    fn assert_whole(&self) {
        assert_eq!(listing(&self.folder.path().join("outside")), self.before);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 2, "beside the directories");
    }
}

/// What is in a directory, with all that calls could change.
fn listing(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let stat = fs::symlink_metadata(&path).unwrap();
        let bytes = fs::read(&path).unwrap();
        format!("{path:?} {bytes:?} {} links, modified {}.{}", stat.nlink(), stat.mtime(), stat.mtime_nsec())
    });
    entries.collect()
}

#[test]
fn no_chain_of_links_leads_out() {
    let mut walled = Walled::new();
    let outside = walled.folder.path().join("outside");
    for (text, name) in [
        (outside.to_str().unwrap(), "absolute"),
        ("../outside", "relative"),
        ("sub/../../outside", "winding"),
        ("relative", "chain"),
        ("./chain/.", "longer"),
        ("sub/..", "back"),
        ("..", "up"),
        ("up/outside", "over"),
        ("/proc/self/cwd", "magic"),
        ("/", "root"),
    ] {
        symlink(text, walled.inside(name)).unwrap();
    }
    let ways = "absolute relative winding chain longer up over magic root sub/../relative back/relative back/../outside
        sub/../../outside up/in/../outside ../in/relative sub/./.././../outside back/back/up/outside";
    for way in ways.split_whitespace() {
        for rest in ["/secret", "/made", "/secret/", "/.", "/..", "/../outside/secret"] {
            let (done, refused) = walled.try_all(&format!("{way}{rest}"));
            assert!(!done && refused, "{way}{rest}");
        }
    }
    walled.assert_whole();
}

#[test]
fn a_slash_behind_a_link_does_not_lead_out() {
    let mut walled = Walled::new();
    symlink("../outside", walled.inside("link")).unwrap();
    symlink("../outside/made", walled.inside("dangling")).unwrap();
    for path in ["link/", "dangling/", "link//", "dangling///"] {
        assert!(!walled.try_all(path).0, "{path}");
    }
    walled.assert_whole();
}

#[test]
fn a_directory_that_becomes_a_link_and_back_does_not_lead_out() {
    let mut walled = Walled::new();
    let [swap, kept, link] = ["swap", "kept", "link"].map(|name| walled.inside(name));
    fs::create_dir(&swap).unwrap();
    symlink("../outside", &link).unwrap();
    race(&mut walled, &["swap/secret", "swap/made", "sub/../swap/secret", "swap/../swap/secret"], move || {
        fs::rename(&swap, &kept).unwrap();
        fs::rename(&link, &swap).unwrap();
        std::hint::black_box(fs::read_link(&swap)).unwrap();
        fs::rename(&swap, &link).unwrap();
        fs::rename(&kept, &swap).unwrap();
    });
    walled.assert_whole();
}

#[test]
fn a_file_that_becomes_a_link_does_not_lead_out() {
    let mut walled = Walled::new();
    let (swap, link) = (walled.inside("swap"), walled.inside("link"));
    race(&mut walled, &["swap", "sub/../swap"], move || {
        // The guest removes whatever there is, so that either may be gone.
        let _ = fs::remove_file(&link);
        symlink("../outside/secret", &link).unwrap();
        let _ = fs::rename(&link, &swap);
        let _ = fs::remove_file(&swap);
        let _ = fs::write(walled_file(&swap), "inside").map(|()| fs::rename(walled_file(&swap), &swap));
    });
    walled.assert_whole();
}

/// A name beside the one that is swapped, to write a file under before it gets there: a write through the link would
/// be ours, not the guest's.
fn walled_file(swap: &Path) -> PathBuf {
    swap.with_file_name("fresh")
}

/// Has another thread change something over and over while the guest tries these paths some thousand times, until both
/// states have been met.
fn race(walled: &mut Walled, paths: &[&str], mut change: impl FnMut() + Send) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                change();
            }
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        let (mut rounds, mut done, mut refused) = (0, 0, 0);
        while (rounds < 1000 || done == 0 || refused == 0) && Instant::now() < deadline {
            for path in paths {
                let answers = walled.try_all(path);
                done += u32::from(answers.0);
                refused += u32::from(answers.1);
            }
            rounds += 1;
        }
        over.store(true, Ordering::Relaxed);
        assert!(done > 0 && refused > 0, "{done} inside, {refused} refused");
    });
}

#[test]
fn odd_paths_have_the_errors_of_posix() {
    let mut walled = Walled::new();
    fs::write(walled.inside("file"), "text").unwrap();
    let guest = &mut walled.guest;
    let long = "x".repeat(256);
    let deep = "a/".repeat(2048);
    for (path, open, make, remove, unlink) in [
        ("", NOENT, NOENT, NOENT, NOENT),
        (".", SUCCESS, EXIST, INVAL, ISDIR),
        ("sub/.", SUCCESS, EXIST, INVAL, ISDIR),
        ("sub/..", SUCCESS, EXIST, INVAL, ISDIR),
        ("..", PERM, PERM, PERM, PERM),
        ("sub/../..", PERM, PERM, PERM, PERM),
        ("/", PERM, PERM, PERM, PERM),
        ("none/.", NOENT, NOENT, NOENT, NOENT),
        ("file/.", NOTDIR, NOTDIR, NOTDIR, NOTDIR),
        ("file/", NOTDIR, EXIST, NOTDIR, NOTDIR),
        ("file/x", NOTDIR, NOTDIR, NOTDIR, NOTDIR),
        ("none/", NOENT, SUCCESS, SUCCESS, NOENT),
        (&long, NAMETOOLONG, NAMETOOLONG, NAMETOOLONG, NAMETOOLONG),
        (&deep, NAMETOOLONG, NAMETOOLONG, NAMETOOLONG, NAMETOOLONG),
    ] {
        let shown = &path[..path.len().min(9)];
        assert_eq!(guest.open(path, 0, FD_READ).err().unwrap_or(SUCCESS), open, "open {shown}");
        let [at, len] = guest.path(path);
        assert_eq!(guest.call("path_create_directory", &[3, at, len]), make, "mkdir {shown}");
        assert_eq!(guest.call("path_remove_directory", &[3, at, len]), remove, "rmdir {shown}");
        assert_eq!(guest.call("path_unlink_file", &[3, at, len]), unlink, "unlink {shown}");
    }
    let [at, len] = guest.path("file");
    assert_eq!(guest.call("path_readlink", &[3, at, len, 0x2000, 64, 0x900]), INVAL, "no link");
    let [sub, sub_len] = guest.path_at(0x1800, "sub/");
    assert_eq!(guest.call("path_link", &[3, 0, sub, sub_len, 3, at, len]), PERM, "no second name for directories");
    assert_eq!(guest.call("path_rename", &[3, at, len, 3, sub, sub_len]), NOTDIR);
}
