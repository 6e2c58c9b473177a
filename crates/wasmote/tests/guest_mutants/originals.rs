//! The guests, with the positions at which changed code and more exports are inserted.

use std::ops::Range;

use wasmote::Features;
use wasmote_test_support::root;
use wasmote_validate::{Bodies, validate_outline};
use wasmparser::{Parser, Payload};

/// A guest.
pub struct Original {
    pub name: String,
    pub wasm: Vec<u8>,
    /// The range of its export section with the header, and the section's contents behind the count.
    exports: Range<usize>,
    exported: Range<usize>,
    /// The number of its exports, and of its imported functions.
    count: u32,
    imported: u32,
    /// The ranges of the bodies.
    pub bodies: Vec<Range<usize>>,
    outline: Bodies,
}

/// Returns all guests, small ones first, and the index of the first large one. Large ones are tried less often.
pub fn all() -> (Vec<Original>, usize) {
    let folder = root().join("tests/guests");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry of the folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    let read = |file: std::path::PathBuf| {
        let wasm = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Original::new(file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), wasm)
    };
    let mut originals: Vec<Original> = files.into_iter().map(read).collect();
    originals.sort_by_key(|original| original.wasm.len());
    assert!(originals.len() > 10, "the guests are not there");
    let small = originals.iter().take_while(|original| original.wasm.len() < 200_000).count();
    println!("mutants of {} guests, {small} of them small", originals.len());
    (originals, small)
}

impl Original {
    fn new(name: String, wasm: Vec<u8>) -> Original {
        let (mut exports, mut exported, mut count, mut imported, mut bodies) = (0..0, 0..0, 0, 0, Vec::new());
        for payload in Parser::new(0).parse_all(&wasm) {
            match payload.expect("a guest is valid") {
                Payload::ImportSection(section) => {
                    let imports = section.into_imports().map(|import| import.expect("a guest is valid"));
                    imported =
                        imports.filter(|import| matches!(import.ty, wasmparser::TypeRef::Func(_))).count() as u32;
                }
                Payload::ExportSection(section) => {
                    count = section.count();
                    let range = usizes(section.range());
                    // The id and the length, which some linkers write in five bytes.
                    let header = (2..=6).find(|&len| is_header(&wasm[range.start - len..range.start], range.len()));
                    exports = range.start - header.expect("a header")..range.end;
                    let first = range.start + wasm[range.start..].iter().take_while(|&&byte| byte >= 0x80).count() + 1;
                    exported = first..range.end;
                }
                Payload::CodeSectionEntry(body) => bodies.push(usizes(body.range())),
                _ => {}
            }
        }
        let outline = validate_outline(&wasm, &Features::default()).expect("a guest is valid");
        Original { name, wasm, exports, exported, count, imported, bodies, outline }
    }

    /// Whether the guest is valid with this changed body.
    pub fn is_valid(&self, changed: &[u8], body: usize) -> bool {
        self.outline.validate_body(changed, self.imported + body as u32).is_ok()
    }

    /// Returns the module with these functions exported, named by the numbers of their bodies.
    pub fn with_exports(&self, changed: &[u8], bodies: &[usize]) -> Vec<u8> {
        let mut content = Vec::new();
        unsigned(self.count as usize + bodies.len(), &mut content);
        content.extend_from_slice(&changed[self.exported.clone()]);
        for (number, &body) in bodies.iter().enumerate() {
            let name = export(number);
            unsigned(name.len(), &mut content);
            content.extend_from_slice(name.as_bytes());
            content.push(0);
            unsigned(self.imported as usize + body, &mut content);
        }
        let mut wasm = changed[..self.exports.start].to_vec();
        wasm.push(7);
        unsigned(content.len(), &mut wasm);
        wasm.extend_from_slice(&content);
        wasm.extend_from_slice(&changed[self.exports.end..]);
        wasm
    }
}

/// Whether these bytes are the header of an export section of `len` bytes.
fn is_header(bytes: &[u8], len: usize) -> bool {
    let (last, before) = bytes[1..].split_last().expect("a length");
    let value = bytes[1..].iter().rev().fold(0, |value, &byte| value << 7 | usize::from(byte & 0x7f));
    bytes[0] == 7 && *last < 0x80 && before.iter().all(|&byte| byte >= 0x80) && value == len
}

/// Returns the export name of a changed function.
pub fn export(number: usize) -> String {
    format!("a changed function {number}")
}

fn unsigned(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn usizes(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}
