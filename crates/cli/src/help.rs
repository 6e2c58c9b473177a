//! The text of `wasmote --help`.

pub const TEXT: &str = "\
wasmote runs and examines WebAssembly modules.

  wasmote [run] [OPTIONS] FILE [ARGS]   run a program, or call one function of a module
  wasmote validate FILE                 check whether a module is valid, or verify an image
  wasmote inspect FILE                  list imports, exports, sections and required features
  wasmote dump FILE [N|NAME]            print the translated instructions of all functions, or of one
  wasmote compile FILE -o OUT.wmi       translate a module ahead of time, into an image
  wasmote print FILE [-o OUT.wat]       convert a binary to text
  wasmote parse FILE [-o OUT.wasm]      convert text to a binary
  wasmote wast FILE...                  run scripts of the specification (.wast)

FILE is a binary, text (.wat) or an image; its content tells which. `-` is standard input. `compile` and `print`
take no images. `parse` and `wast` take only text. Options come before FILE. Everything behind FILE is passed to
the program, with or without `--` in between. For `compile`, `print` and `parse`, options may also follow FILE.

Options of run:
  --dir HOST[::GUEST]   let the program use the directory HOST, under the name GUEST (default: HOST)
  --dir-ro HOST[::GUEST]   the same, for reading only
  --env NAME=VALUE      set an environment variable of the program
  --env-inherit         pass the environment of this process to the program; --env takes precedence
  --tcplisten ADDR      let the program accept TCP connections at ADDR, an address and a port (127.0.0.1:8080)
  --clock fixed:NS      stop the program's clocks at NS nanoseconds after 1970; sleeping returns at once and
                        advances them
  --random-seed N       make the program's random bytes the same in each run with the same N
  --deterministic       make runs the same on every machine: canonical NaNs, limits that do not depend on it, clocks
                        that begin at 1970 and advance by a microsecond each time they are read, and --random-seed 0;
                        compile an image with --deterministic for this
  --invoke NAME         call the exported function NAME with ARGS, and print its results
  --eager               translate all functions before the run, not each at its first call
  --timeout TIME        stop the program after TIME: a number with ms, s, m or h, such as 500ms
  --threads             let the program start threads (wasi-threads, docs/threads.md)
  --fuel N              trap when N units of fuel are used up (docs/fuel.md); an image must be compiled with --fuel
  --max-memory SIZE     the most bytes of each memory, such as 1048576, 64KiB, 64MiB or 1GiB; beyond it, growing
                        returns -1
  --max-table N         the most elements of each table
  --max-total SIZE      the most bytes of memories, tables, objects and translated code together
  --max-stack SIZE      the bytes of the value stack, which limits how deep calls go (default: 8MiB)
  --trap-on-grow-failure   trap where growing would return -1
  -W fuel=N, -W timeout=TIME, -W max-memory-size=SIZE, -W max-table-elements=N, -W max-wasm-stack=SIZE,
  -W trap-on-grow-failure, -S threads   the same, as wasmtime has them
  --no-superinstructions   run each instruction with its own handler, which is slower
  --trace[=FUNC]        print each instruction with its values to standard error as it runs, for one function or
                        for all; needs a build with the feature `trace`
  --profile[=FILE]      note what runs every millisecond, and write FILE: a flame graph if it ends with .svg, otherwise
                        folded stacks; without FILE both, as profile.svg and profile.folded (docs/profiling.md)
  --record FILE         keep in FILE what the program gets from outside, so that --replay can run it again
  --replay FILE         run the program with what FILE holds: without its files, clocks and other input. What it
                        printed is printed again; FILE must be a recording of the same module (docs/replay.md)
  --stats               print the time of each phase and the memory used to standard error

Options of dump:
  --linked              print the linked code, each instruction with the operator that it comes from
  --no-superinstructions   as for run
  --func N|NAME         the same as N or NAME behind FILE

Options of compile:
  -o OUT                the image to write (`-` is standard output)
  --op-set core|extended   the instructions that the image may use: core for firmware, extended for speed
  --fuel                make the code consume fuel, so that a run can be limited
  --deterministic       make the code return canonical NaNs, for a deterministic run
  --names[=offsets]     keep the names of functions (and the offsets of instructions), for backtraces

Options of print and parse:
  -o OUT                the file to write (default and `-`: standard output)

  --help, --version

Ctrl-C stops the program and prints what it was doing; a second Ctrl-C ends it at once.

Exit status: the program's own; 134 after a trap; 124 after --timeout; 130 after Ctrl-C; 1 if the module can't be
loaded; 2 for a wrong command line.
";
