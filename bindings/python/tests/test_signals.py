"""Ctrl-C, forks and the end of the interpreter. Each in a process of its own."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

if sys.platform == "win32":
    pytest.skip("signals of Unix", allow_module_level=True)

PRELUDE = """
import os, signal, sys, threading, time
from wasmote import *
# A shell lets what it runs in the background ignore SIGINT, and Python then has no handler for it.
signal.signal(signal.SIGINT, signal.default_int_handler)
engine = Engine()
store = Store(engine)
def load(text, *imports):
    return Instance(store, Module(engine, text), imports).exports(store)
SPIN = '(module (func (export "spin") (loop (br 0))))'
"""


def start(program: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", PRELUDE + textwrap.dedent(program)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout.readline() == "ready\n"
    return process


def interrupted(program: str, **options) -> str:
    process = start(program, **options)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    try:
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    return output


def test_ctrl_c_stops_a_guest():
    assert (
        interrupted(
            """
            spin = load(SPIN)["spin"]
            print("ready", flush=True)
            try:
                spin(store)
            except KeyboardInterrupt:
                print("interrupted")
            # The store can be used afterwards.
            print(load('(module (func (export "f") (result i32) i32.const 5))')["f"](store))
            """
        )
        == "interrupted\n5\n"
    )


def test_ctrl_c_stops_a_start_function():
    program = """
    print("ready", flush=True)
    try:
        load('(module (func $spin (loop (br 0))) (start $spin))')
    except KeyboardInterrupt:
        print("interrupted")
    """
    assert interrupted(program) == "interrupted\n"


def test_ctrl_c_passes_nested_calls():
    program = """
    spin = load(SPIN)["spin"]
    host = Func(store, FuncType([], []), lambda: spin(store))
    run = load('(module (import "" "" (func $f)) (func (export "run") (call $f)))', host)["run"]
    print("ready", flush=True)
    try:
        run(store)
    except KeyboardInterrupt:
        print("interrupted")
    """
    assert interrupted(program) == "interrupted\n"


def test_ctrl_c_stops_a_guest_that_waits_for_input():
    program = """
    config = WasiConfig()
    config.inherit_stdin()
    store.set_wasi(config)
    linker = Linker(engine)
    linker.define_wasi()
    run = linker.instantiate(store, Module(engine, '''(module
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\\\40\\\\00\\\\00\\\\00\\\\10\\\\00\\\\00\\\\00")
      (func (export "run") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))))'''))
    run = run.exports(store)["run"]
    print("ready", flush=True)
    try:
        run(store)
    except KeyboardInterrupt:
        print("interrupted")
    """
    reading, writing = os.pipe()
    try:
        assert interrupted(program, stdin=reading) == "interrupted\n"
    finally:
        os.close(reading)
        os.close(writing)


def test_handlers_of_other_signals_run_and_the_guest_goes_on():
    program = """
    stop = []
    handle = store.interrupt_handle()
    def alarm(number, frame):
        stop.append(number)
        if len(stop) == 3:
            handle.interrupt()
    signal.signal(signal.SIGALRM, alarm)
    spin = load(SPIN)["spin"]
    print("ready", flush=True)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        spin(store)
    except Trap as trap:
        print(len(stop), trap.trap_code.name)
    """
    process = start(program)
    assert process.communicate(timeout=60)[0] == "3 INTERRUPT\n" and process.returncode == 0


def test_a_forked_child_can_be_interrupted():
    program = """
    spin = load(SPIN)["spin"]
    load('(module (func (export "f")))')["f"](store)
    time.sleep(0.2)
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            spin(store)
        except KeyboardInterrupt:
            os._exit(7)
        os._exit(1)
    print("ready", flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    process = start(program)
    assert process.communicate(timeout=60)[0] == "7\n" and process.returncode == 0


def test_the_interpreter_ends_while_a_daemon_thread_runs_wasm():
    program = """
    spin = load(SPIN)["spin"]
    count = Func(store, FuncType([], []), lambda: None)
    calls = load('(module (import "" "" (func $f)) (func (export "run") (loop (call $f) (br 0))))', count)["run"]
    threading.Thread(target=calls, args=(store,), daemon=True).start()
    other = Store(engine)
    spin = Instance(other, Module(engine, SPIN), []).exports(other)["spin"]
    threading.Thread(target=spin, args=(other,), daemon=True).start()
    time.sleep(0.3)
    print("ready", flush=True)
    """
    # What a thread does at that moment differs from process to process.
    processes = [start(program, stderr=subprocess.PIPE) for _ in range(8)]
    for process in processes:
        _, messages = process.communicate(timeout=60)
        assert process.returncode == 0, messages
