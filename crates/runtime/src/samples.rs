//! Samples of the stack of a store's code, for profiles.
//!
//! ```text
//! Sampler ──> ticks, and the reason SAMPLE ──> StackLimit in the store's machine         any thread
//!               │
//! a call or loop that stopped, or a host call ──> `note` ──> Tree of stacks <── Profile   the store's thread
//! ```
//!
//! Code that runs keeps no list of the host functions in it. A store that is sampled has another hook for host calls,
//! which does. So other stores pay nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering};

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::string_map::StringMap;

use crate::caller::Caller;
use crate::error::Error;
use crate::hooks::{self, root};
use crate::interrupt_handle::{SAMPLE, Shared};
use crate::module::Module;
use crate::shared::{FallibleArc, try_box};
use crate::store::Store;

/// The maximum number of frames of a stack that are noted, counted from the innermost. Finding each takes time, and the
/// guest decides how many there are.
const MAX_DEPTH: usize = 1024;
/// The maximum number of nodes in a tree, which have 40 bytes each with their index.
const MAX_NODES: usize = 1 << 18;
/// The maximum number of frames in all different stacks together. It limits the text that they are written as.
const MAX_FRAMES: u64 = 1 << 22;

/// Asks for samples of a store's code. It can be cloned and sent to other threads, and may outlive the store.
#[derive(Clone)]
pub struct Sampler {
    shared: FallibleArc<Shared>,
    ticks: FallibleArc<AtomicUsize>,
}

impl Sampler {
    /// Asks for a sample at the next call or loop, or at the end of the host function that runs. If the store is gone or
    /// is no longer sampled, nothing happens.
    ///
    /// It never waits and never allocates, so a signal handler may call it.
    pub fn request(&self) {
        self.ticks.fetch_add(1, Ordering::Relaxed);
        self.shared.raise(SAMPLE);
    }
}

/// What a store knows of its samples: nothing if it is not sampled.
#[derive(Default)]
pub(crate) struct Samples(Option<Box<Collected>>);

struct Collected {
    /// The requests since the last sample.
    ticks: FallibleArc<AtomicUsize>,
    /// The hook for host calls that the store has otherwise.
    host_hook: HostHook,
    /// The innermost running host function, or null.
    host: *const HostFunction,
    /// The stack that is being noted.
    path: Path,
    tree: Tree,
}

type HostHook =
    unsafe fn(*mut exec::Machine, *mut exec::Func, *mut exec::Instance, args: *mut u64) -> Result<(), TrapCode>;

/// A host function that runs.
struct HostFunction {
    func: *mut exec::Func,
    /// The instance that called it, or null.
    caller: *mut exec::Instance,
    /// Its frame.
    args: *mut u64,
    /// The end of the slots for frames during the call.
    noted: *mut u64,
    /// The host function outside of the code that called this one, or null.
    outer: *const HostFunction,
}

/// A function in a stack.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame {
    /// Twice the number of the instance, and 1 more for a host function, whose caller it is.
    place: u32,
    /// The function's index in its module, or the reference of a host function.
    func: u32,
}

/// The instance of a host function that the host called.
const NO_INSTANCE: u32 = u32::MAX >> 1;
/// Stands for the frames that are missing from a stack.
const OMITTED: Frame = Frame { place: NO_INSTANCE << 1, func: 0 };

impl Frame {
    /// # Safety
    /// The instance is null, or one of a store that keeps it in place.
    unsafe fn new(instance: *mut exec::Instance, func: u32, is_host: bool) -> Frame {
        // SAFETY: the caller guarantees the instance.
        let number = if instance.is_null() { NO_INSTANCE } else { unsafe { (*instance).embedder as u32 } };
        Frame { place: number << 1 | u32::from(is_host), func }
    }
}

/// The stacks that were noted. Each node is a frame inside of the frame of its parent.
#[derive(Default)]
struct Tree {
    /// Parents come before their children.
    nodes: Vec<StackNode>,
    /// The numbers of the nodes by their keys.
    index: StringMap,
    /// The number of frames in all stacks.
    frames: u64,
    samples: u64,
    lost: u64,
}

/// A stack of functions, as a node of a tree: the innermost function, and the stack outside of it.
pub struct StackNode {
    /// The parent, the place and the function.
    key: [u8; 12],
    depth: u32,
    samples: u64,
}

impl StackNode {
    fn key(parent: u32, frame: Frame) -> [u8; 12] {
        let mut key = [0; 12];
        for (bytes, part) in key.chunks_exact_mut(4).zip([parent, frame.place, frame.func]) {
            bytes.copy_from_slice(&part.to_le_bytes());
        }
        key
    }

    fn part(&self, at: usize) -> u32 {
        let bytes = self.key[4 * at..].first_chunk();
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    /// Returns the number of the node outside of this one. It is less than this node's number.
    pub fn parent(&self) -> Option<usize> {
        Some(self.part(0)).filter(|&parent| parent != ROOT).map(|parent| parent as usize)
    }

    /// Returns how many frames are outside of this one.
    pub fn depth(&self) -> usize {
        self.depth as usize
    }

    /// Returns how many samples found exactly this stack.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    fn frame(&self) -> Frame {
        Frame { place: self.part(1), func: self.part(2) }
    }
}

/// The parent of the outermost frames.
const ROOT: u32 = u32::MAX;

impl Tree {
    /// Returns the node of a frame, which is made if it is new. Returns `None` if there is no room for it.
    fn node(&mut self, parent: u32, depth: usize, frame: Frame) -> Option<u32> {
        let key = StackNode::key(parent, frame);
        let nodes = &self.nodes;
        if let Some(known) = self.index.get(&key, &|number| &nodes[number as usize].key) {
            return Some(known);
        }
        let number = nodes.len();
        if number >= MAX_NODES {
            return None;
        }
        self.nodes.try_room(1).ok()?;
        let nodes = &self.nodes;
        self.index.insert(&key, number as u32, &|number| &nodes[number as usize].key).ok()?;
        self.nodes.push(StackNode { key, depth: depth as u32, samples: 0 });
        Some(number as u32)
    }

    /// Counts samples of a stack.
    fn count(&mut self, innermost_first: &[Frame], samples: u64) {
        let mut node = ROOT;
        for (depth, &frame) in innermost_first.iter().rev().enumerate() {
            match self.node(node, depth, frame) {
                Some(found) => node = found,
                None => return self.lost += samples,
            }
        }
        let Some(found) = self.nodes.get_mut(node as usize) else { return };
        if found.samples == 0 {
            let frames = self.frames + innermost_first.len() as u64;
            if frames > MAX_FRAMES {
                return self.lost += samples;
            }
            self.frames = frames;
        }
        found.samples += samples;
        self.samples += samples;
    }
}

/// The frames of a stack, the innermost first.
#[derive(Default)]
struct Path(Vec<Frame>);

impl Path {
    /// Adds a frame, or a mark in place of all further ones. Returns whether there is room for another. The vector has
    /// room for one more than [`MAX_DEPTH`].
    fn add(&mut self, frame: Frame) -> bool {
        match self.0.len() {
            ..MAX_DEPTH => self.0.push(frame),
            MAX_DEPTH => self.0.push(OMITTED),
            _ => {}
        }
        self.0.len() <= MAX_DEPTH
    }

    fn add_wasm(&mut self, frame: exec::Frame) -> bool {
        // SAFETY: a walk of frames gives instances of the store, which keeps them in place.
        self.add(unsafe { Frame::new(frame.instance, frame.func, false) })
    }
}

impl HostFunction {
    /// Adds the frames of the activation that called the function.
    ///
    /// # Safety
    /// The function runs on this machine.
    unsafe fn callers(&self, machine: *mut exec::Machine, path: &mut Path) {
        // SAFETY: the caller guarantees a call that has not returned. Code that it calls uses the slots above. Its results
        // lie below the header.
        unsafe {
            let each = &mut |frame| path.add_wasm(frame);
            exec::caller_frames(machine, self.func, self.caller, self.args, self.noted, each);
        }
    }
}

/// The innermost frames of a stack that is noted.
enum Innermost<'a> {
    /// Those of an activation that has stopped.
    Stopped(&'a exec::Activation),
    /// Those of the code that calls this host function.
    CallerOf(&'a HostFunction),
    /// The host function that runs.
    Host,
}

/// Notes the stack as so many samples.
///
/// # Safety
/// No reference to the store exists. An activation has stopped in it, and nothing ran since; or a host function runs.
#[cold]
#[inline(never)]
unsafe fn note(mut root: NonNull<Store>, innermost: Innermost<'_>, samples: u64) {
    // SAFETY: the caller guarantees that no reference to the store exists. What was collected is taken out of it, since the
    // walk makes references to the store. The host functions in the list run, so the frames of their callers are
    // unchanged.
    unsafe {
        let Some(mut collected) = root.as_mut().samples.0.take() else { return };
        let machine = &raw mut (*root.as_ptr()).machine;
        let Collected { path, tree, host, .. } = &mut *collected;
        path.0.clear();
        // Room for all frames, so that nothing fails later.
        if path.0.try_room(MAX_DEPTH + 1).is_ok() {
            match innermost {
                Innermost::Stopped(activation) => activation.backtrace(machine, &mut |frame| path.add_wasm(frame)),
                Innermost::CallerOf(call) => call.callers(machine, path),
                Innermost::Host => {}
            }
            let mut next = *host;
            while let Some(call) = next.as_ref()
                && path.add(Frame::new(call.caller, (*call.func).reference, true))
            {
                call.callers(machine, path);
                next = call.outer;
            }
            tree.count(&path.0, samples);
        } else {
            tree.lost += samples;
        }
        root.as_mut().samples.0 = Some(collected);
    }
}

/// Notes the stack of an activation that stopped because a sample was asked for.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it. The activation is the one that stopped last on
/// its machine, and nothing ran since.
pub(crate) unsafe fn sample_stopped(root: NonNull<Store>, activation: &exec::Activation) {
    // SAFETY: the caller guarantees the same.
    unsafe {
        let ticks = take_ticks(root);
        if ticks > 0 {
            note(root, Innermost::Stopped(activation), ticks);
        }
    }
}

/// Returns the number of requests since the last sample.
///
/// # Safety
/// No mutable reference to the store exists.
unsafe fn take_ticks(root: NonNull<Store>) -> u64 {
    // SAFETY: the caller guarantees that the store can be read.
    let samples = unsafe { &root.as_ref().samples };
    // It is mostly 0, so it is read first.
    let ticks = samples.0.as_ref().map(|collected| &collected.ticks).filter(|ticks| ticks.load(Ordering::Relaxed) != 0);
    ticks.map_or(0, |ticks| ticks.swap(0, Ordering::Relaxed) as u64)
}

/// The hook for host calls of a store that is sampled. Requests that came before the call count for its caller. Those
/// that come during the call count for the host function.
///
/// # Safety
/// As for the hook `host`.
unsafe fn sampled(
    machine: *mut exec::Machine,
    func: *mut exec::Func,
    caller: *mut exec::Instance,
    args: *mut u64,
) -> Result<(), TrapCode> {
    // SAFETY: handlers call this with the machine that runs, so no other reference to the store exists. Each reference
    // to it ends before the next line. `call` stays in the list only while it is in scope.
    unsafe {
        let mut root = root(machine);
        let Some((host_hook, outer)) = root.as_ref().samples.0.as_ref().map(|it| (it.host_hook, it.host)) else {
            return hooks::host(machine, func, caller, args);
        };
        let call = HostFunction { func, caller, args, noted: (*machine).stack_end(), outer };
        let ticks = take_ticks(root);
        if ticks > 0 {
            note(root, Innermost::CallerOf(&call), ticks);
        }
        root.as_mut().samples.enter_host(&call);
        let outcome = host_hook(machine, func, caller, args);
        let ticks = take_ticks(root);
        if ticks > 0 {
            note(root, Innermost::Host, ticks);
        }
        root.as_mut().samples.enter_host(outer);
        outcome
    }
}

impl Samples {
    /// Sets the innermost running host function.
    fn enter_host(&mut self, host: *const HostFunction) {
        if let Some(collected) = &mut self.0 {
            collected.host = host;
        }
    }
}

impl Store {
    /// Begins to sample the code of this store, unless it is being sampled. Earlier requests are forgotten. No code of
    /// the store must run.
    ///
    /// # Errors
    /// Those of [`Store::interrupt_handle`].
    pub fn sample(&mut self) -> Result<Sampler, Error> {
        let shared = self.shared_interrupts()?.clone();
        let ticks = match &self.samples.0 {
            Some(collected) => collected.ticks.clone(),
            None => {
                let ticks = FallibleArc::try_new(AtomicUsize::new(0))?;
                let host_hook = self.machine.hooks.host;
                self.samples.0 = Some(try_box(Collected {
                    ticks: ticks.clone(),
                    host_hook,
                    host: ptr::null(),
                    path: Path::default(),
                    tree: Tree::default(),
                })?);
                self.machine.hooks.host = sampled;
                ticks
            }
        };
        ticks.store(0, Ordering::Relaxed);
        Ok(Sampler { shared, ticks })
    }

    /// Forgets all samples, and takes no more. No code of the store must run.
    pub fn stop_sampling(&mut self) {
        if let Some(collected) = self.samples.0.take() {
            self.machine.hooks.host = collected.host_hook;
        }
    }

    /// Returns the samples so far. `None` if the store is not sampled.
    pub fn profile(&self) -> Option<Profile<'_>> {
        let tree = &self.samples.0.as_ref()?.tree;
        Some(Profile { store: self, tree })
    }

    /// Sets the hook for host calls. Samples are taken nevertheless.
    #[cfg(feature = "replay")]
    pub(crate) fn set_host_hook(&mut self, hook: HostHook) {
        match &mut self.samples.0 {
            Some(collected) => collected.host_hook = hook,
            None => self.machine.hooks.host = hook,
        }
    }
}

impl<T> Caller<'_, T> {
    /// Notes the stack as one sample, if the store is sampled.
    pub fn note_sample(&mut self) {
        // SAFETY: the caller stands for a mutable borrow of the store, whose host function runs.
        unsafe { note(self.root(), Innermost::Host, 1) };
    }
}

/// The samples of a store.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    store: &'a Store,
    tree: &'a Tree,
}

/// A function in a profile.
#[derive(Clone, Copy)]
pub enum ProfiledFunction<'a> {
    /// A function of this module, with its index.
    Wasm(&'a Module, u32),
    /// A host function. If its caller imports it, the names of that import: those of the module and of the function.
    Host(Option<(&'a str, &'a str)>),
    /// The outer frames, of a stack with too many.
    Omitted,
}

impl<'a> Profile<'a> {
    /// Returns the stacks.
    pub fn nodes(&self) -> &'a [StackNode] {
        &self.tree.nodes
    }

    /// Returns how many samples were taken.
    pub fn samples(&self) -> u64 {
        self.tree.samples
    }

    /// Returns how many samples are missing, because there was no room for their stacks.
    pub fn lost(&self) -> u64 {
        self.tree.lost
    }

    /// Returns the innermost function of a stack.
    pub fn function(&self, node: &StackNode) -> ProfiledFunction<'a> {
        let frame = node.frame();
        if frame == OMITTED {
            return ProfiledFunction::Omitted;
        }
        let instance = (frame.place >> 1 != NO_INSTANCE).then(|| self.store.instance(frame.place >> 1));
        match instance {
            Some(instance) if frame.place & 1 == 0 => ProfiledFunction::Wasm(instance.module(), frame.func),
            instance => {
                let func = self.store.func(frame.func);
                let import = instance.zip(func).and_then(|(instance, func)| instance.import_of(func));
                ProfiledFunction::Host(import.map(|import| (&*import.module, &*import.name)))
            }
        }
    }
}
