//! What the name of a symbol contains: its crate, and the function of which it is an instance.

/// Stands for the crate of symbols that have none: those of C, of the linker and of the compiler.
pub const NO_CRATE: &str = "[other]";

/// The crate that a mangled symbol comes from.
///
/// The current mangling (`_R`) names the crate of an `impl` first, then the type: the first crate is the one whose source contains the
/// code. The old mangling (`_ZN`) does not name the crate of an `impl`, and its first path is used.
pub fn crate_of_symbol(mangled: &str) -> String {
    if mangled.starts_with("_R") {
        return first_crate_root(mangled).unwrap_or(NO_CRATE).into();
    }
    match rustc_demangle::try_demangle(mangled) {
        Ok(name) => crate_of_name(&format!("{name:#}")),
        Err(_) => NO_CRATE.into(),
    }
}

/// A demangled name without the hashes of crates, `wast[0123456789abcdef]::`.
pub fn without_hashes(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find('[') {
        let (before, after) = rest.split_at(start);
        kept.push_str(before);
        let end = after.find("]::").unwrap_or(0);
        let hash = end > 8 && after[1..end].bytes().all(|byte| byte.is_ascii_hexdigit());
        let skipped = if hash { end + 1 } else { 1 };
        kept.push_str(if hash { "" } else { "[" });
        rest = &after[skipped..];
    }
    kept + rest
}

/// The crate that comes first in a demangled name without hashes.
pub fn crate_of_name(name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (end, _) in name.match_indices("::") {
        let start = name[..end].rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
        // A name after another `::` does not begin a path.
        if start < end && !name[..start].ends_with(':') {
            return name[start..end].into();
        }
    }
    NO_CRATE.into()
}

/// The first `Cs<hash>_<length><name>` of a symbol.
fn first_crate_root(mangled: &str) -> Option<&str> {
    let mut rest = mangled;
    while let Some(at) = rest.find("Cs") {
        rest = &rest[at + 2..];
        let hash = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let Some(after) = rest[hash..].strip_prefix('_') else { continue };
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(length) = after[..digits].parse::<usize>() else { continue };
        let name = after[digits..].strip_prefix('_').unwrap_or(&after[digits..]);
        if let Some(name) = name.get(..length) {
            return Some(name);
        }
    }
    None
}

/// A demangled name without generic arguments, numbers of closures, and hashes: the same for all instances of a function.
pub fn without_arguments(name: &str) -> String {
    let (name, _) = name.rsplit_once("::h").filter(|(_, hash)| is_hash(hash)).unwrap_or((name, ""));
    let mut kept = String::with_capacity(name.len());
    let mut characters = name.chars();
    while let Some(c) = characters.next() {
        // Angle brackets after a name hold arguments; those that begin a path (`<T as Trait>::f`) are part of it.
        let arguments =
            c == '<' && kept.ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
        if !arguments {
            kept.push(c);
            continue;
        }
        let (mut depth, mut before) = (1, '<');
        for c in characters.by_ref() {
            match c {
                '<' => depth += 1,
                '>' if before != '-' => depth -= 1,
                _ => {}
            }
            before = c;
            if depth == 0 {
                break;
            }
        }
        while kept.ends_with(':') {
            kept.pop();
        }
    }
    without_numbers(&kept)
}

/// `{closure#3}` and the like without the number.
fn without_numbers(name: &str) -> String {
    let mut parts = name.split('#');
    let mut kept: String = parts.next().unwrap_or_default().into();
    for part in parts {
        kept.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    kept
}

fn is_hash(word: &str) -> bool {
    word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a symbol is, or lies below, a path (`core::fmt::float`), or begins with a plain name (`_Unwind_`).
///
/// The path may be in the demangled name, or in the mangled name, which also contains the module of an `impl`.
pub fn is_below(mangled: &str, path: &str) -> bool {
    if !path.contains("::") {
        return mangled.starts_with(path);
    }
    let parts = path.split("::").filter(|part| !part.is_empty());
    let sequence: String = parts.map(|part| format!("{}{part}", part.len())).collect();
    // The digits of a length may not be the end of a longer number.
    let as_mangled =
        mangled.match_indices(&sequence).any(|(at, _)| !mangled[..at].ends_with(|c: char| c.is_ascii_digit()));
    as_mangled || has_path(&format!("{:#}", rustc_demangle::demangle(mangled)), path)
}

/// Whether a path of a demangled name begins with this path.
fn has_path(name: &str, path: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    name.match_indices(path).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + path.len()..]);
        !before.ends_with(|c| goes_on(c) || c == ':') && (path.ends_with("::") || !after.starts_with(goes_on))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `<f64 as core::fmt::Display>::fmt`, which stands in `core::fmt::float`.
    const FLOAT: &str = "_RNvXs1_NtNtCs7m3bUtQ1Fx3_4core3fmt5floatdNtB7_7Display3fmt";

    #[test]
    fn crate_is_that_of_the_impl() {
        assert_eq!(crate_of_symbol(FLOAT), "core");
        assert_eq!(crate_of_symbol("_ZN4wast6parser5Lexer4next17h0123456789abcdefE"), "wast");
        assert_eq!(crate_of_symbol("memcpy"), NO_CRATE);
        assert_eq!(crate_of_name("<&mut alloc::vec::Vec<u8> as core::fmt::Debug>::fmt"), "alloc");
        assert_eq!(crate_of_name("<T>::f::<wast::A>"), "wast");
        assert_eq!(crate_of_name("data[0]"), NO_CRATE);
        let twiggys = "<wasmote[f4c579618d48ee4]::module::Module>::new::<[u8]>";
        assert_eq!(without_hashes(twiggys), "<wasmote::module::Module>::new::<[u8]>");
    }

    #[test]
    fn instances_of_a_function_have_one_name() {
        let same = |a: &str, b: &str| assert_eq!(without_arguments(a), b);
        same("core::ptr::drop_in_place::<alloc::vec::Vec<u8>>", "core::ptr::drop_in_place");
        same("core::ptr::drop_in_place<wast::Wast>", "core::ptr::drop_in_place");
        same("<alloc::vec::Vec<u8> as core::fmt::Debug>::fmt", "<alloc::vec::Vec as core::fmt::Debug>::fmt");
        same("a::b::<fn(u8) -> u8, C>::d::{closure#12}", "a::b::d::{closure}");
        same("<a::B<T>>::c::h0123456789abcdef", "<a::B>::c");
    }

    #[test]
    fn path_is_found_as_mangled_and_as_shown() {
        assert!(is_below(FLOAT, "core::fmt::float"));
        assert!(is_below(FLOAT, "core::fmt::"));
        assert!(is_below(FLOAT, "core::fmt::Display"));
        assert!(!is_below(FLOAT, "core::num::flt2dec"));
        assert!(!is_below(FLOAT, "ore::fmt"));
        assert!(is_below("_Unwind_Resume", "_Unwind_"));
        assert!(!is_below("my_Unwind_Resume", "_Unwind_"));
    }
}
