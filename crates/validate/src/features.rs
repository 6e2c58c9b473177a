//! Which proposals a module may use.

use wasmparser::WasmFeatures;

macro_rules! features {
    (
        built { $( $(#[$doc:meta])* $proposal:ident $name:ident $flag:ident $text:literal since $version:literal if $built:expr; )* }
        unbuilt { $( $(#[$other_doc:meta])* $other:ident $other_name:ident $other_flag:ident $other_text:literal; )* }
    ) => {
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
wasmote_ir::for_each_proposal!(features);
