//! Which proposals a module may use.

use wasmparser::WasmFeatures;

macro_rules! features {
    ($( $(#[$doc:meta])* $name:ident: $flag:ident, since $version:literal, $built:expr; )*) => {
        /// Which proposals a module may use. All are on by default that this build runs; one that it does not
        /// run stays off whatever is asked.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub struct Features {
            $( $(#[$doc])* pub $name: bool, )*
        }

        impl Default for Features {
            fn default() -> Features {
                Features { $( $name: $built, )* }
            }
        }

        impl Features {
            /// The features of this version of the specification, 1, 2 or 3, as far as this build runs them;
            /// 4 adds the proposals that no version contains.
            pub const fn of_version(version: u32) -> Features {
                Features { $( $name: $version <= version && $built, )* }
            }

            pub(crate) fn flags(self) -> WasmFeatures {
                // Floats are no proposal, and `externref` counts as one of the types that need a collector.
                let mut flags = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
                $( flags.set(WasmFeatures::$flag, self.$name && $built); )*
                // Kotlin declares fields that are vectors in modules without instructions for them. Vectors elsewhere the
                // decoder refuses, and bodies the next.
                let simd = flags.contains(WasmFeatures::SIMD);
                flags.set(WasmFeatures::SIMD, simd || cfg!(feature = "gc") && self.gc);
                flags
            }

            /// The same for bodies.
            pub(crate) fn body_flags(self) -> WasmFeatures {
                let mut flags = self.flags();
                flags.set(WasmFeatures::SIMD, self.simd && cfg!(feature = "simd"));
                flags
            }
        }
    };
}

features! {
    /// Mutable globals can be imported and exported.
    mutable_global: MUTABLE_GLOBAL, since 1, true;
    /// `i32.extend8_s` and its like.
    sign_extension: SIGN_EXTENSION, since 2, true;
    /// `i32.trunc_sat_f32_s` and its like.
    saturating_float_to_int: SATURATING_FLOAT_TO_INT, since 2, true;
    /// Several results, and blocks with parameters.
    multi_value: MULTI_VALUE, since 2, true;
    /// `memory.copy`, passive segments and their like.
    bulk_memory: BULK_MEMORY, since 2, true;
    /// `externref`, several tables, and instructions on references.
    reference_types: REFERENCE_TYPES, since 2, true;
    /// Vectors of 128 bits; needs the Cargo feature `simd`.
    simd: SIMD, since 2, cfg!(feature = "simd");
    /// Vector instructions whose results depend on the machine; needs the Cargo feature `simd`.
    relaxed_simd: RELAXED_SIMD, since 3, cfg!(feature = "simd");
    /// `return_call` and `return_call_indirect`.
    tail_call: TAIL_CALL, since 3, true;
    /// Sums, differences and products in constant expressions.
    extended_const: EXTENDED_CONST, since 3, true;
    /// References to functions of a given type, and references that are never null.
    function_references: FUNCTION_REFERENCES, since 3, true;
    /// Recursive types; objects too, with the Cargo feature `gc`.
    gc: GC, since 3, true;
    /// Tags and exceptions; needs the Cargo feature `gc`.
    exceptions: EXCEPTIONS, since 3, cfg!(feature = "gc");
    /// `try`, `catch`, `delegate` and `rethrow`, which came before `try_table`; needs the Cargo feature `gc`.
    legacy_exceptions: LEGACY_EXCEPTIONS, since 4, cfg!(feature = "gc");
    /// Several memories.
    multi_memory: MULTI_MEMORY, since 3, true;
    /// Memories and tables with indices of 64 bits.
    memory64: MEMORY64, since 3, true;
    /// Memories with pages of one byte.
    custom_page_sizes: CUSTOM_PAGE_SIZES, since 4, true;
    /// `i64.add128`, `i64.mul_wide_s` and their like.
    wide_arithmetic: WIDE_ARITHMETIC, since 4, true;
}
