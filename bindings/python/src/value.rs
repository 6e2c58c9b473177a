//! Values of both languages.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wasmote::{AnyRef, ExnRef, ExternRef, HeapType, OwnedRooted, Val, ValType};

use crate::error::{to_py as error_to_py, types_class};
use crate::func::Func;
use crate::objects::Token;
use crate::store::{Context, StoreCell};

/// A reference to an object or exception of a guest. Python can pass it on, and keeps what it refers to alive.
#[pyclass(frozen, module = "wasmote")]
pub struct Ref {
    kind: RefKind,
    store: u64,
}

enum RefKind {
    Any(OwnedRooted<AnyRef>),
    Exn(OwnedRooted<ExnRef>),
    Extern(OwnedRooted<ExternRef>),
}

impl Ref {
    fn to_val(&self, context: &mut Context<'_>, cell: &StoreCell) -> PyResult<Val> {
        cell.check(self.store)?;
        Ok(match &self.kind {
            RefKind::Any(root) => Val::AnyRef(Some(root.to_rooted(context))),
            RefKind::Exn(root) => Val::ExnRef(Some(root.to_rooted(context))),
            RefKind::Extern(root) => Val::ExternRef(Some(root.to_rooted(context))),
        })
    }
}

#[cold]
fn wrong_type(value: &Bound<'_, PyAny>, ty: ValType) -> PyErr {
    let found = value.get_type().name().map_or_else(|_| "another type".into(), |name| name.to_string());
    PyTypeError::new_err(format!("expected a value for {}, and not {found}", ty.name()))
}

#[cold]
fn out_of_range(ty: ValType) -> PyErr {
    PyOverflowError::new_err(format!("the number is out of range for {}", ty.name()))
}

/// Says which type was expected, if a conversion failed for that reason. Other exceptions come from code of Python that ran.
#[cold]
fn refused(error: PyErr, value: &Bound<'_, PyAny>, ty: ValType) -> PyErr {
    let py = value.py();
    match () {
        () if error.is_instance_of::<PyOverflowError>(py) => out_of_range(ty),
        () if error.is_instance_of::<PyTypeError>(py) => wrong_type(value, ty),
        () => error,
    }
}

/// Makes a value of type `ty`. Integers may be given as signed or unsigned ones.
#[inline]
pub fn of_py(value: &Bound<'_, PyAny>, ty: ValType, context: &mut Context<'_>, cell: &StoreCell) -> PyResult<Val> {
    of_plain(value, ty, context, cell).or_else(|error| match inside_val(value, ty)? {
        Some(value) => of_plain(&value, ty, context, cell),
        None => Err(error),
    })
}

/// Returns the value inside of a `Val` of type `ty`.
#[cold]
fn inside_val<'py>(value: &Bound<'py, PyAny>, ty: ValType) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !value.is_instance(types_class!(value.py(), "Val")?)? {
        return Ok(None);
    }
    let found = value.getattr("type")?.getattr("_name")?.extract::<String>()?;
    match found == ty.name() {
        true => value.getattr("value").map(Some),
        false => Err(PyTypeError::new_err(format!("expected a value for {}, and not a Val of {found}", ty.name()))),
    }
}

#[inline]
fn of_plain(value: &Bound<'_, PyAny>, ty: ValType, context: &mut Context<'_>, cell: &StoreCell) -> PyResult<Val> {
    match ty {
        ValType::I32 => match value.extract::<i64>() {
            Ok(number) if (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&number) => Ok(Val::I32(number as i32)),
            Ok(_) => Err(out_of_range(ty)),
            Err(error) => Err(refused(error, value, ty)),
        },
        ValType::I64 => match value.extract::<i64>() {
            Ok(number) => Ok(Val::I64(number)),
            Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
                value.extract::<u64>().map(|number| Val::I64(number as i64)).map_err(|error| refused(error, value, ty))
            }
            Err(error) => Err(refused(error, value, ty)),
        },
        ValType::F32 => {
            value.extract::<f64>().map(|number| Val::F32(number as f32)).map_err(|error| refused(error, value, ty))
        }
        ValType::F64 => value.extract::<f64>().map(Val::F64).map_err(|error| refused(error, value, ty)),
        ValType::V128 => vector(value),
        ValType::Ref(reference) => reference_of_py(value, ty, reference.heap().top(), context, cell),
    }
}

fn vector(value: &Bound<'_, PyAny>) -> PyResult<Val> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        let bytes = bytes.as_bytes().try_into().map_err(|_| PyValueError::new_err("a v128 has 16 bytes"))?;
        return Ok(Val::V128(u128::from_le_bytes(bytes)));
    }
    value.extract::<u128>().map(Val::V128).map_err(|error| refused(error, value, ValType::V128))
}

fn reference_of_py(
    value: &Bound<'_, PyAny>,
    ty: ValType,
    top: Option<HeapType>,
    context: &mut Context<'_>,
    cell: &StoreCell,
) -> PyResult<Val> {
    if value.is_none() {
        return Ok(Val::default_of(ty));
    }
    if let Ok(reference) = value.cast::<Ref>() {
        let is_of = match reference.get().kind {
            RefKind::Any(_) => matches!(top, Some(HeapType::Any) | None),
            RefKind::Exn(_) => top == Some(HeapType::Exn),
            RefKind::Extern(_) => top == Some(HeapType::Extern),
        };
        if is_of {
            return reference.get().to_val(context, cell);
        }
    }
    match (top, value.cast::<Func>()) {
        (Some(HeapType::Extern), _) => {
            // A `Val` is no value of its own.
            if let Some(value) = inside_val(value, ty)? {
                return of_plain(&value, ty, context, cell);
            }
            let token = cell.objects.add(value.clone().unbind());
            let reference = ExternRef::try_new(context, token).map_err(|error| error_to_py(value.py(), error))?;
            Ok(Val::ExternRef(Some(reference)))
        }
        (Some(HeapType::Func) | None, Ok(func)) => {
            cell.check(func.get().store)?;
            Ok(Val::FuncRef(Some(func.get().handle)))
        }
        _ => Err(wrong_type(value, ty)),
    }
}

/// Makes an object of a value.
#[inline]
pub fn to_py(py: Python<'_>, value: Val, context: &mut Context<'_>, cell: &StoreCell) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Val::I32(number) => number.into_pyobject(py)?.into_any().unbind(),
        Val::I64(number) => number.into_pyobject(py)?.into_any().unbind(),
        Val::F32(number) => f64::from(number).into_pyobject(py)?.into_any().unbind(),
        Val::F64(number) => number.into_pyobject(py)?.into_any().unbind(),
        value => return other_to_py(py, value, context, cell),
    })
}

fn other_to_py(py: Python<'_>, value: Val, context: &mut Context<'_>, cell: &StoreCell) -> PyResult<Py<PyAny>> {
    let kind = match value {
        Val::V128(number) => return Ok(PyBytes::new(py, &number.to_le_bytes()).into_any().unbind()),
        Val::FuncRef(Some(func)) => return Ok(Py::new(py, Func::new(func, cell.id))?.into_any()),
        Val::ExternRef(Some(reference)) => {
            if let Some(token) = reference.data(&*context).downcast_ref::<Token>() {
                return token.get(py);
            }
            reference.to_owned_rooted(&*context).map(RefKind::Extern)
        }
        Val::AnyRef(Some(reference)) => reference.to_owned_rooted(&*context).map(RefKind::Any),
        Val::ExnRef(Some(reference)) => reference.to_owned_rooted(&*context).map(RefKind::Exn),
        _ => return Ok(py.None()),
    };
    let kind = kind.map_err(|error| error_to_py(py, error))?;
    Ok(Py::new(py, Ref { kind, store: cell.id })?.into_any())
}
