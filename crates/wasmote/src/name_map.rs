//! A map from names to values.

use alloc::string::String;
use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::string_map::StringMap;

/// Values by name. A million names are fine, and hostile names are, too.
#[derive(Clone)]
pub(crate) struct NameMap<T> {
    /// The index in `all` of each name.
    keys: StringMap,
    /// All names, one behind the other.
    names: String,
    /// The values, each with the end of its name.
    all: Vec<(usize, T)>,
}

impl<T> Default for NameMap<T> {
    fn default() -> NameMap<T> {
        NameMap { keys: StringMap::default(), names: String::new(), all: Vec::new() }
    }
}

/// Returns the name of the value with this number.
fn name_of<'a, T>(names: &'a str, all: &[(usize, T)], number: usize) -> &'a str {
    let start = number.checked_sub(1).map_or(0, |before| all[before].0);
    &names[start..all[number].0]
}

impl<T> NameMap<T> {
    fn find(&self, name: &str) -> Option<usize> {
        let name_of = |number| name_of(&self.names, &self.all, number as usize).as_bytes();
        self.keys.get(name.as_bytes(), &name_of).map(|number| number as usize)
    }

    /// Returns the value with this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        Some(&self.all.get(self.find(name)?)?.1)
    }

    /// Returns all names and values, in the order in which the names were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        let all = self.all.iter().enumerate();
        all.map(|(number, (_, value))| (name_of(&self.names, &self.all, number), value))
    }

    /// Adds the value of a name. If the name has one, returns that, and the one that was to be added.
    ///
    /// # Errors
    /// Fails if there is not enough memory. The name is then not added.
    pub fn add(&mut self, name: &str, thing: T) -> Result<Option<(&mut T, T)>, OutOfMemory> {
        let NameMap { keys, names, all } = self;
        names.try_reserve(name.len()).map_err(|_| OutOfMemory)?;
        all.try_room(1)?;
        let name_of = |number| name_of(names, all, number as usize).as_bytes();
        if let Some(known) = keys.insert(name.as_bytes(), all.len() as u32, &name_of)? {
            return Ok(Some((&mut all[known as usize].1, thing)));
        }
        names.push_str(name);
        all.push((names.len(), thing));
        Ok(None)
    }

    /// Sets the value of this name. A previous value is replaced.
    ///
    /// # Errors
    /// Fails if there is not enough memory. A new name is then not added.
    pub fn insert(&mut self, name: &str, thing: T) -> Result<(), OutOfMemory> {
        if let Some((before, thing)) = self.add(name, thing)? {
            *before = thing;
        }
        Ok(())
    }
}

impl<T: Default> NameMap<T> {
    /// Returns the value with this name, mutably. If there is none, adds the default.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn get_or_default(&mut self, name: &str) -> Result<&mut T, OutOfMemory> {
        let at = match self.find(name) {
            Some(at) => at,
            None => {
                self.insert(name, T::default())?;
                self.all.len() - 1
            }
        };
        Ok(&mut self.all[at].1)
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
        *named.get_or_default("ab").expect("memory") += 10;
        assert_eq!(named.add("", 5).expect("memory"), Some((&mut 2, 5)));
        assert_eq!(named.iter().collect::<Vec<_>>(), [("a", &4), ("", &2), ("ab", &13)]);
        let copy = named.clone();
        let found = ["", "a", "ab", "b"].map(|name| copy.get(name).copied());
        assert_eq!(found, [Some(2), Some(4), Some(13), None]);
    }
}
