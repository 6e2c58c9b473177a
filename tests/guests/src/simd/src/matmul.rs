//! Products of square matrices of f32, row by row, as a compiler vectorises them.

use crate::{Rng, checksum};

pub fn run(size: usize, rounds: usize) -> String {
    let mut rng = Rng::new(3);
    // Small whole numbers: sums are exact in whatever order.
    let mut matrix = || (0..size * size).map(|_| (rng.next() % 8) as f32).collect::<Vec<f32>>();
    let (a, b) = (matrix(), matrix());
    let mut c = vec![0f32; size * size];
    for _ in 0..rounds {
        c.fill(0.0);
        for i in 0..size {
            let row = &mut c[i * size..][..size];
            for k in 0..size {
                let factor = a[i * size + k];
                for (sum, b) in row.iter_mut().zip(&b[k * size..][..size]) {
                    *sum += factor * b;
                }
            }
        }
    }
    let bytes: Vec<u8> = c.iter().flat_map(|value| value.to_le_bytes()).collect();
    format!("{:016x}", checksum(&bytes))
}
