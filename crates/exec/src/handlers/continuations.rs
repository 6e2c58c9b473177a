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
    Continuation, Resumption, consume, continuation_exit, create, enter, note, prepare, stand_for, suspended,
};
use crate::linked::throw::{resume_after_call, resume_at};
use crate::linked::{Activation, Flow, Handler, Instance, Linked, Machine, Regs};
use crate::mode::Mode;
use crate::operand::instr_bytes;

/// What a `suspend` looks for: a clause with this tag that has a label, or one that switches.
#[derive(Clone, Copy)]
struct Wanted {
    /// The store's number of the tag.
    tag: u32,
    switches: bool,
}

/// Finds the clause that handles a tag: the first one of the innermost `resume` that has one. Returns the outermost
/// continuation that is suspended, whose `clause` it then is. Returns null if there is none, or if the machine is to
/// stop.
///
/// The result is one word. More would lie on the native stack, and a handler with a value there does not tail-call.
///
/// # Safety
/// The activation runs on the machine.
#[inline(never)]
unsafe fn handler(machine: *mut Machine, activation: *mut Activation, wanted: Wanted) -> *mut Continuation {
    // SAFETY: the caller guarantees the activation. Its continuations are live, and so is the code that resumed them.
    // Where the first cell is the handler of clauses, the linker wrote a clause.
    unsafe {
        let clauses: Handler = MANAGED[const { Opcode::only(Op::HandleTag).0 as usize - OPCODES }];
        let (mut outermost, mut passed) = ((*activation).continuation, 0u64);
        'search: while !outermost.is_null() {
            if (*machine).stack_limit.is_interrupted() {
                return core::ptr::null_mut();
            }
            let Resumption { next, fp, instance, .. } = (*outermost).resumed;
            let mut at: Regs = Regs::new(next, fp, core::ptr::null_mut(), instance);
            while core::ptr::fn_addr_eq(Linked::handler(at.ip), clauses) {
                passed += 1;
                let tag = (*instance).tags.add(at.u32(0) as usize).read();
                if tag == wanted.tag && (at.u16(5) == 0) == wanted.switches {
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

/// Where the running code stops, and what it expects when it continues.
#[derive(Clone, Copy)]
struct Pause {
    /// The instruction, and the one after it.
    site: *const u8,
    next: *const u8,
    /// The slot of the frame's header, with the flag for handlers.
    header: u16,
    /// The values that come back.
    values: *mut u64,
    back: usize,
}

/// Detaches the running continuations up to `outermost`, for which an object was made.
///
/// # Safety
/// The continuations run on the machine, in code of these registers.
unsafe fn detach(r: &Regs, activation: *mut Activation, outermost: *mut Continuation, pause: Pause) {
    // SAFETY: the caller guarantees a chain of live continuations.
    unsafe {
        let innermost = (*activation).continuation;
        note((*r.cx).machine, activation, pause.values);
        ((*innermost).ip, (*innermost).fp, (*innermost).instance) = (pause.next, r.fp, r.cx);
        ((*innermost).site, (*innermost).args) = ((pause.site, pause.header), pause.values);
        (*innermost).pending = pause.back;
        (*outermost).innermost = innermost;
        (*outermost).parent = core::ptr::null_mut();
    }
}

/// Continues in a continuation that was just attached, whose innermost is `one`.
///
/// # Safety
/// `one` is the innermost continuation of the running activation, and [`prepare`] made room for its first frame.
unsafe fn go_on(r: &mut Regs, one: *mut Continuation) {
    // SAFETY: the caller guarantees the continuation. Its registers are those with which it was suspended, or those of
    // a function that begins. A host function has no instance.
    unsafe {
        (r.ip, r.fp) = ((*one).ip, (*one).fp);
        let func = core::mem::replace(&mut (*one).func, core::ptr::null_mut());
        if !func.is_null() {
            // Its code may have been translated since the continuation was made.
            r.ip = (*func).code.cast();
            r.set_callee(func);
        }
        let instance = (*one).instance;
        if !instance.is_null() {
            switch_to(r, instance);
        }
    }
}

/// Writes values that a continuation expects.
///
/// # Errors
/// It expects fewer. That is so only in code that was not validated.
///
/// # Safety
/// The continuation is suspended, `count` slots can be read at `values`, and they are in another stack.
#[inline(never)]
unsafe fn pass(one: *mut Continuation, values: *const u64, count: usize) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the values. The continuation has `pending` slots for values at `args`.
    unsafe {
        let Some(left) = (*one).pending.checked_sub(count) else { return Err(TrapCode::BadSignature) };
        (*one).args.copy_from_nonoverlapping(values, count);
        (*one).args = (*one).args.add(count);
        (*one).pending = left;
        Ok(())
    }
}

/// What a `resume` continues with.
enum Resumed {
    /// With this number of values, which are where the results go.
    Values(usize),
    /// With this exception.
    Exception(u32),
}

/// Resumes a continuation.
///
/// # Safety
/// `one` is suspended and not null, and the place of the `resume` is that of these registers. All slots from `top` on are
/// free.
#[inline(never)]
unsafe fn resume(
    r: &mut Regs,
    one: *mut Continuation,
    resumed: Resumption,
    top: *mut u64,
    what: Resumed,
) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the continuation and the place.
    unsafe {
        let machine = (*r.cx).machine;
        let activation = (*machine).running;
        let innermost = (*one).innermost;
        if let Resumed::Values(count) = what {
            prepare(machine, innermost, top)?;
            pass(innermost, resumed.values, count)?;
            if (*innermost).pending != 0 {
                return Err(TrapCode::BadSignature);
            }
        }
        consume(one);
        // Host functions that the continuation calls use the slots from there on, so the frame's header is below.
        let header = usize::from(resumed.header & MAX_HEADER);
        note(machine, activation, resumed.values.max(resumed.fp.add(header + HEADER as usize)));
        ((*one).parent, (*one).resumed) = ((*activation).continuation, resumed);
        enter(machine, activation, innermost);
        match what {
            Resumed::Values(_) => {
                go_on(r, innermost);
                Ok(())
            }
            Resumed::Exception(exception) => {
                let begins = !(*innermost).func.is_null();
                let caught = if begins {
                    // The exception leaves the function before it begins.
                    r.ip = continuation_exit();
                    resume_after_call(r, exception)
                } else {
                    (r.fp, r.cx) = ((*innermost).fp, (*innermost).instance);
                    r.ip = (*innermost).site.0;
                    resume_at(r, exception, (*innermost).site.1)
                };
                if caught {
                    return Ok(());
                }
                (*machine).exception = exception;
                Err(TrapCode::Exception)
            }
        }
    }
}

/// Returns what there is to say of a `resume` whose values are in the run at unit `at`, and whose header is the last of
/// `UNITS` units.
///
/// # Safety
/// As [`Execute::run`], and the instruction has these operands.
unsafe fn resumption<const UNITS: usize>(r: &Regs, at: usize, results: usize) -> Resumption {
    // SAFETY: the caller guarantees the operands.
    unsafe {
        Resumption {
            ip: r.ip,
            next: r.ip.add(instr_bytes::<Linked>(UNITS)),
            fp: r.fp,
            instance: r.cx,
            values: r.slot(at),
            results: results.min(r.u16(at + 1)),
            header: r.u16(UNITS - 1) as u16,
        }
    }
}

/// Returns the numbers of slots that go out and come back, from the run at unit `at` and the constant after it.
///
/// # Safety
/// As [`Execute::run`], and the instruction has these operands.
unsafe fn exchange(r: &Regs, at: usize) -> (usize, usize) {
    // SAFETY: the caller guarantees the operands. Code that was not validated may say more than the run has.
    unsafe {
        let (count, both) = (r.u16(at + 1), r.u32(at + 2));
        ((both as usize & 0xffff).min(count), (both as usize >> 16).min(count))
    }
}

/// Returns the continuation to which the slot at unit `at` refers.
///
/// # Safety
/// As [`Execute::run`], and the instruction has this operand.
unsafe fn operand(r: &Regs, at: usize) -> Result<*mut Continuation, TrapCode> {
    // SAFETY: the caller guarantees the operand and a running instance. The collector takes a slot with a number in its
    // upper half for no reference, so it might have dropped what the lower half refers to.
    unsafe {
        let reference = u32::try_from(r.slot(at).read()).map_err(|_| TrapCode::ContinuationConsumed)?;
        suspended((*r.cx).machine, reference)
    }
}

/// Returns the first slot behind the continuation, whose slot is the operand at `at`, and behind the run that follows.
///
/// # Safety
/// As [`Execute::run`], and the instruction has these operands.
unsafe fn top(r: &Regs, at: usize) -> *mut u64 {
    // SAFETY: the caller guarantees the operands, whose slots are in the frame.
    unsafe { r.slot(at + 1).add(r.u16(at + 2)).max(r.slot(at).add(1)) }
}

/// Makes an exception of the values of a `resume_throw` and resumes with it.
///
/// # Safety
/// As [`Execute::run`] for that instruction.
unsafe fn resume_throw(r: &mut Regs) -> Result<(), TrapCode> {
    const UNITS: usize = Op::ResumeThrow.operand_units();
    // SAFETY: the caller guarantees the operands. The continuation and the values lie below `top`.
    unsafe {
        let one = operand(r, 2)?;
        let (machine, tag) = ((*r.cx).machine, (*r.cx).tags.add(r.u32(0) as usize).read());
        let (values, (out, back)) = (r.slot(3), exchange(r, 3));
        let made = ((*machine).hooks.exception)(machine, tag, values, out, top(r, 2));
        let exception = made.ok_or(TrapCode::HeapExhausted)?;
        resume(r, one, resumption::<UNITS>(r, 3, back), top(r, 2), Resumed::Exception(exception))
    }
}

/// # Safety
/// As [`Execute::run`] for a `suspend`.
unsafe fn suspend(r: &mut Regs) -> Result<(), TrapCode> {
    const UNITS: usize = Op::Suspend.operand_units();
    // SAFETY: the caller guarantees the operands. The clause belongs to the `resume` of the outermost continuation, in
    // whose frame its values go. The values of the `suspend` are in another stack.
    unsafe {
        let machine = (*r.cx).machine;
        let activation = (*machine).running;
        let tag = (*r.cx).tags.add(r.u32(0) as usize).read();
        let (values, (out, back)) = (r.slot(2), exchange(r, 2));
        let outermost = handler(machine, activation, Wanted { tag, switches: false });
        if outermost.is_null() {
            check_interrupt(r)?;
            return Err(TrapCode::UnhandledTag);
        }
        let object = stand_for(machine, outermost, values.add(out)).ok_or(TrapCode::HeapExhausted)?;
        let Resumption { fp, instance, .. } = (*outermost).resumed;
        let parent = (*outermost).parent;
        let next = r.ip.add(instr_bytes::<Linked>(UNITS));
        let header = r.u16(UNITS - 1) as u16;
        detach(r, activation, outermost, Pause { site: r.ip, next, header, values, back });
        enter(machine, activation, parent);
        (r.ip, r.fp) = ((*outermost).clause, fp);
        switch_to(r, instance);
        let (to, count) = (r.slot(4), r.u16(5) - 1);
        to.copy_from_nonoverlapping(values, out.min(count));
        to.add(count).write(object.into());
        r.jump(2);
        Ok(())
    }
}

/// # Safety
/// As [`Execute::run`] for a `switch`.
unsafe fn switch(r: &mut Regs) -> Result<(), TrapCode> {
    const UNITS: usize = Op::Switch.operand_units();
    // SAFETY: the caller guarantees the operands. The continuation and the values lie below `top`. The other continuation
    // is suspended, so its stack is another one.
    unsafe {
        check_interrupt(r)?;
        let machine = (*r.cx).machine;
        let activation = (*machine).running;
        let other = operand(r, 2)?;
        let tag = (*r.cx).tags.add(r.u32(0) as usize).read();
        let (values, (out, back)) = (r.slot(3), exchange(r, 3));
        let outermost = handler(machine, activation, Wanted { tag, switches: true });
        if outermost.is_null() {
            check_interrupt(r)?;
            return Err(TrapCode::UnhandledTag);
        }
        let innermost = (*other).innermost;
        if (*innermost).pending != out + 1 {
            return Err(TrapCode::BadSignature);
        }
        prepare(machine, innermost, top(r, 2))?;
        let object = stand_for(machine, outermost, top(r, 2)).ok_or(TrapCode::HeapExhausted)?;
        consume(other);
        pass(innermost, values, out)?;
        (*innermost).args.write(object.into());
        ((*other).parent, (*other).resumed) = ((*outermost).parent, (*outermost).resumed);
        let next = r.ip.add(instr_bytes::<Linked>(UNITS));
        let header = r.u16(UNITS - 1) as u16;
        detach(r, activation, outermost, Pause { site: r.ip, next, header, values, back });
        enter(machine, activation, innermost);
        go_on(r, innermost);
        Ok(())
    }
}

/// Whether the machine is to stop. Code could otherwise resume one continuation from the next for ever.
///
/// # Safety
/// As [`Execute::run`].
unsafe fn check_interrupt(r: &Regs) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees a running instance, whose machine is live.
    let stops = unsafe { (*(*r.cx).machine).stack_limit.is_interrupted() };
    if stops { Err(TrapCode::Interrupted) } else { Ok(()) }
}

/// # Safety
/// As [`Execute::run`] for a `cont.new`.
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
unsafe fn cont_bind(r: &mut Regs) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the operands. The values are in the running frame, which is in another stack.
    unsafe {
        let one = operand(r, 0)?;
        let innermost = (*one).innermost;
        pass(innermost, r.slot(1), r.u16(2))?;
        (*innermost).top = (*innermost).args;
        let object = stand_for((*r.cx).machine, one, r.slot(4).max(r.slot(0).add(1))).ok_or(TrapCode::HeapExhausted)?;
        r.slot(3).write(object.into());
        r.advance(const { Op::ContBind.operand_units() });
        Ok(())
    }
}

/// # Safety
/// As [`Execute::run`] for a `resume`.
unsafe fn resume_with_values(r: &mut Regs) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the operands.
    unsafe {
        check_interrupt(r)?;
        let one = operand(r, 0)?;
        let (out, back) = exchange(r, 1);
        let place = resumption::<{ Op::Resume.operand_units() }>(r, 1, back);
        resume(r, one, place, top(r, 0), Resumed::Values(out))
    }
}

/// # Safety
/// As [`Execute::run`] for a `resume_throw_ref`.
unsafe fn resume_throw_ref(r: &mut Regs) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the operands.
    unsafe {
        let one = operand(r, 1)?;
        let exception = r.slot(0).read() as u32;
        if exception == 0 {
            return Err(TrapCode::NullReference);
        }
        let place = resumption::<{ Op::ResumeThrowRef.operand_units() }>(r, 2, usize::MAX);
        resume(r, one, place, top(r, 1), Resumed::Exception(exception))
    }
}

/// What an instruction does, which its handler leaves in the accumulator for [`Performed`].
#[derive(Clone, Copy)]
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
/// # Safety
/// As [`Execute::run`], for an instruction that does this, and its registers.
#[inline(never)]
unsafe fn perform(work: u64, ip: *const u8, fp: *mut u64, instance: *mut Instance) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the instruction and the registers.
    unsafe {
        let mut r: Regs = Regs::new(ip, fp, core::ptr::null_mut(), instance);
        const CONT_NEW: u64 = Work::ContNew as u64;
        const CONT_BIND: u64 = Work::ContBind as u64;
        const SUSPEND: u64 = Work::Suspend as u64;
        const SWITCH: u64 = Work::Switch as u64;
        const RESUME: u64 = Work::Resume as u64;
        const RESUME_THROW: u64 = Work::ResumeThrow as u64;
        let outcome = match work {
            CONT_NEW => cont_new(&mut r),
            CONT_BIND => cont_bind(&mut r),
            SUSPEND => suspend(&mut r),
            SWITCH => switch(&mut r),
            RESUME => resume_with_values(&mut r),
            RESUME_THROW => resume_throw(&mut r),
            _ => resume_throw_ref(&mut r),
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
            let outcome = perform(r.held(), r.ip, r.fp, r.cx);
            let machine = (*r.cx).machine;
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
