//! The least that firmware with a guest needs.
#![no_std]
#![no_main]

mod board;
#[path = "../../firmware-parts/minimal.rs"]
mod minimal;
#[path = "../../firmware-parts/mod.rs"]
mod parts;

#[riscv_rt::entry]
fn main() -> ! {
    board::exit(minimal::run())
}
