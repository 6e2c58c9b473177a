//! Reads names from the custom section `name` (spec: appendix/custom#name-section). They are looked up on demand,
//! such as when a trap is reported. A malformed section counts as one without names.

use alloc::vec::Vec;

use wasmparser::{BinaryReader, Name, NameSectionReader};

use crate::module::ModuleInfo;

/// The places of the names of functions, so that the section is read only once.
pub struct FunctionNames {
    /// For each function, the offset of its name in the binary and its length. Both are 0 for a function without a
    /// name.
    places: Vec<(u32, u32)>,
}

impl FunctionNames {
    /// Finds the names of a module's functions. If there is not enough memory, no function has a name.
    pub fn new(module: &ModuleInfo, wasm: &[u8]) -> FunctionNames {
        let (mut places, count) = (Vec::new(), module.funcs.len());
        let base = wasm.as_ptr() as usize;
        function_names(module, wasm, &mut |func, name| {
            // Memory is allocated at the first name: stripped modules have none.
            if places.is_empty() && places.try_reserve_exact(count).is_ok() {
                places.resize(count, (0, 0));
            }
            // The first name of a function counts. No name has offset 0, where the binary begins.
            if let Some(place @ (0, _)) = places.get_mut(func as usize) {
                *place = ((name.as_ptr() as usize - base) as u32, name.len() as u32);
            }
        });
        FunctionNames { places }
    }

    /// Returns the name of a function. The index counts imported functions. `wasm` is the binary that this was made
    /// from.
    pub fn get<'a>(&self, wasm: &'a [u8], func: u32) -> Option<&'a str> {
        let &(start, len) = self.places.get(func as usize).filter(|place| place.0 > 0)?;
        let name = wasm.get(start as usize..)?.get(..len as usize)?;
        core::str::from_utf8(name).ok()
    }
}

/// Calls `each` with the index and the name of each function, in the order of the section.
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

/// Returns the name of the module.
pub fn module_name<'a>(module: &ModuleInfo, wasm: &'a [u8]) -> Option<&'a str> {
    find(module, wasm, &mut |subsection| match subsection {
        Name::Module { name, .. } => Some(name),
        _ => None,
    })
}

/// Calls `look` for the subsections of the sections `name`, until it returns a name.
fn find<'a>(module: &ModuleInfo, wasm: &'a [u8], look: &mut dyn FnMut(Name<'a>) -> Option<&'a str>) -> Option<&'a str> {
    for custom in module.customs.iter().filter(|custom| &*custom.name == "name") {
        let bytes = wasm.get(custom.bytes.clone())?;
        let reader = BinaryReader::new(bytes, custom.bytes.start as u64);
        // The subsections after a malformed one cannot be found.
        for subsection in NameSectionReader::new(reader).map_while(Result::ok) {
            if let Some(name) = look(subsection) {
                return Some(name);
            }
        }
    }
    None
}
