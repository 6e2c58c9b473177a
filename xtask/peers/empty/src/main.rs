//! `empty`: does nothing, as a Rust program with the standard library does it.

fn main() {}
