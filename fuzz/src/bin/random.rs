//! Tries random inputs without libFuzzer, with any compiler: `random <target> <first seed> <how many>`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target: fn(&[u8]) = match args.first().map(String::as_str) {
        Some("image") => wasmote_fuzz::image,
        Some("translate_image") => wasmote_fuzz::translate_image,
        _ => {
            eprintln!("usage: random image|translate_image [first seed] [how many]");
            return ExitCode::FAILURE;
        }
    };
    let number = |at: usize, otherwise: u64| args.get(at).map_or(otherwise, |arg| arg.parse().expect("a number"));
    let (first, count) = (number(1, 0), number(2, 1000));
    for seed in first..first + count {
        // Said again by whoever looks for the one that ends the program.
        if std::env::var_os("SAY").is_some() {
            println!("seed {seed}");
        }
        target(&bytes(seed));
    }
    println!("{count} inputs from seed {first} on");
    ExitCode::SUCCESS
}

/// SplitMix64.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let len = next() % 6000;
    (0..len).map(|_| next() as u8).collect()
}
