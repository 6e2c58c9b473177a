//! Memories.

use wasmote::{Config, Engine, Error, Instance, Memory, MemoryType, MemoryTypeBuilder, Store};

use crate::{instance, module};

const MEMORY: MemoryType = MemoryType::new(1, Some(3));

#[test]
fn grow_past_maximum_leaves_memory_unchanged() {
    let mut store = Store::new(&Engine::default(), ());
    let memory = Memory::new(&mut store, MEMORY).unwrap();
    assert_eq!(memory.grow(&mut store, 2).unwrap(), 1);
    assert!(memory.grow(&mut store, 1).is_err());
    assert!(memory.grow(&mut store, u64::MAX).is_err());
    assert_eq!((memory.size(&store), memory.data(&store).len()), (3, 3 << 16));
    assert_eq!(memory.grow(&mut store, 0).unwrap(), 3);
    assert_eq!(memory.ty(&store), MEMORY);
}

#[test]
fn reads_and_writes_are_checked() {
    let mut store = Store::new(&Engine::default(), ());
    let memory = Memory::new(&mut store, MEMORY).unwrap();
    memory.write(&mut store, 65533, b"abc").unwrap();
    assert!(memory.write(&mut store, 65534, b"xyz").is_err());
    assert!(memory.write(&mut store, usize::MAX, b"x").is_err());
    let mut buffer = [0; 3];
    memory.read(&store, 65533, &mut buffer).unwrap();
    assert_eq!(&buffer, b"abc");
    assert!(memory.read(&store, 65534, &mut buffer).is_err());
    memory.read(&store, 65536, &mut []).unwrap();
    assert!(memory.read(&store, 65537, &mut []).is_err());
}

#[test]
fn wasm_and_host_see_the_same_bytes_while_it_grows() {
    let (mut store, instance) = instance(
        r#"(module (memory (export "memory") 0)
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#,
    );
    let memory = instance.get_memory(&store, "memory").unwrap();
    let grow = instance.get_typed_func::<u32, i32>(&store, "grow").unwrap();
    let load = instance.get_typed_func::<u32, u32>(&store, "load").unwrap();
    let put = instance.get_typed_func::<(u32, u32), ()>(&store, "store").unwrap();
    assert!(load.call(&mut store, 0).is_err());
    for pages in 0..40u32 {
        assert_eq!(grow.call(&mut store, 1).unwrap(), pages as i32);
        let last = (pages + 1) * 65536 - 1;
        put.call(&mut store, (last, pages + 1)).unwrap();
        assert!(put.call(&mut store, (last + 1, 1)).is_err());
    }
    for page in 1..=40u32 {
        assert_eq!(memory.data(&store)[page as usize * 65536 - 1], page as u8);
        memory.data_mut(&mut store)[page as usize * 65536 - 2] = 100 + page as u8;
        assert_eq!(load.call(&mut store, page * 65536 - 2).unwrap(), 100 + page);
    }
}

#[test]
fn a_memory_can_have_all_of_its_4_gib() {
    let (mut store, instance) = instance(
        r#"(module (memory 1 65536)
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "touch") (param i32) (result i32)
                (i32.store8 (local.get 0) (i32.const 42)) (i32.load8_u (local.get 0))))"#,
    );
    let grow = instance.get_typed_func::<u32, i32>(&store, "grow").unwrap();
    let touch = instance.get_typed_func::<u32, u32>(&store, "touch").unwrap();
    assert_eq!(grow.call(&mut store, 65536).unwrap(), -1);
    // Hosts may lack the memory, but growth is all or nothing.
    let grown = grow.call(&mut store, 65535).unwrap();
    assert_eq!(touch.call(&mut store, u32::MAX).is_ok(), grown == 1);
    assert_eq!(touch.call(&mut store, 65535).unwrap(), 42);
}

#[test]
fn pages_can_be_small() {
    let (mut store, instance) = instance(
        r#"(module (memory (export "memory") 5 100000 (pagesize 1))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#,
    );
    let memory = instance.get_memory(&store, "memory").unwrap();
    let grow = instance.get_typed_func::<u32, i32>(&store, "grow").unwrap();
    let load = instance.get_typed_func::<u32, u32>(&store, "load").unwrap();
    assert_eq!(memory.data(&store).len(), 5);
    assert_eq!(load.call(&mut store, 4).unwrap(), 0);
    assert!(load.call(&mut store, 5).is_err());
    assert_eq!(grow.call(&mut store, 99_995).unwrap(), 5);
    assert_eq!(load.call(&mut store, 99_999).unwrap(), 0);
    assert!(load.call(&mut store, 100_000).is_err());
    assert_eq!(grow.call(&mut store, 1).unwrap(), -1);
}

#[test]
fn a_minimum_that_cannot_be_had_is_an_error() {
    let mut store = Store::new(&Engine::default(), ());
    let huge = MemoryType::new64(1 << 46, None);
    assert!(Memory::new(&mut store, huge).is_err());
    let invalid = [
        MemoryType::new(65537, None),
        MemoryType::new(4, Some(3)),
        MemoryType::new64(u64::MAX, None),
        MemoryType::shared(1, 3),
    ];
    for ty in invalid {
        assert!(Memory::new(&mut store, ty).is_err(), "{ty:?}");
    }
}

#[test]
fn memory_types_that_are_not_valid_are_not_built() {
    let mut builder = MemoryType::builder();
    assert_eq!(builder.build().unwrap(), MemoryType::new(0, None));
    let ty = builder.memory64(true).min(1).max(Some(100)).page_size_log2(0).shared(true).build().unwrap();
    assert_eq!((ty.minimum(), ty.maximum(), ty.page_size(), ty.page_size_log2()), (1, Some(100), 1, 0));
    assert_eq!((ty.is_64(), ty.is_shared()), (true, true));
    type Set = fn(&mut MemoryTypeBuilder) -> &mut MemoryTypeBuilder;
    let invalid: [Set; 8] = [
        |it| it.page_size_log2(17),
        |it| it.page_size_log2(64),
        |it| it.min(2).max(Some(1)),
        |it| it.shared(true),
        |it| it.min(65537),
        |it| it.max(Some(65537)),
        |it| it.memory64(true).min((1 << 48) + 1),
        |it| it.page_size_log2(0).min(1 << 32),
    ];
    for (i, set) in invalid.into_iter().enumerate() {
        assert!(set(&mut MemoryType::builder()).build().is_err(), "{i}");
    }
    let valid: [Set; 4] = [
        |it| it.min(65536).max(Some(65536)),
        |it| it.page_size_log2(0).min((1 << 32) - 1),
        |it| it.memory64(true).min(1 << 48),
        |it| it.memory64(true).page_size_log2(0).min(u64::MAX),
    ];
    for (i, set) in valid.into_iter().enumerate() {
        assert!(set(&mut MemoryType::builder()).build().is_ok(), "{i}");
    }
    // In functions that return an error of this crate.
    let built = || -> Result<MemoryType, Error> { Ok(MemoryType::builder().min(1).max(Some(0)).build()?) };
    assert_eq!(built().unwrap_err().to_string(), "the memory type is not valid");
}

#[test]
fn the_configuration_limits_memories() {
    let mut config = Config::new();
    config.max_memory(100_000);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, ());
    let two = MemoryType::new(2, None);
    assert!(Memory::new(&mut store, two).is_err());
    let text = r#"(module (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    let instance = Instance::new(&mut store, &module(&engine, text), &[]).unwrap();
    let grow = instance.get_typed_func::<(), i32>(&store, "grow").unwrap();
    assert_eq!(grow.call(&mut store, ()).unwrap(), -1);
}

#[test]
fn a_memory64_grows_beyond_what_was_reserved_for_it() {
    let mut store = Store::new(&Engine::default(), ());
    let ty = MemoryType::builder().memory64(true).min(1).page_size_log2(0).build().unwrap();
    let memory = Memory::new(&mut store, ty).unwrap();
    assert!(memory.grow(&mut store, u64::MAX).is_err());
    assert!(memory.grow(&mut store, u64::MAX - 1).is_err());
    memory.write(&mut store, 0, b"x").unwrap();
    assert_eq!(memory.grow(&mut store, 70_000).unwrap(), 1);
    assert_eq!(memory.data(&store)[0], b'x');
    assert_eq!(memory.data(&store).len(), 70_001);
}
