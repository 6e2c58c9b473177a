//! Scopes of handles.

use wasmote_runtime::no_memory;

use crate::context::AsContextMut;

/// Runs `body`, and lets go of all references to objects that it got: handles made in it are not to be used afterwards. A call of
/// a host function is such a scope of its own; outside of any, handles stay until the store is dropped.
///
/// ```
/// use wasmote::{Engine, Store, scope};
///
/// let mut store = Store::new(&Engine::default(), 1);
/// let doubled = scope(&mut store, |store| *store.data() * 2);
/// assert_eq!(doubled, 2);
/// ```
pub fn scope<C: AsContextMut, R>(ctx: &mut C, body: impl FnOnce(&mut C) -> R) -> R {
    let entered = ctx.as_context_mut().inner_mut().enter(0).unwrap_or_else(|_| no_memory());
    let result = body(ctx);
    ctx.as_context_mut().inner_mut().leave(entered);
    result
}
