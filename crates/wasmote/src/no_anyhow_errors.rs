//! Without the feature `anyhow`, an `anyhow::Error` is an error like others.

use core::any::Any;

use crate::error::{BoxedError, Error};

pub(crate) fn take(_: &mut dyn Any) -> Option<Error> {
    None
}

pub(crate) fn downcast_ref<'a, E>(_: &'a (dyn core::error::Error + 'static)) -> Option<&'a E> {
    None
}

pub(crate) fn downcast_mut<'a, E>(_: &'a mut (dyn core::error::Error + Send + Sync + 'static)) -> Option<&'a mut E> {
    None
}

pub(crate) fn downcast<E>(error: BoxedError) -> Result<E, BoxedError> {
    Err(error)
}
