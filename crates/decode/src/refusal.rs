//! Why a section is refused, without the place. These are small, since nearly every function of the decoder returns
//! them. The decoder knows the place.

use wasmote_ir::Proposal;
use wasmote_ir::fallible::OutOfMemory;

use crate::operators::UnsupportedType;
use crate::reader::Malformed;

/// Why a section is refused.
pub(crate) enum Refusal {
    /// Bytes are malformed, where the reader is.
    Malformed(Malformed),
    /// Something is wrong with the current item.
    Fault(Fault),
    /// The current item needs a proposal that this build lacks.
    Unsupported(Proposal),
    /// There is not enough memory.
    OutOfMemory,
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Refusal {
        Refusal::Malformed(malformed)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Fault(fault)
    }
}

impl From<OutOfMemory> for Refusal {
    fn from(_: OutOfMemory) -> Refusal {
        Refusal::OutOfMemory
    }
}

impl From<UnsupportedType> for Refusal {
    fn from(lacking: UnsupportedType) -> Refusal {
        match lacking {
            UnsupportedType::Proposal(proposal) => Refusal::Unsupported(proposal),
            UnsupportedType::Index => Fault::UnknownType.into(),
        }
    }
}

macro_rules! faults {
    ($( $name:ident $message:literal; )*) => {
        /// What is wrong with an item.
        #[derive(Clone, Copy)]
        pub(crate) enum Fault { $( $name, )* }

        /// The messages in order, each before a line break.
        const MESSAGES: &str = concat!($( $message, "\n", )*);
    };
}

faults! {
    EndOfFile "unexpected end-of-file";
    SectionId "malformed section id";
    SectionOrder "section out of order";
    SectionSize "section size mismatch: unexpected data at the end of the section";
    CodeLength "function and code section have inconsistent lengths";
    NoCode "function section has non-zero count but code section is absent";
    DataCount "data count and data section have inconsistent lengths";
    NameSize "string size out of bounds";
    Utf8 "malformed UTF-8 encoding";
    Imports "imports exceed the limit of 1000000";
    ModuleNames "the names of the modules of compact imports are too long";
    ExternalKind "invalid leading byte for external kind";
    TableEncoding "invalid table encoding";
    TableFlags "invalid table resizable limits flags";
    MemoryFlags "invalid memory limits flags";
    PageSize "invalid custom page size";
    GlobalFlags "malformed mutability: malformed global flags";
    TagAttributes "invalid tag attributes";
    ElemFlags "invalid flags byte in element segment";
    ElemKind "only the function external type is supported in elem segment";
    DataFlags "invalid flags byte in data segment";
    GroupSize "rec group types size is out of bounds";
    Supertypes "sub type must not have multiple supertypes";
    ParamsSize "function params size is out of bounds";
    ResultsSize "function returns size is out of bounds";
    FieldsSize "struct fields size is out of bounds";
    TypeKind "invalid leading byte for type";
    FieldMutability "malformed mutability byte for field type";
    UnknownType "unknown type";
    NotConstant "constant expression required";
}

impl Fault {
    /// Returns the message. Where the specification's scripts have a wording, it is theirs.
    pub fn message(self) -> &'static str {
        MESSAGES.split('\n').nth(self as usize).unwrap_or_default()
    }
}
