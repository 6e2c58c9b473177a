//! The reference of both C headers, by Doxygen.
pub fn check() -> anyhow::Result<Option<String>> { Ok(None) }
