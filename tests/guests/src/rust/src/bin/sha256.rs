//! sha256 [KIB [ROUNDS]]: SHA-256 over a generated buffer, the digest fed back in.
use guests::{arg, bytes, hex};
use sha2::{Digest, Sha256};

fn main() {
    let (kib, rounds) = (arg(1, 64), arg(2, 2));
    let mut data = bytes(kib * 1024);
    println!("abc {}", hex(&Sha256::digest(b"abc")));
    let mut digest = Sha256::digest(&data);
    for _ in 1..rounds {
        data[..32].copy_from_slice(&digest);
        digest = Sha256::digest(&data);
    }
    println!("{kib} KiB x {rounds} {}", hex(&digest));
}
