//! Stacks as lines of text.

use core::fmt::{self, Write};

use super::Profile;
use super::names::{Within, write_name};

pub(super) fn write(profile: &Profile<'_>, out: &mut dyn Write) -> fmt::Result {
    profile.each_stack(|stack, samples| {
        for (at, function) in stack.iter().enumerate() {
            if at > 0 {
                out.write_char(';')?;
            }
            write_name(out, function, Within::Folded, usize::MAX)?;
        }
        writeln!(out, " {samples}")
    })
}
