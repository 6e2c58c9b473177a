//! Threads of scripts. Each has a store and a linker of its own, and the memories that it shares with the thread that
//! started it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use std::thread::{self, JoinHandle};

use wasmote_wat::script::Directive;

use super::Summary;
use super::run::{Outcome, Runner, said};
use crate::externs::Extern;
use crate::shared_memory::SharedMemory;

/// The memories of an instance of another thread, by the names of the exports.
pub(super) type Shared = Vec<(Box<str>, SharedMemory)>;

/// The threads that a thread has started and not waited for, by name.
#[derive(Default)]
pub(super) struct Threads(Vec<(Option<Box<str>>, JoinHandle<Summary>)>);

impl Runner {
    /// Starts a thread.
    pub(super) fn start_thread(
        &mut self,
        name: Option<&str>,
        shared: &[Box<str>],
        directives: &[Directive],
    ) -> Outcome<()> {
        let mut runner = Runner::new(&self.engine, &self.options).map_err(said)?;
        for name in shared {
            let memories = self.shared_memories(name)?;
            runner.shared.insert(name, memories).map_err(|error| said(error.into()))?;
        }
        let directives = directives.to_vec();
        let thread = thread::Builder::new().spawn(move || runner.directives(&directives));
        self.threads.0.push((name.map(Box::from), thread.map_err(|error| error.to_string())?));
        Ok(())
    }

    /// Returns the shared memories that an instance exports.
    fn shared_memories(&self, name: &str) -> Outcome<Shared> {
        if let Some(memories) = self.shared.get(name) {
            return Ok(memories.clone());
        }
        let instance = self.instance(Some(name))?;
        let memories = instance.exports(&self.store).filter_map(|(name, export)| match export {
            Extern::SharedMemory(memory) => Some((Box::from(name), memory)),
            _ => None,
        });
        Ok(memories.collect())
    }

    /// Waits until a thread ends, and takes over what became of its directives.
    pub(super) fn wait_for_thread(&mut self, name: Option<&str>) -> Outcome<()> {
        let at = self.threads.0.iter().rposition(|thread| thread.0.as_deref() == name);
        let at = at.ok_or_else(|| format!("no thread ${}", name.unwrap_or_default()))?;
        let (_, thread) = self.threads.0.swap_remove(at);
        let Summary { passed, failed, left_out } = thread.join().map_err(|_| "the thread panicked")?;
        self.summary.passed += passed;
        self.summary.failed.extend(failed);
        self.summary.left_out.extend(left_out);
        Ok(())
    }

    /// Returns the name of a thread that nothing has waited for.
    pub(super) fn next_thread(&self) -> Option<Option<Box<str>>> {
        self.threads.0.last().map(|(name, _)| name.clone())
    }
}
