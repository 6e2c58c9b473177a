//! `poll_oneoff`, with real clocks. Standard input has five bytes and then its end.
#![no_std]
#![no_main]

use wasi_guests::*;

const MS: u64 = 1_000_000;
/// The most subscriptions there may be.
const MOST: usize = 4096;
const HOUR: u64 = 3600 * 1000 * MS;

fn clocks(events: &mut [Event]) {
    for clock in [0, 1] {
        let start = now(1);
        let got = poll(&mut [Subscription::clock(11, clock, 5 * MS, false)], events);
        assert_eq!((got.len(), got[0].userdata, got[0].error, got[0].kind), (1, 11, 0, CLOCK));
        assert!(now(1) - start >= 5 * MS);
        let until = now(clock) + 5 * MS;
        poll(&mut [Subscription::clock(12, clock, until, true)], events);
        assert!(now(clock) >= until || clock == 0);
        let past = poll(&mut [Subscription::clock(13, clock, 1, true)], events);
        assert_eq!((past.len(), past[0].userdata), (1, 13));
    }
    say!("poll_oneoff: waits for a while, until a point in time, not for one that is past, with both clocks");
    let got = poll(&mut [Subscription::clock(1, 1, HOUR, false), Subscription::clock(2, 1, MS, false)], events);
    assert_eq!((got.len(), got[0].userdata), (1, 2));
    let got = poll(&mut [Subscription::clock(1, 3, HOUR, false), Subscription::clock(2, 9, HOUR, false)], events);
    assert_eq!((got.len(), got[0].error, got[1].error), (2, NOTSUP as u16, INVAL as u16));
    say!("poll_oneoff: the first of two clocks; processor time cannot be waited for");
}

fn streams(events: &mut [Event]) {
    let both =
        &mut [Subscription::clock(0, 1, HOUR, false), Subscription::fd(1, READ, 0), Subscription::fd(2, WRITE, 1)];
    // The input may still be on its way.
    while poll(both, events).len() < 2 {}
    let got = poll(both, events);
    assert_eq!((got[0].userdata, got[0].kind, got[1].userdata, got[1].kind), (1, READ, 2, WRITE));
    assert_eq!((got[0].error, got[0].nbytes, got[1].error), (0, 5, 0));
    say!("poll_oneoff: input with {} bytes to read, output to write to", got[0].nbytes);
    let mut bytes = [0; 8];
    assert_eq!((read(0, &mut bytes), &bytes[..5]), (5, &b"input"[..]));
    let got = poll(&mut [Subscription::fd(3, READ, 0)], events);
    assert_eq!((got.len(), got[0].error, got[0].nbytes, got[0].flags), (1, 0, 0, 1));
    assert_eq!(read(0, &mut bytes), 0);
    say!("poll_oneoff: the other end of the input has hung up");
    let wrong =
        &mut [Subscription::fd(1, READ, 99), Subscription::fd(2, READ, 1), Subscription::clock(3, 1, HOUR, false)];
    let got = poll(wrong, events);
    assert_eq!((got.len(), got[0].error, got[1].error), (2, BADF as u16, NOTCAPABLE as u16));
    say!("poll_oneoff: no such descriptor, nothing to read there");
}

fn many(events: &mut [Event]) {
    static mut ALL: [Subscription; MOST] =
        [Subscription { userdata: 0, kind: 0, of: 0, timeout: 0, precision: 0, flags: 0 }; MOST];
    // SAFETY: there is one thread, and this function is called once.
    let all: &'static mut [Subscription; MOST] = unsafe { &mut *&raw mut ALL };
    for (i, subscription) in all.iter_mut().enumerate() {
        *subscription = match i % 3 {
            0 => Subscription::fd(i as u64, WRITE, 1),
            1 => Subscription::clock(i as u64, 1, 0, false),
            _ => Subscription::clock(i as u64, 1, HOUR, false),
        };
    }
    let got = poll(all, events);
    assert!(got.iter().map(|event| event.userdata).eq((0..MOST as u64).filter(|i| i % 3 != 2)));
    assert!(got.iter().all(|event| event.error == 0));
    say!("poll_oneoff: {} of {MOST} are done, in their order", got.len());
    let mut count = 0usize;
    for (number, errno) in [(0, INVAL), (4097, INVAL), (usize::MAX, INVAL)] {
        assert_eq!(call!(poll_oneoff(at(&mut *all), at(&mut *events), number, at(&mut count))), errno);
    }
    assert_eq!(call!(poll_oneoff(at(&mut *all), usize::MAX - 31, 1, at(&mut count))), FAULT);
    all[0].kind = 3;
    assert_eq!(call!(poll_oneoff(at(&mut *all), at(&mut *events), 1, at(&mut count))), INVAL);
    say!("poll_oneoff: at least one, at most 4096, of three kinds");
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    static mut EVENTS: [Event; MOST] = [Event { userdata: 0, error: 0, kind: 0, nbytes: 0, flags: 0 }; MOST];
    // SAFETY: as above.
    let events: &'static mut [Event; MOST] = unsafe { &mut *&raw mut EVENTS };
    clocks(events);
    streams(events);
    many(events);
}
