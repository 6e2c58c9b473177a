//! Replays recorded host calls.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{TryVec, try_collect, try_format, try_str};
use wasmote_ir::image::checksum;
use wasmote_runtime::{InterposedCall, Store, slots};

use super::format::{HEADER_LEN, Reader, SUM_LEN, changes, check_header, kinds, outcomes};
use super::record::for_each_slot;
use super::{ReplayError, ReplayedCall};
use crate::error::Error;
use crate::thrown::stop;

/// Sees each call after it is replayed.
type Observe = Box<dyn FnMut(&ReplayedCall<'_>) -> Result<(), Error> + Send>;

/// Does what a recording says in place of host calls.
pub struct Player {
    recording: Vec<u8>,
    observe: Observe,
    /// Where the next entry begins.
    at: usize,
    /// The checksum of all entries so far.
    sum: u32,
    /// The number of calls so far.
    calls: u64,
    /// Whether a call could not be replayed.
    failed: bool,
}

/// The maximum bytes of a name in a message.
const SHOWN: usize = 64;

const FAILED: &str = "replaying an earlier call has failed";
const WRONG_CHANGE: &str = "a change is to what does not exist, or to a value that it cannot have";
const WRONG_END: &str = "a call ends in an unknown way, or with a result that does not exist";
const CANNOT_GROW: &str = "a memory or table cannot grow as it did when the run was recorded";

/// How a recorded call ended.
enum Outcome {
    Returned,
    Failed(Error),
}

impl Player {
    pub fn new(module: &[u8], recording: Vec<u8>, observe: Observe) -> Result<Player, Error> {
        check_header(&recording, module)?;
        Ok(Player { recording, observe, at: HEADER_LEN, sum: 0, calls: 0, failed: false })
    }

    /// Replays a call. The inner result is that of the recorded one.
    pub fn call(&mut self, call: &mut InterposedCall<'_>) -> Result<Result<(), TrapCode>, Error> {
        // After an error, the recording is no longer in step with the run.
        if core::mem::replace(&mut self.failed, true) {
            return Err(self.diverged(Cow::Borrowed(FAILED)));
        }
        let outcome = self.replay(call)?;
        self.failed = false;
        Ok(outcome)
    }

    /// Ends the replay. Errors: the recording goes on, or is cut off.
    #[inline(never)]
    pub fn end(&mut self) -> Result<u64, Error> {
        if self.failed {
            return Err(self.diverged(Cow::Borrowed(FAILED)));
        }
        let Some((kind, mut body, next)) = entry(&self.recording, self.at, &mut self.sum)? else {
            return Err(ReplayError::CutOff { calls: self.calls }.into());
        };
        if kind != kinds::END {
            self.calls += 1;
            return Err(self.diverged(Cow::Borrowed("the run ended, and the recorded one made this call")));
        }
        if body.number()? != self.calls {
            return Err(body.damaged("it has another number of calls than its end says"));
        }
        body.end()?;
        if next != self.recording.len() {
            return Err(ReplayError::Damaged { offset: next, what: "bytes follow its end" }.into());
        }
        Ok(self.calls)
    }

    #[inline(never)]
    fn replay(&mut self, call: &mut InterposedCall<'_>) -> Result<Result<(), TrapCode>, Error> {
        let Some((kind, mut body, next)) = entry(&self.recording, self.at, &mut self.sum)? else {
            return Err(ReplayError::CutOff { calls: self.calls }.into());
        };
        self.at = next;
        self.calls += 1;
        if kind != kinds::CALL {
            return Err(self.diverged(Cow::Borrowed("the recorded run ended before it")));
        }
        self.compare(call, &mut body)?;
        // The results overwrite the arguments.
        let args: Vec<u64> = try_collect(call.slots().iter().take(slots(call.ty().params())).copied())?;
        apply_changes(call.store_mut(), &mut body)?;
        let count = slots(call.ty().results());
        let outcome = outcome(call, &mut body, count)?;
        body.end()?;
        let (module, name) = call.import().map_or(("", ""), |import| (&*import.module, &*import.name));
        (self.observe)(&ReplayedCall {
            module,
            name,
            args: &args,
            results: matches!(outcome, Outcome::Returned).then(|| &call.slots()[..count]),
            memory: call.memory().unwrap_or_default(),
        })?;
        Ok(match outcome {
            Outcome::Returned => Ok(()),
            Outcome::Failed(error) => Err(stop(call.store_mut(), error)),
        })
    }

    #[cold]
    #[inline(never)]
    fn diverged(&self, what: Cow<'static, str>) -> Error {
        ReplayError::Diverged { call: self.calls, what }.into()
    }

    /// Compares the function and its arguments with those of the recorded call.
    fn compare(&self, call: &InterposedCall<'_>, body: &mut Reader<'_>) -> Result<(), Error> {
        let number = body.number()?;
        let named = body.byte()? != 0;
        let (module, name) = call.import().map_or(("", ""), |import| (&*import.module, &*import.name));
        let recorded = if named { Some((body.bytes()?, body.bytes()?)) } else { None };
        if number != u64::from(call.number()) || recorded.is_some_and(|it| it != (module.as_bytes(), name.as_bytes())) {
            let called = Shown { module: module.as_bytes(), name: name.as_bytes() };
            return Err(self.diverged(match recorded {
                Some((module, name)) => {
                    let recorded = Shown { module, name };
                    text(format_args!("`{called}` is called, and `{recorded}` in the recording"))
                }
                None => text(format_args!("`{called}` is called, and function {number} in the recording")),
            }));
        }
        let (mut i, mut compared) = (0, Ok(()));
        for_each_slot(call.store(), call.ty().params(), call.slots(), &mut |slot, plain| {
            if compared.is_ok() {
                let arg = if plain { slot } else { 1 };
                i += 1;
                compared = body.number().and_then(|recorded| {
                    if recorded == arg {
                        return Ok(());
                    }
                    let called = Shown { module: module.as_bytes(), name: name.as_bytes() };
                    let what = format_args!("argument {i} of `{called}` is {arg}, and {recorded} in the recording");
                    Err(self.diverged(text(what)))
                });
            }
        });
        compared
    }
}

/// Returns the text of an error, or a fixed one if there is not enough memory.
#[cold]
#[inline(never)]
fn text(what: fmt::Arguments<'_>) -> Cow<'static, str> {
    try_format(what).map_or(Cow::Borrowed("another call is made"), Cow::Owned)
}

/// The name of a function in an error. Guests and recordings choose its length and its bytes, so it is limited.
struct Shown<'a> {
    module: &'a [u8],
    name: &'a [u8],
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (text, end) in [(self.module, "::"), (self.name, "")] {
            for chunk in text[..text.len().min(SHOWN)].utf8_chunks() {
                f.write_str(chunk.valid())?;
                if !chunk.invalid().is_empty() {
                    f.write_str("\u{fffd}")?;
                }
            }
            f.write_str(end)?;
        }
        Ok(())
    }
}

/// Reads the entry at `at`: its kind, its body, and where the next one begins. `None` if nothing is left.
fn entry<'a>(recording: &'a [u8], at: usize, sum: &mut u32) -> Result<Option<(u8, Reader<'a>, usize)>, Error> {
    if at == recording.len() {
        return Ok(None);
    }
    let mut all = Reader { bytes: recording, at, start: 0 };
    let kind = all.byte()?;
    let body = all.bytes()?;
    let end = all.at;
    *sum = checksum(*sum, &recording[at..end]);
    if all.take(SUM_LEN as u64)? != sum.to_le_bytes() {
        return Err(ReplayError::Damaged { offset: at, what: "the checksum of an entry is wrong" }.into());
    }
    Ok(Some((kind, Reader { bytes: body, at: 0, start: end - body.len() }, all.at)))
}

/// Makes the recorded changes. Each number is checked: the recording may be anything.
#[inline(never)]
fn apply_changes(store: &mut Store, body: &mut Reader<'_>) -> Result<(), Error> {
    let [memories, tables, globals] = store.writable_items();
    let item = |body: &mut Reader<'_>, count: u32| match body.index()? {
        index if index < count => Ok(index),
        _ => Err(body.damaged(WRONG_CHANGE)),
    };
    loop {
        match body.byte()? {
            changes::END => return Ok(()),
            changes::MEMORY_GROW => {
                let (index, delta) = (item(body, memories)?, body.number()?);
                if store.memory(index).shared().is_some() {
                    return Err(body.damaged(WRONG_CHANGE));
                }
                if store.memory_mut(index).grow(delta).is_none() {
                    return Err(Error::new(CANNOT_GROW));
                }
            }
            changes::MEMORY => {
                let (index, at) = (item(body, memories)?, body.number()?);
                let bytes = body.bytes()?;
                // Nothing is recorded of a shared memory.
                if store.memory(index).shared().is_some() {
                    return Err(body.damaged(WRONG_CHANGE));
                }
                let memory = store.memory_mut(index).data_mut();
                let end = at.checked_add(bytes.len() as u64).filter(|&end| end <= memory.len() as u64);
                let end = end.ok_or_else(|| body.damaged(WRONG_CHANGE))?;
                memory[at as usize..end as usize].copy_from_slice(bytes);
            }
            changes::TABLE_GROW => {
                let (index, delta) = (item(body, tables)?, body.number()?);
                let init = element(store, index, body)?;
                if store.table_mut(index).grow(delta, init).is_none() {
                    return Err(Error::new(CANNOT_GROW));
                }
            }
            changes::TABLE => {
                let (index, at, count) = (item(body, tables)?, body.number()?, body.number()?);
                if store.table_mut(index).range_mut(at, count).is_none() {
                    return Err(body.damaged(WRONG_CHANGE));
                }
                for at in at..at + count {
                    let reference = element(store, index, body)?;
                    if let Some(place) = store.table_mut(index).range_mut(at, 1) {
                        place[0] = reference;
                    }
                }
            }
            changes::GLOBAL => {
                let index = item(body, globals)?;
                let value = [body.number()?, body.number()?];
                let ty = *store.global(index).ty();
                let fits = ty.content().reference().is_none_or(|ty| store.fits_reference(value[0], ty));
                if !ty.mutability().is_mut() || !fits {
                    return Err(body.damaged(WRONG_CHANGE));
                }
                store.global_mut(index).set(value);
            }
            changes::FUEL => store.set_fuel(body.number()?)?,
            _ => return Err(body.damaged(WRONG_CHANGE)),
        }
    }
}

/// Reads an element of this table.
fn element(store: &Store, table: u32, body: &mut Reader<'_>) -> Result<u32, Error> {
    let reference = body.index()?;
    if !store.fits_reference(reference.into(), store.table(table).ty().element()) {
        return Err(body.damaged(WRONG_CHANGE));
    }
    Ok(reference)
}

/// Reads how the call ended, and writes its results.
#[inline(never)]
fn outcome(call: &mut InterposedCall<'_>, body: &mut Reader<'_>, count: usize) -> Result<Outcome, Error> {
    Ok(match body.byte()? {
        outcomes::RETURNED => {
            let mut results = Vec::new();
            for _ in 0..count {
                results.try_push(body.number()?)?;
            }
            // No recording has references to objects. One that has them could name any object of the store.
            let mut plain = true;
            for_each_slot(call.store(), call.ty().results(), &results, &mut |_, it| plain &= it);
            if !plain || !call.finish(&results) {
                return Err(body.damaged(WRONG_END));
            }
            Outcome::Returned
        }
        outcomes::EXIT => Outcome::Failed(Error::i32_exit(body.index()? as i32)),
        outcomes::TRAP => {
            let number = body.byte()?;
            let code = TrapCode::ALL.iter().find(|code| **code as u8 == number);
            Outcome::Failed((*code.ok_or_else(|| body.damaged(WRONG_END))?).into())
        }
        outcomes::ERROR => {
            let text = core::str::from_utf8(body.bytes()?).map_err(|_| body.damaged(WRONG_END))?;
            Outcome::Failed(Error::new(String::from(try_str(text)?)))
        }
        _ => return Err(body.damaged(WRONG_END)),
    })
}
