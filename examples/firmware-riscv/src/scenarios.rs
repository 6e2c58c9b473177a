//! All scenarios that `cargo xtask firmware` checks.
#![no_std]
#![no_main]

mod board;
#[path = "../../firmware-parts/mod.rs"]
mod parts;
#[path = "../../firmware-parts/scenarios.rs"]
mod scenarios;

#[riscv_rt::entry]
fn main() -> ! {
    board::exit(scenarios::run())
}
