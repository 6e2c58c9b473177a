//! Which proposals this build runs, and their flags in wasmparser.

use wasmote_ir::Proposal;
use wasmparser::WasmFeatures;

macro_rules! proposals {
    (
        built { $( $(#[$doc:meta])* $name:ident $field:ident $flag:ident $text:literal since $version:literal if $built:expr; )* }
        unbuilt { $( $(#[$other_doc:meta])* $other:ident $other_field:ident $other_flag:ident $other_text:literal; )* }
    ) => {
        const FLAGS: &[(Proposal, WasmFeatures, bool)] = &[
            $( (Proposal::$name, WasmFeatures::$flag, $built), )*
            $( (Proposal::$other, WasmFeatures::$other_flag, false), )*
        ];
    };
}
wasmote_ir::for_each_proposal!(proposals);

/// Whether this build runs all of a proposal. Every build has the recursive types of garbage collection.
pub const fn is_built(proposal: Proposal) -> bool {
    match proposal {
        Proposal::Core => true,
        Proposal::Gc => cfg!(feature = "gc"),
        _ => FLAGS[proposal as usize - 1].2,
    }
}

/// Returns wasmparser's flag for a proposal. [`Proposal::Core`] has none.
pub const fn flag(proposal: Proposal) -> WasmFeatures {
    match proposal {
        Proposal::Core => WasmFeatures::empty(),
        _ => FLAGS[proposal as usize - 1].1,
    }
}

// The table is indexed by proposal, and has no entry for `Core`.
const _: () = {
    let mut i = 0;
    while i < FLAGS.len() {
        assert!(FLAGS[i].0 as usize == i + 1);
        i += 1;
    }
};
