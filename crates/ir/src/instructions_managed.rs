//! The table of instructions on references to functions, on exceptions and on continuations, and of atomic instructions. The rows are as in
//! `instructions.rs`.
//!
//! These instructions are numbered after those of `instructions.rs`. They belong to both op sets, but cannot be
//! executed in place. Their sources are slots and immediates only.

/// Calls `$callback` with the other arguments, then all rows of this table.
#[macro_export]
macro_rules! for_each_managed_op {
    ($callback:ident $($more:tt)*) => {
        $callback! {
            $($more)*
            // --- references to functions ---------------------------------------------------------------
            /// Call a function through a reference.
            CallRef: CallRef(none -> none);
            /// Tail call of a function through a reference.
            ReturnCallRef: ReturnCallRef(none -> none);
            /// Trap if the reference is null.
            TrapNull: Check(none -> none);

            // --- exceptions ----------------------------------------------------------------------------
            /// Make an exception with these values and throw it.
            Throw: Throw(none -> none);
            /// Throw the exception that a reference refers to.
            ThrowRef: ThrowRef(none -> none);

            // --- continuations -------------------------------------------------------------------------
            /// dst = new continuation of the function that a reference refers to.
            ContNew: NewContinuation(none -> none);
            /// dst = the continuation of a reference, with the values of a run as its next arguments.
            ContBind: BindContinuation(none -> none);
            /// Suspend the continuation that runs, up to the `resume` that handles the tag.
            Suspend: Suspend(none -> none);
            /// Suspend the continuation that runs, and resume another in its place.
            Switch: Switch(none -> none);
            /// Resume a continuation. Its clauses follow, each a `HandleTag`.
            Resume: Resume(none -> none);
            /// Throw an exception with these values where a continuation was suspended. Clauses follow.
            ResumeThrow: Switch(none -> none);
            /// Throw the exception of a reference where a continuation was suspended. Clauses follow.
            ResumeThrowRef: ResumeThrowRef(none -> none);
            /// A clause of the `resume` before it: what is suspended with the tag continues at the target, with the
            /// tag's values and the continuation in the run. A clause with an empty run is for `switch`. It does
            /// nothing itself.
            HandleTag: HandleTag(none -> none);
            // --- atomic instructions on any memory, which come last (`ops::FIRST_ATOMIC`) --------------------
            /// Order the accesses of memories before it and after it.
            AtomicFence: AtomicFence(none -> none);
            /// Do nothing, and tell the processor that this is a loop which waits for another thread.
            Pause: AtomicFence(none -> none);
            /// dst = 8 bits, zero-extended.
            AtomicLoad8: AtomicLoad(i64 -> i64);
            /// dst = 16 bits, zero-extended.
            AtomicLoad16: AtomicLoad(i64 -> i64);
            /// dst = 32 bits, zero-extended.
            AtomicLoad32: AtomicLoad(i64 -> i64);
            /// dst = 64 bits.
            AtomicLoad64: AtomicLoad(i64 -> i64);
            /// Store the low 8 bits.
            AtomicStore8: AtomicStore(i64 -> none);
            /// Store the low 16 bits.
            AtomicStore16: AtomicStore(i64 -> none);
            /// Store the low 32 bits.
            AtomicStore32: AtomicStore(i64 -> none);
            /// Store 64 bits.
            AtomicStore64: AtomicStore(i64 -> none);
            /// dst = the old value; the new one is computed from it and the operand.
            AtomicRmw: AtomicModify(i64 -> i64);
            /// dst = the old value of 8 bits; store the second operand if the old value equals the first.
            AtomicCmpxchg8: AtomicBinary(i64 -> i64);
            /// dst = the old value of 16 bits; store the second operand if the old value equals the first.
            AtomicCmpxchg16: AtomicBinary(i64 -> i64);
            /// dst = the old value of 32 bits; store the second operand if the old value equals the first.
            AtomicCmpxchg32: AtomicBinary(i64 -> i64);
            /// dst = the old value; store the second operand if the old value equals the first.
            AtomicCmpxchg64: AtomicBinary(i64 -> i64);
            /// dst = the number of waiting threads that were woken, at most the operand.
            AtomicNotify: AtomicUnary(i64 -> i64);
            /// Wait while the 32 bits equal the first operand, for the second operand in nanoseconds.
            AtomicWait32: AtomicBinary(i64 -> i64);
            /// Wait while the 64 bits equal the first operand, for the second operand in nanoseconds.
            AtomicWait64: AtomicBinary(i64 -> i64);
        }
    };
}
