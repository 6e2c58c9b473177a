//! Calls each function of the header as C would, with arguments that are right and wrong. Buffers are as long as they
//! must be and not longer, so that AddressSanitizer sees what leaves them.
// Each call passes what the header demands, or what must be refused; the instance of a `Place` is used while that lives.
#![allow(clippy::undocumented_unsafe_blocks)]

mod support;

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use support::{GUEST, image};
use wasmote_exec::TrapCode;
use wasmote_firmware::*;
use wasmote_ir::image::layout::{AT_CHECKSUM, AT_META_END};
use wasmote_ir::image::{ImageErrorKind, checksum};

const STACK: usize = 64;

unsafe extern "C" fn add(instance: *mut Instance, slots: *mut u64) -> u32 {
    unsafe {
        let mut len = 0;
        let memory = wm_memory(instance, &raw mut len);
        assert!(!memory.is_null() && len >= 1);
        // Guest code is above this function on the native stack.
        assert_eq!(wm_set_fuel(instance, 1), Status::Busy);
        assert_eq!(wm_resume(instance, null_mut(), 0), Status::Busy);
        assert_eq!(wm_call(instance, c"forever".as_ptr(), null(), 0, null_mut(), 0), Status::Busy);
        assert_eq!(wm_trap(instance, &mut TrapInfo { code: 0, func: 0, offset: 0 }), Status::Busy);
        let count = wm_data(instance).cast::<u32>();
        *count += 1;
        *memory += 1;
        *slots = (*slots).wrapping_add(*slots.add(1));
    }
    0
}

unsafe extern "C" fn fail(_: *mut Instance, slots: *mut u64) -> u32 {
    unsafe { *slots as u32 }
}

const fn import(name: &'static CStr, signature: &'static CStr, func: HostFn) -> Import {
    Import { module: c"host".as_ptr(), name: name.as_ptr(), signature: signature.as_ptr(), func: Some(func) }
}

const IMPORTS: [Import; 2] = [import(c"fail", c"(i)", fail), import(c"add", c"(iI)I", add)];
const NO_ERROR: Error = Error { status: Status::Ok, reason: 0, at: 0, needed: 0 };

/// An image at a multiple of 8, in memory of its own that ends with its last byte as far as words can.
fn aligned(bytes: &[u8]) -> Box<[u64]> {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(word)
    });
    words.collect()
}

/// What an instance is made of, and where it lies. `C` frees nothing, so this does.
struct Place {
    image: Box<[u64]>,
    imports: Box<[Import]>,
    buffer: Box<[u64]>,
    calls: Box<u32>,
    setup: Setup,
}

impl Place {
    fn new(bytes: &[u8], imports: impl Into<Box<[Import]>>, words: usize) -> Place {
        let mut place = Place {
            image: aligned(bytes),
            imports: imports.into(),
            // All ones, so that a missing initialization shows.
            buffer: vec![u64::MAX; words].into(),
            calls: Box::new(0),
            setup: unsafe { MaybeUninit::zeroed().assume_init() },
        };
        place.setup = Setup {
            image: place.image.as_ptr().cast(),
            image_bytes: bytes.len(),
            buffer: place.buffer.as_mut_ptr().cast(),
            buffer_bytes: words * 8,
            stack_slots: STACK,
            imports: place.imports.as_ptr(),
            import_count: place.imports.len(),
            data: (&raw mut *place.calls).cast(),
            fuel: 0,
        };
        place
    }

    /// With exactly as much buffer as it needs, and `more` bytes.
    fn fitting(bytes: &[u8], more: usize) -> Place {
        Place::new(bytes, IMPORTS, (needed(bytes) + more).div_ceil(8))
    }

    fn init(&self) -> Result<*mut Instance, Error> {
        let (mut instance, mut error) = (std::ptr::dangling_mut(), NO_ERROR);
        let status = unsafe { wm_init(&raw const self.setup, &raw mut instance, &raw mut error) };
        assert_eq!(status, error.status);
        assert_eq!(instance.is_null(), status != Status::Ok);
        if status == Status::Ok { Ok(instance) } else { Err(error) }
    }

    fn status(&self) -> Status {
        self.init().map_or_else(|error| error.status, |_| Status::Ok)
    }
}

fn buffer_bytes(bytes: &[u8]) -> Result<usize, Error> {
    let (words, mut error) = (aligned(bytes), NO_ERROR);
    let needed = unsafe { wm_buffer_bytes(words.as_ptr().cast(), bytes.len(), STACK, &raw mut error) };
    assert_eq!(needed == 0, error.status != Status::Ok);
    if needed == 0 { Err(error) } else { Ok(needed) }
}

fn needed(bytes: &[u8]) -> usize {
    buffer_bytes(bytes).expect("an image")
}

fn call<const N: usize>(instance: *mut Instance, name: &CStr, args: &[u64]) -> Result<[u64; N], Status> {
    let mut results = [u64::MAX; N];
    let status = unsafe { wm_call(instance, name.as_ptr(), args.as_ptr(), args.len(), results.as_mut_ptr(), N) };
    if status == Status::Ok {
        return Ok(results);
    }
    assert_eq!(results, [u64::MAX; N], "results of a call that did not return");
    Err(status)
}

fn trap(instance: *mut Instance) -> Result<TrapInfo, Status> {
    let mut info = TrapInfo { code: 0, func: 0, offset: 0 };
    match unsafe { wm_trap(instance, &raw mut info) } {
        Status::Ok => Ok(info),
        status => Err(status),
    }
}

fn message(status: i32, reason: u32) -> String {
    let mut text = [1 as c_char; 200];
    let len = unsafe { wm_message(status, reason, text.as_mut_ptr(), text.len()) };
    let text = unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().expect("text");
    assert_eq!(text.len(), len);
    text.to_owned()
}

#[test]
fn guest_calls_imports_and_returns_results() {
    let place = Place::fitting(&image(GUEST, false), 0);
    let guest = place.init().expect("an instance");
    assert_eq!(call(guest, c"add", &[2, 40]), Ok([42]));
    assert_eq!(call(guest, c"add", &[0xffff_ffff, 1]), Ok([1 << 32]));
    assert_eq!(*place.calls, 2);
    // The host function wrote to the guest's memory, which began with an A.
    assert_eq!(call(guest, c"load", &[0]), Ok([u64::from(b'C')]));
    assert_eq!(call(guest, c"swap", &[7, 9]), Ok([9, 7]));
    let mut slots = [7, 9];
    unsafe {
        assert_eq!(wm_call(guest, c"swap".as_ptr(), slots.as_ptr(), 2, slots.as_mut_ptr(), 2), Status::Ok);
        assert_eq!(slots, [9, 7]);
        let mut func = 0;
        assert_eq!(wm_find(guest, c"swap".as_ptr(), &raw mut func), Status::Ok);
        assert_eq!(wm_call_index(guest, func, slots.as_ptr(), 2, slots.as_mut_ptr(), 2), Status::Ok);
        assert_eq!(slots, [7, 9]);
        assert_eq!(wm_call_index(guest, 99, slots.as_ptr(), 2, slots.as_mut_ptr(), 2), Status::NoSuchExport);
        assert_eq!(wm_data(guest), place.setup.data);
    }
}

#[test]
fn traps_have_a_code_and_a_place_and_leave_the_instance_usable() {
    let place = Place::fitting(&image(GUEST, false), 0);
    let guest = place.init().expect("an instance");
    assert_eq!(trap(guest), Err(Status::NotTrapped));
    assert_eq!(call::<1>(guest, c"div", &[0]), Err(Status::Trapped));
    let info = trap(guest).expect("a trap");
    // Two imports come before it.
    assert_eq!((info.code, info.func), (TrapCode::IntegerDivisionByZero as u32, 2));
    assert_eq!(call::<1>(guest, c"nothing", &[]), Err(Status::NoSuchExport));
    assert_eq!(trap(guest), Ok(info));
    assert_eq!(call(guest, c"div", &[4]), Ok([26]));
    assert_eq!(trap(guest), Err(Status::NotTrapped));
    for (name, args, code) in [
        (c"indirect", [1, 5], TrapCode::UndefinedElement),
        (c"indirect", [1, 1], TrapCode::IndirectCallToNull),
        (c"indirect", [0, 0], TrapCode::IntegerDivisionByZero),
    ] {
        assert_eq!(call::<1>(guest, name, &args), Err(Status::Trapped));
        assert_eq!(trap(guest).expect("a trap").code, code as u32);
    }
    assert_eq!(call::<0>(guest, c"deeper", &[]), Err(Status::Trapped));
    assert_eq!(trap(guest).expect("a trap").code, TrapCode::StackOverflow as u32);
    assert_eq!(call::<1>(guest, c"load", &[1]), Err(Status::Trapped));
    assert_eq!(trap(guest).expect("a trap").code, TrapCode::MemoryOutOfBounds as u32);
}

#[test]
fn stack_without_room_for_the_first_frame_is_a_trap_without_a_place() {
    let bytes = image(GUEST, false);
    let mut place = Place::fitting(&bytes, 0);
    place.setup.stack_slots = 1;
    let guest = place.init().expect("an instance");
    assert_eq!(call::<1>(guest, c"div", &[1]), Err(Status::Trapped));
    let info = trap(guest).expect("a trap");
    assert_eq!((info.code, info.func), (TrapCode::StackOverflow as u32, u32::MAX));
}

#[test]
fn host_functions_end_calls_with_their_trap() {
    let place = Place::fitting(&image(GUEST, false), 0);
    let guest = place.init().expect("an instance");
    assert_eq!(call::<0>(guest, c"fail", &[0]), Ok([]));
    for code in TrapCode::ALL {
        let status = if code == TrapCode::OutOfFuel { Status::OutOfFuel } else { Status::Trapped };
        assert_eq!(call::<0>(guest, c"fail", &[code as u64]), Err(status));
        assert_eq!(trap(guest).expect("a trap").code, code as u32);
    }
    for unknown in [26, 255, 256, 1 << 31, 0xffff_ffff] {
        assert_eq!(call::<0>(guest, c"fail", &[unknown]), Err(Status::Trapped));
        assert_eq!(trap(guest).expect("a trap").code, TrapCode::Host as u32);
    }
}

#[test]
fn calls_without_fuel_wait_and_go_on() {
    let place = Place::fitting(&image(GUEST, true), 0);
    let guest = place.init().expect("an instance");
    let (mut result, mut stops, mut left) = ([0], 0, 0);
    unsafe {
        assert_eq!(wm_resume(guest, result.as_mut_ptr(), 1), Status::NotWaiting);
        assert_eq!(wm_set_fuel(guest, 100), Status::Ok);
        let mut status = call::<1>(guest, c"sum", &[1000]).expect_err("it runs out");
        while status == Status::OutOfFuel {
            stops += 1;
            assert_eq!(trap(guest).expect("a stop").code, TrapCode::OutOfFuel as u32);
            // It goes on waiting.
            assert_eq!(wm_resume(guest, null_mut(), 0), Status::WrongArguments);
            assert_eq!(wm_resume(guest, null_mut(), 1), Status::NullPointer);
            assert_eq!(wm_set_fuel(guest, 500), Status::Ok);
            assert_eq!(wm_get_fuel(guest, &raw mut left), Status::Ok);
            assert_eq!(left, 500);
            status = wm_resume(guest, result.as_mut_ptr(), 1);
        }
        assert_eq!((status, result), (Status::Ok, [500_500]));
        assert!(stops > 2);
        assert_eq!(wm_resume(guest, result.as_mut_ptr(), 1), Status::NotWaiting);
        // Another call drops the one that waits.
        assert_eq!(call::<0>(guest, c"forever", &[]), Err(Status::OutOfFuel));
        wm_set_fuel(guest, 1000);
        assert_eq!(call(guest, c"div", &[50]), Ok([3]));
        assert_eq!(wm_resume(guest, null_mut(), 0), Status::NotWaiting);
    }
}

#[test]
fn fuel_of_the_setup_limits_the_start_function() {
    let endless = "(module (func $start (loop (br 0))) (start $start))";
    let metered = image(endless, true);
    let mut place = Place::fitting(&metered, 0);
    place.setup.fuel = 1000;
    let error = place.init().expect_err("it never ends");
    assert_eq!((error.status, error.reason), (Status::Trapped, TrapCode::OutOfFuel as u32));
    let plain = image("(module)", false);
    let mut place = Place::fitting(&plain, 0);
    place.setup.fuel = 1000;
    let error = place.init().expect_err("it takes no fuel");
    assert_eq!((error.status, error.reason), (Status::BadImage, ImageErrorKind::NotMetered as u32 + 1));
    place.setup.fuel = 0;
    let guest = place.init().expect("an instance");
    unsafe {
        assert_eq!(wm_set_fuel(guest, 1), Status::NotMetered);
        assert_eq!(wm_get_fuel(guest, &mut 0), Status::NotMetered);
    }
}

#[test]
fn start_functions_may_call_the_host() {
    let text = r#"(module (import "host" "add" (func (param i32 i64) (result i64))) (memory 1 (pagesize 1))
        (func $start (drop (call 0 (i32.const 1) (i64.const 2)))) (start $start))"#;
    let place = Place::fitting(&image(text, false), 0);
    place.init().expect("an instance");
    assert_eq!(*place.calls, 1);
}

#[test]
fn memory_grows_into_the_rest_of_the_buffer() {
    for more in [0, 8, 800] {
        let place = Place::fitting(&image(GUEST, false), more);
        let guest = place.init().expect("an instance");
        let mut len = 0;
        let first = unsafe { wm_memory(guest, &raw mut len) };
        assert_eq!(len, 1);
        // Of its 3 bytes at most, those fit that end within the buffer.
        let grown = call(guest, c"grow", &[2]).expect("a result") == [1];
        assert!(grown || more == 0);
        let again = unsafe { wm_memory(guest, &raw mut len) };
        assert_eq!((again, len), (first, if grown { 3 } else { 1 }));
        assert_eq!(call(guest, c"grow", &[1]), Ok([if grown { 0xffff_ffff } else { 1 }]));
    }
    // Instances without a memory have an empty one.
    let place = Place::fitting(&image("(module)", false), 0);
    let mut len = 9;
    assert!(!unsafe { wm_memory(place.init().expect("an instance"), &raw mut len) }.is_null());
    assert_eq!(len, 0);
}

#[test]
fn each_damaged_byte_is_noticed_and_images_that_are_cut_off_are_refused() {
    let bytes = image(GUEST, false);
    let needed = needed(&bytes);
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            let error = Place::new(&damaged, IMPORTS, needed / 8).init();
            let Err(error) = error else { panic!("byte {at} was changed by {change} unnoticed") };
            assert_eq!(error.status, Status::BadImage, "byte {at}");
            assert!((error.at as usize) <= bytes.len() && error.reason > 0, "byte {at}: {error:?}");
        }
        let error = Place::new(&bytes[..at], IMPORTS, needed / 8).init().expect_err("a cut-off image");
        assert_eq!(error.status, Status::BadImage, "{at} bytes");
        assert_eq!(buffer_bytes(&bytes[..at]).expect_err("a cut-off image").status, Status::BadImage);
    }
}

/// What remains of an image is nonsense, but what runs must stay inside its memory. AddressSanitizer sees it leave.
#[test]
fn images_with_wrong_metadata_and_right_checksums_do_no_harm() {
    let bytes = image(GUEST, true);
    let meta_end = u32::from_le_bytes(*bytes[AT_META_END..].first_chunk().expect("a header")) as usize;
    let (mut accepted, mut reasons) = (0, BTreeSet::new());
    for at in 0..meta_end {
        for change in [1, 2, 4, 0x40, 0xff] {
            let mut hostile = bytes.clone();
            hostile[at] ^= change;
            let end = u32::from_le_bytes(*hostile[AT_META_END..].first_chunk().expect("a header")) as usize;
            let Some(metadata) = hostile.get(AT_CHECKSUM + 4..end) else { continue };
            let sum = checksum(checksum(0, &hostile[..AT_CHECKSUM]), metadata);
            hostile[AT_CHECKSUM..][..4].copy_from_slice(&sum.to_le_bytes());
            let words = match buffer_bytes(&hostile) {
                Ok(bytes) if bytes < 1 << 20 => bytes / 8,
                Ok(_) => 200,
                Err(error) => {
                    reasons.insert(error.reason);
                    continue;
                }
            };
            let mut place = Place::new(&hostile, IMPORTS, words);
            place.setup.fuel = 2000;
            let Ok(guest) = place.init() else { continue };
            accepted += 1;
            for func in 0..16 {
                for (args, results) in [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)] {
                    let (args, mut slots) = (&[1, 1][..args], [0; 2]);
                    unsafe {
                        wm_set_fuel(guest, 2000);
                        let slots = slots.as_mut_ptr();
                        let status = wm_call_index(guest, func, args.as_ptr(), args.len(), slots, results);
                        if status == Status::OutOfFuel {
                            wm_set_fuel(guest, 2000);
                            wm_resume(guest, slots, results);
                        }
                    }
                }
            }
        }
    }
    // Names and limits may change; most of the rest may not.
    assert!(accepted > 100 && reasons.len() > 5, "{accepted} accepted, refused for {reasons:?}");
}

#[test]
fn short_buffers_are_refused_with_the_bytes_that_are_needed() {
    let bytes = image(GUEST, false);
    let needed = needed(&bytes);
    assert_eq!(needed % 8, 0);
    for words in 0..needed / 8 {
        let error = Place::new(&bytes, IMPORTS, words).init().expect_err("a short buffer");
        assert_eq!((error.status, error.needed), (Status::BufferTooSmall, needed), "{words} words");
    }
    let mut place = Place::fitting(&bytes, 0);
    place.setup.buffer_bytes -= 1;
    assert_eq!(place.status(), Status::BufferTooSmall);
    place.setup.buffer_bytes += 1;
    place.setup.stack_slots = usize::MAX;
    assert_eq!(place.status(), Status::BufferTooSmall);
}

#[test]
fn wrong_setups_are_refused() {
    let bytes = image(GUEST, false);
    let with = |change: fn(&mut Setup)| {
        let mut place = Place::fitting(&bytes, 64);
        change(&mut place.setup);
        place.init().map(|_| ()).map_err(|error| (error.status, error.at))
    };
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(with(|it| it.image = null()), Err((Status::NullPointer, 0)));
    assert_eq!(with(|it| it.buffer = null_mut()), Err((Status::NullPointer, 0)));
    assert_eq!(with(|it| it.imports = null()), Err((Status::NullPointer, 0)));
    assert_eq!(with(|it| it.image_bytes = usize::MAX), Err((Status::BadRange, 0)));
    assert_eq!(with(|it| it.buffer_bytes = usize::MAX), Err((Status::BadRange, 0)));
    assert_eq!(with(|it| it.import_count = usize::MAX / 16), Err((Status::BadRange, 0)));
    assert_eq!(with(|it| it.buffer = it.buffer.wrapping_byte_add(4)), Err((Status::Misaligned, 0)));
    assert_eq!(with(|it| it.imports = it.imports.wrapping_byte_add(1)), Err((Status::Misaligned, 0)));
    assert_eq!(with(|it| it.image = it.buffer), Err((Status::Overlap, 0)));
    assert_eq!(with(|it| it.imports = it.buffer.cast()), Err((Status::Overlap, 0)));
    assert_eq!(with(|it| it.import_count = 0), Err((Status::MissingImport, 0)));
    // The second import of the image is the first of the table.
    assert_eq!(with(|it| it.import_count = 1), Err((Status::MissingImport, 0)));

    // An image that begins in the middle of a word.
    let mut shifted = vec![0; bytes.len() + 4];
    shifted[4..].copy_from_slice(&bytes);
    let mut place = Place::new(&shifted, IMPORTS, needed(&bytes) / 8);
    place.setup.image = place.setup.image.wrapping_byte_add(4);
    place.setup.image_bytes = bytes.len();
    let error = place.init().expect_err("a misaligned image");
    assert_eq!((error.status, error.reason), (Status::BadImage, ImageErrorKind::Misaligned as u32 + 1));

    let place = Place::fitting(&bytes, 0);
    unsafe {
        let mut instance = null_mut();
        assert_eq!(wm_init(null(), &raw mut instance, null_mut()), Status::NullPointer);
        assert_eq!(wm_init(&raw const place.setup, null_mut(), null_mut()), Status::NullPointer);
        let inside = place.setup.buffer.cast();
        assert_eq!(wm_init(&raw const place.setup, inside, null_mut()), Status::Overlap);
        assert_eq!(wm_init(&raw const place.setup, &raw mut instance, null_mut()), Status::Ok);
        assert_eq!(wm_buffer_bytes(null(), 100, STACK, null_mut()), 0);
        let mut error = NO_ERROR;
        assert_eq!(wm_buffer_bytes(null(), 0, STACK, &raw mut error), 0);
        assert_eq!((error.status, error.reason), (Status::BadImage, ImageErrorKind::NotAnImage as u32 + 1));
    }
}

#[test]
fn wrong_imports_are_refused_with_their_index() {
    let bytes = image(GUEST, false);
    let with = |imports: [Import; 2]| {
        let error = Place::new(&bytes, imports, needed(&bytes) / 8).init().err();
        error.map(|error| (error.status, error.at))
    };
    let right = || import(c"fail", c"(i)", fail);
    assert_eq!(with([right(), import(c"add", c"(iI)I", add)]), None);
    assert_eq!(with([right(), import(c"sub", c"(iI)I", add)]), Some((Status::MissingImport, 0)));
    for other in [c"(Ii)I", c"(iI)", c"(iI)i", c"(iI)II", c"()I", c"(iII)I", c"(iF)I"] {
        assert_eq!(with([right(), import(c"add", other, add)]), Some((Status::ImportType, 0)), "{other:?}");
    }
    assert_eq!(with([import(c"fail", c"(f)", fail), import(c"add", c"(iI)I", add)]), Some((Status::ImportType, 1)));
    for malformed in [c"", c"(", c"iI)I", c"(iI", c"(x)", c"(iI)v", c"(iI)(", c" (iI)I"] {
        let entry = import(c"add", malformed, add);
        assert_eq!(with([right(), entry]), Some((Status::BadImport, 1)), "{malformed:?}");
    }
    let add = || import(c"add", c"(iI)I", add);
    for entry in [
        Import { module: null(), ..add() },
        Import { name: null(), ..add() },
        Import { signature: null(), ..add() },
        Import { func: None, ..add() },
    ] {
        assert_eq!(with([right(), entry]), Some((Status::BadImport, 1)));
    }
    let memory = image(r#"(module (import "host" "memory" (memory 1)))"#, false);
    assert_eq!(Place::fitting(&memory, 0).status(), Status::ImportKind);
}

#[test]
fn wrong_arguments_of_calls_are_refused() {
    let place = Place::fitting(&image(GUEST, false), 0);
    let guest = place.init().expect("an instance");
    let name = c"div".as_ptr();
    let (args, mut results) = ([4, 5], [0; 3]);
    let (args, results) = (args.as_ptr(), results.as_mut_ptr());
    let inside = place.setup.buffer.cast::<u64>();
    unsafe {
        assert_eq!(wm_call(guest, name, args, 0, results, 1), Status::WrongArguments);
        assert_eq!(wm_call(guest, name, args, 2, results, 1), Status::WrongArguments);
        assert_eq!(wm_call(guest, name, args, 1, results, 0), Status::WrongArguments);
        assert_eq!(wm_call(guest, name, args, 1, results, 2), Status::WrongArguments);
        assert_eq!(wm_call(guest, name, null(), 1, results, 1), Status::NullPointer);
        assert_eq!(wm_call(guest, name, args, 1, null_mut(), 1), Status::NullPointer);
        assert_eq!(wm_call(guest, null(), args, 1, results, 1), Status::NullPointer);
        assert_eq!(wm_call(guest, name, args, usize::MAX / 8, results, 1), Status::BadRange);
        assert_eq!(wm_call(guest, name, args, 1, results, usize::MAX), Status::BadRange);
        assert_eq!(wm_call(guest, name, args.byte_add(1), 1, results, 1), Status::Misaligned);
        assert_eq!(wm_call(guest, name, args, 1, results.byte_add(4), 1), Status::Misaligned);
        assert_eq!(wm_call(guest, name, inside, 1, results, 1), Status::Overlap);
        assert_eq!(wm_call(guest, name, args, 1, inside.add(place.buffer.len() - 1), 1), Status::Overlap);
        assert_eq!(wm_call(guest, c"".as_ptr(), args, 1, results, 1), Status::NoSuchExport);
        // An export that is no function.
        assert_eq!(wm_call(guest, c"memory".as_ptr(), args, 1, results, 1), Status::NoSuchExport);
        assert_eq!(wm_find(guest, name, null_mut()), Status::NullPointer);
        assert_eq!(wm_get_fuel(guest, null_mut()), Status::NullPointer);
        assert_eq!(wm_trap(guest, null_mut()), Status::NullPointer);
        // Results would overwrite the records of the instance.
        assert_eq!(wm_find(guest, name, inside.cast()), Status::Overlap);
        assert_eq!(wm_get_fuel(guest, inside), Status::Overlap);
        assert_eq!(wm_trap(guest, inside.cast()), Status::Overlap);
        assert!(wm_memory(guest, inside.cast()).is_null());
        let mut len = [9; 2];
        assert!(wm_memory(guest, len.as_mut_ptr().wrapping_byte_add(1)).is_null() && len == [9; 2]);
        assert!(!wm_memory(guest, null_mut()).is_null());
        assert_eq!(wm_call(guest, name, args, 1, results, 1), Status::Ok);
        assert_eq!(*results, 26);
    }
}

#[test]
fn what_is_no_instance_is_noticed() {
    let bytes = image(GUEST, false);
    let place = Place::fitting(&bytes, 0);
    let guest = place.init().expect("an instance");
    let refused = |instance: *mut Instance| unsafe {
        let mut len = 7;
        assert!(wm_memory(instance, &raw mut len).is_null() && len == 0);
        assert!(wm_data(instance).is_null());
        let statuses = [
            wm_find(instance, c"div".as_ptr(), &mut 0),
            wm_call(instance, c"div".as_ptr(), [0].as_ptr(), 1, [0].as_mut_ptr(), 1),
            wm_call_index(instance, 2, [0].as_ptr(), 1, [0].as_mut_ptr(), 1),
            wm_resume(instance, null_mut(), 0),
            wm_set_fuel(instance, 1),
            wm_get_fuel(instance, &mut 0),
            wm_trap(instance, &mut TrapInfo { code: 0, func: 0, offset: 0 }),
        ];
        assert!(statuses.iter().all(|status| *status == statuses[0]), "{statuses:?}");
        statuses[0]
    };
    assert_eq!(refused(null_mut()), Status::NullPointer);
    assert_eq!(refused(guest.wrapping_byte_add(1)), Status::NotAnInstance);
    // A copy of the buffer has pointers into the original.
    let mut copy = place.buffer.clone();
    assert_eq!(refused(copy.as_mut_ptr().cast()), Status::NotAnInstance);
    assert_eq!(refused(vec![0u64; 64].as_mut_ptr().cast()), Status::NotAnInstance);
    // Nor is what could not be made.
    let mut place = place;
    place.setup.import_count = 0;
    assert_eq!(place.status(), Status::MissingImport);
    assert_eq!(refused(guest), Status::NotAnInstance);
}

#[test]
fn messages_are_cut_to_the_room_there_is() {
    assert_eq!(message(Status::Ok as i32, 7), "no error");
    assert_eq!(message(Status::Trapped as i32, 8), "integer divide by zero");
    assert_eq!(message(Status::Trapped as i32, 0), Status::Trapped.message());
    assert_eq!(message(Status::BadImage as i32, 1), ImageErrorKind::NotAnImage.message());
    assert_eq!(message(Status::BadImage as i32, u32::MAX), Status::BadImage.message());
    for unknown in [-1, 1000, i32::MIN, i32::MAX] {
        assert_eq!(message(unknown, 0), "unknown status");
    }
    for size in 1..20 {
        let mut text = vec![1; size].into_boxed_slice();
        let len = unsafe { wm_message(Status::Busy as i32, 0, text.as_mut_ptr(), size) };
        assert_eq!(len, Status::Busy.message().len());
        let shown = unsafe { CStr::from_ptr(text.as_ptr()) }.to_bytes();
        assert_eq!(shown, &Status::Busy.message().as_bytes()[..size - 1]);
    }
    assert_eq!(unsafe { wm_message(0, 0, null_mut(), 10) }, 8);
}

/// The numbers in the header are those of the enumerations, and none is missing.
#[test]
fn header_has_the_numbers_of_statuses_traps_and_reasons() {
    let header = include_str!("../include/wasmote-firmware.h");
    let mut expected = Vec::new();
    let mut expect = |prefix: &str, name: String, number: u32| {
        let mut constant = String::from(prefix);
        for (at, letter) in name.char_indices() {
            if at > 0 && letter.is_uppercase() {
                constant.push('_');
            }
            constant.push(letter.to_ascii_uppercase());
        }
        expected.push(format!("  {constant} = {number}"));
    };
    for &status in Status::ALL {
        expect("WM_", format!("{status:?}"), status as u32);
    }
    for code in TrapCode::ALL {
        expect("WM_TRAP_", format!("{code:?}"), code as u32);
    }
    for kind in ImageErrorKind::ALL {
        expect("WM_IMAGE_", format!("{kind:?}"), kind as u32 + 1);
    }
    let constants = header.lines().filter(|line| line.starts_with("  WM_")).map(|line| line.trim_end_matches(','));
    assert_eq!(constants.collect::<Vec<_>>(), expected);
}
