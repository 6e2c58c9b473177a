# Tells the runner of WebAssembly/wasi-testsuite how to start wasmote. In a checkout of its branch `prod/testsuite-base`, with
# Python 3.12 or newer and `pip install colorama requests`:
#
#     WASMOTE=.../target/release/wasmote ./run-tests --runtime-adapter .../tools/wasi-testsuite/wasmote.py
import os
import subprocess

WASMOTE = os.getenv("WASMOTE", "wasmote")


def get_name():
    return "wasmote"


def get_version():
    return subprocess.run([WASMOTE, "--version"], encoding="UTF-8", capture_output=True, check=True).stdout.split()[1]


def get_wasi_versions():
    return ["wasm32-wasip1"]


def get_wasi_worlds():
    return ["wasi:cli/command"]


def get_timeout_seconds():
    return 60


def compute_argv(test_path, args_env_root, proposals, wasi_world, wasi_version):
    args, env, root = args_env_root
    argv = [WASMOTE, "run"]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if root:
        argv += ["--dir", f"{root}::/"]
    return argv + [str(test_path)] + args
