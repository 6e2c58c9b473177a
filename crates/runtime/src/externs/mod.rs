//! What there is in place of objects and exceptions in a build without them: references to values of the host. It has the names that
//! [`Store`](crate::store::Store) and the rest know objects by.

mod heap;
pub(crate) mod objects;
