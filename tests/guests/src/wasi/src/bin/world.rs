//! Arguments, environment, clocks, random bytes, the process. With the argument `real`, the clocks are expected to run.
#![no_std]
#![no_main]

use wasi_guests::*;

/// Strings as the host hands them over.
fn strings(count: usize, bytes: usize, get: impl Fn(usize, usize) -> i32) -> impl Iterator<Item = &'static str> {
    static mut BUFFER: [u8; 1024] = [0; 1024];
    let mut table = [0usize; 8];
    assert!(count <= table.len() && bytes <= 1024);
    assert_eq!(get(at(&mut table), &raw mut BUFFER as usize), SUCCESS);
    let table = *told(&mut table);
    assert!(count == 0 || table[0] == &raw mut BUFFER as usize, "one after the other");
    // SAFETY: nobody writes to the buffer while the iterator is in use.
    let buffer: &'static [u8] = unsafe { &*&raw const BUFFER };
    let start = table[0];
    (0..count).map(move |i| {
        let rest = &buffer[table[i] - start..bytes];
        let len = rest.iter().position(|&byte| byte == 0).expect("a NUL at the end");
        core::str::from_utf8(&rest[..len]).expect("UTF-8")
    })
}

fn arguments() -> bool {
    let (mut count, mut bytes) = (0usize, 0usize);
    assert_eq!(call!(args_sizes_get(at(&mut count), at(&mut bytes))), SUCCESS);
    let (count, bytes) = (*told(&mut count), *told(&mut bytes));
    say!("args_sizes_get: {count} arguments in {bytes} bytes");
    let mut real = false;
    for arg in strings(count, bytes, |table, buffer| call!(args_get(table, buffer))) {
        say!("args_get: {arg:?}");
        real |= arg == "real";
    }
    real
}

fn environment() {
    let (mut count, mut bytes) = (0usize, 0usize);
    assert_eq!(call!(environ_sizes_get(at(&mut count), at(&mut bytes))), SUCCESS);
    let (count, bytes) = (*told(&mut count), *told(&mut bytes));
    say!("environ_sizes_get: {count} variables in {bytes} bytes");
    for variable in strings(count, bytes, |table, buffer| call!(environ_get(table, buffer))) {
        say!("environ_get: {variable:?}");
    }
}

fn resolution(clock: u32) -> u64 {
    let mut time = 0u64;
    assert_eq!(call!(clock_res_get(clock, at(&mut time))), SUCCESS);
    *told(&mut time)
}

fn clocks(real: bool) {
    let mut time = 0u64;
    assert_eq!(call!(clock_res_get(4, at(&mut time))), INVAL);
    assert_eq!(call!(clock_time_get(4, 0, at(&mut time))), INVAL);
    assert_eq!(call!(clock_res_get(0, usize::MAX)), FAULT);
    assert_eq!(call!(clock_time_get(0, 0, usize::MAX - 7)), FAULT);
    for clock in 0..4 {
        if real {
            assert!((1..1_000_000_000).contains(&resolution(clock)));
            let start = now(clock);
            let mut time = start;
            while time == start {
                time = now(clock);
            }
            assert!(time > start || clock == 0);
        } else {
            say!("clock_res_get: clock {clock} in steps of {} ns", resolution(clock));
            say!("clock_time_get: clock {clock} is at {}, and at {}", now(clock), now(clock));
        }
    }
    if real {
        assert!(now(0) > 1_600_000_000_000_000_000, "years since 1970");
        say!("clock_res_get: each less than a second");
        say!("clock_time_get: each of four advances");
    }
}

fn random(real: bool) {
    let mut bytes = [0u8; 64];
    assert_eq!(call!(random_get(at(&mut bytes), 0)), SUCCESS);
    assert_eq!(*told(&mut bytes), [0; 64]);
    assert_eq!(call!(random_get(at(&mut bytes[..32]), 32)), SUCCESS);
    assert_eq!(told(&mut bytes)[32..], [0; 32]);
    assert_eq!(call!(random_get(8, usize::MAX)), FAULT);
    if real {
        let mut other = [0u8; 32];
        assert_eq!(call!(random_get(at(&mut other), 32)), SUCCESS);
        assert_ne!(told(&mut other)[..], bytes[..32]);
        say!("random_get: other bytes each time");
    } else {
        say!("random_get: {:02x?}", &bytes[..32]);
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let real = arguments();
    environment();
    clocks(real);
    random(real);
    assert_eq!(call!(sched_yield()), SUCCESS);
    say!("sched_yield: comes back");
    assert_eq!(call!(proc_raise(6)), NOTSUP);
    say!("proc_raise: not supported");
    say!("proc_exit: with 7");
    call!(proc_exit(7))
}
