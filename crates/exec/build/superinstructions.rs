//! Reads the list of superinstructions, and writes it as a call of the macro `superinstructions`. A mistake in the list
//! ends the build with the line where it is.
//!
//! A list may have sections. Each begins with a feature in brackets, such as `[more-superinstructions]`, and is left out
//! where the package is built without that feature.
//!
//! The compiler checks the rest: that each instruction exists, and that a superinstruction may begin with the first one.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;

/// Names the file of the list, with its whole path.
const VARIABLE: &str = "WASMOTE_SUPERINSTRUCTIONS";
/// The list of builds without the variable, in the folder of the package.
const DEFAULT: &str = "superinstructions.list";
/// The features that sections may name.
const FEATURES: [&str; 3] = ["superinstructions", "more-superinstructions", "most-superinstructions"];

/// Writes the list to the folder of the build.
pub fn write() {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    let own = env::var_os(VARIABLE).filter(|file| !file.is_empty()).map(PathBuf::from);
    let file = own.unwrap_or_else(|| PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join(DEFAULT));
    let shown = file.display();
    if !file.is_absolute() {
        fail(&format!("{VARIABLE} must be a whole path, such as $PWD/{shown}"));
    }
    println!("cargo:rerun-if-changed={shown}");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => fail(&format!("cannot read the list of superinstructions {shown}: {error}")),
    };
    // Lines have the numbers that they have in the list, for messages of the compiler.
    let mut code = String::from("superinstructions! { ");
    let mut all = BTreeSet::new();
    let mut is_wanted = true;
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let section = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let read = match section {
            Some(feature) => is_built(feature).map(|is_built| {
                is_wanted = is_built;
                ("", Vec::new())
            }),
            None => parts(line),
        };
        let (first, others) = match read {
            Ok((first, others)) if is_wanted => (first, others),
            Ok(_) => ("", Vec::new()),
            Err(what) => fail(&format!("{shown}:{}: {what}", number + 1)),
        };
        // Lists may be joined: a superinstruction may stand in both.
        let new: Vec<&str> = others.into_iter().filter(|&other| all.insert((first, other))).collect();
        if !new.is_empty() {
            code += &format!("{first}: {};", new.join(", "));
        }
        code.push('\n');
    }
    if all.is_empty() {
        fail(&format!("{shown} has no superinstruction: build without the feature `superinstructions` instead"));
    }
    code += "}\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap()).join("superinstructions.rs");
    fs::write(out, code).expect("the folder of the build can be written");
}

/// Returns whether the package is built with the feature of a section.
fn is_built(feature: &str) -> Result<bool, String> {
    if !FEATURES.contains(&feature) {
        return Err(format!("expected a section of {}, got `[{feature}]`", FEATURES.join(", ")));
    }
    Ok(env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"))).is_some())
}

/// Returns the first instruction of a line and those that may follow it. A line is empty, or `First.a: Second.b, Third.c;`.
fn parts(line: &str) -> Result<(&str, Vec<&str>), String> {
    if line.is_empty() {
        return Ok(("", Vec::new()));
    }
    let rest = line.strip_suffix(';').ok_or("expected `;` at the end of the line")?;
    let (first, others) = rest.split_once(':').ok_or("expected `:` behind the first instruction")?;
    let others = others.split(',').map(|other| instruction(other.trim())).collect::<Result<_, _>>()?;
    Ok((instruction(first.trim())?, others))
}

/// Checks the form of an instruction's name, and returns it.
fn instruction(name: &str) -> Result<&str, String> {
    let word = |word: &str| {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        word.bytes().all(is_name) && word.starts_with(|first: char| first.is_ascii_alphabetic())
    };
    match name.split_once('.') {
        Some((family, classes)) if word(family) && word(classes) => Ok(name),
        _ => Err(format!("expected an instruction such as `I32Add.si`, got `{name}`")),
    }
}

/// Ends the build.
fn fail(what: &str) -> ! {
    println!("cargo::error={what}");
    std::process::exit(1)
}
