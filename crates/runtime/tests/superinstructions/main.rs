//! Each superinstruction does what its two instructions do one after the other. Code is linked twice, the second time
//! with a jump to the second instruction, and both run on the same frame, memory and global. Where memories can be
//! guarded, both guarded accesses and bounds checks are tested.
//!
//! The test is here because this crate has everything that it needs: the handlers of `wasmote-exec` and `wasmote-simd`,
//! and the signal handler that turns faults into traps. It uses the linker of `wasmote-exec` directly, with records of
//! its own.
#![cfg(all(feature = "superinstructions", feature = "simd"))]

mod run;

use std::collections::BTreeSet;

use run::{BOUNDS, FIRST, HEADER, MEMORY, SLOTS, run};
use wasmote_exec::superinstructions::{COUNT, opcodes};
use wasmote_ir::code::to_units;
use wasmote_ir::ops::FIRST_VECTOR;
use wasmote_ir::shape::Operand;
use wasmote_ir::{Op, Opcode, ValType};
use wasmote_test_support::Random;

/// How often each superinstruction is tried.
const ROUNDS: u64 = 40;

/// Returns a random value, often an address or one near a limit.
fn value(random: &mut Random) -> u64 {
    match random.below(8) {
        0..=3 => random.below(MEMORY / 2) as u64,
        4 => u64::from(random.next_u64() as u32),
        5 => random.next_u64(),
        6 => 0,
        _ => random.pick(&[1, u64::from(u32::MAX), 1 << 31, f64::to_bits(1.5)]),
    }
}

/// Writes an instruction with random operands. Jumps and returns lead to later code: `exits` records where such an
/// instruction begins, and where its distance is.
fn write(code: &mut Vec<u16>, opcode: Opcode, random: &mut Random, exits: &mut Vec<(usize, usize)>) {
    let at = code.len();
    code.push(opcode.0);
    let mut operands = opcode.operands().to_vec();
    if operands.contains(&Operand::TargetCount) {
        operands.extend([Operand::Target; 3]);
    }
    for kind in operands {
        let mut slot = |len: usize| (FIRST + random.below(SLOTS + 1 - len)) as u64;
        let value = match kind {
            Operand::Src | Operand::Dst | Operand::SrcDst => slot(1),
            Operand::SrcPair | Operand::DstPair => slot(2),
            Operand::DstFour => slot(4),
            Operand::Header => HEADER as u64,
            Operand::TargetCount => 3,
            Operand::Base => (FIRST + SLOTS) as u64,
            Operand::Imm16 | Operand::Imm32 | Operand::Imm64 => value(random),
            Operand::Offset => random.below(MEMORY * 5 / 8) as u64,
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
            other => panic!("no superinstruction has an operand {other:?}"),
        };
        code.extend(&to_units(value)[..kind.units()]);
    }
}

/// Writes an instruction with these operands, each with its units.
fn put(code: &mut Vec<u16>, op: Op, suffix: &str, operands: &[(u64, usize)]) {
    let variant = op.variants().iter().position(|variant| variant.suffix == suffix).expect("a variant");
    code.push(Opcode::new(op, variant as u8).0);
    for &(value, units) in operands {
        code.extend(&to_units(value)[..units]);
    }
}

fn is_vector(opcode: Opcode) -> bool {
    usize::from(opcode.0) >= FIRST_VECTOR
}

/// Returns the two instructions followed by returns, and the offset of the second one. The first return returns the
/// accumulator of the second instruction's result type; jumps lead to the others. The vector accumulator is set first.
/// With `separate`, there is a jump to the second instruction, which prevents the superinstruction.
fn code([first, second]: [Opcode; 2], separate: bool, seed: u64) -> (Vec<u16>, usize) {
    let mut random = Random::new(seed);
    let (mut code, mut exits) = (Vec::new(), Vec::new());
    let header = (HEADER as u64, 1);
    if is_vector(first) || is_vector(second) {
        put(&mut code, Op::V128LoadConst, "i_r", &[(value(&mut random), 4), (value(&mut random), 4)]);
    }
    write(&mut code, first, &mut random, &mut exits);
    let between = code.len();
    write(&mut code, second, &mut random, &mut exits);
    let end = code.len();
    let (op, _) = second.family().expect("an instruction");
    match op.result() {
        Some(ValType::F32) => put(&mut code, Op::ReturnF32, "r", &[header]),
        Some(ValType::F64) => put(&mut code, Op::ReturnF64, "r", &[header]),
        Some(ValType::V128) => put(&mut code, Op::V128Return, "r", &[header]),
        None if is_vector(second) => put(&mut code, Op::V128Return, "r", &[header]),
        _ => put(&mut code, Op::ReturnInt, "r", &[header]),
    }
    for (i, (from, operand)) in exits.into_iter().enumerate() {
        let distance = (code.len() - from) as u64;
        code[operand..operand + 2].copy_from_slice(&to_units(distance)[..2]);
        put(&mut code, Op::ReturnInt, "i", &[(100 + i as u64, 2), header]);
    }
    // A jump to the return prevents a superinstruction of the second instruction and the return.
    for target in [Some(end), separate.then_some(between)].into_iter().flatten() {
        let distance = (target as u64).wrapping_sub(code.len() as u64);
        put(&mut code, Op::Goto, "x", &[(distance, 2)]);
    }
    (code, between)
}

fn name(opcode: Opcode) -> String {
    let (op, _) = opcode.family().expect("an instruction");
    format!("{}.{}", op.name(), opcode.suffix())
}

#[test]
fn each_superinstruction_does_what_its_instructions_do() {
    // Traps of the first and of the second instruction, for scalar and for vector superinstructions. The place of each
    // trap is compared, too.
    let (mut counts, mut traps) = ([0; 2], [[0; 2]; 2]);
    let mut seen = BTreeSet::new();
    for number in 0..COUNT {
        let both = opcodes(number as u16);
        let names = both.map(name).join(" ");
        assert!(seen.insert(names.clone()), "{names} twice");
        let kind = usize::from(both.into_iter().any(is_vector));
        counts[kind] += 1;
        for round in 0..ROUNDS {
            let seed = u64::from(both[0].0) << 32 | u64::from(both[1].0) << 16 | round;
            let (together, between) = code(both, false, seed);
            let (separate, _) = code(both, true, seed);
            let (one, short) = run(&together, seed, BOUNDS[BOUNDS.len() - 1]);
            let mut long = 0;
            for &bounds in BOUNDS {
                let two;
                (two, long) = run(&separate, seed, bounds);
                assert_eq!(one, two, "{names}, round {round}");
            }
            // There is one handler less. The jump takes two cells.
            assert_eq!(short + 1 + 2, long, "{names}");
            if let Some(unit) = one.trapped {
                traps[kind][usize::from(unit as usize >= between)] += 1;
            }
        }
    }
    println!("{counts:?} superinstructions, traps {traps:?}");
    assert!(counts[0] > 100 && counts[1] > 10, "{counts:?} superinstructions");
    assert!(traps[0].iter().all(|&traps| traps > 100) && traps[1].iter().all(|&traps| traps > 20), "{traps:?}");
}
