//! Records host calls.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::fallible::{TryVec, try_format};
use wasmote_ir::image::checksum;
use wasmote_ir::{HeapType, TrapCode, ValType};
use wasmote_runtime::{Changes, InterposedCall, MemoryChange, Store};

use super::ReplayError;
use super::format::{Writer, changes, header, kinds, outcomes};
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
    body: Writer,
    /// Whether a call could not be recorded. Then nothing more is.
    failed: bool,
}

impl Recorder {
    pub fn new(module: &[u8], mut write: Write) -> Result<Recorder, Error> {
        write(&header(module))?;
        Ok(Recorder { write, sum: 0, calls: 0, named: Vec::new(), body: Writer::default(), failed: false })
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
        for_each_slot(call.store(), call.ty().params(), call.slots(), &mut |slot, plain| {
            self.body.number(if plain { slot } else { 1 });
        });
        call.store_mut().begin_changes()?;
        let outcome = call.run();
        let Some(changes) = call.store_mut().end_changes() else {
            return self.unsupported("another call was made in it");
        };
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
        self.changes(call.store(), &changes)?;
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
    #[inline(never)]
    pub fn end(&mut self) -> Result<u64, Error> {
        if self.failed {
            return self.unsupported("recording a call has failed");
        }
        self.body.clear();
        self.body.number(self.calls);
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
        let mut entry = Writer::default();
        entry.raw(&[kind]);
        entry.bytes(self.body.finish()?);
        self.sum = checksum(self.sum, entry.finish()?);
        entry.raw(&self.sum.to_le_bytes());
        (self.write)(entry.finish()?)
    }

    /// Adds the number of the function, and its name the first time.
    fn function(&mut self, call: &InterposedCall<'_>) -> Result<(), Error> {
        let number = call.number() as usize;
        self.body.number(number as u64);
        if self.named.len() <= number {
            self.named.try_resize(number + 1, false)?;
        }
        if core::mem::replace(&mut self.named[number], true) {
            self.body.number(0);
            return Ok(());
        }
        let (module, name) = call.import().map_or(("", ""), |import| (&*import.module, &*import.name));
        self.body.number(1);
        self.body.bytes(module.as_bytes());
        self.body.bytes(name.as_bytes());
        Ok(())
    }

    fn results(&mut self, call: &InterposedCall<'_>) -> Result<(), Error> {
        self.body.number(outcomes::RETURNED.into());
        let mut all_plain = true;
        for_each_slot(call.store(), call.ty().results(), call.slots(), &mut |slot, plain| {
            all_plain &= plain;
            self.body.number(slot);
        });
        if all_plain { Ok(()) } else { self.unsupported("it returns a reference that is not to a function") }
    }

    fn error(&mut self, error: &Error) -> Result<(), Error> {
        let (kind, number) = match error.kind() {
            ErrorKind::Exit(exit) => (outcomes::EXIT, u64::from(exit.0 as u32)),
            ErrorKind::TrapCode(code) => (outcomes::TRAP, *code as u64),
            _ => {
                self.body.number(outcomes::ERROR.into());
                self.body.bytes(try_format(format_args!("{error}"))?.as_bytes());
                return Ok(());
            }
        };
        self.body.number(kind.into());
        self.body.number(number);
        Ok(())
    }

    fn changes(&mut self, store: &Store, made: &Changes) -> Result<(), Error> {
        for change in &made.memories {
            self.memory(store, change);
        }
        for (index, before) in &made.tables {
            self.table(store, *index, before)?;
        }
        for &(index, before) in &made.globals {
            let global = store.global(index);
            let value = global.slots();
            if value == before {
                continue;
            }
            if !is_plain(store, global.ty().content(), value[0]) {
                return self.unsupported("it sets a global to a reference that is not to a function");
            }
            self.body.numbers(&[changes::GLOBAL.into(), index.into(), value[0], value[1]]);
        }
        let fuel = store.all_fuel();
        if fuel != made.fuel {
            self.body.number(changes::FUEL.into());
            self.body.number(fuel);
        }
        self.body.number(changes::END.into());
        Ok(())
    }

    fn memory(&mut self, store: &Store, change: &MemoryChange) {
        let memory = store.memory(change.index);
        let grown = memory.size() - change.pages;
        if grown > 0 {
            self.body.numbers(&[changes::MEMORY_GROW.into(), change.index.into(), grown]);
        }
        let now = memory.data();
        if let Some(before) = &change.before {
            // New pages were zero.
            different(before, now, &mut |at, len| self.bytes(change.index, now, at, len));
        }
        // The function may have written these before it borrowed the memory.
        for &(at, len) in &change.written {
            // A part that does not lie in the memory was not written.
            if at.checked_add(len).is_some_and(|end| end <= now.len() as u64) {
                self.bytes(change.index, now, at as usize, len as usize);
            }
        }
    }

    /// Adds a part of a memory.
    fn bytes(&mut self, index: u32, memory: &[u8], at: usize, len: usize) {
        if len > 0 {
            self.body.numbers(&[changes::MEMORY.into(), index.into(), at as u64]);
            self.body.bytes(&memory[at..at + len]);
        }
    }

    fn table(&mut self, store: &Store, index: u32, before: &[u32]) -> Result<(), Error> {
        let table = store.table(index);
        let now = table.elements();
        let grown = now.len() - before.len();
        // New elements are usually all the same.
        let init = now.get(before.len()).copied().unwrap_or(0);
        if !is_plain(store, table.ty().element().into(), init.into()) {
            return self.unsupported(ELEMENT);
        }
        if grown > 0 {
            self.body.numbers(&[changes::TABLE_GROW.into(), index.into(), grown as u64, init.into()]);
        }
        let changed = |at: usize| now[at] != before.get(at).copied().unwrap_or(init);
        let mut at = 0;
        while let Some(first) = (at..now.len()).find(|&at| changed(at)) {
            let end = (first..now.len()).find(|&at| !changed(at)).unwrap_or(now.len());
            self.body.numbers(&[changes::TABLE.into(), index.into(), first as u64, (end - first) as u64]);
            for &element in &now[first..end] {
                if !is_plain(store, table.ty().element().into(), element.into()) {
                    return self.unsupported(ELEMENT);
                }
                self.body.number(element.into());
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

/// Calls `each` with the slots of values, and with whether a recording can hold the value. Of references that are not to
/// functions, a recording has only whether they are null.
#[inline(never)]
pub fn for_each_slot(store: &Store, types: &[ValType], slots: &[u64], each: &mut dyn FnMut(u64, bool)) {
    let mut slots = slots.iter();
    for &ty in types {
        let mut plain = true;
        for i in 0..ty.slots() {
            let Some(&slot) = slots.next() else { return };
            if i == 0 {
                plain = is_plain(store, ty, slot);
            }
            each(slot, plain);
        }
    }
}

/// Calls `found` with each part of `now` that differs from `before`, which continues with zeros.
fn different(before: &[u8], now: &[u8], found: &mut dyn FnMut(usize, usize)) {
    let differs = |at: usize| now[at] != before.get(at).copied().unwrap_or(0);
    for start in (0..now.len()).step_by(PIECE) {
        let end = now.len().min(start + PIECE);
        if before.get(start..end).is_some_and(|before| before == &now[start..end]) {
            continue;
        }
        let mut at = start;
        while let Some(first) = (at..end).find(|&at| differs(at)) {
            let mut last = first;
            for at in first..end {
                if differs(at) {
                    last = at;
                } else if at - last > GAP {
                    break;
                }
            }
            found(first, last + 1 - first);
            at = last + 1;
        }
    }
}
