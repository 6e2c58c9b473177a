//! Reports imports that are missing or of another type.

use wasmote_decode::Import;
use wasmote_ir::fallible::try_str;
use wasmote_runtime::Module;

use crate::error::{Error, ImportProblem};
use crate::extern_type::ExternType;

/// Describes an import that `found` does not satisfy.
pub(crate) fn problem_of(module: &Module, import: &Import, found: Option<ExternType>) -> Result<ImportProblem, Error> {
    let Some(expected) = ExternType::of_import(module, import.ty)? else {
        return Err(Error::instantiate("the module is not valid"));
    };
    let problem = ImportProblem {
        module: try_str(&import.module)?,
        name: try_str(&import.name)?,
        expected,
        found,
        #[cfg(feature = "messages")]
        message: None,
    };
    #[cfg(feature = "messages")]
    let problem = crate::type_text::with_message(problem, module.engine())?;
    Ok(problem)
}
