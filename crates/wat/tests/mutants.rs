//! Compares the parser with the crate `wast` on mutated texts. Both must accept the same texts, with the same binary.
//! The allowed differences are listed here.
//!
//! `MUTANTS=100000 SEED=7 cargo test -p wasmote-wat --test mutants` runs more.

#[path = "oracle/theirs.rs"]
#[allow(dead_code, reason = "scripts are compared elsewhere")]
mod theirs;

use wasmote_test_support::{Random, scripts};
use wasmote_wat::parse_text;

/// Reads a number from an environment variable.
fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Returns the texts of modules in scripts: forms that begin with `module`, and the strings behind `quote`.
fn originals() -> Vec<String> {
    let mut texts = Vec::new();
    for script in scripts::published().into_iter().chain(scripts::regress()).chain(scripts::newest()) {
        let mut rest = &script.text[..];
        while let Some(start) = rest.find("(module") {
            rest = &rest[start..];
            let Some(end) = end(rest) else { break };
            let module = &rest[..end];
            if (10..3_000).contains(&module.len())
                && !["binary", "definition", "instance"].iter().any(|word| module.contains(word))
            {
                match module.strip_prefix("(module quote") {
                    Some(quoted) => texts
                        .push(quoted.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ").replace("\\\"", "\"")),
                    None => texts.push(module.into()),
                }
            }
            rest = &rest[end..];
        }
    }
    texts.sort();
    texts.dedup();
    texts
}

/// Returns the end of the form that a text begins with.
fn end(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    for token in tokens(text) {
        at += token.len();
        match token {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Splits a text into pieces that are roughly tokens, spaces and comments.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let len = match first {
            '(' | ')' => 1,
            '"' => {
                let mut escaped = false;
                let end = rest.bytes().skip(1).position(|byte| {
                    let ends = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            ';' => rest.find('\n').unwrap_or(rest.len()),
            c if c.is_whitespace() => rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()),
            _ => rest
                .find(|c: char| c.is_whitespace() || "()\";".contains(c))
                .unwrap_or(rest.len())
                .max(first.len_utf8()),
        };
        let (token, behind) = rest.split_at(len);
        rest = behind;
        Some(token)
    })
}

/// Words that change the meaning of a text.
const WORDS: &[&str] = &[
    "(",
    ")",
    "i32",
    "i64",
    "f32",
    "0",
    "1",
    "-1",
    "0x7fff_ffff",
    "4294967296",
    "1.5",
    "nan:0x1",
    "$x",
    "$\"x\"",
    "\"\"",
    "\"a\\u{41}\"",
    "func",
    "(func)",
    "(param i32)",
    "(result i32)",
    "(type 0)",
    "(export \"e\")",
    "(import \"m\" \"n\")",
    "(local $x i64)",
    "end",
    "else",
    "block",
    "(block)",
    "loop",
    "if",
    "(then)",
    "(else)",
    "(if (then))",
    "shared",
    "(mut i32)",
    "(table 1 funcref)",
    "(memory 1)",
    "offset=1",
    "align=2",
    "align=3",
    "nop",
    "(nop)",
    "i32.const 1",
    "(i32.const 1)",
    "local.get 0",
    "br 0",
    "(br_table 0 0)",
    "call 0",
    "(call_indirect (param i64))",
    "ref.null func",
    "(ref func)",
    "(ref null $x)",
    "anyref",
    "null",
    "(@a b)",
    "(@name \"n\")",
    "(@custom \"c\" (before func) \"d\")",
    ";;",
    "(;",
    ";)",
    "(; a ;)",
    "\n",
    ",",
    "é",
    "(rec (type (func)))",
    "(sub (func))",
    "sub",
    "final",
    "(start 0)",
    "(elem func 0)",
    "(data \"x\")",
    "declare",
    "(offset i32.const 0)",
    "item",
    "(item)",
    "v128.const i32x4 1 2 3 4",
    "i8x16.extract_lane_s 1",
    "v128.load8_lane 1",
    "memory.copy 0 0",
    "table.init 0",
    "struct.get 0 0",
    "(try_table (catch_all 0))",
    "throw 0",
    "(tag)",
    "select (result i32)",
    "ref.test anyref",
    "br_on_cast 0 anyref eqref",
    "delegate 0",
    "(@metadata.code.branch_hint \"\\01\")",
];

fn damaged(random: &mut Random, original: &str, other: &str) -> String {
    let others: Vec<&str> = tokens(other).collect();
    let mut pieces: Vec<String> = tokens(original).map(String::from).collect();
    for _ in 0..=random.below(2) {
        let at = random.below(pieces.len());
        match random.below(9) {
            0 => {
                pieces.remove(at);
            }
            1 => pieces.insert(at, format!(" {} ", random.of(WORDS))),
            2 => pieces[at] = random.of(WORDS).to_string(),
            3 => {
                let to = random.below(pieces.len());
                pieces.swap(at, to);
            }
            4 => pieces[at] = random.of(&others).to_string(),
            5 => {
                let copy = pieces[random.below(pieces.len())].clone();
                pieces.insert(at, copy);
            }
            6 => {
                // Removes, inserts or changes a character.
                let mut characters: Vec<char> = pieces[at].chars().collect();
                let place = random.below(characters.len());
                let new = random
                    .pick(&['_', '0', 'x', 'e', '.', '-', '+', '"', '\\', '$', '@', '=', 'a', ' ', ')', '\u{7f}', 'ü']);
                match random.below(3) {
                    0 if characters.len() > 1 => {
                        characters.remove(place);
                    }
                    1 => characters.insert(place, new),
                    _ => characters[place] = new,
                }
                pieces[at] = characters.into_iter().collect();
            }
            7 => {
                let end = (at + 1 + random.below(6)).min(pieces.len());
                pieces.drain(at..end);
            }
            _ => {
                // Inserts a form of another text.
                let start = random.below(others.len());
                let form = others[start..].concat();
                if let Some(end) = form.starts_with('(').then(|| end(&form)).flatten() {
                    pieces.insert(at, form[..end].into());
                }
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        if pieces.is_empty() {
            pieces.push("(module)".into());
        }
    }
    pieces.concat()
}

/// Whether this parser may refuse a text that `wast` accepts, and why.
fn may_refuse(text: &str, message: &str) -> bool {
    // `wast` writes two start sections, which decoders refuse.
    message == "multiple start sections"
        // `wast` gives a wrong index to a tag that is imported behind a defined one.
        || message == "import after tag"
        // `wast` takes a folded `try` for an instruction without an end, and its clauses for instructions.
        || text.contains("(try") && !text.contains("(try_table")
        // `wast` reads on inside of the annotation.
        || text.contains("(@metadata.code.branch_hint")
        // No build runs these: groups of imports, ordered accesses of memories and arrays. Nor numbers in data
        // segments.
        || text.contains("(item") || message == "unexpected token, expected a string" && text.contains("import")
        || text.contains("acqrel") || message == "unknown operator" && text.contains("(type")
        || text.contains("(data (i")
}

/// Whether the binaries may differ: `wast` writes no `end` for a block that is an abbreviated offset or element.
fn may_differ(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let blocks = ["(block", "(loop", "(if", "(try_table"];
    (text.contains("(data") || text.contains("(elem")) && blocks.iter().any(|block| text.contains(block))
}

/// Whether this parser may accept a text that `wast` refuses.
fn may_accept(text: &str, message: &str) -> bool {
    // A folded legacy `try`; or an `if` as an abbreviated offset or element, whose clauses `wast` takes for
    // instructions.
    text.contains("(try") || text.contains("(if") && message.starts_with("unknown operator")
}

#[test]
fn damaged_texts_are_accepted_and_refused_alike() {
    let originals = originals();
    assert!(originals.len() > 3_000, "{}", originals.len());
    let (count, seed) = (number("MUTANTS", 6_000), number("SEED", 1));
    let mut random = Random::new(seed as u64 | 1 << 40);
    let (mut accepted, mut excused, mut faults) = (0, 0, Vec::new());
    for _ in 0..count {
        let (original, other) = (random.of(&originals).clone(), random.of(&originals).clone());
        let text = damaged(&mut random, &original, &other);
        match (parse_text(text.as_bytes(), "m"), theirs::module(&text)) {
            (Ok(ours), Ok(theirs)) if ours == theirs => accepted += 1,
            (Ok(_), Ok(_)) if may_differ(&text) => excused += 1,
            (Ok(ours), Ok(theirs)) => faults.push(format!("another binary:\n{text}\n{ours:02x?}\n{theirs:02x?}")),
            (Err(error), Ok(_)) if may_refuse(&text, error.message) => excused += 1,
            (Ok(_), Err(error)) if may_accept(&text, &error.message()) => excused += 1,
            (Ok(_), Err(error)) => faults.push(format!("not refused:\n{text}\n{error}")),
            (Err(error), Ok(_)) => faults.push(format!("refused:\n{text}\n{error}")),
            (Err(_), Err(_)) => {}
        }
    }
    println!("{count} mutants: {accepted} accepted, {excused} excused");
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.iter().take(20).cloned().collect::<Vec<_>>().join("\n----\n")
    );
    assert!(accepted > count / 12 && excused < count / 50, "{accepted} {excused}");
}
