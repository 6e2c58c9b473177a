//! Proposals: what was added to the first version of the language, and what may be added to the newest.

/// Calls the macro named with a row for each proposal, those that some build runs first: its name as a variant, as a field, and as wasmparser's
/// flag; its name for people; and of those that can be run the version of the specification that has it, 4 if none does, and which builds
/// run it, as an expression for crates with the Cargo features `simd` and `gc`.
#[macro_export]
macro_rules! for_each_proposal {
    ($callback:ident) => {
        $callback! {
            built {
                /// Mutable globals can be imported and exported.
                MutableGlobals mutable_global MUTABLE_GLOBAL "mutable globals" since 1 if true;
                /// `i32.extend8_s` and its like.
                SignExtension sign_extension SIGN_EXTENSION "sign extension" since 2 if true;
                /// `i32.trunc_sat_f32_s` and its like.
                SaturatingFloatToInt saturating_float_to_int SATURATING_FLOAT_TO_INT "saturating float-to-int conversion" since 2 if true;
                /// Several results, and blocks with parameters.
                MultiValue multi_value MULTI_VALUE "multiple values" since 2 if true;
                /// `memory.copy`, passive segments and their like.
                BulkMemory bulk_memory BULK_MEMORY "bulk memory operations" since 2 if true;
                /// `externref`, several tables, and instructions on references.
                ReferenceTypes reference_types REFERENCE_TYPES "reference types" since 2 if true;
                /// Vectors of 128 bits; needs the Cargo feature `simd`.
                Simd simd SIMD "SIMD" since 2 if cfg!(feature = "simd");
                /// Vector instructions whose results depend on the machine; needs the Cargo feature `simd`.
                RelaxedSimd relaxed_simd RELAXED_SIMD "relaxed SIMD" since 3 if cfg!(feature = "simd");
                /// `return_call` and `return_call_indirect`.
                TailCall tail_call TAIL_CALL "tail calls" since 3 if true;
                /// Sums, differences and products in constant expressions.
                ExtendedConst extended_const EXTENDED_CONST "extended constant expressions" since 3 if true;
                /// Several memories.
                MultiMemory multi_memory MULTI_MEMORY "multiple memories" since 3 if true;
                /// Memories and tables with indices of 64 bits.
                Memory64 memory64 MEMORY64 "memory64" since 3 if true;
                /// Memories with pages of one byte.
                CustomPageSizes custom_page_sizes CUSTOM_PAGE_SIZES "custom page sizes" since 4 if true;
                /// `i64.add128`, `i64.mul_wide_s` and their like.
                WideArithmetic wide_arithmetic WIDE_ARITHMETIC "wide arithmetic" since 4 if true;
                /// References to functions of a given type, and references that are never null.
                FunctionReferences function_references FUNCTION_REFERENCES "typed function references" since 3 if true;
                /// Recursive types; objects too, with the Cargo feature `gc`.
                Gc gc GC "garbage collection" since 3 if true;
                /// Tags and exceptions; needs the Cargo feature `gc`.
                Exceptions exceptions EXCEPTIONS "exception handling" since 3 if cfg!(feature = "gc");
                /// `try`, `catch`, `delegate` and `rethrow`, which came before `try_table`; needs the Cargo feature `gc`.
                LegacyExceptions legacy_exceptions LEGACY_EXCEPTIONS "legacy exception handling" since 4 if cfg!(feature = "gc");
            }
            unbuilt {
                /// Shared memories and atomic instructions.
                Threads threads THREADS "threads";
                /// Continuations.
                StackSwitching stack_switching STACK_SWITCHING "stack switching";
                /// Shared functions, tables, globals and types.
                SharedEverything shared_everything_threads SHARED_EVERYTHING_THREADS "shared-everything threads";
                /// Structures with descriptors, and exact types.
                CustomDescriptors custom_descriptors CUSTOM_DESCRIPTORS "custom descriptors";
                /// Imports whose module name is given once.
                CompactImports compact_imports COMPACT_IMPORTS "compact imports";
                /// Atomic instructions with an order.
                AcquireReleaseAtomics acquire_release_atomics ACQUIRE_RELEASE_ATOMICS "acquire-release atomics";
                /// `memory.discard`.
                MemoryControl memory_control MEMORY_CONTROL "memory control";
            }
        }
    };
}

macro_rules! define_proposals {
    (
        built { $( $(#[$doc:meta])* $name:ident $field:ident $flag:ident $text:literal since $version:literal if $built:expr; )* }
        unbuilt { $( $(#[$other_doc:meta])* $other:ident $other_field:ident $other_flag:ident $other_text:literal; )* }
    ) => {
        /// A proposal.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Proposal {
                /// The first version of the language, to which the others were added.
            Core,
            $( $(#[$doc])* $name, )*
            $( $(#[$other_doc])* $other, )*
        }

        impl Proposal {
                /// All proposals.
            pub const ALL: &'static [Proposal] = &[$(Proposal::$name,)* $(Proposal::$other,)*];

                /// What people call it; messages put "support" behind it.
            pub const fn name(self) -> &'static str {
                match self {
                    Proposal::Core => "WebAssembly 1.0",
                    $( Proposal::$name => $text, )*
                    $( Proposal::$other => $other_text, )*
                }
            }
        }
    };
}
for_each_proposal!(define_proposals);
