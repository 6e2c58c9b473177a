//! Objects and exceptions as values of scripts.

use wasmote_wat::script::{Arg, Heap, Pattern};

use crate::handles::{AnyRef, ExternRef};
use crate::script::values::Host;
use crate::store::Store;
use crate::value::Val;

/// Makes the value of an argument. `None` if this build lacks its type.
pub(super) fn argument(arg: &Arg, store: &mut Store<()>) -> Option<Val> {
    Some(match *arg {
        Arg::Null(Heap::Any) => Val::AnyRef(None),
        Arg::Null(Heap::Exn) => Val::ExnRef(None),
        Arg::Host(number) => Val::AnyRef(Some(AnyRef(ExternRef::new(store, Host(number)).0))),
        _ => return None,
    })
}

/// Returns whether a value is the expected one.
pub(super) fn matches(value: &Val, pattern: &Pattern, store: &Store<()>) -> bool {
    match (pattern, value) {
        (Pattern::Null(heap), Val::AnyRef(None)) => matches!(heap, None | Some(Heap::Any)),
        (Pattern::Null(heap), Val::ExnRef(None)) => matches!(heap, None | Some(Heap::Exn)),
        (Pattern::Host(number), Val::AnyRef(Some(AnyRef(root)))) => {
            let value = ExternRef(*root);
            value.data(store).downcast_ref() == Some(&Host(*number)) || value.data(store).downcast_ref() == Some(number)
        }
        (Pattern::Object(kind), Val::AnyRef(Some(value))) => match *kind {
            "any" => true,
            "i31" => value.as_i31(store).is_some(),
            "struct" => value.is_struct(store),
            "array" => value.is_array(store),
            _ => value.as_i31(store).is_some() || value.is_struct(store) || value.is_array(store),
        },
        _ => false,
    }
}

/// Formats a reference for failures.
pub(super) fn shown(value: &Val) -> &'static str {
    match value {
        Val::AnyRef(Some(_)) => "an object",
        Val::AnyRef(None) => "null anyref",
        Val::ExnRef(Some(_)) => "an exception",
        Val::ExnRef(None) => "null exnref",
        _ => "no object",
    }
}
