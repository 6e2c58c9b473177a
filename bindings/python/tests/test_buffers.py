"""Buffers of memories never dangle."""

import gc

import pytest

from wasmote import Func, FuncType, Instance, Limits, Memory, MemoryType, Module, Store, WasmoteError

GROWS = """(module (memory (export "memory") 1 10)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"""


def test_a_buffer_is_the_memory(load, store):
    exports = load(GROWS)
    with exports["memory"].buffer(store) as view:
        assert view.nbytes == 65536 and view.format == "B" and not view.readonly and view.contiguous
        view[4:8] = (1234).to_bytes(4, "little")
        assert exports["load"](store, 4) == 1234
        exports["memory"].write(store, b"\x07", 0)
        assert view[0] == 7 and view.cast("I")[1] == 1234
        # A source that is the memory itself.
        exports["memory"].write(store, view[0:8], 2)
        assert bytes(view[2:10]) == b"\x07\0\0\0\xd2\x04\0\0"


def test_no_growth_while_a_buffer_is_in_use(load, store):
    exports = load(GROWS)
    view = exports["memory"].buffer(store)
    part = view[10:20]
    view.release()
    # The slice is a buffer of its own.
    for grow in [lambda: exports["memory"].grow(store, 1), lambda: exports["grow"](store, 1)]:
        with pytest.raises(BufferError, match="cannot grow"):
            grow()
    assert exports["memory"].size(store) == 1
    # To ask for the size is no growth.
    assert exports["grow"](store, 0) == 1
    part[0] = 1
    part.release()
    assert exports["grow"](store, 1) == 1 and exports["memory"].grow(store, 1) == 2
    assert exports["memory"].buffer(store).nbytes == 3 * 65536


def test_new_memories_are_no_growth(load, store):
    exports = load(GROWS)
    with exports["memory"].buffer(store):
        other = Memory(store, MemoryType(Limits(1)))
        with pytest.raises(BufferError):
            other.grow(store, 1)
    assert other.grow(store, 1) == 1


def test_released_buffers_are_unusable(load, store):
    view = load(GROWS)["memory"].buffer(store)
    view.release()
    with pytest.raises(ValueError):
        view[0]


def test_a_buffer_outlives_its_store(engine):
    store = Store(engine)
    memory = Instance(store, Module(engine, GROWS), []).exports(store)["memory"]
    memory.write(store, b"still here")
    view = memory.buffer(store)
    del store, memory
    gc.collect()
    others = [Store(engine) for _ in range(20)]
    for other in others:
        Instance(other, Module(engine, GROWS), []).exports(other)["memory"].write(other, b"overwritten")
    assert bytes(view[:10]) == b"still here"
    view[:5] = b"STILL"
    assert bytes(view[:10]) == b"STILL here"


def test_dropped_buffers_permit_growth(load, store):
    exports = load(GROWS)
    holder = [exports["memory"].buffer(store)]
    holder.append(holder)
    del holder
    gc.collect()
    assert exports["grow"](store, 1) == 1


def test_an_empty_memory_has_an_empty_buffer(store):
    memory = Memory(store, MemoryType(Limits(0)))
    with memory.buffer(store) as view:
        assert view.nbytes == 0
        # There is no byte to move.
        assert memory.grow(store, 1) == 0
        assert view.nbytes == 0


def test_a_host_function_may_keep_a_buffer(load, store):
    views = []
    host = Func(store, FuncType([], []), lambda caller: views.append(caller["memory"].buffer(caller)), True)
    exports = load(
        """(module (import "" "" (func $f)) (memory (export "memory") 1)
          (func (export "run") (result i32) (call $f) (memory.grow (i32.const 1))))""",
        host,
    )
    with pytest.raises(BufferError):
        exports["run"](store)
    views[0][0] = 9
    assert exports["memory"].read(store, 0, 1) == b"\x09"
    views[0].release()


def test_a_view_of_a_store_in_use_is_refused(load, store):
    exports = load(GROWS)
    owner = exports["memory"].buffer(store).obj

    def host():
        # The same thread may use the store here.
        assert memoryview(owner).nbytes == 65536

    text = '(module (import "" "" (func $f)) (func (export "run") (call $f)))'
    load(text, Func(store, FuncType([], []), host))["run"](store)


def test_large_requests_are_refused(store):
    memory = Memory(store, MemoryType(Limits(1)))
    with pytest.raises(WasmoteError):
        memory.grow(store, 65536)
    with pytest.raises((OverflowError, WasmoteError)):
        memory.grow(store, 2**64)
    with pytest.raises(OverflowError):
        memory.grow(store, -1)
