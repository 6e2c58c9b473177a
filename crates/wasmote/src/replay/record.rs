//! Records host calls.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_decode::FuncType;
use wasmote_ir::fallible::{TryVec, try_format};
use wasmote_ir::image::checksum;
use wasmote_ir::{HeapType, TrapCode, ValType};
use wasmote_runtime::{Changes, InterposedCall, MemoryChange, Store, slots};

use super::ReplayError;
use super::format::{changes, header, kinds, outcomes, put, put_bytes};
use crate::error::{Error, ErrorKind};
use crate::thrown::{failure, stop};

/// Writes the next piece of a recording.
type Write = Box<dyn FnMut(&[u8]) -> Result<(), Error> + Send>;

const ELEMENT: &str = "it stores a reference in a table that is not to a function";
/// Equal bytes between two changed ones that are recorded with them. A change takes about as many by itself.
const GAP: usize = 8;
/// Memory is compared in pieces of this many bytes first.
const PIECE: usize = 4096;

/// Makes host calls, and writes what they did.
pub struct Recorder {
    write: Write,
    /// The checksum of all entries so far.
    sum: u32,
    /// The number of calls so far.
    calls: u64,
    /// The functions whose names were written, by their numbers.
    named: Vec<bool>,
    /// The body of the entry that is being made.
    body: Vec<u8>,
    /// Whether a call could not be recorded. Then nothing more is.
    failed: bool,
}

impl Recorder {
    pub fn new(module: &[u8], mut write: Write) -> Result<Recorder, Error> {
        write(&header(module))?;
        Ok(Recorder { write, sum: 0, calls: 0, named: Vec::new(), body: Vec::new(), failed: false })
    }

    /// Makes a call and records it. The inner result is that of the call.
    pub fn call(&mut self, call: &mut InterposedCall<'_>) -> Result<Result<(), TrapCode>, Error> {
        self.calls += 1;
        // A recording that lacks a call is of no use, so the run does not go on after one.
        if core::mem::replace(&mut self.failed, true) {
            return self.unsupported("recording an earlier call has failed");
        }
        self.record(call)
    }

    #[inline(never)]
    fn record(&mut self, call: &mut InterposedCall<'_>) -> Result<Result<(), TrapCode>, Error> {
        self.body.clear();
        self.function(call)?;
        let args = Slots { ty: call.ty(), store: call.store() }.args(call.slots());
        for arg in args {
            put(&mut self.body, arg)?;
        }
        call.store_mut().begin_changes()?;
        let outcome = call.run();
        let changes = call.store_mut().end_changes();
        let outcome = match outcome {
            Ok(()) => Ok(()),
            Err(TrapCode::Exception) => return self.unsupported("it throws an exception"),
            Err(TrapCode::Suspended) => return self.unsupported("it suspends its caller"),
            Err(code) => match call.store_mut().take_stop() {
                Some(error) => Err(failure(call.store(), error)),
                // The function panicked. The recording ends with the call before.
                None => return Ok(Err(code)),
            },
        };
        if let Some(what) = changes.refused {
            return self.unsupported(what);
        }
        self.changes(call.store(), changes)?;
        let outcome = match outcome {
            Ok(()) => {
                self.results(call)?;
                Ok(())
            }
            Err(error) => {
                self.error(&error)?;
                Err(stop(call.store_mut(), error))
            }
        };
        self.entry(kinds::CALL)?;
        self.failed = false;
        Ok(outcome)
    }

    /// Ends the recording.
    pub fn end(mut self) -> Result<u64, Error> {
        if self.failed {
            return self.unsupported("recording a call has failed");
        }
        self.body.clear();
        put(&mut self.body, self.calls)?;
        self.entry(kinds::END)?;
        Ok(self.calls)
    }

    #[cold]
    #[inline(never)]
    fn unsupported<T>(&self, what: &'static str) -> Result<T, Error> {
        Err(ReplayError::Unsupported { call: self.calls, what }.into())
    }

    /// Writes an entry with the body that was made.
    fn entry(&mut self, kind: u8) -> Result<(), Error> {
        let mut entry = Vec::new();
        entry.try_push(kind)?;
        put_bytes(&mut entry, &self.body)?;
        self.sum = checksum(self.sum, &entry);
        entry.try_extend_from_slice(&self.sum.to_le_bytes())?;
        (self.write)(&entry)
    }

    /// Adds the number of the function, and its name the first time.
    fn function(&mut self, call: &InterposedCall<'_>) -> Result<(), Error> {
        let number = call.number() as usize;
        put(&mut self.body, number as u64)?;
        if self.named.len() <= number {
            self.named.try_resize(number + 1, false)?;
        }
        if core::mem::replace(&mut self.named[number], true) {
            return Ok(put(&mut self.body, 0)?);
        }
        let (module, name) = call.import().map_or(("", ""), |import| (&*import.module, &*import.name));
        put(&mut self.body, 1)?;
        put_bytes(&mut self.body, module.as_bytes())?;
        Ok(put_bytes(&mut self.body, name.as_bytes())?)
    }

    fn results(&mut self, call: &InterposedCall<'_>) -> Result<(), Error> {
        let (ty, store) = (call.ty(), call.store());
        if !ty.results.iter().zip(each(&ty.results, call.slots())).all(|(&ty, slots)| is_plain(store, ty, slots[0])) {
            return self.unsupported("it returns a reference that is not to a function");
        }
        put(&mut self.body, outcomes::RETURNED.into())?;
        for &slot in call.slots().iter().take(slots(&ty.results)) {
            put(&mut self.body, slot)?;
        }
        Ok(())
    }

    fn error(&mut self, error: &Error) -> Result<(), Error> {
        let (kind, number) = match error.kind() {
            ErrorKind::Exit(exit) => (outcomes::EXIT, u64::from(exit.0 as u32)),
            ErrorKind::Trap(trap) => (outcomes::TRAP, trap.code() as u64),
            _ => {
                put(&mut self.body, outcomes::ERROR.into())?;
                return Ok(put_bytes(&mut self.body, try_format(format_args!("{error}"))?.as_bytes())?);
            }
        };
        put(&mut self.body, kind.into())?;
        Ok(put(&mut self.body, number)?)
    }

    fn changes(&mut self, store: &Store, made: Changes) -> Result<(), Error> {
        for change in &made.memories {
            self.memory(store, change)?;
        }
        for (index, before) in made.tables {
            self.table(store, index, &before)?;
        }
        for (index, before) in made.globals {
            let global = store.global(index);
            let value = global.slots();
            if value == before {
                continue;
            }
            if !is_plain(store, global.ty().content, value[0]) {
                return self.unsupported("it sets a global to a reference that is not to a function");
            }
            for number in [changes::GLOBAL.into(), index.into(), value[0], value[1]] {
                put(&mut self.body, number)?;
            }
        }
        let fuel = store.all_fuel();
        if fuel != made.fuel {
            put(&mut self.body, changes::FUEL.into())?;
            put(&mut self.body, fuel)?;
        }
        Ok(put(&mut self.body, changes::END.into())?)
    }

    fn memory(&mut self, store: &Store, change: &MemoryChange) -> Result<(), Error> {
        let memory = store.memory(change.index);
        let grown = memory.size() - change.pages;
        if grown > 0 {
            for number in [changes::MEMORY_GROW.into(), change.index.into(), grown] {
                put(&mut self.body, number)?;
            }
        }
        let now = memory.data();
        if let Some(before) = &change.before {
            // New pages were zero.
            different(before, now, &mut |at, len| self.bytes(change.index, now, at, len))?;
        }
        // The function may have written these before it borrowed the memory.
        for &(at, len) in &change.written {
            // A part that does not lie in the memory was not written.
            if at.checked_add(len).is_some_and(|end| end <= now.len() as u64) {
                self.bytes(change.index, now, at as usize, len as usize)?;
            }
        }
        Ok(())
    }

    /// Adds a part of a memory.
    fn bytes(&mut self, index: u32, memory: &[u8], at: usize, len: usize) -> Result<(), Error> {
        if len > 0 {
            for number in [changes::MEMORY.into(), index.into(), at as u64] {
                put(&mut self.body, number)?;
            }
            put_bytes(&mut self.body, &memory[at..at + len])?;
        }
        Ok(())
    }

    fn table(&mut self, store: &Store, index: u32, before: &[u32]) -> Result<(), Error> {
        let table = store.table(index);
        let now = table.elements();
        let grown = now.len() - before.len();
        // New elements are usually all the same.
        let init = now.get(before.len()).copied().unwrap_or(0);
        if !is_plain(store, table.ty().element, init.into()) {
            return self.unsupported(ELEMENT);
        }
        if grown > 0 {
            for number in [changes::TABLE_GROW.into(), index.into(), grown as u64, init.into()] {
                put(&mut self.body, number)?;
            }
        }
        let changed = |at: usize| now[at] != before.get(at).copied().unwrap_or(init);
        let mut at = 0;
        while let Some(first) = (at..now.len()).find(|&at| changed(at)) {
            let end = (first..now.len()).find(|&at| !changed(at)).unwrap_or(now.len());
            for number in [changes::TABLE.into(), index.into(), first as u64, (end - first) as u64] {
                put(&mut self.body, number)?;
            }
            for &element in &now[first..end] {
                if !is_plain(store, table.ty().element, element.into()) {
                    return self.unsupported(ELEMENT);
                }
                put(&mut self.body, element.into())?;
            }
            at = end;
        }
        Ok(())
    }
}

/// Returns whether a recording can hold a value: it is a number, null or a reference to a function.
fn is_plain(store: &Store, ty: ValType, slot: u64) -> bool {
    ty.reference().is_none_or(|ty| slot as u32 == 0 || store.top(ty) == HeapType::Func)
}

/// Returns the slots of each value.
fn each<'a>(types: &'a [ValType], slots: &'a [u64]) -> impl Iterator<Item = &'a [u64]> {
    let mut at = 0;
    types.iter().map(move |ty| {
        let first = at;
        at += usize::from(ty.slots());
        &slots[first..at]
    })
}

/// The arguments of a call.
pub struct Slots<'a> {
    pub ty: &'a FuncType,
    pub store: &'a Store,
}

impl<'a> Slots<'a> {
    /// Returns the slots of the arguments as a recording has them: of references that are not to functions, only
    /// whether they are null.
    pub fn args(self, slots: &'a [u64]) -> impl Iterator<Item = u64> + 'a {
        let Slots { ty, store } = self;
        ty.params.iter().zip(each(&ty.params, slots)).flat_map(move |(&ty, slots)| {
            let plain = is_plain(store, ty, slots[0]);
            slots.iter().map(move |&slot| if plain { slot } else { 1 })
        })
    }
}

/// Calls `found` with each part of `now` that differs from `before`, which continues with zeros.
fn different(before: &[u8], now: &[u8], found: &mut dyn FnMut(usize, usize) -> Result<(), Error>) -> Result<(), Error> {
    let zeros = [0; PIECE];
    for start in (0..now.len()).step_by(PIECE) {
        let end = now.len().min(start + PIECE);
        let new = &now[start..end];
        let old = before.get(start..end);
        let mixed;
        let old = match old {
            Some(old) => old,
            None if start >= before.len() => &zeros[..new.len()],
            None => {
                let mut piece = zeros;
                piece[..before.len() - start].copy_from_slice(&before[start..]);
                mixed = piece;
                &mixed[..new.len()]
            }
        };
        if new == old {
            continue;
        }
        let mut at = 0;
        while let Some(first) = (at..new.len()).find(|&at| new[at] != old[at]) {
            let mut last = first;
            for at in first..new.len() {
                if new[at] != old[at] {
                    last = at;
                } else if at - last > GAP {
                    break;
                }
            }
            found(start + first, last + 1 - first)?;
            at = last + 1;
        }
    }
    Ok(())
}
