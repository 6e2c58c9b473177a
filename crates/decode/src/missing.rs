//! What bodies of functions need and this build does not have, found when a module is loaded: where bodies are validated, validation
//! says so; where they are not, or only when they are called, this does, so that no module runs up to what is missing.

use wasmparser::{BlockType, ValType};

use crate::error::{DecodeError, Feature};
use crate::module::ModuleInfo;
use crate::operators::{Malformed, OBJECT, Operators, VECTOR};
use crate::types::val_type;

/// Looks for operators and types of what was compiled out. What is wrong with a body otherwise is not looked for.
///
/// # Errors
/// The first feature that a body needs, and where.
pub fn refuse_missing(info: &ModuleInfo, wasm: &[u8]) -> Result<(), DecodeError> {
    for range in &info.bodies {
        let Some(body) = wasm.get(range.clone()) else { continue };
        match look(Operators::new(body, range.start)) {
            Err(Found::Missing(error)) => return Err(error),
            Ok(()) | Err(Found::Malformed) => {}
        }
    }
    Ok(())
}

/// Why a body is read no further.
enum Found {
    Missing(DecodeError),
    Malformed,
}

impl From<Malformed> for Found {
    fn from(_: Malformed) -> Found {
        Found::Malformed
    }
}

fn look(mut operators: Operators<'_>) -> Result<(), Found> {
    for _ in 0..operators.index()? {
        operators.index()?;
        let at = operators.position();
        let ty = operators.value_type()?;
        known(ty, at)?;
    }
    // To the body's end, where no byte is left.
    loop {
        let at = operators.position();
        let opcode = operators.byte()?;
        if let Some(feature) = missing(opcode) {
            return Err(Found::Missing(DecodeError::unsupported(feature, at)));
        }
        match opcode {
            0x02..=0x04 => {
                if let BlockType::Type(ty) = operators.block_type()? {
                    known(ty, at)?;
                }
            }
            _ => drop(operators.skip(opcode)?),
        }
    }
}

/// Whether values of a type are.
fn known(ty: ValType, at: usize) -> Result<(), Found> {
    val_type(ty, at).map(drop).map_err(Found::Missing)
}

/// What an operator needs, if this build has it not.
fn missing(opcode: u8) -> Option<Feature> {
    match opcode {
        VECTOR if cfg!(not(feature = "simd")) => Some(Feature::Simd),
        OBJECT | 0xd3 if cfg!(not(feature = "gc")) => Some(Feature::Gc),
        0x06..=0x0a | 0x18 | 0x19 | 0x1f if cfg!(not(feature = "gc")) => Some(Feature::Exceptions),
        0xfe => Some(Feature::Threads),
        _ => None,
    }
}
