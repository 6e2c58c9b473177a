//! The immediate of [`Op::AtomicRmw`](crate::Op::AtomicRmw): what is computed, and how many bits.
//!
//! The two lowest bits are log2 of the size in bytes. The bits above are the number of the operation, in the order of
//! WebAssembly's operators.

/// The operations, by their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Rmw {
    /// The sum of the old value and the operand.
    Add,
    /// The old value minus the operand.
    Sub,
    /// Both values' common bits.
    And,
    /// The bits of either value.
    Or,
    /// The bits in which the values differ.
    Xor,
    /// The operand.
    Xchg,
}

impl Rmw {
    /// All operations, in the order of their numbers.
    pub const ALL: [Rmw; 6] = [Rmw::Add, Rmw::Sub, Rmw::And, Rmw::Or, Rmw::Xor, Rmw::Xchg];

    /// Returns the immediate for the operation with this number, on `1 << log2` bytes.
    pub const fn immediate(number: u16, log2: u8) -> u16 {
        number << 2 | (log2 & 3) as u16
    }

    /// Returns the operation of an immediate. An immediate of no operation, which only a malformed image has, is
    /// [`Rmw::Xchg`].
    pub const fn of(immediate: u16) -> Rmw {
        match immediate >> 2 {
            0 => Rmw::Add,
            1 => Rmw::Sub,
            2 => Rmw::And,
            3 => Rmw::Or,
            4 => Rmw::Xor,
            _ => Rmw::Xchg,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rmw;

    #[test]
    fn operations_are_in_the_order_of_their_numbers() {
        for (number, rmw) in (0..).zip(Rmw::ALL) {
            assert_eq!(rmw as u16, number);
            for log2 in 0..4 {
                assert_eq!(Rmw::of(Rmw::immediate(number, log2)), rmw);
            }
        }
    }
}
