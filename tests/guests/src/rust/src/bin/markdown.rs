//! markdown [SECTIONS]: generated markdown to HTML with pulldown-cmark.
use guests::{Rng, WORDS, arg, crc32};
use pulldown_cmark::{Options, Parser, html};
use std::fmt::Write;

fn sentence(rng: &mut Rng, out: &mut String) {
    for _ in 0..4 + rng.below(10) {
        let w = rng.pick(WORDS);
        match rng.below(12) {
            0 => write!(out, "*{w}* "),
            1 => write!(out, "**{w} {w}** "),
            2 => write!(out, "`{w}<{w}>` "),
            3 => write!(out, "[{w}](https://{w}.example/?a=1&b=2 \"{w}\") "),
            4 => write!(out, "{w}&amp;\\*{w} "),
            5 => write!(out, "~~{w}~~ "),
            _ => write!(out, "{w} "),
        }
        .unwrap();
    }
    out.push('\n');
}

fn main() {
    let sections = arg(1, 20);
    let mut rng = Rng::new(9);
    let mut text = String::new();
    for i in 0..sections {
        write!(text, "{} Section {i}\n\n", "#".repeat(1 + rng.below(4))).unwrap();
        sentence(&mut rng, &mut text);
        text.push('\n');
        for k in 0..rng.below(5) {
            text.push_str(&if rng.below(2) == 0 { "- ".to_string() } else { format!("{}. ", k + 1) });
            sentence(&mut rng, &mut text);
            if rng.below(3) == 0 {
                text.push_str("    - ");
                sentence(&mut rng, &mut text);
            }
        }
        text.push('\n');
        match rng.below(5) {
            0 => text.push_str("```rust\nfn main() { println!(\"<&>\"); }\n```\n\n"),
            1 => text.push_str("| a | b |\n|:--|--:|\n| 1 | *2* |\n| `x` | y |\n\n"),
            2 => text.push_str("> quoted\n> > twice\n\n<div class=\"raw\">\nraw\n</div>\n\n"),
            3 => writeln!(text, "Note[^n{i}]\n\n[^n{i}]: the note\n\n- [x] done\n- [ ] open\n").unwrap(),
            _ => text.push_str("***\n\n"),
        }
    }
    println!("markdown {} bytes, crc {:08x}", text.len(), crc32(text.as_bytes()));
    let mut out = String::new();
    html::push_html(&mut out, Parser::new_ext(&text, Options::all()));
    println!("html {} bytes, crc {:08x}, {} tags", out.len(), crc32(out.as_bytes()), out.matches('<').count());
    for line in out.lines().take(6) {
        println!("{line}");
    }
}
