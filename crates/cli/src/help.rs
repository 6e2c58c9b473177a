//! The text of `wasmote --help`.

pub const TEXT: &str = "\
wasmote runs WebAssembly, and looks into it.

  wasmote [run] [OPTIONS] FILE [ARGS]   run a program, or one function of a module
  wasmote validate FILE                 say whether a module is valid, or verify an image
  wasmote inspect FILE                  list imports, exports, sections and needed features
  wasmote dump FILE [N|NAME]            print the instructions that functions become, or that one does
  wasmote compile FILE -o OUT.wmi       translate a module ahead of time, into an image
  wasmote print FILE [-o OUT.wat]       print a module as text
  wasmote parse FILE [-o OUT.wasm]      make a binary of text
  wasmote wast FILE...                  run scripts of the specification (.wast)

FILE is a binary, text (.wat) or an image, told apart by what is in it; `-` is standard input. `compile` and
`print` take no images, `parse` and `wast` only text. Options stand before FILE; all that follows FILE belongs to the program, and `--`
may stand between.

Options of run:
  --dir HOST[::GUEST]   let the program use the directory HOST, under the name GUEST (or HOST)
  --dir-ro HOST[::GUEST]   the same, only to read
  --env NAME=VALUE      set a variable of the program's environment
  --env-inherit         let the program have this environment's variables too
  --tcplisten ADDR      let the program accept connections at ADDR, an address and a port (127.0.0.1:8080)
  --clock fixed:NS      stop the program's clocks, NS nanoseconds after 1970; sleeping moves them on, at once
  --random-seed N       give the program the same random bytes at every run with the same N
  --invoke NAME         call the exported function NAME; ARGS are its arguments, results are printed
  --eager               translate all functions at once, not each when it is first called
  --fuel N              stop with a trap when N units of fuel are used up (docs/fuel.md; an image must be compiled with --fuel)
  --no-superinstructions   have each instruction done by a handler of its own, which is slower
  --trace[=FUNC]        print each instruction as it runs, with its values, of one function or of all, to standard error (only
                        where the feature `trace` is built in)
  --stats               say on standard error how long each phase took, and how much memory

Options of dump:
  --linked              print code as it runs, each instruction with the operator that it comes from
  --no-superinstructions   as with run
  --func N|NAME         the same as N or NAME behind FILE

Options of compile:
  -o OUT                the image (`-` is standard output)
  --op-set core|extended   which instructions it may have: core for firmware, extended is faster
  --fuel                have the code take fuel, so that whoever runs it can stop it
  --names               keep the names of functions, for backtraces

Options of print and parse:
  -o OUT                the text, or the binary (`-` is standard output, where it goes without this)

  --help, --version

Exit status: the program's own; 134 after a trap; 1 if the module can't be loaded; 2 for a wrong
command line.
";
