//! Errors in texts.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use wasmote_ir::fallible::{OutOfMemory, try_str};

/// An error in a text, and where it is.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TextError {
    /// What is wrong, in one line.
    pub message: &'static str,
    /// The file, or a name for it. Empty if there was no memory for it, as is the excerpt.
    pub path: Box<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The line's text, cut around the column if it is long.
    pub excerpt: Box<str>,
    /// The column in `excerpt`, from 1.
    pub excerpt_column: u32,
}

/// Characters of the line that are shown on each side of the column.
const EXCERPT_SIDE: usize = 60;

impl TextError {
    /// Whether there was no memory to parse the text. Nobody knows then whether the text is well-formed.
    pub fn is_out_of_memory(&self) -> bool {
        self.message == OutOfMemory::MESSAGE
    }

    /// Returns the error at a byte of the text. Fields for which there is no memory stay empty.
    #[cold]
    #[inline(never)]
    pub(crate) fn new(message: &'static str, path: &str, text: &str, offset: usize) -> TextError {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let (before, after) = text.split_at(offset);
        let start = before.bytes().rposition(|byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let end = after.bytes().position(|byte| byte == b'\n').unwrap_or(after.len());
        let line = 1 + before.bytes().filter(|&byte| byte == b'\n').count();
        let column = before[start..].chars().count();
        let skipped = column.saturating_sub(EXCERPT_SIDE);
        let mut excerpt = String::new();
        // A character takes at most four bytes.
        if excerpt.try_reserve(2 * EXCERPT_SIDE * 4).is_ok() {
            for c in text[start..offset + end].chars().skip(skipped).take(2 * EXCERPT_SIDE) {
                // Characters that would move the cursor or hide text are shown as spaces.
                excerpt.push(if c.is_control() || is_invisible(c) { ' ' } else { c });
            }
        }
        TextError {
            message,
            path: copy(path),
            line: line as u32,
            column: column as u32 + 1,
            excerpt: copy(excerpt.trim_ascii_end()),
            excerpt_column: (column - skipped) as u32 + 1,
        }
    }
}

/// Copies a text. Returns an empty text if there is no memory.
fn copy(text: &str) -> Box<str> {
    try_str(text).unwrap_or_default()
}

/// Whether this is a mark that reorders the text around it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)?;
        writeln!(f, "    {}", self.excerpt)?;
        write!(f, "    {:>1$}", '^', self.excerpt_column as usize)
    }
}

// Every error that is boxed has this function in its program. One that prints fields links how `core` escapes texts.
impl fmt::Debug for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for TextError {}

/// An error while parsing, and its byte offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub wrong: SyntaxErrorKind,
    pub at: u32,
}

/// The result of parsing.
pub(crate) type Result<T = ()> = core::result::Result<T, Fault>;

impl Fault {
    /// Returns the error for users.
    #[cold]
    #[inline(never)]
    pub fn report(self, path: &str, text: &str) -> TextError {
        TextError::new(self.wrong.message(), path, text, self.at as usize)
    }
}

impl From<OutOfMemory> for Fault {
    fn from(_: OutOfMemory) -> Fault {
        Fault { wrong: SyntaxErrorKind::Memory, at: 0 }
    }
}

macro_rules! wrongs {
    ($( $(#[$with:meta])? $name:ident = $message:expr; )*) => {
        /// The kinds of errors. Messages do not quote the text: its place is reported with them. Messages are the
        /// specification's where it has one.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub(crate) enum SyntaxErrorKind {
            $( $(#[$with])? $name, )*
        }

        impl SyntaxErrorKind {
            /// Returns the message.
            pub fn message(self) -> &'static str {
                const MESSAGES: &[&str] = &[$( $(#[$with])? $message, )*];
                MESSAGES[self as usize]
            }
        }
    };
}

wrongs! {
    Memory = OutOfMemory::MESSAGE;
    TooLong = "the text has more than 2 GiB";
    Utf8 = "malformed UTF-8 encoding";
    Component = "this is a component; wasmote runs core modules";
    // Tokens.
    Character = "illegal character";
    Comment = "unclosed comment";
    Annotation = "unclosed annotation";
    EmptyAnnotation = "empty annotation id";
    StringEnd = "unclosed string";
    StringCharacter = "illegal character in a string";
    Escape = "illegal escape in a string";
    CodePoint = "malformed UTF-8 encoding: the escape is not a Unicode character";
    EmptyId = "empty identifier";
    // Something else was expected.
    Unexpected = "unexpected token";
    Open = "unexpected token, expected `(`";
    Close = "unexpected token, expected `)`";
    End = "unexpected token after the end of the module";
    Empty = "unexpected end: expected a module or its fields";
    String = "unexpected token, expected a string";
    Index = "unexpected token, expected an index or an identifier";
    Integer = "unexpected token, expected an integer";
    Float = "unexpected token, expected a number";
    Type = "unexpected token, expected a type";
    Heap = "unexpected token, expected a heap type";
    Field = "unexpected token, expected a field of a module";
    Kind = "unexpected token, expected `func`, `table`, `memory`, `global` or `tag`";
    Instruction = "unexpected token, expected an instruction";
    Operator = "unknown operator";
    Shape = "unexpected token, expected a vector shape";
    Then = "unexpected token: a folded `if` has no `(then`";
    Arms = "unexpected token: too many clauses in a folded instruction";
    Do = "unexpected token, expected `(do`";
    Hint = "malformed annotation: a branch hint is \"\\00\" or \"\\01\"";
    HintPlace = "malformed annotation: a branch hint must be in front of an instruction that has none yet";
    Place = "unexpected token, expected `before` or `after` and a section";
    Section = "unexpected token, expected a section";
    // Numbers.
    Range = "constant out of range";
    Lane = "malformed lane index";
    Alignment = "alignment must be a power of two";
    PageSize = "invalid custom page size";
    // Names and types.
    Duplicate = "duplicate identifier";
    UnknownFunc = "unknown function";
    UnknownTable = "unknown table";
    UnknownMemory = "unknown memory";
    UnknownGlobal = "unknown global";
    UnknownTag = "unknown tag";
    UnknownType = "unknown type";
    UnknownElem = "unknown elem segment";
    UnknownData = "unknown data segment";
    UnknownLocal = "unknown local";
    UnknownField = "unknown field";
    UnknownLabel = "unknown label";
    Label = "mismatching label";
    ResultFirst = "unexpected token: a result before a parameter";
    NotAFunc = "unknown type: it is not a function type";
    InlineType = "inline function type";
    SharedId = "identifier not allowed: these imports share a type";
    // The order of fields.
    ImportAfterFunc = "import after function";
    ImportAfterTable = "import after table";
    ImportAfterMemory = "import after memory";
    ImportAfterGlobal = "import after global";
    ImportAfterTag = "import after tag";
    Starts = "multiple start sections";
    // Scripts.
    #[cfg(feature = "script")]
    Directive = "unexpected token, expected a directive";
    #[cfg(feature = "script")]
    Action = "unexpected token, expected `invoke`, `get` or `module`";
    #[cfg(feature = "script")]
    Value = "unexpected token, expected a value";
    #[cfg(feature = "script")]
    Depth = "values or threads are nested too deeply";
}
