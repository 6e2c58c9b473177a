//! Runs the exports of images in place.

use wasmote_exec::in_place::{CallError, Instance, LoadError, buffer_bytes};
use wasmote_exec::{TrapCode, ValType};
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::{Section, kinds};

/// Slots of the value stack.
const STACK: usize = 4096;
/// The largest buffer of an image, and how much of it is for its memory to grow.
const MAX_BUFFER: usize = 64 << 20;
const GROWTH: usize = 128 << 10;
/// The fuel of a call.
const FUEL: u64 = 20_000;

/// What an export did: its results, and a hash of memory 0 and of the remaining fuel.
#[derive(PartialEq, Eq, Debug)]
pub struct Outcome {
    export: String,
    results: Result<Vec<u64>, CallError>,
    memory: u64,
    fuel: u64,
}

impl Outcome {
    pub fn is_about_the_stack(&self) -> bool {
        self.results == Err(CallError::Trap(TrapCode::StackOverflow))
    }
}

/// Calls all exported functions in order. Returns `None` if the image is not instantiated.
pub fn outcomes(bytes: &[u8]) -> Option<Vec<Outcome>> {
    let mut words = vec![0u64; bytes.len().div_ceil(8)];
    // SAFETY: words may have any bytes.
    let (_, place, _) = unsafe { words.align_to_mut::<u8>() };
    place[..bytes.len()].copy_from_slice(bytes);
    // SAFETY: bytes may be read from words of any value.
    let (_, place, _) = unsafe { words.align_to::<u8>() };
    let bytes = &place[..bytes.len()];

    let needed = buffer_bytes(bytes, STACK).ok().filter(|&needed| needed < MAX_BUFFER)?;
    let image = Image::parse(bytes).ok()?;
    // Unmetered code may run forever, as may start functions, which have no limit.
    if !image.is_metered() || image.start().is_some() {
        return None;
    }
    let mut buffer = vec![0u64; (needed + GROWTH).div_ceil(8)];
    let mut instance = match Instance::new(bytes, &[], &mut buffer, STACK, ()) {
        Ok(instance) => instance,
        Err(LoadError::Trap(code)) => {
            let results = Err(CallError::Trap(code));
            return Some(vec![Outcome { export: "start".into(), results, memory: 0, fuel: 0 }]);
        }
        Err(_) => return None,
    };
    let mut outcomes = Vec::new();
    for index in 0..image.count(Section::Exports) {
        let Some(export) = image.export(index).filter(|export| export.kind == kinds::FUNC) else { continue };
        let Some(ty) = image.func(export.index).and_then(|func| image.ty(func.ty.into())) else { continue };
        let args: Vec<u64> = image.val_types(ty, false).flat_map(argument).collect();
        let mut results = vec![0; image.val_types(ty, true).map(|ty| usize::from(ty.slots())).sum()];
        instance.set_fuel(FUEL).unwrap();
        let outcome = instance.call_index(export.index, &args, &mut results);
        let chunks = instance.memory().chunks(8).map(|chunk| {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(eight)
        });
        let hash = chunks.fold(0u64, |hash, chunk| (hash.rotate_left(5) ^ chunk).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        outcomes.push(Outcome {
            export: String::from_utf8_lossy(export.name).into_owned(),
            results: outcome.map(|()| results),
            memory: hash,
            fuel: instance.get_fuel().unwrap(),
        });
    }
    Some(outcomes)
}

/// Returns an argument of this type, as slots.
fn argument(ty: ValType) -> Vec<u64> {
    match ty {
        ValType::I32 => vec![7],
        ValType::I64 => vec![0x8000_0000_0000_0005],
        ValType::F32 => vec![1.5f32.to_bits().into()],
        ValType::F64 => vec![(-2.25f64).to_bits()],
        ValType::V128 => vec![1, 2],
        // Null: references in images that run in place are nullable.
        ValType::Ref(_) => vec![0],
    }
}
