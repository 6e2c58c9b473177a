//! The Mandelbrot set, four points at a time: with vectors each step is done for all four.

use crate::checksum;

pub fn run(size: usize, limit: usize) -> String {
    let mut counts = Vec::with_capacity(size * size);
    for y in 0..size {
        for x in (0..size).step_by(4) {
            counts.extend_from_slice(&four(size, x, y, limit as u32));
        }
    }
    let bytes: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
    format!("{:016x}", checksum(&bytes))
}

fn place(size: usize, x: usize, y: usize) -> (f32, f32) {
    (x as f32 * 3.0 / size as f32 - 2.0, y as f32 * 2.0 / size as f32 - 1.0)
}

#[cfg(not(target_feature = "simd128"))]
fn four(size: usize, x: usize, y: usize, limit: u32) -> [u32; 4] {
    [0, 1, 2, 3].map(|i| {
        let (cx, cy) = place(size, x + i, y);
        let (mut zx, mut zy, mut count) = (0f32, 0f32, 0);
        while count < limit {
            let (xx, yy) = (zx * zx, zy * zy);
            if xx + yy > 4.0 {
                break;
            }
            zy = (zx + zx) * zy + cy;
            zx = xx - yy + cx;
            count += 1;
        }
        count
    })
}

#[cfg(target_feature = "simd128")]
fn four(size: usize, x: usize, y: usize, limit: u32) -> [u32; 4] {
    use std::arch::wasm32::*;
    let at = |i: usize| place(size, x + i, y).0;
    let cx = f32x4(at(0), at(1), at(2), at(3));
    let cy = f32x4_splat(place(size, x, y).1);
    let (mut zx, mut zy, mut counts) = (f32x4_splat(0.0), f32x4_splat(0.0), i32x4_splat(0));
    for _ in 0..limit {
        let (xx, yy) = (f32x4_mul(zx, zx), f32x4_mul(zy, zy));
        let inside = f32x4_le(f32x4_add(xx, yy), f32x4_splat(4.0));
        if !v128_any_true(inside) {
            break;
        }
        counts = i32x4_sub(counts, inside);
        zy = f32x4_add(f32x4_mul(f32x4_add(zx, zx), zy), cy);
        zx = f32x4_add(f32x4_sub(xx, yy), cx);
    }
    [
        i32x4_extract_lane::<0>(counts) as u32,
        i32x4_extract_lane::<1>(counts) as u32,
        i32x4_extract_lane::<2>(counts) as u32,
        i32x4_extract_lane::<3>(counts) as u32,
    ]
}
