//! Executes images where they lie, in flash for instance, with memory that the embedder gives. There is no allocator,
//! no copy of the code, and no linking.
//!
//! ```
//! use wasmote_exec::in_place::{Caller, Import, Instance, buffer_bytes};
//! use wasmote_exec::{TrapCode, ValType};
//!
//! fn log(caller: &mut Caller<'_, Vec<u64>>, args: &mut [u64]) -> Result<(), TrapCode> {
//!     caller.data().push(args[0]);
//!     Ok(())
//! }
//! # fn image() -> Vec<u64> {
//! #     let wasm = wat::parse_str(r#"(module (import "host" "log" (func (param i32)))
//! #         (func (export "run") (param i32) (result i32)
//! #             (call 0 (local.get 0)) (i32.mul (local.get 0) (i32.const 2))))"#).unwrap();
//! #     let module = wasmote_decode::decode(&wasm).unwrap();
//! #     let mut options = wasmote_compile::ImageOptions::default();
//! #     options.code.op_set = wasmote_ir::image::OpSet::Core;
//! #     let image = wasmote_compile::write_image(&module, &wasm, &options).unwrap();
//! #     image.chunks(8).map(|c| { let mut w = [0; 8]; w[..c.len()].copy_from_slice(c); u64::from_ne_bytes(w) }).collect()
//! # }
//!
//! // What `wasmote compile --op-set core` wrote; in firmware `include_bytes!`, aligned to 8.
//! let words = image();
//! let image: &[u8] = unsafe { words.align_to().1 };
//!
//! let imports = [Import { module: "host", name: "log", params: &[ValType::I32], results: &[], func: log }];
//! let stack_slots = 256;
//! let mut buffer = vec![0u64; buffer_bytes(image, stack_slots).unwrap() / 8];
//! let mut instance = Instance::new(image, &imports, &mut buffer, stack_slots, Vec::new()).unwrap();
//! let mut results = [0];
//! instance.call("run", &[21], &mut results).unwrap();
//! assert_eq!(results, [42]);
//! assert_eq!(*instance.data(), [21]);
//! ```
//!
//! Limits compared with the full engine: there is one instance, it imports functions only, and tables do not grow.
//! Memory 0 grows up to the end of the buffer, other memories do not grow.
//!
//! Read in this order: `plan`, the layout of the buffer; `start`, instantiation; `hooks`, what execution asks back.

mod activation;
mod error;
mod hooks;
pub(crate) mod mode;
mod plan;
mod start;

use core::marker::PhantomData;

use wasmote_ir::image::layout::{Section, kinds};
use wasmote_ir::image::{Image, TypeRecord};
use wasmote_ir::{TrapCode, ValType};

use crate::activation::{Activation, Stop};
use crate::state;

pub use error::{CallError, LoadError};
use hooks::HostHooks;
pub use mode::InPlace;

/// A host function that images can import.
pub struct Import<T> {
    /// The name of its module.
    pub module: &'static str,
    /// Its name in the module.
    pub name: &'static str,
    /// The types of the parameters.
    pub params: &'static [ValType],
    /// The types of the results.
    pub results: &'static [ValType],
    /// The function.
    pub func: HostFn<T>,
}

/// The code of a host function. `args` holds the arguments in slots, one for each and two for a vector. It receives
/// the results from slot 0 on. It is as long as the larger of both. Values of 32 bits are zero-extended, and floats
/// are their bits.
///
/// An error ends the call from the host as a trap. After [`TrapCode::OutOfFuel`], [`Instance::resume`] calls the
/// function again. A panic must not unwind: it ends the program.
pub type HostFn<T> = fn(&mut Caller<'_, T>, args: &mut [u64]) -> Result<(), TrapCode>;

/// What [`Instance`] needs to know of a host function. [`Import`] is the usual one; others have the same in another
/// form, such as a record of C.
pub trait HostFunction<T> {
    /// Returns whether an import of this module with this name means this function.
    fn is_named(&self, module: &[u8], name: &[u8]) -> bool;
    /// Returns the types of its results, or of its parameters.
    fn types(&self, results: bool) -> impl Iterator<Item = ValType>;
    /// Calls it. [`HostFn`] says how.
    ///
    /// # Errors
    /// The trap that ends the call from the host.
    fn call(&self, caller: &mut Caller<'_, T>, args: &mut [u64]) -> Result<(), TrapCode>;
}

impl<T> HostFunction<T> for Import<T> {
    fn is_named(&self, module: &[u8], name: &[u8]) -> bool {
        self.module.as_bytes() == module && self.name.as_bytes() == name
    }

    fn types(&self, results: bool) -> impl Iterator<Item = ValType> {
        if results { self.results } else { self.params }.iter().copied()
    }

    fn call(&self, caller: &mut Caller<'_, T>, args: &mut [u64]) -> Result<(), TrapCode> {
        (self.func)(caller, args)
    }
}

/// What a host function can use of the calling instance.
pub struct Caller<'a, T> {
    instance: *mut state::Instance<InPlace>,
    data: &'a mut T,
}

impl<T> Caller<'_, T> {
    /// Returns the data given to [`Instance::new`].
    pub fn data(&mut self) -> &mut T {
        self.data
    }

    /// Returns memory 0, or an empty slice if there is none.
    pub fn memory(&mut self) -> &mut [u8] {
        // SAFETY: the running instance created this `Caller` and outlives it. It does not use its memory until the
        // host function returns, and `self` is borrowed mutably.
        unsafe { memory(self.instance) }
    }

    /// Returns memory 0 and the data at the same time.
    pub fn memory_and_data(&mut self) -> (&mut [u8], &mut T) {
        // SAFETY: as in `memory`. The data is not part of the memory.
        (unsafe { memory(self.instance) }, self.data)
    }
}

/// Returns memory 0.
///
/// # Safety
/// The instance lives for `'a`, and nothing else uses its memory during that time.
unsafe fn memory<'a>(instance: *mut state::Instance<InPlace>) -> &'a mut [u8] {
    // SAFETY: the caller guarantees the instance and exclusive use. An instance has at least one memory, whose record
    // gives its readable and writable bytes.
    unsafe {
        let memory = *(*instance).memories;
        core::slice::from_raw_parts_mut((*memory).base, (*memory).len() as usize)
    }
}

/// Returns how many bytes of buffer an image needs at least: for its memory at its initial size, and for a value
/// stack of `stack_slots` slots of 8 bytes. Memory 0 can grow into the rest of a larger buffer.
///
/// # Errors
/// The bytes are no image, or one that this build cannot run.
#[cfg(feature = "verify")]
pub fn buffer_bytes(image: &[u8], stack_slots: usize) -> Result<usize, LoadError> {
    let image = start::parse(image)?;
    image.verify_metadata(cfg!(feature = "extended"))?;
    Ok(plan::Plan::of(&image, stack_slots).bytes)
}

/// As [`buffer_bytes`], for an image that [`Instance::new_unchecked`] takes.
///
/// # Safety
/// As [`Instance::new_unchecked`].
///
/// # Errors
/// The bytes are no image, or one that this build cannot run.
pub unsafe fn buffer_bytes_unchecked(image: &[u8], stack_slots: usize) -> Result<usize, LoadError> {
    Ok(plan::Plan::of(&start::trust(image)?, stack_slots).bytes)
}

/// An instance of an image in a buffer.
pub struct Instance<'a, T, I = Import<T>> {
    image: Image<'a>,
    imports: &'a [I],
    machine: *mut state::Machine<InPlace>,
    instance: *mut state::Instance<InPlace>,
    /// For each imported function, its index in `imports`.
    resolved: *const u16,
    data: T,
    /// The last call.
    activation: Activation<InPlace>,
    /// The number of result slots of the call that waits for fuel, if one does.
    waiting: Option<usize>,
    buffer: PhantomData<&'a mut [u64]>,
}

// SAFETY: the instance owns what its pointers lead to: the buffer, borrowed mutably for `'a`, and the data, which is
// `Send`. The image and the imports, which are `Sync`, are only read, and no other thread gets the pointers.
unsafe impl<T: Send, I: Sync> Send for Instance<'_, T, I> {}

impl<'a, T> Instance<'a, T> {
    /// Verifies the whole image and instantiates it. Runs its start function if it has one. `image` must lie at an
    /// address that is a multiple of 8. Memory 0 may grow up to the end of the buffer.
    ///
    /// # Errors
    /// The image is refused, the buffer is too small ([`buffer_bytes`] returns the needed size), an import is missing
    /// from `imports` or has another type, or the start traps.
    #[cfg(feature = "verify")]
    pub fn new(
        image: &'a [u8],
        imports: &'a [Import<T>],
        buffer: &'a mut [u64],
        stack_slots: usize,
        data: T,
    ) -> Result<Instance<'a, T>, LoadError> {
        Instance::with_host_functions(image, imports, buffer, stack_slots, data, None)
    }

    /// As [`Instance::new`], with this much fuel from the start. A start function traps when it is used up.
    ///
    /// # Errors
    /// As [`Instance::new`]. The image is also refused if it is not metered.
    #[cfg(feature = "verify")]
    pub fn new_with_fuel(
        image: &'a [u8],
        imports: &'a [Import<T>],
        buffer: &'a mut [u64],
        stack_slots: usize,
        data: T,
        fuel: u64,
    ) -> Result<Instance<'a, T>, LoadError> {
        Instance::with_host_functions(image, imports, buffer, stack_slots, data, Some(fuel))
    }

    /// Instantiates an image without verifying it, such as one that is built into the firmware. Otherwise it is as
    /// `Instance::new`, which needs the feature `verify`.
    ///
    /// # Safety
    /// `wasmote_translate` made the image from a valid module, and it is unchanged. (Its op set is checked, because
    /// the image states it.)
    ///
    /// # Errors
    /// The bytes are no image, or one that this build cannot run. Or the buffer is too small
    /// ([`buffer_bytes_unchecked`] returns the needed size), an import is missing from `imports` or has another type,
    /// or the start traps.
    pub unsafe fn new_unchecked(
        image: &'a [u8],
        imports: &'a [Import<T>],
        buffer: &'a mut [u64],
        stack_slots: usize,
        data: T,
    ) -> Result<Instance<'a, T>, LoadError> {
        let parsed = start::trust(image)?;
        // SAFETY: the caller vouches for the image, which takes the place of verification.
        unsafe { start::instantiate(parsed, imports, buffer, stack_slots, data, u64::MAX) }
    }
}

impl<'a, T, I: HostFunction<T>> Instance<'a, T, I> {
    /// As [`Instance::new`], or [`Instance::new_with_fuel`] if there is `fuel`, with host functions of any type.
    ///
    /// # Errors
    /// As these.
    #[cfg(feature = "verify")]
    pub fn with_host_functions(
        image: &'a [u8],
        imports: &'a [I],
        buffer: &'a mut [u64],
        stack_slots: usize,
        data: T,
        fuel: Option<u64>,
    ) -> Result<Instance<'a, T, I>, LoadError> {
        let parsed = start::parse(image)?;
        if fuel.is_some() {
            parsed.check_metered()?;
        }
        start::verify(&parsed, buffer, stack_slots)?;
        // SAFETY: the lines above verified the image.
        unsafe { start::instantiate(parsed, imports, buffer, stack_slots, data, fuel.unwrap_or(u64::MAX)) }
    }

    /// Calls an exported function. `args` and `results` are slots, as in [`HostFn`].
    ///
    /// # Errors
    /// There is no such function, the numbers of slots do not match its type, or it traps. After
    /// [`TrapCode::OutOfFuel`], [`Instance::resume`] continues the call.
    pub fn call(&mut self, export: &str, args: &[u64], results: &mut [u64]) -> Result<(), CallError> {
        let func = self.exported_func(export.as_bytes()).ok_or(CallError::NoSuchExport)?;
        self.call_index(func, args, results)
    }

    /// Returns the index of the function with this export name.
    pub fn exported_func(&self, export: &[u8]) -> Option<u32> {
        self.exported(kinds::FUNC, export)
    }

    fn exported(&self, kind: u32, name: &[u8]) -> Option<u32> {
        let mut exports = (0..self.image.count(Section::Exports)).filter_map(|index| self.image.export(index));
        Some(exports.find(|export| export.kind == kind && export.name == name)?.index)
    }

    /// As [`Instance::call`], for a function by its index. Imports count, and the function need not be exported.
    ///
    /// # Errors
    /// As [`Instance::call`].
    pub fn call_index(&mut self, func: u32, args: &[u64], results: &mut [u64]) -> Result<(), CallError> {
        self.begin(func, args, results.len())?;
        self.resume(results)
    }

    /// Begins a call as [`Instance::call_index`] does, for a function with this many result slots. The call then waits
    /// as one that ran out of fuel, and [`Instance::resume`] runs it. So arguments and results can lie in the same
    /// place.
    ///
    /// # Errors
    /// As [`Instance::call`]. A call that waited before is dropped, unless the numbers of slots do not match.
    pub fn begin(&mut self, func: u32, args: &[u64], results: usize) -> Result<(), CallError> {
        let record = self.image.func(func).ok_or(CallError::NoSuchExport)?;
        let ty = self.image.ty(record.ty.into()).ok_or(CallError::NoSuchExport)?;
        if args.len() != usize::from(ty.param_slots) || results != result_slots(&self.image, ty) {
            return Err(CallError::WrongArguments);
        }
        self.waiting = None;
        // SAFETY: `start::instantiate` made the machine and the instance in the buffer, which this instance borrows.
        // `func` is in range, and the number of arguments is checked. The code is verified or vouched for.
        unsafe {
            self.activation = Activation::none((*self.machine).stack_top, self.instance);
            self.activation =
                Activation::<InPlace>::start(self.instance, func, record, args).map_err(CallError::Trap)?;
        }
        self.waiting = Some(results);
        Ok(())
    }

    /// Continues the call that ran out of fuel, after [`Instance::set_fuel`], or that was begun. `results` are those of
    /// that call.
    ///
    /// # Errors
    /// As [`Instance::call`], and [`CallError::NothingToResume`] if no call waits for fuel.
    pub fn resume(&mut self, results: &mut [u64]) -> Result<(), CallError> {
        match self.waiting.take() {
            Some(slots) if slots == results.len() => {}
            Some(slots) => {
                self.waiting = Some(slots);
                return Err(CallError::WrongArguments);
            }
            None => return Err(CallError::NothingToResume),
        }
        // SAFETY: `waiting` is set only while the activation is one that stopped for fuel or did not run yet. Each new
        // call clears it, so nothing ran since.
        unsafe { self.run(results) }
    }

    /// Returns what the hooks need.
    fn host(&mut self) -> HostHooks<T, I> {
        HostHooks { data: &raw mut self.data, imports: self.imports.as_ptr(), resolved: self.resolved }
    }

    /// Runs the activation until it stops.
    ///
    /// # Safety
    /// As [`Activation::run`].
    unsafe fn run(&mut self, results: &mut [u64]) -> Result<(), CallError> {
        let mut host = self.host();
        // SAFETY: the caller guarantees the activation's contract. `host` lives until the end of this function, and
        // hooks use it only while the activation runs.
        let stop = unsafe {
            (*self.machine).embedder = (&raw mut host).cast();
            self.activation.run(self.machine)
        };
        if stop == Stop::OutOfFuel {
            self.waiting = Some(results.len());
        }
        stop.returned().map_err(CallError::Trap)?;
        // SAFETY: the function returned. It has as many result slots as `results`, which the callers checked.
        unsafe { self.activation.results(results) };
        // SAFETY: the machine lies in the buffer, which this instance borrows.
        self.activation = Activation::none(unsafe { (*self.machine).stack_top }, self.instance);
        Ok(())
    }

    /// Sets the fuel that is left; `docs/fuel.md` has the costs. Without a call of this, there is practically no
    /// limit.
    ///
    /// # Errors
    /// [`CallError::NotMetered`] if the image takes no fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), CallError> {
        self.image.check_metered().map_err(|_| CallError::NotMetered)?;
        // SAFETY: the machine lies in the buffer, which this instance borrows, and nothing runs.
        unsafe { (*self.machine).fuel = fuel };
        Ok(())
    }

    /// Returns the fuel that is left.
    ///
    /// # Errors
    /// [`CallError::NotMetered`] if the image takes no fuel.
    pub fn get_fuel(&self) -> Result<u64, CallError> {
        self.image.check_metered().map_err(|_| CallError::NotMetered)?;
        // SAFETY: the machine lies in the buffer, which this instance borrows, and nothing runs.
        Ok(unsafe { (*self.machine).fuel })
    }

    /// Sets the hook that sees each instruction, or removes it.
    #[cfg(feature = "trace")]
    pub fn set_trace(&mut self, hook: Option<crate::trace::Hook<InPlace>>) {
        // SAFETY: the machine lies in the buffer, which this instance borrows, and nothing runs.
        unsafe { (*self.machine).trace = hook };
    }

    /// Returns memory 0, or an empty slice if there is none.
    pub fn memory(&mut self) -> &mut [u8] {
        // SAFETY: the instance lies in the buffer. Nothing runs, and `self` is borrowed mutably for as long as the
        // slice.
        unsafe { memory(self.instance) }
    }

    /// Returns the first slot of an exported global.
    pub fn global(&self, export: &str) -> Option<u64> {
        let found = self.exported(kinds::GLOBAL, export.as_bytes())?;
        // SAFETY: the instance lies in the buffer, and nothing runs. The image verifier checks that indices of
        // exports are in range.
        Some(unsafe { (*(*self.instance).globals.add(found as usize)).read() })
    }

    /// Returns the data.
    pub fn data(&mut self) -> &mut T {
        &mut self.data
    }

    /// Returns where the last trap happened: the function (imports count), and the offset in its code in units.
    pub fn trap_site(&self) -> Option<(u32, u32)> {
        self.place(self.activation.ip())
    }

    /// Returns the function that contains this address (imports count), and the offset in its code in units.
    pub fn place(&self, place: *const u8) -> Option<(u32, u32)> {
        let at = place.addr().wrapping_sub(self.image.bytes().as_ptr().addr());
        let funcs = self.image.imported(kinds::FUNC)..self.image.count(Section::Funcs);
        let mut ranges = funcs.filter_map(|func| Some((func, self.image.code_range(func)?)));
        let (func, range) = ranges.find(|(_, range)| range.contains(&at))?;
        Some((func, ((at - range.start) / 2) as u32))
    }
}

/// Returns the number of result slots of a function type.
fn result_slots(image: &Image<'_>, ty: TypeRecord) -> usize {
    image.val_types(ty, true).map(|ty| usize::from(ty.slots())).sum()
}
