//! The proposals that a module may use.

use wasmparser::WasmFeatures;

macro_rules! features {
    (
        built { $( $(#[$doc:meta])* $proposal:ident $name:ident $flag:ident $text:literal since $version:literal if $built:expr; )* }
        unbuilt { $( $(#[$other_doc:meta])* $other:ident $other_name:ident $other_flag:ident $other_text:literal; )* }
    ) => {
        /// The proposals that a module may use. By default, all are on that this build runs. A proposal that this build
        /// does not run has no effect here: it stays off.
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
            /// Returns the proposals in this version of the specification (1, 2 or 3) that this build runs. Version 4
            /// adds the proposals that are in no version.
            pub const fn of_version(version: u32) -> Features {
                Features { $( $name: $version <= version && $built, )* }
            }

            /// Returns wasmparser's flags for all of a module but its bodies.
            pub(crate) fn flags(self) -> WasmFeatures {
                // In wasmparser, floats are a feature, and `externref` needs the feature of types that are collected.
                let mut flags = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
                $( flags.set(WasmFeatures::$flag, self.$name && $built); )*
                // Kotlin declares fields of type `v128` in modules without vector instructions. The decoder refuses
                // vectors elsewhere, and `body_flags` those in bodies.
                let simd = flags.contains(WasmFeatures::SIMD);
                flags.set(WasmFeatures::SIMD, simd || cfg!(feature = "gc") && self.gc);
                flags
            }

            /// Returns wasmparser's flags for bodies.
            pub(crate) fn body_flags(self) -> WasmFeatures {
                let mut flags = self.flags();
                flags.set(WasmFeatures::SIMD, self.simd && cfg!(feature = "simd"));
                flags
            }
        }
    };
}
wasmote_ir::for_each_proposal!(features);
