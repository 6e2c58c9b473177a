//! Converts binaries to text: [`print()`]. Parsing the text gives the same binary again, except for choices of encoding
//! that text cannot express, such as overlong integers and empty sections.
//!
//! Read in this order:
//!
//! 1. this file: the interface, its errors, and the printer's state;
//! 2. `sections`: the binary's sections, which become fields; `types`: types;
//! 3. `body`: instructions, as the table of operators lists them;
//! 4. `names`: the name section, and which names become identifiers;
//! 5. `output`: numbers, strings and floats as text, and the buffer in front of the writer.
//!
//! A small binary can have a large text, since text repeats what a binary counts: a few bytes make 50,000 locals, and
//! each use of a function repeats its name. A budget keeps work and text in proportion to the binary
//! ([`Printer::charge_budget`]). When it is used up, numbers replace names, the index of a type replaces its parameters, and
//! too many locals are an error. Nesting uses no native stack, and indentation stops at a fixed depth.

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
    /// The bytes are not a module. Says what is wrong with them.
    Malformed(&'static str),
    /// The text would be out of proportion to the binary.
    TooLong,
    /// There is no memory for the names and the offsets of types.
    OutOfMemory,
    /// The writer returned false.
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

/// An error, in one byte so that results are small. Its offset is the reader's position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// The reader found malformed bytes.
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
            Fault::Header => "magic header or version not detected: this is not a module",
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
            Fault::Structure => "misplaced clause of a structured instruction",
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

/// Prints a module in the text format. `write` receives the text in parts, and returns whether printing shall go on.
///
/// # Errors
/// If the bytes are not a module, or the text was not finished; `write` has received the beginning in that case.
/// Invalid modules are printed, too.
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

/// The budget of every binary, in bytes of repeated text, and the budget for each byte of the binary. Modules made by
/// compilers need at most 5 for each byte.
const BUDGET: u64 = 1 << 20;
const BUDGET_PER_BYTE: u64 = 32;

/// The state while a module is printed.
struct Printer<'b, 'w> {
    /// The section or body that is being read. After an error it stands at the error.
    reader: Reader<'b>,
    /// The whole binary.
    wasm: Reader<'b>,
    out: Output<'w>,
    names: Names<'b>,
    /// The names of operators, by number.
    operators: Vec<&'static str>,
    /// For each type, the offsets of its parameters and of the end of its results; both are 0 if it has none.
    types: Vec<(u32, u32)>,
    /// The types of the functions whose bodies follow.
    func_types: Reader<'b>,
    /// The next index of each index space.
    next: [u32; names::SPACES],
    /// The open structured instructions.
    frames: Vec<body::OpenBlock>,
    /// The rest of the budget: see the module's documentation.
    budget: u64,
}

impl Printer<'_, '_> {
    /// Uses the budget for `bytes` of repeated text. Returns whether it sufficed.
    fn charge_budget(&mut self, bytes: u64) -> bool {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.unwrap_or(self.budget);
        left.is_some()
    }

    /// Fills the table of operator names.
    fn name_operators(&mut self) -> Result<()> {
        self.operators.try_resize(Operator::NUMBERS, "")?;
        for (operator, name) in Operator::names() {
            if let Some(place) = self.operators.get_mut(usize::from(operator.number())) {
                *place = name;
            }
        }
        Ok(())
    }

    /// Prints text unchanged.
    #[inline(never)]
    fn text(&mut self, text: &str) {
        self.out.text(text);
    }

    /// Prints a closing parenthesis.
    #[inline(never)]
    fn close(&mut self) {
        self.out.text(")");
    }

    // These wrap methods that the reader inlines, so that their code exists once.

    /// Reads a byte.
    #[inline(never)]
    fn byte(&mut self) -> Result<u8> {
        Ok(self.reader.byte()?)
    }

    /// Reads a byte. Errors: it is larger than `highest`.
    #[inline(never)]
    fn byte_to(&mut self, highest: u8, fault: Fault) -> Result<u8> {
        let byte = self.reader.peek()?;
        if byte > highest {
            return Err(fault);
        }
        self.byte()
    }

    /// Consumes the next byte if it is this one; returns whether it was.
    #[inline(never)]
    fn accept_byte(&mut self, byte: u8) -> Result<bool> {
        let is_next = self.reader.peek()? == byte;
        if is_next {
            self.reader.byte()?;
        }
        Ok(is_next)
    }

    /// Reads an unsigned 32-bit integer.
    #[inline(never)]
    fn index(&mut self) -> Result<u32> {
        Ok(self.reader.index()?)
    }

    /// Returns an error at `start`.
    #[cold]
    #[inline(never)]
    fn fault_at<T>(&mut self, start: usize, fault: Fault) -> Result<T> {
        self.reader.go_to(start);
        Err(fault)
    }
}
