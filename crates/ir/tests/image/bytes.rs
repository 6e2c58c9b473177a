//! Images as bytes, which tests change.

use std::ops::{Deref, DerefMut};

use wasmote_compile::{ImageOptions, write_image};
use wasmote_ir::Op;
use wasmote_ir::code::DecodedInstr;
use wasmote_ir::image::layout::{self, Section};
use wasmote_ir::image::{Image, OpSet, checksum, code_checksum};
use wasmote_translate::CodeOptions;

/// The bytes of an image, which tests may damage.
#[derive(Clone)]
pub struct Bytes(pub Vec<u8>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// Returns the image of a module in the text format, with the extended op set.
pub fn image(text: &str) -> Bytes {
    image_with(text, OpSet::Extended, false)
}

/// Returns the image of a module in the text format.
pub fn image_with(text: &str, op_set: OpSet, metered: bool) -> Bytes {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    let module = wasmote_decode::decode(&wasm).expect("a module that decodes");
    let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
    let options = ImageOptions::default().with_code(code).with_names(true).with_custom_sections(true);
    Bytes(write_image(&module, &wasm, &options).expect("an image"))
}

impl Bytes {
    pub fn get16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self[at], self[at + 1]])
    }

    pub fn get32(&self, at: usize) -> usize {
        match self.get(at..).and_then(<[u8]>::first_chunk) {
            Some(&bytes) => u32::from_le_bytes(bytes) as usize,
            None => 0,
        }
    }

    pub fn put16(&mut self, at: usize, value: u16) {
        self[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    fn put32(&mut self, at: usize, value: u32) {
        self[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Returns the instructions of a function: the offset in the image, the family, and the size in units.
    pub fn instructions(&self, func: u32) -> Vec<(usize, Op, usize)> {
        let range = Image::parse(self).expect("an image").code_range(func).expect("a function");
        let units: Vec<u16> = range.clone().step_by(2).map(|at| self.get16(at)).collect();
        let mut all = Vec::new();
        let mut at = 0;
        while let Some(instr) = DecodedInstr::decode(&units, at) {
            all.push((range.start + 2 * at, instr.op(), instr.units.len()));
            at += instr.units.len();
        }
        all
    }

    /// Corrects the checksums, if the bytes that they cover can be found.
    pub fn fix(&mut self) {
        let (meta_end, code_end) = (self.get32(layout::AT_META_END), self.get32(layout::AT_CODE_END));
        let section = layout::AT_SECTIONS + 8 * Section::Funcs as usize;
        let (first, count) = (self.get32(section), self.get32(section + 4));
        for index in self.get32(layout::AT_IMPORTED)..count.min(self.len() / 12) {
            let at = first + 12 * index;
            let start = meta_end + 2 * self.get32(at);
            let end = if index + 1 < count { meta_end + 2 * self.get32(at + 12) } else { code_end };
            if let Some(check) = self.get(start..end).map(code_checksum)
                && at + 12 <= self.len()
            {
                self.put16(at + 10, check);
            }
        }
        let len = self.get32(layout::AT_FILE_LEN).min(self.len());
        if let Some(sum) = self.get(code_end..len).map(|data| checksum(0, data)) {
            self.put32(layout::AT_DATA_CHECK, sum);
        }
        if meta_end >= layout::HEADER_LEN && meta_end <= self.len() {
            let sum = checksum(0, &self[..layout::AT_CHECKSUM]);
            let sum = checksum(sum, &self[layout::AT_CHECKSUM + 4..meta_end]);
            self.put32(layout::AT_CHECKSUM, sum);
        }
    }
}
