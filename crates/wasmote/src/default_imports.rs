//! Items with default values, for imports that a linker does not define.

use alloc::boxed::Box;

use wasmote_decode::TagType;
use wasmote_ir::ValType;
use wasmote_ir::fallible::{TryVec, try_with_capacity};

use crate::context::AsContextMut;
use crate::error::Error;
use crate::extern_type::ExternType;
use crate::externs::Extern;
use crate::handles::{Global, Memory, Table, Tag};
use crate::linker::Linker;
use crate::module::Module;
use crate::shared_memory::SharedMemory;
use crate::value::Val;

impl<T> Linker<T> {
    /// Defines each item that the module imports and that is not defined here, with default values: functions that return
    /// zeros and nulls, and memories, tables, globals and tags of the store. All but the functions belong to the store.
    ///
    /// # Errors
    /// Fails if an import has a type without a default value, which references have that are never null. Fails also if
    /// there is not enough memory.
    pub fn define_unknown_imports_as_default_values(
        &mut self,
        mut ctx: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<(), Error>
    where
        T: 'static,
    {
        for (module, name, ty) in self.missing(module) {
            match ty {
                ExternType::Func(ty) => {
                    let results = defaults_of(ty.results())?;
                    self.func_new(&module, &name, ty, move |_, _, to| {
                        to.copy_from_slice(&results);
                        Ok(())
                    })?;
                }
                ty => {
                    let item = default_item(ctx.as_context_mut(), ty)?;
                    self.define(&module, &name, item)?;
                }
            }
        }
        Ok(())
    }
}

/// Returns the default values of a function's results.
fn defaults_of(types: &[ValType]) -> Result<Box<[Val]>, Error> {
    let mut values = try_with_capacity(types.len())?;
    for &ty in types {
        values.push(default_of(ty)?);
    }
    Ok(values.try_into_box()?)
}

/// Returns the default value of a type.
fn default_of(ty: ValType) -> Result<Val, Error> {
    if !ty.is_defaultable() {
        return Err(Error::new("an import has a type without a default value"));
    }
    Ok(Val::default_of(ty))
}

/// Makes an item of this type that is no function.
fn default_item(mut ctx: impl AsContextMut, ty: ExternType) -> Result<Extern, Error> {
    Ok(match ty {
        ExternType::Global(ty) => Global::new(ctx, ty, default_of(ty.content())?)?.into(),
        ExternType::Table(ty) => match default_of(ty.element().into())?.ref_() {
            Some(null) => Table::new(ctx, ty, null)?.into(),
            None => return Err(Error::new("the type of the table is invalid")),
        },
        ExternType::Memory(ty) if ty.is_shared() => SharedMemory::new(ctx.as_context_mut().engine(), ty)?.into(),
        ExternType::Memory(ty) => Memory::new(ctx, ty)?.into(),
        ExternType::Tag(ty) => Tag::new(ctx, &ty).into(),
        ExternType::Func(ty) => Tag::new(ctx, &TagType::new(ty)).into(),
    })
}
