//! Clocks and `poll_oneoff`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wasmote_wasi::{Clocks, DirAccess, FixedClocks, Input, Pipe, SteppingClocks, WasiCtx};

use crate::guest::*;

pub fn now(guest: &mut Guest, clock: u64) -> u64 {
    guest.ok("clock_time_get", &[clock, 0, 0x900]);
    guest.u64(0x900)
}

#[test]
fn all_four_clocks_advance() {
    let mut guest = Guest::new(WasiCtx::builder());
    for clock in 0..4 {
        let start = now(&mut guest, clock);
        let deadline = Instant::now() + Duration::from_secs(60);
        while now(&mut guest, clock) <= start {
            assert!(Instant::now() < deadline, "clock {clock} stands still");
        }
        guest.ok("clock_res_get", &[clock, 0x900]);
        assert!((1..1_000_000_000).contains(&guest.u64(0x900)), "resolution of clock {clock}");
    }
    let unix = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    assert!(now(&mut guest, 0).abs_diff(unix) < 60_000_000_000);
    assert_eq!(guest.call("clock_time_get", &[4, 0, 0x900]), INVAL);
    assert_eq!(guest.call("clock_res_get", &[4, 0x900]), INVAL);
}

#[test]
fn stepping_clocks_advance_with_each_reading_and_sleep() {
    let mut guest = Guest::new(WasiCtx::builder().clocks(Box::new(SteppingClocks::new(100, 7))));
    assert_eq!([0, 1, 2, 3].map(|clock| now(&mut guest, clock)), [100, 107, 114, 121]);
    assert_eq!(guest.call("clock_time_get", &[4, 0, 0x900]), INVAL);
    subscribe_clock(&mut guest, 0, 1, 1_000_000_000_000, false);
    guest.ok("poll_oneoff", &[0x2000, 0x3000, 1, 0x900]);
    // A relative timeout reads no clock.
    assert_eq!(now(&mut guest, 1), 1_000_000_000_128);
    subscribe_clock(&mut guest, 0, 1, 2_000_000_000_000, true);
    guest.ok("poll_oneoff", &[0x2000, 0x3000, 1, 0x900]);
    assert_eq!(now(&mut guest, 0), 2_000_000_000_007);
    let mut late = Guest::new(WasiCtx::builder().clocks(Box::new(SteppingClocks::new(u64::MAX - 1, 7))));
    assert_eq!([0, 0, 0].map(|clock| now(&mut late, clock)), [u64::MAX - 1, u64::MAX, u64::MAX]);
}

#[test]
fn deterministic_guests_see_the_same_clocks_and_random_bytes() {
    let see = |builder| {
        let mut guest = Guest::new(builder);
        guest.ok("random_get", &[0x100, 64]);
        (now(&mut guest, 0), now(&mut guest, 0), guest.get(0x100, 64))
    };
    let first = see(WasiCtx::builder().deterministic());
    assert_eq!(first, see(WasiCtx::builder().deterministic()));
    assert_eq!((first.0, first.1), (0, 1000));
    let other = see(WasiCtx::builder().deterministic().random_seed(1).fixed_clock(5));
    assert_eq!((other.0, other.1), (5, 5));
    assert_ne!(first.2, other.2);
}

/// Clocks that advance by sleeping alone, and record each sleep.
struct Still(Arc<Mutex<Vec<u64>>>);

impl Clocks for Still {
    fn now(&self, clock: u32) -> Option<u64> {
        (clock < 4).then(|| 1000 * (u64::from(clock) + 1) + self.0.lock().unwrap().iter().sum::<u64>())
    }

    fn resolution(&self, clock: u32) -> Option<u64> {
        (clock < 4).then_some(7)
    }

    fn sleep(&mut self, nanoseconds: u64) {
        self.0.lock().unwrap().push(nanoseconds);
    }
}

/// Writes a subscription, with its number as userdata.
pub fn subscribe_clock(guest: &mut Guest, number: usize, clock: u32, timeout: u64, absolute: bool) {
    let at = 0x2000 + 48 * number;
    guest.put(at, &[0; 48]);
    guest.put(at, &(number as u64).to_le_bytes());
    guest.put(at + 16, &clock.to_le_bytes());
    guest.put(at + 24, &timeout.to_le_bytes());
    guest.put(at + 40, &[u8::from(absolute)]);
}

pub fn subscribe_fd(guest: &mut Guest, number: usize, kind: u8, fd: u32) {
    let at = 0x2000 + 48 * number;
    guest.put(at, &[0; 48]);
    guest.put(at, &(number as u64).to_le_bytes());
    guest.put(at + 8, &[kind]);
    guest.put(at + 16, &fd.to_le_bytes());
}

/// Waits for this many subscriptions. Returns for each event its userdata, errno and kind.
pub fn poll(guest: &mut Guest, count: u64) -> Vec<(u64, u16, u8)> {
    guest.ok("poll_oneoff", &[0x2000, 0x3000, count, 0x900]);
    (0..guest.u32(0x900) as usize)
        .map(|i| {
            let event = guest.get(0x3000 + 32 * i, 32);
            let userdata = u64::from_le_bytes(event[..8].try_into().unwrap());
            (userdata, u16::from_le_bytes([event[8], event[9]]), event[10])
        })
        .collect()
}

#[test]
fn replaced_clocks_are_asked_and_slept_by() {
    let slept = Arc::default();
    let mut guest = Guest::new(WasiCtx::builder().clocks(Box::new(Still(Arc::clone(&slept)))));
    assert_eq!((now(&mut guest, 0), now(&mut guest, 3)), (1000, 4000));
    subscribe_clock(&mut guest, 0, 1, 50, false);
    subscribe_clock(&mut guest, 1, 0, 1030, true);
    subscribe_clock(&mut guest, 2, 1, 30, false);
    assert_eq!(poll(&mut guest, 3), [(1, 0, 0), (2, 0, 0)]);
    assert_eq!(*slept.lock().unwrap(), [30]);
    // A time in the past.
    subscribe_clock(&mut guest, 0, 0, 5, true);
    assert_eq!(poll(&mut guest, 1), [(0, 0, 0)]);
    assert_eq!(*slept.lock().unwrap(), [30]);
}

#[test]
fn a_timeout_takes_its_time() {
    let mut guest = Guest::new(WasiCtx::builder());
    let start = Instant::now();
    subscribe_clock(&mut guest, 0, 1, 20_000_000, false);
    subscribe_clock(&mut guest, 1, 0, 3_600_000_000_000, false);
    assert_eq!(poll(&mut guest, 2), [(0, 0, 0)]);
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[test]
fn waiting_uses_no_processor_time() {
    let (input, _peer) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().stdin(Input::File(input.into())));
    let cpu = now(&mut guest, 3);
    subscribe_clock(&mut guest, 0, 1, 200_000_000, false);
    assert_eq!(poll(&mut guest, 1), [(0, 0, 0)]);
    let until = now(&mut guest, 0) + 200_000_000;
    subscribe_clock(&mut guest, 0, 0, until, true);
    subscribe_fd(&mut guest, 1, 1, 0);
    assert_eq!(poll(&mut guest, 2), [(0, 0, 0)]);
    let spent = now(&mut guest, 3) - cpu;
    assert!(spent < 100_000_000, "{spent} ns of this thread's time");
}

#[test]
fn clocks_of_the_processor_cannot_be_waited_for() {
    let mut guest = Guest::new(WasiCtx::builder());
    subscribe_clock(&mut guest, 0, 2, 1, false);
    subscribe_clock(&mut guest, 1, 9, 1, false);
    assert_eq!(poll(&mut guest, 2), [(0, NOTSUP, 0), (1, INVAL, 0)]);
}

#[test]
fn descriptors_that_are_ready_come_before_the_timeout() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("file"), "12345").unwrap();
    let builder = WasiCtx::builder()
        .stdin(Input::Reader(Box::new(Pipe::with_bytes(""))))
        .preopened_dir(folder.path(), "/", DirAccess::ReadWrite)
        .unwrap();
    let mut guest = Guest::new(builder);
    let fd = guest.open("file", 0, ALL).unwrap() as u32;
    guest.read(u64::from(fd), 2).unwrap();
    subscribe_clock(&mut guest, 0, 1, 3_600_000_000_000, false);
    subscribe_fd(&mut guest, 1, 1, fd);
    subscribe_fd(&mut guest, 2, 2, fd);
    subscribe_fd(&mut guest, 3, 1, 0);
    subscribe_fd(&mut guest, 4, 2, 1);
    subscribe_fd(&mut guest, 5, 1, 99);
    subscribe_fd(&mut guest, 6, 1, 1);
    let events = poll(&mut guest, 7);
    let expected = [(1, 0, 1), (2, 0, 2), (3, 0, 1), (4, 0, 2), (5, BADF, 1), (6, NOTCAPABLE, 1)];
    assert_eq!(events, expected);
    assert_eq!(guest.u64(0x3000 + 16), 3, "bytes left to read");
}

#[test]
fn descriptors_that_are_always_ready_do_not_keep_clocks_out() {
    for fixed in [false, true] {
        let folder = Folder::new();
        let mut builder = WasiCtx::builder().preopened_dir(folder.path(), "/", DirAccess::ReadWrite).unwrap();
        if fixed {
            builder = builder.clocks(Box::new(FixedClocks::new(1000)));
        }
        let mut guest = Guest::new(builder);
        let fd = guest.open("file", CREAT, ALL).unwrap() as u32;
        subscribe_fd(&mut guest, 0, 2, fd);
        subscribe_clock(&mut guest, 1, 1, 0, false);
        subscribe_clock(&mut guest, 2, 0, 7, true);
        subscribe_clock(&mut guest, 3, 0, 3_600_000_000_000, false);
        assert_eq!(poll(&mut guest, 4), [(0, 0, 2), (1, 0, 0), (2, 0, 0)]);
    }
}

#[test]
fn subscriptions_are_checked_and_limited() {
    let mut guest = Guest::new(WasiCtx::builder());
    assert_eq!(guest.call("poll_oneoff", &[0x2000, 0x3000, 0, 0x900]), INVAL);
    assert_eq!(guest.call("poll_oneoff", &[0x2000, 0x3000, 0xffff_ffff, 0x900]), INVAL);
    subscribe_fd(&mut guest, 0, 3, 1);
    assert_eq!(guest.call("poll_oneoff", &[0x2000, 0x3000, 1, 0x900]), INVAL);
}

#[test]
fn snapshot_0_has_its_own_subscriptions() {
    let mut guest = Guest::over("wasi_unstable", WasiCtx::builder());
    guest.put(0x2000, &[0; 56]);
    guest.put(0x2000, &9u64.to_le_bytes());
    guest.put(0x2018, &1u32.to_le_bytes());
    guest.put(0x2020, &1_000_000u64.to_le_bytes());
    let start = Instant::now();
    assert_eq!(poll(&mut guest, 1), [(9, 0, 0)]);
    assert!(start.elapsed() >= Duration::from_millis(1));
}

#[test]
fn fixed_clocks_move_on_by_sleep_alone() {
    const HOUR: u64 = 3_600_000_000_000;
    let (input, _peer) = std::os::unix::net::UnixStream::pair().unwrap();
    let builder = WasiCtx::builder().stdin(Input::File(input.into()));
    let mut guest = Guest::new(builder.clocks(Box::new(FixedClocks::new(1000))));
    for _ in 0..2 {
        assert_eq!((0..4).map(|clock| now(&mut guest, clock)).collect::<Vec<_>>(), [1000; 4]);
    }
    guest.ok("clock_res_get", &[1, 0x900]);
    assert_eq!(guest.call("clock_time_get", &[4, 0, 0x900]), INVAL);
    subscribe_clock(&mut guest, 0, 1, HOUR, false);
    assert_eq!(poll(&mut guest, 1), [(0, 0, 0)]);
    assert_eq!((now(&mut guest, 0), now(&mut guest, 1)), (1000 + HOUR, 1000 + HOUR));
    // Together with a stream that receives nothing.
    subscribe_clock(&mut guest, 0, 0, 1000 + 2 * HOUR, true);
    subscribe_fd(&mut guest, 1, 1, 0);
    assert_eq!(poll(&mut guest, 2), [(0, 0, 0)]);
    assert_eq!(now(&mut guest, 0), 1000 + 2 * HOUR);
    // Ready events come first, and no time passes.
    subscribe_clock(&mut guest, 0, 1, HOUR, false);
    subscribe_fd(&mut guest, 1, 2, 1);
    assert_eq!(poll(&mut guest, 2), [(1, 0, 2)]);
    assert_eq!(now(&mut guest, 0), 1000 + 2 * HOUR);
}
