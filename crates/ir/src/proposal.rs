//! The proposals of WebAssembly: additions to the first version of the specification.

/// Calls `$callback` with a row for each proposal.
///
/// A row has the name of the proposal as a variant, as a field, as wasmparser's flag, and in messages. The rows in
/// `built` are for proposals that some build runs. They also have the version of the specification that includes the
/// proposal (4 if none does), and an expression that says whether a build runs it. The expression expects the Cargo
/// features `simd`, `gc`, `stack-switching` and `acquire-release-atomics`.
#[macro_export]
macro_rules! for_each_proposal {
    ($callback:ident) => {
        $callback! {
            built {
                /// Mutable globals can be imported and exported.
                MutableGlobals mutable_global MUTABLE_GLOBAL "mutable globals" since 1 if true;
                /// `i32.extend8_s` and similar operators.
                SignExtension sign_extension SIGN_EXTENSION "sign extension" since 2 if true;
                /// `i32.trunc_sat_f32_s` and similar operators.
                SaturatingFloatToInt saturating_float_to_int SATURATING_FLOAT_TO_INT "saturating float-to-int conversion" since 2 if true;
                /// Functions and blocks with several results, and blocks with parameters.
                MultiValue multi_value MULTI_VALUE "multiple values" since 2 if true;
                /// `memory.copy` and similar operators, and passive segments.
                BulkMemory bulk_memory BULK_MEMORY "bulk memory operations" since 2 if true;
                /// `externref`, several tables, and operators on references.
                ReferenceTypes reference_types REFERENCE_TYPES "reference types" since 2 if true;
                /// 128-bit vectors. Needs the Cargo feature `simd`.
                Simd simd SIMD "SIMD" since 2 if cfg!(feature = "simd");
                /// Vector operators whose results depend on the machine. Needs the Cargo feature `simd`.
                RelaxedSimd relaxed_simd RELAXED_SIMD "relaxed SIMD" since 3 if cfg!(feature = "simd");
                /// `return_call` and `return_call_indirect`.
                TailCall tail_call TAIL_CALL "tail calls" since 3 if true;
                /// Additions, subtractions and multiplications in constant expressions.
                ExtendedConst extended_const EXTENDED_CONST "extended constant expressions" since 3 if true;
                /// Several memories.
                MultiMemory multi_memory MULTI_MEMORY "multiple memories" since 3 if true;
                /// Memories with 64-bit addresses, and tables with 64-bit indices.
                Memory64 memory64 MEMORY64 "memory64" since 3 if true;
                /// Memories with pages of one byte.
                CustomPageSizes custom_page_sizes CUSTOM_PAGE_SIZES "custom page sizes" since 4 if true;
                /// `i64.add128`, `i64.mul_wide_s` and similar operators.
                WideArithmetic wide_arithmetic WIDE_ARITHMETIC "wide arithmetic" since 4 if true;
                /// References to functions of a given type, and references that are never null.
                FunctionReferences function_references FUNCTION_REFERENCES "typed function references" since 3 if true;
                /// Recursive types. With the Cargo feature `gc`, objects as well.
                Gc gc GC "garbage collection" since 3 if true;
                /// Tags and exceptions. Needs the Cargo feature `gc`.
                Exceptions exceptions EXCEPTIONS "exception handling" since 3 if cfg!(feature = "gc");
                /// `try`, `catch`, `delegate` and `rethrow`, which came before `try_table`. Needs the Cargo feature
                /// `gc`.
                LegacyExceptions legacy_exceptions LEGACY_EXCEPTIONS "legacy exception handling" since 4 if cfg!(feature = "gc");
                /// Atomic operators. With the Cargo feature `threads`, shared memories as well.
                Threads threads THREADS "threads" since 4 if true;
                /// Imports that share the name of their module in the binary, or also their type.
                CompactImports compact_imports COMPACT_IMPORTS "compact imports" since 4 if true;
                /// Structures with descriptors, and exact types. Needs the Cargo feature `gc`.
                CustomDescriptors custom_descriptors CUSTOM_DESCRIPTORS "custom descriptors" since 4 if cfg!(feature = "gc");
                /// Continuations. Needs the Cargo feature `stack-switching`.
                StackSwitching stack_switching STACK_SWITCHING "stack switching" since 4 if cfg!(feature = "stack-switching");
                /// Atomic operators with a memory ordering, and `pause`. Needs the Cargo feature
                /// `acquire-release-atomics`.
                AcquireReleaseAtomics acquire_release_atomics ACQUIRE_RELEASE_ATOMICS "acquire-release atomics" since 4 if cfg!(feature = "acquire-release-atomics");
            }
            unbuilt {
                /// Shared functions, tables, globals and types.
                SharedEverything shared_everything_threads SHARED_EVERYTHING_THREADS "shared-everything threads";
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
                /// The first version of the specification, to which the proposals were added.
            Core,
            $( $(#[$doc])* $name, )*
            $( $(#[$other_doc])* $other, )*
        }

        impl Proposal {
                /// All proposals.
            pub const ALL: &'static [Proposal] = &[$(Proposal::$name,)* $(Proposal::$other,)*];

                /// Returns its name for messages, which add "support" after it.
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
