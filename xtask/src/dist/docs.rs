//! `cargo xtask dist --docs`: the reference of both C headers, by Doxygen, which must not warn.
//!
//! `wasmote.h` has its texts. `wasm.h` is the standard one, unchanged, and has none. What this library does in its functions stands where
//! they are defined, in Rust: rustdoc knows the text of each. So Doxygen reads a copy of the header in which macros are
//! expanded and texts inserted. A function without a text is an error.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::project;

/// Subjects that all threads may use at once. What is in no store, and not here, is data.
const ALL_THREADS: &[&str] = &["engine", "shared_module"];
/// Subjects that belong to a store.
const IN_A_STORE: &[&str] =
    &["store", "ref", "frame", "trap", "foreign", "module", "func", "global", "table", "memory", "extern", "instance"];

/// A function that `wasm.h` declares.
struct Function<'a> {
    name: &'a str,
    /// All of it, with a semicolon. It has `own` where ownership passes.
    declaration: &'a str,
}

/// Makes the reference. Returns what this machine lacks.
pub fn check() -> Result<Option<String>> {
    if !project::succeeds(Command::new("doxygen").arg("--version")) {
        return Ok(Some("there is no doxygen".into()));
    }
    let folder = project::target_dir().join("doc-c");
    let input = folder.join("input");
    fs::create_dir_all(&input)?;
    project::run(&mut project::cargo([
        "doc",
        "--quiet",
        "--no-deps",
        "--document-private-items",
        "--locked",
        "--package",
        "wasmote-capi",
    ]))?;
    let texts = texts(&project::target_dir().join("doc/wasmote_c"))?;

    let include = project::root().join("crates/capi/include");
    let header = expanded(&include.join("wasm.h"))?;
    let functions = functions(&header);
    ensure!(!functions.is_empty(), "wasm.h declares nothing");
    fs::write(input.join("wasm.h"), documented(&functions, &texts)?)?;
    fs::copy(include.join("wasmote.h"), input.join("wasmote.h"))?;
    fs::copy(settings().join("reference.dox"), input.join("reference.dox"))?;
    doxygen(&folder, &input)?;
    let of_wasmote = super::c_library::declared(&include)?.len() - functions.len();
    println!(
        "{} functions of wasm.h and {of_wasmote} of wasmote.h are described in {}",
        functions.len(),
        folder.join("html/index.html").display()
    );
    Ok(None)
}

/// The folder of what Doxygen needs beside the headers.
fn settings() -> PathBuf {
    project::root().join("crates/capi/docs")
}

fn doxygen(folder: &Path, input: &Path) -> Result<()> {
    let settings = fs::read_to_string(settings().join("Doxyfile"))?;
    let places = format!("INPUT = \"{}\"\nOUTPUT_DIRECTORY = \"{}\"\n", input.display(), folder.display());
    let mut doxygen = Command::new("doxygen").arg("-").stdin(Stdio::piped()).spawn()?;
    doxygen.stdin.take().context("the input of doxygen")?.write_all((settings + &places).as_bytes())?;
    ensure!(doxygen.wait()?.success(), "doxygen warns");
    Ok(())
}

/// Expands the macros of a header, except `own`. `WASM_API_EXTERN` becomes a mark.
fn expanded(header: &Path) -> Result<String> {
    let text = fs::read_to_string(header).with_context(|| header.display().to_string())?;
    let is_left_out = |line: &str| line.starts_with("#include") || line.trim() == "#define own" || line == "#undef own";
    let kept: Vec<_> = text.lines().filter(|line| !is_left_out(line)).collect();
    let mut compiler = Command::new("cc");
    compiler.args(["-E", "-P", "-DWASM_API_EXTERN=DECLARED", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = compiler.spawn().context("cannot start the C compiler")?;
    let mut stdin = child.stdin.take().context("the input of the compiler")?;
    let text = kept.join("\n") + "\n";
    // The compiler may print before it has read all.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().expect("no panic")?;
    ensure!(output.status.success(), "the preprocessor fails");
    let words = String::from_utf8(output.stdout)?;
    Ok(words.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn functions(expanded: &str) -> Vec<Function<'_>> {
    let declarations = expanded.split("DECLARED ").skip(1).filter_map(|rest| rest.split_inclusive(';').next());
    let functions = declarations.filter_map(|declaration| {
        let (head, _) = declaration.split_once('(')?;
        let name = head.trim_end().rsplit([' ', '*']).next()?;
        Some(Function { name, declaration })
    });
    functions.collect()
}

/// The texts of all functions of C in the documentation that rustdoc made, by name.
fn texts(folder: &Path) -> Result<BTreeMap<String, String>> {
    let (mut texts, mut folders) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(&inside).with_context(|| inside.display().to_string())? {
            let path: PathBuf = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = file.strip_prefix("fn.").and_then(|name| name.strip_suffix(".html")) {
                let page = fs::read_to_string(&path)?;
                let exported = between(&page, "export_name = &quot;", "&quot;").unwrap_or(name);
                if let Some(block) = between(&page, "<div class=\"docblock\">", "</div>") {
                    texts.insert(exported.to_owned(), plain(block));
                }
            }
        }
    }
    Ok(texts)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

/// A page's text as Doxygen reads it: paragraphs, code in backquotes, and nothing else.
fn plain(html: &str) -> String {
    let html = html.replace("<code>", "`").replace("</code>", "`").replace("</p>", "\n\n").replace("<li>", "\n- ");
    let mut text = String::new();
    for part in html.split('<') {
        // The first part has no tag.
        text += part.split_once('>').map_or(part, |(_, text)| text);
    }
    let entities = [("&lt;", "\\<"), ("&gt;", "\\>"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let text = entities.iter().fold(text, |text, (entity, is)| text.replace(entity, is));
    text.replace('’', "'").trim().to_owned()
}

/// The subject of a function: the longest type in its name. Types are what can be deleted.
fn subject<'a>(name: &'a str, subjects: &[&'a str]) -> &'a str {
    let name = name.strip_prefix("wasm_").unwrap_or(name);
    let is_of = |subject: &&&str| name.strip_prefix(**subject).is_some_and(|rest| rest.starts_with('_'));
    subjects.iter().filter(is_of).max_by_key(|subject| subject.len()).copied().unwrap_or("other")
}

fn subjects<'a>(functions: &[Function<'a>]) -> Vec<&'a str> {
    let deleted = functions.iter().filter_map(|it| it.name.strip_prefix("wasm_")?.strip_suffix("_delete"));
    let mut subjects: Vec<&str> = deleted.filter(|name| !name.ends_with("_vec")).collect();
    // Bytes have vectors only.
    subjects.push("byte");
    subjects
}

/// What the declaration says about ownership.
fn ownership(declaration: &str) -> Option<String> {
    let (head, parameters) = declaration.split_once('(')?;
    let owned = |parameter: &&str| parameter.contains("own ") && !parameter.ends_with(" out");
    let parameters: Vec<_> = parameters.trim_end_matches([';', ')', ' ']).split(',').map(str::trim).collect();
    let taken = parameters.iter().filter(|it| owned(it)).count();
    let given = head.contains("own ") || parameters.iter().any(|it| it.contains("own ") && it.ends_with("out"));
    let mut text = Vec::new();
    if given {
        text.push("The caller deletes what it gets.");
    }
    if taken > 0 {
        text.push("The function deletes, or takes over, each parameter with `own`.");
    }
    Some(if text.is_empty() { "No ownership passes.".into() } else { text.join(" ") })
}

fn threads(subject: &str) -> &'static str {
    if ALL_THREADS.contains(&subject) {
        "All threads may use the object at once; one of them deletes it."
    } else if IN_A_STORE.contains(&subject) {
        "One thread at a time uses the store and all that belongs to it."
    } else {
        "One thread at a time uses the object."
    }
}

/// The header with texts, by subject.
fn documented(functions: &[Function<'_>], texts: &BTreeMap<String, String>) -> Result<String> {
    let subjects = subjects(functions);
    let mut groups: Vec<(&str, Vec<&Function<'_>>)> = Vec::new();
    for function in functions {
        let subject = subject(function.name, &subjects);
        match groups.iter_mut().find(|(name, _)| *name == subject) {
            Some((_, members)) => members.push(function),
            None => groups.push((subject, vec![function])),
        }
    }
    let missing: Vec<_> = functions.iter().map(|it| it.name).filter(|name| !texts.contains_key(*name)).collect();
    ensure!(missing.is_empty(), "these functions of wasm.h have no text in Rust: {missing:?}");

    let mut header = String::new();
    for (subject, members) in groups {
        header += &format!("/** \\defgroup {subject} wasm_{subject}_t\n * @{{ */\n\n");
        for function in members {
            let text = texts[function.name].replace("null", "NULL").replace('\n', "\n * ");
            header += &format!("/** {text}\n *\n");
            if let Some(ownership) = ownership(function.declaration) {
                header += &format!(" * \\par Ownership\n * {ownership}\n");
            }
            header += &format!(" * \\par Threads\n * {}\n */\n{}\n\n", threads(subject), function.declaration);
        }
        header += "/** @} */\n\n";
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "typedef int a; DECLARED own wasm_a_t * wasm_a_new(own wasm_b_t *); DECLARED void \
                          wasm_a_delete(own wasm_a_t*); DECLARED void wasm_a_b_new(own wasm_a_b_t* out); \
                          DECLARED void wasm_a_b_delete(own wasm_a_b_t *);";

    #[test]
    fn functions_are_read_with_their_subjects() {
        let functions = functions(HEADER);
        let subjects = subjects(&functions);
        let found: Vec<_> = functions.iter().map(|it| (it.name, subject(it.name, &subjects))).collect();
        let expected =
            [("wasm_a_new", "a"), ("wasm_a_delete", "a"), ("wasm_a_b_new", "a_b"), ("wasm_a_b_delete", "a_b")];
        assert_eq!(found, expected);
    }

    #[test]
    fn ownership_is_read_from_the_declaration() {
        let ownership = |at: usize| ownership(functions(HEADER)[at].declaration).unwrap();
        assert!(ownership(0).contains("gets") && ownership(0).contains("takes over"));
        assert!(!ownership(1).contains("gets"));
        assert_eq!(ownership(2), "The caller deletes what it gets.");
    }

    #[test]
    fn function_without_a_text_is_an_error() {
        let functions = functions(HEADER);
        let mut texts: BTreeMap<String, String> =
            functions.iter().map(|it| (it.name.to_owned(), "Does it.".to_owned())).collect();
        assert!(documented(&functions, &texts).unwrap().contains("/** Does it.\n"));
        texts.remove("wasm_a_new");
        assert!(documented(&functions, &texts).unwrap_err().to_string().contains("wasm_a_new"));
    }

    #[test]
    fn pages_become_text() {
        assert_eq!(plain("<p>a <a href=\"x\"><code>b</code></a> &lt; c</p>\n<p>d</p>"), "a `b` \\< c\n\n\nd");
    }
}
