//! The fuel of a store, and calls that yield after a slice of it.
//!
//! Running code sees only `machine.fuel`. While a call runs that yields, that is a slice, and the rest of the fuel is
//! in reserve. Nobody else sees the difference: the store's fuel is the sum.

use core::num::NonZeroU64;

use crate::store::Store;

/// How the fuel of a store is divided.
pub(crate) struct FuelSlices {
    /// What running code cannot use yet.
    reserve: u64,
    /// The most that running code may have at once.
    most: u64,
    /// After how much fuel new calls yield that can.
    interval: Option<NonZeroU64>,
}

impl Default for FuelSlices {
    fn default() -> FuelSlices {
        FuelSlices { reserve: 0, most: u64::MAX, interval: None }
    }
}

/// What a call outside of a slice had, to go on with that afterwards.
pub(crate) struct OuterSlice {
    most: u64,
    left: u64,
    total: u64,
}

impl Store {
    /// Returns all fuel that is left, whether or not the engine meters code.
    pub fn all_fuel(&self) -> u64 {
        self.machine.fuel.saturating_add(self.slices.reserve)
    }

    /// Sets all fuel that is left.
    pub(crate) fn set_all_fuel(&mut self, fuel: u64) {
        self.machine.fuel = fuel.min(self.slices.most);
        self.slices.reserve = fuel - self.machine.fuel;
    }

    /// Returns the interval of [`Store::set_yield_interval`].
    pub fn yield_interval(&self) -> Option<NonZeroU64> {
        self.slices.interval
    }

    /// Sets after how much fuel calls yield that can: see [`Activation::yield_every`](crate::Activation::yield_every).
    pub fn set_yield_interval(&mut self, interval: Option<NonZeroU64>) {
        self.slices.interval = interval;
    }

    /// Leaves only a slice of the fuel to the code that runs next.
    pub(crate) fn begin_slice(&mut self, slice: u64) -> OuterSlice {
        let total = self.all_fuel();
        let outer = OuterSlice { most: self.slices.most, left: self.machine.fuel, total };
        self.slices.most = slice;
        self.set_all_fuel(total);
        outer
    }

    /// Ends a slice. Returns what is left of it, and whether there is more fuel than that.
    pub(crate) fn end_slice(&mut self, outer: OuterSlice) -> (u64, bool) {
        let (left, more) = (self.machine.fuel, self.slices.reserve > 0);
        let total = self.all_fuel();
        self.slices.most = outer.most;
        self.machine.fuel = match outer.most {
            u64::MAX => total,
            // What was used here counts outside, too.
            _ => outer.left.saturating_sub(outer.total.saturating_sub(total)).min(total),
        };
        self.slices.reserve = total - self.machine.fuel;
        (left, more)
    }

    /// Moves fuel out of the reserve, for code that cannot yield. Returns whether there was any.
    pub(crate) fn refuel(&mut self) -> bool {
        let more = self.slices.reserve.min(self.slices.most).min(u64::MAX - self.machine.fuel);
        self.machine.fuel += more;
        self.slices.reserve -= more;
        more > 0
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use crate::{Engine, Settings, StoreWithData};

    #[test]
    fn slices_add_up() {
        let mut store =
            StoreWithData::try_new(&Engine::new(&Settings { fuel: true, ..Settings::default() }), ()).unwrap();
        let mut store = store.borrow_mut();
        let store = store.store();
        store.set_fuel(1000).unwrap();
        let outer = store.begin_slice(100);
        assert_eq!((store.machine.fuel, store.get_fuel().unwrap()), (100, 1000));
        store.machine.fuel -= 30;
        let inner = store.begin_slice(500);
        assert_eq!((store.machine.fuel, store.get_fuel().unwrap()), (500, 970));
        store.machine.fuel -= 20;
        assert_eq!(store.end_slice(inner), (480, true));
        assert_eq!((store.machine.fuel, store.get_fuel().unwrap()), (50, 950));
        store.machine.fuel = 0;
        assert!(store.refuel());
        assert_eq!((store.machine.fuel, store.get_fuel().unwrap()), (100, 900));
        store.set_fuel(40).unwrap();
        assert_eq!((store.machine.fuel, store.get_fuel().unwrap()), (40, 40));
        assert!(!store.refuel());
        store.set_fuel(u64::MAX).unwrap();
        assert_eq!((store.machine.fuel, store.get_fuel().unwrap()), (100, u64::MAX));
        assert_eq!(store.end_slice(outer), (100, true));
        assert_eq!((store.machine.fuel, store.slices.reserve), (u64::MAX, 0));
        assert!(!store.refuel());
    }
}
