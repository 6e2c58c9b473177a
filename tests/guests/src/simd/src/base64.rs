//! Base64, there and back: twelve bytes become sixteen characters at a time where there are vectors.

use crate::{bytes, checksum};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn run(kib: usize, rounds: usize) -> String {
    // Whole groups of three, and room behind them to read vectors.
    let len = kib * 1024 / 12 * 12;
    let mut data = bytes(len + 16);
    let mut text = vec![0; len / 3 * 4];
    let mut back = vec![0; len + 16];
    let mut good = true;
    for round in 0..rounds {
        data[0] = round as u8;
        encode(&data, &mut text);
        good &= decode(&text, &mut back);
    }
    good &= back[..len] == data[..len];
    format!("{good} {:016x}", checksum(&text))
}

#[cfg(not(target_feature = "simd128"))]
fn encode(data: &[u8], text: &mut [u8]) {
    for (three, four) in data.chunks_exact(3).zip(text.chunks_exact_mut(4)) {
        let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        for (i, character) in four.iter_mut().enumerate() {
            *character = ALPHABET[(bits >> (18 - 6 * i)) as usize & 63];
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
fn decode(text: &[u8], back: &mut [u8]) -> bool {
    const VALUES: [u8; 256] = {
        let mut values = [255; 256];
        let mut i = 0;
        while i < 64 {
            values[ALPHABET[i] as usize] = i as u8;
            i += 1;
        }
        values
    };
    let mut wrong = 0;
    for (four, three) in text.chunks_exact(4).zip(back.chunks_exact_mut(3)) {
        let mut bits = 0;
        for &character in four {
            let value = VALUES[usize::from(character)];
            wrong |= value;
            bits = bits << 6 | u32::from(value);
        }
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    wrong & 128 == 0
}

#[cfg(target_feature = "simd128")]
fn load(from: &[u8]) -> std::arch::wasm32::v128 {
    let bytes: &[u8; 16] = from.first_chunk().expect("16 bytes");
    unsafe { std::arch::wasm32::v128_load(bytes.as_ptr().cast()) }
}

#[cfg(target_feature = "simd128")]
fn store(to: &mut [u8], value: std::arch::wasm32::v128) {
    let bytes: &mut [u8; 16] = to.first_chunk_mut().expect("16 bytes");
    unsafe { std::arch::wasm32::v128_store(bytes.as_mut_ptr().cast(), value) }
}

#[cfg(target_feature = "simd128")]
fn encode(data: &[u8], text: &mut [u8]) {
    use std::arch::wasm32::*;
    assert_eq!(ALPHABET[62], b'+');
    let offsets = i8x16(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
    for (at, to) in (0..).step_by(12).zip(text.chunks_exact_mut(16)) {
        let bytes = load(&data[at..]);
        let groups = i8x16_shuffle::<1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10>(bytes, bytes);
        let a = u16x8_shr(v128_and(groups, u32x4_splat(0x0000_fc00)), 10);
        let b = i16x8_shl(v128_and(groups, u32x4_splat(0x0000_03f0)), 4);
        let c = u32x4_shr(v128_and(groups, u32x4_splat(0x0fc0_0000)), 6);
        let d = i32x4_shl(v128_and(groups, u32x4_splat(0x003f_0000)), 8);
        let values = v128_or(v128_or(a, b), v128_or(c, d));
        // The kind of each: 0 for letters below, 1 to 10 digits, 11 and 12 signs, 13 for letters above.
        let kind = u8x16_sub_sat(values, u8x16_splat(51));
        let above = i8x16_lt(values, i8x16_splat(26));
        let kind = v128_or(kind, v128_and(above, i8x16_splat(13)));
        store(to, i8x16_add(values, i8x16_swizzle(offsets, kind)));
    }
}

#[cfg(target_feature = "simd128")]
fn decode(text: &[u8], back: &mut [u8]) -> bool {
    use std::arch::wasm32::*;
    let mut wrong = i8x16_splat(0);
    for (from, at) in text.chunks_exact(16).zip((0..).step_by(12)) {
        let text = load(from);
        let range = |low: u8, high: u8| {
            v128_and(u8x16_ge(text, u8x16_splat(low)), u8x16_le(text, u8x16_splat(high)))
        };
        let (above, below, digit) = (range(b'A', b'Z'), range(b'a', b'z'), range(b'0', b'9'));
        let (plus, slash) = (i8x16_eq(text, u8x16_splat(b'+')), i8x16_eq(text, u8x16_splat(b'/')));
        let offset = v128_or(
            v128_or(v128_and(above, i8x16_splat(-65)), v128_and(below, i8x16_splat(-71))),
            v128_or(
                v128_and(digit, i8x16_splat(4)),
                v128_or(v128_and(plus, i8x16_splat(19)), v128_and(slash, i8x16_splat(16))),
            ),
        );
        let known = v128_or(v128_or(above, below), v128_or(digit, v128_or(plus, slash)));
        wrong = v128_or(wrong, v128_not(known));
        let values = i8x16_add(text, offset);
        // Pairs of 6 bits, then of 12.
        let even = v128_and(values, u16x8_splat(0x00ff));
        let pairs = v128_or(i16x8_shl(even, 6), u16x8_shr(values, 8));
        let fours = i32x4_dot_i16x8(pairs, i16x8(4096, 1, 4096, 1, 4096, 1, 4096, 1));
        let zero = i8x16_splat(0);
        let bytes = i8x16_shuffle::<2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 16, 16, 16, 16>(fours, zero);
        store(&mut back[at..], bytes);
    }
    !v128_any_true(wrong)
}
