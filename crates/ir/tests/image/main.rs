//! Every kind of error of an image occurs, and nothing panics, whatever the bytes. `wasmote-exec` tests how verified
//! images run. `wasmote-translate` tests that the images which it writes are valid.

mod bytes;
mod random;

use bytes::{Bytes, image, image_with};
use wasmote_ir::fuel::SCHEDULE;
use wasmote_ir::image::layout::{self, Section, constants, features};
use wasmote_ir::image::{Image, ImageError, ImageErrorKind as Kind, OpSet};
use wasmote_ir::ops::{CORE_OPCODES, OPCODES};
use wasmote_ir::{Op, Opcode};

/// Verifies a whole image.
fn verify(bytes: &[u8]) -> Result<(), ImageError> {
    let image = Image::parse(bytes)?;
    image.verify_metadata(true)?;
    let mut scratch = vec![0; image.scratch_words()];
    for func in image.imported(0)..image.count(Section::Funcs) {
        let range = image.code_range(func).expect("verified: code inside of the image");
        image.verify_function(func, &bytes[range], &mut scratch)?;
    }
    image.verify_data(image.bytes())
}

#[track_caller]
fn refused(bytes: &Bytes, kind: Kind) {
    let error = verify(bytes).expect_err("accepted");
    assert_eq!(error.kind, kind, "at {:#x}", error.offset);
    assert!(error.offset as usize <= bytes.len());
}

/// Checks that an image is refused with 16 bits changed at `at` and all checksums corrected.
#[track_caller]
fn refused_with(original: &Bytes, at: usize, value: u16, kind: Kind) {
    let mut bytes = original.clone();
    bytes.put16(at, value);
    bytes.fix();
    refused(&bytes, kind);
}

const TEXT: &str = r#"(module
    (import "host" "f" (func $host (param i32) (result i32)))
    (memory 1) (table 2 funcref) (global $g i32 (i32.const 7)) (global $m (mut i64) (i64.const 8))
    (elem (i32.const 0) func $f) (elem $e funcref (ref.func $f)) (data (i32.const 0) "data") (data $p "passive")
    (func $f (export "f") (param i32 i32) (result i32) (local i64)
        (loop $l (global.set $m (i64.const 0x123456789))
            (br_if $l (i32.lt_s (local.get 0) (local.get 1))))
        (i32.add (call $host (local.get 0)) (i32.load (local.get 1))))
    (func $none (memory.init $p (i32.const 0) (i32.const 0) (i32.const 3)) (table.init $e (i32.const 0) (i32.const 0) (i32.const 1)))
    (func $start) (start $start)
    (@custom "mine" "contents") (@custom "mine" ""))"#;

#[test]
fn what_is_no_image_or_not_all_of_one_says_so() {
    let good = image(TEXT);
    verify(&good).unwrap();
    for len in 0..good.len() {
        let kind = if len < 4 { Kind::NotAnImage } else { Kind::Truncated };
        assert_eq!(Image::parse(&good[..len]).unwrap_err().kind, kind, "{len} bytes");
    }
    assert_eq!(Image::parse(b"\0asm\x01\0\0\0").unwrap_err().kind, Kind::NotAnImage);
    assert!(Kind::NotAnImage.message().contains("wasmote compile"));
    assert!(Kind::Truncated.message().contains("cut off"));
}

#[test]
fn other_versions_op_sets_and_features_say_what_to_do() {
    let good = image(TEXT);
    refused_with(&good, layout::AT_VERSION, layout::VERSION + 1, Kind::Version);
    refused_with(&good, layout::AT_OP_SET, 2, Kind::OpSet);
    refused_with(&good, layout::AT_OP_SET, 0, Kind::OpSet);
    refused_with(&good, layout::AT_OP_SET_ID, good.get16(layout::AT_OP_SET_ID) ^ 1, Kind::OpSet);
    refused_with(&good, layout::AT_FEATURES, 1 << 15, Kind::Feature);
    assert_eq!(Kind::of_missing(features::THREADS | features::ATOMICS), Some(Kind::Threads));
    assert_eq!(Kind::of_missing(features::ATOMICS), Some(Kind::Atomics));
    // A metered image has the number of the schedule, and any other image has 0.
    let metered = image_with(TEXT, OpSet::Core, true);
    assert!(metered.get16(layout::AT_SCHEDULE) == SCHEDULE as u16 && good.get16(layout::AT_SCHEDULE) == 0);
    refused_with(&metered, layout::AT_SCHEDULE, SCHEDULE as u16 + 1, Kind::Schedule);
    refused_with(&metered, layout::AT_SCHEDULE, 0, Kind::Schedule);
    refused_with(&good, layout::AT_SCHEDULE, SCHEDULE as u16, Kind::Schedule);
    assert!(Kind::Schedule.message().contains("compile the module again"));
    // A build with vectors expects the fingerprint of the op set with vectors.
    let vectors = if cfg!(feature = "simd") { Kind::OpSet } else { Kind::Feature };
    refused_with(&good, layout::AT_FEATURES, features::SIMD as u16, vectors);
    let error = Image::parse(&good).unwrap().verify_metadata(false).unwrap_err();
    assert_eq!(error.kind, Kind::Extended);
    assert!(Image::parse(&image_with(TEXT, OpSet::Core, true)).unwrap().verify_metadata(false).is_ok());
    for (kind, advice) in [
        (Kind::Version, "compile the module again"),
        (Kind::OpSet, "compile the module again"),
        (Kind::Extended, "--op-set core"),
        (Kind::Feature, "a build that has it"),
        (Kind::Threads, "the feature `threads`"),
        (Kind::Atomics, "do not run in place"),
        (Kind::Checksum, "copy it again"),
        (Kind::Misaligned, "multiple of 8"),
        (Kind::CanonicalNans, "--deterministic"),
    ] {
        assert!(kind.message().contains(advice), "{}", kind.message());
    }
}

#[test]
fn a_changed_bit_anywhere_is_found_by_a_checksum_or_earlier() {
    let good = image(TEXT);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            let error = verify(&bytes).expect_err("accepted");
            if at >= layout::HEADER_LEN {
                assert_eq!(error.kind, Kind::Checksum, "bit {bit} of byte {at:#x}");
            }
        }
    }
}

#[test]
fn sections_outside_of_the_metadata_are_refused() {
    let good = image(TEXT);
    for section in Section::ALL {
        let at = layout::AT_SECTIONS + 8 * section as usize;
        refused_with(&good, at + 2, 1, Kind::OutOfRange);
        refused_with(&good, at, 2, Kind::OutOfRange);
        refused_with(&good, at, good.get16(at) + 2, Kind::OutOfRange);
        refused_with(&good, at + 6, 0x7fff, Kind::OutOfRange);
        refused_with(&good, at + 6, 0xffff, Kind::OutOfRange);
    }
    refused_with(&good, layout::AT_META_END, good.get16(layout::AT_META_END) + 2, Kind::OutOfRange);
    refused_with(&good, layout::AT_CODE_END, 8, Kind::OutOfRange);
    refused_with(&good, layout::AT_META_END, 8, Kind::OutOfRange);
}

#[test]
fn impossible_records_are_refused() {
    let good = image(TEXT);
    let at = |section: Section, index: u32| Image::parse(&good).unwrap().record(section, index).unwrap();
    // Types: slots, header, first.
    refused_with(&good, at(Section::Types, 0) + 8, 9, Kind::Record);
    refused_with(&good, at(Section::Types, 0) + 10, 9, Kind::Record);
    refused_with(&good, at(Section::Types, 1), 9, Kind::OutOfRange);
    refused_with(&good, at(Section::Types, 1) + 4, 999, Kind::Type);
    refused_with(&good, at(Section::ValTypes, 0), 0x0707, Kind::Type);
    // Imports: name, kind, index.
    refused_with(&good, at(Section::Imports, 0), 9999, Kind::OutOfRange);
    refused_with(&good, at(Section::Imports, 0) + 14, 0xffff, Kind::OutOfRange);
    refused_with(&good, at(Section::Imports, 0) + 16, 1, Kind::Record);
    refused_with(&good, at(Section::Imports, 0) + 16, 9, Kind::Record);
    refused_with(&good, at(Section::Imports, 0) + 20, 1, Kind::Record);
    refused_with(&good, layout::AT_IMPORTED, 0, Kind::Record);
    refused_with(&good, layout::AT_IMPORTED, 2, Kind::Record);
    // Functions: code, type, header, frame.
    refused_with(&good, at(Section::Funcs, 1), 1, Kind::Record);
    refused_with(&good, at(Section::Funcs, 2) + 2, 0x7fff, Kind::OutOfRange);
    refused_with(&good, at(Section::Funcs, 1) + 4, 99, Kind::Record);
    refused_with(&good, at(Section::Funcs, 1) + 6, 1, Kind::Record);
    refused_with(&good, at(Section::Funcs, 1) + 8, 3, Kind::Record);
    refused_with(&good, layout::AT_LONGEST, 1, Kind::OutOfRange);
    // A table, a memory, globals.
    refused_with(&good, at(Section::Tables, 0), 1 << 5, Kind::Type);
    refused_with(&good, at(Section::Memories, 0), 17, Kind::Record);
    refused_with(&good, at(Section::Memories, 0) + 16, 1, Kind::Record);
    refused_with(&good, at(Section::Globals, 0), 99, Kind::Type);
    refused_with(&good, at(Section::Globals, 0) + 8, 1, Kind::Constant);
    // An export, a segment of each kind.
    refused_with(&good, at(Section::Exports, 0) + 8, 5, Kind::Record);
    refused_with(&good, at(Section::Exports, 0) + 12, 99, Kind::Index);
    refused_with(&good, at(Section::Exports, 0) + 4, 9999, Kind::OutOfRange);
    refused_with(&good, at(Section::Elems, 0) + 4, 1 << 5, Kind::Type);
    refused_with(&good, at(Section::Elems, 0) + 8, 1, Kind::Index);
    refused_with(&good, at(Section::Elems, 0), 0x0603, Kind::Record);
    refused_with(&good, at(Section::Elems, 0) + 16, 1, Kind::OutOfRange);
    refused_with(&good, at(Section::Elems, 0) + 22, 0xffff, Kind::Index);
    refused_with(&good, at(Section::Items, 0), 99, Kind::Index);
    refused_with(&good, at(Section::Items, 0), 0, Kind::Index);
    refused_with(&good, at(Section::Data, 0), 3, Kind::Record);
    refused_with(&good, at(Section::Data, 0) + 2, 1, Kind::Index);
    refused_with(&good, at(Section::Data, 0) + 8, 99, Kind::OutOfRange);
    refused_with(&good, at(Section::Data, 0) + 8, 1, Kind::OutOfRange);
    // Custom sections: the name and the contents. Firmware reads none.
    if cfg!(feature = "alloc") {
        for field in [2, 6, 10] {
            refused_with(&good, at(Section::Customs, 1) + field, 1, Kind::OutOfRange);
        }
        let before = good.get16(at(Section::Customs, 0));
        refused_with(&good, at(Section::Customs, 1), before, Kind::OutOfRange);
        let name = good.get32(layout::AT_SECTIONS + 8 * Section::Strings as usize) + usize::from(before);
        refused_with(&good, name, 0xffff, Kind::Name);
    }
    // The start function's type.
    refused_with(&good, layout::AT_START, 1, Kind::Type);
    refused_with(&good, layout::AT_START, 99, Kind::Type);
}

#[test]
#[cfg(feature = "alloc")]
fn custom_sections_are_found_in_the_image() {
    let good = image(TEXT);
    let parsed = Image::parse(&good).unwrap();
    let customs = |index| parsed.custom(index).map(|it| (it.name, &good[it.bytes]));
    let all: Vec<_> = (0..parsed.count(Section::Customs)).filter_map(customs).collect();
    // The names of functions are another.
    assert_eq!(all.len(), 3);
    let all: Vec<_> = all.into_iter().filter(|it| it.0 == b"mine").collect();
    assert_eq!(all, [(&b"mine"[..], &b"contents"[..]), (b"mine", b"")]);
    assert!(parsed.custom(9).is_none());
}

#[test]
fn types_stand_among_others_as_they_can() {
    let good = image(
        "(module (type $a (sub (func))) (rec (type $b (sub $a (func))) (type $c (func (param (ref $b)))))
            (func (type $b)) (func (param (ref $c)) (call_ref $c (ref.func 0) (local.get 0))) (elem declare func 0))",
    );
    verify(&good).unwrap();
    let at = |section: Section, index: u32| Image::parse(&good).unwrap().record(section, index).unwrap();
    // A supertype and the start of a group come before the type. A type refers to no later group.
    refused_with(&good, at(Section::SubTypes, 1) + 4, 1, Kind::Record);
    refused_with(&good, at(Section::SubTypes, 1) + 8, 0, Kind::Record);
    refused_with(&good, at(Section::ValTypes, 0), 30 | 3 << 5, Kind::Type);
    refused_with(&good, at(Section::SubTypes, 2) + 8, 0, Kind::Record);
    refused_with(&good, at(Section::SubTypes, 0) + 8, 1, Kind::Record);
    refused_with(&good, at(Section::SubTypes, 1), 2, Kind::Record);
    refused_with(&good, at(Section::ValTypes, 0), 0xffff, Kind::Type);
    // The number of records differs from that of the types, or the feature bit is missing.
    refused_with(&good, layout::AT_SECTIONS + 8 * Section::SubTypes as usize + 4, 2, Kind::Record);
    refused_with(&good, layout::AT_FEATURES, 0, Kind::Record);
}

#[test]
fn constant_expressions_are_typed_and_end() {
    let good = image(TEXT);
    let first = Image::parse(&good).unwrap().section(Section::Consts);
    let word = |tag: u32, ty: u32| (tag | ty << 8) as u16;
    for wrong in [
        word(constants::END, 0),
        word(constants::NUM, 1),
        word(constants::NUM, 4),
        word(constants::NUM, 99),
        word(constants::V128, 0),
        word(constants::GLOBAL_GET, 0),
        word(constants::REF_NULL, 0),
        word(constants::REF_FUNC, 0),
        word(constants::I32_ADD, 0),
        99,
    ] {
        refused_with(&good, first, wrong, Kind::Constant);
    }
    // An expression without an end, and one with several values.
    refused_with(&good, first + 12, word(constants::REF_NULL, 5), Kind::Constant);
    let text = "(module (global i32 (i32.add (i32.const 1) (i32.sub (i32.const 5) (i32.const 2)))))";
    let good = image(text);
    verify(&good).unwrap();
    let sum = Image::parse(&good).unwrap().section(Section::Consts) + 4 * 9;
    refused_with(&good, sum, constants::I64_ADD as u16, Kind::Constant);
    refused_with(&good, sum + 4, constants::END as u16, Kind::Constant);
    refused_with(&good, sum, constants::END as u16, Kind::Constant);
}

#[test]
fn globals_begin_with_values_of_earlier_ones_only() {
    let good = image("(module (global i32 (i32.const 7)) (global i32 (i32.const 8)) (global i64 (i64.const 9)))");
    let first = Image::parse(&good).unwrap().section(Section::Consts);
    // Three expressions of four words each. The last one becomes shorter.
    let get = |global: u16, index: u16| {
        let mut bytes = good.clone();
        let at = first + 16 * usize::from(global);
        bytes.put16(at, constants::GLOBAL_GET as u16);
        bytes.put16(at + 4, index);
        bytes.put16(at + 8, constants::END as u16);
        if global == 2 {
            // The global becomes an i32, so that the type is right.
            let record = Image::parse(&good).unwrap().record(Section::Globals, 2).unwrap();
            bytes.put16(record, wasmote_ir::ValType::I32.number() as u16);
        }
        bytes.fix();
        bytes
    };
    verify(&get(2, 0)).unwrap();
    verify(&get(2, 1)).unwrap();
    refused(&get(2, 2), Kind::Constant);
    refused(&get(2, 3), Kind::Constant);
    refused(&get(1, 1), Kind::Constant);
    refused(&get(0, 0), Kind::Constant);
}

#[test]
fn constant_expressions_are_not_shared() {
    // If expressions could overlap, an image could have far more of them than bytes.
    let good = image("(module (global i32 (i32.const 7)) (global i32 (i32.const 7)))");
    let record = Image::parse(&good).unwrap().record(Section::Globals, 1).unwrap();
    refused_with(&good, record + 8, 0, Kind::Constant);
}

#[test]
fn code_stays_inside_of_its_frame_its_code_and_what_there_is() {
    let good = image_with(TEXT, OpSet::Core, true);
    let code = good.instructions(1);
    let find = |op: Op| code.iter().find(|(_, found, _)| *found == op).unwrap_or_else(|| panic!("no {op:?}"));
    let &(branch, _, units) = find(Op::BrI32LtS);
    for slot in [2, 3, 60_000, 0xffff] {
        refused_with(&good, branch + 2, slot, Kind::Slot);
    }
    let target = branch + 2 * units - 4;
    for wrong in [1, 0x7fff, 2] {
        refused_with(&good, target, wrong, Kind::Target);
    }
    refused_with(&good, target + 2, 0x7fff, Kind::Target);
    refused_with(&good, target + 2, 0x8000, Kind::Target);
    let &(call, ..) = find(Op::CallImport);
    refused_with(&good, call + 2, 1, Kind::Index);
    refused_with(&good, call + 4, 1, Kind::Index);
    for base in [0, 1, 3, 0xffff] {
        refused_with(&good, call + 6, base, Kind::Slot);
    }
    let &(give, _, units) = find(Op::ReturnInt);
    refused_with(&good, give + 2 * units - 2, 0, Kind::Slot);
    let &(global, _, units) = find(Op::GlobalWrite64);
    refused_with(&good, global + 2 * units - 4, 0, Kind::Type);
    refused_with(&good, global + 2 * units - 4, 2, Kind::Index);
    for opcode in [CORE_OPCODES, OPCODES, 0xffff] {
        refused_with(&good, branch, opcode as u16, Kind::Instruction);
    }
    // The last instruction is one after which execution continues, or it is incomplete.
    let &(last, _, units) = code.last().unwrap();
    assert_eq!(units, 3);
    refused_with(&good, last, Opcode::new(Op::Fuel, 0).0, Kind::End);
    refused_with(&good, last, Opcode::new(Op::ConstI64, 0).0, Kind::Instruction);
}

#[test]
fn segments_and_memories_that_code_names_are_there() {
    let good = image_with(TEXT, OpSet::Core, true);
    let code = good.instructions(2);
    let find = |op: Op| code.iter().find(|(_, found, _)| *found == op).unwrap_or_else(|| panic!("no {op:?}")).0;
    let (memory, table) = (find(Op::MemInitFuel), find(Op::TabInitFuel));
    refused_with(&good, memory + 8, 2, Kind::Index);
    // Instructions can name data segments only if the image has the feature bit.
    refused_with(&good, layout::AT_FEATURES, features::METERED as u16, Kind::Index);
    refused_with(&good, memory + 12, 1, Kind::Index);
    refused_with(&good, table + 8, 2, Kind::Index);
    refused_with(&good, table + 12, 1, Kind::Index);
    refused_with(&good, table + 14, 1, Kind::Index);
}

#[test]
fn a_scratch_too_small_is_refused_not_overrun() {
    let good = image(TEXT);
    let image = Image::parse(&good).unwrap();
    for len in 0..image.scratch_words() {
        let longest = (1..4).max_by_key(|&func| image.code_range(func).unwrap().len()).unwrap();
        let code = &good[image.code_range(longest).unwrap()];
        assert_eq!(image.verify_function(longest, code, &mut vec![0; len]).unwrap_err().kind, Kind::Record);
    }
    assert_eq!(image.verify_function(99, &[], &mut []).unwrap_err().kind, Kind::Index);
    assert_eq!(image.verify_function(0, &[], &mut []).unwrap_err().kind, Kind::End);
}

/// A module whose loads and stores have short forms, constant addresses and addresses that are sums.
fn accesses(memory: &str) -> String {
    format!(
        "(module (memory {memory})
            (func (param i32) (result i32) (i32.load (local.get 0)))
            (func (param i32) (result i32) (i32.load offset=100000 (local.get 0)))
            (func (result i64) (i64.load (i32.const 8)))
            (func (param i32 i32) (result f32) (f32.load (i32.add (local.get 0) (local.get 1))))
            (func (param i32) (i32.store8 (local.get 0) (i32.const 5)))
            (func (param i32 f64) (f64.store (i32.const 8) (f64.add (local.get 1) (local.get 1)))))"
    )
}

#[test]
fn code_accesses_a_shared_memory_only_by_instructions_that_name_it() {
    for op_set in [OpSet::Core, OpSet::Extended] {
        let shared = image_with(&accesses("1 1 shared"), op_set, false);
        verify(&shared).unwrap();
        // The same code would be fine if the memory were not shared.
        let mut other = image_with(&accesses("1 1"), op_set, false);
        verify(&other).unwrap();
        let memory = other.get32(layout::AT_SECTIONS + 8 * Section::Memories as usize);
        other.put16(memory + 6, 1);
        let features = other.get16(layout::AT_FEATURES);
        other.put16(layout::AT_FEATURES, features | features::THREADS as u16);
        other.fix();
        let image = Image::parse(&other).unwrap();
        image.verify_metadata(true).unwrap();
        let mut scratch = vec![0; image.scratch_words()];
        for func in 0..image.count(Section::Funcs) {
            let code = &other[image.code_range(func).unwrap()];
            let error = image.verify_function(func, code, &mut scratch).unwrap_err();
            assert_eq!(error.kind, Kind::Instruction, "function {func}");
        }
        // A shared memory has a maximum, and the header says that there is a shared one.
        refused_with(&shared, memory + 4, 0, Kind::Record);
        let without = shared.get16(layout::AT_FEATURES) & !(features::THREADS as u16);
        refused_with(&shared, layout::AT_FEATURES, without, Kind::Record);
    }
}

#[test]
fn each_access_of_memory_0_has_an_offset_of_its_own_kind() {
    use wasmote_ir::shape::Operand;
    // By this, the verifier knows which instructions access memory 0.
    let mut found = 0;
    for opcode in 0..wasmote_ir::ops::ALL_OPCODES as u16 {
        let operands = Opcode(opcode).operands();
        let own = operands.iter().any(|kind| matches!(kind, Operand::Offset | Operand::Offset16));
        let named = operands.contains(&Operand::Memory);
        assert!(!(own && named));
        let name = format!("{:?}", Opcode(opcode).family().unwrap().0);
        let accesses = ["Load", "Store", "V128Load", "V128Store", "Mem", "AtomicLoad", "AtomicStore", "AtomicRmw"];
        let accesses = accesses.iter().any(|start| name.starts_with(start)) && !name.contains("LoadConst");
        assert_eq!(own || named, accesses || name.starts_with("Atomic") && name != "AtomicFence", "{name}");
        found += usize::from(own);
    }
    assert!(found > 100, "{found}");
}
