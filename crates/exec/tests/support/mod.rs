//! What the tests of execution in place share: images written from modules, aligned as they must be.
#![allow(dead_code)] // Each test uses some of it.

use wasmote_compile::{ImageOptions, ImageWriteError, write_image};
use wasmote_exec::in_place::{LoadError, buffer_bytes};
use wasmote_ir::image::layout::{AT_CHECKSUM, AT_META_END};
use wasmote_ir::image::{Image, ImageError, ImageErrorKind, OpSet, checksum};
use wasmote_translate::CodeOptions;

/// Bytes that begin at an address that is a multiple of 8.
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
        // SAFETY: any bytes of a word are good bytes.
        let (_, bytes, _) = unsafe { self.words.align_to() };
        &bytes[..self.len]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: any bytes are good words, and the other way round.
        let (_, bytes, _) = unsafe { self.words.align_to_mut() };
        &mut bytes[..self.len]
    }
}

impl Aligned {
    /// A word of it as an image.
    pub fn word(&self, at: usize) -> u32 {
        self.bytes()[at..].first_chunk().map_or(0, |&word| u32::from_le_bytes(word))
    }

    /// The same image with other words in its metadata, as if it had been written so.
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

/// The kinds of code that this build runs, and that the translator beside it writes: `cargo test -p wasmote-exec` has the extended op
/// set with `--features wasmote-translate/extended` only, as the whole workspace does.
pub fn kinds_of_code() -> Vec<CodeOptions> {
    let extended = cfg!(feature = "extended") && op_set_of("(module)", OpSet::Extended) == OpSet::Extended;
    let op_sets: &[OpSet] = if extended { &[OpSet::Core, OpSet::Extended] } else { &[OpSet::Core] };
    let both = |&op_set: &OpSet| [false, true].map(|metered| CodeOptions { op_set, metered, ..CodeOptions::default() });
    op_sets.iter().flat_map(both).collect()
}

/// The op set of the image of a module that was to have this one.
fn op_set_of(text: &str, op_set: OpSet) -> OpSet {
    let wasm = wat::parse_str(text).expect("a module");
    let module = wasmote_decode::decode(&wasm).expect("a module that decodes");
    let code = CodeOptions { op_set, ..CodeOptions::default() };
    let image = write_image(&module, &wasm, &ImageOptions { code, names: false }).expect("an image");
    Image::of_parsed(&image).op_set()
}

/// Whether an image is refused since it has what is not executed in place: vectors, typed references, exceptions or objects.
pub fn is_refused(image: &[u8]) -> bool {
    let outcome = buffer_bytes(image, 0);
    matches!(outcome, Err(LoadError::Image(ImageError { kind: ImageErrorKind::Feature, .. })))
}

/// The image of a binary.
pub fn image_of(wasm: &[u8], code: CodeOptions) -> Result<Aligned, ImageWriteError> {
    let module = wasmote_decode::decode(wasm).expect("a module that decodes");
    let image = Aligned::new(&write_image(&module, wasm, &ImageOptions { code, names: false })?);
    assert_eq!(Image::of_parsed(image.bytes()).op_set(), code.op_set);
    Ok(image)
}

/// The image of a module in text form.
pub fn image_of_text(text: &str, code: CodeOptions) -> Aligned {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    image_of(&wasm, code).unwrap_or_else(|error| panic!("{error:?}"))
}

/// A buffer that is large enough for an image, with so many bytes more.
pub fn buffer_for(image: &[u8], stack_slots: usize, more: usize) -> Vec<u64> {
    let bytes = buffer_bytes(image, stack_slots).unwrap_or_else(|error| panic!("{}", error.message()));
    vec![0; (bytes + more).div_ceil(8)]
}

/// Gives the images of a module in text form, one for each kind of code that this build runs.
pub fn each_image(text: &str, mut test: impl FnMut(&Aligned)) {
    for code in kinds_of_code() {
        test(&image_of_text(text, code));
    }
}
