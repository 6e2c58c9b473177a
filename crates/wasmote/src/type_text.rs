//! Types of imports and exports as text, and the messages that have them.

use core::cell::Cell;
use core::fmt;

use wasmote_decode::CompositeType;
use wasmote_ir::fallible::{OutOfMemory, try_format};
use wasmote_ir::{FieldType, HeapType, Mutability, RefType, StorageType, ValType};
use wasmote_runtime as runtime;

use crate::error::ImportProblem;
use crate::extern_type::ExternType;

/// Writes the name of a type of values.
type WriteName<'a> = &'a dyn Fn(ValType, &mut fmt::Formatter<'_>) -> fmt::Result;

fn types(types: &[ValType], name: WriteName<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("(")?;
    for (i, ty) in types.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { ", " })?;
        name(*ty, f)?;
    }
    f.write_str(")")
}

fn limits(min: u64, max: Option<u64>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match max {
        Some(max) => write!(f, " {min}..={max}"),
        None => write!(f, " {min}.."),
    }
}

impl ExternType {
    /// Writes the type as `Display` does, but the types of values as `name` writes them. Tools that know the types
    /// of the module use it, as references to them print without a name otherwise.
    pub fn write_with(&self, f: &mut fmt::Formatter<'_>, name: WriteName<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => {
                f.write_str("func ")?;
                types(ty.params(), name, f)?;
                f.write_str(" -> ")?;
                match ty.results() {
                    [one] => name(*one, f),
                    results => types(results, name, f),
                }
            }
            ExternType::Table(ty) => {
                f.write_str(if ty.is_64() { "table i64" } else { "table" })?;
                limits(ty.minimum(), ty.maximum(), f)?;
                f.write_str(" ")?;
                name(ty.element().into(), f)
            }
            ExternType::Memory(ty) => {
                f.write_str(if ty.is_64() { "memory i64" } else { "memory" })?;
                limits(ty.minimum(), ty.maximum(), f)?;
                if ty.page_size_log2() != 16 {
                    write!(f, " pages of {}", ty.page_size())?;
                }
                f.write_str(if ty.is_shared() { " shared" } else { "" })
            }
            ExternType::Tag(ty) => {
                f.write_str("tag ")?;
                types(ty.ty().params(), name, f)
            }
            ExternType::Global(ty) => {
                f.write_str(if ty.mutability().is_mut() { "global mut " } else { "global " })?;
                name(ty.content(), f)
            }
        }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_with(f, &write_name)
    }
}

/// Writes the name of a type. If it refers to another type, the name leaves out which.
pub(crate) fn write_name(ty: ValType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(ty.name())
}

/// Writes the message of an import.
pub(crate) fn write_problem(problem: &ImportProblem, f: &mut fmt::Formatter<'_>, name: WriteName<'_>) -> fmt::Result {
    let found = problem.found.as_ref();
    f.write_str(if found.is_some() { "incompatible import type: " } else { "unknown import: " })?;
    write!(f, "{}::{}", problem.module, problem.name)?;
    f.write_str(if found.is_some() { " should be " } else { ", " })?;
    problem.expected.write_with(f, name)?;
    let Some(found) = found else { return Ok(()) };
    f.write_str(", but is ")?;
    found.write_with(f, name)
}

/// The message of an import, with the types that its types refer to.
struct WithReferences<'a> {
    problem: &'a ImportProblem,
    engine: &'a runtime::Engine,
    /// Whether there is such a type.
    any: Cell<bool>,
}

impl fmt::Display for WithReferences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_problem(self.problem, f, &|ty, f| match ty.reference().and_then(|ty| Some((ty, ty.index()?))) {
            Some((ty, id)) => {
                self.any.set(true);
                write_reference(self.engine, ty, id, f)
            }
            None => write_name(ty, f),
        })
    }
}

/// Gives a problem its message, if a type of it refers to another type.
#[cold]
#[inline(never)]
pub(crate) fn with_message(problem: ImportProblem, engine: &runtime::Engine) -> Result<ImportProblem, OutOfMemory> {
    let text = WithReferences { problem: &problem, engine, any: Cell::new(false) };
    let message = try_format(format_args!("{text}"))?;
    let message = text.any.get().then(|| message.into_boxed_str());
    Ok(ImportProblem { message, ..problem })
}

/// Writes a type of references to the engine's type `id`, with that type as the text format writes it. Only a few of its
/// parts are written, which is enough to tell most types apart.
fn write_reference(engine: &runtime::Engine, ty: RefType, id: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let registry = engine.types().lock();
    let Some(known) = registry.known(id) else { return f.write_str(ty.name()) };
    let part = |field: FieldType, f: &mut fmt::Formatter<'_>| {
        let is_mut = field.mutability().is_mut();
        f.write_str(if is_mut { "(mut " } else { "" })?;
        f.write_str(match field.element_type() {
            StorageType::I8 => "i8",
            StorageType::I16 => "i16",
            StorageType::ValType(ValType::Ref(ty)) => match ty.index() {
                Some(id) => RefType::new(ty.is_nullable(), registry.kind(id)).name(),
                None => ty.name(),
            },
            StorageType::ValType(ty) => ty.name(),
        })?;
        f.write_str(if is_mut { ")" } else { "" })
    };
    let parts = |what: &str, fields: &mut dyn Iterator<Item = FieldType>, f: &mut fmt::Formatter<'_>| {
        for (i, field) in fields.enumerate() {
            if i == 8 {
                return f.write_str(" ...");
            }
            write!(f, " ({what} ")?;
            part(field, f)?;
            f.write_str(")")?;
        }
        Ok(())
    };
    let value = |&ty: &ValType| FieldType::new(Mutability::Const, StorageType::ValType(ty));
    let is_exact = matches!(ty.heap(), HeapType::Exact(_));
    f.write_str(if ty.is_nullable() { "(ref null (" } else { "(ref (" })?;
    f.write_str(if is_exact { "exact (" } else { "" })?;
    match &known.ty.composite {
        CompositeType::Func(ty) => {
            f.write_str("func")?;
            parts("param", &mut ty.params().iter().map(value), f)?;
            parts("result", &mut ty.results().iter().map(value), f)?;
        }
        CompositeType::Struct(fields) => {
            f.write_str("struct")?;
            parts("field", &mut fields.iter().copied(), f)?;
        }
        CompositeType::Array(element) => {
            f.write_str("array ")?;
            part(*element, f)?;
        }
        CompositeType::Cont(_) => f.write_str("cont")?,
    }
    f.write_str(if is_exact { ")))" } else { "))" })
}
