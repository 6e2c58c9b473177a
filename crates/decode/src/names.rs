//! Reads names from the custom section `name` (spec: appendix/custom#name-section). They are looked up on demand,
//! such as when a trap is reported. A malformed section counts as one without names.

use alloc::vec::Vec;

use crate::module::ModuleInfo;
use crate::reader::Reader;

/// The kind of the subsection with the module's name.
const MODULE: u8 = 0;
/// The kind of a subsection with names of functions.
const FUNCTIONS: u8 = 1;
/// The kind of a subsection with names of types.
const TYPES: u8 = 4;

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
    each_name(module, wasm, FUNCTIONS, each);
}

/// Calls `each` with the index and the name of each type, in the order of the section.
pub fn type_names<'a>(module: &ModuleInfo, wasm: &'a [u8], each: &mut dyn FnMut(u32, &'a str)) {
    each_name(module, wasm, TYPES, each);
}

/// Calls `each` with the indices and names in the subsections of this kind.
fn each_name<'a>(module: &ModuleInfo, wasm: &'a [u8], kind: u8, each: &mut dyn FnMut(u32, &'a str)) {
    find(module, wasm, kind, &mut |names| {
        // The names after a malformed one cannot be found.
        for _ in 0..names.index().unwrap_or(0) {
            let (Ok(index), Some(name)) = (names.index(), name(names)) else { break };
            each(index, name);
        }
        None
    });
}

/// Returns the name of the module.
pub fn module_name<'a>(module: &ModuleInfo, wasm: &'a [u8]) -> Option<&'a str> {
    find(module, wasm, MODULE, &mut |subsection| name(subsection).filter(|_| subsection.is_at_end()))
}

/// Calls `look` for the subsections of this kind in the sections `name`, until it returns a name.
fn find<'a>(
    module: &ModuleInfo,
    wasm: &'a [u8],
    kind: u8,
    look: &mut dyn FnMut(&mut Reader<'a>) -> Option<&'a str>,
) -> Option<&'a str> {
    for custom in module.customs.iter().filter(|custom| &*custom.name == "name") {
        let mut section = Reader::new(wasm.get(custom.bytes.clone())?, 0);
        // The subsections after a malformed one cannot be found.
        while let Ok(found) = section.byte()
            && let Some(bytes) = sized(&mut section)
        {
            let name = if found == kind { look(&mut Reader::new(bytes, 0)) } else { None };
            if name.is_some() {
                return name;
            }
        }
    }
    None
}

/// Reads a name. Returns `None` if it is malformed.
fn name<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    core::str::from_utf8(sized(reader)?).ok()
}

/// Reads bytes after their number.
fn sized<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = reader.index().ok()?;
    reader.bytes(len as usize).ok()
}
