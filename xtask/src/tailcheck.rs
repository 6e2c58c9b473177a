//! `cargo xtask tailcheck`: what the compiler made of the handlers of the release binary.
//!
//! For speed, a handler must be a few instructions that end in a jump to the next handler. Stable Rust does not guarantee that, so [`mod@analyse`]
//! disassembles each instance of the generic function `wasmote_exec::dispatch::hot` in the release binary, which is built with symbols. Instances of
//! `cold` are only counted.

mod analyse;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use analyse::{Analysis, analyse};
use anyhow::{Context, Result, bail, ensure};
use object::{Architecture, Object, ObjectSection, ObjectSymbol, SymbolKind};
use pico_args::Arguments;

use crate::fused_operations;
use crate::project::{self, BINARY, CLI};

/// If fewer hot handlers are found, the search is wrong.
const AT_LEAST: usize = 500;
/// The profile of the release with symbols.
const PROFILE: &str = "inspect";
/// Handlers whose faults are listed. Many handlers often have the same fault.
const SHOWN: usize = 20;
/// Where handlers are.
const HANDLERS: &str = "wasmote_exec::dispatch::";

/// A function of the binary.
struct Function<'a> {
    /// Demangled names. There are several if the compiler merged equal functions.
    names: Vec<String>,
    address: u64,
    code: &'a [u8],
}

pub fn main(mut arguments: Arguments) -> Result<()> {
    let binary: Option<PathBuf> = arguments.opt_free_from_str()?;
    crate::no_more_arguments(arguments)?;
    match binary {
        Some(binary) => report(&binary)?,
        None => {
            if let Some(reason) = check()? {
                println!("left out: {reason}");
            }
        }
    }
    Ok(())
}

/// Builds the command and checks it, or returns why it can't.
pub fn check() -> Result<Option<String>> {
    if cfg!(not(target_arch = "x86_64")) {
        return Ok(Some("only x86-64 code is understood".into()));
    }
    report(&build()?)?;
    Ok(None)
}

/// Builds the command as for a release, but with symbols that name instances.
fn build() -> Result<PathBuf> {
    let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags.push_str(" -Csymbol-mangling-version=v0");
    let mut cargo = project::cargo(["build", "--profile", PROFILE, "--locked", "--package", CLI, "--bin", BINARY]);
    project::run(cargo.env("RUSTFLAGS", flags.trim_start()))?;
    Ok(project::target_dir().join(PROFILE).join(BINARY))
}

/// Checks the handlers of a binary with symbols, and prints figures about them.
fn report(binary: &Path) -> Result<()> {
    let file = std::fs::read(binary).with_context(|| binary.display().to_string())?;
    let functions = functions(&file)?;
    let in_core = |address| functions.get(&address).is_some_and(|function| function.is_in("wasmote_exec::"));

    let hot: Vec<_> = functions
        .values()
        .filter(|function| {
            function.is_in("wasmote_exec::dispatch::hot") || function.is_in("wasmote_exec::dispatch::hot_sse4")
        })
        .collect();
    let cold: Vec<_> = functions.values().filter(|function| function.is_in("wasmote_exec::dispatch::cold")).collect();
    let analyses: Vec<Analysis> =
        hot.iter().map(|function| analyse(function.code, function.address, &in_core)).collect();

    let bytes: usize = hot.iter().map(|function| function.code.len()).sum();
    let instances: usize = hot.iter().map(|function| function.names.len()).sum();
    println!("{}", binary.display());
    println!("  hot handlers     {:>6}   ({instances} instances; equal ones are one function)", hot.len());
    println!("  bytes            {bytes:>6}   (mean {:.1})", bytes as f64 / hot.len().max(1) as f64);
    println!("  instructions     {:>6}", analyses.iter().map(|analysis| analysis.instructions).sum::<usize>());
    println!("  using the stack  {:>6}", analyses.iter().filter(|analysis| analysis.uses_stack()).count());
    let cold_bytes: usize = cold.iter().map(|function| function.code.len()).sum();
    println!("  cold handlers    {:>6}   (exempt; {cold_bytes} bytes)", cold.len());
    println!("  families:");
    for family in fused_operations::FAMILIES {
        let of_it = |function: &&&Function| {
            let of = fused_operations::of_handler(&function.short_name());
            of.is_some_and(|of| of.name == family.name)
        };
        let sizes: Vec<usize> = hot.iter().filter(of_it).map(|function| function.code.len()).collect();
        println!("    {:>6}  {:>4} handlers  {}", sizes.iter().sum::<usize>(), sizes.len(), family.name);
    }
    println!("  largest:");
    let mut by_size = hot.clone();
    by_size.sort_by_key(|function| std::cmp::Reverse(function.code.len()));
    for function in by_size.iter().take(10) {
        println!("    {:>5}  {}", function.code.len(), function.short_name());
    }

    let failed: Vec<_> = hot.iter().zip(&analyses).filter(|(_, analysis)| !analysis.faults.is_empty()).collect();
    for (function, analysis) in failed.iter().take(SHOWN) {
        println!("  FAULT in {}", function.short_name());
        for fault in analysis.faults.iter().take(6) {
            println!("    {fault}");
        }
    }
    if failed.len() > SHOWN {
        println!("  and in {} more", failed.len() - SHOWN);
    }
    if !failed.is_empty() {
        bail!("{} of {} hot handlers are not a straight line to a jump", failed.len(), hot.len());
    }
    ensure!(hot.len() >= AT_LEAST, "found {} hot handlers, expected at least {AT_LEAST}", hot.len());
    Ok(())
}

impl Function<'_> {
    /// Whether a name of it lies below this path.
    fn is_in(&self, path: &str) -> bool {
        self.names
            .iter()
            .any(|name| name.strip_prefix(path).is_some_and(|rest| path.ends_with(':') || !rest.starts_with('_')))
    }

    fn short_name(&self) -> String {
        let name = self.names.iter().find(|name| name.starts_with(HANDLERS)).unwrap_or(&self.names[0]);
        name.replace(HANDLERS, "").replace("wasmote_exec::", "")
    }
}

/// The functions of a binary by address.
fn functions(file: &[u8]) -> Result<BTreeMap<u64, Function<'_>>> {
    let object = object::File::parse(file).context("not an object file")?;
    ensure!(object.architecture() == Architecture::X86_64, "the binary is for {:?}, not x86-64", object.architecture());
    let mut functions: BTreeMap<u64, Function> = BTreeMap::new();
    for symbol in object.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0) {
        let section = object.section_by_index(symbol.section_index().context("a function outside of all sections")?)?;
        let code = section.data_range(symbol.address(), symbol.size())?.context("a function outside of its section")?;
        let name = format!("{:#}", rustc_demangle::demangle(symbol.name()?));
        functions
            .entry(symbol.address())
            .or_insert(Function { names: Vec::new(), address: symbol.address(), code })
            .names
            .push(name);
    }
    ensure!(!functions.is_empty(), "the binary has no symbols");
    Ok(functions)
}
