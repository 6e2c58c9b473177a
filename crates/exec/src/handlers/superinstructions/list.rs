//! The list of superinstructions: `superinstructions.list` in this package, or the file that the environment variable
//! `WASMOTE_SUPERINSTRUCTIONS` names when the package is compiled. The build script makes the macro call of it.

use wasmote_ir::Op;

use super::{InstrOf, Seq, joined, number, row, superinstructions};
use crate::dispatch::hot;
use crate::linked::{Handler, Linked};

include!(concat!(env!("OUT_DIR"), "/superinstructions.rs"));
