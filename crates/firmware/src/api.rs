//! The functions. The header says what each does, and whose the memory is; here is what they check.
//!
//! All of them demand of C what cannot be checked: that a pointer which is not null leads to the memory that the header
//! names, and that nothing else uses an instance at the same time.

use core::ffi::{CStr, c_char, c_void};
use core::ptr;

use wasmote_exec::in_place;

use crate::import::Import;
use crate::instance::{Host, Inner, Instance};
use crate::range::{Range, checked, slice, slice_mut};
use crate::status::{Error, Status, TrapInfo};

/// What an instance is made of: `wm_setup`.
#[repr(C)]
pub struct Setup {
    /// The image.
    pub image: *const c_void,
    /// Its length.
    pub image_bytes: usize,
    /// Memory for the instance.
    pub buffer: *mut c_void,
    /// Its length.
    pub buffer_bytes: usize,
    /// The slots of the value stack.
    pub stack_slots: usize,
    /// The host functions.
    pub imports: *const Import,
    /// How many there are.
    pub import_count: usize,
    /// The caller's pointer.
    pub data: *mut c_void,
    /// The fuel of the start, or 0 if nothing limits it.
    pub fuel: u64,
}

/// The bytes of buffer that the record takes.
const RECORD: usize = size_of::<Instance>();

fn status(outcome: Result<(), Status>) -> Status {
    outcome.err().unwrap_or(Status::Ok)
}

/// Writes a value where C wants it, if it does.
///
/// # Safety
/// The place is null, or valid for it.
unsafe fn write<V>(place: *mut V, value: V) {
    if !place.is_null() && place.is_aligned() {
        // SAFETY: the caller guarantees the place.
        unsafe { place.write(value) }
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_buffer_bytes(
    image: *const c_void,
    image_bytes: usize,
    stack_slots: usize,
    error: *mut Error,
) -> usize {
    let image = image.cast::<u8>();
    // SAFETY: the caller guarantees the image.
    let bytes = checked(image, image_bytes)
        .map_err(Error::from)
        .and_then(|_| unsafe { in_place::buffer_bytes(slice(image, image_bytes), stack_slots).map_err(Error::from) });
    let (bytes, outcome) = match bytes {
        Ok(bytes) => (bytes.saturating_add(RECORD), Status::Ok.into()),
        Err(error) => (0, error),
    };
    // SAFETY: the caller guarantees the place.
    unsafe { write(error, outcome) };
    bytes
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_init(setup: *const Setup, instance: *mut *mut Instance, error: *mut Error) -> Status {
    // SAFETY: the caller guarantees the pointers.
    let outcome = checked(instance.cast_const(), 1)
        .and_then(|place| Ok((place, checked(error.cast_const(), usize::from(!error.is_null()))?)))
        .map_err(Error::from)
        .and_then(|(place, error)| unsafe { init(setup, &[place, error]) });
    let (made, outcome) = match outcome {
        Ok(made) => (made, Status::Ok.into()),
        Err(error) => (ptr::null_mut(), error),
    };
    // SAFETY: the caller guarantees the places.
    unsafe {
        write(instance, made);
        write(error, outcome);
    }
    outcome.status
}

/// Makes an instance. The buffer overlaps nothing that it is made of, nor the places of results.
///
/// # Safety
/// As `wm_init`.
unsafe fn init(setup: *const Setup, places: &[Range]) -> Result<*mut Instance, Error> {
    let setup_range = checked(setup, 1)?;
    // SAFETY: the caller guarantees the setup.
    let setup = unsafe { &*setup };
    let image = setup.image.cast::<u8>();
    let image_range = checked(image, setup.image_bytes)?;
    let imports_range = checked(setup.imports, setup.import_count)?;
    let words = setup.buffer_bytes / 8;
    let buffer = checked(setup.buffer.cast::<u64>().cast_const(), words)?;
    if !buffer.start.is_multiple_of(8) {
        return Err(Status::Misaligned.into());
    }
    for range in [setup_range, image_range, imports_range].iter().chain(places) {
        buffer.apart_from(*range)?;
    }
    // SAFETY: the caller guarantees image and imports for as long as the instance is used.
    let (image, imports) =
        unsafe { (slice::<u8>(image, setup.image_bytes), slice::<Import>(setup.imports, setup.import_count)) };
    if let Some(at) = imports.iter().position(|import| !import.is_well_formed()) {
        return Err(Error::at(Status::BadImport, u32::try_from(at).unwrap_or(u32::MAX)));
    }
    let Some(rest) = words.checked_sub(RECORD / 8) else {
        let needed = in_place::buffer_bytes(image, setup.stack_slots)?.saturating_add(RECORD);
        return Err(Error { needed, ..Status::BufferTooSmall.into() });
    };
    let instance = setup.buffer.cast::<Instance>();
    // SAFETY: the buffer has room for the record, and nothing else uses it, says the caller.
    let made = unsafe {
        Instance::write(instance, setup.data, buffer);
        let rest = slice_mut(instance.add(1).cast::<u64>(), rest);
        let host = Host { instance };
        let fuel = Some(setup.fuel).filter(|&fuel| fuel > 0);
        Inner::with_host_functions(image, imports, rest, setup.stack_slots, host, fuel)
    };
    let made = made.map_err(|error| {
        let error = Error::from(error);
        Error { needed: if error.needed == 0 { 0 } else { error.needed.saturating_add(RECORD) }, ..error }
    });
    // SAFETY: the record was just written.
    unsafe { Instance::complete(instance, made) }?;
    Ok(instance)
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_find(instance: *mut Instance, name: *const c_char, func: *mut u32) -> Status {
    // SAFETY: the caller guarantees the pointers.
    status(unsafe { find(instance, name) }.and_then(|found| {
        // SAFETY: `find` checked the instance.
        unsafe { checked_apart(instance, func, 1) }?;
        // SAFETY: as above.
        unsafe { func.write(found) };
        Ok(())
    }))
}

/// Returns the index of an exported function.
///
/// # Safety
/// As `wm_find`.
unsafe fn find(instance: *mut Instance, name: *const c_char) -> Result<u32, Status> {
    // SAFETY: the caller guarantees the pointers, which are checked.
    unsafe {
        Instance::check_idle(instance)?;
        checked(name, 1)?;
        Instance::inner(instance).exported_func(CStr::from_ptr(name).to_bytes()).ok_or(Status::NoSuchExport)
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_call(
    instance: *mut Instance,
    name: *const c_char,
    args: *const u64,
    arg_count: usize,
    results: *mut u64,
    result_count: usize,
) -> Status {
    // SAFETY: the caller guarantees the pointers.
    status(unsafe {
        find(instance, name).and_then(|func| call(instance, func, args, arg_count, results, result_count))
    })
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_call_index(
    instance: *mut Instance,
    func: u32,
    args: *const u64,
    arg_count: usize,
    results: *mut u64,
    result_count: usize,
) -> Status {
    // SAFETY: the caller guarantees the pointers.
    status(unsafe { call(instance, func, args, arg_count, results, result_count) })
}

/// Calls a function by its index.
///
/// # Safety
/// As `wm_call_index`.
unsafe fn call(
    instance: *mut Instance,
    func: u32,
    args: *const u64,
    arg_count: usize,
    results: *mut u64,
    result_count: usize,
) -> Result<(), Status> {
    // SAFETY: the caller guarantees the pointers, which are checked. The arguments are copied before anything runs, so
    // the results may lie in the same place.
    unsafe {
        Instance::check_idle(instance)?;
        checked_apart(instance, args, arg_count)?;
        checked_apart(instance, results, result_count)?;
        Instance::run(instance, |inner| {
            inner.begin(func, slice(args, arg_count), result_count)?;
            inner.resume(slice_mut(results, result_count))
        })
    }
}

/// Checks a pointer to `count` items, which must not lie in the buffer of the instance.
///
/// # Safety
/// [`Instance::state`] passed.
unsafe fn checked_apart<P>(instance: *const Instance, start: *const P, count: usize) -> Result<(), Status> {
    let range = checked(start, count)?;
    // SAFETY: the caller guarantees the instance.
    range.apart_from(unsafe { (*instance).buffer })
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_resume(instance: *mut Instance, results: *mut u64, result_count: usize) -> Status {
    // SAFETY: the caller guarantees the pointers.
    let resumed = || unsafe {
        Instance::check_idle(instance)?;
        checked_apart(instance, results, result_count)?;
        Instance::run(instance, |inner| inner.resume(slice_mut(results, result_count)))
    };
    status(resumed())
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_set_fuel(instance: *mut Instance, fuel: u64) -> Status {
    // SAFETY: the caller guarantees the pointer.
    status(unsafe { Instance::check_idle(instance) }.and_then(|()| {
        // SAFETY: the instance is idle.
        unsafe { Instance::inner(instance) }.set_fuel(fuel).map_err(Status::from)
    }))
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_get_fuel(instance: *mut Instance, fuel: *mut u64) -> Status {
    // SAFETY: the caller guarantees the pointers.
    status(unsafe { Instance::check_idle(instance) }.and_then(|()| {
        // SAFETY: the instance is idle, and the caller guarantees the place.
        unsafe {
            checked_apart(instance, fuel, 1)?;
            fuel.write(Instance::inner(instance).get_fuel()?);
        }
        Ok(())
    }))
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_memory(instance: *mut Instance, bytes: *mut usize) -> *mut u8 {
    // SAFETY: the caller guarantees the pointers.
    unsafe {
        let memory = Instance::memory(instance).and_then(|memory| {
            checked_apart(instance, bytes, usize::from(!bytes.is_null()))?;
            Ok(memory)
        });
        match memory {
            Ok((start, len)) => {
                write(bytes, len);
                start
            }
            Err(status) => {
                if status != Status::Overlap {
                    write(bytes, 0);
                }
                ptr::null_mut()
            }
        }
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_data(instance: *const Instance) -> *mut c_void {
    // SAFETY: the caller guarantees the pointer.
    unsafe { Instance::state(instance).map_or(ptr::null_mut(), |_| (*instance).data) }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wm_trap(instance: *mut Instance, info: *mut TrapInfo) -> Status {
    // SAFETY: the caller guarantees the pointers.
    status(unsafe { Instance::check_idle(instance) }.and_then(|()| {
        // SAFETY: the instance is idle, and the caller guarantees the place.
        unsafe {
            checked_apart(instance, info, 1)?;
            info.write(Instance::trap(instance)?);
        }
        Ok(())
    }))
}
