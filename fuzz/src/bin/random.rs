//! Tries random inputs without libFuzzer, with any compiler: `random <target> <first seed> <how many>`.

use std::process::ExitCode;

use wasmote_test_support::Random;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target: fn(&[u8]) = match args.first().map(String::as_str) {
        Some("image") => wasmote_fuzz::image,
        Some("api") => wasmote_fuzz::api,
        Some("translate_image") => wasmote_fuzz::translate_image,
        _ => {
            eprintln!("usage: random image|translate_image|api [first seed] [how many]");
            return ExitCode::FAILURE;
        }
    };
    let number = |at: usize, otherwise: u64| args.get(at).map_or(otherwise, |arg| arg.parse().expect("a number"));
    let (first, count) = (number(1, 0), number(2, 1000));
    for seed in first..first + count {
        // Prints each seed, to find the one that ends the program.
        if std::env::var_os("SAY").is_some() {
            println!("seed {seed}");
        }
        target(&bytes(seed));
    }
    println!("{count} inputs from seed {first} on");
    ExitCode::SUCCESS
}

fn bytes(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let len = random.below(6000);
    (0..len).map(|_| random.next_u64() as u8).collect()
}
