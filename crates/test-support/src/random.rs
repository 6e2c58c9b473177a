//! Random numbers, the same on every machine.

/// A generator of random numbers (SplitMix64). All seeds are equally good.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Makes a generator. The seed determines all its numbers.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Returns the next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Returns a number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next_u64() % bound as u64) as usize }
    }

    /// Returns true with a probability of `percent`.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Returns true with a probability of one in `count`.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Returns one of the elements.
    ///
    /// # Panics
    /// If there are none.
    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Returns a clone of one of the elements.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        self.of(all).clone()
    }

    /// Returns a number that often reveals bugs: near 0, near the largest of 32 or 64 bits, near a power of two, or
    /// any.
    pub fn value(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => self.below(8) as u64,
            2 => self.below(300) as u64,
            3 => u64::MAX - self.below(4) as u64,
            4 => u64::from(u32::MAX) - self.below(4) as u64,
            5 => (1u64 << self.below(64)).wrapping_sub(self.below(3) as u64),
            6 => self.below(70_000) as u64,
            _ => self.next_u64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    /// docs/testing.md records the seeds of campaigns: they must make the same mutants forever.
    #[test]
    fn numbers_are_those_of_split_mix_64() {
        let mut random = Random::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next_u64());
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        assert_eq!(Random::new(0).next_u64(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn numbers_below_a_bound_are_all_that_there_are() {
        let mut random = Random::new(1);
        let mut seen = [0; 7];
        for _ in 0..700 {
            seen[random.below(7)] += 1;
        }
        assert!(seen.iter().all(|&times| times > 50), "{seen:?}");
        let before = random.clone().next_u64();
        assert_eq!(random.below(0), 0);
        assert_eq!(random.next_u64(), before, "nothing was drawn");
    }
}
