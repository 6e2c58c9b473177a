//! hashes [KIB [PASSES]]: BLAKE3 and Keccak/SHA-3 over a generated buffer, then Argon2id with KIB KiB of memory.
use guests::{arg, bytes, hex};
use tiny_keccak::{Hasher, Sha3};

fn main() {
    let (kib, passes) = (arg(1, 64), arg(2, 1));
    let data = bytes(kib * 1024);
    println!("blake3 {}", blake3::hash(&data).to_hex());
    let mut sha3 = Sha3::v256();
    sha3.update(&data);
    let mut out = [0; 32];
    sha3.finalize(&mut out);
    println!("sha3-256 {}", hex(&out));
    let params = argon2::Params::new(kib.max(8) as u32, passes.max(1) as u32, 1, Some(32)).expect("parameters");
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(b"password", b"some salt", &mut out)
        .expect("argon2");
    println!("argon2id m={} t={passes} {}", kib.max(8), hex(&out));
}
