//! Imports that are not satisfied.

use wasmote_decode::Import;
use wasmote_ir::fallible::try_str;
use wasmote_runtime::Module;

use crate::error::{Error, ImportProblem};
use crate::extern_type::ExternType;

/// That a module's import is not satisfied by what was found.
pub(crate) fn problem_of(module: &Module, import: &Import, found: Option<ExternType>) -> Result<ImportProblem, Error> {
    let Some(expected) = ExternType::of_import(module, import.ty)? else {
        return Err(Error::instantiate("the module is not valid"));
    };
    Ok(ImportProblem { module: try_str(&import.module)?, name: try_str(&import.name)?, expected, found })
}
