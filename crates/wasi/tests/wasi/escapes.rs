//! Attempts to leave a guest's directory, including ones that race with changes on the host, and the errors of odd
//! paths.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wasmote_wasi::DirAccess;

use crate::guest::*;

/// The guest's directory `in`, and next to it `outside` with a file that no call may reach.
pub struct Walled {
    folder: Folder,
    pub guest: Guest,
    before: Vec<String>,
    /// The allowed errnos of a path that leads out.
    pub refusals: &'static [u16],
}

impl Walled {
    pub fn new() -> Walled {
        let folder = Folder::new();
        fs::create_dir_all(folder.path().join("in/sub")).unwrap();
        fs::create_dir(folder.path().join("outside")).unwrap();
        fs::write(folder.path().join("outside/secret"), "secret").unwrap();
        let before = listing(&folder.path().join("outside"));
        let guest = Guest::new(
            wasmote_wasi::WasiCtx::builder()
                .preopened_dir(folder.path().join("in"), "/", DirAccess::ReadWrite)
                .unwrap(),
        );
        Walled { folder, guest, before, refusals: &[PERM] }
    }

    pub fn inside(&self, name: &str) -> PathBuf {
        self.folder.path().join("in").join(name)
    }

    /// Tries every call that takes a path. Returns whether one of them succeeded, and whether one was refused because
    /// the path leads out.
    pub fn try_all(&mut self, path: &str) -> (bool, bool) {
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
        (answers.contains(&SUCCESS), answers.iter().any(|answer| self.refusals.contains(answer)))
    }

    /// Asserts that nothing outside was changed, made or removed.
    #[track_caller]
    pub fn assert_whole(&self) {
        assert_eq!(listing(&self.folder.path().join("outside")), self.before);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 2, "besides the directories");
    }
}

/// Lists a directory with everything that calls could change.
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
    let change = swapped(&walled);
    race(&mut walled, &["swap/secret", "swap/made", "sub/../swap/secret", "swap/../swap/secret"], change);
    walled.assert_whole();
}

/// Returns a closure that turns the directory `swap` into a link that leads out, and back.
pub fn swapped(walled: &Walled) -> impl FnMut() + Send + use<> {
    let [swap, kept, link] = ["swap", "kept", "link"].map(|name| walled.inside(name));
    fs::create_dir(&swap).unwrap();
    symlink("../outside", &link).unwrap();
    move || {
        fs::rename(&swap, &kept).unwrap();
        fs::rename(&link, &swap).unwrap();
        std::hint::black_box(fs::read_link(&swap)).unwrap();
        fs::rename(&swap, &link).unwrap();
        fs::rename(&kept, &swap).unwrap();
    }
}

#[test]
fn a_file_that_becomes_a_link_does_not_lead_out() {
    let mut walled = Walled::new();
    let change = swapped_file(&walled);
    race(&mut walled, &["swap", "sub/../swap"], change);
    walled.assert_whole();
}

/// Returns a closure that turns the file `swap` into a link that leads out, and back.
pub fn swapped_file(walled: &Walled) -> impl FnMut() + Send + use<> {
    // It is written under another name first: a write through the link would be the test's, not the guest's.
    let [swap, link, fresh] = ["swap", "link", "fresh"].map(|name| walled.inside(name));
    move || {
        // The guest may have removed either of them.
        let _ = fs::remove_file(&link);
        symlink("../outside/secret", &link).unwrap();
        let _ = fs::rename(&link, &swap);
        let _ = fs::remove_file(&swap);
        let _ = fs::write(&fresh, "inside").map(|()| fs::rename(&fresh, &swap));
    }
}

/// Tells the other thread that the test is over, even if the test panics: otherwise joining the thread would never end.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Lets another thread repeat a change while the guest tries these paths some thousand times, until both states have
/// been met.
pub fn race(walled: &mut Walled, paths: &[&str], mut change: impl FnMut() + Send) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                change();
            }
        });
        let end = End(&over);
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
        drop(end);
        assert!(done > 0 && refused > 0, "{done} inside, {refused} refused");
    });
}

#[test]
fn a_directory_that_is_moved_out_does_not_take_the_guest_along() {
    let mut walled = Walled::new();
    let [inside, outside] = [walled.inside("sub/swap"), walled.folder.path().join("outside")];
    fs::create_dir(&inside).unwrap();
    fs::write(walled.inside("sub/secret"), "inside").unwrap();
    let away = walled.folder.path().join("away");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Moves it from its parent inside to one next to the secret, and back.
            fs::rename(&outside, &away).unwrap();
            while !over.load(Ordering::Relaxed) {
                fs::rename(&inside, away.join("swap")).unwrap();
                fs::rename(away.join("swap"), &inside).unwrap();
            }
            fs::rename(&away, &outside).unwrap();
        });
        let end = End(&over);
        let deadline = Instant::now() + Duration::from_secs(60);
        let (mut rounds, mut done, mut failed) = (0, 0, 0);
        let paths = ["sub/swap/../secret", "sub/swap/../../sub/swap/../secret", "sub/swap/../../secret"];
        while (rounds < 3000 || done == 0 || failed == 0) && Instant::now() < deadline {
            for path in paths {
                match walled.guest.open(path, 0, FD_READ | FD_WRITE) {
                    Ok(fd) => {
                        assert_eq!(walled.guest.read(fd, 16).unwrap(), b"inside", "{path}");
                        walled.guest.ok("fd_close", &[fd]);
                        done += 1;
                    }
                    Err(errno) => {
                        assert!([NOENT, PERM, AGAIN].contains(&errno), "{path}: {errno}");
                        failed += 1;
                    }
                }
            }
            rounds += 1;
        }
        drop(end);
        assert!(done > 0 && failed > 0, "{done} inside, {failed} failed");
    });
    walled.assert_whole();
}

#[test]
fn hard_links_are_made_to_what_is_inside_and_to_links_themselves() {
    let mut walled = Walled::new();
    symlink("../outside/secret", walled.inside("link")).unwrap();
    symlink("../outside", walled.inside("up")).unwrap();
    let guest = &mut walled.guest;
    let [to, to_len] = guest.path_at(0x1800, "made");
    for (path, errno) in [
        ("../outside/secret", PERM),
        ("up/secret", PERM),
        ("up", SUCCESS),
        ("link", SUCCESS),
        ("link/", PERM),
        ("up/", PERM),
        ("up/.", PERM),
        ("sub", PERM),
    ] {
        let [at, len] = guest.path(path);
        assert_eq!(guest.call("path_link", &[3, 0, at, len, 3, to, to_len]), errno, "{path}");
        if errno == SUCCESS {
            // The second name of a link leads to the same place: nowhere.
            assert_eq!(guest.open("made", 0, FD_READ), Err(PERM), "{path}");
            assert_eq!(guest.open("made/secret", 0, FD_READ), Err(PERM), "{path}");
            guest.ok("path_unlink_file", &[3, to, to_len]);
        }
        // Nothing is made outside, either.
        let [inner, inner_len] = guest.path("sub/../up/made");
        let [file, file_len] = guest.path_at(0x1800, "link");
        assert_eq!(guest.call("path_link", &[3, 0, file, file_len, 3, inner, inner_len]), PERM);
        guest.path_at(0x1800, "made");
    }
    walled.assert_whole();
}

#[test]
fn links_that_are_moved_to_another_directory_do_not_lead_out_of_it() {
    let folder = Folder::new();
    for name in ["a/deep/er", "b", "c"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("a/inside"), "inside").unwrap();
    fs::write(folder.path().join("inside"), "secret").unwrap();
    let mut builder = wasmote_wasi::WasiCtx::builder();
    for (name, access) in [("a", DirAccess::ReadWrite), ("b", DirAccess::ReadWrite), ("c", DirAccess::ReadOnly)] {
        builder = builder.preopened_dir(folder.path().join(name), name, access).unwrap();
    }
    let mut guest = Guest::new(builder);
    const A: u64 = 3;
    const B: u64 = 4;
    const C: u64 = 5;
    // Leads to `a/inside` from where it is made, and from `b` to the file next to it.
    let [text, text_len] = guest.path_at(0x1800, "../inside");
    let [at, len] = guest.path("deep/link");
    guest.ok("path_symlink", &[text, text_len, A, at, len]);
    let fd = guest.open_in(A, "deep/link", 1, 0, FD_READ, 0).unwrap();
    assert_eq!(guest.read(fd, 16).unwrap(), b"inside");
    let [to, to_len] = guest.path_at(0x1800, "moved");
    let [at, len] = guest.path("deep/link");
    guest.ok("path_link", &[A, 0, at, len, B, to, to_len]);
    assert_eq!(guest.open_in(B, "moved", 1, 0, FD_READ, 0), Err(PERM));
    let [at, len] = guest.path("deep/link");
    guest.ok("path_rename", &[A, at, len, B, to, to_len]);
    assert_eq!(guest.open_in(B, "moved", 1, 0, FD_READ, 0), Err(PERM));

    // Neither into a read-only directory nor out of it, in either direction.
    let [at, len] = guest.path("inside");
    for (from, into) in [(A, C), (C, A), (C, B)] {
        assert_eq!(guest.call("path_rename", &[from, at, len, into, to, to_len]), NOTCAPABLE);
        assert_eq!(guest.call("path_link", &[from, 0, at, len, into, to, to_len]), NOTCAPABLE);
    }

    // A directory that the guest has open moves along; its parent stays out of reach.
    // The rights exclude those that would open the directory itself for writing.
    let rights = ALL & !(FD_WRITE | 1 << 8 | 1 << 22);
    let sub = guest.open_in(A, "deep/er", 0, DIRECTORY, rights, 0).unwrap();
    let [at, len] = guest.path("deep/er");
    let [to, to_len] = guest.path_at(0x1800, "here");
    guest.ok("path_rename", &[A, at, len, B, to, to_len]);
    for path in ["..", "../moved", "../../inside", "../here"] {
        assert_eq!(guest.open_in(sub, path, 1, 0, FD_READ, 0), Err(PERM), "{path}");
    }
    guest.open_in(sub, "new", 0, CREAT, FD_READ, 0).unwrap();
    assert!(folder.path().join("b/here/new").exists());
    assert_eq!(fs::read(folder.path().join("inside")).unwrap(), b"secret");
}

#[test]
fn the_magic_links_of_proc_are_not_followed() {
    let builder = wasmote_wasi::WasiCtx::builder();
    let mut guest = Guest::new(builder.preopened_dir(Path::new("/proc"), "/", DirAccess::ReadWrite).unwrap());
    let status = guest.open("self/status", 0, FD_READ).unwrap();
    assert!(guest.read(status, 100).unwrap().starts_with(b"Name:"));
    // A descriptor that stays open, whatever other tests do meanwhile.
    let open = fs::File::open("/proc").unwrap();
    let through_it = format!("self/fd/{}/self", open.as_raw_fd());
    for path in ["self/cwd", "self/root", "self/root/etc/passwd", "self/exe", "self/fd/0", &through_it, "self/cwd/.."] {
        for oflags in [0, DIRECTORY] {
            let errno = guest.open(path, oflags, FD_READ).unwrap_err();
            assert!([LOOP, PERM].contains(&errno), "{path}: {errno}");
        }
        let [at, len] = guest.path(path);
        let errno = guest.call("path_filestat_get", &[3, 1, at, len, 0x2000]);
        assert!([LOOP, PERM].contains(&errno), "{path}: {errno}");
    }
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
