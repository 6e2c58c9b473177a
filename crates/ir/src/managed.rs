//! The table of instructions on references to functions, exceptions and objects: rows as in `table.rs`. They are numbered
//! behind all others and belong to both op sets, but are not executed in place. They use slots and immediates only.

/// Calls the macro named with all rows of this table, behind what else is given.
#[macro_export]
macro_rules! for_each_managed_op {
    ($callback:ident $($more:tt)*) => {
        $callback! {
            $($more)*
            // --- references to functions ---------------------------------------------------------------
            /// Call the function that a reference is to.
            CallRef: CallRef(none -> none);
            /// Call the function that a reference is to instead of returning.
            ReturnCallRef: ReturnCallRef(none -> none);
            /// Trap if the reference is null.
            TrapNull: Check(none -> none);

            // --- exceptions ----------------------------------------------------------------------------
            /// Make an exception of values, and go on at its handler.
            Throw: Throw(none -> none);
            /// Go on at the handler of an exception.
            ThrowRef: ThrowRef(none -> none);
        }
    };
}
