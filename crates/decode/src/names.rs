//! Names for people, out of the custom section `name` (spec: appendix/custom#name-section). They are looked for when someone asks, which
//! is when a trap is reported. A broken section has no names.

use alloc::vec::Vec;

use wasmparser::{BinaryReader, Name, NameSectionReader};

use crate::module::ModuleInfo;

/// Where the names of functions are, so that the section is read once, however many are asked for.
pub struct FunctionNames {
    /// For each function where its name begins in the binary and how long it is; of those without a name, 0 and 0.
    places: Vec<(u32, u32)>,
}

impl FunctionNames {
    /// Those of a module. Without memory for them, no function has a name.
    pub fn new(module: &ModuleInfo, wasm: &[u8]) -> FunctionNames {
        let (mut places, count) = (Vec::new(), module.funcs.len());
        let base = wasm.as_ptr() as usize;
        function_names(module, wasm, &mut |func, name| {
            // Most modules that were stripped have no names at all.
            if places.is_empty() && places.try_reserve_exact(count).is_ok() {
                places.resize(count, (0, 0));
            }
            // The first counts. No name begins where the binary does.
            if let Some(place @ (0, _)) = places.get_mut(func as usize) {
                *place = ((name.as_ptr() as usize - base) as u32, name.len() as u32);
            }
        });
        FunctionNames { places }
    }

    /// The name of a function, imports counted. `wasm` is the binary that this was made of.
    pub fn get<'a>(&self, wasm: &'a [u8], func: u32) -> Option<&'a str> {
        let &(start, len) = self.places.get(func as usize).filter(|place| place.0 > 0)?;
        let name = wasm.get(start as usize..)?.get(..len as usize)?;
        core::str::from_utf8(name).ok()
    }
}

/// All names of functions, in the order in which the section has them.
pub fn function_names<'a>(module: &ModuleInfo, wasm: &'a [u8], each: &mut dyn FnMut(u32, &'a str)) {
    let _: Option<&str> = find(module, wasm, &mut |subsection| {
        if let Name::Function(names) = subsection {
            for naming in names.into_iter().map_while(Result::ok) {
                each(naming.index, naming.name);
            }
        }
        None
    });
}

/// The name of the module.
pub fn module_name<'a>(module: &ModuleInfo, wasm: &'a [u8]) -> Option<&'a str> {
    find(module, wasm, &mut |subsection| match subsection {
        Name::Module { name, .. } => Some(name),
        _ => None,
    })
}

/// The first answer from a subsection of a section `name`.
fn find<'a>(module: &ModuleInfo, wasm: &'a [u8], look: &mut dyn FnMut(Name<'a>) -> Option<&'a str>) -> Option<&'a str> {
    for custom in module.customs.iter().filter(|custom| &*custom.name == "name") {
        let bytes = wasm.get(custom.bytes.clone())?;
        let reader = BinaryReader::new(bytes, custom.bytes.start as u64);
        // Subsections after a broken one cannot be found.
        for subsection in NameSectionReader::new(reader).map_while(Result::ok) {
            if let Some(name) = look(subsection) {
                return Some(name);
            }
        }
    }
    None
}
