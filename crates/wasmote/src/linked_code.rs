//! What functions become, to be shown.

use wasmote_runtime::{LinkedFunction, LinkedOptions};

use crate::error::Error;
use crate::module::Module;

impl Module {
    /// A function, imports counted, as it runs: what its first call makes of it is made again, by the same translator and linker.
    ///
    /// # Errors
    /// Those of its first call; also when it has no code.
    pub fn linked_function(&self, func: u32) -> Result<LinkedFunction, Error> {
        Ok(self.inner().linked_function(func)?)
    }

    /// What holds for the code of all functions.
    pub fn linked_options(&self) -> LinkedOptions {
        self.inner().linked_options()
    }
}
