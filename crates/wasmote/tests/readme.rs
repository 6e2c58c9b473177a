//! The pages say what the code says: README's examples are files that are compiled and run, its table of limits has the values of
//! the constants, and files and headings that pages name exist.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use wasmote_runtime::Settings;
use wasmote_test_support::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What follows the comments at the top of a file.
fn below_header(file: &str) -> &str {
    file.split_once("\n\n").expect("a file begins with a comment").1
}

#[test]
fn the_examples_of_the_readme_are_tested_files() {
    let readme = read("README.md");
    let blocks: Vec<&str> = readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2, "one example embeds, one is firmware");
    assert_eq!(blocks[0], below_header(&read("crates/wasmote/examples/embed.rs")));
    let firmware = read("crates/exec/tests/in_place/firmware.rs");
    let (example, _) = below_header(&firmware).split_once("\n#[test]").expect("a test follows the example");
    assert_eq!(blocks[1], example);
}

/// A row of the table of limits: its value, and what has it in which file.
struct Row {
    value: String,
    name: String,
    file: String,
}

fn rows(readme: &str) -> Vec<Row> {
    let table = readme.split("## Limits and defaults").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    let rows = rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let named: Vec<&str> = cells[4].split('`').collect();
        assert!(named.len() == 5 && named[2] == " in ", "a row names a constant and its file: {line}");
        Row { value: cells[2].into(), name: named[1].into(), file: named[3].into() }
    });
    rows.collect()
}

/// The value of a constant, or the default of a setting, as it is written in a file.
fn written(file: &str, name: &str) -> String {
    let text = read(file);
    let constant = format!("const {name}: ");
    let line = text.lines().map(str::trim).find_map(|line| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        match line.strip_prefix(&constant) {
            Some(rest) => rest.split_once(" = ")?.1.strip_suffix(';'),
            None => line.strip_prefix(&format!("{name}: "))?.strip_suffix(',').filter(|value| !is_type(value)),
        }
    });
    line.unwrap_or_else(|| panic!("{file} has no {name}")).into()
}

/// Whether a field is declared so, not set.
fn is_type(value: &str) -> bool {
    ["bool", "u32", "u64", "usize", "Option<usize>"].contains(&value)
}

/// A constant as the table writes it.
fn shown(value: &str) -> String {
    match value {
        "u64::MAX" | "None" => return "none".into(),
        "false" => return "off".into(),
        _ => {}
    }
    let number = |text: &str| text.replace('_', "").parse::<u64>().unwrap_or_else(|_| panic!("no number: {text}"));
    let number = match value.split_once(" << ") {
        Some((value, bits)) => number(value) << number(bits),
        None => number(value),
    };
    let digits = number.to_string();
    let grouped = digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap());
    grouped.collect::<Vec<_>>().join(",")
}

#[test]
fn the_limits_in_the_readme_are_those_of_the_code() {
    let rows = rows(&read("README.md"));
    for Row { value, name, file } in &rows {
        // What depends on the module is looked at below.
        if name == "code_limit" {
            continue;
        }
        let code = shown(&written(file, name));
        let same = value.strip_prefix(&code).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        assert!(same, "README says {value} of {name} in {file}, which is {code}");
    }
    for line in read("crates/validate/src/limits.rs").lines() {
        if let Some(constant) = line.strip_prefix("pub const ") {
            let name = constant.split(':').next().unwrap();
            assert!(rows.iter().any(|row| row.name == name), "README has no row for {name}");
        }
    }
    let limits = read("crates/wasmote/src/limits.rs");
    let defaults = limits.split("impl Default for StoreLimits {").nth(1).unwrap().split("\n}").next().unwrap();
    let defaults: Vec<_> =
        defaults.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(": ")).collect();
    assert_eq!(defaults.len(), 9, "{defaults:?}");
    for (field, value) in defaults {
        let name = if value.starts_with("DEFAULT_") { value } else { field };
        assert!(rows.iter().any(|row| row.name == name), "README has no row for {name}");
    }
}

#[test]
fn the_limit_of_code_in_the_readme_is_that_of_the_code() {
    let settings = Settings::default();
    let (none, one) = (settings.code_limit(0), settings.code_limit(1));
    let said = format!("{} times its bodies, plus {} MiB", one - none, none >> 20);
    assert!(rows(&read("README.md")).iter().any(|row| row.name == "code_limit" && row.value == said), "{said}");
}

/// The pages that people read first, and their text.
fn pages() -> Vec<(String, String)> {
    let mut names: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(String::from).into();
    for folder in ["docs", "docs/journal"] {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let pages = entries.map(|name| name.into_string().unwrap()).filter(|name| name.ends_with(".md"));
        names.extend(pages.map(|name| format!("{folder}/{name}")));
    }
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// The anchors of a page: its headings as links name them.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept = heading.chars().filter(|&c| c.is_alphanumeric() || c == ' ' || c == '-');
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    for (name, text) in pages() {
        let folder = root().join(&name).parent().unwrap().to_path_buf();
        // Code has such brackets, too.
        let prose: String = text.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = if file.is_empty() { root().join(&name) } else { folder.join(file) };
            assert!(path.exists(), "{name} links to {link}, which is not there");
            let there = anchor.is_empty() || anchors(&fs::read_to_string(&path).unwrap()).iter().any(|at| at == anchor);
            assert!(there, "{name} links to {link}, but there is no such heading");
        }
    }
}

#[test]
fn files_that_the_pages_name_exist() {
    let (mut named, mut missing) = (0, Vec::new());
    // Names in the journal are of their day.
    for (name, text) in pages().into_iter().filter(|(name, _)| !name.starts_with("docs/journal/")) {
        for word in text.split('`').skip(1).step_by(2) {
            let folder = word.split('/').next().unwrap();
            let whole = ["crates", "docs", "examples", "fuzz", "tests", "tools", "xtask"].contains(&folder);
            let source = word.contains("/src/") && word.ends_with(".rs");
            let pattern = word.contains(['*', ' ', '<', '{']);
            if !word.contains('/') || pattern || !(whole || source) {
                continue;
            }
            named += 1;
            if !root().join(word).exists() && !root().join("crates").join(word).exists() {
                missing.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "pages name files that are not there:\n{}", missing.join("\n"));
    assert!(named > 100, "only {named} files are named: are they looked for as the pages write them?");
}

/// The words of a text that can be names: letters, digits, underscores and hyphens.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.split(move |c| !part(c)).filter(|word| !word.is_empty())
}

/// Files of the repository below a folder, without what builds leave.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !["target", ".git"].contains(&name) {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// All names in code and manifests, comments left out, and the names of files and folders with and without extensions.
fn names_in_code(files: &[PathBuf]) -> HashSet<String> {
    let mut names = HashSet::new();
    for file in files {
        for part in file.strip_prefix(root()).unwrap() {
            let part = part.to_str().unwrap();
            names.insert(part.into());
            names.insert(part.split('.').next().unwrap().into());
        }
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let comment = match extension {
            "rs" | "c" | "h" => "//",
            "py" | "pyi" => "#",
            "toml" => "\n",
            _ => continue,
        };
        for line in fs::read_to_string(file).unwrap().lines() {
            let code = line.split(comment).next().unwrap();
            for word in words_of(code) {
                names.insert(word.into());
                names.extend(word.split('-').map(String::from));
                names.insert(word.trim_start_matches('-').into());
            }
        }
    }
    names
}

/// Names that the code does not have, in the order of the text: those of paths such as `Store::new`, of files, of options, and of
/// commands of xtask.
fn unknown_names(text: &str, known: &HashSet<String>) -> Vec<String> {
    let mut unknown = Vec::new();
    for quoted in text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)) {
        let named: Vec<&str> = if let Some(command) = quoted.strip_prefix("cargo xtask ") {
            command.split(' ').take(1).collect()
        } else if quoted.ends_with(".rs") {
            quoted.rsplit('/').take(1).collect()
        } else if quoted.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')) {
            quoted
                .split(' ')
                .filter(|word| word.starts_with("--"))
                .map(|word| word.split(['=', '[']).next().unwrap())
                .collect()
        } else {
            quoted.split("::").collect()
        };
        let is_known = |name: &&str| {
            let name = name.trim_start_matches("--");
            name.len() < 3 || known.contains(name) || known.contains(&name.replace('-', "_"))
        };
        unknown.extend(named.into_iter().filter(|name| !is_known(name)).map(String::from));
    }
    unknown
}

/// Names of systems, processors and other projects, which pages may mention.
const FOREIGN: &[&str] = &[
    "EAGAIN",
    "EFAULT",
    "EILSEQ",
    "EISDIR",
    "ENOSPC",
    "ENOTSOCK",
    "ENOTSUP",
    "EPIPE",
    "LOOKUP_PARENT",
    "O_PATH",
    "WasmtimeError",
    "cffi",
    "ctypes",
    "get_buffer_ptr",
    "RESOLVE_BENEATH",
    "RESOLVE_NO_MAGICLINKS",
    "SAFETY",
    "Interleave",
    "MulAdd",
    "compile_fail",
    "dirent",
    "blendv",
    "cpuid",
    "cvttps2dq",
    "diff",
    "minps",
    "pmaddubsw",
    "pmulhrsw",
    "pshufb",
    "pthread_t",
    "r10",
    "readlinkat",
    "wasmi_c_api_impl",
    "wasmi_wasi",
    "witx",
    "x18",
];

#[test]
fn names_in_pages_and_comments_are_names_in_the_code() {
    let mut all = Vec::new();
    files(&root(), &mut all);
    let mut known = names_in_code(&all);
    known.extend(FOREIGN.iter().map(|&name| name.into()));
    let mut missing = Vec::new();
    // The journal and the changelog have the names of their day.
    for (name, text) in pages() {
        // The first column of each table there has the names of others.
        let text = if name == "docs/porting.md" {
            let ours =
                |line: &str| line.strip_prefix("| ").and_then(|row| row.split_once(" | ")).map(|it| it.1.to_owned());
            text.lines().map(|line| ours(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
        } else {
            text
        };
        if name != "CHANGELOG.md" && !name.starts_with("docs/journal/") {
            missing.extend(unknown_names(&text, &known).into_iter().map(|word| format!("{name}: {word}")));
        }
    }
    let sources = all
        .iter()
        .filter(|file| file.starts_with(root().join("crates")) && file.extension().is_some_and(|it| it == "rs"));
    for file in sources {
        let text = fs::read_to_string(file).unwrap();
        let comments: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with("//")).collect();
        let unknown = unknown_names(&comments.join("\n"), &known);
        missing.extend(unknown.into_iter().map(|word| format!("{}: {word}", file.display())));
    }
    assert!(missing.is_empty(), "these names are not in the code:\n{}", missing.join("\n"));
}
