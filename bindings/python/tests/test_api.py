"""Each class does what it says."""

import gc
import pickle
from pathlib import Path

import pytest

import wasmote
from wasmote import (
    Config,
    Engine,
    ExportType,
    Func,
    FuncType,
    Global,
    GlobalType,
    ImportType,
    Instance,
    Limits,
    Linker,
    Memory,
    MemoryType,
    Module,
    SharedMemory,
    Store,
    Table,
    TableType,
    Tag,
    TagType,
    Trap,
    TrapCode,
    Val,
    ValType,
    WasmoteError,
    wat2wasm,
)

I32 = ValType.i32()
VECTOR = bytes(range(16))


def identity(load, ty: str):
    return load(f'(module (func (export "f") (param {ty}) (result {ty}) local.get 0))')["f"]


@pytest.mark.parametrize(
    ("ty", "given", "got"),
    [
        ("i32", -(2**31), -(2**31)),
        ("i32", 2**32 - 1, -1),
        ("i32", True, 1),
        ("i64", 2**63 - 1, 2**63 - 1),
        ("i64", 2**64 - 1, -1),
        ("i64", -(2**63), -(2**63)),
        ("f32", 1.5, 1.5),
        ("f32", 3, 3.0),
        ("f64", 0.1, 0.1),
        ("v128", VECTOR, VECTOR),
        ("v128", int.from_bytes(VECTOR, "little"), VECTOR),
        ("externref", None, None),
        ("externref", [1], [1]),
        ("funcref", None, None),
        ("anyref", None, None),
    ],
)
def test_values_pass_through(load, store, ty, given, got):
    result = identity(load, ty)(store, given)
    assert result == got and type(result) is type(got)


@pytest.mark.parametrize(
    ("ty", "given", "error"),
    [
        ("i32", 2**32, OverflowError),
        ("i32", -(2**31) - 1, OverflowError),
        ("i32", 2**80, OverflowError),
        ("i64", 2**64, OverflowError),
        ("i32", 1.0, TypeError),
        ("i64", "1", TypeError),
        ("f64", "1", TypeError),
        ("v128", b"short", ValueError),
        ("v128", 2**128, OverflowError),
        ("v128", -1, OverflowError),
        ("v128", 1.0, TypeError),
        ("funcref", 1, TypeError),
        ("anyref", object(), TypeError),
    ],
)
def test_other_values_are_refused(load, store, ty, given, error):
    with pytest.raises(error):
        identity(load, ty)(store, given)


def test_externrefs_are_the_same_objects(load, store):
    value = object()
    assert identity(load, "externref")(store, value) is value


def test_funcrefs_are_equal(load, store):
    f = identity(load, "funcref")
    assert f(store, f) == f and hash(f(store, f)) == hash(f)
    assert f(store, f) != identity(load, "funcref")


def test_values_with_a_type(load, store):
    add = load('(module (func (export "f") (param i64 f64) (result f64) (f64.add (f64.convert_i64_s (local.get 0)) (local.get 1))))')
    assert add["f"](store, Val.i64(2), Val.f64(0.5)) == 2.5
    value = object()
    assert identity(load, "externref")(store, Val.externref(value)) is value
    assert identity(load, "externref")(store, Val.externref(None)) is None
    glob = Global(store, GlobalType(I32, True), Val.i32(4))
    assert glob.value(store) == 4
    for ty, wrong in [("i32", Val.i64(1)), ("externref", Val.i32(1)), ("funcref", Val.i32(1)), ("i32", Val.i32("x"))]:
        with pytest.raises(TypeError):
            identity(load, ty)(store, wrong)


def test_objects_of_the_guest_are_opaque(load, store):
    exports = load(
        """(module
          (type $point (struct (field i32)))
          (func (export "make") (param i32) (result anyref) (struct.new $point (local.get 0)))
          (func (export "x") (param anyref) (result i32) (struct.get $point 0 (ref.cast (ref $point) (local.get 0))))
          (func (export "extern") (param anyref) (result externref) (extern.convert_any (local.get 0)))
          (func (export "any") (param externref) (result anyref) (any.convert_extern (local.get 0))))"""
    )
    point = exports["make"](store, 7)
    assert isinstance(point, wasmote.Ref)
    store.gc()
    assert exports["x"](store, point) == 7
    converted = exports["extern"](store, point)
    assert isinstance(converted, wasmote.Ref)
    assert exports["x"](store, exports["any"](store, converted)) == 7
    value = object()
    with pytest.raises(Trap) as caught:
        exports["x"](store, exports["any"](store, value))
    assert caught.value.trap_code == TrapCode.CAST_FAILURE


def test_results(load, store):
    exports = load(
        """(module
          (func (export "none"))
          (func (export "two") (result i32 i64) i32.const 1 i64.const 2))"""
    )
    assert exports["none"](store) is None
    assert exports["two"](store) == [1, 2]


def test_wrong_numbers_of_arguments(load, store):
    f = identity(load, "i32")
    for args in [(), (1, 2)]:
        with pytest.raises(TypeError, match="takes 1 arguments"):
            f(store, *args)
    with pytest.raises(TypeError):
        f()
    with pytest.raises(TypeError, match="expected a Store or a Caller"):
        f(1, 1)


def test_exports_are_a_mapping(load):
    exports = load('(module (func (export "b")) (memory (export "a") 1))')
    assert list(exports) == ["b", "a"] and len(exports) == 2 and "a" in exports
    assert isinstance(exports.by_index[0], Func) and isinstance(exports["a"], Memory)
    assert exports.get("c") is None
    with pytest.raises(KeyError):
        exports["c"]


def test_types_of_imports_and_exports(engine):
    module = Module(
        engine,
        """(module $named
          (import "m" "f" (func (param i32 externref) (result f64)))
          (import "m" "t" (table 1 2 funcref))
          (memory (export "mem") 1 4)
          (global (export "g") (mut v128) (v128.const i64x2 0 0))
          (tag (export "tag") (param i32)))""",
    )
    assert module.name == "named"
    func = FuncType([I32, ValType.externref()], [ValType.f64()])
    assert module.imports == [
        ImportType("m", "f", func),
        ImportType("m", "t", TableType(ValType.funcref(), Limits(1, 2))),
    ]
    memory, glob, tag = module.exports
    assert memory == ExportType("mem", MemoryType(Limits(1, 4)))
    assert glob.type == GlobalType(ValType.v128(), True)
    assert tag.type.functype == FuncType([I32], [])
    assert str(I32) == "i32" and repr(func) == "FuncType([ValType(i32), ValType(externref)], [ValType(f64)])"
    assert hash(func) == hash(FuncType([I32, ValType.externref()], [ValType.f64()]))


def test_modules_are_loaded_from_anything(engine, tmp_path):
    text = '(module (func (export "f")))'
    binary = wat2wasm(text)
    assert binary[:4] == b"\0asm" and wat2wasm(text.encode()) == binary
    for wasm in [text, text.encode(), bytes(binary), binary, memoryview(binary)]:
        assert Module(engine, wasm).exports[0].name == "f"
    path = tmp_path / "module.wasm"
    path.write_bytes(binary)
    assert Module.from_file(engine, path).exports[0].name == "f"
    assert Module.from_file(engine, str(path)).exports[0].name == "f"
    assert Module.validate(engine, binary) is None
    image = Module(engine, binary).serialize()
    assert Module.deserialize(engine, image).exports[0].name == "f"
    path.write_bytes(image)
    assert Module.deserialize_file(engine, path).exports[0].name == "f"


@pytest.mark.parametrize("wasm", ["(module", b"\0asm\1\0\0\0\xff", b"", "(module (func (result i32)))"])
def test_wrong_modules_are_refused(engine, wasm):
    with pytest.raises(WasmoteError):
        Module(engine, wasm)
    with pytest.raises(WasmoteError):
        Module.validate(engine, wasm)


def test_damaged_images_are_refused_or_run(engine):
    image = Module(engine, '(module (func (export "f") (result i32) i32.const 1))').serialize()
    refused = 0
    for at in range(len(image)):
        damaged = bytearray(image)
        damaged[at] ^= 0x5A
        try:
            module = Module.deserialize(engine, damaged)
            store = Store(engine)
            exports = Instance(store, module, []).exports(store)
            if isinstance(exports.get("f"), Func):
                exports["f"](store)
        except (WasmoteError, Trap):
            refused += 1
    assert refused > len(image) // 4


def test_missing_files_and_wrong_types(engine):
    with pytest.raises(FileNotFoundError):
        Module.from_file(engine, "/nowhere/module.wasm")
    with pytest.raises(TypeError):
        Module(engine, 1)
    with pytest.raises(TypeError):
        Module(None, "(module)")


def test_host_functions(load, store):
    seen = []

    def host(a, b):
        seen.append((a, b))
        return b, a

    f = Func(store, FuncType([I32, ValType.f64()], [ValType.f64(), I32]), host)
    assert f.type(store).params == [I32, ValType.f64()]
    assert f(store, 1, 2.5) == [2.5, 1]
    exports = load(
        """(module
          (import "" "" (func $f (param i32 f64) (result f64 i32)))
          (func (export "f") (result f64 i32) (call $f (i32.const -3) (f64.const 4))))""",
        f,
    )
    assert exports["f"](store) == [4.0, -3]
    assert seen == [(1, 2.5), (-3, 4.0)]


@pytest.mark.parametrize(
    ("results", "returned"),
    [([], 1), ([I32], None), ([I32], "x"), ([I32, I32], 1), ([I32, I32], [1]), ([I32, I32], [1, 2, 3])],
)
def test_wrong_results_of_host_functions(store, results, returned):
    f = Func(store, FuncType([], results), lambda: returned)
    with pytest.raises(TypeError):
        f(store)


def test_callers(load, store, engine):
    kept = []

    def host(caller, number):
        kept.append(caller)
        memory = caller["memory"]
        memory.write(caller, b"hello", number)
        assert memory.read(store, number, number + 5) == b"hello"
        assert caller.get("nothing") is None
        with pytest.raises(KeyError):
            caller["nothing"]
        return caller["twice"](caller, 4)

    f = Func(store, FuncType([I32], [I32]), host, access_caller=True)
    exports = load(
        """(module
          (import "" "" (func $f (param i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
          (func (export "run") (result i32) (call $f (i32.const 8))))""",
        f,
    )
    assert exports["run"](store) == 8
    with pytest.raises(RuntimeError, match="has returned"):
        kept[0].get("memory")
    with pytest.raises(RuntimeError, match="has returned"):
        exports["memory"].size(kept[0])


def test_an_outer_caller_waits_for_the_inner_one(load, store):
    outer = []

    def host(caller, depth):
        if depth == 0:
            outer.append(caller)
            caller["run"](caller, 1)
            assert caller.get("run") is not None
        else:
            with pytest.raises(RuntimeError, match="not possible now"):
                outer[0].get("run")
            # Both are the same store.
            assert caller["run"].type(outer[0]).params == [I32]

    f = Func(store, FuncType([I32], []), host, access_caller=True)
    text = '(module (import "" "" (func $f (param i32))) (func (export "run") (param i32) (call $f (local.get 0))))'
    load(text, f)["run"](store, 0)
    assert len(outer) == 1


def test_exceptions_pass_through_wasm_as_the_same_object(load, store):
    error = LookupError("mine")

    def host():
        raise error

    text = '(module (import "" "" (func $f)) (func (export "run") (call $f)))'
    run = load(text, Func(store, FuncType([], []), host))["run"]
    with pytest.raises(LookupError) as caught:
        run(store)
    assert caught.value is error
    assert any(entry.name == "host" for entry in caught.traceback)
    # Through two calls of the host.
    outer = load(text, Func(store, FuncType([], []), lambda: run(store)))["run"]
    with pytest.raises(LookupError) as caught:
        outer(store)
    assert caught.value is error
    # The store can be used afterwards.
    assert identity(load, "i32")(store, 1) == 1


def test_traps_have_frames(load, store):
    run = load(
        """(module $m
          (func $inner unreachable)
          (func $outer (export "run") (nop) (call $inner)))"""
    )["run"]
    with pytest.raises(Trap) as caught:
        run(store)
    trap = caught.value
    assert trap.trap_code == TrapCode.UNREACHABLE and "unreachable" in trap.message and "unreachable" in str(trap)
    assert [(frame.func_index, frame.func_name, frame.module_name) for frame in trap.frames] == [
        (0, "inner", "m"),
        (1, "outer", "m"),
    ]
    assert trap.frames[0].module_offset > 8 and trap.frames[0].func_offset < trap.frames[1].func_offset
    assert pickle.loads(pickle.dumps(trap)).frames == trap.frames


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("(drop (i32.div_s (i32.const 1) (i32.const 0)))", TrapCode.INTEGER_DIVISION_BY_ZERO),
        ("(drop (i32.load (i32.const -1)))", TrapCode.MEMORY_OUT_OF_BOUNDS),
        ("(call_indirect (i32.const 9))", TrapCode.UNDEFINED_ELEMENT),
        ("(call_indirect (i32.const 0))", TrapCode.INDIRECT_CALL_TO_NULL),
        ("(call $f)", TrapCode.STACK_OVERFLOW),
        ("(throw $e (i32.const 1))", TrapCode.UNCAUGHT_EXCEPTION),
    ],
)
def test_reasons_of_traps(load, store, body, code):
    text = f'(module (memory 1) (table 1 funcref) (tag $e (param i32)) (func $f (export "f") {body}))'
    with pytest.raises(Trap) as caught:
        load(text)["f"](store)
    assert caught.value.trap_code == code
    assert caught.value.frames[0].func_name == "f"


def test_every_trap_code_has_a_member():
    source = Path(__file__).parents[3] / "crates/ir/src/trap.rs"
    body = source.read_text().split("pub enum TrapCode {")[1].split("}")[0]
    names = [line.split("=")[0].strip(" ,") for line in body.splitlines() if line.strip() and "///" not in line]
    assert sorted(names) == sorted(code.value for code in TrapCode)


def test_host_functions_can_trap(load, store):
    def host():
        raise Trap("enough")

    run = load('(module (import "" "" (func $f)) (func (export "run") (call $f)))', Func(store, FuncType([], []), host))
    with pytest.raises(Trap, match="enough") as caught:
        run["run"](store)
    assert caught.value.trap_code is None and caught.value.frames == []


def test_globals(load, store):
    glob = Global(store, GlobalType(ValType.i64(), True), 1)
    assert glob.value(store) == 1 and glob.type(store) == GlobalType(ValType.i64(), True)
    glob.set_value(store, 5)
    exports = load('(module (import "" "" (global (mut i64))) (export "g" (global 0)))', glob)
    assert exports["g"].value(store) == 5 and exports["g"] == glob
    with pytest.raises(TypeError):
        glob.set_value(store, "x")
    fixed = Global(store, GlobalType(ValType.externref(), False), glob)
    assert fixed.value(store) is glob
    with pytest.raises(WasmoteError, match="not mutable"):
        fixed.set_value(store, None)


def test_tables(load, store):
    table = Table(store, TableType(ValType.externref(), Limits(2, 5)), "init")
    assert table.type(store) == TableType(ValType.externref(), Limits(2, 5))
    assert table.size(store) == 2 and table.get(store, 1) == "init" and table.get(store, 2) is None
    table.set(store, 0, None)
    assert table.get(store, 0) is None
    assert table.grow(store, 3, "more") == 2 and table.get(store, 4) == "more"
    with pytest.raises(WasmoteError):
        table.grow(store, 1, None)
    with pytest.raises(IndexError):
        table.set(store, 5, None)
    with pytest.raises(TypeError):
        Table(store, TableType(I32, Limits(1)), None)
    f = Func(store, FuncType([], [I32]), lambda: 9)
    exports = load('(module (table (export "t") 1 funcref))')
    exports["t"].set(store, 0, f)
    assert exports["t"].get(store, 0)(store) == 9
    with pytest.raises(TypeError):
        exports["t"].set(store, 0, "x")


def test_memories(load, store):
    memory = Memory(store, MemoryType(Limits(1, 3)))
    assert memory.type(store) == MemoryType(Limits(1, 3)) and memory.type(store).page_size == 65536
    assert (memory.size(store), memory.data_len(store), memory.page_size(store)) == (1, 65536, 65536)
    assert memory.write(store, b"abc", 10) == 3 and memory.write(store, bytearray(b"z"), -1) == 1
    assert memory.read(store, 10, 13) == b"abc" and memory.read(store, -1) == b"z"
    assert memory.read(store, 5, 3) == b"" and len(memory.read(store)) == 65536
    assert isinstance(memory.read(store, 0, 1), bytearray)
    for start, value in [(65535, b"ab"), (65536, b"a"), (2**60, b"a")]:
        with pytest.raises(IndexError):
            memory.write(store, value, start)
    assert memory.read(store, 65534) == b"\0z"
    assert memory.grow(store, 2) == 1 and memory.data_len(store) == 3 * 65536
    with pytest.raises(WasmoteError):
        memory.grow(store, 1)
    small = Memory(store, MemoryType(Limits(3), page_size_log2=0))
    assert small.data_len(store) == 3 and small.page_size_log2(store) == 0
    with pytest.raises(ValueError):
        Memory(store, MemoryType(Limits(70000)))


def test_shared_memories(engine):
    memory = SharedMemory(engine, MemoryType(Limits(1, 2), shared=True))
    assert memory.type().is_shared and memory.size() == 1
    text = """(module (import "" "" (memory 1 2 shared)) (export "m" (memory 0))
      (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))"""
    for expected in range(3):
        store = Store(engine)
        exports = Instance(store, Module(engine, text), [memory]).exports(store)
        assert exports["add"](store) == expected and isinstance(exports["m"], SharedMemory)


def test_tags(load, store):
    text = '(module (tag (export "t") (param i64)) (func (export "f") (throw 0 (i64.const 1))))'
    exports = load(text)
    assert isinstance(exports["t"], Tag) and exports["t"].type(store).functype.params == [ValType.i64()]
    catcher = load(
        """(module (import "" "" (tag $t (param i64))) (import "" "" (func $f))
          (func (export "run") (result i64) (block (result i64) (try_table (catch $t 0) (call $f)) (i64.const 0))))""",
        exports["t"],
        exports["f"],
    )
    assert catcher["run"](store) == 1
    made = Tag(store, TagType(FuncType([I32], [])))
    exports = load('(module (import "" "" (tag (param i32))) (export "t" (tag 0)))', made)
    assert exports["t"] == made and made.type(store) == TagType(FuncType([I32], []))
    with pytest.raises(ValueError):
        Tag(store, TagType(FuncType([], [I32])))


def test_linkers(engine, store):
    linker = Linker(engine)
    linker.define_func("host", "f", FuncType([], [I32]), lambda: 1)
    memory = Memory(store, MemoryType(Limits(1)))
    linker.define(store, "host", "memory", memory)
    text = '(module (import "host" "f" (func $f (result i32))) (import "host" "memory" (memory 1)) (export "f" (func $f)))'
    module = Module(engine, text)
    instance = linker.instantiate(store, module)
    assert instance.exports(store)["f"](store) == 1
    assert linker.get(store, "host", "memory") == memory and linker.get(store, "host", "f")(store) == 1
    # The same function each time, so that stores do not fill up.
    assert linker.instantiate(store, module).exports(store)["f"] == instance.exports(store)["f"]
    with pytest.raises(WasmoteError, match="not defined"):
        linker.get(store, "host", "nothing")
    for name in ["f", "memory"]:
        with pytest.raises(WasmoteError, match="defined already"):
            linker.define(store, "host", name, memory)
        with pytest.raises(WasmoteError, match="defined already"):
            linker.define_func("host", name, FuncType([], []), lambda: None)
    linker.allow_shadowing = True
    linker.define_func("host", "f", FuncType([], [I32]), lambda: 2)
    assert linker.instantiate(store, module).exports(store)["f"](store) == 2
    linker.define_instance(store, "other", instance)
    assert linker.get(store, "other", "f")(store) == 1
    linker.define_module(store, "third", Module(engine, '(module (func (export "") (result i32) i32.const 3))'))
    assert linker.get_default(store, "third")(store) == 3
    missing = Module(engine, '(module (import "no" "f" (func)) (import "no" "g" (func)) (start 0))')
    with pytest.raises(WasmoteError, match="no"):
        linker.instantiate(store, missing)
    linker.define_unknown_imports_as_traps(missing)
    with pytest.raises((Trap, WasmoteError), match="unknown import|no"):
        linker.instantiate(store, missing)


def test_host_functions_of_a_linker_serve_many_stores(engine):
    linker = Linker(engine)
    linker.define_func("", "f", FuncType([], [I32]), lambda caller: caller["n"](caller), access_caller=True)
    text = '(module (import "" "f" (func $f (result i32))) (func (export "n") (result i32) i32.const 4) (export "f" (func $f)) (func (export "run") (result i32) (call $f)))'
    module = Module(engine, text)
    for _ in range(3):
        store = Store(engine)
        assert linker.instantiate(store, module).exports(store)["run"](store) == 4


def test_settings():
    config = Config()
    config.consume_fuel = True
    config.wasm_simd = False
    config.wasm_backtrace = False
    engine = Engine(config)
    with pytest.raises(WasmoteError):
        Module(engine, "(module (func (result v128) (v128.const i64x2 0 0)))")
    store = Store(engine)
    assert store.get_fuel() == 0
    store.set_fuel(1000)
    exports = Instance(store, Module(engine, '(module (func (export "f") (loop (br 0))))'), []).exports(store)
    with pytest.raises(Trap) as caught:
        exports["f"](store)
    assert caught.value.trap_code == TrapCode.OUT_OF_FUEL and caught.value.frames == []
    assert store.get_fuel() < 10
    with pytest.raises(AttributeError):
        config.no_such_setting = True
    with pytest.raises(ValueError):
        config.max_wasm_stack = 0
    with pytest.raises(WasmoteError, match="fuel"):
        Store().set_fuel(1)


def test_limits(engine):
    store = Store(engine)
    store.set_limits(memory_size=2 * 65536, tables=0)
    text = '(module (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 1))))'
    grow = Instance(store, Module(engine, text), []).exports(store)["grow"]
    assert (grow(store), grow(store)) == (1, -1)
    with pytest.raises(WasmoteError):
        Instance(store, Module(engine, "(module (table 1 funcref))"), [])
    store.set_limits(memory_size=2 * 65536, trap_on_grow_failure=True)
    with pytest.raises(Trap) as caught:
        grow(store)
    assert caught.value.trap_code == TrapCode.GROWTH_OPERATION_LIMITED


def test_stores_have_data(engine):
    data = ["data"]
    assert Store(engine, data).data() is data and Store().data() is None
    assert Store(engine).engine == engine == Linker(engine).engine != Store().engine
    assert Module(Store(engine).engine, "(module)").exports == []
    gc.collect()
    assert data == ["data"]
