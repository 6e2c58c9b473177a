//! `cargo xtask circles`: which files of a crate need each other, as they name each other in `use` and in paths.
//!
//! A circle is a set of files each of which leads to all the others. Its files have to be understood and changed together, so no circle may be large.
//! Tests at the end of a file and comments do not count. An item that the main file of the crate re-exports by name belongs to the file that defines it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::project;

/// The folders of crates, each with the largest size of a circle. The large one of `runtime` is the store and the files that implement its
/// operations on calls: each has a part of the store's state, and reaches the others through the store. Shared memories and samples are among
/// them. In `exec`, an activation has continuations, which are parts of activations.
const LIMITS: &[(&str, usize)] = &[("wasmote", 7), ("runtime", 13), ("exec", 8)];

/// The path of the module that a file is.
type Module = Vec<String>;

/// Compares the circles with the limits.
pub fn check() -> Result<()> {
    let mut faults = Vec::new();
    for &(name, limit) in LIMITS {
        let (files, found) = circles(&project::root().join("crates").join(name).join("src"))?;
        let largest = found.iter().map(Vec::len).max().unwrap_or(0);
        println!("{name}: {files} files, {} circles, of at most {largest} files; {limit} are allowed", found.len());
        for circle in &found {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            println!("  {}", names.join(" "));
            if circle.len() > limit {
                faults.push(format!("{name}: a circle of {} files, where {limit} are allowed", circle.len()));
            }
        }
    }
    if !faults.is_empty() {
        bail!("{} faults\n  {}", faults.len(), faults.join("\n  "));
    }
    Ok(())
}

/// The number of files in a source folder, and the circles among them.
fn circles(folder: &Path) -> Result<(usize, Vec<Vec<Module>>)> {
    let mut sources = BTreeMap::new();
    for (file, source) in project::rust_files(folder)? {
        sources.insert(module(file.strip_prefix(folder)?), source);
    }
    let modules: Vec<&Module> = sources.keys().collect();
    let exported = sources.get(&Vec::new()).map(|main| paths(main, &Vec::new())).unwrap_or_default();
    let mut edges = vec![Vec::new(); modules.len()];
    for (from, (own, source)) in sources.iter().enumerate() {
        if own.is_empty() {
            continue;
        }
        for path in paths(source, own) {
            // The longest part of the path that is a file.
            let file = |path: &Module| {
                (1..=path.len()).rev().find_map(|len| modules.iter().position(|module| module[..] == path[..len]))
            };
            let origin = || exported.iter().find(|known| known.last() == path.first()).and_then(file);
            edges[from].extend(file(&path).or_else(origin).filter(|&to| to != from));
        }
    }
    let reached: Vec<Vec<bool>> = (0..modules.len()).map(|from| reach(&edges, from)).collect();
    let mut found: Vec<Vec<Module>> = Vec::new();
    for (from, leads_to) in reached.iter().enumerate() {
        let circle: Vec<usize> = (0..modules.len()).filter(|&to| leads_to[to] && reached[to][from]).collect();
        if circle.first() == Some(&from) && circle.len() > 1 {
            found.push(circle.into_iter().map(|module| modules[module].clone()).collect());
        }
    }
    Ok((modules.len(), found))
}

/// The module that a file is.
fn module(file: &Path) -> Module {
    let mut path: PathBuf = file.with_extension("");
    if path.ends_with("mod") || path.ends_with("lib") {
        path.pop();
    }
    path.iter().map(|part| part.to_string_lossy().into_owned()).collect()
}

/// The modules that are reached from one. It contains that module only if another leads back to it.
fn reach(edges: &[Vec<usize>], from: usize) -> Vec<bool> {
    let (mut reached, mut next) = (vec![false; edges.len()], edges[from].clone());
    while let Some(at) = next.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            next.extend(&edges[at]);
        }
    }
    reached
}

/// The paths inside the crate that a source names, from the crate's root.
fn paths(source: &str, own: &Module) -> Vec<Module> {
    let source = source.split("\nmod tests {").next().unwrap_or_default();
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let mut tokens = Vec::new();
    let mut rest = &text[..];
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let len = if word > 0 {
            word
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(&rest[..len]);
        }
        rest = &rest[len..];
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let parent = &own[..own.len().saturating_sub(1)];
        let base = match tokens[at] {
            "crate" => Some(Vec::new()),
            "super" => Some(parent.to_vec()),
            "self" => Some(own.clone()),
            _ => None,
        };
        let begins = at == 0 || tokens[at - 1] != "::";
        at += 1;
        // Modules of the main file can be named without more.
        if own.is_empty() && tokens[at - 1] == "use" && !matches!(tokens.get(at), Some(&("crate" | "self"))) {
            tree(&tokens, &mut at, Vec::new(), &mut found);
            continue;
        }
        if let Some(base) = base
            && begins
            && tokens.get(at) == Some(&"::")
        {
            at += 1;
            tree(&tokens, &mut at, base, &mut found);
        }
    }
    found
}

/// Reads what follows a path: its next part, or several in braces.
fn tree(tokens: &[&str], at: &mut usize, mut path: Module, found: &mut Vec<Module>) {
    loop {
        match tokens.get(*at) {
            Some(&"{") => {
                *at += 1;
                while tokens.get(*at).is_some_and(|&token| token != "}") {
                    if tokens[*at] == "," {
                        *at += 1;
                    } else {
                        let before = *at;
                        tree(tokens, at, path.clone(), found);
                        // A path may have another name here.
                        while *at == before || tokens.get(*at).is_some_and(|&token| token != "," && token != "}") {
                            *at += 1;
                        }
                    }
                }
                *at += 1;
                return;
            }
            Some(&"super") => drop(path.pop()),
            Some(&"self") | None => {}
            Some(part) => path.push((*part).to_owned()),
        }
        *at += 1;
        if tokens.get(*at) != Some(&"::") {
            found.push(path);
            return;
        }
        *at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_from_uses_and_expressions() {
        let source = "use crate::a::{self, b::{C, D}, e as f};\n// crate::no\nfn g() { super::h::i(); x::crate_::y }\n";
        let own = ["m".to_owned(), "n".to_owned()].to_vec();
        let found: Vec<String> = paths(source, &own).iter().map(|path| path.join("::")).collect();
        assert_eq!(found, ["a", "a::b::C", "a::b::D", "a::e", "m::h::i"]);
    }

    #[test]
    fn a_circle_is_all_that_leads_back() {
        let edges = [vec![1], vec![2], vec![0, 3], vec![]];
        assert_eq!(reach(&edges, 0), [true; 4]);
        assert_eq!(reach(&edges, 3), [false; 4]);
    }
}
