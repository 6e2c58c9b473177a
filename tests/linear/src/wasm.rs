//! Writes modules, as far as the families need it.

pub const I32: u8 = 0x7f;
pub const I64: u8 = 0x7e;
pub const F64: u8 = 0x7c;
pub const FUNCREF: u8 = 0x70;
pub const EMPTY: u8 = 0x40;

/// A number of the binary format without sign.
pub fn number(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends pieces and numbers to code.
pub trait Write {
    /// Bytes as they are.
    fn put(&mut self, bytes: &[u8]) -> &mut Self;
    /// A number without sign.
    fn num(&mut self, value: usize) -> &mut Self;
    /// An opcode and its index.
    fn op(&mut self, opcode: u8, index: usize) -> &mut Self;
    /// `i32.const` of a number that is not negative.
    fn i32(&mut self, value: usize) -> &mut Self;
    /// The same piece, repeated.
    fn times(&mut self, count: usize, piece: &[u8]) -> &mut Self;
    /// A name, or another run of bytes behind its length.
    fn sized(&mut self, bytes: &[u8]) -> &mut Self;
}

impl Write for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.extend_from_slice(bytes);
        self
    }

    fn num(&mut self, value: usize) -> &mut Self {
        number(self, value);
        self
    }

    fn op(&mut self, opcode: u8, index: usize) -> &mut Self {
        self.push(opcode);
        self.num(index)
    }

    fn i32(&mut self, mut value: usize) -> &mut Self {
        self.push(0x41);
        while value >= 0x40 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
        self
    }

    fn times(&mut self, count: usize, piece: &[u8]) -> &mut Self {
        for _ in 0..count {
            self.put(piece);
        }
        self
    }

    fn sized(&mut self, bytes: &[u8]) -> &mut Self {
        self.num(bytes.len()).put(bytes)
    }
}

/// The sections of a module, by their ids, with how many items they have.
#[derive(Default)]
pub struct Module {
    sections: [(usize, Vec<u8>); 14],
    customs: Vec<u8>,
    data_count: bool,
}

/// Ids of sections.
pub mod section {
    pub const TYPE: usize = 1;
    pub const IMPORT: usize = 2;
    pub const FUNCTION: usize = 3;
    pub const TABLE: usize = 4;
    pub const MEMORY: usize = 5;
    pub const GLOBAL: usize = 6;
    pub const EXPORT: usize = 7;
    pub const ELEMENT: usize = 9;
    pub const CODE: usize = 10;
    pub const DATA: usize = 11;
    pub const DATA_COUNT: usize = 12;
    pub const TAG: usize = 13;
}

impl Module {
    /// Appends an item to a section; its number.
    pub fn item(&mut self, section: usize, bytes: &[u8]) -> usize {
        let (count, items) = &mut self.sections[section];
        items.extend_from_slice(bytes);
        *count += 1;
        *count - 1
    }

    /// A type of functions.
    pub fn func_type(&mut self, params: &[u8], results: &[u8]) -> usize {
        let mut item = vec![0x60];
        item.sized(params).sized(results);
        self.item(section::TYPE, &item)
    }

    /// A function of this type with runs of locals, and with code that lacks its `end`. Its number among those that are defined.
    pub fn func(&mut self, ty: usize, locals: &[(usize, u8)], code: &[u8]) -> usize {
        let mut item = Vec::new();
        self.item(section::FUNCTION, item.num(ty));
        let mut body = Vec::new();
        body.num(locals.len());
        for &(count, ty) in locals {
            body.num(count).push(ty);
        }
        body.put(code).push(0x0b);
        self.item(section::CODE, Vec::new().sized(&body))
    }

    /// Exports something: 0 for functions, 1 tables, 2 memories, 3 globals, 4 tags.
    pub fn export(&mut self, name: &str, kind: u8, index: usize) {
        let mut item = Vec::new();
        item.sized(name.as_bytes()).op(kind, index);
        self.item(section::EXPORT, &item);
    }

    /// A memory, of one page.
    pub fn memory(&mut self) {
        self.item(section::MEMORY, &[0, 1]);
    }

    /// A custom section behind all others.
    pub fn custom(&mut self, name: &str, bytes: &[u8]) {
        let mut section = Vec::new();
        section.sized(name.as_bytes()).put(bytes);
        self.customs.put(&[0]).sized(&section);
    }

    /// Has a section that says how many data segments there are.
    pub fn count_data(&mut self) {
        self.data_count = true;
    }

    /// The binary.
    pub fn finish(mut self) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        for id in [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11] {
            if id == section::DATA_COUNT && self.data_count {
                let mut count = Vec::new();
                count.num(self.sections[section::DATA].0);
                out.put(&[12]).sized(&count);
            }
            let (count, items) = std::mem::take(&mut self.sections[id]);
            if count > 0 {
                let mut section = Vec::new();
                section.num(count).put(&items);
                out.put(&[id as u8]).sized(&section);
            }
        }
        out.put(&self.customs);
        out
    }
}
