//! The optional passes. Tests turn them off one by one: the results of a body do not depend on them.

/// A pass that makes code faster and changes nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// `conversions`.
    Conversions,
    /// `early_returns`.
    EarlyReturns,
    /// `fuse`.
    Fusion,
    /// `loop_inversion`.
    LoopInversion,
    /// `threading`.
    Threading,
}

/// Whether the translator does this pass.
#[cfg(not(feature = "pass-switches"))]
#[inline(always)]
pub const fn does(_pass: Pass) -> bool {
    true
}

#[cfg(feature = "pass-switches")]
mod switches {
    extern crate std;

    use core::cell::Cell;

    use super::Pass;

    std::thread_local! {
        /// A bit for each pass that is turned off.
        static OFF: Cell<u32> = const { Cell::new(0) };
    }

    impl Pass {
        /// All passes.
        pub const ALL: [Pass; 5] =
            [Pass::Conversions, Pass::EarlyReturns, Pass::Fusion, Pass::LoopInversion, Pass::Threading];
    }

    /// Turns these passes off in translations that this thread does, and all others on. Code must not be translated a
    /// second time, for a backtrace, with other passes.
    pub fn turn_off(passes: &[Pass]) {
        OFF.set(passes.iter().fold(0, |off, &pass| off | 1 << pass as u32));
    }

    /// Whether the translator does this pass.
    pub fn does(pass: Pass) -> bool {
        OFF.get() >> pass as u32 & 1 == 0
    }
}
#[cfg(feature = "pass-switches")]
pub use switches::{does, turn_off};
