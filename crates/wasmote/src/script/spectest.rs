//! The module `spectest`, which the specification's scripts import.

use wasmote_decode::{FuncType, GlobalType, MemoryType, TableType};
use wasmote_ir::{Mutability, RefType, ValType};

use crate::error::Error;
use crate::handles::Global;
use crate::handles::Memory;
use crate::handles::Table;
use crate::linker::Linker;
use crate::reference::Ref;
use crate::store::Store;
use crate::value::Val;

/// The functions of `spectest`. They should print their arguments, but no test looks at the output.
const FUNCS: &[(&str, &[ValType])] = &[
    ("print", &[]),
    ("print_i32", &[ValType::I32]),
    ("print_i64", &[ValType::I64]),
    ("print_f32", &[ValType::F32]),
    ("print_f64", &[ValType::F64]),
    ("print_i32_f32", &[ValType::I32, ValType::F32]),
    ("print_f64_f64", &[ValType::F64, ValType::F64]),
];

/// Defines the module `spectest`.
#[inline(never)]
pub(super) fn define(linker: &mut Linker<()>, store: &mut Store<()>) -> Result<(), Error> {
    for &(name, params) in FUNCS {
        let ty = FuncType::new(params.iter().copied(), []);
        linker.func_new("spectest", name, ty, |_, _, _| Ok(()))?;
    }
    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::F32(666.6)),
        ("global_f64", Val::F64(666.6)),
    ];
    for (name, value) in globals {
        let ty = GlobalType::new(value.ty(), Mutability::Const);
        let global = Global::new(&mut *store, ty, value)?;
        linker.define("spectest", name, global)?;
    }
    let types = [
        ("table", TableType::new(RefType::FUNC, 10, Some(20))),
        ("table64", TableType::new64(RefType::FUNC, 10, Some(20))),
    ];
    for (name, ty) in types {
        let table = Table::new(&mut *store, ty, Ref::Func(None))?;
        linker.define("spectest", name, table)?;
    }
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(2)))?;
    linker.define("spectest", "memory", memory)?;
    #[cfg(feature = "threads")]
    {
        let memory = crate::SharedMemory::new(store.engine(), MemoryType::shared(1, 2))?;
        linker.define("spectest", "shared_memory", memory)?;
    }
    Ok(())
}
