//! Types as numbers. Within an engine, equal types have equal numbers, so `call_indirect` compares two integers.
//! Types are equal if their recursion groups are equal, and they have the same position in them (spec:
//! valid/conventions#rolling-and-unrolling). Outside of modules, an index in a type is always such a number.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use wasmote_decode::{CompositeType, SubType};
use wasmote_exec::MAX_DEPTH;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};
use wasmote_ir::string_map::StringMap;
use wasmote_ir::{HeapType, RefType, ValType};

use crate::error::Error;
use crate::shared::FallibleArc;

/// All types in use in an engine.
#[derive(Default)]
pub struct TypeRegistry {
    /// The types by number. `None` where the number is free.
    types: Vec<Option<TypeEntry>>,
    /// The free numbers. There is room for all numbers, so releasing one never allocates.
    free: Vec<u32>,
    groups: Vec<Group>,
    /// The first free group. Free groups are linked by `next`.
    free_groups: Option<u32>,
    /// The groups by their keys: their types, in which references inside the group are relative.
    keys: StringMap,
}

#[derive(Default)]
struct Group {
    key: Box<[u8]>,
    ids: Box<[u32]>,
    uses: usize,
    /// The next group in the list of free groups, or of groups about to be freed.
    next: Option<u32>,
}

struct TypeEntry {
    group: u32,
    known: Known,
}

/// The bit that marks an index as relative to its group, in keys and in declared types.
pub const RELATIVE: u32 = 1 << 24;
/// The number that no type has.
pub const NO_TYPE: u32 = RELATIVE - 1;

/// A type that an engine knows.
pub type Known = FallibleArc<KnownType>;

/// A type and its supertypes.
pub struct KnownType {
    /// The type, with the engine's numbers as indices.
    pub ty: SubType,
    /// The numbers of its supertypes, from the root down to the type itself.
    pub display: Box<[u32]>,
}

impl TypeRegistry {
    /// Finds or makes a group, and returns the number of its first type. Its types use the indices in `range` for
    /// each other. `outside` maps other indices to the engine's numbers.
    ///
    /// # Errors
    /// Fails if the engine has no room for more types, if a type has too many supertypes, or if there is not enough
    /// memory.
    pub fn acquire(
        &mut self,
        types: &[SubType],
        range: Range<usize>,
        outside: &dyn Fn(u32) -> u32,
    ) -> Result<u32, Error> {
        let place =
            |index: u32| (index as usize).checked_sub(range.start).filter(|_| range.contains(&(index as usize)));
        let relative = |index: u32| match place(index) {
            Some(place) => RELATIVE | place as u32,
            None => outside(index),
        };
        let key = key(types, &relative)?;
        let groups = &self.groups;
        let key_of = |group: u32| groups.get(group as usize).map_or(&[][..], |group| &group.key);
        if let Some(known) = self.keys.get(&key, &key_of) {
            let group = &mut self.groups[known as usize];
            group.uses += 1;
            return Ok(group.ids[0]);
        }
        let ids = self.numbers(types.len())?;
        let absolute = |index: u32| match place(index) {
            Some(place) => ids.get(place).copied().unwrap_or(0),
            None => outside(index),
        };
        let group = self.make(types, &ids, &place, &absolute).and_then(|made| Ok((self.add_group(key)?, made)));
        let (number, made) = match group {
            Ok(group) => group,
            Err(error) => {
                self.free.extend(&ids);
                return Err(error);
            }
        };
        for (known, &id) in made.into_iter().zip(&ids) {
            self.types[id as usize] = Some(TypeEntry { group: number, known });
        }
        // The types that it refers to must live as long as it does.
        for &id in &ids {
            if let Some(known) = self.known(id) {
                self.for_each_reference(&known, number, &mut |registry, other| {
                    registry.groups[other as usize].uses += 1
                });
            }
        }
        let first = ids[0];
        self.groups[number as usize].ids = ids;
        Ok(first)
    }

    /// Returns new numbers, which have no types yet.
    #[inline(never)]
    fn numbers(&mut self, count: usize) -> Result<Box<[u32]>, Error> {
        let more = count.saturating_sub(self.free.len());
        let all = self.types.len() + more;
        if count == 0 || all >= NO_TYPE as usize {
            return Err(Error::instantiate("an engine cannot have more than 2^24 types"));
        }
        let mut ids = try_with_capacity(count)?;
        self.types.try_room(more)?;
        self.free.try_room(all - self.free.len())?;
        while ids.len() < count {
            ids.push(self.free.pop().unwrap_or(self.types.len() as u32));
            if ids.len() > count - more {
                self.types.push(None);
            }
        }
        Ok(ids.into_boxed_slice())
    }

    /// Makes the types of a group with these numbers. `place` maps an index to its position in the group, if it has
    /// one. `absolute` maps it to the engine's number.
    #[inline(never)]
    fn make(
        &self,
        types: &[SubType],
        ids: &[u32],
        place: &dyn Fn(u32) -> Option<usize>,
        absolute: &dyn Fn(u32) -> u32,
    ) -> Result<Vec<Known>, Error> {
        let mut made: Vec<Known> = try_with_capacity(types.len())?;
        for (ty, &id) in types.iter().zip(ids) {
            let above = ty.supertype.and_then(|above| match place(above) {
                Some(place) => made.get(place),
                None => self.entry(absolute(above)).map(|entry| &entry.known),
            });
            let ty = ty.map_indices(absolute)?;
            let above = above.map_or(&[][..], |above| &above.display);
            if above.len() >= MAX_DEPTH {
                return Err(Error::instantiate("a type has too many supertypes"));
            }
            let mut display = try_with_capacity(above.len() + 1)?;
            display.extend_from_slice(above);
            display.push(id);
            made.push(FallibleArc::try_new(KnownType { ty, display: display.into_boxed_slice() })?);
        }
        Ok(made)
    }

    /// Adds a group with this key and one use, and returns its index.
    #[inline(never)]
    fn add_group(&mut self, key: Box<[u8]>) -> Result<u32, Error> {
        let number = self.free_groups.unwrap_or(self.groups.len() as u32);
        if self.free_groups.is_none() {
            self.groups.try_push(Group::default())?;
            self.free_groups = Some(number);
        }
        let groups = &self.groups;
        let key_of = |group: u32| groups.get(group as usize).map_or(&[][..], |group| &group.key);
        self.keys.insert(&key, number, &key_of)?;
        let group = &mut self.groups[number as usize];
        self.free_groups = group.next.take();
        (group.key, group.uses) = (key, 1);
        Ok(number)
    }

    /// Returns whether a type has this number.
    pub fn is_there(&self, id: u32) -> bool {
        self.entry(id).is_some()
    }

    fn entry(&self, id: u32) -> Option<&TypeEntry> {
        self.types.get(id as usize)?.as_ref()
    }

    /// Calls `each` with the groups of all types that a type refers to, except its own group.
    fn for_each_reference(&mut self, known: &Known, own: u32, each: &mut dyn FnMut(&mut TypeRegistry, u32)) {
        known.ty.each_index(&mut |index| match self.entry(index) {
            Some(&TypeEntry { group, .. }) if group != own => each(self, group),
            _ => {}
        });
    }

    /// Adds a use of the group that contains this type. Returns `false` if there is no such type.
    pub fn hold(&mut self, id: u32) -> bool {
        let Some(&TypeEntry { group, .. }) = self.entry(id) else { return false };
        self.groups[group as usize].uses += 1;
        true
    }

    /// Removes a use of the group that contains this type.
    pub fn release(&mut self, id: u32) {
        let Some(&TypeEntry { group, .. }) = self.entry(id) else { return };
        let mut unused = None;
        self.free_group(group, &mut unused);
        while let Some(number) = unused {
            let group = core::mem::take(&mut self.groups[number as usize]);
            unused = group.next;
            self.keys.remove(&group.key);
            for &id in &group.ids {
                let Some(TypeEntry { known, .. }) = self.types[id as usize].take() else { continue };
                self.for_each_reference(&known, number, &mut |registry, other| registry.free_group(other, &mut unused));
                self.free.push(id);
            }
            self.groups[number as usize].next = self.free_groups.replace(number);
        }
    }

    /// Removes a use of a group. If it was the last, the group is added to the list of unused groups.
    fn free_group(&mut self, number: u32, unused: &mut Option<u32>) {
        let group = &mut self.groups[number as usize];
        group.uses -= 1;
        if group.uses == 0 {
            group.next = unused.replace(number);
        }
    }

    /// Returns the numbers of all types in this type's group.
    pub fn group(&self, id: u32) -> &[u32] {
        self.entry(id).map_or(&[], |entry| &self.groups[entry.group as usize].ids)
    }

    /// Returns the type with this number.
    pub fn known(&self, id: u32) -> Option<Known> {
        self.entry(id).map(|entry| entry.known.clone())
    }

    /// Returns whether `a` is `b`, or a subtype of it.
    pub fn is_sub(&self, a: u32, b: u32) -> bool {
        a == b || self.entry(a).is_some_and(|a| a.known.display.contains(&b))
    }

    /// Returns the abstract type directly above the type with this number.
    pub fn kind(&self, id: u32) -> HeapType {
        match self.entry(id).map(|entry| &entry.known.ty.composite) {
            Some(CompositeType::Func(_)) | None => HeapType::Func,
            Some(CompositeType::Struct(_)) => HeapType::Struct,
            Some(CompositeType::Array(_)) => HeapType::Array,
            Some(CompositeType::Cont(_)) => HeapType::Cont,
        }
    }

    /// Returns whether `a` matches `b` (spec: valid/matching#heap-types).
    pub fn heap_matches(&self, a: HeapType, b: HeapType) -> bool {
        match (a, b) {
            (HeapType::Exact(a), HeapType::Exact(b)) => a == b,
            (HeapType::Index(_), HeapType::Exact(_)) => false,
            (HeapType::Index(a) | HeapType::Exact(a), HeapType::Index(b)) => self.is_sub(a, b),
            (HeapType::Index(a) | HeapType::Exact(a), b) => self.kind(a).is_sub(b),
            (a, HeapType::Index(b) | HeapType::Exact(b)) => match self.kind(b) {
                HeapType::Func => a == HeapType::NoFunc,
                HeapType::Cont => a == HeapType::NoCont,
                _ => a == HeapType::None,
            },
            (a, b) => a.is_sub(b),
        }
    }

    /// Returns whether `a` matches `b` (spec: valid/matching#value-types).
    pub fn matches(&self, a: ValType, b: ValType) -> bool {
        match (a, b) {
            (ValType::Ref(a), ValType::Ref(b)) => {
                (b.is_nullable() || !a.is_nullable()) && self.heap_matches(a.heap(), b.heap())
            }
            _ => a == b,
        }
    }

    /// Returns the top type of the hierarchy that references of this type belong to.
    pub fn top(&self, ty: RefType) -> HeapType {
        match ty.heap() {
            HeapType::Index(id) | HeapType::Exact(id) => self.kind(id).top(),
            other => other.top(),
        }
        .unwrap_or(HeapType::Any)
    }
}

/// Returns the key of a group: equal groups have equal keys, and different ones different keys. `relative` maps the
/// indices in types.
#[inline(never)]
fn key(types: &[SubType], relative: &dyn Fn(u32) -> u32) -> Result<Box<[u8]>, OutOfMemory> {
    let mut key: Vec<u8> = Vec::new();
    let mut number = |number: u32| key.try_extend_from_slice(&number.to_le_bytes());
    for ty in types {
        let ty = ty.map_indices(relative)?;
        let (kind, count) = match &ty.composite {
            CompositeType::Func(ty) => (0, ty.params().len()),
            CompositeType::Struct(fields) => (1, fields.len()),
            CompositeType::Array(_) => (2, 0),
            CompositeType::Cont(_) => (3, 0),
        };
        let clauses = u32::from(ty.describes.is_some()) | u32::from(ty.descriptor.is_some()) << 1;
        let flags = u32::from(ty.is_final) | u32::from(ty.supertype.is_some()) << 1 | kind << 2 | clauses << 4;
        number(flags | (count as u32) << 6)?;
        [ty.supertype, ty.describes, ty.descriptor].into_iter().flatten().try_for_each(&mut number)?;
        match &ty.composite {
            CompositeType::Func(ty) => {
                number(ty.results().len() as u32)?;
                ty.params().iter().chain(ty.results()).try_for_each(|ty| number(ty.number()))?;
            }
            CompositeType::Struct(fields) => fields.iter().try_for_each(|field| number(field.number()))?,
            CompositeType::Array(element) => number(element.number())?,
            CompositeType::Cont(func) => number(*func)?,
        }
    }
    key.try_into_box()
}
