//! Text: whether it is UTF-8, and where bytes are in it.

use crate::{Rng, checksum};

/// Words of several scripts.
fn text(len: usize) -> Vec<u8> {
    const WORDS: &[&str] = &["vector", "naïve ", "Größe ", "λόγος ", "слово ", "言葉 ", "word\n", "🦀 ", "lane, "];
    let mut rng = Rng::new(11);
    let mut text = String::new();
    while text.len() < len {
        text.push_str(WORDS[(rng.next() % 64).min(8) as usize]);
    }
    text.into_bytes()
}

pub fn utf8(kib: usize, rounds: usize) -> String {
    let mut text = text(kib * 1024);
    let mut good = 0;
    let middle = text.len() / 2;
    for round in 0..rounds {
        good += usize::from(validate(&text));
        // Every other time something is wrong in the middle.
        let byte = text[middle];
        text[middle] = 0xff;
        good += 2 * usize::from(validate(&text));
        text[middle] = byte;
        good += round & 1;
    }
    format!("{good} {:016x}", checksum(&text))
}

#[cfg(target_feature = "simd128")]
fn validate(text: &[u8]) -> bool {
    simdutf8::basic::from_utf8(text).is_ok()
}

#[cfg(not(target_feature = "simd128"))]
fn validate(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok()
}

pub fn memchr(kib: usize, rounds: usize) -> String {
    let text = text(kib * 1024);
    let mut sum = 0u64;
    for round in 0..rounds {
        let mut add = |at: usize| sum = sum.wrapping_mul(31).wrapping_add(at as u64 ^ round as u64);
        memchr::memchr_iter(b'\n', &text).for_each(&mut add);
        memchr::memchr2_iter(b'#', 0xf0, &text).for_each(&mut add);
        memchr::memmem::find_iter(&text, "言葉 naïve".as_bytes()).for_each(&mut add);
    }
    format!("{sum:016x}")
}
