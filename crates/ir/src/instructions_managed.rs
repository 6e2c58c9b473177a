//! The table of instructions on references to functions and on exceptions. The rows are as in `instructions.rs`.
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
        }
    };
}
