//! Names for people, out of the custom section `name` (spec: appendix/custom#name-section). Nothing is kept: a name
//! is looked for when someone asks, which is when a trap is reported. A broken section has no names.

use wasmparser::{BinaryReader, Name, NameSectionReader};

use crate::module::ModuleInfo;

/// The name of a function, imports counted.
pub fn function_name<'a>(module: &ModuleInfo, wasm: &'a [u8], func: u32) -> Option<&'a str> {
    find(module, wasm, &mut |subsection| match subsection {
        Name::Function(names) => {
            for naming in names {
                let naming = naming.ok()?;
                if naming.index == func {
                    return Some(naming.name);
                }
            }
            None
        }
        _ => None,
    })
}

/// All names of functions, ordered by index as the section has them.
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
    for custom in module.customs.iter().filter(|custom| custom.name == "name") {
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
