//! Proposals: which of them this build runs, and what wasmparser calls them.

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

/// Whether this build runs all of a proposal. (Of garbage collection, every build has recursive types.)
pub const fn is_built(proposal: Proposal) -> bool {
    match proposal {
        Proposal::Core => true,
        Proposal::Gc => cfg!(feature = "gc"),
        _ => FLAGS[proposal as usize - 1].2,
    }
}

/// wasmparser's flag for a proposal; none for [`Proposal::Core`].
pub const fn flag(proposal: Proposal) -> WasmFeatures {
    match proposal {
        Proposal::Core => WasmFeatures::empty(),
        _ => FLAGS[proposal as usize - 1].1,
    }
}

/// The proposal behind a flag of wasmparser's, if it has one.
pub fn of_flag(flag: WasmFeatures) -> Option<Proposal> {
    // Flags that are part of a proposal.
    if flag == WasmFeatures::GC_TYPES {
        return Some(Proposal::Gc);
    }
    FLAGS.iter().find(|(_, known, _)| *known == flag).map(|&(proposal, ..)| proposal)
}

// The table begins with the first variant behind `Core`.
const _: () = {
    let mut i = 0;
    while i < FLAGS.len() {
        assert!(FLAGS[i].0 as usize == i + 1);
        i += 1;
    }
};
