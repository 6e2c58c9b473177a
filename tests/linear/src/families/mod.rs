//! Families of modules: each makes a valid module out of a number, whose size grows with it.

mod control;
mod items;
mod operands;

/// A family.
pub struct Family {
    pub name: &'static str,
    /// The smaller of the two numbers that are compared.
    pub n: usize,
    pub module: fn(usize) -> Vec<u8>,
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Family> {
    [control::FAMILIES, operands::FAMILIES, items::FAMILIES].into_iter().flatten()
}

const fn family(name: &'static str, n: usize, module: fn(usize) -> Vec<u8>) -> Family {
    Family { name, n, module }
}

/// A module with types 0, of nothing, and 1, from and to an i32, and with one exported function `f` of nothing with this code.
fn with_body(locals: &[(usize, u8)], code: &[u8]) -> crate::wasm::Module {
    let mut module = crate::wasm::Module::default();
    module.func_type(&[], &[]);
    module.func_type(&[crate::wasm::I32], &[crate::wasm::I32]);
    module.func(0, locals, code);
    module.export("f", 0, 0);
    module
}
