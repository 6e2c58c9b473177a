#!/usr/bin/env python3
"""check.py [--engine COMMAND] [--bless] [--bench] [NAME...]: runs the cases of guests.toml under an engine.

COMMAND is what goes before the module and its arguments, e.g. "wasmi run"; without it, node's WASI (run-node.mjs).
--bless writes the expected files from the output; --bench runs the benchmark arguments instead and prints CPU seconds.
Needs Python 3.11.
"""
import argparse, os, resource, shlex, subprocess, sys, tempfile, tomllib

here = os.path.dirname(os.path.abspath(__file__))
p = argparse.ArgumentParser()
node = f"node --no-warnings {shlex.quote(here)}/run-node.mjs"
p.add_argument("--engine", default=node)
p.add_argument("--bless", action="store_true")
p.add_argument("--bench", action="store_true")
p.add_argument("names", nargs="*")
o = p.parse_args()
with open(os.path.join(here, "guests.toml"), "rb") as f:
    cases = tomllib.load(f)["case"]
bad = 0
for c in cases:
    if o.names and c["name"] not in o.names or o.bench and not c["bench"]:
        continue
    args = c.get("bench_args", c["args"]) if o.bench else c["args"]
    stdin = c.get("bench_stdin", c.get("stdin")) if o.bench else c.get("stdin")
    dirs = []
    if o.bench:
        for d in c.get("bench_dirs", []):
            dirs += ["--dir", f"{d}={d}" if o.engine == node else d]
    elif "scratch" in c:
        if o.engine != node:
            print(f"{c['name']:20} left out: needs a folder under another name")
            continue
        scratch = tempfile.TemporaryDirectory()
        dirs = ["--dir", f"{c['scratch']}={scratch.name}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = subprocess.run(
        shlex.split(o.engine) + dirs + [os.path.join(here, c["module"]), *args],
        stdin=open(os.path.join(here, stdin), "rb") if stdin else subprocess.DEVNULL, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    path = os.path.join(here, c["expected"])
    if o.bless:
        with open(path, "wb") as f:
            f.write(r.stdout)
    if o.bench:
        ok = r.returncode == c["exit"]
    else:
        ok = r.returncode == c["exit"] and os.path.exists(path) and open(path, "rb").read() == r.stdout
    bad += not ok
    print(f"{c['name']:20} {cpu:7.2f} s  {'ok' if ok else 'FAILED: exit %d' % r.returncode}", flush=True)
    if not ok:
        sys.stdout.write(r.stdout.decode(errors="replace")[-500:] + r.stderr.decode(errors="replace")[-500:])
sys.exit(bad != 0)
