//! Random numbers, the same on every machine: SplitMix64. The tests of `wasmote` include this, too.

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() % bound as u64) as usize }
    }

    /// Whether something happens that does so `percent` times out of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A number of the kind that mistakes are made with.
    pub fn value(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => self.below(8) as u64,
            2 => self.below(300) as u64,
            3 => u64::MAX - self.below(4) as u64,
            4 => u64::from(u32::MAX) - self.below(4) as u64,
            5 => (1u64 << self.below(64)).wrapping_sub(self.below(3) as u64),
            6 => self.below(70_000) as u64,
            _ => self.next(),
        }
    }
}
