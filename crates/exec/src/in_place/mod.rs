//! Images executed where they lie, in flash for instance, with memory that the embedder gives: no allocator, no copy of the
//! code, no linking.
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
//! Differences to the full engine: one instance, which imports functions only; tables do not grow; memory 0 grows as far as
//! the buffer goes, other memories do not.
//!
//! Read in this order: `plan`, what lies where in the buffer; `start`, instantiation; `hooks`, what execution asks back.

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
use hooks::Host;
pub use mode::InPlace;

/// A function of the host that images import.
pub struct Import<T> {
    /// The module's name.
    pub module: &'static str,
    /// The name in it.
    pub name: &'static str,
    /// Types of the parameters.
    pub params: &'static [ValType],
    /// Types of the results.
    pub results: &'static [ValType],
    /// The function.
    pub func: HostFn<T>,
}

/// What a function of the host does. `args` has the arguments in slots, one for each (two for a vector), and takes the
/// results from slot 0 on; it is as long as the larger of both. 32-bit values are zero-extended, floats are their bits. An
/// error ends the call from the host as a trap; after [`TrapCode::OutOfFuel`], [`Instance::resume`] calls the function again. A
/// panic must not unwind: it would end the program.
pub type HostFn<T> = fn(&mut Caller<'_, T>, args: &mut [u64]) -> Result<(), TrapCode>;

/// What a function of the host may use of the instance that called it.
pub struct Caller<'a, T> {
    instance: *mut state::Instance<InPlace>,
    data: &'a mut T,
}

impl<T> Caller<'_, T> {
    /// The data given to [`Instance::new`].
    pub fn data(&mut self) -> &mut T {
        self.data
    }

    /// Memory 0; empty if there is none.
    pub fn memory(&mut self) -> &mut [u8] {
        // SAFETY: the instance runs this function, and does nothing else with its memory meanwhile.
        unsafe { memory(self.instance) }
    }

    /// Memory 0 and the data, both at once.
    pub fn memory_and_data(&mut self) -> (&mut [u8], &mut T) {
        // SAFETY: as `memory`; the data lies elsewhere.
        (unsafe { memory(self.instance) }, self.data)
    }
}

/// # Safety
/// The instance lives for `'a`, and nobody else uses its memory for so long.
unsafe fn memory<'a>(instance: *mut state::Instance<InPlace>) -> &'a mut [u8] {
    // SAFETY: an instance has a memory at least, and a memory its bytes.
    unsafe {
        let memory = *(*instance).memories;
        core::slice::from_raw_parts_mut((*memory).base, (*memory).len() as usize)
    }
}

/// How many bytes of buffer an image needs at least, with its memory as it begins, and a value stack of this many slots of
/// 8 bytes. What a buffer has beyond is for memory 0 to grow into.
///
/// # Errors
/// When it is no image that this build can run.
#[cfg(feature = "verify")]
pub fn buffer_bytes(image: &[u8], stack_slots: usize) -> Result<usize, LoadError> {
    let image = start::parse(image)?;
    image.verify_metadata(cfg!(feature = "extended"))?;
    Ok(plan::Plan::of(&image, stack_slots).bytes)
}

/// As [`buffer_bytes`], for an image that [`Instance::new_trusted`] takes.
///
/// # Safety
/// As of [`Instance::new_trusted`].
///
/// # Errors
/// When it is no image that this build can run.
pub unsafe fn buffer_bytes_trusted(image: &[u8], stack_slots: usize) -> Result<usize, LoadError> {
    Ok(plan::Plan::of(&start::trust(image)?, stack_slots).bytes)
}

/// An instance of an image in a buffer.
pub struct Instance<'a, T> {
    image: Image<'a>,
    imports: &'a [Import<T>],
    machine: *mut state::Machine<InPlace>,
    instance: *mut state::Instance<InPlace>,
    /// For each imported function which of `imports` it is.
    resolved: *const u16,
    data: T,
    /// The last call.
    activation: Activation<InPlace>,
    /// How many slots of results are to come, while it waits for fuel.
    waiting: Option<usize>,
    buffer: PhantomData<&'a mut [u64]>,
}

// SAFETY: it owns what its pointers lead to: the buffer, and the data.
unsafe impl<T: Send> Send for Instance<'_, T> {}

impl<'a, T> Instance<'a, T> {
    /// Verifies an image, all of it, and instantiates it; runs its start function, if it has one. `image` must lie at an
    /// address that is a multiple of 8. Memory 0 may grow as far as the buffer goes.
    ///
    /// # Errors
    /// When the image is refused, the buffer is too small ([`buffer_bytes`] says how large it must be), something that the
    /// image imports is missing from `imports`, or the start traps.
    #[cfg(feature = "verify")]
    pub fn new(
        image: &'a [u8],
        imports: &'a [Import<T>],
        buffer: &'a mut [u64],
        stack_slots: usize,
        data: T,
    ) -> Result<Instance<'a, T>, LoadError> {
        Instance::new_with_fuel(image, imports, buffer, stack_slots, data, u64::MAX)
    }

    /// As [`Instance::new`], with this much fuel from the beginning: a metered start function traps when it is used up.
    ///
    /// # Errors
    /// As [`Instance::new`].
    #[cfg(feature = "verify")]
    pub fn new_with_fuel(
        image: &'a [u8],
        imports: &'a [Import<T>],
        buffer: &'a mut [u64],
        stack_slots: usize,
        data: T,
        fuel: u64,
    ) -> Result<Instance<'a, T>, LoadError> {
        let parsed = start::parse(image)?;
        start::verify(&parsed, buffer, stack_slots)?;
        // SAFETY: it was verified.
        unsafe { start::instantiate(parsed, imports, buffer, stack_slots, data, fuel) }
    }

    /// Instantiates an image that is known to be as `wasmote compile` wrote it, such as one that is built into the firmware: of
    /// that, nothing is verified. Otherwise as `Instance::new`, which is there with the feature `verify`.
    ///
    /// # Safety
    /// The image was made by `wasmote_translate` from a valid module, and is unchanged. (That it was made for this op set is
    /// looked at: it says so.)
    ///
    /// # Errors
    /// When it is no image that this build can run, the buffer is too small ([`buffer_bytes_trusted`] says how large it must be),
    /// something that the image imports is missing from `imports`, or the start traps.
    pub unsafe fn new_trusted(
        image: &'a [u8],
        imports: &'a [Import<T>],
        buffer: &'a mut [u64],
        stack_slots: usize,
        data: T,
    ) -> Result<Instance<'a, T>, LoadError> {
        let parsed = start::trust(image)?;
        // SAFETY: the caller's promise.
        unsafe { start::instantiate(parsed, imports, buffer, stack_slots, data, u64::MAX) }
    }

    /// Calls an exported function. `args` and `results` are slots, as in [`HostFn`].
    ///
    /// # Errors
    /// When there is no such function, the slots are not as many as its type says, or it traps. After
    /// [`TrapCode::OutOfFuel`], [`Instance::resume`] goes on.
    pub fn call(&mut self, export: &str, args: &[u64], results: &mut [u64]) -> Result<(), CallError> {
        let exports = (0..self.image.count(Section::Exports)).filter_map(|index| self.image.export(index));
        let found = exports.into_iter().find(|e| e.kind == kinds::FUNC && e.name == export.as_bytes());
        let func = found.ok_or(CallError::NoSuchExport)?.index;
        self.call_index(func, args, results)
    }

    /// [`Instance::call`] of a function by its index, imports counted, exported or not.
    ///
    /// # Errors
    /// As [`Instance::call`].
    pub fn call_index(&mut self, func: u32, args: &[u64], results: &mut [u64]) -> Result<(), CallError> {
        let record = self.image.func(func).ok_or(CallError::NoSuchExport)?;
        let ty = self.image.ty(record.ty.into()).ok_or(CallError::NoSuchExport)?;
        if args.len() != usize::from(ty.param_slots) || results.len() != result_slots(&self.image, ty) {
            return Err(CallError::WrongArguments);
        }
        self.waiting = None;
        // SAFETY: the records in the buffer are this instance's own, and its code is verified.
        unsafe {
            self.activation = Activation::none((*self.machine).stack_top, self.instance);
            self.activation =
                Activation::<InPlace>::start(self.instance, func, record, args).map_err(CallError::Trap)?;
            self.run(results)
        }
    }

    /// Goes on with the call that ran out of fuel, after [`Instance::set_fuel`]. `results` are those of that call.
    ///
    /// # Errors
    /// As [`Instance::call`]; [`CallError::NothingToResume`] if the last call ended otherwise.
    pub fn resume(&mut self, results: &mut [u64]) -> Result<(), CallError> {
        match self.waiting.take() {
            Some(slots) if slots == results.len() => {}
            Some(slots) => {
                self.waiting = Some(slots);
                return Err(CallError::WrongArguments);
            }
            None => return Err(CallError::NothingToResume),
        }
        // SAFETY: the activation stopped for fuel, and nothing ran since.
        unsafe { self.run(results) }
    }

    /// What hooks need.
    fn host(&mut self) -> Host<T> {
        Host { data: &raw mut self.data, imports: self.imports.as_ptr(), resolved: self.resolved }
    }

    /// Runs the activation until it stops.
    ///
    /// # Safety
    /// As [`Activation::run`].
    unsafe fn run(&mut self, results: &mut [u64]) -> Result<(), CallError> {
        let mut host = self.host();
        // SAFETY: the caller's promise; what hooks use is there while it runs.
        unsafe {
            (*self.machine).embedder = (&raw mut host).cast();
            let stop = self.activation.run(self.machine);
            if stop == Stop::OutOfFuel {
                self.waiting = Some(results.len());
            }
            stop.returned().map_err(CallError::Trap)?;
            self.activation.results(results);
            self.activation = Activation::none((*self.machine).stack_top, self.instance);
            Ok(())
        }
    }

    /// Gives metered code this much fuel: `docs/fuel.md` says what costs how much. Without, there is as good as no end of it.
    pub fn set_fuel(&mut self, fuel: u64) {
        // SAFETY: the machine lies in the buffer.
        unsafe { (*self.machine).fuel = fuel };
    }

    /// The fuel that is left.
    pub fn fuel(&self) -> u64 {
        // SAFETY: the machine lies in the buffer.
        unsafe { (*self.machine).fuel }
    }

    /// Has each instruction shown to this from now on, or to nobody.
    #[cfg(feature = "trace")]
    pub fn set_trace(&mut self, hook: Option<crate::trace::Hook<InPlace>>) {
        // SAFETY: the machine lies in the buffer.
        unsafe { (*self.machine).trace = hook };
    }

    /// Memory 0; empty if there is none.
    pub fn memory(&mut self) -> &mut [u8] {
        // SAFETY: nothing runs.
        unsafe { memory(self.instance) }
    }

    /// The value of an exported global in its first slot.
    pub fn global(&self, export: &str) -> Option<u64> {
        let exports = (0..self.image.count(Section::Exports)).filter_map(|index| self.image.export(index));
        let found = exports.into_iter().find(|e| e.kind == kinds::GLOBAL && e.name == export.as_bytes())?;
        // SAFETY: the indices of exports are in range, and nothing runs.
        Some(unsafe { (*(*self.instance).globals.add(found.index as usize)).read() })
    }

    /// The data.
    pub fn data(&mut self) -> &mut T {
        &mut self.data
    }

    /// After a trap: the function, imports counted, and where in its code it happened, in units.
    pub fn trap_site(&self) -> Option<(u32, u32)> {
        self.place(self.activation.ip())
    }

    /// The function, imports counted, that has the code at this place, and where in its code that is, in units.
    pub fn place(&self, place: *const u8) -> Option<(u32, u32)> {
        let at = place.addr().wrapping_sub(self.image.bytes().as_ptr().addr());
        let funcs = self.image.imported(kinds::FUNC)..self.image.count(Section::Funcs);
        let mut ranges = funcs.filter_map(|func| Some((func, self.image.code_range(func)?)));
        let (func, range) = ranges.find(|(_, range)| range.contains(&at))?;
        Some((func, ((at - range.start) / 2) as u32))
    }
}

/// Slots of the results of a function type.
fn result_slots(image: &Image<'_>, ty: TypeRecord) -> usize {
    image.val_types(ty, true).map(|ty| usize::from(ty.slots())).sum()
}
