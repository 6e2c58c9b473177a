//! The features of this build, as data.
//!
//! Code that compiles in every build asks [`Feature::is_built`]. An item that only some builds have is an `Option` made
//! by [`built!`]. So the code that uses it is the same in all builds.

use alloc::format;

use crate::failure::CliError;

/// A feature of this crate.
#[derive(Clone, Copy)]
pub struct Feature {
    /// Its name in `Cargo.toml`.
    pub name: &'static str,
    /// Whether this build has it.
    pub is_built: bool,
}

impl Feature {
    /// Returns the error for a command or option that needs this feature, in a build without it.
    #[cold]
    #[inline(never)]
    pub fn missing(self, what: &str) -> CliError {
        let name = self.name;
        CliError::usage(format!(
            "`{what}` needs the feature `{name}`, which this wasmote lacks: build it with that feature"
        ))
    }
}

macro_rules! features {
    ($( $constant:ident $name:literal; )*) => {
        $( pub const $constant: Feature = Feature { name: $name, is_built: cfg!(feature = $name) }; )*
    };
}

features! {
    COMPILE "compile";
    COUNT "count";
    EXTENDED "extended";
    HINTS "hints";
    IMAGE "image";
    INTERRUPT "interrupt";
    LIMITS "limits";
    LINKING "linking";
    PRINT "print";
    PROFILE "profile";
    REPLAY "replay";
    SIMD "simd";
    SOCKETS "sockets";
    STATS "stats";
    TRACE "trace";
    WASI "wasi";
    WASI_THREADS "wasi-threads";
    WASM "wasm";
    WAT "wat";
}

/// Gives `Some(item)` in builds with the feature, and `None` in others.
macro_rules! built {
    ($feature:literal, $item:expr) => {{
        #[cfg(feature = $feature)]
        {
            Some($item)
        }
        #[cfg(not(feature = $feature))]
        {
            None
        }
    }};
}
pub(crate) use built;
