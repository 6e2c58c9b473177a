"""The types of the native part. `tests/test_types.py` compares them with it."""

from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any, Union, final

from typing_extensions import Buffer, disjoint_base

from ._types import (
    ExportType,
    FuncType,
    GlobalType,
    ImportType,
    InstanceExports,
    MemoryType,
    TableType,
    TagType,
)

__version__: str

_Storelike = Union[Store, Caller]
_Extern = Union[Func, Memory, SharedMemory, Table, Global, Tag]
_Path = Union[str, PathLike[str]]

def wat2wasm(wat: str | Buffer) -> bytearray:
    """Returns the binary of a module in the text format."""

def _after_fork() -> None: ...

@final
class Config:
    """The settings of an engine. Each is set by assignment."""

    def __new__(cls) -> Config: ...
    @property
    def epoch_interruption(self) -> bool: ...
    @epoch_interruption.setter
    def epoch_interruption(self, value: bool) -> None:
        """Whether `Store.set_epoch_deadline` can be used. Default: false."""

    @property
    def max_wasm_stack(self) -> int: ...
    @max_wasm_stack.setter
    def max_wasm_stack(self, value: int) -> None:
        """The bytes of a store's value stack, which limits how deep functions nest. Default: 8 MiB."""

    @property
    def consume_fuel(self) -> bool: ...
    @consume_fuel.setter
    def consume_fuel(self, value: bool) -> None:
        """Whether code takes fuel. Default: false. A new store then has none."""

    @property
    def cranelift_nan_canonicalization(self) -> bool: ...
    @cranelift_nan_canonicalization.setter
    def cranelift_nan_canonicalization(self, value: bool) -> None:
        """Whether float arithmetic always returns the canonical NaN. Default: false."""

    @property
    def deterministic(self) -> bool: ...
    @deterministic.setter
    def deterministic(self, value: bool) -> None:
        """Whether the same module with the same inputs has the same results on every machine. Default: false."""

    @property
    def signals_based_traps(self) -> bool: ...
    @signals_based_traps.setter
    def signals_based_traps(self, value: bool) -> None:
        """Whether guard pages replace bounds checks of memories. Default: true on Linux."""

    @property
    def wasm_backtrace(self) -> bool: ...
    @wasm_backtrace.setter
    def wasm_backtrace(self, value: bool) -> None:
        """Whether traps have frames. Default: true."""

    @property
    def interruption_in_loops(self) -> bool: ...
    @interruption_in_loops.setter
    def interruption_in_loops(self, value: bool) -> None:
        """Whether loops look for signals, deadlines and interruptions. Default: true. It costs about 1% of the time."""

    @property
    def max_memory(self) -> int: ...
    @max_memory.setter
    def max_memory(self, value: int) -> None:
        """The largest size of each memory, in bytes. Default: no limit."""

    @property
    def wasm_tail_call(self) -> bool: ...
    @wasm_tail_call.setter
    def wasm_tail_call(self, value: bool) -> None:
        """Whether modules may use tail calls. Default: true."""

    @property
    def wasm_reference_types(self) -> bool: ...
    @wasm_reference_types.setter
    def wasm_reference_types(self, value: bool) -> None:
        """Whether modules may use reference types. Default: true."""

    @property
    def wasm_simd(self) -> bool: ...
    @wasm_simd.setter
    def wasm_simd(self, value: bool) -> None:
        """Whether modules may use vectors. Default: true."""

    @property
    def wasm_relaxed_simd(self) -> bool: ...
    @wasm_relaxed_simd.setter
    def wasm_relaxed_simd(self, value: bool) -> None:
        """Whether modules may use relaxed vector instructions. Default: true."""

    @property
    def wasm_bulk_memory(self) -> bool: ...
    @wasm_bulk_memory.setter
    def wasm_bulk_memory(self, value: bool) -> None:
        """Whether modules may use bulk operations on memories and tables. Default: true."""

    @property
    def wasm_multi_value(self) -> bool: ...
    @wasm_multi_value.setter
    def wasm_multi_value(self, value: bool) -> None:
        """Whether functions may have several results. Default: true."""

    @property
    def wasm_multi_memory(self) -> bool: ...
    @wasm_multi_memory.setter
    def wasm_multi_memory(self, value: bool) -> None:
        """Whether modules may have several memories. Default: true."""

    @property
    def wasm_memory64(self) -> bool: ...
    @wasm_memory64.setter
    def wasm_memory64(self, value: bool) -> None:
        """Whether modules may have memories with 64-bit addresses. Default: true."""

    @property
    def wasm_threads(self) -> bool: ...
    @wasm_threads.setter
    def wasm_threads(self, value: bool) -> None:
        """Whether modules may use shared memories and atomics. Default: true."""

    @property
    def wasm_exceptions(self) -> bool: ...
    @wasm_exceptions.setter
    def wasm_exceptions(self, value: bool) -> None:
        """Whether modules may use exceptions. Default: true."""

    @property
    def wasm_function_references(self) -> bool: ...
    @wasm_function_references.setter
    def wasm_function_references(self, value: bool) -> None:
        """Whether modules may use typed function references. Default: true."""

    @property
    def wasm_gc(self) -> bool: ...
    @wasm_gc.setter
    def wasm_gc(self, value: bool) -> None:
        """Whether modules may use garbage-collected objects. Default: true."""

    @property
    def wasm_wide_arithmetic(self) -> bool: ...
    @wasm_wide_arithmetic.setter
    def wasm_wide_arithmetic(self, value: bool) -> None:
        """Whether modules may use 128-bit arithmetic. Default: true."""

    @property
    def wasm_custom_page_sizes(self) -> bool: ...
    @wasm_custom_page_sizes.setter
    def wasm_custom_page_sizes(self, value: bool) -> None:
        """Whether memories may have pages of one byte. Default: true."""

@final
class Engine:
    """What stores and modules share. Threads may use it at the same time."""

    def __new__(cls, config: Config | None = None) -> Engine: ...
    def increment_epoch(self) -> None:
        """Begins the next epoch. Stores whose deadline it is stop."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class Store:
    """Everything that code works on: instances and their items."""

    def __new__(cls, engine: Engine | None = None, data: Any = None) -> Store: ...
    @property
    def engine(self) -> Engine:
        """The engine of the store."""

    def data(self) -> Any:
        """Returns the object that the store was made with."""

    def gc(self) -> None:
        """Collects the objects of guests that nothing refers to."""

    def set_fuel(self, fuel: int) -> None:
        """Sets the fuel that is left. Fails unless `Config.consume_fuel` was set."""

    def get_fuel(self) -> int:
        """Returns the fuel that is left. Fails unless `Config.consume_fuel` was set."""

    def set_wasi(self, wasi: WasiConfig) -> None:
        """Gives the store its state of WASI. The configuration may be used again."""

    def set_epoch_deadline(self, ticks_after_current: int) -> None:
        """Sets the deadline: this many calls of `Engine.increment_epoch` from now on. Code then traps."""

    def set_limits(
        self,
        memory_size: int = -1,
        table_elements: int = -1,
        instances: int = -1,
        tables: int = -1,
        memories: int = -1,
        *,
        total_size: int = -1,
        trap_on_grow_failure: bool = False,
    ) -> None:
        """Limits what the store may have. A negative number is no limit. Sizes are in bytes."""

    def interrupt_handle(self) -> InterruptHandle:
        """Returns what stops the store's code from other threads."""

@final
class InterruptHandle:
    """Stops the code of a store from other threads."""

    def interrupt(self) -> None:
        """Stops the code that runs, or else the next that runs, with the trap `TrapCode.INTERRUPT`."""

@final
class Module:
    """Decoded and validated code. Threads and stores of its engine may use it at the same time."""

    def __new__(cls, engine: Engine, wasm: str | Buffer) -> Module: ...
    @staticmethod
    def from_file(engine: Engine, path: _Path) -> Module:
        """Loads a module from a file, of either format."""

    @staticmethod
    def deserialize(engine: Engine, encoded: Buffer) -> Module:
        """Loads what `serialize` returned. It is verified, so it need not be trusted."""

    @staticmethod
    def deserialize_file(engine: Engine, path: _Path) -> Module:
        """Loads what `serialize` returned from a file."""

    @staticmethod
    def validate(engine: Engine, wasm: str | Buffer) -> None:
        """Validates a binary. Returns nothing, or raises an exception."""

    def serialize(self) -> bytearray:
        """Returns the translated module, an image."""

    @property
    def name(self) -> str | None:
        """The name, if the module has one."""

    @property
    def imports(self) -> list[ImportType]:
        """What the module imports."""

    @property
    def exports(self) -> list[ExportType]:
        """What the module exports."""

@final
class Instance:
    """A module that was instantiated in a store."""

    def __new__(cls, store: _Storelike, module: Module, imports: Iterable[_Extern]) -> Instance: ...
    # `Any`, so that a program need not say which kind of item a name is.
    def exports(self, store: _Storelike) -> InstanceExports[Any]:
        """Returns the exports: a mapping of names to items, in the order of the module."""

@final
class Linker:
    """Finds the imports of modules by name. Host functions and WASI serve all stores; items serve theirs."""

    def __new__(cls, engine: Engine) -> Linker: ...
    @property
    def engine(self) -> Engine:
        """The engine of the linker."""

    @property
    def allow_shadowing(self) -> bool: ...
    @allow_shadowing.setter
    def allow_shadowing(self, allow: bool) -> None:
        """Whether a definition may take the place of another. Default: false."""

    def define(self, store: _Storelike, module: str, name: str, item: _Extern) -> None:
        """Defines an item of a store. Then the linker serves this store alone."""

    def define_func(
        self, module: str, name: str, ty: FuncType, func: Callable[..., Any], access_caller: bool = False
    ) -> None:
        """Defines a host function for all stores of the engine. It returns `None` for no result, a value for one, and a
        sequence for several. An exception that it raises ends the call, and leaves it as the same object."""

    def define_instance(self, store: _Storelike, name: str, instance: Instance) -> None:
        """Defines all exports of an instance under a module name."""

    def define_module(self, store: _Storelike, name: str, module: Module) -> None:
        """Instantiates a module in a store, and defines its exports under a module name."""

    def define_wasi(self) -> None:
        """Defines the functions of WASI preview 1. `Store.set_wasi` says what a guest sees."""

    def instantiate(self, store: _Storelike, module: Module) -> Instance:
        """Instantiates a module with what the linker defines, and runs its start function."""

    def get_default(self, store: _Storelike, name: str) -> Func:
        """Returns the default function of a module that was defined: its export without a name, or `_start`."""

    def get(self, store: _Storelike, module: str, name: str) -> Any:
        """Returns what is defined under this name. Raises `WasmoteError` if there is nothing."""

    def define_unknown_imports_as_traps(self, module: Module) -> None:
        """Defines all functions that a module imports and the linker lacks as functions that trap."""

@final
class Func:
    """A function of a store."""

    def __new__(
        cls, store: _Storelike, ty: FuncType, func: Callable[..., Any], access_caller: bool = False
    ) -> Func: ...
    def type(self, store: _Storelike) -> FuncType:
        """Returns the type."""

    def __call__(self, store: _Storelike, *params: Any) -> Any:
        """Calls the function. Returns `None`, the result, or a list of the results."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Caller:
    """The store and the calling instance, as a host function sees them. It can be used as a store."""

    def get(self, name: str) -> Any:
        """Returns the export of the calling instance with this name, or `None`."""

    def __getitem__(self, key: str, /) -> Any: ...

@final
class Memory:
    """A linear memory of a store."""

    def __new__(cls, store: _Storelike, ty: MemoryType) -> Memory: ...
    def type(self, store: _Storelike) -> MemoryType:
        """Returns the type. Its minimum does not change when the memory grows."""

    def grow(self, store: _Storelike, delta: int) -> int:
        """Adds `delta` pages of zeros, and returns the previous size in pages."""

    def size(self, store: _Storelike) -> int:
        """Returns the size in pages."""

    def data_len(self, store: _Storelike) -> int:
        """Returns the size in bytes."""

    def page_size(self, store: _Storelike) -> int:
        """Returns the bytes of a page."""

    def page_size_log2(self, store: _Storelike) -> int:
        """Returns the logarithm of the bytes of a page to base 2."""

    def read(self, store: _Storelike, start: int | None = None, stop: int | None = None) -> bytearray:
        """Returns a copy of the bytes `[start:stop]`, as of a list."""

    def write(self, store: _Storelike, value: Buffer, start: int | None = None) -> int:
        """Writes bytes from `start` on. Returns their number. Raises `IndexError` if they do not lie in the memory."""

    def buffer(self, store: _Storelike) -> memoryview:
        """Returns a view of the memory itself. While it is in use, no memory of the store grows."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class SharedMemory:
    """A memory that belongs to no store. Instances in several stores, and so several threads, can import it."""

    def __new__(cls, engine: Engine, ty: MemoryType) -> SharedMemory: ...
    def type(self) -> MemoryType:
        """Returns the type. Its minimum does not change when the memory grows."""

    def size(self) -> int:
        """Returns the size in pages."""

@final
class Table:
    """A table of references."""

    def __new__(cls, store: _Storelike, ty: TableType, init: Any) -> Table: ...
    def type(self, store: _Storelike) -> TableType:
        """Returns the type. Its minimum does not change when the table grows."""

    def size(self, store: _Storelike) -> int:
        """Returns the number of elements."""

    def grow(self, store: _Storelike, amt: int, init: Any) -> int:
        """Adds elements, and returns the previous number."""

    def get(self, store: _Storelike, idx: int) -> Any:
        """Returns an element, or `None` for null and beyond the end."""

    def set(self, store: _Storelike, idx: int, val: Any) -> None:
        """Sets an element."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Global:
    """A global variable."""

    def __new__(cls, store: _Storelike, ty: GlobalType, val: Any) -> Global: ...
    def type(self, store: _Storelike) -> GlobalType:
        """Returns the type."""

    def value(self, store: _Storelike) -> Any:
        """Returns the value."""

    def set_value(self, store: _Storelike, val: Any) -> None:
        """Sets the value. Fails if the global is not mutable."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Tag:
    """A tag of exceptions."""

    def __new__(cls, store: _Storelike, ty: TagType) -> Tag: ...
    def type(self, store: _Storelike) -> TagType:
        """Returns the type: what an exception with this tag carries."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Ref:
    """A reference to an object or exception of a guest. Python can pass it on, and keeps what it refers to alive."""

@final
class WasiConfig:
    """What a guest is to see: at first nothing."""

    def __new__(cls) -> WasiConfig: ...
    @property
    def argv(self) -> Sequence[str]: ...
    @argv.setter
    def argv(self, value: Sequence[str]) -> None:
        """The arguments; the first is the program's name."""

    @property
    def env(self) -> Iterable[Sequence[str]]: ...
    @env.setter
    def env(self, value: Iterable[Sequence[str]]) -> None:
        """The environment: pairs of names and values."""

    @property
    def stdin_file(self) -> _Path: ...
    @stdin_file.setter
    def stdin_file(self, value: _Path) -> None:
        """A file that standard input comes from."""

    @property
    def stdin_bytes(self) -> bytes: ...
    @stdin_bytes.setter
    def stdin_bytes(self, value: bytes) -> None:
        """Bytes that standard input has."""

    @property
    def stdout_file(self) -> _Path: ...
    @stdout_file.setter
    def stdout_file(self, value: _Path) -> None:
        """A file that standard output goes to. It is made empty."""

    @property
    def stdout_custom(self) -> Callable[[bytes], int | None]: ...
    @stdout_custom.setter
    def stdout_custom(self, value: Callable[[bytes], int | None]) -> None:
        """A callable that gets what the guest writes, as bytes. It must not use the store. If it returns a number, that many bytes were written."""

    @property
    def stderr_file(self) -> _Path: ...
    @stderr_file.setter
    def stderr_file(self, value: _Path) -> None:
        """A file that standard error goes to. It is made empty."""

    @property
    def stderr_custom(self) -> Callable[[bytes], int | None]: ...
    @stderr_custom.setter
    def stderr_custom(self, value: Callable[[bytes], int | None]) -> None:
        """The same as `stdout_custom` for standard error."""

    def inherit_argv(self) -> None:
        """Passes on the arguments of this process."""

    def inherit_env(self) -> None:
        """Passes on the environment of this process."""

    def inherit_stdin(self) -> None:
        """Passes on the standard input of this process."""

    def inherit_stdout(self) -> None:
        """Passes on the standard output of this process."""

    def inherit_stderr(self) -> None:
        """Passes on the standard error of this process."""

    def preopen_dir(self, path: _Path, guest_path: str, fs_mutable: bool = True) -> None:
        """Lets the guest use the directory `path`, and all beneath it, under the name `guest_path`."""

    def deterministic(self) -> None:
        """Makes clocks and random numbers the same in each run."""
