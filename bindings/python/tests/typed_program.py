"""A program for the type checker, which also runs."""

from wasmote import Caller, Config, Engine, Func, FuncType, Linker, Memory, Module, Store, Trap, ValType


def log(caller: Caller, number: int) -> None:
    memory: Memory = caller["memory"]
    assert memory.read(caller, 0, 1) == bytearray(1)
    assert number == 5


config = Config()
config.consume_fuel = True
engine = Engine(config)
linker = Linker(engine)
linker.define_func("host", "log", FuncType([ValType.i32()], []), log, access_caller=True)
module = Module(
    engine,
    """(module (import "host" "log" (func $log (param i32))) (memory (export "memory") 1)
      (func (export "run") (call $log (i32.const 5)) unreachable))""",
)
store = Store(engine)
store.set_fuel(1000)
run: Func = linker.instantiate(store, module).exports(store)["run"]
try:
    run(store)
except Trap as trap:
    names: list[str | None] = [frame.func_name for frame in trap.frames]
    assert names == [None]
else:
    raise AssertionError("no trap")
