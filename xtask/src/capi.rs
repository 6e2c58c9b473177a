//! `cargo xtask capi PATH`: C and C++ programs use the C API.
//!
//! - Both headers compile without a warning, in old and new standards of both languages.
//! - The examples of WebAssembly/wasm-c-api compile as C99, and all but one as C++17, and run to their end. They check most results
//!   themselves. Another library with the same API can say what they print elsewhere.
//! - The tests of this repository pass with AddressSanitizer, and in valgrind.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;

use crate::project;

pub const OPTIONS: &str = "
  PATH         a checkout of WebAssembly/wasm-c-api
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
    let peer: Option<PathBuf> = arguments.opt_value_from_str("--peer")?;
    let checkout: PathBuf = arguments.free_from_str().context("a checkout of wasm-c-api")?;
    crate::no_more_arguments(arguments)?;
    let examples = checkout.join("example");
    ensure!(examples.is_dir(), "{} is no checkout of wasm-c-api", checkout.display());
    let peer = peer.map(|path| path.canonicalize()).transpose()?;

    project::run(&mut project::cargo(["build", "--package", "wasmote-capi"]))?;
    let folder = project::root().join("crates").join("capi");
    let work = project::target_dir().join("capi");
    fs::create_dir_all(&work)?;
    let library = project::target_dir().join("debug").join(format!(
        "{}wasmote_c{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    let place = Place { include: folder.join("include"), tests: folder.join("tests"), library, work };

    let compilers: Vec<&Compiler> = COMPILERS.iter().filter(|it| is_there(it.c) && is_there(it.cpp)).collect();
    ensure!(!compilers.is_empty(), "there is neither gcc nor clang");
    for compiler in compilers {
        headers(&place, compiler)?;
        let mut compared = 0;
        for example in &EXAMPLES {
            let checked = run_example(&place, compiler, &examples, example, peer.as_deref());
            compared += usize::from(checked.with_context(|| format!("{} with {}", example.name, compiler.c))?);
        }
        own_tests(&place, compiler)?;
        let count = EXAMPLES.len();
        println!("{}: headers, {count} examples in C and (but threads) in C++, and the tests pass", compiler.c);
        if peer.is_some() {
            println!("{}: {compared} of {count} examples run with the other library, and print the same", compiler.c);
        }
    }
    Ok(())
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

/// Runs the tests of this repository with AddressSanitizer and in valgrind.
fn own_tests(place: &Place, compiler: &Compiler) -> Result<()> {
    let valgrind = is_there("valgrind");
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
        compile(&["-fsanitize=address,undefined"])?;
        // Guarded memories have a handler of their own.
        output(Command::new(&program).env("ASAN_OPTIONS", "handle_segv=0:detect_leaks=1"))?;
        if valgrind {
            compile(&[])?;
            output(Command::new("valgrind").args(["-q", "--leak-check=full", "--error-exitcode=9"]).arg(&program))?;
        }
    }
    ensure!(count > 0, "there are no tests in {}", place.tests.display());
    if !valgrind {
        println!("valgrind is not installed");
    }
    Ok(())
}
