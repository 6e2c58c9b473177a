//! The images from which mutants are made.

use wasmote_decode::{ImportType, ModuleInfo};
use wasmote_exec::in_place::{Caller, Import};
use wasmote_exec::{TrapCode, ValType};
use wasmote_ir::image::Image;
use wasmote_ir::ops::{CORE_OPCODES, OPCODES};
use wasmote_test_support::mutate::{Choices, instruction_starts};
use wasmote_test_support::root;
use wasmote_test_support::scripts::{Script, Suite, published};
use wasmote_validate::{Features, validate};
use wasmote_wat::script::{DirectiveKind, ScriptModule, parse};

use crate::support::{image_of, kinds_of_code, what_is_lacking};

/// An image, and host functions for its imports.
pub struct Original {
    pub name: String,
    pub image: Vec<u8>,
    pub imports: Vec<Import<()>>,
}

/// Few changes for each mutant. Each opcode is equally likely.
pub const CHOICES: Choices = Choices { more_changes: 4, opcode: |known, random| random.below(known) as u16 };

/// Returns all images, small ones first, and the index of the first guest.
pub fn all() -> (Vec<Original>, usize) {
    let mut originals = Vec::new();
    for (name, wasm) in own().into_iter().chain(of_scripts()) {
        add(&mut originals, &name, &wasm);
    }
    let small = originals.len();
    for (name, wasm) in guests() {
        add(&mut originals, &name, &wasm);
    }
    report(&originals, small);
    (originals, small)
}

/// Prints which instructions occur. The others come in by mutation only.
fn report(originals: &[Original], small: usize) {
    let mut seen = vec![false; OPCODES];
    for original in originals {
        let image = Image::parse(&original.image).expect("an image");
        for at in instruction_starts(&image) {
            let unit = u16::from_le_bytes([original.image[at], original.image[at + 1]]);
            seen[usize::from(unit)] = true;
        }
    }
    let known = if cfg!(feature = "extended") { OPCODES } else { CORE_OPCODES };
    let seen = seen[..known].iter().filter(|&&seen| seen).count();
    let guests = originals.len() - small;
    println!("mutants of {small} small images and {guests} of guests, with {seen} of {known} instructions in use");
}

fn add(originals: &mut Vec<Original>, name: &str, wasm: &[u8]) {
    if validate(wasm, &Features::default()).is_err() {
        return;
    }
    let Ok(module) = wasmote_decode::decode(wasm) else { return };
    let Some(imports) = imports(&module) else { return };
    let initial: u64 =
        module.memories.iter().map(|memory| memory.minimum().saturating_mul(1 << memory.page_size_log2())).sum();
    let elements: u64 = module.tables.iter().map(|table| table.minimum()).sum();
    if initial > 4 << 20 || elements > 1 << 18 {
        return;
    }
    for code in kinds_of_code().into_iter().filter(|code| code.metered) {
        let Ok(image) = image_of(wasm, code) else { return };
        // The header says that the image needs what execution in place lacks.
        if what_is_lacking(image.bytes()).is_some() {
            return;
        }
        let name = format!("{name} ({:?})", code.op_set);
        originals.push(Original { name, image: image.bytes().to_vec(), imports: imports.iter().map(copy).collect() });
    }
}

fn copy(import: &Import<()>) -> Import<()> {
    Import {
        module: import.module,
        name: import.name,
        params: import.params,
        results: import.results,
        func: import.func,
    }
}

/// Stands in for all host functions. It writes to memory where its first argument points, and returns zeros.
fn stand_in(caller: &mut Caller<'_, ()>, args: &mut [u64]) -> Result<(), TrapCode> {
    if let Some(at) = args.last().and_then(|&at| usize::try_from(at).ok())
        && let Some(bytes) = caller.memory().get_mut(at..at.saturating_add(4))
    {
        bytes.copy_from_slice(&[1, 0, 0, 0]);
    }
    args.fill(0);
    Ok(())
}

/// Returns functions for all imports of a module, or `None` if it imports anything else. They are leaked, because the
/// process is short.
fn imports(module: &ModuleInfo) -> Option<Vec<Import<()>>> {
    let leak = |types: &[ValType]| -> &'static [ValType] { Box::leak(types.into()) };
    let name = |name: &str| -> &'static str { Box::leak(name.into()) };
    let import = |import: &wasmote_decode::Import| match import.ty {
        ImportType::Func(ty) | ImportType::ExactFunc(ty) => {
            let ty = module.type_of_funcs(ty)?;
            let (params, results) = (leak(ty.params()), leak(ty.results()));
            Some(Import { module: name(&import.module), name: name(&import.name), params, results, func: stand_in })
        }
        _ => None,
    };
    module.imports.iter().map(import).collect()
}

/// Returns the modules of the scripts.
fn of_scripts() -> Vec<(String, Vec<u8>)> {
    let mut modules = Vec::new();
    // Nearly all scripts of the first version are among those of the second.
    for Script { path, text, .. } in published().into_iter().filter(|script| script.suite != Suite::Version(1)) {
        let Ok(directives) = parse(&text, &path) else { continue };
        for directive in directives {
            if let DirectiveKind::Module { module: ScriptModule::Binary(wasm), .. } = directive.kind {
                modules.push((format!("{path}:{}", directive.line), wasm));
            }
        }
    }
    modules
}

/// Returns the guests that are small enough to be tried often.
fn guests() -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/guests");
    ["fib", "sha256", "bzip2", "lua", "lz4", "hash64", "mandelbrot", "raytracer", "memops", "vm-switch", "json"]
        .iter()
        .map(|name| {
            let file = folder.join(name).with_extension("wasm");
            (name.to_string(), std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
        })
        .collect()
}

/// Returns modules with what the other sources have little of.
fn own() -> Vec<(String, Vec<u8>)> {
    let text = r#"(module
        (type $binary (func (param i32 i32) (result i32)))
        (import "host" "f" (func $host (param i32 i64) (result i64)))
        (import "host" "many" (func $many (param i32 i32 i32 i32 i32) (result i32 i32)))
        (memory $a 1) (memory $b 1 1) (memory $wide i64 1) (memory $bytes 9 200 (pagesize 1))
        (table $t 8 funcref) (table $u 3 externref) (table $w i64 4 funcref)
        (global $g (mut i32) (i32.const 5)) (global $h i64 (i64.add (i64.const 5) (i64.mul (i64.const 2) (i64.const 3))))
        (global $f (mut funcref) (ref.func $sum)) (global $d (mut f64) (f64.const 1.5))
        (elem (table $t) (i32.const 1) func $sum $loop $deep) (elem $e funcref (ref.func $sum) (ref.null func))
        (elem $p func $sum $deep) (elem (table $w) (i64.const 0) funcref (ref.func $loop) (ref.func $host))
        (data (i32.const 8) "some bytes") (data $q "passive bytes") (data (memory $wide) (i64.const 3) "wide")
        (func $sum (export "sum") (type $binary) (i32.add (local.get 0) (i32.mul (local.get 1) (i32.const 3))))
        (func $deep (export "deep") (param i32 i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (local.get 1))
                (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))))
        (func $loop (export "loop") (param i32 i32) (result i32) (local i64 f32 f64 i32)
            (loop $l
                (local.set 2 (i64.add (local.get 2) (call $host (local.get 0) (local.get 2))))
                (local.set 4 (f64.mul (f64.add (local.get 4) (f64.const 1.25)) (f64.convert_i32_s (local.get 0))))
                (local.set 3 (f32.sub (f32.const 2) (f32.mul (local.get 3) (f32.demote_f64 (local.get 4)))))
                (i32.store offset=4 (i32.add (local.get 0) (i32.shl (local.get 5) (i32.const 2))) (local.get 5))
                (i64.store8 (local.get 5) (local.get 2)) (f32.store offset=100 (local.get 5) (local.get 3))
                (local.set 5 (i32.add (local.get 5) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get 5) (local.get 1))))
            (i32.add (i32.wrap_i64 (local.get 2)) (i32.load (local.get 0))))
        (func (export "tables") (param i32 i32 i32) (result i32)
            (table.init $t $p (local.get 0) (local.get 1) (local.get 2))
            (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
            (table.copy $t $t (local.get 0) (local.get 1) (local.get 2))
            (table.copy $w $t (i64.extend_i32_u (local.get 0)) (local.get 1) (local.get 2))
            (table.fill $t (local.get 0) (global.get $f) (local.get 2)) (elem.drop $p)
            (table.set $t (local.get 1) (ref.func $loop)) (global.set $f (table.get $t (local.get 2)))
            (drop (table.grow $t (ref.null func) (i32.const 1)))
            (i32.add (table.size $t) (call_indirect $t (type $binary) (i32.const 2) (i32.const 3) (local.get 0))))
        (func (export "memories") (param i32 i32 i32) (result i32)
            (memory.fill $a (local.get 0) (local.get 1) (local.get 2))
            (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2))
            (memory.copy $wide $b (i64.extend_i32_u (local.get 0)) (local.get 1) (local.get 2))
            (memory.init $a $q (local.get 0) (local.get 1) (i32.const 5)) (data.drop $q)
            (drop (memory.grow $a (i32.const 1))) (drop (memory.grow $bytes (local.get 0)))
            (i64.store $wide offset=7 (i64.extend_i32_u (local.get 0)) (i64.load $wide (i64.const 1)))
            (i32.add (memory.size $a) (i32.add (i32.load8_s $bytes (local.get 0)) (i32.load16_u $b (local.get 1)))))
        (func (export "many") (param i32) (result i32 i64 f64 i32)
            (call $many (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (local.get 0))
            (global.set $g) (i64.extend_i32_s) (global.set $d (f64.const 3)) (local.set 0 (global.get $g))
            (i32.wrap_i64) (global.get $h) (global.get $d) (local.get 0))
        (func (export "tail") (param i32 i32) (result i32)
            (if (i32.and (local.get 0) (i32.const 1)) (then (return_call $deep (local.get 1) (local.get 0))))
            (return_call_indirect $t (type $binary) (local.get 0) (local.get 1) (local.get 0)))
        (func (export "host tail") (param i64) (result i64) (return_call $host (i32.const 1) (local.get 0)))
        (func (export "switch") (param i32) (result i32) (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
            (block (block (block (block (br_table 0 1 2 3 1 (local.get 0)))
                (local.set 1 (i32.const 1))) (local.set 5 (local.get 1))) (return (local.get 9)))
            (select (local.get 1) (local.get 14) (i32.gt_s (local.get 5) (i32.const -4)))))"#;
    vec![("own".into(), wat::parse_str(text).unwrap_or_else(|error| panic!("{error}")))]
}
