//! regex [LINES]: the regex crate over generated log lines: counts, captures, a replacement.
use guests::{Rng, WORDS, arg, crc32};
use regex::{Regex, RegexSet};
use std::fmt::Write;

fn main() {
    let lines = arg(1, 100);
    let mut rng = Rng::new(3);
    let mut text = String::new();
    for i in 0..lines {
        let (h, m, s) = (rng.below(24), rng.below(60), rng.below(60));
        let level = rng.pick(&["INFO", "WARN", "ERROR", "debug"]);
        write!(text, "2024-0{}-1{} {h:02}:{m:02}:{s:02} [{level}] ", 1 + rng.below(9), rng.below(10)).unwrap();
        for _ in 0..3 + rng.below(8) {
            write!(text, "{} ", rng.pick(WORDS)).unwrap();
        }
        match rng.below(4) {
            0 => writeln!(text, "from {}.{}.{}.{}", rng.below(256), rng.below(256), rng.below(256), rng.below(256)),
            1 => writeln!(text, "user{i}@{}.example", rng.pick(WORDS)),
            2 => writeln!(text, "took {}.{:03} ms", rng.below(900), rng.below(1000)),
            _ => writeln!(text, "id=0x{:x}", rng.next()),
        }
        .unwrap();
    }
    println!("{} bytes, crc {:08x}", text.len(), crc32(text.as_bytes()));

    for pattern in [
        r"(?m)^\d{4}-\d\d-\d\d (?:0\d|1[0-2]):",
        r"\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b",
        r"(?i)\[(warn|error|DEBUG)\]",
        r"\p{Lu}\p{Ll}+\s\w+e\b",
        r"[a-z]+(?:tion|ment|ory)\b.*trap",
        r"0x[0-9a-f]*([0-9])\b",
    ] {
        let re = Regex::new(pattern).unwrap();
        let (mut n, mut sum) = (0usize, 0usize);
        for m in re.find_iter(&text) {
            n += 1;
            sum = sum.wrapping_mul(31).wrapping_add(m.start() ^ m.len()) & 0xffff_ffff;
        }
        println!("{n:6} {sum:08x} {pattern}");
    }

    let took = Regex::new(r"(?P<word>\S+) took (?P<ms>\d+)\.(?P<us>\d+) ms").unwrap();
    let total: u64 = took.captures_iter(&text).map(|c| c["ms"].parse::<u64>().unwrap() * 1000 + c["us"].parse::<u64>().unwrap()).sum();
    println!("total {total} us");
    let swapped = Regex::new(r"(\w+)@(\w+)\.example").unwrap().replace_all(&text, "$2 at ${1}");
    println!("replaced: {} bytes, crc {:08x}", swapped.len(), crc32(swapped.as_bytes()));
    let set = RegexSet::new([r"\[ERROR\].*import", r"Größe (of|and)", r"user\d+@", r"id=0x[0-9a-f]{12}$"]).unwrap();
    let mut counts = [0; 4];
    for line in text.lines() {
        for i in set.matches(line).iter() {
            counts[i] += 1;
        }
    }
    println!("set {counts:?}");
}
