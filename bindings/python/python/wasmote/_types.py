"""Types, errors and traps: plain data, which needs no native code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Iterator, TypeVar, Union


class WasmoteError(Exception):
    """Why an operation failed, unless a more specific exception says so."""


class ExitTrap(WasmoteError):
    """A guest ended with an exit status, as `proc_exit` of WASI does."""

    code: int

    def __init__(self, code: int) -> None:
        super().__init__(f"the guest exited with status {code}")
        self.code = code

    def __reduce__(self) -> tuple[type[ExitTrap], tuple[int]]:
        return (type(self), (self.code,))


class TrapCode(Enum):
    """Why wasm trapped."""

    UNREACHABLE = "UnreachableCodeReached"
    MEMORY_OUT_OF_BOUNDS = "MemoryOutOfBounds"
    TABLE_OUT_OF_BOUNDS = "TableOutOfBounds"
    UNDEFINED_ELEMENT = "UndefinedElement"
    INDIRECT_CALL_TO_NULL = "IndirectCallToNull"
    BAD_SIGNATURE = "BadSignature"
    INTEGER_OVERFLOW = "IntegerOverflow"
    INTEGER_DIVISION_BY_ZERO = "IntegerDivisionByZero"
    BAD_CONVERSION_TO_INTEGER = "BadConversionToInteger"
    STACK_OVERFLOW = "StackOverflow"
    NULL_REFERENCE = "NullReference"
    INVALID_FUNCTION = "InvalidFunction"
    HOST = "Host"
    OUT_OF_FUEL = "OutOfFuel"
    INTERRUPT = "Interrupt"
    UNCAUGHT_EXCEPTION = "Exception"
    ALLOCATION_TOO_LARGE = "HeapExhausted"
    ARRAY_OUT_OF_BOUNDS = "ArrayOutOfBounds"
    CAST_FAILURE = "CastFailure"
    GROWTH_OPERATION_LIMITED = "GrowthOperationLimited"
    SUSPENDED = "Suspended"
    HEAP_MISALIGNED = "UnalignedAtomic"
    ATOMIC_WAIT_NON_SHARED_MEMORY = "ExpectedSharedMemory"
    CONTINUATION_ALREADY_CONSUMED = "ContinuationConsumed"
    UNHANDLED_TAG = "UnhandledTag"


@dataclass(frozen=True)
class Frame:
    """A function of wasm that a trap stopped."""

    func_index: int
    """The function's index in its module; imports count."""
    func_name: str | None
    module_name: str | None
    module_offset: int | None
    """The byte offset of the instruction in the binary, if it is known."""
    func_offset: int | None
    """The same from the function's first byte on."""


class Trap(Exception):
    """Wasm stopped. A host function may raise one, too."""

    message: str
    frames: Sequence[Frame]
    """The functions that were running, the innermost first; at most 64."""
    trap_code: TrapCode | None
    """The reason. `None` for a trap that Python made."""

    def __init__(self, message: str, trap_code: TrapCode | None = None, frames: Sequence[Frame] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.trap_code = trap_code
        self.frames = list(frames)

    def __reduce__(self) -> tuple[type[Trap], tuple[str, TrapCode | None, list[Frame]]]:
        return (type(self), (self.message, self.trap_code, list(self.frames)))


@dataclass(frozen=True, repr=False)
class ValType:
    """The type of a value. The methods of the class make those that a host can use."""

    _name: str

    @classmethod
    def i32(cls) -> ValType:
        """A 32-bit integer: `int`."""
        return cls("i32")

    @classmethod
    def i64(cls) -> ValType:
        """A 64-bit integer: `int`."""
        return cls("i64")

    @classmethod
    def f32(cls) -> ValType:
        """A 32-bit float: `float`."""
        return cls("f32")

    @classmethod
    def f64(cls) -> ValType:
        """A 64-bit float: `float`."""
        return cls("f64")

    @classmethod
    def v128(cls) -> ValType:
        """A vector: 16 `bytes`, the first lane first. An `int` is taken, too."""
        return cls("v128")

    @classmethod
    def externref(cls) -> ValType:
        """A reference to any object of Python, or `None`."""
        return cls("externref")

    @classmethod
    def funcref(cls) -> ValType:
        """A reference to a function: a `Func`, or `None`."""
        return cls("funcref")

    @classmethod
    def anyref(cls) -> ValType:
        """A reference to an object of the guest: a `Ref`, or `None`."""
        return cls("anyref")

    def __repr__(self) -> str:
        return f"ValType({self._name})"

    def __str__(self) -> str:
        return self._name


@dataclass(frozen=True)
class Val:
    """A value with its type. Python's own values serve as well, so programs need it only if they were written for it."""

    type: ValType
    value: Any

    @classmethod
    def i32(cls, val: int) -> Val:
        """A 32-bit integer."""
        return cls(ValType.i32(), val)

    @classmethod
    def i64(cls, val: int) -> Val:
        """A 64-bit integer."""
        return cls(ValType.i64(), val)

    @classmethod
    def f32(cls, val: float) -> Val:
        """A 32-bit float."""
        return cls(ValType.f32(), val)

    @classmethod
    def f64(cls, val: float) -> Val:
        """A 64-bit float."""
        return cls(ValType.f64(), val)

    @classmethod
    def externref(cls, extern: Any) -> Val:
        """A reference to any object."""
        return cls(ValType.externref(), extern)

    @classmethod
    def funcref(cls, f: Any) -> Val:
        """A reference to a function."""
        return cls(ValType.funcref(), f)


class FuncType:
    """The type of a function."""

    def __init__(self, params: Sequence[ValType], results: Sequence[ValType]) -> None:
        for ty in (*params, *results):
            if not isinstance(ty, ValType):
                raise TypeError("expected ValType")
        self._params = tuple(params)
        self._results = tuple(results)

    @property
    def params(self) -> list[ValType]:
        """The types of the parameters."""
        return list(self._params)

    @property
    def results(self) -> list[ValType]:
        """The types of the results."""
        return list(self._results)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FuncType) and (self._params, self._results) == (other._params, other._results)

    def __hash__(self) -> int:
        return hash((self._params, self._results))

    def __repr__(self) -> str:
        return f"FuncType({self.params}, {self.results})"


@dataclass(frozen=True)
class Limits:
    """The size of a memory in pages, or of a table in elements. Without `max`, growth has no limit."""

    min: int
    max: int | None = None


@dataclass(frozen=True)
class GlobalType:
    """The type of a global."""

    content: ValType
    mutable: bool


@dataclass(frozen=True)
class TableType:
    """The type of a table."""

    element: ValType
    limits: Limits
    is_64: bool = False


@dataclass(frozen=True)
class MemoryType:
    """The type of a memory."""

    limits: Limits
    is_64: bool = False
    shared: bool = False
    page_size_log2: int = 16

    @property
    def is_shared(self) -> bool:
        """Whether threads share the memory."""
        return self.shared

    @property
    def page_size(self) -> int:
        """The bytes of a page."""
        return 1 << self.page_size_log2


@dataclass(frozen=True)
class TagType:
    """The type of a tag: what an exception carries."""

    functype: FuncType


ExternType = Union[FuncType, TableType, MemoryType, GlobalType, TagType]


@dataclass(frozen=True)
class ImportType:
    """What a module imports."""

    module: str
    name: str
    type: ExternType


@dataclass(frozen=True)
class ExportType:
    """What a module exports."""

    name: str
    type: ExternType


_Item = TypeVar("_Item", covariant=True)


class InstanceExports(Mapping[str, _Item], Generic[_Item]):
    """The exports of an instance, by name and in their order."""

    def __init__(self, exports: dict[str, _Item]) -> None:
        self._exports = exports

    @property
    def by_index(self) -> Sequence[_Item]:
        """The exports in the order of the module."""
        return list(self._exports.values())

    def __getitem__(self, name: str) -> _Item:
        return self._exports[name]

    def __len__(self) -> int:
        return len(self._exports)

    def __iter__(self) -> Iterator[str]:
        return iter(self._exports)

    def __repr__(self) -> str:
        return f"InstanceExports({self._exports})"
