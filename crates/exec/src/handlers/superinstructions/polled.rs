//! Handlers of jumps that look for an interruption before they run, alone and as the second half of a
//! superinstruction. Without them, a loop needs a [`Poll`] at its head, which is a dispatch more for each round.
//!
//! The list has the steps of loops and the commonest jumps back. Other jumps back lead to a poll.

use core::marker::PhantomData;

use wasmote_ir::Op;

use super::{InstrOf, Seq, joined, number, row};
use crate::dispatch::{Execute, hot};
use crate::handlers::linked::Poll;
use crate::linked::{Flow, Handler, Linked, Regs};

/// Stops if the machine is interrupted. Otherwise it is the jump `J`, or the superinstruction that ends with it.
pub struct Polled<J>(PhantomData<J>);

impl<J: Execute<Linked>> Execute<Linked> for Polled<J> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a running instance and the contract of `J`. Nothing has changed yet when it
        // stops, so the instruction can run again.
        unsafe {
            match Poll::check(r) {
                Flow::Next => J::run(r),
                flow => flow,
            }
        }
    }
}

/// Defines the lists. Behind each jump are the first halves of its superinstructions.
macro_rules! polled {
    ($( $jump:ident.$b:ident $(after $( $first:ident.$a:ident ),+ )? ; )*) => {
        /// The opcodes of the jumps.
        pub static JUMPS: [u16; 0 $( + { let _ = Op::$jump; 1 } )*] = [$(
            wasmote_ir::Opcode::new(Op::$jump, number(Op::$jump, stringify!($b)) as u8).0,
        )*];

        /// The handler of each jump.
        pub static HANDLERS: [Handler; JUMPS.len()] = [$( {
            const B: usize = number(Op::$jump, stringify!($b));
            hot::<Linked, Polled<InstrOf<row::$jump, B>>>
        }, )*];

        /// The opcodes of the superinstructions, the first one in the upper half.
        static SECOND: [u32; 0 $( $( $( + { let _ = Op::$first; 1 } )+ )? )*] = [$( $( $( joined(
            (Op::$first, number(Op::$first, stringify!($a))),
            (Op::$jump, number(Op::$jump, stringify!($b))),
        ), )+ )? )*];

        /// The handler of each superinstruction.
        static SECOND_HANDLERS: [Handler; SECOND.len()] = [$( $( $( {
            const A: usize = number(Op::$first, stringify!($a));
            const B: usize = number(Op::$jump, stringify!($b));
            hot::<Linked, Polled<Seq<InstrOf<row::$first, A>, InstrOf<row::$jump, B>>>>
        }, )+ )? )*];
    };
}

polled! {
    Goto.x after I32Add.si, I32AddTwo.x;
    StepI32Ne.s after I32AddTwo.x;
    StepI32Ne.i after I32AddTwo.x;
    StepI32LtU.s;
    StepI32LtS.s;
    BrI32Ne.ri after I32AddTwo.x;
    BrI32Ne.rs after I32AddTwo.x;
    BrI32Ne.si after I32Add.si;
    BrI32Eq.ri;
    BrI32LtU.rs;
    BrI32LtU.ss;
    BrI32LeU.rs after I32Add.si;
}

/// Returns the polled handler of a jump, if there is one.
pub fn find(jump: u16) -> Option<Handler> {
    position(&JUMPS, jump).map(|at| HANDLERS[at])
}

/// Returns the polled handler of the superinstruction of these opcodes, if there is one.
pub fn find_second(first: u16, jump: u16) -> Option<Handler> {
    position(&SECOND, u32::from(first) << 16 | u32::from(jump)).map(|at| SECOND_HANDLERS[at])
}

/// Searches a list.
#[inline(always)]
fn position<T: Copy + PartialEq>(list: &[T], wanted: T) -> Option<usize> {
    // Without `black_box`, the compiler writes out a comparison for each entry.
    core::hint::black_box(list).iter().position(|&listed| listed == wanted)
}
