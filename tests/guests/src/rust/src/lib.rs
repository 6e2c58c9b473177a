//! What the Rust guests share: arguments, a fixed generator, text made from it.

/// The argument at `index`, or `otherwise`.
pub fn arg(index: usize, otherwise: usize) -> usize {
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
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

pub const WORDS: &[&str] = &[
    "module", "table", "memory", "stack", "value", "branch", "loop", "import", "export", "function", "global", "local", "block",
    "naïve", "Größe", "trap", "element", "segment", "offset", "the", "of", "and", "with", "under",
];

pub fn bytes(len: usize) -> Vec<u8> {
    let mut rng = Rng::new(7);
    (0..len).map(|_| rng.next() as u8).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// CRC-32 (IEEE).
pub fn crc32(data: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &b in data {
        crc ^= b as u32;
        for _ in 0..8 {
            crc = if crc & 1 != 0 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    !crc
}
