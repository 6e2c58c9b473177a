//! A map from names to values.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::string_map::StringMap;

/// Values by name. A million names are fine, and hostile names are, too.
#[derive(Clone)]
pub(crate) struct NameMap<T> {
    /// The index in `all` of each name.
    keys: StringMap,
    all: Vec<(Box<str>, T)>,
}

impl<T> Default for NameMap<T> {
    fn default() -> NameMap<T> {
        NameMap { keys: StringMap::default(), all: Vec::new() }
    }
}

impl<T> NameMap<T> {
    fn find(&self, name: &str) -> Option<usize> {
        let found = self.keys.get(name.as_bytes(), &|number| self.all[number as usize].0.as_bytes());
        found.map(|number| number as usize)
    }

    /// Returns the value with this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        Some(&self.all.get(self.find(name)?)?.1)
    }

    /// Returns the value with this name, mutably.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let at = self.find(name)?;
        Some(&mut self.all.get_mut(at)?.1)
    }

    /// Returns all names and values, in the order in which the names were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.all.iter().map(|(name, value)| (&**name, value))
    }

    /// Sets the value of this name. A previous value is replaced.
    ///
    /// # Errors
    /// Fails if there is not enough memory. A new name is then not added.
    pub fn insert(&mut self, name: &str, thing: T) -> Result<(), OutOfMemory> {
        if let Some(before) = self.get_mut(name) {
            *before = thing;
            return Ok(());
        }
        let number = self.all.len() as u32;
        self.all.try_push((name.into(), thing))?;
        let all = &self.all;
        self.keys.insert(name.as_bytes(), number, &|number| all[number as usize].0.as_bytes())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thing_of_a_name_counts() {
        let mut named = NameMap::default();
        for (name, thing) in [("a", 1), ("", 2), ("ab", 3), ("a", 4)] {
            named.insert(name, thing).expect("memory");
        }
        *named.get_mut("ab").expect("it is there") += 10;
        let copy = named.clone();
        let found = ["", "a", "ab", "b"].map(|name| copy.get(name).copied());
        assert_eq!(found, [Some(2), Some(4), Some(13), None]);
    }
}
