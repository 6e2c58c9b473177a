//! What kind of file it is, which decides what each command does with it; and what is said of a file that a command cannot work on.

mod text;

use wasmote_decode::Header;
use wasmote_decode::header::COMPONENT;

use crate::features;

/// What kind of file it is, by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A module in the binary format.
    Binary,
    /// An image of a module.
    Image,
    /// A module in the text format, or what might be one.
    Text,
    /// A script of the specification: text with directives.
    Script,
    /// A component, as a binary or as text.
    Component,
    /// Nothing but white space.
    Empty,
    /// The beginning of the header of a binary or an image.
    Cut,
    /// Something else that is easy to tell, and what is to be said of it.
    Foreign(&'static str),
    Unknown,
}

/// What people give by mistake: how it begins, and what to say.
const FOREIGN: [(&[u8], &str); 5] = [
    (b"\x7fELF", "this is machine code (ELF): compile the program for WebAssembly, such as wasm32-wasip1"),
    (b"\x1f\x8b", "this is compressed (gzip): unpack it first"),
    (b"\x28\xb5\x2f\xfd", "this is compressed (zstd): unpack it first"),
    (b"PK\x03\x04", "this is an archive (zip): unpack it first"),
    (b"!<arch>\n", "this is an archive (ar): link it into a module first"),
];

impl Kind {
    /// The kind of a file with these bytes.
    pub fn of(bytes: &[u8]) -> Kind {
        match Header::of(bytes) {
            Header::Module => return Kind::Binary,
            Header::Component => return Kind::Component,
            Header::Image => return Kind::Image,
            Header::Other => {}
        }
        // The first byte of zstd's is a parenthesis, too.
        if let Some(&(_, message)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return Kind::Foreign(message);
        }
        // Text begins with a parenthesis or a comment.
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => return Kind::Empty,
            // Without a decoder nothing can be done with text, whatever is in it.
            Some(b'(' | b';') if !features::WASM.is_built => return Kind::Text,
            Some(b'(' | b';') => return text::kind(bytes),
            _ => {}
        }
        if b"\0asm".starts_with(bytes) || bytes.starts_with(b"\0asm") || b"\0wmi".starts_with(bytes) {
            return Kind::Cut;
        }
        Kind::Unknown
    }

    /// Why a command that works on modules, or one that works on scripts, does not work on this file, and what to do.
    pub const fn refusal(self, script: bool) -> &'static str {
        match self {
            Kind::Binary if script => "this is a binary module, not a script (.wast): run it with `wasmote run`",
            Kind::Image if script => "this is an image, not a script (.wast): run it with `wasmote run`",
            Kind::Binary => {
                "this is a binary module, and this wasmote was built without the feature `wasm`: compile it to an image first"
            }
            Kind::Image => {
                "this is an image, and this wasmote was built without the feature `image`: use the module that it was made from"
            }
            Kind::Script if features::WASM.is_built => {
                "this is a script (.wast), not a module: run it with `wasmote wast`"
            }
            Kind::Text | Kind::Script => {
                "this is text, and this wasmote was built without the feature `wat`: make a binary of it first"
            }
            Kind::Component => COMPONENT,
            Kind::Empty => "the file is empty: build or copy it again",
            Kind::Cut => "the file ends inside of its header: build or copy it again",
            Kind::Foreign(message) => message,
            Kind::Unknown if script => "this is not a script, which begins with `(`: name a .wast file",
            Kind::Unknown => {
                "neither a binary module, which begins with `\\0asm`, nor text, which begins with `(`: name a .wasm or .wat file"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, text};

    #[test]
    fn binaries_are_told_by_their_headers() {
        assert_eq!(Kind::of(b"\0asm\x01\0\0\0"), Kind::Binary);
        // Another version of modules is for the decoder to refuse.
        assert_eq!(Kind::of(b"\0asm\x02\0\0\0"), Kind::Binary);
        assert_eq!(Kind::of(b"\0asm\x0d\0\x01\0"), Kind::Component);
        assert_eq!(Kind::of(b"\0wmi"), Kind::Image);
        for cut in [&b"\0"[..], b"\0asm", b"\0asm\x0d\0\x01", b"\0wm"] {
            assert_eq!(Kind::of(cut), Kind::Cut);
        }
        assert_eq!(Kind::of(b"\0asn"), Kind::Unknown);
        assert_eq!(Kind::of(b")("), Kind::Unknown);
        assert_eq!(Kind::of(b" \n"), Kind::Empty);
    }

    #[test]
    fn texts_are_told_by_their_outermost_words() {
        for (source, kind) in [
            ("(module)", Kind::Text),
            ("(func) (memory 1)", Kind::Text),
            ("(; a (; b ;) (component) ;) ;; (component)\n( module (func))", Kind::Text),
            (r#"(module (data "\") (assert_return" ")(component"))"#, Kind::Text),
            ("(module (component) (assert_trap))", Kind::Text),
            ("(module", Kind::Text),
            ("())))(module)", Kind::Text),
            ("(module) (module)", Kind::Script),
            ("(module) (invoke \"f\")", Kind::Script),
            ("(assert_malformed (module quote \"(\") \"\")", Kind::Script),
            ("(module) ;; only one\n (; and no ;) (register \"m\")", Kind::Script),
            ("(component)", Kind::Component),
            (" ;; c\n (component $c (core module))", Kind::Component),
            ("(components)", Kind::Text),
            ("(; open", Kind::Text),
            ("(module \"open\\", Kind::Text),
        ] {
            assert_eq!(text::kind(source.as_bytes()), kind, "{source}");
        }
    }
}
