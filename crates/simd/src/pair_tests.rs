//! Each pair does what its two instructions do one after the other: code is linked twice, once with something that jumps between
//! the two, and run on the same frame and memory.

extern crate std;

use std::boxed::Box;
use std::format;
use std::vec;
use std::vec::Vec;

use wasmote_exec::vector::{VECTORS, number};
use wasmote_exec::{Cell, Func, Hooks, Instance, Linker, Machine, Memory, Source, Table, backtrace, call};
use wasmote_ir::code::to_units;
use wasmote_ir::shape::Operand;
use wasmote_ir::{Op, Opcode, TrapCode, ValType};

/// How often each pair is tried.
const ROUNDS: u64 = 60;
/// The frame: a returned vector, the header, and slots that operands are.
const FIRST: u64 = 4;
const SLOTS: u64 = 24;
const HEADER: u64 = 2;
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

    /// Mostly an address; else lanes, some of them zero.
    fn value(&mut self) -> u64 {
        match self.below(8) {
            0..=5 => self.below(MEMORY as u64 * 3 / 4),
            6 => self.next(),
            _ => 0,
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
    memory: Vec<u64>,
}

/// Writes an instruction with random operands. Branches lead behind it: `exits` are their starts, and where the distance stands.
fn write(code: &mut Vec<u16>, opcode: Opcode, random: &mut Random, exits: &mut Vec<(usize, usize)>) {
    let at = code.len();
    code.push(opcode.0);
    for &kind in opcode.operands() {
        let value = match kind {
            Operand::Src | Operand::Dst => FIRST + random.below(SLOTS),
            Operand::SrcPair | Operand::DstPair => FIRST + random.below(SLOTS - 1),
            Operand::Imm16 | Operand::Imm32 | Operand::Imm64 => random.value(),
            Operand::Offset => random.below(MEMORY as u64 / 2),
            Operand::Target => {
                exits.push((at, code.len()));
                0
            }
            other => panic!("no pair has an operand {other:?}"),
        };
        code.extend(&to_units(value)[..kind.units()]);
    }
}

/// An instruction of fixed operands.
fn put(code: &mut Vec<u16>, op: Op, suffix: &str, operands: &[(u64, usize)]) {
    code.push(Opcode::new(op, number(op, suffix) as u8).0);
    for &(value, units) in operands {
        code.extend(&to_units(value)[..units]);
    }
}

/// A vector into the accumulator, the two instructions, then returns: the first gives what is in the accumulator of the second's
/// result, others where it jumps to. And where the second begins.
fn code(pair: u32, apart: bool, seed: u64) -> (Vec<u16>, usize) {
    let mut random = Random(seed);
    let (mut code, mut exits) = (Vec::new(), Vec::new());
    let (first, second) = (Opcode((pair >> 16) as u16), Opcode(pair as u16));
    put(&mut code, Op::V128LoadConst, "i_r", &[(random.value(), 4), (random.value(), 4)]);
    write(&mut code, first, &mut random, &mut exits);
    let between = code.len();
    write(&mut code, second, &mut random, &mut exits);
    match second.family().and_then(|(op, _)| op.result()) {
        Some(ValType::I32) => put(&mut code, Op::ReturnInt, "r", &[(HEADER, 1)]),
        _ => put(&mut code, Op::V128Return, "r", &[(HEADER, 1)]),
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

/// Links the code and runs it; and how many cells it has.
fn run(code: &[u16], seed: u64) -> (Outcome, usize) {
    let mut random = Random(seed ^ 0x5eed);
    // SAFETY: these are the handlers for this machine.
    let mut linker = unsafe { Linker::new(&[]).with_vectors(crate::handler) };
    let mut cells: Vec<Cell> = Vec::new();
    let source = Source { code, header: HEADER as u16, ..Source::CHECKED };
    let start = linker.link(&source, &[], &mut cells).unwrap();
    let mut memory: Vec<u64> = (0..=MEMORY / 8).map(|_| random.value()).collect();
    memory[0] = MEMORY as u64;
    let mut stack: Vec<u64> = (0..FRAME * 3).map(|_| random.value()).collect();
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
    let mut first_memory = Memory { base, page_log2: 16, memory64: false, max_pages: 1, embedder: 0 };
    let memories = [&raw mut first_memory];
    let mut func = Func {
        code: &raw const cells[start],
        frame_slots: FRAME as u32,
        header: HEADER as u16,
        params: 0,
        instance: core::ptr::null_mut(),
        type_id: 0,
        reference: 0,
    };
    let mut instance = Instance {
        machine: &raw mut *machine,
        funcs: &raw mut func,
        imports: core::ptr::null(),
        globals: core::ptr::null(),
        memories: memories.as_ptr(),
        tables: core::ptr::null(),
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
        let result = call(&raw mut *machine, &raw mut func, &[], &mut []);
        let mut trapped = None;
        backtrace(&raw mut *machine, &mut |frame| {
            trapped = Some(frame.cell);
            false
        });
        (result, trapped.filter(|_| result.is_err()))
    };
    let trapped = trapped.map(|cell| linker.unit_at(&source, cell).unwrap());
    // Addresses in headers differ from one run to the next.
    stack[HEADER as usize..][..2].fill(0);
    (Outcome { result, trapped, frame: stack, memory: memory[1..].to_vec() }, cells.len())
}

#[test]
fn each_pair_does_what_its_instructions_do() {
    let mut traps = vec![0; 2];
    for (i, &pair) in VECTORS.iter().enumerate() {
        let name = |opcode: u32| {
            let opcode = Opcode(opcode as u16);
            format!("{}.{}", opcode.family().unwrap().0.name(), opcode.suffix())
        };
        let names = format!("{} {}", name(pair >> 16), name(pair & 0xffff));
        assert!(!VECTORS[..i].contains(&pair), "{names} twice");
        for round in 0..ROUNDS {
            let seed = (u64::from(pair) << 16 | round << 1 | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let (together, between) = code(pair, false, seed);
            let (apart, _) = code(pair, true, seed);
            let ((one, short), (two, long)) = (run(&together, seed), run(&apart, seed));
            assert_eq!(one, two, "{names}, round {round}");
            // The jump takes two cells, and the handler of the second one.
            assert_eq!(short + 3, long, "{names}");
            if let Some(unit) = one.trapped {
                traps[usize::from(unit as usize >= between)] += 1;
            }
        }
    }
    // Some of both halves: where a trap was is part of the comparison.
    assert!(traps.iter().all(|&traps| traps > 20), "{traps:?}");
}
