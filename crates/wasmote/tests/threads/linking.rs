//! Shared memories as imports and exports. No atomic operator runs.

use std::thread;

use wasmote::{
    Engine, Extern, ExternType, Instance, Linker, Memory, MemoryType, Module, SharedMemory, Store, StoreLimitsBuilder,
};

use crate::host::{TYPE, built};

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, wat::parse_str(text).unwrap()).unwrap()
}

const IMPORTS: &str = r#"(module (import "host" "memory" (memory 1 4 shared)) (export "memory" (memory 0))
    (func (export "get") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "set") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "size") (result i32) (memory.size))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

#[test]
fn imports_match_by_type() {
    let engine = Engine::default();
    let module = module(&engine, IMPORTS);
    let cases = [
        (TYPE, true),
        (MemoryType::shared(1, 3), true),
        (MemoryType::shared(2, 4), true),
        (MemoryType::shared(1, 5), false),
        (MemoryType::shared(0, 4), false),
        (built(|it| it.memory64(true).min(1).max(Some(4))), false),
        (built(|it| it.min(1 << 16).max(Some(4 << 16)).page_size_log2(0)), false),
    ];
    for (ty, fits) in cases {
        let memory = SharedMemory::new(&engine, ty).unwrap();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.define("host", "memory", memory.clone()).unwrap();
        assert_eq!(linker.instantiate(&mut store, &module).is_ok(), fits, "{ty:?}");
        assert_eq!(Instance::new(&mut store, &module, &[memory.into()]).is_ok(), fits, "{ty:?}");
    }
    let mut store = Store::new(&engine, ());
    let own = Memory::new(&mut store, MemoryType::new(1, Some(4))).unwrap();
    let error = Instance::new(&mut store, &module, &[own.into()]).unwrap_err();
    assert!(error.to_string().contains("shared"), "{error}");
    let shared = SharedMemory::new(&engine, TYPE).unwrap();
    let unshared = crate::linking::module(&engine, r#"(module (import "host" "memory" (memory 1 4)))"#);
    assert!(Instance::new(&mut store, &unshared, &[shared.clone().into()]).is_err());
    let function = crate::linking::module(&engine, r#"(module (import "host" "memory" (func)))"#);
    assert!(Instance::new(&mut store, &function, &[shared.into()]).is_err());
}

#[test]
fn exports_are_shared_memories_and_never_memories() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = module(&engine, r#"(module (memory (export "memory") 1 2 shared) (data (i32.const 65533) "abc"))"#);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert!(instance.get_memory(&store, "memory").is_none());
    let memory = instance.get_shared_memory(&store, "memory").unwrap();
    let mut bytes = [0; 3];
    memory.read(65533, &mut bytes).unwrap();
    assert_eq!(&bytes, b"abc");
    let Some(Extern::SharedMemory(again)) = instance.get_export(&store, "memory") else { panic!("it is shared") };
    assert!(SharedMemory::same(&memory, &again));
    memory.grow(1).unwrap();
    let ExternType::Memory(ty) = Extern::from(memory.clone()).ty(&store) else { panic!("it is a memory") };
    assert_eq!((ty.minimum(), ty.is_shared()), (2, true));
    drop(store);
    memory.write(1 << 16, b"outlives the store").unwrap();
}

#[test]
fn data_that_does_not_fit_traps_and_later_stores_see_earlier_data() {
    let engine = Engine::default();
    let memory = SharedMemory::new(&engine, TYPE).unwrap();
    let text = r#"(module (import "host" "memory" (memory 1 4 shared))
        (data (i32.const 8) "first") (data (i32.const 65534) "abc"))"#;
    let module = module(&engine, text);
    let error = Instance::new(&mut Store::new(&engine, ()), &module, &[memory.clone().into()]).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(wasmote::TrapCode::MemoryOutOfBounds));
    let mut bytes = [0; 5];
    memory.read(8, &mut bytes).unwrap();
    assert_eq!(&bytes, b"first");
}

#[test]
fn stores_on_threads_share_bytes_and_growth() {
    let engine = Engine::default();
    let (memory, module) = (SharedMemory::new(&engine, TYPE).unwrap(), module(&engine, IMPORTS));
    let mut linker = Linker::new(&engine);
    linker.define("host", "memory", memory.clone()).unwrap();
    thread::scope(|scope| {
        for i in 0..3 {
            let (linker, module) = (&linker, &module);
            scope.spawn(move || {
                let mut store = Store::new(module.engine(), ());
                let instance = linker.instantiate(&mut store, module).unwrap();
                let set = instance.get_typed_func::<(i32, i32), ()>(&store, "set").unwrap();
                set.call(&mut store, (4 * i, 10 + i)).unwrap();
                let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
                assert!(grow.call(&mut store, 1).unwrap() > 0);
                // The store and its instance end, the memory does not.
            });
        }
    });
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let get = instance.get_typed_func::<i32, i32>(&store, "get").unwrap();
    let values = [0, 1, 2].map(|i| get.call(&mut store, 4 * i).unwrap());
    assert_eq!(values, [10, 11, 12]);
    let size = instance.get_typed_func::<(), i32>(&store, "size").unwrap();
    assert_eq!(size.call(&mut store, ()).unwrap(), 4);
    let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
    assert_eq!(grow.call(&mut store, 1).unwrap(), -1);
    assert_eq!(get.call(&mut store, (4 << 16) - 4).unwrap(), 0);
    assert!(get.call(&mut store, (4 << 16) - 3).is_err());
}

#[test]
fn a_limiter_permits_growth_by_what_all_stores_grew() {
    let engine = Engine::default();
    let module = module(&engine, IMPORTS);
    let memory = SharedMemory::new(&engine, TYPE).unwrap();
    let stores: [_; 2] = core::array::from_fn(|_| {
        let limits = StoreLimitsBuilder::new().memory_size(3 << 16).build();
        let mut store = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).unwrap();
        let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
        (store, grow)
    });
    let [(mut one, grow_one), (mut two, grow_two)] = stores;
    assert_eq!(grow_one.call(&mut one, 1).unwrap(), 1);
    assert_eq!(grow_two.call(&mut two, 1).unwrap(), 2);
    assert_eq!(grow_one.call(&mut one, 1).unwrap(), -1);
    assert_eq!(grow_two.call(&mut two, 1).unwrap(), -1);
    assert_eq!(memory.size(), 3);
    // Creation is permitted by the store that creates.
    let limits = StoreLimitsBuilder::new().memory_size(1 << 16).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let creates = crate::linking::module(&engine, "(module (memory 2 3 shared))");
    assert!(Instance::new(&mut store, &creates, &[]).is_err());
}

#[test]
fn another_engine_is_refused() {
    let engine = Engine::default();
    let module = module(&engine, IMPORTS);
    let memory = SharedMemory::new(&Engine::default(), TYPE).unwrap();
    let error = Instance::new(&mut Store::new(&engine, ()), &module, &[memory.into()]).unwrap_err();
    assert!(error.to_string().contains("different engines"), "{error}");
}
