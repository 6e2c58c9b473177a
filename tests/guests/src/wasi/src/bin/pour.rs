//! pour FILE BYTES: writes this many zeros to the file, 64 KiB at a time. The file is a name in the first directory.
#![no_std]
#![no_main]

use wasi_guests::*;

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let (mut count, mut bytes) = (0usize, 0usize);
    assert_eq!(call!(args_sizes_get(at(&mut count), at(&mut bytes))), SUCCESS);
    let (mut table, mut buffer) = ([0usize; 3], [0u8; 4096]);
    assert!(*told(&mut count) == 3 && *told(&mut bytes) <= buffer.len(), "pour FILE BYTES");
    let start = at(&mut buffer);
    assert_eq!(call!(args_get(at(&mut table), start)), SUCCESS);
    let table = *told(&mut table);
    let text = core::str::from_utf8(&told(&mut buffer)[..bytes]).expect("UTF-8");
    let name = &text[table[1] - start..table[2] - start - 1];
    let total: u64 = text[table[2] - start..bytes - 1].parse().expect("a number");

    // Mutable, so that the module does not have the zeros in it.
    static mut ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    // SAFETY: nobody writes to it.
    let zeros: &[u8; 1 << 16] = unsafe { &*&raw const ZEROS };
    let fd = open(name, CREAT, FD_WRITE, 0);
    let mut left = total;
    let mut calls = 0u64;
    while left > 0 {
        let piece = &zeros[..left.min(1 << 16) as usize];
        write(fd, piece);
        left -= piece.len() as u64;
        calls += 1;
    }
    close(fd);
    say!("{total} bytes in {calls} writes to {name}");
}
