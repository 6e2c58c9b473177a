//! Signs and verifies, by the crate ed25519-dalek: products of 64-bit numbers.
use ed25519_dalek::{Signer, SigningKey, Verifier};

fn main() {
    let mut good = 0;
    let mut last = [0; 64];
    for i in 0..40u8 {
        let key = SigningKey::from_bytes(&[i; 32]);
        let text = [&last[..], &[i; 100]].concat();
        let signature = key.sign(&text);
        last = signature.to_bytes();
        good += u32::from(key.verifying_key().verify(&text, &signature).is_ok());
    }
    println!("{good} {last:02x?}");
}
