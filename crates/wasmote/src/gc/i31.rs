//! 31-bit integers, which lie in references.

/// A 31-bit integer, which a reference can hold: `ref i31`.
///
/// ```
/// use wasmote::I31;
///
/// let last = I31::new_i32((1 << 30) - 1).unwrap();
/// assert_eq!(I31::new_i32(last.get_i32() + 1), None);
/// assert_eq!(I31::wrapping_i32(-1).get_u32(), (1 << 31) - 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct I31(u32);

impl I31 {
    /// Returns the integer, or `None` if 31 bits can't hold it as a signed number.
    #[must_use]
    pub fn new_i32(value: i32) -> Option<I31> {
        Some(I31::wrapping_i32(value)).filter(|it| it.get_i32() == value)
    }

    /// Returns the integer, or `None` if 31 bits can't hold it as an unsigned number.
    #[must_use]
    pub fn new_u32(value: u32) -> Option<I31> {
        (value >> 31 == 0).then_some(I31(value))
    }

    /// Returns the integer without its highest bit.
    #[must_use]
    pub const fn wrapping_i32(value: i32) -> I31 {
        I31(value as u32 & !(1 << 31))
    }

    /// Returns the integer without its highest bit.
    #[must_use]
    pub const fn wrapping_u32(value: u32) -> I31 {
        I31::wrapping_i32(value as i32)
    }

    /// Returns the integer, sign-extended.
    #[must_use]
    pub const fn get_i32(self) -> i32 {
        (self.0 << 1) as i32 >> 1
    }

    /// Returns the integer, zero-extended.
    #[must_use]
    pub const fn get_u32(self) -> u32 {
        self.0
    }

    pub(crate) const fn reference(self) -> u32 {
        self.0 << 1 | 1
    }

    pub(crate) fn of_reference(reference: u32) -> Option<I31> {
        (reference & 1 != 0).then_some(I31(reference >> 1))
    }
}
