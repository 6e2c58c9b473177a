//! `poll_oneoff`, with real clocks. Standard input has five bytes and then its end.
#![no_std]
#![no_main]

use wasi_guests::*;

const MS: u64 = 1_000_000;
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
    let both = &mut [Subscription::clock(0, 1, HOUR, false), Subscription::fd(1, READ, 0), Subscription::fd(2, WRITE, 1)];
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
    let wrong = &mut [Subscription::fd(1, READ, 99), Subscription::fd(2, READ, 1), Subscription::clock(3, 1, HOUR, false)];
    let got = poll(wrong, events);
    assert_eq!((got.len(), got[0].error, got[1].error), (2, BADF as u16, NOTCAPABLE as u16));
    say!("poll_oneoff: no such descriptor, nothing to read there");
}

fn many(events: &mut [Event]) {
    let mut all = [Subscription::clock(0, 1, HOUR, false); 600];
    for (i, subscription) in all.iter_mut().enumerate() {
        subscription.userdata = i as u64;
        match i % 3 {
            0 => (subscription.kind, subscription.of) = (WRITE, 1),
            1 => subscription.timeout = 0,
            _ => (),
        }
    }
    let got = poll(&mut all, events);
    assert_eq!(got.len(), 400);
    assert!(got.iter().map(|event| event.userdata).eq((0..600).filter(|i| i % 3 != 2)));
    say!("poll_oneoff: {} of 600 are done, in their order", got.len());
    let mut count = 0usize;
    for (number, errno) in [(0, INVAL), (4097, INVAL), (usize::MAX, INVAL)] {
        assert_eq!(call!(poll_oneoff(at(&mut all), at(&mut *events), number, at(&mut count))), errno);
    }
    assert_eq!(call!(poll_oneoff(at(&mut all), usize::MAX - 31, 1, at(&mut count))), FAULT);
    all[0].kind = 3;
    assert_eq!(call!(poll_oneoff(at(&mut all), at(&mut *events), 1, at(&mut count))), INVAL);
    say!("poll_oneoff: at least one, at most 4096, of three kinds");
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let mut events = [Event::default(); 600];
    clocks(&mut events);
    streams(&mut events);
    many(&mut events);
}
