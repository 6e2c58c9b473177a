//! Binaries into text: [`print()`]. What it prints is parsed to the same binary again, but for what text cannot say, which is how the
//! binary writes things: integers with more bytes than they need, sections that are there and empty, and the like.
//!
//! Read in this order:
//!
//! 1. this file: what goes in, what comes out, and why it may fail;
//! 2. `sections`: the way through a binary, section by section, and the fields that they become; `types`: types;
//! 3. `body`: instructions, as the table of operators says;
//! 4. `names`: the section with names, and which of them are identifiers;
//! 5. `output`: numbers, strings and floats as text, on their way to the writer.
//!
//! A binary can be small and its text large, since text has no counts: one number makes 50,000 locals, and each mention of a function repeats its
//! name. So that work and text stay in proportion to the binary, whatever it is, there is a budget for what text repeats
//! ([`Printer::affords`]): when it is used up, names give way to numbers, parameters to the index of their type, and too many locals are
//! an error. Nesting is kept on a stack of our own, and indentation ends at a depth that nobody reads.

mod body;
mod names;
mod output;
mod sections;
mod types;

use alloc::vec::Vec;
use core::fmt;

use wasmote_decode::reader::{Malformed, Reader};
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::operators::Operator;

use names::Names;
use output::Output;

/// Why a binary was not printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrintError {
    /// The reason.
    pub kind: PrintErrorKind,
    /// Byte offset in the binary.
    pub offset: usize,
}

/// The kinds of [`PrintError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrintErrorKind {
    /// The bytes are not a module; what is wrong with them.
    Malformed(&'static str),
    /// Text has no short form for what the binary repeats, and would be too long.
    TooLong,
    /// There is no memory for what must be kept: names, and where types are.
    OutOfMemory,
    /// The writer wants no more.
    Stopped,
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = match self.kind {
            PrintErrorKind::Malformed(message) => message,
            PrintErrorKind::TooLong => "too many locals to be printed",
            PrintErrorKind::OutOfMemory => return OutOfMemory.fmt(f),
            PrintErrorKind::Stopped => "the text could not be written",
        };
        write!(f, "{message} (at offset {:#x})", self.offset)
    }
}

impl core::error::Error for PrintError {}

/// What can be wrong: a byte, so that it costs little to hand on. Where it is, the reader says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// Bytes that no reader can read.
    Bytes(Malformed),
    Header,
    Section,
    SectionOrder,
    SectionSize,
    FuncCount,
    DataCount,
    Utf8,
    Type,
    Mutability,
    Limits,
    PageSize,
    ImportKind,
    ExportKind,
    TagAttribute,
    ElemKind,
    DataKind,
    Locals,
    Structure,
    BodyEnd,
    Ordering,
    TooLong,
    OutOfMemory,
    Stopped,
}

impl Fault {
    #[cold]
    fn kind(self) -> PrintErrorKind {
        PrintErrorKind::Malformed(match self {
            Fault::Bytes(malformed) => malformed.message(),
            Fault::Header => "magic header or version not detected: this is no module",
            Fault::Section => "malformed section id",
            Fault::SectionOrder => "unexpected content after last section",
            Fault::SectionSize => "section size mismatch",
            Fault::FuncCount => "function and code section have inconsistent lengths",
            Fault::DataCount => "data count and data section have inconsistent lengths",
            Fault::Utf8 => "malformed UTF-8 encoding",
            Fault::Type => "malformed type definition",
            Fault::Mutability => "malformed mutability",
            Fault::Limits => "malformed limits flags",
            Fault::PageSize => "invalid custom page size",
            Fault::ImportKind => "malformed import kind",
            Fault::ExportKind => "malformed export kind",
            Fault::TagAttribute => "malformed tag attribute",
            Fault::ElemKind => "malformed elements segment kind",
            Fault::DataKind => "malformed data segment kind",
            Fault::Locals => "too many locals",
            Fault::Structure => "misplaced part of a structured instruction",
            Fault::BodyEnd => "operators remaining after end of function",
            Fault::Ordering => "invalid atomic consistency ordering",
            Fault::TooLong => return PrintErrorKind::TooLong,
            Fault::OutOfMemory => return PrintErrorKind::OutOfMemory,
            Fault::Stopped => return PrintErrorKind::Stopped,
        })
    }
}

impl From<Malformed> for Fault {
    #[inline]
    fn from(malformed: Malformed) -> Fault {
        Fault::Bytes(malformed)
    }
}

impl From<OutOfMemory> for Fault {
    #[inline]
    fn from(_: OutOfMemory) -> Fault {
        Fault::OutOfMemory
    }
}

type Result<T> = core::result::Result<T, Fault>;

/// Prints a module in the text format. `write` is given one part after the other, and returns whether it wants more.
///
/// # Errors
/// If the bytes are not a module, or not all of the text was written; `write` may have been given the beginning then. Whether the module is
/// valid is not asked.
pub fn print(wasm: &[u8], write: &mut dyn FnMut(&[u8]) -> bool) -> core::result::Result<(), PrintError> {
    let mut printer = Printer {
        reader: Reader::new(wasm, 0),
        wasm: Reader::new(wasm, 0),
        out: Output::new(write),
        names: Names::default(),
        operators: Vec::new(),
        types: Vec::new(),
        func_types: Reader::default(),
        next: [0; names::SPACES],
        frames: Vec::new(),
        budget: BUDGET + wasm.len() as u64 * BUDGET_PER_BYTE,
    };
    let printed = printer.module();
    printed.map_err(|fault| PrintError { kind: fault.kind(), offset: printer.reader.position() })
}

/// How many bytes of text there are for what text repeats and a binary does not: so many for any binary, and for each of its bytes. Those that
/// compilers make need 5 for each byte at most.
const BUDGET: u64 = 1 << 20;
const BUDGET_PER_BYTE: u64 = 32;

/// What is known while a module is printed.
struct Printer<'b, 'w> {
    /// What is being read: a section, or a function's body. After an error it stands where that is.
    reader: Reader<'b>,
    /// All bytes.
    wasm: Reader<'b>,
    out: Output<'w>,
    names: Names<'b>,
    /// The names of operators, by number.
    operators: Vec<&'static str>,
    /// Where in the binary the parameters of each type begin and its results end; of types that have none, 0 and 0.
    types: Vec<(u32, u32)>,
    /// The types of functions that the code section is still to bring.
    func_types: Reader<'b>,
    /// The next index of each kind.
    next: [u32; names::SPACES],
    /// The structured instructions around the next one.
    frames: Vec<body::Frame>,
    /// See the module's documentation.
    budget: u64,
}

impl Printer<'_, '_> {
    /// Whether there is room for this many bytes that the binary does not have; then they are used.
    fn affords(&mut self, bytes: u64) -> bool {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.unwrap_or(self.budget);
        left.is_some()
    }

    /// Makes the table of the operators' names.
    fn name_operators(&mut self) -> Result<()> {
        self.operators.try_resize(Operator::NUMBERS, "")?;
        for (operator, name) in Operator::names() {
            if let Some(place) = self.operators.get_mut(usize::from(operator.number())) {
                *place = name;
            }
        }
        Ok(())
    }

    /// Text as it stands.
    #[inline(never)]
    fn text(&mut self, text: &str) {
        self.out.text(text);
    }

    /// The parenthesis that ends something.
    #[inline(never)]
    fn close(&mut self) {
        self.out.text(")");
    }

    // What the reader has inlined where it is fast is here once.

    /// The next byte.
    #[inline(never)]
    fn byte(&mut self) -> Result<u8> {
        Ok(self.reader.byte()?)
    }

    /// The next byte, if it is at most this one.
    #[inline(never)]
    fn byte_to(&mut self, highest: u8, fault: Fault) -> Result<u8> {
        let byte = self.reader.peek()?;
        if byte > highest {
            return Err(fault);
        }
        self.byte()
    }

    /// Whether the next byte is this one, which is passed over then.
    #[inline(never)]
    fn passes(&mut self, byte: u8) -> Result<bool> {
        let is_next = self.reader.peek()? == byte;
        if is_next {
            self.reader.byte()?;
        }
        Ok(is_next)
    }

    /// An unsigned integer of 32 bits.
    #[inline(never)]
    fn index(&mut self) -> Result<u32> {
        Ok(self.reader.index()?)
    }

    /// What is wrong where something began.
    #[cold]
    #[inline(never)]
    fn fault_at<T>(&mut self, start: usize, fault: Fault) -> Result<T> {
        self.reader.go_to(start);
        Err(fault)
    }
}
