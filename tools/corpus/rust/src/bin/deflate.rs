//! Deflate and inflate, by the crate miniz_oxide.
fn main() {
    let mut seed = 7u32;
    let words = ["interpreter", "module", "memory", "table", "of", "the", "and", "a"];
    let mut text = String::new();
    while text.len() < 400_000 {
        seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
        text += words[(seed >> 29) as usize];
        text.push(if seed & 0x1000 == 0 { ' ' } else { '\n' });
    }
    for level in [1, 6, 9] {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), level);
        let back = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap();
        println!("{level} {} {}", packed.len(), back == text.as_bytes());
    }
}
