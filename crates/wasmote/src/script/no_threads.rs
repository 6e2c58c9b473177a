//! Threads of scripts, for a build without the standard library, which starts none.

use alloc::boxed::Box;

use wasmote_wat::script::Directive;

use super::run::{Outcome, Runner};
use crate::shared_memory::SharedMemory;

/// The memories of an instance of another thread. There are none.
pub(super) type Shared = [(Box<str>, SharedMemory); 0];

/// The threads of a script. There are none.
#[derive(Default)]
pub(super) struct Threads(());

impl Threads {
    /// Returns the name of a thread.
    fn next(&self) -> Option<Option<Box<str>>> {
        None
    }
}

impl Runner {
    pub(super) fn start_thread(&mut self, _: Option<&str>, _: &[Box<str>], _: &[Directive]) -> Outcome<()> {
        Err("threads of scripts need the standard library".into())
    }

    pub(super) fn wait_for_thread(&mut self, _: Option<&str>) -> Outcome<()> {
        Err("there is no thread".into())
    }

    pub(super) fn next_thread(&self) -> Option<Option<Box<str>>> {
        self.threads.next()
    }
}
