//! CoreMark as a guest of firmware: a memory of 10 KiB, two functions of the host, nothing of WASI.
//!
//! `run(iterations)` prints the CRCs and whether they are the known ones, and returns how many were not. The time it took
//! is left to the host, whose clock is asked before and after.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

use coremark::list::core_list_init;
use coremark::matrix::core_init_matrix;
use coremark::state::core_init_state;
use coremark::types::{CoreResults, LIST_KNOWN_CRC, MATRIX_KNOWN_CRC, STATE_KNOWN_CRC, TOTAL_DATA_SIZE};
use coremark::util::{crc16, crcu16};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn print(text: *const u8, length: usize);
    safe fn clock() -> u64;
}

/// The run that the known CRCs are taken from: 2K of data, performance seeds.
const PERFORMANCE: usize = 3;
const SEED_CRC: u16 = 0xe9f5;

#[unsafe(no_mangle)]
extern "C" fn run(iterations: u32) -> u32 {
    ARENA.forget();
    let mut state = CoreResults { seed3: 0x66, size: TOTAL_DATA_SIZE / 3, execs: 7, iterations, ..Default::default() };
    let mut list = core_list_init(state.size, state.seed1);
    core_init_matrix(state.size, i32::from(state.seed1) | i32::from(state.seed2) << 16, &mut state.mat);
    state.state_mem = core_init_state(state.size, state.seed1);

    let start = clock();
    for iteration in 0..iterations {
        state.crc = crcu16(list.bench(&mut state, 1), state.crc);
        state.crc = crcu16(list.bench(&mut state, -1), state.crc);
        if iteration == 0 {
            state.crclist = state.crc;
        }
    }
    state.total_ticks = clock().wrapping_sub(start);

    let seeds = [state.seed1, state.seed2, state.seed3, state.size as i16];
    let checks = [
        ("list ", state.crclist, LIST_KNOWN_CRC[PERFORMANCE]),
        (" matrix ", state.crcmatrix, MATRIX_KNOWN_CRC[PERFORMANCE]),
        (" state ", state.crcstate, STATE_KNOWN_CRC[PERFORMANCE]),
        (" seed ", seeds.into_iter().fold(0, |crc, seed| crc16(seed, crc)), SEED_CRC),
    ];
    for (name, found, _) in checks {
        say(name);
        say_hex(found);
    }
    say(" final ");
    say_hex(state.crc);
    let wrong = checks.iter().filter(|(_, found, known)| found != known).count();
    say(if wrong == 0 { "\nCorrect operation validated.\n" } else { "\nErrors detected\n" });
    wrong as u32
}

fn say(text: &str) {
    // SAFETY: the host only reads, and only this text.
    unsafe { print(text.as_ptr(), text.len()) }
}

fn say_hex(number: u16) {
    let digits = [12, 8, 4, 0].map(|shift| b"0123456789abcdef"[usize::from(number >> shift & 15)]);
    say(str::from_utf8(&digits).unwrap_or_default());
}

/// Memory for the benchmark's data, handed out from the front and never freed before the next run.
#[repr(align(16))]
struct Arena {
    bytes: UnsafeCell<[u8; ARENA_BYTES]>,
    used: UnsafeCell<usize>,
}

const ARENA_BYTES: usize = 6 * 1024;

#[global_allocator]
static ARENA: Arena = Arena { bytes: UnsafeCell::new([0; ARENA_BYTES]), used: UnsafeCell::new(0) };

// SAFETY: the guest has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    /// Gives back all: what was allocated before must not be in use any more.
    fn forget(&self) {
        // SAFETY: one thread, and no reference to `used` outlives a call.
        unsafe { *self.used.get() = 0 }
    }
}

// SAFETY: blocks are aligned, within the arena, and never overlap.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `forget`.
        let used = unsafe { &mut *self.used.get() };
        let start = used.next_multiple_of(layout.align());
        if layout.align() > 16 || layout.size() > ARENA_BYTES - start.min(ARENA_BYTES) {
            return null_mut();
        }
        *used = start + layout.size();
        // SAFETY: `start` is at most the arena's size.
        unsafe { self.bytes.get().cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
