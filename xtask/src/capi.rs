//! `cargo xtask capi [PATH]`: C and C++ programs use the C API.
//!
//! - Both headers compile without a warning, in old and new standards of both languages.
//! - The tests of this repository pass with AddressSanitizer and LeakSanitizer, and in valgrind.
//! - The examples of WebAssembly/wasm-c-api compile as C99, and all but one as C++17, and run to their end. They check most results
//!   themselves. Another library with the same API can say what they print elsewhere.
//! - So do the examples that WAMR adds to them, as C99.
//!
//! The first two need no checkout. They are steps of `cargo xtask ci`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;

use crate::project;

pub const OPTIONS: &str = "
  PATH         a checkout of WebAssembly/wasm-c-api: its examples are compiled and run, too
  --wamr PATH  a checkout of bytecodealliance/wasm-micro-runtime: so are the four examples that it adds
  --quick      no valgrind
  --peer LIB   a shared library with the API of wasm.h: what an example prints is compared with what it prints with that
               one, if it runs there to its end

Compilers are gcc and clang, as far as they are installed. valgrind is used if it is installed.
";

/// An example.
struct Example {
    name: &'static str,
    /// The last line that it prints.
    end: &'static str,
    /// A part of its module in the text format that is not valid any more, and what stands for it today.
    dated: Option<(&'static str, &'static str)>,
    /// Whether it is valid C++, too.
    is_cpp: bool,
}

const fn example(name: &'static str) -> Example {
    Example { name, end: "Done.", dated: None, is_cpp: true }
}

const EXAMPLES: [Example; 13] = [
    example("callback"),
    example("finalize"),
    example("global"),
    example("hello"),
    Example { dated: Some(("(ref.null)", "(ref.null extern)")), ..example("hostref") },
    example("memory"),
    example("multi"),
    example("reflect"),
    example("serialize"),
    example("start"),
    example("table"),
    // It makes a pointer of what `malloc` returns, without a cast.
    Example { end: "Waiting for thread: 9", is_cpp: false, ..example("threads") },
    example("trap"),
];

/// An example of WAMR's that is not among those above.
struct WamrExample {
    name: &'static str,
    /// Its modules in the text format.
    modules: &'static [&'static str],
    /// The last line that it prints. Several threads may print it.
    end: &'static str,
    /// What it needs of WAMR alone, as C that takes the place of WAMR's headers.
    wamr: &'static str,
}

const WAMR_EXAMPLES: [WamrExample; 4] = [
    WamrExample { name: "callback_chain", modules: &["callback_chain"], end: "Done.", wamr: "" },
    WamrExample { name: "empty_imports", modules: &["empty_imports"], end: "Done.", wamr: "" },
    // WAMR reads the module that another imports itself, from a file of that name. The exports are in the order of the imports.
    WamrExample {
        name: "globalexportimport",
        modules: &["globalexportimport-0", "globalexportimport-1"],
        end: "Done.",
        wamr: r#"
typedef uint8_t uint8;
typedef uint32_t uint32;
#define wasm_runtime_set_module_reader(reader, destroyer) ((void)0)
wasm_module_t *create_module_from_file(wasm_store_t *store, const char *filename);
static wasm_instance_t *linked(wasm_store_t *store, const wasm_module_t *module) {
  wasm_module_t *imported = create_module_from_file(store, "globalexportimport-0.wasm");
  wasm_instance_t *instance = wasm_instance_new(store, imported, NULL, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_instance_t *user = wasm_instance_new(store, module, &exports, NULL);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(imported);
  return user;
}
#define wasm_instance_new(store, module, imports, trap) linked(store, module)
"#,
    },
    // It uses the module of one engine with another, which WAMR allows: there all engines are the same one.
    WamrExample {
        name: "clone",
        modules: &["clone"],
        end: "All Passed ...",
        wamr: r#"
static wasm_engine_t *the_engine;
static wasm_engine_t *one_engine(void) {
  if (!the_engine) the_engine = wasm_engine_new();
  return the_engine;
}
#define wasm_engine_new one_engine
#define wasm_engine_delete(engine) ((void)(engine))
"#,
    },
];

/// A compiler, with the programs for both languages.
struct Compiler {
    c: &'static str,
    cpp: &'static str,
}

const COMPILERS: [Compiler; 2] = [Compiler { c: "gcc", cpp: "g++" }, Compiler { c: "clang", cpp: "clang++" }];

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
/// Each language with its standard, and with the warnings that are about the examples, not about the headers: `main` has
/// parameters that it does not use, and what is C is not always good C++. Each compiler has its own names for that.
const LANGUAGES: [(&str, &str, &[&str]); 2] = [
    ("c", "c99", &["-Wno-unused-parameter"]),
    (
        "c++",
        "c++17",
        &[
            "-Wno-unused-parameter",
            "-Wno-narrowing",
            "-Wno-literal-suffix",
            "-Wno-unknown-warning-option",
            "-Wno-reserved-user-defined-literal",
            "-Wno-deprecated",
        ],
    ),
];

/// Where everything is.
struct Place {
    include: PathBuf,
    tests: PathBuf,
    library: PathBuf,
    /// Where programs are put, and run: beside the modules of the examples.
    work: PathBuf,
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    let folder_of = |checkout: PathBuf, inner: &str| -> Result<PathBuf> {
        let folder = checkout.join(inner);
        ensure!(folder.is_dir(), "{} has no folder {inner}", checkout.display());
        Ok(folder.canonicalize()?)
    };
    let wamr: Option<PathBuf> = arguments.opt_value_from_str("--wamr")?;
    let wamr = wamr.map(|checkout| folder_of(checkout, "samples/wasm-c-api/src")).transpose()?;
    let quick = arguments.contains("--quick");
    let peer: Option<PathBuf> = arguments.opt_value_from_str("--peer")?;
    let peer = peer.map(|path| path.canonicalize()).transpose()?;
    let examples: Option<PathBuf> = arguments.opt_free_from_str()?;
    let examples = examples.map(|checkout| folder_of(checkout, "example")).transpose()?;
    crate::no_more_arguments(arguments)?;

    let place = place()?;
    for compiler in compilers()? {
        headers(&place, compiler)?;
        let count = own_tests(&place, compiler, !quick)?;
        println!("{}: the headers have no warnings, and {count} test programs pass", compiler.c);
        if let Some(examples) = &examples {
            let mut compared = 0;
            for example in &EXAMPLES {
                let checked = run_example(&place, compiler, examples, example, peer.as_deref());
                compared += usize::from(checked.with_context(|| format!("{} with {}", example.name, compiler.c))?);
            }
            let count = EXAMPLES.len();
            println!("{}: {count} examples run in C and (but threads) in C++", compiler.c);
            if peer.is_some() {
                println!(
                    "{}: {compared} of {count} examples run with the other library, and print the same",
                    compiler.c
                );
            }
        }
        if let Some(wamr) = &wamr {
            for example in &WAMR_EXAMPLES {
                run_wamr_example(&place, compiler, wamr, example)
                    .with_context(|| format!("{} of WAMR with {}", example.name, compiler.c))?;
            }
            println!("{}: {} examples of WAMR run", compiler.c, WAMR_EXAMPLES.len());
        }
    }
    Ok(())
}

/// The headers and the tests with one compiler, without valgrind. Returns why that was left out, if it was.
pub fn check() -> Result<Option<String>> {
    let Ok(compilers) = compilers() else { return Ok(Some("there is no C compiler".into())) };
    let place = place()?;
    for compiler in &compilers {
        headers(&place, compiler)?;
    }
    let count = own_tests(&place, compilers[0], false)?;
    println!("{count} test programs pass with AddressSanitizer");
    Ok(None)
}

/// The headers and the tests with all compilers, and in valgrind.
pub fn check_more() -> Result<Option<String>> {
    let Ok(compilers) = compilers() else { return Ok(Some("there is no C compiler".into())) };
    let place = place()?;
    for compiler in compilers {
        headers(&place, compiler)?;
        let count = own_tests(&place, compiler, true)?;
        println!("{}: {count} test programs pass", compiler.c);
    }
    Ok((!is_there("valgrind")).then(|| "valgrind is not installed; the rest ran".into()))
}

/// Builds the library.
fn place() -> Result<Place> {
    project::run(&mut project::cargo(["build", "--package", "wasmote-capi"]))?;
    let folder = project::root().join("crates").join("capi");
    let work = project::target_dir().join("capi");
    fs::create_dir_all(&work)?;
    let library = project::target_dir().join("debug").join(format!(
        "{}wasmote_c{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    Ok(Place { include: folder.join("include"), tests: folder.join("tests"), library, work })
}

/// The compilers that are installed, for both languages.
fn compilers() -> Result<Vec<&'static Compiler>> {
    let compilers: Vec<_> = COMPILERS.iter().filter(|it| is_there(it.c) && is_there(it.cpp)).collect();
    ensure!(!compilers.is_empty(), "there is neither gcc nor clang");
    Ok(compilers)
}

fn is_there(program: &str) -> bool {
    project::succeeds(Command::new(program).arg("--version"))
}

/// Runs a command, and returns what it printed. Fails if it fails, or if the compiler warned.
fn output(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| project::command_line(command))?;
    if !output.status.success() {
        let printed = [&*output.stdout, &*output.stderr].concat();
        bail!("{}: {}\n{}", project::command_line(command), output.status, String::from_utf8_lossy(&printed));
    }
    Ok(output)
}

/// Compiles both headers.
fn headers(place: &Place, compiler: &Compiler) -> Result<()> {
    let standards = [
        // wasm.h has a `static_assert`, which C99 lacks. Installed headers give no warnings.
        (compiler.c, "c", "c99", "-isystem"),
        (compiler.c, "c", "c11", "-I"),
        (compiler.c, "c", "c17", "-I"),
        (compiler.cpp, "c++", "c++11", "-I"),
        (compiler.cpp, "c++", "c++17", "-I"),
        (compiler.cpp, "c++", "c++20", "-I"),
    ];
    let source = place.work.join("headers.c");
    fs::write(&source, "#include \"wasmote.h\"\nint main(void) { return 0; }\n")?;
    for (program, language, standard, include) in standards {
        let mut command = Command::new(program);
        command.args(STRICT).arg(format!("-std={standard}")).args([include.as_ref(), place.include.as_os_str()]);
        command.args(["-fsyntax-only", "-x", language]).arg(&source);
        output(&mut command)?;
    }
    Ok(())
}

/// Links a program with a library, which it finds where that is now.
fn linked(command: &mut Command, library: &Path, program: &Path) -> Result<()> {
    let folder = library.parent().context("a library lies in a folder")?;
    command.args(["-x", "none"]).arg(library).arg("-lpthread").arg(format!("-Wl,-rpath,{}", folder.display()));
    output(command.arg("-o").arg(program))?;
    Ok(())
}

/// Compiles and runs an example in both languages. Returns whether it was compared with the peer.
fn run_example(
    place: &Place,
    compiler: &Compiler,
    folder: &Path,
    example: &Example,
    peer: Option<&Path>,
) -> Result<bool> {
    let module = format!("{}.wasm", example.name);
    let binary = match example.dated {
        Some((dated, valid)) => {
            let text = fs::read_to_string(folder.join(format!("{}.wat", example.name)))?;
            wat::parse_str(text.replace(dated, valid))?
        }
        None => fs::read(folder.join(&module))?,
    };
    fs::write(place.work.join(module), binary)?;

    let source = folder.join(format!("{}.c", example.name));
    let compiled = |(language, standard, options): (&str, &str, &[&str]), library: &Path| -> Result<PathBuf> {
        let result = place.work.join(format!("{}-{language}", example.name));
        let mut command = Command::new(if language == "c" { compiler.c } else { compiler.cpp });
        command.args(["-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]).args(options).arg(format!("-std={standard}"));
        command.arg("-isystem").arg(&place.include).args(["-x", language]).arg(&source);
        linked(&mut command, library, &result)?;
        Ok(result)
    };
    let mut printed = Vec::new();
    for language in LANGUAGES.into_iter().filter(|&(language, ..)| language == "c" || example.is_cpp) {
        let program = compiled(language, &place.library)?;
        let text = String::from_utf8(output(Command::new(program).current_dir(&place.work))?.stdout)?;
        let errors = text.lines().any(|line| line.starts_with("> Error"));
        ensure!(!errors && text.lines().next_back() == Some(example.end), "it prints an error, or not all:\n{text}");
        printed.push(comparable(&text));
    }
    ensure!(printed.iter().all(|it| *it == printed[0]), "it prints something else in C++:\n{printed:#?}");
    let Some(peer) = peer else { return Ok(false) };
    let program = compiled(LANGUAGES[0], peer)?;
    let theirs = Command::new(program).current_dir(&place.work).output()?;
    if !theirs.status.success() {
        println!("{}: the other library ends it with {}", example.name, theirs.status);
        return Ok(false);
    }
    let theirs = comparable(&String::from_utf8_lossy(&theirs.stdout));
    let differences: Vec<_> = printed[0].iter().filter(|line| !theirs.contains(line)).collect();
    if !differences.is_empty() {
        println!("{}: the other library does not print {differences:#?}", example.name);
    }
    Ok(differences.is_empty())
}

/// Compiles and runs an example of WAMR. Its header is a small one, which includes ours.
fn run_wamr_example(place: &Place, compiler: &Compiler, folder: &Path, example: &WamrExample) -> Result<()> {
    for module in example.modules {
        let text = fs::read_to_string(folder.join(module).with_extension("wat"))?;
        fs::write(place.work.join(module).with_extension("wasm"), wat::parse_str(text)?)?;
    }
    let shim = place.work.join("wamr").join(example.name);
    fs::create_dir_all(&shim)?;
    fs::write(shim.join("wasm_c_api.h"), format!("#include <wasm.h>\n{}", example.wamr))?;
    for header in ["wasm_export.h", "bh_platform.h"] {
        fs::write(shim.join(header), "")?;
    }
    let program = place.work.join(format!("wamr-{}", example.name));
    let mut command = Command::new(compiler.c);
    command.args(["-std=gnu99", "-w", "-x", "c"]).arg("-I").arg(&shim).arg("-isystem").arg(&place.include);
    command.arg(folder.join(example.name).with_extension("c"));
    linked(&mut command, &place.library, &program)?;
    let text = String::from_utf8(output(Command::new(program).current_dir(&place.work))?.stdout)?;
    let errors = text.lines().any(|line| line.starts_with("> "));
    ensure!(!errors && text.lines().next_back() == Some(example.end), "it prints an error, or not all:\n{text}");
    Ok(())
}

/// The lines that a program printed, without addresses, and in an order that threads do not change.
fn comparable(text: &str) -> Vec<String> {
    let without_addresses = |line: &str| {
        let words = line.split(' ').map(|word| if word.starts_with("0x") && word.len() > 8 { "ADDRESS" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<String> = text.lines().map(without_addresses).collect();
    lines.sort();
    lines
}

/// Runs the tests of this repository with AddressSanitizer and, if that is wanted and possible, in valgrind. Returns how many
/// there are.
fn own_tests(place: &Place, compiler: &Compiler, in_valgrind: bool) -> Result<usize> {
    let valgrind = in_valgrind && is_there("valgrind");
    let mut count = 0;
    for file in fs::read_dir(&place.tests)? {
        let source = file?.path();
        if source.extension() != Some(OsStr::new("c")) {
            continue;
        }
        count += 1;
        let program = place.work.join("test");
        let compile = |options: &[&str]| {
            let mut command = Command::new(compiler.c);
            command.args(STRICT).args(["-std=c11", "-g"]).args(options).arg("-I").arg(&place.include).arg(&source);
            linked(&mut command, &place.library, &program)
        };
        compile(&["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])?;
        // Guarded memories have a handler of their own.
        output(Command::new(&program).env("ASAN_OPTIONS", "handle_segv=0:detect_leaks=1"))?;
        if valgrind {
            compile(&[])?;
            output(Command::new("valgrind").args(VALGRIND).arg(&program))?;
        }
    }
    ensure!(count > 0, "there are no tests in {}", place.tests.display());
    if in_valgrind && !valgrind {
        println!("valgrind is not installed");
    }
    Ok(count)
}

const VALGRIND: [&str; 3] = ["-q", "--leak-check=full", "--error-exitcode=9"];
