//! Recognizes kinds of files by their bytes. Each command decides by the kind what to do, and gets the message for a
//! file that it cannot use.

mod text;

use wasmote_decode::Header;
use wasmote_decode::header::COMPONENT;

use crate::features;

/// A kind of file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A module in the binary format.
    Binary,
    /// An image of a module.
    Image,
    /// Text that is, or may be, a module.
    Text,
    /// A script of the specification: text with directives.
    Script,
    /// A component, as a binary or as text.
    Component,
    /// White space only.
    Empty,
    /// The beginning of the header of a binary or an image, cut off.
    Cut,
    /// A known kind that wasmote cannot use, with its message.
    Foreign(&'static str),
    Unknown,
}

/// Files that people give by mistake: their first bytes, and the message.
const FOREIGN: [(&[u8], &str); 5] = [
    (b"\x7fELF", "this is machine code (ELF): compile the program for WebAssembly, such as wasm32-wasip1"),
    (b"\x1f\x8b", "this is compressed (gzip): unpack it first"),
    (b"\x28\xb5\x2f\xfd", "this is compressed (zstd): unpack it first"),
    (b"PK\x03\x04", "this is an archive (zip): unpack it first"),
    (b"!<arch>\n", "this is an archive (ar): link it into a module first"),
];

impl FileKind {
    /// Returns the kind of a file with these bytes.
    pub fn of(bytes: &[u8]) -> FileKind {
        match Header::of(bytes) {
            Header::Module => return FileKind::Binary,
            Header::Component => return FileKind::Component,
            Header::Image => return FileKind::Image,
            Header::Other => {}
        }
        // This comes before the test for text, because the first byte of a zstd file is a parenthesis.
        if features::HINTS.is_built
            && let Some(&(_, message)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic))
        {
            return FileKind::Foreign(message);
        }
        // Text begins with a parenthesis or a comment.
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => return FileKind::Empty,
            // A build that cannot use text need not look further.
            Some(b'(' | b';') if !features::WAT.is_built && !features::HINTS.is_built => return FileKind::Text,
            Some(b'(' | b';') => return text::kind(bytes),
            _ => {}
        }
        if b"\0asm".starts_with(bytes) || bytes.starts_with(b"\0asm") || b"\0wmi".starts_with(bytes) {
            return FileKind::Cut;
        }
        FileKind::Unknown
    }

    /// Returns the message for a file that a command cannot use: why, and what to do. `script` is true for commands
    /// that take scripts, and false for those that take modules.
    pub const fn refusal(self, script: bool) -> &'static str {
        match self {
            FileKind::Binary if script => "this is a binary module, not a script (.wast): run it with `wasmote run`",
            FileKind::Image if script => "this is an image, not a script (.wast): run it with `wasmote run`",
            FileKind::Binary => {
                "this is a binary module, and this wasmote was built without the feature `wasm`: compile it to an image first"
            }
            FileKind::Image => {
                "this is an image, and this wasmote was built without the feature `image`: use the module that it was made from"
            }
            FileKind::Script if features::WASM.is_built => {
                "this is a script (.wast), not a module: run it with `wasmote wast`"
            }
            FileKind::Text | FileKind::Script => {
                "this is text, and this wasmote was built without the feature `wat`: convert it to a binary first"
            }
            FileKind::Component => COMPONENT,
            FileKind::Empty => "the file is empty: build or copy it again",
            FileKind::Cut => "the file ends inside its header: build or copy it again",
            FileKind::Foreign(message) => message,
            FileKind::Unknown if script => "this is not a script, which begins with `(`: name a .wast file",
            FileKind::Unknown => {
                "neither a binary module, which begins with `\\0asm`, nor text, which begins with `(`: name a .wasm or .wat file"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FileKind, text};

    #[test]
    fn binaries_are_recognized_by_their_headers() {
        assert_eq!(FileKind::of(b"\0asm\x01\0\0\0"), FileKind::Binary);
        // The decoder refuses other versions of modules.
        assert_eq!(FileKind::of(b"\0asm\x02\0\0\0"), FileKind::Binary);
        assert_eq!(FileKind::of(b"\0asm\x0d\0\x01\0"), FileKind::Component);
        assert_eq!(FileKind::of(b"\0wmi"), FileKind::Image);
        for cut in [&b"\0"[..], b"\0asm", b"\0asm\x0d\0\x01", b"\0wm"] {
            assert_eq!(FileKind::of(cut), FileKind::Cut);
        }
        assert_eq!(FileKind::of(b"\0asn"), FileKind::Unknown);
        assert_eq!(FileKind::of(b")("), FileKind::Unknown);
        assert_eq!(FileKind::of(b" \n"), FileKind::Empty);
    }

    #[test]
    fn texts_are_recognized_by_their_outermost_words() {
        for (source, kind) in [
            ("(module)", FileKind::Text),
            ("(func) (memory 1)", FileKind::Text),
            ("(; a (; b ;) (component) ;) ;; (component)\n( module (func))", FileKind::Text),
            (r#"(module (data "\") (assert_return" ")(component"))"#, FileKind::Text),
            ("(module (component) (assert_trap))", FileKind::Text),
            ("(module", FileKind::Text),
            ("())))(module)", FileKind::Text),
            ("(module) (module)", FileKind::Script),
            ("(module) (invoke \"f\")", FileKind::Script),
            ("(assert_malformed (module quote \"(\") \"\")", FileKind::Script),
            ("(module) ;; only one\n (; and no ;) (register \"m\")", FileKind::Script),
            ("(component)", FileKind::Component),
            (" ;; c\n (component $c (core module))", FileKind::Component),
            ("(components)", FileKind::Text),
            ("(; open", FileKind::Text),
            ("(module \"open\\", FileKind::Text),
        ] {
            assert_eq!(text::kind(source.as_bytes()), kind, "{source}");
        }
    }
}
