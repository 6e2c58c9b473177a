"""wasmote: a small, fast WebAssembly interpreter.

The classes are those of wasmtime-py, with the same names and arguments where both have the same thing. `docs/python.md` in
the repository says what differs.
"""

import os as _os
from typing import Union as _Union

from ._types import (
    ExitTrap,
    ExportType,
    ExternType,
    Frame,
    FuncType,
    GlobalType,
    ImportType,
    InstanceExports,
    Limits,
    MemoryType,
    TableType,
    TagType,
    Trap,
    TrapCode,
    Val,
    ValType,
    WasmoteError,
)
from ._wasmote import (
    Caller,
    Config,
    Engine,
    Func,
    Global,
    Instance,
    InterruptHandle,
    Linker,
    Memory,
    Module,
    Ref,
    SharedMemory,
    Store,
    Table,
    Tag,
    WasiConfig,
    __version__,
    _after_fork,
    wat2wasm,
)

Storelike = _Union[Store, Caller]
"""What can be used as a store."""
Extern = _Union[Func, Memory, SharedMemory, Table, Global, Tag]
"""What can be imported and exported."""

if hasattr(_os, "register_at_fork"):
    # The thread that watches for signals does not exist in a forked child.
    _os.register_at_fork(after_in_child=_after_fork)

__all__ = [
    "Caller",
    "Config",
    "Engine",
    "ExitTrap",
    "ExportType",
    "Extern",
    "ExternType",
    "Frame",
    "Func",
    "FuncType",
    "Global",
    "GlobalType",
    "ImportType",
    "Instance",
    "InstanceExports",
    "InterruptHandle",
    "Limits",
    "Linker",
    "Memory",
    "MemoryType",
    "Module",
    "Ref",
    "SharedMemory",
    "Store",
    "Storelike",
    "Table",
    "TableType",
    "Tag",
    "TagType",
    "Trap",
    "TrapCode",
    "Val",
    "ValType",
    "WasiConfig",
    "WasmoteError",
    "wat2wasm",
]
