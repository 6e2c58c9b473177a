//! The fuel of a store: see [`Config::consume_fuel`](crate::Config::consume_fuel).

use crate::caller::Caller;
use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::error::Error;
use crate::store::Store;

/// Gives a type that borrows a store the functions that read and change the fuel.
macro_rules! fuel {
    ($( $ty:ty; )*) => { $(
        impl<T> $ty {
            /// Returns the fuel that is left. A new store has none.
            ///
            /// # Errors
            /// Fails if the engine does not meter code: see [`Config::consume_fuel`](crate::Config::consume_fuel).
            pub fn get_fuel(&self) -> Result<u64, Error> {
                Ok(self.as_context().inner().get_fuel()?)
            }

            /// Sets the fuel that is left.
            ///
            /// # Errors
            /// Fails if the engine does not meter code: see [`Config::consume_fuel`](crate::Config::consume_fuel).
            pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
                Ok(self.as_context_mut().inner_mut().set_fuel(fuel)?)
            }

            /// Takes fuel, and returns what is left. A host function that works for its guest takes fuel with this.
            ///
            /// # Errors
            /// Fails if the engine does not meter code: see [`Config::consume_fuel`](crate::Config::consume_fuel).
            /// If less is left than is to be taken, takes none and fails with the trap
            /// [`OutOfFuel`](crate::TrapCode::OutOfFuel).
            pub fn consume_fuel(&mut self, fuel: u64) -> Result<u64, Error> {
                Ok(self.as_context_mut().inner_mut().consume_fuel(fuel)?)
            }
        }
    )* };
}

fuel! {
    Store<T>;
    Caller<'_, T>;
    StoreContextMut<'_, T>;
}

impl<T> StoreContext<'_, T> {
    /// Returns the fuel that is left. A new store has none.
    ///
    /// # Errors
    /// Fails if the engine does not meter code: see [`Config::consume_fuel`](crate::Config::consume_fuel).
    pub fn get_fuel(&self) -> Result<u64, Error> {
        Ok(self.inner().get_fuel()?)
    }
}
