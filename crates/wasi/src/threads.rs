//! wasi-threads: a guest starts threads with `wasi.thread-spawn`. Each thread is an instance of the same module, in a
//! store of its own, on a thread of the host. All share the guest's memory and its WASI state.
//!
//! If one of them traps, exits, or fails otherwise, the whole group ends: every store is interrupted, wherever its code
//! waits, and the group has the error of the first.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use rustix::event::{PollFd, PollFlags, poll};
use wasmote::{Caller, Error, ExternType, InterruptHandle, Linker, Lock, Module, SharedMemory, Store};

use crate::context::WasiCtx;
use crate::interrupt::bell::Bell;

/// The module and the name of the function that starts a thread.
const SPAWN: (&str, &str) = ("wasi", "thread-spawn");
/// The export that a thread begins with: its id, and the argument of the function that started it.
const START: &str = "wasi_thread_start";
/// What that function returns if there is no thread.
const FAILED: i32 = -1;
/// The end of the range of ids. The first is 1; guests use the upper bits of theirs.
const IDS: u32 = 1 << 29;

/// Runs work on a new thread. Returns whether there is one; if not, the work is dropped.
pub type SpawnThread = fn(Box<dyn FnOnce() + Send>) -> bool;

type NewStore<T> = Box<dyn Fn(WasiCtx) -> Result<Store<T>, Error> + Send + Sync>;

/// How a guest's threads are made.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ThreadOptions {
    /// The maximum number of threads at once that the guest starts. Default: [`ThreadOptions::MAX_THREADS`]. To start
    /// another one fails.
    pub max_threads: usize,
    /// Makes the host's threads. Default: the standard library's, with its default stack.
    pub spawn: SpawnThread,
}

impl ThreadOptions {
    /// The default of [`ThreadOptions::max_threads`].
    pub const MAX_THREADS: usize = 128;

    /// Returns the default options, with this way to make threads.
    pub const fn new(spawn: SpawnThread) -> ThreadOptions {
        ThreadOptions { max_threads: ThreadOptions::MAX_THREADS, spawn }
    }
}

#[cfg(feature = "std")]
impl Default for ThreadOptions {
    fn default() -> ThreadOptions {
        ThreadOptions::new(|work| std::thread::Builder::new().spawn(work).is_ok())
    }
}

/// A guest that can start threads.
///
/// ```
/// use wasmote::{Config, Engine, Linker, Module, Store};
/// use wasmote_wasi::{ThreadOptions, WasiCtx, WasiThreads};
///
/// let engine = Engine::new(Config::new().interruption(true));
/// let module = Module::new(&engine, wat::parse_str(r#"(module
///     (import "env" "memory" (memory 1 1 shared))
///     (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
///     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
///     (func (export "wasi_thread_start") (param $id i32) (param $arg i32)
///         (i32.atomic.store (i32.const 0) (local.get $arg))
///         (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
///     (func (export "_start")
///         (drop (call $spawn (i32.const 42)))
///         (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
///         (call $exit (i32.atomic.load (i32.const 0)))))"#)?)?;
///
/// let mut linker = Linker::new(&engine);
/// wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx)?;
/// let of_threads = engine.clone();
/// let new_store = move |cx| Store::try_new(&of_threads, cx);
/// let threads = WasiThreads::new(&module, linker, |cx| cx, new_store, ThreadOptions::default())?;
/// let mut store = Store::new(&engine, WasiCtx::builder().build()?);
/// let error = threads.run(&mut store, |store, linker| {
///     let instance = linker.instantiate(&mut *store, &module)?;
///     instance.get_typed_func::<(), ()>(&*store, "_start")?.call(store, ())
/// });
/// assert_eq!(error.unwrap_err().i32_exit_status(), Some(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WasiThreads<T>(Arc<Group<T>>);

/// What the threads of a guest share.
struct Group<T> {
    module: Module,
    linker: Linker<T>,
    context: fn(&mut T) -> &mut WasiCtx,
    new_store: NewStore<T>,
    options: ThreadOptions,
    /// Whether the module exports [`START`] with its type.
    can_start: bool,
    members: Lock<Members>,
    /// Rings when a thread has ended.
    bell: Bell,
}

/// The threads that run.
#[derive(Default)]
struct Members {
    /// The id of each, and what interrupts its store. The main thread has 0.
    running: Vec<(u32, InterruptHandle)>,
    /// The id of the thread that was started last.
    last_id: u32,
    end: End,
}

/// Whether the group has ended, and why.
#[derive(Default)]
enum End {
    /// It runs.
    #[default]
    NotYet,
    /// The main thread has returned.
    Returned,
    /// A thread failed.
    Failed(Error),
}

impl Members {
    fn has_ended(&self) -> bool {
        !matches!(self.end, End::NotYet)
    }

    /// Ends the group, unless it has ended before.
    fn end(&mut self, end: End) {
        if !self.has_ended() {
            self.end = end;
            for (_, handle) in &self.running {
                handle.interrupt();
            }
        }
    }

    /// Returns an id that no running thread has.
    fn new_id(&mut self) -> u32 {
        loop {
            self.last_id = if self.last_id + 1 < IDS { self.last_id + 1 } else { 1 };
            if self.running.iter().all(|&(id, _)| id != self.last_id) {
                return self.last_id;
            }
        }
    }

    /// Adds a thread. `None` if the group has ended or is full, or if there is not enough memory.
    fn add(&mut self, handle: InterruptHandle, most: usize) -> Option<u32> {
        // The main thread is one of those that run.
        if self.has_ended() || self.running.len() > most || self.running.try_reserve(1).is_err() {
            return None;
        }
        let id = self.new_id();
        self.running.push((id, handle));
        Some(id)
    }

    fn remove(&mut self, id: u32) {
        self.running.retain(|&(running, _)| running != id);
    }
}

/// A thread that is among those that run, until this is dropped. Then it ends the group, if it has failed.
struct Member<T> {
    group: Arc<Group<T>>,
    id: u32,
    end: End,
}

impl<T> Drop for Member<T> {
    fn drop(&mut self) {
        let mut members = self.group.members.lock();
        members.remove(self.id);
        let end = core::mem::take(&mut self.end);
        if !matches!(end, End::NotYet) {
            members.end(end);
        }
        drop(members);
        self.group.bell.ring();
    }
}

impl<T: Send + 'static> WasiThreads<T> {
    /// Prepares the threads of a module. `linker` has what its threads import. This adds `wasi.thread-spawn`, and a
    /// new memory for each shared memory that the module imports and that is not defined.
    ///
    /// `context` returns the WASI state in a store's data. `new_store` makes the store of a new thread. It gets the
    /// thread's WASI state, and can give the store a limiter: each store counts the whole shared memory.
    ///
    /// # Errors
    /// Fails if the engine is not interruptible ([`Config::interruption`](wasmote::Config::interruption)) or its loops are
    /// not, if `wasi.thread-spawn` is defined, or if there is not enough memory.
    pub fn new(
        module: &Module,
        mut linker: Linker<T>,
        context: fn(&mut T) -> &mut WasiCtx,
        new_store: impl Fn(WasiCtx) -> Result<Store<T>, Error> + Send + Sync + 'static,
        options: ThreadOptions,
    ) -> Result<WasiThreads<T>, Error> {
        if !module.engine().is_interruptible() {
            return Err(Error::new("threads of a guest need an interruptible engine: turn `Config::interruption` on"));
        }
        if !module.engine().interrupts_loops() {
            let message =
                "threads of a guest need loops that can be interrupted: leave `Config::interruption_in_loops` on";
            return Err(Error::new(message));
        }
        for (name, item, ty) in linker.missing(module) {
            if let ExternType::Memory(ty) = ty
                && ty.is_shared()
            {
                linker.define(&name, &item, SharedMemory::new(module.engine(), ty)?)?;
            }
        }
        // The linker belongs to the group, so the function must not own the group.
        let place = Arc::new(Lock::new(Weak::<Group<T>>::new()));
        let group_of = place.clone();
        linker.func_wrap(SPAWN.0, SPAWN.1, move |mut caller: Caller<'_, T>, arg: i32| -> Result<i32, Error> {
            let group = group_of.lock().upgrade();
            match group {
                Some(group) => spawn(&group, (group.context)(caller.data_mut()), arg),
                None => Ok(FAILED),
            }
        })?;
        let start = module.get_export(START);
        let can_start = start
            .as_ref()
            .and_then(ExternType::func)
            .is_some_and(|ty| ty.results().is_empty() && ty.params() == [wasmote::ValType::I32, wasmote::ValType::I32]);
        let group = Arc::new(Group {
            module: module.clone(),
            linker,
            context,
            new_store: Box::new(new_store),
            options,
            can_start,
            members: Lock::default(),
            bell: Bell::new().map_err(|_| Error::new("the system has no more descriptors"))?,
        });
        *place.lock() = Arc::downgrade(&group);
        Ok(WasiThreads(group))
    }

    /// Returns the linker with all that the module's threads import.
    pub fn linker(&self) -> &Linker<T> {
        &self.0.linker
    }

    /// Runs the guest's main thread on this one. `main` instantiates the module with the linker that it gets, and calls
    /// the guest. When it returns, the whole group ends: this waits until no thread of it runs.
    ///
    /// # Errors
    /// Fails with the error of the thread that failed first: this one, or another. The exit of a thread is such an
    /// error, too.
    pub fn run<R>(
        &self,
        store: &mut Store<T>,
        main: impl FnOnce(&mut Store<T>, &Linker<T>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let handle = store.interrupt_handle()?;
        {
            let mut members = self.0.members.lock();
            if !members.running.is_empty() {
                return Err(Error::new("the main thread of this guest runs already"));
            }
            members.running.try_reserve(1).map_err(|_| Error::new("out of memory"))?;
            members.running.push((0, handle));
            members.end = End::NotYet;
        }
        let mut member = Member { group: self.0.clone(), id: 0, end: End::Returned };
        let outcome = main(store, &self.0.linker).map_err(|error| member.end = End::Failed(error));
        drop(member);
        self.wait();
        match core::mem::take(&mut self.0.members.lock().end) {
            End::Failed(error) => Err(error),
            _ => outcome.map_err(|()| Error::new("a thread of the guest failed")),
        }
    }

    /// Waits until no thread runs.
    fn wait(&self) {
        while !self.0.members.lock().running.is_empty() {
            // A signal that ends it early does no harm.
            let _ = poll(&mut [PollFd::from_borrowed_fd(self.0.bell.fd(), PollFlags::IN)], None);
            self.0.bell.silence();
        }
    }
}

/// Starts a thread for a guest. Returns its id, or [`FAILED`].
fn spawn<T: Send + 'static>(group: &Arc<Group<T>>, cx: &mut WasiCtx, arg: i32) -> Result<i32, Error> {
    cx.pass_gate()?;
    let full = {
        let members = group.members.lock();
        members.has_ended() || members.running.len() > group.options.max_threads
    };
    if full || !group.can_start {
        return Ok(FAILED);
    }
    let Ok(mut store) = (group.new_store)(cx.for_thread()) else { return Ok(FAILED) };
    let Ok(handle) = store.interrupt_handle() else { return Ok(FAILED) };
    let Some(id) = group.members.lock().add(handle, group.options.max_threads) else { return Ok(FAILED) };
    // If the work is dropped without having run, the thread is no longer among those that run.
    let member = Member { group: group.clone(), id, end: End::NotYet };
    let started = (group.options.spawn)(Box::new(move || run(member, store, arg)));
    Ok(if started { id as i32 } else { FAILED })
}

/// Runs a thread of a guest.
fn run<T: 'static>(mut member: Member<T>, mut store: Store<T>, arg: i32) {
    // Stays if a host function panics.
    member.end = End::Failed(Error::new("a host function panicked on another thread of the guest"));
    let group = member.group.clone();
    let outcome = group.linker.instantiate(&mut store, &group.module).and_then(|instance| {
        instance.get_typed_func::<(i32, i32), ()>(&store, START)?.call(&mut store, (member.id as i32, arg))
    });
    // All that the thread had is gone before the group ends.
    drop(store);
    member.end = match outcome {
        Ok(()) => End::NotYet,
        Err(error) => End::Failed(error),
    };
    drop(member);
}
