//! Profiles of the code in a store: which functions run, found by samples of the stack.
//!
//! 1. this file: samplers and what was collected;
//! 2. `folded`: stacks as lines of text; `flame_graph`: stacks as an image;
//! 3. `names`: names as both write them.

mod flame_graph;
mod folded;
mod names;

use alloc::vec::Vec;
use core::fmt;

use wasmote_ir::fallible::TryVec;
use wasmote_runtime as runtime;
use wasmote_runtime::StackNode;

use crate::caller::Caller;
use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::module::Module;
use crate::store::Store;

/// Asks for samples of the code that a store runs. It can be cloned and sent to other threads, and may outlive the
/// store. [`Store::sample`] makes it.
#[derive(Clone)]
pub struct Sampler(runtime::Sampler);

impl Sampler {
    /// Asks for a sample: the store notes its stack at the next call or loop. If a host function runs, the sample is that
    /// function with its callers, taken when it returns.
    ///
    /// Several requests before that are one stack, which counts so often. If no code runs, the next code is sampled. If
    /// the store is gone or no longer sampled, nothing happens.
    ///
    /// It never waits and never allocates, so a signal handler may call it.
    pub fn request(&self) {
        self.0.request();
    }
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sampler")
    }
}

/// The samples of a store so far, as a tree of stacks. [`Store::profile`] returns it.
#[derive(Clone, Copy)]
pub struct Profile<'a>(runtime::Profile<'a>);

/// A function in a [`Profile`]. `Display` writes its name: the one that the module has for it, or `func[12]`; of a host
/// function, the names of the import that it is for its caller, or `[host]`. `[omitted]` stands for frames that a sample
/// does not have.
#[derive(Clone, Copy)]
pub struct ProfiledFunction<'a>(runtime::ProfiledFunction<'a>);

impl<'a> Profile<'a> {
    /// Returns how many samples were taken.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.0.samples()
    }

    /// Returns how many more samples were asked for, whose stacks found no room.
    #[must_use]
    pub fn lost_samples(&self) -> u64 {
        self.0.lost()
    }

    /// Calls `each` with each stack that a sample found, and the number of samples that found it. The outermost function
    /// comes first. A stack has at most 1024 functions, those inside; more are one that is omitted.
    ///
    /// # Errors
    /// Fails if `each` does.
    pub fn each_stack<E>(&self, mut each: impl FnMut(&[ProfiledFunction<'a>], u64) -> Result<(), E>) -> Result<(), E> {
        let nodes = self.0.nodes();
        let mut path = Vec::new();
        for found in nodes.iter().filter(|node| node.samples() > 0) {
            path.clear();
            let mut next = Some(found);
            while let Some(node) = next {
                path.push(self.function(node));
                next = node.parent().and_then(|parent| nodes.get(parent));
            }
            path.reverse();
            each(&path, found.samples())?;
        }
        Ok(())
    }

    /// Writes each stack as a line: the names of its functions, the outermost first, with `;` between them; then a space
    /// and the number of samples. Tools for flame graphs read this format.
    ///
    /// In names, `;` becomes `:`, and characters that cannot be printed become U+FFFD. A name is cut off after 256
    /// characters.
    ///
    /// # Errors
    /// Fails if `out` does.
    pub fn write_folded(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        folded::write(self, out)
    }

    /// Writes a flame graph, as an image in SVG. A function is a box, as wide as its share of the samples, on top of its
    /// caller. Browsers show its whole name and its numbers when the mouse is on it. Functions with less than one sample
    /// in 1200 are left out.
    ///
    /// # Errors
    /// Fails if `out` does, or if there is not enough memory.
    pub fn write_flame_graph(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        flame_graph::write(self, out)
    }

    fn function(&self, node: &StackNode) -> ProfiledFunction<'a> {
        ProfiledFunction(self.0.function(node))
    }

    /// Returns the samples of each stack and of those inside of it, in the order of the nodes.
    fn totals(&self) -> Option<Vec<u64>> {
        let nodes = self.0.nodes();
        let mut totals = Vec::new();
        totals.try_resize(nodes.len(), 0).ok()?;
        // Children come behind their parents.
        for (at, node) in nodes.iter().enumerate().rev() {
            totals[at] += node.samples();
            if let Some(parent) = node.parent() {
                totals[parent] += totals[at];
            }
        }
        Some(totals)
    }
}

impl fmt::Debug for Profile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("samples", &self.samples()).finish_non_exhaustive()
    }
}

impl<'a> ProfiledFunction<'a> {
    /// Returns the module that has the function, and its index there; imports count. `None` for a host function.
    #[must_use]
    pub fn wasm(&self) -> Option<(&'a Module, u32)> {
        match self.0 {
            runtime::ProfiledFunction::Wasm(module, func) => Some((Module::of(module), func)),
            _ => None,
        }
    }
}

impl fmt::Display for ProfiledFunction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            runtime::ProfiledFunction::Wasm(module, func) => match module.function_name(func) {
                Some(name) if !name.is_empty() => f.write_str(name),
                _ => write!(f, "func[{func}]"),
            },
            runtime::ProfiledFunction::Host(Some((module, name))) => {
                f.write_str(module)?;
                f.write_str(".")?;
                f.write_str(name)
            }
            runtime::ProfiledFunction::Host(None) => f.write_str("[host]"),
            runtime::ProfiledFunction::Omitted => f.write_str("[omitted]"),
        }
    }
}

impl fmt::Debug for ProfiledFunction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Store<T> {
    /// Begins to sample the code of this store, unless that has begun. Returns what other threads ask for samples with.
    /// Earlier requests that are still open are forgotten.
    ///
    /// A thread of the embedder asks regularly, for example every millisecond. [`Store::profile`] then says where the
    /// time was spent. Code takes samples where it notices interruptions, which is at calls and in loops
    /// ([`Config::interruption_in_loops`](crate::Config::interruption_in_loops)), and then goes on at once.
    ///
    /// ```
    /// use wasmote::{Caller, Config, Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::new(Config::new().interruption(true));
    /// let mut linker = Linker::<()>::new(&engine);
    /// // A sample at each allocation, instead of one at each millisecond.
    /// linker.func_wrap("host", "allocate", |mut caller: Caller<'_, ()>| caller.note_sample())?;
    /// let wasm = wat::parse_str(r#"(module
    ///     (import "host" "allocate" (func $allocate))
    ///     (func $parse (call $allocate) (call $allocate))
    ///     (func $main (export "main") (call $parse) (call $allocate)))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// store.sample()?;
    /// let instance = linker.instantiate(&mut store, &Module::new(&engine, wasm)?)?;
    /// instance.get_typed_func::<(), ()>(&store, "main")?.call(&mut store, ())?;
    ///
    /// let mut folded = String::new();
    /// store.profile().unwrap().write_folded(&mut folded)?;
    /// assert_eq!(folded, "main;parse;host.allocate 2\nmain;host.allocate 1\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if [`Config::interruption`](crate::Config::interruption) is off, or if there is not enough memory.
    pub fn sample(&mut self) -> Result<Sampler, Error> {
        Ok(Sampler(self.as_context_mut().inner_mut().sample()?))
    }

    /// Returns the samples so far. `None` if the store is not sampled.
    pub fn profile(&self) -> Option<Profile<'_>> {
        self.as_context().inner().profile().map(Profile)
    }

    /// Takes no more samples, and forgets those so far.
    pub fn stop_sampling(&mut self) {
        self.as_context_mut().inner_mut().stop_sampling();
    }
}

impl<T> Caller<'_, T> {
    /// Notes the stack as one sample, if the store is sampled. The innermost function is the host function that calls
    /// this. So a profile can count events instead of time.
    pub fn note_sample(&mut self) {
        self.runtime_mut().note_sample();
    }
}
