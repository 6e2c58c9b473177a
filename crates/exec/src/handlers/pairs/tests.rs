//! Each pair does what its two instructions do one after the other: code is linked twice, once with something that jumps between
//! the two, and run on the same frame, memory and global; where memory can be guarded, with that and with checks.

extern crate std;

use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec::Vec;

use wasmote_ir::code::to_units;
use wasmote_ir::shape::Operand;
use wasmote_ir::{Op, Opcode, TrapCode, ValType};

use super::PAIRS;
use crate::cells::Cell;
use crate::link::{Linker, Source};
use crate::state::{Func, Hooks, Instance, Machine, Memory, Table};

/// How often each pair is tried.
const ROUNDS: u64 = 40;
/// Slots of the frame that operands are.
const FIRST: u64 = 3;
const SLOTS: u64 = 24;
const HEADER: u64 = 1;
const FRAME: usize = 40;
/// Bytes of the memory.
const MEMORY: usize = 4096;

struct Random(u64);

impl Random {
    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 32) % end
    }

    /// Often an address, or a value near a border.
    fn value(&mut self) -> u64 {
        match self.below(8) {
            0..=4 => self.below(MEMORY as u64 / 2),
            5 => u64::from(self.next() as u32),
            6 => self.next(),
            _ => [0, 1, u64::from(u32::MAX), 1 << 31, f64::to_bits(1.5)][self.below(5) as usize],
        }
    }
}

/// What there is after a run.
#[derive(PartialEq, Debug)]
struct Outcome {
    result: Result<(), TrapCode>,
    /// Where a trap was, in units.
    trapped: Option<u32>,
    frame: Vec<u64>,
    memory: Vec<u8>,
    global: u64,
}

/// Writes an instruction with random operands. Jumps and returns have targets behind it: `exits` are their distances.
fn write(code: &mut Vec<u16>, opcode: Opcode, random: &mut Random, exits: &mut Vec<(usize, usize)>) {
    let at = code.len();
    code.push(opcode.0);
    let mut operands = opcode.operands().to_vec();
    if operands.contains(&Operand::TargetCount) {
        operands.extend([Operand::Target; 3]);
    }
    for kind in operands {
        let value = match kind {
            Operand::Src | Operand::Dst | Operand::SrcDst => FIRST + random.below(SLOTS),
            Operand::DstPair | Operand::DstFour => FIRST + random.below(SLOTS - 4),
            Operand::Header => HEADER,
            Operand::TargetCount => 3,
            Operand::Base => FIRST + SLOTS,
            Operand::Imm16 | Operand::Imm32 | Operand::Imm64 => random.value(),
            Operand::Offset => random.below(MEMORY as u64 * 5 / 8),
            Operand::Target => {
                exits.push((at, code.len()));
                0
            }
            Operand::Padding
            | Operand::Defined
            | Operand::Type
            | Operand::Table
            | Operand::Global
            | Operand::GlobalDst => 0,
            other => panic!("no pair has an operand {other:?}"),
        };
        code.extend(&to_units(value)[..kind.units()]);
    }
}

/// An instruction of fixed operands.
fn put(code: &mut Vec<u16>, op: Op, suffix: &str, operands: &[(u64, usize)]) {
    code.push(Opcode::new(op, super::number(op, suffix) as u8).0);
    for &(value, units) in operands {
        code.extend(&to_units(value)[..units]);
    }
}

/// The two instructions, then returns: the first gives what is in the accumulator of the second's result, others where it jumps to.
fn code(pair: u32, apart: bool, seed: u64) -> (Vec<u16>, usize) {
    let mut random = Random(seed);
    let (mut code, mut exits) = (Vec::new(), Vec::new());
    let second = Opcode(pair as u16);
    write(&mut code, Opcode((pair >> 16) as u16), &mut random, &mut exits);
    let between = code.len();
    write(&mut code, second, &mut random, &mut exits);
    match second.family().unwrap().0.result() {
        Some(ValType::F32) => put(&mut code, Op::ReturnF32, "r", &[(HEADER, 1)]),
        Some(ValType::F64) => put(&mut code, Op::ReturnF64, "r", &[(HEADER, 1)]),
        _ => put(&mut code, Op::ReturnInt, "r", &[(HEADER, 1)]),
    }
    for (i, (from, operand)) in exits.into_iter().enumerate() {
        let distance = (code.len() - from) as u64;
        code[operand..operand + 2].copy_from_slice(&to_units(distance)[..2]);
        put(&mut code, Op::ReturnInt, "i", &[(100 + i as u64, 2), (HEADER, 1)]);
    }
    if apart {
        let distance = (between as u64).wrapping_sub(code.len() as u64);
        put(&mut code, Op::Goto, "x", &[(distance, 2)]);
    }
    (code, between)
}

unsafe fn no_translation(_: *mut Machine, _: *mut Func) -> Result<(), TrapCode> {
    unreachable!("all is linked")
}
unsafe fn no_host(_: *mut Machine, _: *mut Func, _: *mut Instance, _: *mut u64) -> Result<(), TrapCode> {
    unreachable!("nothing is imported")
}
unsafe fn no_memory(_: *mut Machine, _: *mut Memory, _: u64) -> Option<u64> {
    None
}
unsafe fn no_table(_: *mut Machine, _: *mut Table, _: u64, _: u32) -> Option<u64> {
    None
}

/// There is no other code.
unsafe fn locate(_: *mut Machine, instance: *mut Instance, _: *const Cell) -> *const Cell {
    // SAFETY: the instance has one function.
    unsafe { (*(*instance).funcs).code }
}
unsafe fn no_room(_: *mut Machine, _: usize, _: *mut u64) -> bool {
    false
}
unsafe fn no_exception(_: *mut Machine, _: u32, _: *const u64, _: usize, _: *mut u64) -> Option<u32> {
    None
}

/// How linked code is kept inside memory 0.
#[derive(Clone, Copy, PartialEq)]
enum Bounds {
    Checked,
    #[cfg(guarded)]
    Guarded,
}

/// How the crate `wasmote` reads and changes registers.
#[cfg(guarded)]
#[path = "../../../../wasmote/src/guard/context.rs"]
mod context;

/// A memory with pages without access behind it, and a signal handler that asks about faults: one for all tests.
#[cfg(guarded)]
mod guarded {
    extern crate std;

    use core::ffi::c_void;
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

    use super::{MEMORY, context};
    use crate::guard::{RESERVED, fault};

    /// What belongs to the memory, in front of its base.
    const FRONT: usize = 4096;

    extern "C" fn on_fault(_: i32, info: *mut libc::siginfo_t, context: *mut c_void) {
        // SAFETY: both are what the system gives to a handler of this kind.
        unsafe {
            match fault(&context::found(context, (*info).si_addr().addr())) {
                Some(resume) if context::denied((*info).si_code) => context::resume(context, resume),
                _ => libc::_exit(70),
            }
        }
    }

    /// The memory's base.
    pub struct Base(pub *mut u8);
    // SAFETY: whoever has the base has the memory.
    unsafe impl Send for Base {}

    /// The memory, to have it alone.
    pub fn memory() -> MutexGuard<'static, Base> {
        static MEMORY_BASE: OnceLock<Mutex<Base>> = OnceLock::new();
        let base = MEMORY_BASE.get_or_init(|| {
            // SAFETY: a new mapping; the handler is as its flags say.
            unsafe {
                let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
                let all = libc::mmap(core::ptr::null_mut(), FRONT + RESERVED, libc::PROT_NONE, kind, -1, 0);
                assert_ne!(all, libc::MAP_FAILED);
                assert_eq!(libc::mprotect(all, FRONT + MEMORY, libc::PROT_READ | libc::PROT_WRITE), 0);
                let mut action: libc::sigaction = core::mem::zeroed();
                let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut c_void) = on_fault;
                action.sa_sigaction = handler as usize;
                action.sa_flags = libc::SA_SIGINFO;
                for signal in context::SIGNALS {
                    assert_eq!(libc::sigaction(signal, &action, core::ptr::null_mut()), 0);
                }
                Mutex::new(Base(all.cast::<u8>().add(FRONT)))
            }
        });
        base.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Links the code and runs it as function 0, which `call`s itself if it calls anything; deep recursion ends at the stack's end.
fn run(code: &[u16], seed: u64, bounds: Bounds) -> Outcome {
    let mut random = Random(seed ^ 0x5eed);
    let mut linker = Linker::new(&[]);
    let mut cells: Vec<Cell> = Vec::new();
    let source = source(code, bounds);
    let start = linker.link(&source, &[7], &mut cells).unwrap();
    let mut memory: Vec<u64> = (0..=MEMORY / 8).map(|_| random.value()).collect();
    memory[0] = MEMORY as u64;
    let mut stack: Vec<u64> = (0..FRAME * 3).map(|_| random.value()).collect();
    let mut global = random.value();
    let hooks = Hooks {
        translate: no_translation,
        host: no_host,
        memory_grow: no_memory,
        table_grow: no_table,
        locate,
        make_room: no_room,
        exception: no_exception,
    };
    let mut machine = Box::new(Machine::new(stack.as_mut_ptr(), stack.len(), hooks));
    // SAFETY: the length comes first.
    let base = unsafe { memory.as_mut_ptr().add(1) }.cast::<u8>();
    #[cfg(guarded)]
    let guarded = (bounds == Bounds::Guarded).then(guarded::memory);
    #[cfg(guarded)]
    let base = match &guarded {
        Some(guarded) => {
            let base = guarded.0;
            // SAFETY: the length lies in front; nobody else has the memory.
            unsafe { memory.as_ptr().copy_to(base.cast::<u64>().sub(1), memory.len()) };
            base
        }
        None => base,
    };
    let mut first_memory = Memory { base, page_log2: 16, memory64: false, max_pages: 1, embedder: 0 };
    let mut table = Table {
        elems: core::ptr::null_mut(),
        len: 0,
        max: 0,
        table64: false,
        written: core::ptr::null_mut(),
        embedder: 0,
    };
    let (globals, memories, tables) = ([&raw mut global], [&raw mut first_memory], [&raw mut table]);
    let mut func = Func {
        // SAFETY: that many cells are there.
        code: unsafe { cells.as_mut_ptr().add(start) },
        frame_slots: FRAME as u32,
        header: HEADER as u16,
        params: 0,
        instance: core::ptr::null_mut(),
        type_id: 7,
        reference: 0,
    };
    let mut instance = Instance {
        machine: &raw mut *machine,
        funcs: &raw mut func,
        imports: core::ptr::null(),
        globals: globals.as_ptr(),
        memories: memories.as_ptr(),
        tables: tables.as_ptr(),
        data: core::ptr::null_mut(),
        elems: core::ptr::null_mut(),
        tags: core::ptr::null(),
        imported_funcs: 0,
        defined_funcs: 1,
        embedder: 0,
    };
    func.instance = &raw mut instance;
    // SAFETY: the records are as their types say; operands are slots of the frame, and targets are instructions.
    let (result, trapped) = unsafe {
        let result = crate::call(&raw mut *machine, &raw mut func, &[], &mut []);
        let mut trapped = None;
        crate::backtrace(&raw mut *machine, &mut |frame| {
            trapped = Some(frame.cell);
            false
        });
        (result, trapped.filter(|_| result.is_err()))
    };
    let trapped = trapped.map(|cell| linker.unit_at(&source, cell).unwrap());
    #[cfg(guarded)]
    if guarded.is_some() {
        // SAFETY: as above.
        unsafe { memory.as_mut_ptr().copy_from(base.cast::<u64>().sub(1), memory.len()) };
    }
    // Addresses in headers differ from one run to the next.
    for header in stack.chunks_mut(FIRST as usize + SLOTS as usize) {
        header[HEADER as usize..][..2].fill(0);
    }
    let memory = memory[1..].iter().flat_map(|word| word.to_ne_bytes()).collect();
    Outcome { result, trapped, frame: stack, memory, global }
}

/// The code as function 0.
fn source(code: &[u16], bounds: Bounds) -> Source<'_> {
    let _ = bounds;
    Source {
        func: 0,
        code,
        header: HEADER as u16,
        frame_slots: FRAME as u32,
        callees: (&[0], &[HEADER as u16]),
        handlers: &[],
        changing: None,
        #[cfg(guarded)]
        guarded: bounds == Bounds::Guarded,
    }
}

/// How memory can be kept in bounds here; the last is that of pairs.
const BOUNDS: &[Bounds] = &[
    Bounds::Checked,
    #[cfg(guarded)]
    Bounds::Guarded,
];

fn name(opcode: u32) -> String {
    let opcode = Opcode(opcode as u16);
    format!("{}.{}", opcode.family().unwrap().0.name(), opcode.suffix())
}

#[test]
fn each_does_what_its_instructions_do() {
    assert!(PAIRS.len() > 100, "{} pairs", PAIRS.len());
    let mut traps = [0; 2];
    for pair in &PAIRS {
        let names = format!("{} {}", name(pair.opcodes >> 16), name(pair.opcodes & 0xffff));
        for round in 0..ROUNDS {
            let seed = (u64::from(pair.opcodes) << 16 | round << 1 | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let (together, between) = code(pair.opcodes, false, seed);
            let (apart, _) = code(pair.opcodes, true, seed);
            let one = run(&together, seed, BOUNDS[BOUNDS.len() - 1]);
            for &bounds in BOUNDS {
                assert_eq!(one, run(&apart, seed, bounds), "{names}, round {round}");
            }
            if let Some(unit) = one.trapped {
                traps[usize::from(unit as usize >= between)] += 1;
            }
        }
    }
    // Some of both halves: where a trap was is part of the comparison.
    assert!(traps.iter().all(|&traps| traps > 100), "{traps:?}");
}

#[test]
fn code_is_shorter_with_them() {
    let mut linker = Linker::new(&[]);
    let mut lengths = [false, true].map(|apart| {
        let mut cells = Vec::new();
        let code = code(PAIRS[0].opcodes, apart, 1).0;
        linker.link(&source(&code, BOUNDS[BOUNDS.len() - 1]), &[7], &mut cells).unwrap();
        cells.len()
    });
    // The jump takes two cells.
    lengths[1] -= 2;
    assert_eq!(lengths[0] + 1, lengths[1]);
}
