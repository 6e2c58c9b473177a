//! Counts the moves of chess, by the crate chess: bit boards.
use chess::{Board, MoveGen};
use std::str::FromStr;

fn main() {
    for (fen, depth) in [
        ("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1", 4),
        ("r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1", 3),
        ("8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1", 4),
    ] {
        println!("{}", MoveGen::movegen_perft_test(&Board::from_str(fen).unwrap(), depth));
    }
}
