"""Wrong use is an exception, and nothing leaks."""

import gc
import sys
import threading
import weakref

import pytest

from wasmote import (
    Config,
    Engine,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Linker,
    Memory,
    MemoryType,
    Module,
    Store,
    Table,
    TableType,
    Trap,
    TrapCode,
    ValType,
)

I32 = ValType.i32()
CALLS_HOST = '(module (import "" "" (func $f)) (func (export "run") (call $f)))'


def test_objects_of_other_stores_are_refused(engine, store):
    other = Store(engine)
    func = Func(other, FuncType([], []), lambda: None)
    memory = Memory(other, MemoryType(Limits(1)))
    table = Table(other, TableType(ValType.funcref(), Limits(1)), func)
    glob = Global(other, GlobalType(ValType.funcref(), True), None)
    instance = Instance(other, Module(engine, "(module)"), [])
    module = Module(engine, CALLS_HOST)
    own = Table(store, TableType(ValType.funcref(), Limits(1)), None)
    echo = Instance(other, Module(engine, '(module (func (export "f") (param anyref) (result anyref) local.get 0))'), [])
    echo = echo.exports(other)["f"]
    make = '(module (func (export "f") (result anyref) (ref.i31 (i32.const 1))))'
    reference = Instance(store, Module(engine, make), []).exports(store)["f"](store)
    linker = Linker(engine)
    linker.define(other, "", "", func)
    for use in [
        lambda: func(store),
        lambda: func.type(store),
        lambda: memory.read(store),
        lambda: memory.write(store, b""),
        lambda: memory.buffer(store),
        lambda: memory.grow(store, 1),
        lambda: table.get(store, 0),
        lambda: table.set(store, 0, None),
        lambda: own.set(store, 0, func),
        lambda: own.grow(store, 1, func),
        lambda: Table(store, TableType(ValType.funcref(), Limits(1)), func),
        lambda: glob.value(store),
        lambda: glob.set_value(store, None),
        lambda: Global(store, GlobalType(ValType.funcref(), True), func),
        lambda: instance.exports(store),
        lambda: Instance(store, module, [func]),
        lambda: linker.instantiate(store, module),
        lambda: linker.define(store, "", "m", Memory(store, MemoryType(Limits(1)))),
        lambda: linker.get(store, "", ""),
        lambda: Linker(engine).define(store, "", "", func),
        lambda: Linker(engine).define_instance(store, "", instance),
        lambda: echo(other, reference),
    ]:
        with pytest.raises(ValueError, match="another store"):
            use()


def test_objects_of_other_engines_are_refused(engine, store):
    other = Engine()
    module = Module(other, "(module)")
    for use in [
        lambda: Instance(store, module, []),
        lambda: Linker(engine).instantiate(store, module),
        lambda: Linker(other).instantiate(store, Module(engine, "(module)")),
        lambda: Linker(other).define(store, "", "", Memory(store, MemoryType(Limits(1)))),
        lambda: Linker(engine).define_unknown_imports_as_traps(module),
    ]:
        with pytest.raises(ValueError, match="another engine"):
            use()


def test_items_do_not_keep_a_store_alive(engine):
    store = Store(engine)
    exports = Instance(store, Module(engine, '(module (func (export "f")) (memory (export "m") 1))'), []).exports(store)
    func, memory = exports["f"], exports["m"]
    gone = weakref.ref(store)
    del store
    assert gone() is None
    # A new store is another one, even at the same place.
    for store in [Store(engine) for _ in range(10)]:
        with pytest.raises(ValueError):
            func(store)
        with pytest.raises(ValueError):
            memory.read(store)
    assert repr(func) and func == func


def test_a_store_may_be_dropped_while_it_runs(engine):
    stores = [Store(engine)]
    gone = weakref.ref(stores[0])

    def host():
        stores.clear()
        gc.collect()

    run = Instance(stores[0], Module(engine, CALLS_HOST), [Func(stores[0], FuncType([], []), host)])
    run = run.exports(stores[0])["run"]
    run(stores[0])
    assert gone() is None


def test_host_functions_that_hold_their_store_are_collected(engine):
    class Marker:
        pass

    marker = Marker()
    store = Store(engine)
    host = Func(store, FuncType([], []), lambda: (store, marker))
    Instance(store, Module(engine, CALLS_HOST), [host])
    gone = weakref.ref(marker)
    del store, host, marker
    gc.collect()
    assert gone() is None


def test_externrefs_that_hold_their_store_are_collected(engine):
    class Node:
        pass

    node = Node()
    node.store = Store(engine)
    Global(node.store, GlobalType(ValType.externref(), True), node)
    gone = weakref.ref(node)
    del node
    gc.collect()
    assert gone() is None


def test_data_and_linkers_are_collected(engine):
    class Node:
        pass

    node, other = Node(), Node()
    node.store = Store(engine, node)
    other.linker = Linker(engine)
    other.linker.define_func("", "", FuncType([], []), lambda: other)
    gone = [weakref.ref(node), weakref.ref(other)]
    del node, other
    gc.collect()
    assert [it() for it in gone] == [None, None]


def test_a_function_in_use_survives_its_linker(engine):
    class Marker:
        pass

    def define(linker):
        marker = Marker()
        linker.define_func("", "", FuncType([], [I32]), lambda: (marker, 5)[1])

    linker = Linker(engine)
    define(linker)
    store = Store(engine)
    text = '(module (import "" "" (func $f (result i32))) (func (export "run") (result i32) (call $f)))'
    run = linker.instantiate(store, Module(engine, text)).exports(store)["run"]
    del linker
    gc.collect()
    assert run(store) == 5


def test_externrefs_are_released_by_a_collection(engine, store, load):
    class Marker:
        pass

    drop = load('(module (func (export "f") (param externref)))')["f"]
    marker = Marker()
    gone = weakref.ref(marker)
    for _ in range(3):
        drop(store, marker)
    del marker
    store.gc()
    # Those that a collection found are released when a function of the store ends.
    drop(store, None)
    assert gone() is None


def test_counts_of_references_stay_the_same(load, store):
    value = object()
    run = load('(module (func (export "f") (param externref i32) (result externref) local.get 0))')["f"]
    host = Func(store, FuncType([ValType.externref()], [ValType.externref()]), lambda it: it)
    for _ in range(10):
        run(store, value, 1), host(store, value)
    store.gc()
    gc.collect()
    before = sys.getrefcount(value), sys.getrefcount(None) if sys.version_info < (3, 12) else 0
    for _ in range(1000):
        run(store, value, 1), host(store, value)
    store.gc()
    gc.collect()
    assert abs(sys.getrefcount(value) - before[0]) <= 10
    if sys.version_info < (3, 12):
        assert abs(sys.getrefcount(None) - before[1]) < 500


def test_finalizers_may_use_the_store(engine, store, load):
    done = []

    class Finalized:
        def __del__(self):
            done.append(add(store, 1, 2))

    add = load('(module (func (export "f") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))')["f"]
    glob = Global(store, GlobalType(ValType.externref(), True), Finalized())
    glob.set_value(store, None)
    store.gc()
    add(store, 0, 0)
    assert done == [3]


def test_threads_run_at_the_same_time_in_stores_of_their_own(engine):
    module = Module(
        engine,
        """(module (import "" "" (func $f (param i32) (result i32)))
          (func (export "run") (param $n i32) (result i32) (local $sum i32)
            (loop $l
              (local.set $sum (i32.add (local.get $sum) (call $f (local.get $n))))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.get $sum)))""",
    )
    linker = Linker(engine)
    linker.define_func("", "", FuncType([I32], [I32]), lambda number: number)
    results = []

    def work():
        store = Store(engine)
        run = linker.instantiate(store, module).exports(store)["run"]
        results.append([run(store, 500) for _ in range(5)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[500 * 501 // 2] * 5] * 8


def test_a_store_in_use_by_another_thread_is_refused(engine, store):
    inside, leave = threading.Event(), threading.Event()

    def host():
        inside.set()
        leave.wait(60)

    run = Instance(store, Module(engine, CALLS_HOST), [Func(store, FuncType([], []), host)]).exports(store)["run"]
    thread = threading.Thread(target=run, args=(store,))
    thread.start()
    assert inside.wait(60)
    for use in [lambda: run(store), store.gc, lambda: run.type(store), store.interrupt_handle]:
        with pytest.raises(RuntimeError, match="in use"):
            use()
    leave.set()
    thread.join()
    assert run.type(store).params == []


def test_a_running_store_is_refused_and_can_be_interrupted(engine):
    started = threading.Event()
    store = Store(engine)
    text = '(module (import "" "" (func $f)) (func (export "spin") (call $f) (loop (br 0))))'
    spin = Instance(store, Module(engine, text), [Func(store, FuncType([], []), started.set)]).exports(store)["spin"]
    handle = store.interrupt_handle()
    caught = []

    def work():
        try:
            spin(store)
        except Trap as trap:
            caught.append(trap)

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(60)
    # This thread goes on, although wasm runs.
    while thread.is_alive():
        try:
            spin.type(store)
        except RuntimeError:
            handle.interrupt()
        thread.join(0.01)
    assert caught[0].trap_code == TrapCode.INTERRUPT
    del store
    handle.interrupt()


def test_deadlines():
    config = Config()
    config.epoch_interruption = True
    engine = Engine(config)
    store = Store(engine)
    spin = Instance(store, Module(engine, '(module (func (export "f") (loop (br 0))))'), []).exports(store)["f"]
    store.set_epoch_deadline(2)
    engine.increment_epoch()
    timer = threading.Timer(0.2, engine.increment_epoch)
    timer.start()
    with pytest.raises(Trap) as caught:
        spin(store)
    assert caught.value.trap_code == TrapCode.INTERRUPT and not timer.is_alive()
    with pytest.raises(ValueError, match="epoch_interruption"):
        Store().set_epoch_deadline(1)


def test_recursion_ends_in_a_trap_or_an_exception(engine, store):
    runs = []
    host = Func(store, FuncType([], []), lambda: runs[0](store))
    runs.append(Instance(store, Module(engine, CALLS_HOST), [host]).exports(store)["run"])
    with pytest.raises((Trap, RecursionError)):
        runs[0](store)
    assert host.type(store).params == []


def test_collections_inside_of_host_functions(engine, store, load):
    def host(value):
        gc.collect()
        cycle = [store, value]
        cycle.append(cycle)
        return value

    gc.set_threshold(1)
    try:
        f = Func(store, FuncType([ValType.externref()], [ValType.externref()]), host)
        run = load(
            """(module (import "" "" (func $f (param externref) (result externref)))
              (func (export "run") (param externref) (result externref) (call $f (call $f (local.get 0)))))""",
            f,
        )["run"]
        for _ in range(20):
            value = object()
            assert run(store, value) is value
    finally:
        gc.set_threshold(700, 10, 10)


def test_wrong_arguments_of_constructors(engine, store):
    for make, error in [
        (lambda: Func(store, FuncType([], []), 1), TypeError),
        (lambda: Func(store, 1, print), TypeError),
        (lambda: Func(1, FuncType([], []), print), TypeError),
        (lambda: Func(store, FuncType([I32] * 1001, []), print), ValueError),
        (lambda: FuncType([1], []), TypeError),
        (lambda: Func(store, FuncType([ValType("i33")], []), print), ValueError),
        (lambda: Memory(store, 1), TypeError),
        (lambda: Memory(store, MemoryType(Limits(-1))), OverflowError),
        (lambda: Memory(store, MemoryType(1)), TypeError),
        (lambda: Table(store, TableType(ValType.funcref(), Limits(2**40)), None), ValueError),
        (lambda: Global(store, GlobalType(1, True), 1), TypeError),
        (lambda: Instance(store, Module(engine, CALLS_HOST), [1]), TypeError),
        (lambda: Instance(store, Module(engine, CALLS_HOST), 1), TypeError),
        (lambda: Store(1), TypeError),
        (lambda: Engine(1), TypeError),
        (lambda: Linker(engine).define_func("", "", FuncType([], []), None), TypeError),
    ]:
        with pytest.raises(error):
            make()


def test_results_that_use_the_store_while_they_are_read(engine, store, load):
    """The conversion of results runs code of Python, which must not use the borrowed store."""
    refused = []

    class Number:
        def __index__(self):
            with pytest.raises(RuntimeError, match="in use"):
                f(store)
            refused.append(True)
            return 7

    f = Func(store, FuncType([], [I32]), Number)
    assert f(store) == 7
    identity = load('(module (func (export "f") (param i32) (result i32) local.get 0))')["f"]
    assert identity(store, Number()) == 7
    assert refused == [True, True]


@pytest.mark.parametrize("ty", ["i32", "i64", "f32", "f64"])
def test_exceptions_of_conversions_pass(store, load, ty):
    class Number:
        def __index__(self):
            raise LookupError("mine")

    identity = load(f'(module (func (export "f") (param {ty}) (result {ty}) local.get 0))')["f"]
    with pytest.raises(LookupError, match="mine"):
        identity(store, Number())


def test_a_panic_that_passes_a_host_function_leaves_the_store_unusable(engine, store):
    with pytest.raises(Exception):
        Module(engine, "(")
    # The exception that a panic of Rust becomes. A host function can raise it as well.
    panics = [found for found in BaseException.__subclasses__() if found.__name__ == "PanicException"]
    if not panics:
        pytest.skip("there was no panic yet, and so no class")

    def panic():
        raise panics[-1]("raised")

    run = Instance(store, Module(engine, CALLS_HOST), [Func(store, FuncType([], []), panic)]).exports(store)["run"]
    with pytest.raises(BaseException, match="raised"):
        run(store)
    with pytest.raises(RuntimeError):
        store.get_fuel()
    with pytest.raises(RuntimeError):
        run(store)


def test_types_that_say_another_length_than_they_have(store):
    class Types(list):
        def __len__(self):
            return 0

    ty = FuncType([], [])
    ty._params = Types([I32] * 1001)
    with pytest.raises(ValueError):
        Func(store, ty, lambda *_: None)
    ty._params = Types([I32] * 1000)
    Func(store, ty, lambda *_: None)


def test_a_linker_that_defined_a_part_of_an_instance_serves_its_store_alone(engine, store):
    instance = Instance(store, Module(engine, '(module (func (export "g")) (func (export "f")))'), [])
    linker = Linker(engine)
    linker.define_unknown_imports_as_traps(Module(engine, '(module (import "m" "f" (func)))'))
    with pytest.raises(Exception):
        linker.define_instance(store, "m", instance)
    importer = Module(engine, '(module (import "m" "g" (func)))')
    other = Store(engine)
    with pytest.raises(ValueError):
        linker.instantiate(other, importer)
    linker.instantiate(store, importer)
    Instance(other, Module(engine, "(module)"), [])
