//! The host's own use of shared memories: no wasm runs.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use wasmote::{Config, Engine, MemoryType, MemoryTypeBuilder, SharedMemory, Store, TrapCode, WaitResult};

pub const TYPE: MemoryType = MemoryType::shared(1, 4);

pub fn memory() -> SharedMemory {
    SharedMemory::new(&Engine::default(), TYPE).unwrap()
}

/// Returns the value at an address as an atomic number.
fn atomic(memory: &SharedMemory, address: usize) -> &AtomicU32 {
    assert!(address.is_multiple_of(4) && address + 4 <= memory.data_size());
    // SAFETY: the place lies in the memory, and all accesses in these tests are atomic.
    unsafe { AtomicU32::from_ptr(memory.data_ptr().add(address).cast()) }
}

/// Returns the shared type that a builder makes.
pub fn built(set: fn(&mut MemoryTypeBuilder) -> &mut MemoryTypeBuilder) -> MemoryType {
    let mut builder = MemoryType::builder();
    set(&mut builder).shared(true).build().unwrap()
}

fn code(error: &wasmote::Error) -> TrapCode {
    error.as_trap_code().unwrap()
}

#[test]
fn types_that_are_not_shared_or_not_limited_are_refused() {
    let engine = Engine::default();
    let refused = [
        MemoryType::new(1, Some(4)),
        MemoryType::shared(5, 4),
        built(|it| it.memory64(true).min(1 << 40).max(Some(1 << 48))),
    ];
    for ty in refused {
        assert!(SharedMemory::new(&engine, ty).is_err(), "{ty:?}");
    }
    assert!(wasmote::Memory::new(&mut Store::new(&engine, ()), TYPE).is_err());
    let mut config = Config::new();
    config.max_memory(1 << 16);
    let small = SharedMemory::new(&Engine::new(&config), TYPE).unwrap();
    assert!(small.grow(1).is_err());
}

#[test]
fn types_with_huge_maxima_or_small_pages_work() {
    let engine = Engine::default();
    for ty in [
        built(|it| it.memory64(true).min(1).max(Some(1 << 48))),
        MemoryType::shared(1, 65536),
        built(|it| it.min(3).max(Some(70_000)).page_size_log2(0)),
        MemoryType::shared(0, 0),
    ] {
        let memory = SharedMemory::new(&engine, ty).unwrap();
        assert_eq!(
            (memory.ty(), memory.size(), memory.data_size() as u64),
            (ty, ty.minimum(), ty.minimum() << ty.page_size_log2())
        );
        if ty.maximum() > Some(0) {
            assert_eq!(memory.grow(1).unwrap(), ty.minimum());
            memory.write((memory.data_size() - 1) as u64, &[7]).unwrap();
        }
        assert!(memory.grow(u64::MAX).is_err());
        assert!(memory.grow(ty.maximum().unwrap() + 1).is_err());
    }
}

#[test]
fn reads_and_writes_are_checked() {
    let memory = memory();
    let text: Vec<u8> = (0..200).collect();
    for offset in [0, 1, 7, 8, 65536 - 200] {
        memory.write(offset, &text).unwrap();
        let mut buffer = [0; 200];
        memory.read(offset, &mut buffer).unwrap();
        assert_eq!(buffer[..], text[..]);
        memory.read(offset + 3, &mut buffer[..150]).unwrap();
        assert_eq!(buffer[..150], text[3..153]);
    }
    for offset in [65536 - 199, 65537, u64::MAX, u64::MAX - 100] {
        assert_eq!(code(&memory.write(offset, &text).unwrap_err()), TrapCode::MemoryOutOfBounds);
        assert_eq!(code(&memory.read(offset, &mut [0; 200]).unwrap_err()), TrapCode::MemoryOutOfBounds);
    }
    memory.read(65536, &mut []).unwrap();
}

#[test]
fn hostile_addresses_of_waits_and_notifications_are_refused() {
    let memory = memory();
    let now = Some(Duration::ZERO);
    for (address, expected) in [
        (1, TrapCode::UnalignedAtomic),
        (65534, TrapCode::UnalignedAtomic),
        (65536, TrapCode::MemoryOutOfBounds),
        (u64::MAX - 3, TrapCode::MemoryOutOfBounds),
        (u64::MAX, TrapCode::UnalignedAtomic),
    ] {
        assert_eq!(code(&memory.atomic_wait32(address, 0, now).unwrap_err()), expected);
        assert_eq!(code(&memory.atomic_notify(address, 1).unwrap_err()), expected);
    }
    assert_eq!(code(&memory.atomic_wait64(4, 0, now).unwrap_err()), TrapCode::UnalignedAtomic);
    assert_eq!(code(&memory.atomic_wait64(65536, 0, now).unwrap_err()), TrapCode::MemoryOutOfBounds);
    assert_eq!(memory.atomic_wait32(65532, 0, now).unwrap(), WaitResult::TimedOut);
}

#[test]
fn values_are_compared_before_time() {
    let memory = memory();
    memory.write(16, &(1u64 << 32).to_le_bytes()).unwrap();
    let now = Some(Duration::ZERO);
    assert_eq!(memory.atomic_wait32(16, 1, None).unwrap(), WaitResult::Mismatch);
    assert_eq!(memory.atomic_wait64(16, 0, None).unwrap(), WaitResult::Mismatch);
    assert_eq!(memory.atomic_wait32(16, 0, now).unwrap(), WaitResult::TimedOut);
    assert_eq!(memory.atomic_wait64(16, 1 << 32, Some(Duration::from_millis(1))).unwrap(), WaitResult::TimedOut);
    assert_eq!(memory.atomic_notify(16, u32::MAX).unwrap(), 0, "who gave up is not counted");
}

#[test]
fn notifications_count_whom_they_wake_and_no_more_than_they_may() {
    let (memory, woken) = (memory(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                assert_eq!(memory.atomic_wait32(0, 0, None).unwrap(), WaitResult::Ok);
                woken.fetch_add(1, Ordering::SeqCst);
            });
        }
        let mut counted = 0;
        while counted < 6 {
            assert_eq!(memory.atomic_notify(4, u32::MAX).unwrap(), 0, "nobody waits at the next address");
            assert_eq!(memory.atomic_notify(0, 0).unwrap(), 0);
            let now = memory.atomic_notify(0, 2).unwrap();
            assert!(now <= 2);
            counted += now as usize;
            while woken.load(Ordering::SeqCst) < counted {
                thread::yield_now();
            }
            assert_eq!(woken.load(Ordering::SeqCst), counted, "no other thread wakes");
        }
        assert_eq!(memory.atomic_notify(0, u32::MAX).unwrap(), 0);
    });
}

#[test]
fn more_threads_than_a_batch_are_woken_at_once() {
    let (memory, woken) = (memory(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                memory.atomic_wait32(0, 0, None).unwrap();
                woken.fetch_add(1, Ordering::SeqCst);
            });
        }
        let mut counted = 0;
        while counted < 40 {
            counted += memory.atomic_notify(0, u32::MAX).unwrap();
            thread::yield_now();
        }
        assert_eq!(counted, 40);
    });
    assert_eq!(woken.into_inner(), 40);
}

#[test]
fn growth_is_seen_by_all_and_moves_nothing() {
    let engine = Engine::default();
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 2001)).unwrap();
    let base = memory.data_ptr();
    let sizes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let before = memory.grow(1).unwrap();
                    sizes.lock().unwrap().push(before);
                    // The new page is accessible at once, and is zero.
                    let mut byte = [1];
                    memory.read(before << 16, &mut byte).unwrap();
                    assert_eq!(byte, [0]);
                    assert!(memory.size() > before);
                }
            });
        }
    });
    let mut sizes = sizes.into_inner().unwrap();
    sizes.sort_unstable();
    assert!(sizes.into_iter().eq(1..2001), "each page was added once");
    assert!(memory.grow(1).is_err());
    assert_eq!((memory.size(), memory.data_ptr()), (2001, base));
}

/// A ring of numbers from one thread to another, with waits on both sides.
#[test]
fn a_producer_and_a_consumer_wait_for_each_other() {
    const COUNT: u32 = 20_000;
    const RING: u32 = 8;
    let memory = memory();
    let (written, read) = (0, 64);
    let slot = |i: u32| 128 + 4 * (i % RING) as usize;
    thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0..COUNT {
                loop {
                    let done = atomic(&memory, read).load(Ordering::SeqCst);
                    if i - done < RING {
                        break;
                    }
                    memory.atomic_wait32(read as u64, done, None).unwrap();
                }
                atomic(&memory, slot(i)).store(i, Ordering::Relaxed);
                atomic(&memory, written).store(i + 1, Ordering::SeqCst);
                memory.atomic_notify(written as u64, 1).unwrap();
            }
        });
        for i in 0..COUNT {
            while atomic(&memory, written).load(Ordering::SeqCst) == i {
                memory.atomic_wait32(written as u64, i, None).unwrap();
            }
            assert_eq!(atomic(&memory, slot(i)).load(Ordering::Relaxed), i);
            atomic(&memory, read).store(i + 1, Ordering::SeqCst);
            memory.atomic_notify(read as u64, 1).unwrap();
        }
    });
}

#[test]
fn clones_are_the_same_memory() {
    let (one, other) = (memory(), memory());
    let clone = one.clone();
    assert!(SharedMemory::same(&one, &clone) && !SharedMemory::same(&one, &other));
    drop(one);
    clone.write(0, &[1]).unwrap();
    let shared = Arc::new(clone);
    thread::spawn(move || shared.write(1, &[2]).unwrap()).join().unwrap();
}

/// Threads that wait, give up, notify and grow at random. Each wake-up is counted on both sides.
/// `WASMOTE_STRESS_ROUNDS` sets how many rounds each thread makes.
#[test]
fn stress_of_waits_counts_each_wake_up_once() {
    let rounds = std::env::var("WASMOTE_STRESS_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3000_u64);
    let memory = memory();
    let (woken, counted, gave_up, differed) =
        (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for seed in 1..=4_u64 {
            let (memory, woken, counted, gave_up, differed) = (&memory, &woken, &counted, &gave_up, &differed);
            scope.spawn(move || {
                let mut state = seed;
                for _ in 0..rounds {
                    // SplitMix64 without its last steps.
                    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let random = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40;
                    let address = 4 * (random & 3);
                    match random >> 2 & 3 {
                        0 | 1 => {
                            let value = atomic(memory, address as usize).load(Ordering::SeqCst);
                            let timeout = Some(Duration::from_micros(random >> 4 & 63));
                            let counter = match memory.atomic_wait32(address, value, timeout).unwrap() {
                                WaitResult::Ok => woken,
                                WaitResult::TimedOut => gave_up,
                                WaitResult::Mismatch => differed,
                            };
                            counter.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => {
                            atomic(memory, address as usize).fetch_add(1, Ordering::SeqCst);
                            let now = memory.atomic_notify(address, (random >> 4 & 3) as u32).unwrap();
                            counted.fetch_add(now as usize, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    println!("woken {woken:?}, counted {counted:?}, gave up {gave_up:?}, differed {differed:?}");
    assert_eq!(woken.into_inner(), counted.into_inner());
}
