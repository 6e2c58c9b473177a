//! Function types as numbers: within an engine, equal types have equal numbers, so that `call_indirect` compares
//! two integers.

use alloc::vec::Vec;
use core::cmp::Ordering;

use wasmote_decode::FuncType;

use crate::engine::Engine;

/// All function types in use in an engine.
#[derive(Default)]
pub(crate) struct TypeRegistry {
    /// By number. An entry without uses is free for another type.
    entries: Vec<Entry>,
    /// The numbers in use, ordered by their types.
    sorted: Vec<u32>,
    /// The numbers that are free.
    free: Vec<u32>,
}

struct Entry {
    ty: FuncType,
    uses: usize,
}

/// An order of function types; which one does not matter.
fn compare(a: &FuncType, b: &FuncType) -> Ordering {
    fn bytes(ty: &FuncType) -> impl Iterator<Item = u8> + '_ {
        ty.params.iter().chain(ty.results.iter()).map(|&t| t as u8)
    }
    let lengths = |ty: &FuncType| (ty.params.len(), ty.results.len());
    lengths(a).cmp(&lengths(b)).then_with(|| bytes(a).cmp(bytes(b)))
}

impl TypeRegistry {
    fn acquire(&mut self, ty: &FuncType) -> u32 {
        let entries = &mut self.entries;
        let place = self.sorted.binary_search_by(|&id| compare(&entries[id as usize].ty, ty));
        match place {
            Ok(at) => {
                let id = self.sorted[at];
                entries[id as usize].uses += 1;
                id
            }
            Err(at) => {
                let entry = Entry { ty: ty.clone(), uses: 1 };
                let id = match self.free.pop() {
                    Some(id) => {
                        entries[id as usize] = entry;
                        id
                    }
                    None => {
                        // 2^32 types would take more memory than there is.
                        let id = entries.len() as u32;
                        entries.push(entry);
                        id
                    }
                };
                self.sorted.insert(at, id);
                id
            }
        }
    }

    fn release(&mut self, id: u32) {
        let entries = &mut self.entries;
        entries[id as usize].uses -= 1;
        if entries[id as usize].uses == 0 {
            let ty = &entries[id as usize].ty;
            if let Ok(at) = self.sorted.binary_search_by(|&other| compare(&entries[other as usize].ty, ty)) {
                self.sorted.remove(at);
                self.free.push(id);
            }
        }
    }
}

/// Numbers of types, held as long as this lives.
pub(crate) struct TypeIds {
    engine: Engine,
    ids: Vec<u32>,
}

impl TypeIds {
    pub(crate) fn new(engine: &Engine) -> TypeIds {
        TypeIds { engine: engine.clone(), ids: Vec::new() }
    }

    pub(crate) fn of(engine: &Engine, types: &[FuncType]) -> TypeIds {
        let mut registry = engine.types().lock();
        let ids = types.iter().map(|ty| registry.acquire(ty)).collect();
        drop(registry);
        TypeIds { engine: engine.clone(), ids }
    }

    pub(crate) fn add(&mut self, ty: &FuncType) -> u32 {
        let id = self.engine.types().lock().acquire(ty);
        self.ids.push(id);
        id
    }

    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }
}

impl Drop for TypeIds {
    fn drop(&mut self) {
        let mut registry = self.engine.types().lock();
        for &id in &self.ids {
            registry.release(id);
        }
    }
}
