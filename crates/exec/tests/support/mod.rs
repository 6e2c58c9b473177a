//! Shared by the tests of execution in place: images that are written from modules and aligned.
#![allow(dead_code)] // Each test uses some of it.

use wasmote_compile::{ImageOptions, ImageWriteError, write_image};
use wasmote_exec::in_place::{LoadError, buffer_bytes};
use wasmote_ir::image::layout::{AT_CHECKSUM, AT_META_END};
use wasmote_ir::image::{Image, ImageError, ImageErrorKind, OpSet, checksum};
use wasmote_translate::CodeOptions;

/// Bytes at an address that is a multiple of 8.
#[derive(Clone)]
pub struct Aligned {
    words: Vec<u64>,
    len: usize,
}

impl Aligned {
    pub fn new(bytes: &[u8]) -> Aligned {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks(8)) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            *word = u64::from_ne_bytes(eight);
        }
        Aligned { words, len: bytes.len() }
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a `u8` accepts all bits.
        let (_, bytes, _) = unsafe { self.words.align_to() };
        &bytes[..self.len]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: a `u8` and a `u64` accept all bits.
        let (_, bytes, _) = unsafe { self.words.align_to_mut() };
        &mut bytes[..self.len]
    }
}

impl Aligned {
    /// Returns a 32-bit word of the image.
    pub fn word(&self, at: usize) -> u32 {
        self.bytes()[at..].first_chunk().map_or(0, |&word| u32::from_le_bytes(word))
    }

    /// Returns the image with other words in its metadata, and with the right checksum.
    pub fn with_words(&self, words: &[(usize, u32)]) -> Aligned {
        let mut image = self.clone();
        for &(at, word) in words {
            image.bytes_mut()[at..][..4].copy_from_slice(&word.to_le_bytes());
        }
        let bytes = &image.bytes()[..image.word(AT_META_END) as usize];
        let sum = checksum(checksum(0, &bytes[..AT_CHECKSUM]), &bytes[AT_CHECKSUM + 4..]);
        image.bytes_mut()[AT_CHECKSUM..][..4].copy_from_slice(&sum.to_le_bytes());
        image
    }
}

/// Returns the kinds of code that both this build and the translator in it support. `cargo test -p wasmote-exec`
/// includes the extended op set only with `--features wasmote-translate/extended`, which the whole workspace has.
pub fn kinds_of_code() -> Vec<CodeOptions> {
    let extended = cfg!(feature = "extended") && op_set_of("(module)", OpSet::Extended) == OpSet::Extended;
    let op_sets: &[OpSet] = if extended { &[OpSet::Core, OpSet::Extended] } else { &[OpSet::Core] };
    let both =
        |&op_set: &OpSet| [false, true].map(|metered| CodeOptions::default().with_op_set(op_set).with_metered(metered));
    op_sets.iter().flat_map(both).collect()
}

/// Returns the op set of the image that is written for a module and this op set.
fn op_set_of(text: &str, op_set: OpSet) -> OpSet {
    let wasm = wat::parse_str(text).expect("a module");
    let module = wasmote_decode::decode(&wasm).expect("a module that decodes");
    let code = CodeOptions::default().with_op_set(op_set);
    let image = write_image(&module, &wasm, &ImageOptions::default().with_code(code)).expect("an image");
    Image::of_parsed(&image).op_set()
}

/// Returns why an image is refused, if it needs what execution in place lacks: vectors, typed references, exceptions, GC,
/// atomic instructions or shared memories.
pub fn what_is_lacking(image: &[u8]) -> Option<&'static str> {
    match buffer_bytes(image, 0) {
        Err(LoadError::Image(ImageError { kind: ImageErrorKind::Feature, .. })) => {
            Some("typed references, exceptions and objects")
        }
        Err(LoadError::Image(ImageError { kind: ImageErrorKind::Atomics, .. })) => Some("atomic instructions"),
        Err(LoadError::Image(ImageError { kind: ImageErrorKind::Threads, .. })) => Some("shared memories"),
        _ => None,
    }
}

/// Writes the image of a binary module.
pub fn image_of(wasm: &[u8], code: CodeOptions) -> Result<Aligned, ImageWriteError> {
    let module = wasmote_decode::decode(wasm).expect("a module that decodes");
    let image = Aligned::new(&write_image(&module, wasm, &ImageOptions::default().with_code(code))?);
    assert_eq!(Image::of_parsed(image.bytes()).op_set(), code.op_set);
    Ok(image)
}

/// Writes the image of a module in text format.
pub fn image_of_text(text: &str, code: CodeOptions) -> Aligned {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    image_of(&wasm, code).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Returns a buffer that is large enough for an image, with `more` bytes added.
pub fn buffer_for(image: &[u8], stack_slots: usize, more: usize) -> Vec<u64> {
    let bytes = buffer_bytes(image, stack_slots).unwrap_or_else(|error| panic!("{}", error.message()));
    vec![0; (bytes + more).div_ceil(8)]
}

/// Passes the images of a module in text format to `test`, one for each kind of code that this build runs.
pub fn each_image(text: &str, mut test: impl FnMut(&Aligned)) {
    for code in kinds_of_code() {
        test(&image_of_text(text, code));
    }
}
