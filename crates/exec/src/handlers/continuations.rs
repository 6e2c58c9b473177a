//! Continuations: `cont.new`, `cont.bind`, `suspend`, `resume` and `switch` (proposal `stack-switching`).
//!
//! The clauses of a `resume` follow it as instructions of their own. They are found by their handler, so that code which
//! was not validated cannot make anything else of them.

use wasmote_ir::frame::{HEADER, MAX_HEADER};
use wasmote_ir::ops::OPCODES;
use wasmote_ir::{Op, Opcode, TrapCode};

use crate::dispatch::{Execute, cold};
use crate::handlers::calls::linked::switch_to;
use crate::handlers::control::rows::instructions;
use crate::handlers::handler_macros::single;
use crate::handlers::linked::MANAGED;
use crate::linked::continuations::{
    Continuation, Place, continuation_exit, create, enter, note, prepare, stand_for, suspended,
};
use crate::linked::throw::{resume_after_call, resume_at};
use crate::linked::{Activation, Flow, Handler, Instance, Linked, Machine, Regs};
use crate::mode::Mode;
use crate::operand::instr_bytes;

/// Finds the clause that handles a tag: the first one of the innermost `resume` that has one. A clause with a label handles a
/// `suspend`, one without it a `switch`. Returns the outermost continuation that is suspended, whose `clause` it then is.
/// Returns null if there is none, or if the machine is to stop.
///
/// # Safety
/// The activation runs on the machine.
#[inline]
unsafe fn handler(machine: *mut Machine, activation: *mut Activation, tag: u32, switches: bool) -> *mut Continuation {
    // SAFETY: the caller guarantees the activation. Its continuations are live, and so is the code that resumed them.
    // Where the first cell is the handler of clauses, the linker wrote a clause.
    unsafe {
        let clauses: Handler = MANAGED[const { Opcode::only(Op::HandleTag).0 as usize - OPCODES }];
        let (mut outermost, mut passed) = ((*activation).continuation, 0u64);
        'search: while !outermost.is_null() {
            if (*machine).stack_limit.is_interrupted() {
                return core::ptr::null_mut();
            }
            let Place { next, fp, instance, .. } = (*outermost).resumed;
            let mut at: Regs = Regs::new(next, fp, core::ptr::null_mut(), instance);
            while core::ptr::fn_addr_eq(Linked::handler(at.ip), clauses) {
                passed += 1;
                if (*instance).tags.add(at.u32(0) as usize).read() == tag && (at.u16(5) == 0) == switches {
                    (*outermost).clause = at.ip;
                    break 'search;
                }
                at.advance(const { Op::HandleTag.operand_units() });
            }
            outermost = (*outermost).parent;
            passed += 1;
        }
        // A chain may have millions of continuations and clauses. Code that takes no fuel ignores the remaining fuel.
        let fuel = &mut (*machine).fuel;
        *fuel = fuel.saturating_sub(passed >> wasmote_ir::fuel::HANDLERS);
        outermost
    }
}

/// Continues in a continuation that was just attached, whose innermost is `one`.
///
/// # Safety
/// `one` is a continuation of the running activation, and [`prepare`] made room for its first frame.
#[inline]
unsafe fn go_on(r: &mut Regs, one: *mut Continuation) {
    // SAFETY: the caller guarantees the continuation. Its registers are those with which it was suspended, or those of
    // a function that begins. A host function has no instance.
    unsafe {
        let machine = (*r.cx).machine;
        enter(machine, (*machine).running, one);
        let Place { next, fp, instance, .. } = (*one).suspended;
        (r.ip, r.fp) = (next, fp);
        let func = core::mem::replace(&mut (*one).func, core::ptr::null_mut());
        if !func.is_null() {
            // Its code may have been translated since the continuation was made.
            r.ip = (*func).entry.code().cast();
            r.set_callee(func);
        }
        if !instance.is_null() {
            r.cx = instance;
        }
    }
}

/// Writes the first values that a continuation expects.
///
/// # Safety
/// It is suspended, and expects as many values. They are in another stack.
#[inline]
unsafe fn bind(one: *mut Continuation, values: *const u64, count: usize) {
    // SAFETY: the caller guarantees the values.
    unsafe {
        let expected = &mut (*one).suspended;
        expected.values.copy_from_nonoverlapping(values, count);
        expected.values = expected.values.add(count);
        expected.results -= count;
    }
}

/// Returns the continuation to which a slot refers.
///
/// # Safety
/// The slot can be read, and the machine runs.
#[inline]
unsafe fn referred(machine: *mut Machine, slot: *const u64) -> Result<*mut Continuation, TrapCode> {
    // SAFETY: the caller guarantees the slot and the machine. The collector takes a slot with a number in its upper half for
    // no reference, so it might have dropped what the lower half refers to.
    unsafe {
        let reference = u32::try_from(slot.read()).map_err(|_| TrapCode::ContinuationConsumed)?;
        suspended(machine, reference)
    }
}

/// An instruction takes a continuation, whose slot is the operand in front of the run.
const TAKES: u8 = 1;
/// It suspends the running continuation.
const SUSPENDS: u8 = 2;
/// It resumes with an exception.
const THROWS: u8 = 4;
/// That is made of its values.
const MAKES_EXCEPTION: u8 = 8;

/// For each [`Work`], the unit of the run, and what it does. As a table, because a `match` becomes a copy of the code for
/// each of them.
static FORMS: [(usize, u8); 7] = [
    (0, 0),
    (0, 0),
    (2, SUSPENDS),
    (3, SUSPENDS | TAKES),
    (1, TAKES),
    (3, TAKES | THROWS | MAKES_EXCEPTION),
    (2, TAKES | THROWS),
];

/// Leaves the running stack for another: all instructions but those that make and bind continuations. They have some
/// operands of their own, then a run of slots, their number, the numbers of those that go out and come back, and the header.
///
/// # Safety
/// As [`Execute::run`], for an instruction that does this.
#[inline]
unsafe fn leave(r: &mut Regs, work: Work) -> Result<(), TrapCode> {
    let (run, form) = FORMS[work as usize];
    let is = |bits: u8| form & bits != 0;
    // SAFETY: the caller guarantees the operands, whose slots are in the frame, and a live machine with a running
    // activation. Code that was not validated may say more than the run has. Values that go out are in another stack than
    // where they go.
    unsafe {
        let machine = (*r.cx).machine;
        // Code could otherwise resume one continuation from the next for ever.
        if (*machine).stack_limit.is_interrupted() {
            return Err(TrapCode::Interrupt);
        }
        let activation = (*machine).running;
        let (values, count, both) = (r.slot(run), r.u16(run + 1), r.u32(run + 2) as usize);
        let (out, results) = ((both & 0xffff).min(count), (both >> 16).min(count));
        let next = r.ip.add(instr_bytes::<Linked>(run + 5));
        let header = r.u16(run + 4) as u16;
        let here = Place { ip: r.ip, next, fp: r.fp, instance: r.cx, values, results, header };
        // All slots from there on are free.
        let mut top = values.add(count);
        let mut other = core::ptr::null_mut();
        if is(TAKES) {
            let slot = r.slot(run - 1);
            top = top.max(slot.add(1));
            other = referred(machine, slot)?;
        }
        if is(SUSPENDS) {
            let switches = is(TAKES);
            let tag = (*r.cx).tags.add(r.u32(0) as usize).read();
            let outermost = handler(machine, activation, tag, switches);
            if outermost.is_null() {
                let stops = (*machine).stack_limit.is_interrupted();
                return Err(if stops { TrapCode::Interrupt } else { TrapCode::UnhandledTag });
            }
            let mut to = core::ptr::null_mut();
            if switches {
                to = (*other).innermost;
                if (*to).suspended.results != out + 1 {
                    return Err(TrapCode::BadSignature);
                }
                prepare(machine, to, top)?;
            }
            let object = stand_for(machine, outermost, top).ok_or(TrapCode::HeapExhausted)?;
            let innermost = (*activation).continuation;
            note(machine, activation, values);
            (*innermost).suspended = here;
            (*outermost).innermost = innermost;
            let parent = core::mem::replace(&mut (*outermost).parent, core::ptr::null_mut());
            if switches {
                (*other).object = 0;
                bind(to, values, out);
                (*to).suspended.values.write(object.into());
                ((*other).parent, (*other).resumed) = (parent, (*outermost).resumed);
                go_on(r, to);
            } else {
                enter(machine, activation, parent);
                let Place { fp, instance, .. } = (*outermost).resumed;
                (r.ip, r.fp, r.cx) = ((*outermost).clause, fp, instance);
                let (to, count) = (r.slot(4), r.u16(5) - 1);
                to.copy_from_nonoverlapping(values, out.min(count));
                to.add(count).write(object.into());
                r.jump(2);
            }
            return Ok(());
        }
        let innermost = (*other).innermost;
        let mut exception = 0;
        if is(THROWS) {
            exception = if is(MAKES_EXCEPTION) {
                let tag = (*r.cx).tags.add(r.u32(0) as usize).read();
                ((*machine).hooks.exception)(machine, tag, values, out, top).ok_or(TrapCode::HeapExhausted)?
            } else {
                r.slot(0).read() as u32
            };
            if exception == 0 {
                return Err(TrapCode::NullReference);
            }
        } else {
            if (*innermost).suspended.results != out {
                return Err(TrapCode::BadSignature);
            }
            prepare(machine, innermost, top)?;
            bind(innermost, values, out);
        }
        (*other).object = 0;
        // Host functions that the continuation calls use the slots from there on, so the frame's header is below.
        let header = usize::from(header & MAX_HEADER);
        note(machine, activation, values.max(r.fp.add(header + HEADER as usize)));
        ((*other).parent, (*other).resumed) = ((*activation).continuation, here);
        if exception == 0 {
            go_on(r, innermost);
            return Ok(());
        }
        enter(machine, activation, innermost);
        let caught = if (*innermost).func.is_null() {
            let Place { ip, fp, instance, header, .. } = (*innermost).suspended;
            (r.ip, r.fp, r.cx) = (ip, fp, instance);
            resume_at(r, exception, header)
        } else {
            // The exception leaves the function before it begins.
            r.ip = continuation_exit();
            resume_after_call(r, exception)
        };
        if caught {
            return Ok(());
        }
        (*machine).exception = exception;
        Err(TrapCode::Exception)
    }
}

/// # Safety
/// As [`Execute::run`] for a `cont.new`.
#[inline]
unsafe fn cont_new(r: &mut Regs) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the operands. The reference is checked against the length of the machine's list.
    unsafe {
        let machine = (*r.cx).machine;
        let entry = (r.slot(0).read() as u32).wrapping_sub(1);
        if entry >= (*machine).funcs_len {
            return Err(TrapCode::NullReference);
        }
        let object = create(machine, *(*machine).funcs.add(entry as usize), r.slot(2))?;
        r.slot(1).write(object.into());
        r.advance(const { Op::ContNew.operand_units() });
        Ok(())
    }
}

/// # Safety
/// As [`Execute::run`] for a `cont.bind`.
#[inline]
unsafe fn cont_bind(r: &mut Regs) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the operands. The values are in the running frame, which is in another stack.
    unsafe {
        let machine = (*r.cx).machine;
        let one = referred(machine, r.slot(0))?;
        let (innermost, count) = ((*one).innermost, r.u16(2));
        if (*innermost).suspended.results < count {
            return Err(TrapCode::BadSignature);
        }
        bind(innermost, r.slot(1), count);
        (*innermost).top = (*innermost).suspended.values;
        let object = stand_for(machine, one, r.slot(4).max(r.slot(0).add(1))).ok_or(TrapCode::HeapExhausted)?;
        r.slot(3).write(object.into());
        r.advance(const { Op::ContBind.operand_units() });
        Ok(())
    }
}

/// What an instruction does, which its handler leaves in the accumulator for [`Performed`].
#[derive(Clone, Copy)]
#[repr(u64)]
enum Work {
    ContNew,
    ContBind,
    Suspend,
    Switch,
    Resume,
    ResumeThrow,
    ResumeThrowRef,
}

/// Runs an instruction outside of its handler, which so needs no native stack. It goes on where the machine's
/// `unwind_target` says, with the function in `across` if one begins.
///
/// The hook `perform` is to be this function. It is compiled with the embedder's crate, for size.
///
/// # Safety
/// Only handlers call it, with what they do and with their registers.
#[inline]
pub unsafe fn perform(work: u64, ip: *const u8, fp: *mut u64, instance: *mut Instance) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the instruction and the registers. Handlers pass a number of a `Work`.
    unsafe {
        let mut r: Regs = Regs::new(ip, fp, core::ptr::null_mut(), instance);
        let outcome = match core::mem::transmute::<u64, Work>(work) {
            Work::ContNew => cont_new(&mut r),
            Work::ContBind => cont_bind(&mut r),
            work => leave(&mut r, work),
        };
        let machine = (*r.cx).machine;
        ((*machine).unwind_target.ip, (*machine).unwind_target.fp) = (r.ip, r.fp);
        (*machine).unwind_target.instance = r.cx;
        (*machine).across = r.callee().cast();
        outcome
    }
}

/// The rest of each instruction but `HandleTag`.
struct Performed;

impl Execute<Linked> for Performed {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the handler of an instruction continues here and left what it does in the accumulator. `perform` leaves
        // the registers in the machine.
        unsafe {
            let machine = (*r.cx).machine;
            let outcome = ((*machine).hooks.perform)(r.held(), r.ip, r.fp, r.cx);
            (r.ip, r.fp) = ((*machine).unwind_target.ip, (*machine).unwind_target.fp);
            switch_to(r, (*machine).unwind_target.instance);
            r.set_callee((*machine).across.cast());
            match outcome {
                Ok(()) => Flow::Jump,
                Err(code) => Flow::Trap(code),
            }
        }
    }
}

/// The rows.
pub mod rows {
    use super::*;

    macro_rules! performed {
        ($($name:ident),*) => {
            instructions! { only Linked;
                $( $name(r) {
                    r.hold(Work::$name as u64);
                    Flow::TailCall(cold::<Linked, Performed>)
                } )*
            }
        };
    }
    performed!(ContNew, ContBind, Suspend, Switch, Resume, ResumeThrow, ResumeThrowRef);

    instructions! { only Linked;
        HandleTag(r) {
            r.advance(const { Op::HandleTag.operand_units() });
            Flow::Next
        }
    }

    single!(only Linked hot: ContNew: NewContinuation, ContBind: BindContinuation, Suspend: Suspend, Switch: Switch);
    single!(only Linked hot: Resume: Resume, ResumeThrow: Switch, ResumeThrowRef: ResumeThrowRef, HandleTag: HandleTag);
}
