//! The stand-in for objects and exceptions, in a build without them: references to values of the host. Its names
//! are those that [`Store`](crate::store::Store) and other files use for objects.

mod heap;
pub(crate) mod objects;
