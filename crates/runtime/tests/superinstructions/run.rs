//! Links and runs the code of one function with records of its own.

use std::ptr;

use wasmote_exec::{Activation, Cell, CodeLinker, Entry, Func, Hooks, Instance, Machine, Memory, Table, UnlinkedFunc};
use wasmote_ir::TrapCode;
use wasmote_test_support::Random;

use crate::value;

/// The frame: two slots for results, the header, and from `FIRST` on the slots for operands.
pub const FIRST: usize = 4;
pub const SLOTS: usize = 24;
pub const HEADER: usize = 2;
const FRAME: usize = 40;
/// Bytes of the memory.
pub const MEMORY: usize = 4096;
/// The function's type, by the engine's numbers.
const TYPE: u32 = 7;

/// How linked code stays inside memory 0.
#[derive(Clone, Copy, PartialEq)]
pub enum Bounds {
    Checked,
    #[cfg(guarded)]
    Guarded,
}

/// The kinds of bounds that this build has. Superinstructions use the last one.
pub const BOUNDS: &[Bounds] = &[
    Bounds::Checked,
    #[cfg(guarded)]
    Bounds::Guarded,
];

/// The state after a run.
#[derive(PartialEq, Debug)]
pub struct Outcome {
    pub result: Result<(), TrapCode>,
    /// The unit of a trap.
    pub trapped: Option<u32>,
    frame: Vec<u64>,
    memory: Vec<u64>,
    global: u64,
}

unsafe fn no_translation(_: *mut Machine, _: *mut Func) -> Result<(), TrapCode> {
    unreachable!("all is linked")
}
unsafe fn no_host(_: *mut Machine, _: *mut Func, _: *mut Instance, _: *mut u64) -> Result<(), TrapCode> {
    unreachable!("nothing is imported")
}
unsafe fn no_memory(_: *mut Machine, _: *mut Memory, _: u64) -> Option<u64> {
    None
}
unsafe fn no_table(_: *mut Machine, _: *mut Table, _: u64, _: u32) -> Option<u64> {
    None
}

/// There is no other code.
unsafe fn locate(_: *mut Machine, instance: *mut Instance, _: *const Cell) -> *const Cell {
    // SAFETY: the instance has one function record, which lives as long as the instance.
    unsafe { (*(*instance).funcs).entry.code() }
}
unsafe fn no_room(_: *mut Machine, _: usize, _: *mut u64) -> bool {
    false
}
unsafe fn no_exception(_: *mut Machine, _: u32, _: *const u64, _: usize, _: *mut u64) -> Option<u32> {
    None
}
/// No memory is shared.
#[cfg(feature = "threads")]
unsafe fn no_wait(_: *mut Machine, _: *mut Memory, _: u64, _: u64, _: u32, _: i64) -> Result<u32, TrapCode> {
    Err(TrapCode::ExpectedSharedMemory)
}
#[cfg(feature = "threads")]
unsafe fn no_notification(_: *mut Machine, _: *mut Memory, _: u64, _: u32) -> u32 {
    0
}

/// A memory followed by inaccessible pages, shared by all runs.
#[cfg(guarded)]
mod guarded {
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

    use wasmote_decode::MemoryType;
    use wasmote_exec::guard::RESERVED;
    use wasmote_runtime::{Engine, Settings, StoreWithData};

    use super::MEMORY;

    /// Bytes in front of the memory's base, so that the memory ends at a page's end for every page size.
    const FRONT: usize = (64 << 10) - MEMORY;

    /// The memory's base.
    pub struct Base(pub *mut u8);
    // SAFETY: the mapping is never unmapped, and the mutex gives the base to one thread at a time.
    unsafe impl Send for Base {}

    /// Returns exclusive access to the memory.
    pub fn memory() -> MutexGuard<'static, Base> {
        static MEMORY_BASE: OnceLock<Mutex<Base>> = OnceLock::new();
        let base = MEMORY_BASE.get_or_init(|| {
            // The first guarded memory of a process installs the signal handler, which turns faults into traps whoever
            // mapped the memory.
            let mut store = StoreWithData::try_new(&Engine::new(&Settings::default()), ()).unwrap();
            let ty = MemoryType::new(1, None);
            store.borrow_mut().store().add_memory(ty).unwrap();
            // SAFETY: the mapping is new, and the pages made accessible belong to it.
            unsafe {
                let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
                let all = libc::mmap(std::ptr::null_mut(), FRONT + RESERVED, libc::PROT_NONE, kind, -1, 0);
                assert_ne!(all, libc::MAP_FAILED);
                assert_eq!(libc::mprotect(all, FRONT + MEMORY, libc::PROT_READ | libc::PROT_WRITE), 0);
                Mutex::new(Base(all.cast::<u8>().add(FRONT)))
            }
        });
        base.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Links the code and runs it as function 0. Calls in it lead to itself, and end at the stack's limit. Returns the
/// state afterwards, and the number of cells.
pub fn run(code: &[u16], seed: u64, bounds: Bounds) -> (Outcome, usize) {
    let mut random = Random::new(!seed);
    // SAFETY: `wasmote_simd::handler` returns the handlers of these opcodes for this machine.
    let mut linker = unsafe { CodeLinker::new(&[]).with_vectors(wasmote_simd::handler) };
    let mut cells: Vec<Cell> = Vec::new();
    let source = source(code, bounds);
    let start = linker.link(&source, &[TYPE], &mut cells).unwrap();
    let mut memory: Vec<u64> = (0..=MEMORY / 8).map(|_| value(&mut random)).collect();
    memory[0] = MEMORY as u64;
    let mut stack: Vec<u64> = (0..FRAME * 3).map(|_| value(&mut random)).collect();
    let mut global = value(&mut random);
    let hooks = Hooks {
        translate: no_translation,
        host: no_host,
        memory_grow: no_memory,
        table_grow: no_table,
        locate,
        make_room: no_room,
        #[cfg(feature = "stack-switching")]
        stack_room: no_room,
        #[cfg(feature = "stack-switching")]
        grow_stack: wasmote_exec::grow_stack,
        #[cfg(feature = "stack-switching")]
        perform: wasmote_exec::perform,
        exception: no_exception,
        #[cfg(feature = "threads")]
        atomic_wait: no_wait,
        #[cfg(feature = "threads")]
        atomic_notify: no_notification,
    };
    let mut machine = Box::new(Machine::new(stack.as_mut_ptr(), stack.len(), hooks));
    // SAFETY: the length is the first word of `memory`, and the memory follows.
    let base = unsafe { memory.as_mut_ptr().add(1) }.cast::<u8>();
    #[cfg(guarded)]
    let guarded = (bounds == Bounds::Guarded).then(guarded::memory);
    #[cfg(guarded)]
    let base = match &guarded {
        Some(guarded) => {
            let base = guarded.0;
            // SAFETY: the mapping has the length in front of the base, and the guard gives exclusive access.
            unsafe { memory.as_ptr().copy_to(base.cast::<u64>().sub(1), memory.len()) };
            base
        }
        None => base,
    };
    let mut first_memory = Memory { base, page_log2: 16, memory64: false, shared: false, max_pages: 1, embedder: 0 };
    let mut table =
        Table { elems: ptr::null_mut(), len: 0, max: 0, table64: false, written: ptr::null_mut(), embedder: 0 };
    let (globals, memories, tables) = ([&raw mut global], [&raw mut first_memory], [&raw mut table]);
    let mut func = Func {
        // SAFETY: the linker reported `start` cells in front of the code.
        entry: unsafe { Entry::of(cells.as_mut_ptr().add(start)) },
        frame_slots: FRAME as u32,
        header: HEADER as u16,
        params: 0,
        instance: ptr::null_mut(),
        type_id: TYPE,
        reference: 1,
    };
    let mut instance = Instance {
        machine: &raw mut *machine,
        funcs: &raw mut func,
        imports: ptr::null(),
        globals: globals.as_ptr(),
        memories: memories.as_ptr(),
        tables: tables.as_ptr(),
        data: ptr::null_mut(),
        elems: ptr::null_mut(),
        tags: ptr::null(),
        first_reference: 1,
        imported_funcs: 0,
        defined_funcs: 1,
        embedder: 0,
    };
    func.instance = &raw mut instance;
    // SAFETY: the records are initialised; operands are slots of the frame, and targets are instructions.
    let (result, trapped) = unsafe {
        let mut activation = Activation::start(&raw mut *machine, &raw mut func, &[]).expect("there is room");
        let result = activation.run(&raw mut *machine).returned();
        let mut trapped = None;
        activation.backtrace(&raw mut *machine, &mut |frame| {
            trapped = Some(frame.cell);
            false
        });
        (result, trapped.filter(|_| result.is_err()))
    };
    let trapped = trapped.map(|cell| linker.unit_at(&source, cell).unwrap());
    #[cfg(guarded)]
    if guarded.is_some() {
        // SAFETY: as for the copy before the run.
        unsafe { memory.as_mut_ptr().copy_from(base.cast::<u64>().sub(1), memory.len()) };
    }
    // Addresses in headers differ between runs.
    for frame in stack.chunks_mut(FIRST + SLOTS) {
        frame[HEADER..][..2].fill(0);
    }
    (Outcome { result, trapped, frame: stack, memory: memory[1..].to_vec(), global }, cells.len())
}

/// Returns the code as function 0.
fn source(code: &[u16], bounds: Bounds) -> UnlinkedFunc<'_> {
    let _ = bounds;
    UnlinkedFunc {
        code,
        header: HEADER as u16,
        frame_slots: FRAME as u32,
        callees: (&[0], &[HEADER as u16]),
        #[cfg(guarded)]
        guarded: bounds == Bounds::Guarded,
        ..UnlinkedFunc::EMPTY
    }
}
