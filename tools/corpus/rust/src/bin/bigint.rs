//! Factorials, Fibonacci numbers and powers, by the crate num-bigint.
use num_bigint::BigUint;

fn main() {
    let factorial = (1u32..1200).fold(BigUint::from(1u32), |product, n| product * n);
    println!("{factorial}");
    let (mut a, mut b) = (BigUint::from(0u32), BigUint::from(1u32));
    for _ in 0..8000 {
        a += &b;
        std::mem::swap(&mut a, &mut b);
    }
    println!("{:x}", &a % (BigUint::from(1u32) << 400u32));
    let prime = (BigUint::from(1u32) << 1279u32) - 1u32;
    println!("{:x}", BigUint::from(3u32).modpow(&(&prime >> 900u32), &prime));
    println!("{}", (&factorial / &a.pow(2)).sqrt().bits());
}
