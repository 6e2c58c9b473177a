//! The table of GC instructions. The rows are as in `instructions.rs`, and the handlers are in `wasmote-gc`.
//!
//! These instructions are numbered after those of `instructions_managed.rs`. They belong to both op sets, but cannot be
//! executed in place. Those that allocate are like calls: all live values are in slots below the slot that they name
//! last.

/// Calls `$callback` with the other arguments, then all rows of this table.
#[macro_export]
macro_rules! for_each_object_op {
    ($callback:ident $($more:tt)*) => {
        $callback! {
            $($more)*
            // --- structures ----------------------------------------------------------------------------
            /// dst = new structure with the values of a run.
            StructNew: NewOfRun(none -> none);
            /// dst = new structure, all zero.
            StructNewDefault: NewDefault(none -> none);
            /// dst = 8 bits of a field, sign-extended to 32.
            StructGet8S: FieldGet(none -> i64);
            /// dst = 8 bits of a field, zero-extended.
            StructGet8U: FieldGet(none -> i64);
            /// dst = 16 bits of a field, sign-extended to 32.
            StructGet16S: FieldGet(none -> i64);
            /// dst = 16 bits of a field, zero-extended.
            StructGet16U: FieldGet(none -> i64);
            /// dst = 32 bits of a field.
            StructGet32: FieldGet(none -> i64);
            /// dst = 64 bits of a field.
            StructGet64: FieldGet(none -> i64);
            /// dst = a vector of a field.
            StructGet128: FieldGetPair(none -> i64);
            /// Set 8 bits of a field.
            StructSet8: FieldSet(none -> i64);
            /// Set 16 bits of a field.
            StructSet16: FieldSet(none -> i64);
            /// Set 32 bits of a field.
            StructSet32: FieldSet(none -> i64);
            /// Set 64 bits of a field.
            StructSet64: FieldSet(none -> i64);
            /// Set a field to a vector.
            StructSet128: FieldSetPair(none -> i64);

            // --- arrays --------------------------------------------------------------------------------
            /// dst = new array: the value of each element, a run of one or two slots, and the length.
            ArrayNew: ArrayNew(none -> none);
            /// dst = new array of this length, all zero.
            ArrayNewDefault: ArrayNewDefault(none -> none);
            /// dst = new array with the values of a run.
            ArrayNewFixed: NewOfRun(none -> none);
            /// dst = new array with elements from a data segment.
            ArrayNewData: ArrayNewData(none -> none);
            /// dst = new array with elements from an element segment.
            ArrayNewElem: ArrayNewElem(none -> none);
            /// dst = 8 bits of an element, sign-extended to 32.
            ArrayGet8S: ElementGet(none -> i64);
            /// dst = 8 bits of an element, zero-extended.
            ArrayGet8U: ElementGet(none -> i64);
            /// dst = 16 bits of an element, sign-extended to 32.
            ArrayGet16S: ElementGet(none -> i64);
            /// dst = 16 bits of an element, zero-extended.
            ArrayGet16U: ElementGet(none -> i64);
            /// dst = 32 bits of an element.
            ArrayGet32: ElementGet(none -> i64);
            /// dst = 64 bits of an element.
            ArrayGet64: ElementGet(none -> i64);
            /// dst = a vector of an element.
            ArrayGet128: ElementGetPair(none -> i64);
            /// Set 8 bits of an element.
            ArraySet8: ElementSet(none -> i64);
            /// Set 16 bits of an element.
            ArraySet16: ElementSet(none -> i64);
            /// Set 32 bits of an element.
            ArraySet32: ElementSet(none -> i64);
            /// Set 64 bits of an element.
            ArraySet64: ElementSet(none -> i64);
            /// Set an element to a vector.
            ArraySet128: ElementSetPair(none -> i64);
            /// dst = length of an array.
            ArrayLen: ObjectUnary(none -> i64);
            /// Fill with a value, a run of one or two slots: array, index, length.
            ArrayFill: ArrayFill(none -> none);
            /// Copy between arrays: destination, index, source, index, length; the type is the destination's.
            ArrayCopy: ArrayCopy(none -> none);
            /// Copy from a data segment: array, index, offset in the segment, length.
            ArrayInitData: ArrayInitData(none -> none);
            /// Copy from an element segment: array, index, offset in the segment, length.
            ArrayInitElem: ArrayInitElem(none -> none);

            // --- take fuel by their length, only in metered code; the operands are temporaries --------------------
            /// dst = new array of this length, all zero.
            ArrayNewFuel: ArrayNewDefault(none -> none);
            /// dst = new array, all zero, for elements of a data segment; trap if the segment does not have them.
            ArrayNewDataFuel: ArrayNewData(none -> none);
            /// dst = new array, all zero, for elements of an element segment; trap if the segment does not have them.
            ArrayNewElemFuel: ArrayNewElem(none -> none);
            /// Fill with a value, a run of one or two slots: array, index, length.
            ArrayFillFuel: ArrayFillFuel(none -> none);
            /// Copy between arrays: destination, index, source, index, length; the type is the destination's.
            ArrayCopyFuel: ArrayCopyFuel(none -> none);
            /// Copy from a data segment: array, index, offset in the segment, length.
            ArrayInitDataFuel: ArrayInitDataFuel(none -> none);
            /// Copy from an element segment: array, index, offset in the segment, length.
            ArrayInitElemFuel: ArrayInitElemFuel(none -> none);

            // --- `i31`, and tests of references ----------------------------------------------------------
            /// dst = `i31` reference to the low 31 bits.
            RefI31: ObjectUnary(none -> none);
            /// dst = the integer, sign-extended to 32.
            I31GetS: ObjectUnary(none -> none);
            /// dst = the integer, zero-extended.
            I31GetU: ObjectUnary(none -> none);
            /// dst = whether the reference is of the type.
            RefTest: RefTest(none -> none);
            /// Trap unless the reference is of the type.
            RefCast: RefCast(none -> none);
            /// Jump if the reference is of the type.
            BrOnCast: BrOnCast(none -> none);

            // --- descriptors -----------------------------------------------------------------------------
            /// dst = new structure with the values of a run, of which the last is its descriptor, and zero in all other
            /// fields.
            StructNewDesc: NewOfRun(none -> none);
            /// dst = descriptor of a structure.
            RefGetDesc: ObjectUnary(none -> none);
            /// Trap unless the reference is of the type and has this descriptor.
            RefCastDesc: RefCastDesc(none -> none);
            /// Jump if the reference is of the type and has this descriptor.
            BrOnCastDesc: BrOnCastDesc(none -> none);
        }
    };
}
