"""The type hints are those of the package."""

import subprocess
import sys

import wasmote
from wasmote import _wasmote


def test_hints_fit_the_package():
    command = [sys.executable, "-m", "mypy.stubtest", "wasmote", "--allowlist", "tests/stubtest-allowlist.txt"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_package_passes_mypy():
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "python/wasmote", "tests/typed_program.py"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_typed_program_runs():
    subprocess.run([sys.executable, "tests/typed_program.py"], check=True)


def test_everything_is_exported_and_documented():
    native = {name for name, value in vars(_wasmote).items() if not name.startswith("_") and callable(value)}
    assert native <= set(wasmote.__all__)
    for name in wasmote.__all__:
        value = getattr(wasmote, name)
        assert value.__doc__ or name in ("Extern", "ExternType", "Storelike"), name
        if isinstance(value, type):
            missing = [
                member
                for member, it in vars(value).items()
                if not member.startswith("_") and callable(it) and not it.__doc__
            ]
            assert not missing, (name, missing)
