//! The linked code of functions, to print it.

use wasmote_runtime::{LinkedFunction, LinkedOptions};

use crate::error::Error;
use crate::module::Module;

impl Module {
    /// Returns the linked code of a function. It is translated and linked again, in the same way as at the
    /// function's first call. `func` is the function's index; imports count.
    ///
    /// # Errors
    /// Those of the function's first call. Fails also if the function is imported, or does not exist.
    pub fn linked_function(&self, func: u32) -> Result<LinkedFunction, Error> {
        Ok(self.inner().linked_function(func)?)
    }

    /// Returns the options that hold for the code of all functions.
    #[must_use]
    pub fn linked_options(&self) -> LinkedOptions {
        self.inner().linked_options()
    }
}
