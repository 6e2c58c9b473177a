"""Calls and loads per second, beside wasmtime-py, in one run: `cargo xtask python --bench`.

Both packages do the same in turns, so that what else the machine does meets both. The figure of a round is how often it was done in
a tenth of a second; a row has the medians, and the median of the rounds' ratios.
"""

import importlib
import statistics
import sys
import time

ROUNDS = 15
SECONDS = 0.1

TEXT = """(module
  (import "host" "f" (func $f (param i32 i32) (result i32)))
  (func (export "empty"))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "host") (result i32) (call $f (i32.const 1) (i32.const 2)))
  (memory (export "memory") 1))"""

# What a small program has: 100 functions.
LARGER = "(module" + "".join(
    f'(func (export "f{n}") (param i32) (result i32) (i32.mul (local.get 0) (i32.add (local.get 0) (i32.const {n}))))'
    for n in range(100)
) + ")"


def rows(package):
    """Returns what is measured, by name."""
    engine = package.Engine()
    store = package.Store(engine)
    i32 = package.ValType.i32()
    host = package.Func(store, package.FuncType([i32, i32], [i32]), lambda a, b: a + b)
    exports = package.Instance(store, package.Module(engine, TEXT), [host]).exports(store)
    empty, add, call_host, memory = (exports[name] for name in ("empty", "add", "host", "memory"))
    binary = bytes(package.wat2wasm(LARGER))
    assert add(store, 2, 3) == 5 and call_host(store) == 3
    return {
        "empty call": lambda: empty(store),
        "call with 2 ints": lambda: add(store, 2, 3),
        "call of a host function": lambda: call_host(store),
        "read of 16 bytes": lambda: memory.read(store, 0, 16),
        "module load": lambda: package.Module(engine, binary),
        "store with a memory": lambda: package.Memory(
            package.Store(engine), package.MemoryType(package.Limits(1, None))
        ),
    }


def rate(work):
    """Does `work` for a while. Returns how often in a second."""
    count, step, start = 0, 1, time.perf_counter()
    while True:
        for _ in range(step):
            work()
        count += step
        spent = time.perf_counter() - start
        if spent >= SECONDS:
            return count / spent
        step = min(step * 2, 1000)


def main():
    names = ["wasmote", "wasmtime"]
    packages = [rows(importlib.import_module(name)) for name in names]
    print(f"{'per second':<26}{names[0]:>12}{names[1]:>12}{'ratio':>9}")
    for row in packages[0]:
        rounds = []
        for number in range(ROUNDS):
            order = [0, 1] if number % 2 == 0 else [1, 0]
            rates = {which: rate(packages[which][row]) for which in order}
            rounds.append((rates[0], rates[1]))
        ours, theirs = (statistics.median(column) for column in zip(*rounds))
        ratio = statistics.median(a / b for a, b in rounds)
        print(f"{row:<26}{ours:>12,.0f}{theirs:>12,.0f}{ratio:>8.2f}x", flush=True)


if __name__ == "__main__":
    sys.exit(main())
