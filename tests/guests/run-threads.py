#!/usr/bin/env python3
"""run-threads.py MODULE [ARGUMENT...]: runs a command of the proposal wasi-threads in Wasmtime (PyPI package `wasmtime`).

Each thread has an instance in a store of its own. A trap or an exit in a thread ends the process, as the proposal wants it.
"""
import itertools
import os
import sys
import threading

import wasmtime
from wasmtime import _ffi as ffi


class SharedMemory(wasmtime.SharedMemory):
    """A shared memory that a linker takes: the package (47.0.1) mistakes the type."""

    def _as_extern(self):
        return ffi.wasmtime_extern_t(ffi.WASMTIME_EXTERN_SHAREDMEMORY, ffi.wasmtime_extern_union(sharedmemory=self.ptr()))


path, args = sys.argv[1], sys.argv[1:]
config = wasmtime.Config()
config.wasm_threads = True
config.shared_memory = True
engine = wasmtime.Engine(config)
module = wasmtime.Module.from_file(engine, path)
[memory_import] = [i for i in module.imports if isinstance(i.type, wasmtime.MemoryType)]
memory = SharedMemory(engine, memory_import.type)
ids = itertools.count(1)


def instantiate():
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = [os.path.basename(path), *args[1:]]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    linker.define(store, memory_import.module, memory_import.name, memory)
    i32 = wasmtime.ValType.i32()
    linker.define_func("wasi", "thread-spawn", wasmtime.FuncType([i32], [i32]), spawn)
    return store, linker.instantiate(store, module)


def spawn(argument):
    number = next(ids)
    store, instance = instantiate()
    threading.Thread(target=run, args=(store, instance, "wasi_thread_start", number, argument), daemon=True).start()
    return number


def run(store, instance, name, *args):
    try:
        instance.exports(store)[name](store, *args)
    except wasmtime.ExitTrap as exit:
        os._exit(exit.code)
    except wasmtime.Trap as trap:
        print(trap, file=sys.stderr)
        os._exit(134)


run(*instantiate(), "_start")
os._exit(0)
