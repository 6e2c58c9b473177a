//! The exit of a program that wasm runs.

use core::fmt;

/// A host function ended the program with this exit status, as `proc_exit` of WASI does.
///
/// ```
/// use wasmote::{Error, I32Exit};
///
/// let error = Error::from(I32Exit(3));
/// assert_eq!(error.i32_exit_status(), Some(3));
/// assert_eq!(error.downcast_ref(), Some(&I32Exit(3)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct I32Exit(pub i32);

impl fmt::Display for I32Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit with code {}", i64::from(self.0))
    }
}

impl core::error::Error for I32Exit {}
