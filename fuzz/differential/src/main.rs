//! wasmote-differential [MODULES [FIRST]]: makes so many modules (1000 unless said otherwise) with numbers from FIRST on, runs what each exports
//! in wasmote, also from an image, and in wasmi, and compares results, traps, memories and globals. Vectors are in all of them. Ends with an
//! error that names the first module that differs, which is written to a file.

use std::process::ExitCode;

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

/// Modules that wasmi runs wrongly: V8 gives what wasmote does.
const WASMI_WRONG: &[u64] = &[12340];

/// Operations that a call may do.
const FUEL: u32 = 2000;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|arg| arg.parse::<u64>().expect("a number"));
    let (count, first) = (numbers.next().unwrap_or(1000), numbers.next().unwrap_or(0));
    let (mut modules, mut calls, mut vectors, mut wrong) = (0, 0, 0, 0);
    for number in first..first + count {
        let Some(wasm) = module(number) else { continue };
        let theirs = wasmi_outcomes(&wasm);
        // Of a module that is made not to trap, only what limits its length may.
        let trapped = theirs.iter().any(|outcome| outcome.contains(OTHER_TRAP));
        if !may_trap(number) && trapped || WASMI_WRONG.contains(&number) {
            wrong += 1;
            continue;
        }
        for image in [false, true] {
            let ours = wasmote_outcomes(&wasm, image);
            let same = |(ours, theirs): (&String, &String)| ours == theirs;
            let overflows = |outcomes: &[String]| outcomes.last().is_some_and(|last| last == STACK);
            let compared = match overflows(&ours) || overflows(&theirs) {
                true => ours.len().min(theirs.len()) - 1,
                false => ours.len().max(theirs.len()),
            };
            if !ours.iter().zip(&theirs).take(compared).all(same) || ours.len().min(theirs.len()) < compared {
                let file = std::env::temp_dir().join(format!("differs-{number}.wasm"));
                std::fs::write(&file, &wasm).expect("a file");
                let at = ours.iter().zip(&theirs).position(|(a, b)| a != b);
                println!("module {number} differs{}: {}", if image { " from its image" } else { "" }, file.display());
                match at {
                    Some(at) => println!("  wasmote: {}\n  wasmi:   {}", ours[at], theirs[at]),
                    None => println!("  wasmote: {} outcomes, wasmi {}", ours.len(), theirs.len()),
                }
                return ExitCode::FAILURE;
            }
        }
        modules += 1;
        calls += theirs.len();
        vectors += theirs.iter().filter(|outcome| outcome.contains("v128")).count();
    }
    println!("{wrong} modules left out: wasmi is wrong about them (it traps in some that are made not to)");
    println!("{modules} modules, {calls} outcomes, {vectors} of them with vectors: the same");
    if modules * 2 > count && vectors > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the module with this number may trap.
fn may_trap(number: u64) -> bool {
    number % 2 == 1
}

/// The module with this number, unless there is none.
fn module(number: u64) -> Option<Vec<u8>> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(2_685_821_657_736_338_717).to_le_bytes()
    };
    let input: Vec<u8> = std::iter::from_fn(|| Some(next())).take(512).flatten().collect();
    let mut config = Config::default();
    config.max_imports = 0;
    config.max_memory32_bytes = 1 << 16;
    config.max_memories = 1;
    config.max_table_elements = 100;
    config.max_instructions = 300;
    config.min_funcs = 2;
    config.min_memories = 1;
    config.simd_enabled = true;
    config.relaxed_simd_enabled = false;
    config.multi_value_enabled = true;
    config.bulk_memory_enabled = true;
    config.tail_call_enabled = true;
    config.memory64_enabled = false;
    config.custom_page_sizes_enabled = false;
    config.wide_arithmetic_enabled = false;
    config.gc_enabled = false;
    config.exceptions_enabled = false;
    config.threads_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.compact_imports_enabled = false;
    config.custom_descriptors_enabled = false;
    config.export_everything = true;
    config.allow_start_export = false;
    config.disallow_traps = !may_trap(number);
    // The bits of NaN may be any.
    config.canonicalize_nans = true;
    let mut module = Module::new(config, &mut Unstructured::new(&input)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}

/// Arguments by the number of a type: i32, i64, f32, f64, v128, references.
const I32: i32 = 7;
const I64: i64 = -0x7fff_ffff_0000_0005;
const F32: f32 = 1.5;
const F64: f64 = -2.25;
const V128: u128 = 0x0102_0304_7fff_8000_ffff_fffe_4049_0fdb;

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// What everything exported is and does, in order.
macro_rules! outcomes {
    ($engine:ident, $store:ident, $exports:expr, $trap:expr, $vector:expr) => {{
        use $engine::{Extern, Val};
        let shown = |value: &Val| match value {
            Val::I32(value) => format!("i32 {value:x}"),
            Val::I64(value) => format!("i64 {value:x}"),
            Val::F32(value) => format!("f32 {:x}", value.to_bits()),
            Val::F64(value) => format!("f64 {:x}", value.to_bits()),
            Val::V128(value) => format!("v128 {}", $vector(value)),
            _ => "a reference".to_string(),
        };
        let exports: Vec<(String, Extern)> = $exports;
        let mut outcomes = Vec::new();
        for (name, export) in &exports {
            let Extern::Func(func) = export else { continue };
            let Some((args, mut results)) = $engine::arguments(&func.ty(&$store)) else { continue };
            let outcome = match func.call(&mut $store, &args, &mut results) {
                Ok(()) => results.iter().map(shown).collect::<Vec<_>>().join(", "),
                Err(error) => $trap(error),
            };
            let mut line = format!("{name}: {outcome}");
            for (name, export) in &exports {
                match export {
                    Extern::Memory(memory) => line += &format!("; {name} {:x}", hash(memory.data(&$store))),
                    Extern::Global(global) => line += &format!("; {name} {}", shown(&global.get(&mut $store))),
                    _ => {}
                }
            }
            if outcome == STACK {
                // Stacks differ in size, and what was done before one overflowed stays.
                outcomes.push(STACK.into());
                break;
            }
            outcomes.push(line);
        }
        outcomes
    }};
}

const STACK: &str = "stack overflow";
const OTHER_TRAP: &str = "another trap";

mod engines {
    /// wasmote under the names that the macro uses.
    pub mod own {
        pub use wasmote::{Extern, Val, ValType};

        /// Arguments for a function of this type, and room for its results.
        pub fn arguments(ty: &wasmote::FuncType) -> Option<(Vec<Val>, Vec<Val>)> {
            let args = ty.params.iter().map(|ty| {
                Some(match ty {
                    ValType::I32 => Val::I32(crate::I32),
                    ValType::I64 => Val::I64(crate::I64),
                    ValType::F32 => Val::F32(crate::F32),
                    ValType::F64 => Val::F64(crate::F64),
                    ValType::V128 => Val::V128(crate::V128),
                    _ => return None,
                })
            });
            Some((args.collect::<Option<_>>()?, ty.results.iter().map(|&ty| Val::default_of(ty)).collect()))
        }
    }

    /// wasmi likewise.
    pub mod peer {
        pub use wasmi::{Extern, Val, ValType};

        /// Arguments for a function of this type, and room for its results.
        pub fn arguments(ty: &wasmi::FuncType) -> Option<(Vec<Val>, Vec<Val>)> {
            let args = ty.params().iter().map(|ty| {
                Some(match ty {
                    ValType::I32 => Val::I32(crate::I32),
                    ValType::I64 => Val::I64(crate::I64),
                    ValType::F32 => Val::F32(crate::F32.into()),
                    ValType::F64 => Val::F64(crate::F64.into()),
                    ValType::V128 => Val::V128(crate::V128.into()),
                    _ => return None,
                })
            });
            Some((args.collect::<Option<_>>()?, ty.results().iter().map(|&ty| Val::default_for_ty(ty)).collect()))
        }
    }
}

fn wasmote_outcomes(wasm: &[u8], image: bool) -> Vec<String> {
    use engines::own;
    let engine = wasmote::Engine::default();
    let mut module = wasmote::Module::new(&engine, wasm).expect("a valid module");
    if image {
        let image = module.to_image(&wasmote::ImageOptions::default()).expect("an image");
        module = wasmote::Module::from_image(&engine, image).expect("the image");
    }
    let mut store = wasmote::Store::new(&engine, ());
    let instance = match wasmote::Instance::new(&mut store, &module, &[]) {
        Ok(instance) => instance,
        Err(_) => return vec!["no instance".into()],
    };
    let mut names: Vec<String> = module.exports().map(|export| export.name.to_string()).collect();
    names.sort();
    let exports =
        names.into_iter().map(|name| (name.clone(), instance.get_export(&store, &name).expect("an export"))).collect();
    let trap = |error: wasmote::Error| match error.as_trap() {
        Some(trap) if trap.code() == wasmote::TrapCode::StackOverflow => STACK.to_string(),
        Some(trap) if trap.code() == wasmote::TrapCode::Unreachable => "unreachable".to_string(),
        Some(_) => OTHER_TRAP.to_string(),
        None => format!("error {error}"),
    };
    outcomes!(own, store, exports, trap, |value: &u128| format!("{value:x}"))
}

fn wasmi_outcomes(wasm: &[u8]) -> Vec<String> {
    use engines::peer;
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wasm).expect("a valid module");
    let mut store = wasmi::Store::new(&engine, ());
    let instance = match wasmi::Instance::new(&mut store, &module, &[]) {
        Ok(instance) => instance,
        Err(_) => return vec!["no instance".into()],
    };
    let mut names: Vec<String> = module.exports().map(|export| export.name().to_string()).collect();
    names.sort();
    let exports =
        names.into_iter().map(|name| (name.clone(), instance.get_export(&store, &name).expect("an export"))).collect();
    let trap = |error: wasmi::Error| match error.as_trap_code() {
        Some(wasmi::TrapCode::StackOverflow) => STACK.to_string(),
        Some(wasmi::TrapCode::UnreachableCodeReached) => "unreachable".to_string(),
        Some(_) => OTHER_TRAP.to_string(),
        None => format!("error {error}"),
    };
    outcomes!(peer, store, exports, trap, |value: &wasmi::V128| format!("{:x}", value.as_u128()))
}
