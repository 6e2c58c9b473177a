//! Directories: descriptor 3 with everything allowed, 4 the same for reading only.
#![no_std]
#![no_main]

use wasi_guests::*;

const READ_ONLY: u32 = 4;

/// Calls with a path, whose address and length stand in the place of it.
macro_rules! on {
    ($name:ident($($before:expr),*; $path:expr $(; $($after:expr),*)?)) => {{
        let path: &str = $path;
        call!($name($($before,)* path.as_ptr() as usize, path.len() $(, $($after),*)?))
    }};
}

/// Calls with two of them.
macro_rules! on_both {
    ($name:ident($($before:expr),*; $path:expr; $dir:expr; $to:expr)) => {{
        let (path, to): (&str, &str) = ($path, $to);
        call!($name($($before,)* path.as_ptr() as usize, path.len(), $dir, to.as_ptr() as usize, to.len()))
    }};
}

fn make() {
    assert_eq!(on!(path_create_directory(DIR; "dir")), SUCCESS);
    assert_eq!(on!(path_create_directory(DIR; "dir/sub/")), SUCCESS);
    assert_eq!(on!(path_create_directory(DIR; "dir")), EXIST);
    assert_eq!(on!(path_create_directory(DIR; "none/sub")), NOENT);
    assert_eq!(on!(path_create_directory(DIR; "../out")), PERM);
    assert_eq!(on!(path_create_directory(DIR; "dir/../../out")), PERM);
    assert_eq!(on!(path_create_directory(DIR; "")), NOENT);
    assert_eq!(on!(path_create_directory(READ_ONLY; "other")), NOTCAPABLE);
    say!("path_create_directory: two, one in the other; not twice, not outside, not where it may not");
}

/// The names in a directory, read with a buffer of this size, each with the cookie behind it.
fn list(fd: u32, start: u64, room: usize, mut each: impl FnMut(&str, u8, u64)) {
    let mut buffer = [0u8; 512];
    let mut cookie = start;
    loop {
        let mut used = 0usize;
        assert_eq!(call!(fd_readdir(fd, at(&mut buffer), room, cookie, at(&mut used))), SUCCESS);
        let used = *told(&mut used);
        let mut rest = &told(&mut buffer)[..used];
        let mut seen = false;
        while rest.len() >= 24 {
            let len = u32::from_le_bytes(rest[16..20].try_into().expect("4 bytes")) as usize;
            let Some(name) = rest.get(24..24 + len) else { break };
            cookie = u64::from_le_bytes(rest[..8].try_into().expect("8 bytes"));
            each(core::str::from_utf8(name).expect("UTF-8"), rest[20], cookie);
            rest = &rest[24 + len..];
            seen = true;
        }
        if used < room {
            return;
        }
        assert!(seen, "the buffer takes at least one name");
    }
}

fn listing() {
    for i in 0..40u8 {
        let name = [b'f', b'0' + i / 10, b'0' + i % 10];
        close(open(core::str::from_utf8(&name).expect("UTF-8"), CREAT, FD_WRITE, 0));
    }
    for room in [64, 128, 512] {
        let (mut files, mut directories, mut dots) = (0u64, 0, 0);
        list(DIR, 0, room, |name, filetype, _| match (name, filetype) {
            ("." | "..", 3) => dots += 1,
            ("dir", 3) => directories += 1,
            (name, 4) => {
                let bit = 1 << name[1..].parse::<u32>().expect("a number");
                assert_eq!(files & bit, 0, "{name} twice");
                files |= bit;
            }
            (name, filetype) => panic!("{name} of type {filetype}"),
        });
        assert_eq!((files, directories, dots), ((1 << 40) - 1, 1, 2), "room {room}");
    }
    say!("fd_readdir: 43 entries, each once, whether 64, 128 or 512 bytes at a time");
    // From each cookie on, the same follows; also while files go away.
    let mut cookies = [0u64; 43];
    let mut count = 0;
    list(DIR, 0, 512, |_, _, cookie| {
        cookies[count] = cookie;
        count += 1;
    });
    for (i, &cookie) in cookies.iter().enumerate().rev() {
        let mut follow = 0;
        list(DIR, cookie, 256, |_, _, next| {
            assert_eq!(next, cookies[i + 1 + follow]);
            follow += 1;
        });
        assert_eq!(follow, 42 - i);
    }
    assert_eq!(call!(fd_readdir(DIR, 0, usize::MAX, 0, at(&mut 0usize))), FAULT);
    let file = open("f00", 0, ALL, 0);
    assert_eq!(call!(fd_readdir(file, 0, 0, 0, at(&mut 0usize))), NOTDIR);
    close(file);
    say!("fd_readdir: every cookie leads to what follows it; files have no entries");
    let mut removed = 0;
    list(DIR, 0, 100, |name, filetype, _| {
        if filetype == 4 {
            assert_eq!(on!(path_unlink_file(DIR; name)), SUCCESS, "{name}");
            removed += 1;
        }
    });
    assert_eq!(removed, 40);
    assert_eq!(on!(path_unlink_file(DIR; "f00")), NOENT);
    assert_eq!(on!(path_unlink_file(DIR; "dir")), ISDIR);
    assert_eq!(on!(path_unlink_file(READ_ONLY; "dir")), NOTCAPABLE);
    say!("path_unlink_file: {removed} files while they are listed; no directory");
}

fn links() {
    let fd = open("dir/file", CREAT, FD_WRITE, 0);
    write(fd, b"text");
    close(fd);
    assert_eq!(on_both!(path_link(DIR, 0; "dir/file"; DIR; "second")), SUCCESS);
    let (file, second) = (stat("dir/file", 0), stat("second", 0));
    assert_eq!((file.ino, file.nlink, second.nlink), (second.ino, 2, 2));
    assert_eq!(on_both!(path_link(DIR, 0; "dir/file"; DIR; "second")), EXIST);
    assert_eq!(on_both!(path_link(DIR, 0; "dir"; DIR; "third")), PERM);
    assert_eq!(on_both!(path_link(DIR, 0; "none"; DIR; "third")), NOENT);
    assert_eq!(on_both!(path_link(DIR, 0; "dir/file"; READ_ONLY; "third")), NOTCAPABLE);
    assert_eq!(on_both!(path_link(DIR, 0; "dir/file"; DIR; "../third")), PERM);
    say!("path_link: a second name, not of a directory, not outside");

    assert_eq!(on_both!(path_symlink(; "dir/file"; DIR; "link")), SUCCESS);
    assert_eq!(on_both!(path_symlink(; "link"; DIR; "chain")), SUCCESS);
    assert_eq!(on_both!(path_symlink(; "loop"; DIR; "loop")), SUCCESS);
    assert_eq!(on_both!(path_symlink(; "../outside"; DIR; "out")), SUCCESS);
    assert_eq!(on_both!(path_symlink(; "/absolute"; DIR; "abs")), PERM);
    assert_eq!(on_both!(path_symlink(; "dir"; READ_ONLY; "abs")), NOTCAPABLE);
    say!("path_symlink: to files, links, itself, outside; not to an absolute path");

    let mut buffer = [0u8; 16];
    let mut used = 0usize;
    assert_eq!(on!(path_readlink(DIR; "link"; at(&mut buffer), 16, at(&mut used))), SUCCESS);
    assert_eq!(&told(&mut buffer)[..*told(&mut used)], b"dir/file");
    assert_eq!(on!(path_readlink(DIR; "link"; at(&mut buffer), 3, at(&mut used))), SUCCESS);
    assert_eq!(*told(&mut used), 3);
    assert_eq!(on!(path_readlink(DIR; "dir"; at(&mut buffer), 16, at(&mut used))), INVAL);
    assert_eq!(on!(path_readlink(READ_ONLY; "out"; at(&mut buffer), 16, at(&mut used))), SUCCESS);
    say!("path_readlink: the text, or the start of it");

    assert_eq!(stat("chain", 0).filetype, 7);
    assert_eq!((stat("chain", 1).filetype, stat("chain", 1).size, stat("dir/", 0).filetype), (4, 4, 3));
    let mut found = Filestat::default();
    assert_eq!(on!(path_filestat_get(DIR, 1; "loop"; at(&mut found))), LOOP);
    assert_eq!(on!(path_filestat_get(DIR, 1; "out"; at(&mut found))), PERM);
    assert_eq!(on!(path_filestat_get(DIR, 0; "none"; at(&mut found))), NOENT);
    assert_eq!(on!(path_filestat_get(DIR, 2; "link"; at(&mut found))), INVAL);
    assert_eq!(on!(path_filestat_get(READ_ONLY, 0; "second"; at(&mut found))), SUCCESS);
    say!("path_filestat_get: links, or what they lead to, but not outside");

    assert_eq!(on!(path_filestat_set_times(DIR, 1; "chain"; 1_000_000_007, 2_000_000_009, 1 | 4)), SUCCESS);
    assert_eq!((stat("second", 0).atim, stat("second", 0).mtim), (1_000_000_007, 2_000_000_009));
    assert_eq!(on!(path_filestat_set_times(DIR, 0; "chain"; 3, 4, 1 | 4)), SUCCESS);
    assert_eq!((stat("chain", 0).atim, stat("chain", 0).mtim, stat("link", 1).mtim), (3, 4, 2_000_000_009));
    assert_eq!(on!(path_filestat_set_times(DIR, 1; "out"; 3, 4, 1 | 4)), PERM);
    assert_eq!(on!(path_filestat_set_times(READ_ONLY, 0; "second"; 3, 4, 1 | 4)), NOTCAPABLE);
    say!("path_filestat_set_times: of links, or of what they lead to");
}

fn renames() {
    let path = |path, to| on_both!(path_rename(DIR; path; DIR; to));
    assert_eq!(path("second", "dir/sub/moved"), SUCCESS);
    assert_eq!(stat("dir/sub/moved", 0).size, 4);
    assert_eq!(path("link", "dir/link"), SUCCESS);
    assert_eq!(stat("dir/link", 0).filetype, 7, "a link is moved itself");
    assert_eq!(path("dir", "directory"), SUCCESS);
    assert_eq!(path("directory", "directory/sub/x"), INVAL, "into itself");
    assert_eq!(path("none", "x"), NOENT);
    assert_eq!(path("directory", "../x"), PERM);
    assert_eq!(path("out/x", "x"), PERM);
    close(open("file", CREAT, FD_WRITE, 0));
    assert_eq!(path("file", "directory"), ISDIR);
    assert_eq!(path("directory", "file"), NOTDIR);
    assert_eq!(path("file", "directory/sub/moved"), SUCCESS);
    assert_eq!((stat("directory/sub/moved", 0).size, stat("directory/file", 0).nlink), (0, 1), "replaced");
    assert_eq!(on_both!(path_rename(DIR; "directory"; READ_ONLY; "x")), NOTCAPABLE);
    say!("path_rename: files, links and directories, over what was there; not outside, not into itself");

    let remove = |path| on!(path_remove_directory(DIR; path));
    assert_eq!(remove("directory/sub"), NOTEMPTY);
    assert_eq!(remove("directory/file"), NOTDIR);
    assert_eq!(remove("out"), NOTDIR, "a link");
    assert_eq!(remove("../x"), PERM);
    assert_eq!(remove("."), INVAL);
    for name in ["directory/sub/moved", "directory/file", "directory/link", "chain", "loop", "out"] {
        assert_eq!(on!(path_unlink_file(DIR; name)), SUCCESS, "{name}");
    }
    assert_eq!((remove("directory/sub"), remove("directory/"), remove("directory")), (SUCCESS, SUCCESS, NOENT));
    list(DIR, 0, 512, |name, _, _| assert!(name == "." || name == "..", "{name} is left"));
    say!("path_remove_directory: when it is empty; nothing is left");
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    make();
    listing();
    links();
    renames();
}
