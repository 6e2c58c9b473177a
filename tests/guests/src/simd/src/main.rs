//! simd KERNEL [SIZE [ROUNDS]]: one kernel, or `all` of them, over generated data; prints a checksum of what came out. The same program
//! is compiled with `+simd128` and without, and must print the same.

mod base64;
mod mandelbrot;
mod matmul;
mod text;

use sha2::Digest;

/// The argument at `index`, or `otherwise`.
fn arg(index: usize, otherwise: usize) -> usize {
    std::env::args().nth(index).and_then(|a| a.parse().ok()).unwrap_or(otherwise)
}

/// xorshift64*: the same sequence everywhere.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Rng(seed.wrapping_mul(2) + 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(2685821657736338717) >> 16
    }
}

pub fn bytes(len: usize) -> Vec<u8> {
    let mut rng = Rng::new(7);
    (0..len).map(|_| rng.next() as u8).collect()
}

/// FNV-1a.
pub fn checksum(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn hash(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(kib: usize, rounds: usize) -> String {
    let mut data = bytes(kib * 1024);
    for _ in 0..rounds {
        let digest = sha2::Sha256::digest(&data);
        data[..32].copy_from_slice(&digest);
    }
    hash(&data[..32])
}

fn blake3(kib: usize, rounds: usize) -> String {
    let mut data = bytes(kib * 1024);
    for _ in 0..rounds {
        let digest = blake3::hash(&data);
        data[..32].copy_from_slice(digest.as_bytes());
    }
    hash(&data[..32])
}

type Kernel = fn(usize, usize) -> String;
/// Each with its size and rounds for tests.
const KERNELS: &[(&str, Kernel, usize, usize)] = &[
    ("matmul", matmul::run, 48, 1),
    ("mandelbrot", mandelbrot::run, 64, 50),
    ("base64", base64::run, 16, 1),
    ("utf8", text::utf8, 16, 1),
    ("memchr", text::memchr, 16, 1),
    ("sha256", sha256, 16, 1),
    ("blake3", blake3, 16, 1),
];

fn main() {
    let name = std::env::args().nth(1).unwrap_or("all".into());
    for &(kernel, run, size, rounds) in KERNELS {
        if name == kernel || name == "all" {
            println!("{kernel} {}", run(arg(2, size), arg(3, rounds)));
        }
    }
}
