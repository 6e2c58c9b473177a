//! Prints text and numbers on the console.

use crate::board::Console;

/// A piece of a line.
pub enum Piece<'a> {
    Text(&'a str),
    Number(u64),
    /// 16 digits.
    Hex(u64),
}

/// Prints a line made of pieces.
pub fn line(console: &mut Console, pieces: &[Piece<'_>]) {
    for piece in pieces {
        match *piece {
            Piece::Text(text) => console.print(text.as_bytes()),
            Piece::Number(number) => decimal(console, number),
            Piece::Hex(number) => {
                let mut digits = [0; 16];
                for (at, digit) in digits.iter_mut().enumerate() {
                    *digit = b"0123456789abcdef"[(number >> (60 - 4 * at) & 15) as usize];
                }
                console.print(&digits);
            }
        }
    }
    console.print(b"\n");
}

fn decimal(console: &mut Console, number: u64) {
    let mut digits = [0; 20];
    let (mut rest, mut at) = (number, digits.len());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    console.print(&digits[at..]);
}
