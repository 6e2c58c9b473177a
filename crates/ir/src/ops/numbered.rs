//! Numbers equal values alike, for tables that are made at compile time and store each value once.

/// The numbers of `N` values. Equal values have the same number. New values are numbered in order.
pub(crate) struct Interned<const N: usize> {
    /// The number of each value.
    pub of: [u8; N],
    /// For each number, the index of the first value that has it.
    pub first: [u16; MOST],
    /// How many different values there are.
    pub count: usize,
}

/// The maximum number of different values.
const MOST: usize = 256;
/// Log2 of the size of the hash table. At most a quarter of the table is used.
const PLACES_LOG2: u32 = 10;

impl<const N: usize> Interned<N> {
    /// Numbers the values with these keys. Equal values have the same key.
    ///
    /// It uses a hash table, because the compiler evaluates constants slowly: a linear search took seconds of each
    /// compilation.
    pub const fn new(keys: &[u64; N]) -> Self {
        let mut numbered = Interned { of: [0; N], first: [0; MOST], count: 0 };
        // Each place holds a number plus 1, or 0 if it is empty.
        let mut places = [0_u16; 1 << PLACES_LOG2];
        let mut i = 0;
        while i < N {
            let key = keys[i];
            // Multiplication by the golden ratio spreads close keys.
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
    use super::Interned;

    #[test]
    fn what_is_equal_has_one_number_in_the_order_of_firsts() {
        let numbered = Interned::new(&[7, 9, 7, 0, 9, u64::MAX]);
        assert_eq!(numbered.of, [0, 1, 0, 2, 1, 3]);
        assert_eq!(numbered.first[..numbered.count], [0, 1, 3, 5]);
    }
}
