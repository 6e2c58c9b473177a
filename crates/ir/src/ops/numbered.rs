//! Numbers for what is often the same, for tables made at compile time.

/// Numbers of what `N` have, the same for what is equal, in the order in which it is met.
pub(crate) struct Numbered<const N: usize> {
    pub of: [u8; N],
    /// For each number the first that has it.
    pub first: [u16; MOST],
    pub count: usize,
}

/// The most that differ.
const MOST: usize = 256;
/// Where numbers are looked for, at most a quarter of it used.
const PLACES_LOG2: u32 = 10;

impl<const N: usize> Numbered<N> {
    /// What is equal has the same key. By a hash, since constants are evaluated slowly: a search took seconds of each compilation.
    pub const fn new(keys: &[u64; N]) -> Self {
        let mut numbered = Numbered { of: [0; N], first: [0; MOST], count: 0 };
        // The number plus 1, or 0.
        let mut places = [0_u16; 1 << PLACES_LOG2];
        let mut i = 0;
        while i < N {
            let key = keys[i];
            // The golden ratio spreads what is close.
            let mut place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PLACES_LOG2)) as usize;
            while places[place] != 0 && keys[numbered.first[places[place] as usize - 1] as usize] != key {
                place = (place + 1) % places.len();
            }
            if places[place] == 0 {
                assert!(numbered.count < MOST);
                numbered.first[numbered.count] = i as u16;
                numbered.count += 1;
                places[place] = numbered.count as u16;
            }
            numbered.of[i] = (places[place] - 1) as u8;
            i += 1;
        }
        numbered
    }
}

#[cfg(test)]
mod tests {
    use super::Numbered;

    #[test]
    fn what_is_equal_has_one_number_in_the_order_of_firsts() {
        let numbered = Numbered::new(&[7, 9, 7, 0, 9, u64::MAX]);
        assert_eq!(numbered.of, [0, 1, 0, 2, 1, 3]);
        assert_eq!(numbered.first[..numbered.count], [0, 1, 3, 5]);
    }
}
