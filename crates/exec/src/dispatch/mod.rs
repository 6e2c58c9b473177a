//! How one handler reaches the next.
//!
//! A handler gets the machine's registers as arguments and does its work. It then calls the next handler in tail
//! position, with the registers as they are now. Optimizing compilers turn that call into a jump, so a run is a chain
//! of jumps. Where the compiler makes no tail calls, handlers save the registers and return to a loop.
//!
//! All handlers are instances of two generic functions. [`hot`] must compile without a stack frame (`cargo xtask
//! tailcheck` checks that). [`cold`] is for instructions whose work is large or that call other functions.
//!
//! The meaning of an instruction is an implementation of [`Execute`]. It works on [`Regs`], a struct that exists at
//! compile time only: once `run` is inlined, nothing of it is in memory.

use core::ptr;

use wasmote_ir::TrapCode;

use crate::activation::{Activation, Site};
use crate::mode::{F32, F64, Mode, Register};
use crate::operand::{Value, Vector};
use crate::state::{Instance, Machine};

/// Defines the registers, the type of handlers, and the functions of that type, from one list.
macro_rules! registers {
    ($( $(#[$doc:meta])* $name:ident: $ty:ty, )*) => {
        /// The machine's registers.
        #[repr(C)]
        pub struct Regs<M: Mode> {
            $( $(#[$doc])* pub $name: $ty, )*
        }

        /// A handler. Its parameters are the fields of [`Regs`], in order.
        // A vector has the machine's own type, which is passed in a register. Only Rust code calls handlers.
        #[allow(improper_ctypes_definitions)]
        pub type Handler<M> = unsafe extern "C" fn($($ty),*) -> Exit;

        /// Calls a handler with these registers.
        ///
        /// # Safety
        /// As [`Execute::run`], and `handler` is the handler of the instruction at `ip`, or continues its work.
        #[inline(always)]
        unsafe fn enter<M: Mode>(handler: Handler<M>, r: Regs<M>) -> Exit {
            let r = Regs { spare: SPARE, ..r };
            // SAFETY: the caller guarantees the contract of `Execute::run`, which is all that a handler asks for.
            unsafe { handler($(r.$name),*) }
        }

        /// The handler of an instruction that needs no stack frame.
        ///
        /// # Safety
        /// As [`Execute::run`].
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        pub unsafe extern "C" fn hot<M: Mode, I: Execute<M>>($($name: $ty),*) -> Exit {
            let before = Regs { $($name),* };
            let mut r = before;
            // SAFETY: the caller guarantees the contract of `Execute::run` for `I`. `run` leaves registers that fit its
            // `flow`.
            unsafe {
                let flow = I::run(&mut r);
                end(before, r, flow)
            }
        }

        /// As [`hot`], for code that uses vector instructions up to SSE4.2.
        ///
        /// # Safety
        /// As [`Execute::run`]. The processor has these instructions.
        #[cfg(all(feature = "simd", target_arch = "x86_64"))]
        #[target_feature(enable = "ssse3,sse4.1,sse4.2,popcnt")]
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        pub unsafe extern "C" fn hot_sse4<M: Mode, I: Execute<M>>($($name: $ty),*) -> Exit {
            let before = Regs { $($name),* };
            let mut r = before;
            // SAFETY: the caller guarantees the contract of `Execute::run` for `I`. `run` leaves registers that fit its
            // `flow`.
            unsafe {
                let flow = I::run(&mut r);
                end(before, r, flow)
            }
        }

        /// The handler of an instruction that needs a stack frame of its own.
        ///
        /// # Safety
        /// As [`Execute::run`].
        #[inline(never)]
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        pub unsafe extern "C" fn cold<M: Mode, I: Execute<M>>($($name: $ty),*) -> Exit {
            let before = Regs { $($name),* };
            let mut r = before;
            // SAFETY: the caller guarantees the contract of `Execute::run` for `I`. `run` leaves registers that fit its
            // `flow`.
            unsafe {
                let flow = I::run(&mut r);
                end(before, r, flow)
            }
        }

        /// The end of every trap: notes the site. The trap code is passed in place of the memory.
        ///
        /// # Safety
        /// The registers are those of a running function, except `mem`, which is the number of a [`TrapCode`].
        #[cold]
        #[inline(never)]
        #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
        unsafe extern "C" fn trap<M: Mode>($($name: $ty),*) -> Exit {
            let r = Regs { $($name),* };
            // SAFETY: only `end` calls this, and it passes a `TrapCode` as its number.
            let code = unsafe { core::mem::transmute::<u8, TrapCode>(r.mem.addr() as u8) };
            // SAFETY: `cx` is the running instance. Its machine is live, and `running` is the activation that runs,
            // which stays in place.
            unsafe { (*(*(*r.cx).machine).running).site = Site { code, regs: r } };
            // If callers knew this constant, they would return it themselves, behind an ordinary call.
            core::hint::black_box(TRAPPED)
        }
    };
}

registers! {
    /// The current instruction: its handler's address or its opcode, then its operands.
    ip: *const u8,
    /// Slot 0 of the frame.
    fp: *mut u64,
    /// The first byte of memory 0. The length lies in front of it.
    mem: *mut u8,
    /// An unused argument (`SPARE` says why).
    spare: Spare,
    /// The running instance.
    cx: *mut Instance<M>,
    /// The integer accumulator. Where a function without code begins in linked code, it has the function's record.
    acc: <M as Mode>::Accumulator,
    /// The f32 accumulator.
    f32: F32,
    /// The f64 accumulator.
    f64: F64,
    /// The vector accumulator.
    vector: <M as Mode>::Vector,
}

/// On x86-64 the fourth argument is in `rcx`, the only register that can hold a shift count. If a live value were
/// there, each shift would have to save and restore it. So nothing is passed there.
#[cfg(target_arch = "x86_64")]
mod spare {
    pub type Spare = core::mem::MaybeUninit<u64>;
    pub const SPARE: Spare = Spare::uninit();
}
/// Other targets need no such argument.
#[cfg(not(target_arch = "x86_64"))]
mod spare {
    pub type Spare = crate::mode::Absent;
    pub const SPARE: Spare = crate::mode::Absent;
}
use spare::{SPARE, Spare};

impl<M: Mode> Clone for Regs<M> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Mode> Copy for Regs<M> {}

impl<M: Mode> Regs<M> {
    /// Returns the registers at the start of a function. The accumulators are zero.
    #[inline(always)]
    pub fn new(ip: *const u8, fp: *mut u64, mem: *mut u8, cx: *mut Instance<M>) -> Regs<M> {
        Regs {
            ip,
            fp,
            mem,
            spare: SPARE,
            cx,
            acc: M::Accumulator::of(0),
            f32: F32::of(0.0),
            f64: F64::of(0.0),
            vector: M::Vector::of(Vector::ZERO),
        }
    }

    /// Writes a value to the integer accumulator, if the op set has one.
    #[inline(always)]
    pub fn set_accumulator(&mut self, value: u64) {
        if cfg!(feature = "extended") {
            self.hold(value);
        }
    }

    /// Returns the number in the integer accumulator.
    #[inline(always)]
    pub fn accumulator(&self) -> u64 {
        self.held()
    }

    /// Copies the results of a host function from their slots to the accumulators.
    ///
    /// # Safety
    /// `slots` points to two initialized slots.
    #[inline(always)]
    pub(crate) unsafe fn accumulate_results(&mut self, slots: *const u64) {
        if cfg!(feature = "extended") {
            // SAFETY: the caller guarantees two initialized slots, which is as much as a vector takes. The slots were just
            // written one by one, so a processor would wait for a read of both at once. The compiler does not join a
            // volatile read with the other.
            unsafe {
                let first = slots.read();
                self.set_accumulator(first);
                f32::from_bits(first as u32).set_accumulator(self);
                f64::from_bits(first).set_accumulator(self);
                if cfg!(feature = "simd") {
                    Vector::new([first, slots.add(1).read_volatile()]).set_accumulator(self);
                }
            }
        }
    }

    /// Keeps a number in the integer accumulator, for a handler that has too few registers otherwise.
    #[inline(always)]
    pub fn hold(&mut self, value: u64) {
        self.acc = M::Accumulator::of(value);
    }

    /// Returns the number that [`Regs::hold`] kept.
    #[inline(always)]
    pub fn held(&self) -> u64 {
        self.acc.value()
    }
}

/// Returns a [`hot`] handler, or a [`cold`] one in a mode that prefers small code.
pub const fn call<M: Mode, I: Execute<M>>() -> Handler<M> {
    if M::SMALL { cold::<M, I> } else { hot::<M, I> }
}

/// How an instruction ends.
pub enum Flow<M: Mode> {
    /// Continue at `ip`, which is the next instruction.
    Next,
    /// Continue at `ip`, which is somewhere else.
    Jump,
    /// Stop with a trap. `ip` is still at this instruction.
    Trap(TrapCode),
    /// Continue in this handler, which does all of the instruction or the rest of it. So a hot handler moves its cold
    /// path out and needs no stack frame.
    TailCall(Handler<M>),
    /// Continue at `ip`, whose handler this is, where [`Dispatch::CHAINS`] allows it. If it were a `TailCall`, the compiler
    /// would join the two, and a handler would need one more register.
    Begin(Handler<M>),
    /// Return to the host.
    Exit,
}

/// The meaning of one instruction in this mode.
///
/// Implementations, and all functions that get a reference to the registers, are always inlined. If a handler passed
/// the address of its registers to another function, it could not end in a tail call and would use up the native
/// stack.
pub trait Execute<M: Mode> {
    /// Whether the result in the integer accumulator certainly has 32 bits when the instruction ends in
    /// `Flow::Next`. A superinstruction then need not clear the upper half for its second instruction.
    const ZERO_EXTENDED: bool = false;

    /// Whether a superinstruction may begin with it: `Flow::Next` means the instruction behind this one, and it never
    /// ends in `Flow::TailCall`.
    #[cfg_attr(not(feature = "superinstructions"), allow(dead_code))]
    const GOES_ON: bool = false;

    /// Runs the instruction and moves `ip` on.
    ///
    /// # Safety
    /// `r` are the registers of a running function. Its code was made by the translator from a valid body, or is that
    /// of a verified image. This gives:
    ///
    /// - code: `ip` is at an instruction of this kind, and its operands follow as its shape says. The linker or the
    ///   image writer wrote them so;
    /// - frame: the frame at `fp` lies in the value stack, because calls check that it fits. The translator keeps
    ///   each slot operand below the frame's size, and the image verifier checks that. So `fp` plus a slot operand is a
    ///   slot of the frame. All slots of the value stack are initialized;
    /// - instance: `cx` points to the instance. Its records, and its machine, stay in place while code runs; the
    ///   embedder keeps them. Each index operand is in range of its list: validation and the image verifier check that;
    /// - memory: `mem` is the base of memory 0, as [`Memory`](crate::state::Memory) documents.
    unsafe fn run(r: &mut Regs<M>) -> Flow<M>;
}

/// What a handler returns: why the run ended or, in the dispatch loop, how it continues. That can be the address of
/// an instruction, which is even.
pub type Exit = *const u8;
const DONE: Exit = ptr::without_provenance(1);
pub(crate) const TRAPPED: Exit = ptr::without_provenance(3);

/// Ends a handler as `flow` says.
///
/// # Safety
/// The registers are those of a running function. With `Next` and `Jump`, `ip` is at an instruction.
#[inline(always)]
unsafe fn end<M: Mode>(before: Regs<M>, r: Regs<M>, flow: Flow<M>) -> Exit {
    match flow {
        // SAFETY: the caller guarantees that `run` left `ip` at an instruction.
        Flow::Next | Flow::Jump => unsafe { M::Dispatch::dispatch_next(before, r) },
        // SAFETY: the caller guarantees the registers of a running function. `mem` has the number that `trap`
        // expects.
        Flow::Trap(code) => unsafe { enter(trap, Regs { mem: ptr::without_provenance_mut(code as usize), ..r }) },
        // SAFETY: `run` chose a handler that continues this instruction and gets the registers that it left.
        Flow::TailCall(handler) => unsafe { enter(handler, r) },
        // SAFETY: `run` left `ip` at an instruction, and this is its handler.
        Flow::Begin(handler) => unsafe { enter(handler, r) },
        Flow::Exit => DONE,
    }
}

/// Runs from an activation's registers until its outermost function returns (`true`) or the run stops otherwise (`false`).
///
/// # Safety
/// As [`Execute::run`] with these registers. `machine` is that of the instance, on which the activation runs, and the return
/// address in the outermost frame's header is [`Mode::exit_cell`].
#[inline(always)]
pub(crate) unsafe fn run<M: Mode>(machine: *mut Machine<M>, activation: *mut Activation<M>) -> bool {
    // SAFETY: the caller guarantees this function's contract, which is that of `run_loop`. Handlers own nothing that
    // needs a drop, so a fault may end them anywhere.
    unsafe {
        let never_ran = (*activation).site.code == Site::<M>::NEVER_RAN;
        M::run(machine, activation, if never_ran { M::Dispatch::start_loop } else { M::Dispatch::run_loop }) == DONE
    }
}

/// How one handler reaches the next.
pub trait Dispatch<M: Mode> {
    /// What the machine keeps between two handlers.
    type Saved: Copy;
    /// The initial value: nothing.
    const NOTHING: Self::Saved;
    /// Whether a handler may continue in the handler of the next instruction by itself ([`Flow::Begin`]).
    const CHAINS: bool = false;

    /// Continues at `ip`. `before` are the registers that the handler got.
    ///
    /// # Safety
    /// As [`Execute::run`] for the instruction at `ip`.
    unsafe fn dispatch_next(before: Regs<M>, r: Regs<M>) -> Exit;

    /// Runs from `r` until the outermost function returns or the run stops otherwise.
    ///
    /// # Safety
    /// As `run`.
    unsafe extern "C" fn run_loop(machine: *mut Machine<M>, r: *const Regs<M>) -> Exit;

    /// Does the same, with zero in the accumulators of floats and vectors, which need not be read then.
    ///
    /// # Safety
    /// As `run`.
    unsafe extern "C" fn start_loop(machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller guarantees the same. In an activation that never ran, these registers are zero.
        unsafe { Self::run_loop(machine, r) }
    }
}

#[cfg(not(all(tail_dispatch, not(debug_assertions))))]
pub mod loop_backend;
#[cfg(all(tail_dispatch, not(debug_assertions)))]
pub mod tail_call_backend;

#[cfg(not(all(tail_dispatch, not(debug_assertions))))]
pub use loop_backend as backend;
#[cfg(all(tail_dispatch, not(debug_assertions)))]
pub use tail_call_backend as backend;
