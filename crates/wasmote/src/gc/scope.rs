//! Scopes, which limit how long handles of references are valid.

use wasmote_runtime::no_memory;

use crate::context::AsContextMut;

/// Runs `body`, then releases all handles of references that were made in it. Using such a handle later panics.
///
/// Each call of a host function is a scope of its own. Handles made outside of any scope stay valid until the store
/// is dropped; an [`OwnedRooted`](crate::OwnedRooted) is dropped by itself.
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
