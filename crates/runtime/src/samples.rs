//! Samples of the stack of a store's code, for profiles.
//!
//! ```text
//! Sampler ──> ticks, and the reason SAMPLE ──> StackLimit in the store's machine         any thread
//!               │
//! a call or loop that stopped, or a host call ──> note ──> Tree of stacks <── Profile     the store's thread
//! ```
//!
//! Nothing lists the host functions that run. A store that is sampled has another hook for host calls, which does. So other
//! stores pay nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::string_map::StringMap;

use crate::interrupt_handle::{SAMPLE, Shared};
use crate::shared::FallibleArc;

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
    pub(crate) shared: FallibleArc<Shared>,
    pub(crate) ticks: FallibleArc<AtomicUsize>,
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
pub(crate) struct Samples(pub(crate) Option<Box<Collected>>);

pub(crate) struct Collected {
    /// The requests since the last sample.
    pub(crate) ticks: FallibleArc<AtomicUsize>,
    /// The hook for host calls that the store has otherwise.
    pub(crate) host_hook: HostHook,
    /// What the running code was called from, or null.
    outer: *const Outer,
    /// The stack that is being noted.
    path: Path,
    pub(crate) tree: Tree,
}

pub(crate) type HostHook =
    unsafe fn(*mut exec::Machine, *mut exec::Func, *mut exec::Instance, args: *mut u64) -> Result<(), TrapCode>;

/// What code was called from that is not itself on the activation of that code.
pub(crate) struct Outer {
    kind: OuterKind,
    /// What this one was called from, or null.
    outer: Cell<*const Outer>,
}

impl Outer {
    pub(crate) fn new(kind: OuterKind) -> Outer {
        Outer { kind, outer: Cell::new(ptr::null()) }
    }
}

pub(crate) enum OuterKind {
    Host(HostFunction),
    /// A callback that is called while this activation is stopped.
    Stopped(*const exec::Activation),
}

/// A host function that runs.
pub(crate) struct HostFunction {
    pub(crate) func: *mut exec::Func,
    /// The instance that called it, or null.
    pub(crate) caller: *mut exec::Instance,
    /// Its frame.
    pub(crate) args: *mut u64,
    /// The entries of calls between instances during the call.
    pub(crate) noted: exec::NotedCalls,
}

/// A function in a stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
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
    /// Returns the number of the instance, if there is one, and whether the function is the host's. `None` stands for
    /// omitted frames.
    pub(crate) fn place(self) -> Option<(Option<u32>, bool)> {
        let instance = Some(self.place >> 1).filter(|&instance| instance != NO_INSTANCE);
        (self != OMITTED).then_some((instance, self.place & 1 != 0))
    }

    /// Returns the function's index in its module, or the reference of a host function.
    pub(crate) fn func(self) -> u32 {
        self.func
    }

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
pub(crate) struct Tree {
    /// Parents come before their children.
    pub(crate) nodes: Vec<StackNode>,
    /// The numbers of the nodes by their keys.
    index: StringMap,
    /// The number of frames in all stacks.
    frames: u64,
    pub(crate) samples: u64,
    pub(crate) lost: u64,
}

/// A stack of functions, as a node of a tree: the innermost function, and the stack outside of it.
pub struct StackNode {
    /// The parent, the place and the function.
    key: [u8; 12],
    depth: u32,
    samples: u64,
}

impl Collected {
    pub(crate) fn new(ticks: FallibleArc<AtomicUsize>, host_hook: HostHook) -> Collected {
        Collected { ticks, host_hook, outer: ptr::null(), path: Path::default(), tree: Tree::default() }
    }
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

    pub(crate) fn frame(&self) -> Frame {
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
pub(crate) struct Path(Vec<Frame>);

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
pub(crate) enum Innermost<'a> {
    /// Those of an activation that has stopped.
    Stopped(&'a exec::Activation),
    /// Those of the code that calls this host function.
    CallerOf(&'a HostFunction),
    /// The host function that runs.
    Host,
}

/// Notes the stack as so many samples, if the store is sampled.
///
/// # Safety
/// `samples` and `machine` are those of a store, to which no reference exists. An activation has stopped in it, and
/// nothing ran since; or a host function runs.
#[cold]
#[inline(never)]
pub(crate) unsafe fn note(samples: *mut Samples, machine: *mut exec::Machine, innermost: Innermost<'_>, count: u64) {
    // SAFETY: the caller guarantees that no reference to the store exists. What was collected is taken out of it, since the
    // walk makes references to the store. The host functions and callbacks in the list run, so the frames of their callers
    // are unchanged.
    unsafe {
        let Some(mut collected) = (*samples).0.take() else { return };
        let Collected { path, tree, outer, .. } = &mut *collected;
        path.0.clear();
        // Room for all frames, so that nothing fails later.
        if path.0.try_room(MAX_DEPTH + 1).is_ok() {
            match innermost {
                Innermost::Stopped(activation) => activation.backtrace(machine, &mut |frame| path.add_wasm(frame)),
                Innermost::CallerOf(call) => call.callers(machine, path),
                Innermost::Host => {}
            }
            let mut next = *outer;
            while let Some(outer) = next.as_ref() {
                match &outer.kind {
                    OuterKind::Host(call) => {
                        if path.add(Frame::new(call.caller, (*call.func).reference, true)) {
                            call.callers(machine, path);
                        }
                    }
                    OuterKind::Stopped(activation) => {
                        (**activation).backtrace(machine, &mut |frame| path.add_wasm(frame));
                    }
                }
                next = outer.outer.get();
            }
            tree.count(&path.0, count);
        } else {
            tree.lost += count;
        }
        (*samples).0 = Some(collected);
    }
}

/// Notes the stack of an activation that stopped, if a sample was asked for.
///
/// # Safety
/// As for [`note`]. The activation is the one that stopped last on the machine.
pub(crate) unsafe fn sample_stopped(samples: *mut Samples, machine: *mut exec::Machine, activation: &exec::Activation) {
    // SAFETY: the caller guarantees the same.
    unsafe {
        let ticks = take_ticks(samples);
        if ticks > 0 {
            note(samples, machine, Innermost::Stopped(activation), ticks);
        }
    }
}

/// Returns the number of requests since the last sample.
///
/// # Safety
/// `samples` is that of a store, to which no mutable reference exists.
pub(crate) unsafe fn take_ticks(samples: *const Samples) -> u64 {
    // SAFETY: the caller guarantees that the store can be read.
    let collected = unsafe { &(*samples).0 };
    // It is mostly 0, so it is read first.
    let ticks = collected.as_ref().map(|it| &it.ticks).filter(|ticks| ticks.load(Ordering::Relaxed) != 0);
    ticks.map_or(0, |ticks| ticks.swap(0, Ordering::Relaxed) as u64)
}

/// Calls a callback while this activation is stopped.
///
/// # Safety
/// `samples` is that of a store, to which no reference exists. The activation stays stopped until this returns.
pub(crate) unsafe fn inside_stopped<R>(
    samples: *mut Samples,
    activation: *const exec::Activation,
    callback: impl FnOnce() -> R,
) -> R {
    let inside = Outer::new(OuterKind::Stopped(activation));
    // SAFETY: the caller guarantees the store, also when the callback returns. `inside` outlives what refers to it.
    let _entered = unsafe { Entered::new(samples, &inside) };
    callback()
}

/// Has something in the list of what the running code was called from. Dropping it takes that out, also when a panic
/// unwinds.
pub(crate) struct Entered(*mut Samples);

impl Entered {
    /// # Safety
    /// `samples` is that of a store, to which no reference exists, nor when this is dropped. `inside` is in no list, and
    /// lives longer than this.
    pub(crate) unsafe fn new(samples: *mut Samples, inside: &Outer) -> Entered {
        // SAFETY: the caller guarantees the store.
        if let Some(collected) = unsafe { &mut (*samples).0 } {
            inside.outer.set(collected.outer);
            collected.outer = inside;
        }
        Entered(samples)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: the caller of `new` guarantees the store. What was entered later has been dropped, so the list begins
        // with `inside`, which is still there.
        unsafe {
            if let Some(collected) = &mut (*self.0).0
                && let Some(inside) = collected.outer.as_ref()
            {
                collected.outer = inside.outer.get();
            }
        }
    }
}
