"""WASI: what a guest sees and writes."""

import io

import pytest

from wasmote import Engine, ExitTrap, Linker, Module, Store, WasiConfig, WasmoteError

HELLO = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\n")
  (data (i32.const 16) "hello\\n")
  (func (export "write") (param i32) (result i32) (call $write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 64)))
  (func (export "read") (result i32)
    (i32.store (i32.const 128) (i32.const 256))
    (i32.store (i32.const 132) (i32.const 100))
    (drop (call $read (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 64)))
    (i32.load (i32.const 64)))
  (func (export "args") (result i32) (drop (call $args (i32.const 64) (i32.const 68))) (i32.load (i32.const 64)))
  (func (export "environ") (result i32) (drop (call $environ (i32.const 64) (i32.const 68))) (i32.load (i32.const 64)))
  (func (export "exit") (param i32) (call $exit (local.get 0))))"""


@pytest.fixture
def guest(engine: Engine):
    def guest(config: WasiConfig | None = None):
        linker = Linker(engine)
        linker.define_wasi()
        store = Store(engine)
        if config:
            store.set_wasi(config)
        return store, linker.instantiate(store, Module(engine, HELLO)).exports(store)

    return guest


def test_without_configuration_a_guest_sees_nothing(guest):
    store, exports = guest()
    assert exports["write"](store, 1) == 0
    assert (exports["args"](store), exports["environ"](store), exports["read"](store)) == (0, 0, 0)


def test_exit(guest):
    store, exports = guest()
    with pytest.raises(ExitTrap) as caught:
        exports["exit"](store, 3)
    assert caught.value.code == 3 and isinstance(caught.value, WasmoteError)
    with pytest.raises(ExitTrap) as caught:
        exports["exit"](store, 0)
    assert caught.value.code == 0


def test_streams(guest, tmp_path):
    config = WasiConfig()
    output = io.BytesIO()
    config.stdout_custom = output.write
    config.stderr_file = tmp_path / "stderr"
    config.stdin_bytes = b"input"
    config.argv = ["program", "argument"]
    config.env = [["NAME", "value"]]
    for _ in range(2):
        store, exports = guest(config)
        assert exports["write"](store, 1) == 0 and exports["write"](store, 2) == 0
        assert exports["read"](store) == 5 and exports["memory"].read(store, 256, 261) == b"input"
        assert (exports["args"](store), exports["environ"](store)) == (2, 1)
    assert output.getvalue() == b"hello\n" * 2
    assert (tmp_path / "stderr").read_bytes() == b"hello\n"
    (tmp_path / "stdin").write_bytes(b"from a file")
    config.stdin_file = str(tmp_path / "stdin")
    store, exports = guest(config)
    assert exports["read"](store) == 11


def test_a_stream_that_fails_is_an_error_of_the_guest(guest, monkeypatch):
    reported = []
    monkeypatch.setattr("sys.unraisablehook", lambda info: reported.append(info.exc_value))

    def write(data):
        raise OSError("full")

    config = WasiConfig()
    config.stdout_custom = write
    store, exports = guest(config)
    assert exports["write"](store, 1) != 0
    assert str(reported[0]) == "full"


def test_a_stream_may_not_use_the_store(guest):
    config = WasiConfig()
    seen = []

    def write(data):
        with pytest.raises(RuntimeError, match="in use"):
            exports["write"](store, 1)
        seen.append(data)

    config.stdout_custom = write
    store, exports = guest(config)
    assert exports["write"](store, 1) == 0 and seen == [b"hello\n"]


def test_directories(engine, tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    text = """(module
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "file")
      (func (export "open") (param i64) (result i32)
        (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (local.get 0) (i64.const 0)
          (i32.const 0) (i32.const 64))))"""
    linker = Linker(engine)
    linker.define_wasi()
    read, write = 2, 64
    for mutable, expected in [(True, 0), (False, None)]:
        config = WasiConfig()
        config.preopen_dir(tmp_path, "/", mutable)
        store = Store(engine)
        store.set_wasi(config)
        opened = linker.instantiate(store, Module(engine, text)).exports(store)["open"]
        assert opened(store, read) == 0
        assert (opened(store, write) == 0) == (expected == 0)
    config.preopen_dir("/nowhere", "/nowhere")
    with pytest.raises(ValueError):
        store.set_wasi(config)


def test_wrong_configurations():
    config = WasiConfig()
    for name, value in [("stdout_custom", 1), ("argv", 1), ("env", [["A"]]), ("stdin_bytes", "text")]:
        with pytest.raises((TypeError, ValueError)):
            setattr(config, name, value)
    config.argv = ["a\0b"]
    with pytest.raises(ValueError):
        Store().set_wasi(config)
    config = WasiConfig()
    config.stdout_file = "/nowhere/file"
    with pytest.raises(FileNotFoundError):
        Store().set_wasi(config)
