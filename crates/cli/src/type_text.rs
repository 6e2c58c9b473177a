//! Prints types as the text format writes them, with the names that the module has for its own types.

#[cfg(feature = "validate")]
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{Display, Formatter, Result};

use wasmote::{ExternType, HeapType, ValType};
use wasmote_decode::ModuleInfo;

use crate::features::built;
#[cfg(feature = "validate")]
use crate::text_table::parts;

type Read = for<'a> fn(&ModuleInfo, &'a [u8], &mut dyn FnMut(u32, &'a str));

/// Reads the names of types.
const READ: Option<Read> = built!("wasm", wasmote_decode::names::type_names);

/// The names of a module's types, by index.
pub struct TypeNames<'a>(Vec<(u32, &'a str)>);

impl<'a> TypeNames<'a> {
    /// Reads the names of the module. An image has none.
    #[inline(never)]
    pub fn of(module: &ModuleInfo, wasm: &'a [u8]) -> TypeNames<'a> {
        let mut names: Vec<(u32, &str)> = Vec::new();
        if let Some(read) = READ {
            read(module, wasm, &mut |ty, name| {
                // Other names are not words of the text format. The specification wants the types in order.
                if is_identifier(name) && names.last().is_none_or(|&(last, _)| last < ty) {
                    names.push((ty, name));
                }
            });
        }
        TypeNames(names)
    }

    /// Returns the name of a type, without its `$`.
    fn name(&self, index: u32) -> Option<&'a str> {
        let at = self.0.binary_search_by_key(&index, |&(ty, _)| ty).ok()?;
        Some(self.0.get(at)?.1)
    }

    /// Puts names into the types of a message, in place of indices.
    #[cfg(feature = "validate")]
    pub fn put_into(&self, message: &str) -> String {
        let mut text = String::new();
        let mut before = "";
        for word in parts(message, b' ') {
            text.push_str(if before.is_empty() { "" } else { " " });
            let digits = word.bytes().take_while(u8::is_ascii_digit).count();
            let (index, behind) = word.split_at(digits);
            let name = match before {
                "(ref" | "null" | "(exact" if behind.starts_with(')') => {
                    index.parse().ok().and_then(|ty| self.name(ty))
                }
                _ => None,
            };
            match name {
                Some(name) => text.extend(["$", name, behind]),
                None => text.push_str(word),
            }
            before = word;
        }
        text
    }

    fn write(&self, ty: ValType, f: &mut Formatter<'_>) -> Result {
        let ValType::Ref(reference) = ty else { return f.write_str(ty.name()) };
        let (HeapType::Index(index) | HeapType::Exact(index)) = reference.heap() else {
            return f.write_str(ty.name());
        };
        let is_exact = matches!(reference.heap(), HeapType::Exact(_));
        f.write_str(if reference.is_nullable() { "(ref null " } else { "(ref " })?;
        f.write_str(if is_exact { "(exact " } else { "" })?;
        match self.name(index) {
            Some(name) => write!(f, "${name}")?,
            None => write!(f, "{}", u64::from(index))?,
        }
        f.write_str(if is_exact { "))" } else { ")" })
    }
}

/// Whether the text format can have the name without quotes (spec: text/values#text-id).
fn is_identifier(name: &str) -> bool {
    let is_character = |byte: u8| byte.is_ascii_graphic() && !b"\"(),;[]{}".contains(&byte);
    !name.is_empty() && name.bytes().all(is_character)
}

/// Prints the type of an import or export.
pub struct TypeText<'a>(pub &'a TypeNames<'a>, pub &'a ExternType);

impl Display for TypeText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.1.write_with(f, &|ty, f| self.0.write(ty, f))
    }
}

/// Prints the type of a value.
pub struct ValTypeText<'a>(pub &'a TypeNames<'a>, pub ValType);

impl Display for ValTypeText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.write(self.1, f)
    }
}
