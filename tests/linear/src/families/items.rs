//! What modules are made of: types, functions, imports, exports, segments, names.

use super::{Family, family, with_body};
use crate::wasm::{FUNCREF, I32, I64, Module, Write, number, section};

const END: u8 = 0x0b;

pub const FAMILIES: &[Family] = &[
    family("types", 20_000, |n| {
        let mut module = empty();
        for i in 0..n {
            module.func_type(&binary(i), &[]);
        }
        module.finish()
    }),
    family("types that are the same", 20_000, |n| {
        let mut module = empty();
        (0..n).for_each(|_| {
            module.func_type(&[I32, I64], &[I32]);
        });
        module.finish()
    }),
    family("types with many values", 1_000, |n| {
        let mut module = empty();
        for i in 0..n {
            let mut params = vec![I32; 100];
            params.extend(binary(i));
            module.func_type(&params, &[]);
        }
        module.finish()
    }),
    family("functions of many types", 10_000, |n| {
        let mut module = empty();
        for i in 0..n {
            let ty = module.func_type(&binary(i), &[]);
            module.func(ty, &[], &[]);
        }
        module.finish()
    }),
    family("a group of types", 10_000, |n| {
        let mut group = vec![0x4e];
        group.num(n);
        for i in 0..n {
            // Structs that refer to the next.
            group.put(&[0x5f, 1, 0x63]).num_signed((i + 1) % n + 2).put(&[0]);
        }
        let mut module = empty();
        module.item(section::TYPE, &group);
        module.finish()
    }),
    family("groups of types that are the same", 5_000, |n| {
        let mut module = empty();
        let mut at = 2;
        for _ in 0..n {
            let mut group = vec![0x4e, 2];
            group.put(&[0x5f, 1, 0x63]).num_signed(at + 1).put(&[0]);
            group.put(&[0x5f, 1, 0x63]).num_signed(at).put(&[0]);
            module.item(section::TYPE, &group);
            at += 2;
        }
        module.finish()
    }),
    family("chains of subtypes", 500, |n| {
        let mut module = empty();
        let mut at = 2;
        for _ in 0..n {
            for depth in 0..40 {
                let mut ty = vec![0x50];
                if depth == 0 {
                    ty.put(&[0]);
                } else {
                    ty.put(&[1]).num(at - 1);
                }
                ty.put(&[0x5f]).num(depth).times(depth, &[I32, 0]);
                module.item(section::TYPE, &ty);
                at += 1;
            }
        }
        module.finish()
    }),
    family("subtypes of one type", 10_000, |n| {
        let mut module = empty();
        module.item(section::TYPE, &[0x50, 0, 0x5f, 0]);
        for i in 0..n {
            let fields = binary(i);
            let mut ty = vec![0x50, 1, 2, 0x5f];
            ty.num(fields.len());
            fields.iter().for_each(|&field| {
                ty.put(&[field, 0]);
            });
            module.item(section::TYPE, &ty);
        }
        module.finish()
    }),
    family("casts up and down a chain", 5_000, |n| {
        let mut module = empty();
        module.item(section::TYPE, &[0x50, 0, 0x5f, 0]);
        for depth in 1..60 {
            let mut ty = vec![0x50, 1];
            ty.num(depth + 1).put(&[0x5f, 0]);
            module.item(section::TYPE, &ty);
        }
        let mut code = Vec::new();
        for i in 0..n {
            code.put(&[0xd0, 0x71, 0xfb, 0x14]).num_signed(2 + i % 60).put(&[0x1a]);
        }
        module.func(0, &[], &code);
        module.finish()
    }),
    family("struct of many fields", 4_000, |n| {
        let mut ty = vec![0x5f];
        ty.num(n).times(n, &[I32, 1]);
        let mut module = empty();
        module.item(section::TYPE, &ty);
        let mut code = Vec::new();
        for field in 0..n {
            code.put(&[0x20, 0, 0xfb, 0x02, 2]).num(field).put(&[0x1a]);
        }
        let mut body = Vec::new();
        body.put(&[1, 1, 0x63, 2]).put(&code).put(&[END]);
        module.item(section::FUNCTION, &[0]);
        module.item(section::CODE, Vec::new().sized(&body));
        module.finish()
    }),
    family("functions", 20_000, |n| {
        let mut module = empty();
        (0..n).for_each(|_| {
            module.func(1, &[], &[0x20, 0, 0x41, 1, 0x6a]);
        });
        module.finish()
    }),
    family("functions that are called in a chain", 20_000, |n| {
        let mut module = empty();
        for func in 0..n {
            let code = if func + 1 < n { Vec::new().op(0x10, func + 1).clone() } else { Vec::new() };
            module.func(0, &[], &code);
        }
        module.export("f", 0, 0);
        module.finish()
    }),
    family("functions that are called in turn", 10_000, |n| {
        let mut module = empty();
        let mut code = Vec::new();
        for func in 0..n {
            module.func(0, &[], &[]);
            code.op(0x10, func);
        }
        module.func(0, &[], &code);
        module.export("f", 0, n);
        module.finish()
    }),
    family("functions with handlers, called in turn", 10_000, |n| {
        let mut module = empty();
        module.item(section::TAG, &[0, 0]);
        let mut code = Vec::new();
        for func in 0..n {
            module.func(0, &[], &[0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x08, 0, END, END]);
            code.op(0x10, func);
        }
        module.func(0, &[], &code);
        module.export("f", 0, n);
        module.finish()
    }),
    family("functions with handlers, called backwards", 10_000, |n| {
        let mut module = empty();
        module.item(section::TAG, &[0, 0]);
        let mut code = Vec::new();
        for func in 0..n {
            module.func(0, &[], &[0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x08, 0, END, END]);
            code.op(0x10, n - 1 - func);
        }
        module.func(0, &[], &code);
        module.export("f", 0, n);
        module.finish()
    }),
    family("exports", 20_000, |n| {
        let mut module = with_body(&[], &[]);
        (0..n).for_each(|i| module.export(&format!("export {i}"), 0, 0));
        module.finish()
    }),
    family("exports, backwards", 20_000, |n| {
        let mut module = with_body(&[], &[]);
        (0..n).rev().for_each(|i| module.export(&format!("export {i:08}"), 0, 0));
        module.finish()
    }),
    family("exports that begin alike", 5_000, |n| {
        let mut module = with_body(&[], &[]);
        (0..n).for_each(|i| module.export(&format!("{:>500}", i), 0, 0));
        module.finish()
    }),
    family("imported functions", 20_000, |n| {
        let mut module = empty();
        (0..n).for_each(|i| module.import(&format!("func {i}"), &[0, 0]));
        module.finish()
    }),
    family("imported functions, backwards", 20_000, |n| {
        let mut module = empty();
        (0..n).rev().for_each(|i| module.import(&format!("func {i:08}"), &[0, 0]));
        module.finish()
    }),
    family("imported globals", 10_000, |n| {
        let mut module = empty();
        (0..n).for_each(|i| module.import(&format!("global {i}"), &[3, I32, 0]));
        module.finish()
    }),
    family("imported memories and tables", 40, |n| {
        let mut module = empty();
        for i in 0..n {
            module.import(&format!("memory {i}"), &[2, 0, 1]);
            module.import(&format!("table {i}"), &[1, FUNCREF, 0, 1]);
        }
        module.finish()
    }),
    family("tables", 10_000, |n| {
        let mut module = empty();
        (0..n).for_each(|_| {
            module.item(section::TABLE, &[FUNCREF, 0, 1]);
        });
        module.finish()
    }),
    family("memories", 40, |n| {
        let mut module = empty();
        (0..n).for_each(|_| module.memory());
        module.finish()
    }),
    family("tags", 20_000, |n| {
        let mut module = empty();
        (0..n).for_each(|_| {
            module.item(section::TAG, &[0, 0]);
        });
        module.finish()
    }),
    family("globals", 20_000, |n| {
        let mut module = empty();
        (0..n).for_each(|_| {
            module.item(section::GLOBAL, &[I32, 1, 0x41, 1, END]);
        });
        module.finish()
    }),
    family("globals of globals", 10_000, |n| {
        let mut module = empty();
        module.item(section::GLOBAL, &[I32, 0, 0x41, 1, END]);
        for i in 0..n {
            let mut global = vec![I32, 0, 0x23];
            global.num(i).put(&[END]);
            module.item(section::GLOBAL, &global);
        }
        module.finish()
    }),
    family("globals with long expressions", 200, |n| {
        let mut module = empty();
        for _ in 0..n {
            let mut global = vec![I32, 0, 0x41, 1];
            global.times(100, &[0x41, 1, 0x6a]).put(&[END]);
            module.item(section::GLOBAL, &global);
        }
        module.finish()
    }),
    family("a global with a long expression", 10_000, |n| {
        let mut module = empty();
        let mut global = vec![I32, 0];
        global.put(&[0x41, 1]).times(n, &[0x41, 1, 0x6a]).put(&[END]);
        module.item(section::GLOBAL, &global);
        module.finish()
    }),
    family("globals with objects", 5_000, |n| {
        let mut module = empty();
        module.item(section::TYPE, &[0x5f, 1, I32, 0]);
        for _ in 0..n {
            module.item(section::GLOBAL, &[0x63, 2, 0, 0x41, 1, 0xfb, 0, 2, END]);
        }
        module.finish()
    }),
    family("references to functions in globals", 10_000, |n| {
        let mut module = with_body(&[], &[]);
        for func in 0..n {
            module.func(0, &[], &[]);
            let mut global = vec![FUNCREF, 0, 0xd2];
            global.num(func).put(&[END]);
            module.item(section::GLOBAL, &global);
        }
        module.finish()
    }),
    family("active data segments", 20_000, |n| {
        let mut module = empty();
        module.memory();
        (0..n).for_each(|_| {
            module.item(section::DATA, &[0, 0x41, 0, END, 2, 1, 2]);
        });
        module.finish()
    }),
    family("passive data segments", 20_000, |n| {
        let mut module = empty();
        module.memory();
        (0..n).for_each(|_| {
            module.item(section::DATA, &[1, 2, 1, 2]);
        });
        module.count_data();
        module.finish()
    }),
    family("a data segment", 400_000, |n| {
        let mut module = empty();
        module.item(section::MEMORY, &[0, 20]);
        let mut data = vec![0, 0x41, 0, END];
        module.item(section::DATA, data.sized(&vec![1; n]));
        module.finish()
    }),
    family("active element segments", 10_000, |n| {
        let mut module = with_body(&[], &[]);
        module.item(section::TABLE, &[FUNCREF, 0, 4]);
        (0..n).for_each(|_| {
            module.item(section::ELEMENT, &[0, 0x41, 0, END, 2, 0, 0]);
        });
        module.finish()
    }),
    family("passive element segments", 10_000, |n| {
        let mut module = with_body(&[], &[]);
        (0..n).for_each(|_| {
            module.item(section::ELEMENT, &[1, 0, 2, 0, 0]);
        });
        module.finish()
    }),
    family("an element segment", 20_000, |n| {
        let mut module = with_body(&[], &[]);
        let mut table = vec![FUNCREF, 0];
        module.item(section::TABLE, table.num(n));
        let mut elem = vec![0, 0x41, 0, END];
        elem.num(n);
        for func in 0..n {
            module.func(0, &[], &[]);
            elem.num(func);
        }
        module.item(section::ELEMENT, &elem);
        module.finish()
    }),
    family("an element segment of expressions", 20_000, |n| {
        let mut module = with_body(&[], &[]);
        let mut table = vec![FUNCREF, 0];
        module.item(section::TABLE, table.num(n));
        let mut elem = vec![4, 0x41, 0, END];
        elem.num(n).times(n, &[0xd2, 0, END]);
        module.item(section::ELEMENT, &elem);
        module.finish()
    }),
    family("custom sections", 20_000, |n| {
        let mut module = with_body(&[], &[]);
        (0..n).for_each(|i| module.custom(&format!("custom {i}"), &[1, 2, 3]));
        module.finish()
    }),
    family("empty sections of names", 10_000, |n| {
        let mut module = with_body(&[], &[]);
        (0..n).for_each(|_| module.custom("name", &[1, 1, 0]));
        module.finish()
    }),
    family("names of functions", 10_000, |n| {
        let mut module = empty();
        let mut names = Vec::new();
        names.num(n);
        for func in 0..n {
            module.func(0, &[], &[]);
            names.num(func).sized(format!("function {func}").as_bytes());
        }
        let mut section = vec![1];
        section.sized(&names);
        module.custom("name", &section);
        module.finish()
    }),
    family("names of locals", 10_000, |n| {
        let mut module = empty();
        let mut names = Vec::new();
        names.num(n);
        for func in 0..n {
            module.func(1, &[], &[0x20, 0]);
            names.num(func).put(&[1, 0, 1, b'x']);
        }
        let mut section = vec![2];
        section.sized(&names);
        module.custom("name", &section);
        module.finish()
    }),
];

/// Types 0, of nothing, and 1, from and to an i32.
fn empty() -> Module {
    let mut module = Module::default();
    module.func_type(&[], &[]);
    module.func_type(&[I32], &[I32]);
    module
}

/// A list of types that is another for each number, and as long for each.
fn binary(number: usize) -> Vec<u8> {
    (0..20).map(|bit| [I32, I64][number >> bit & 1]).collect()
}

trait Signed {
    /// A number as signed ones are written, which is not negative.
    fn num_signed(&mut self, value: usize) -> &mut Self;
}

impl Signed for Vec<u8> {
    fn num_signed(&mut self, mut value: usize) -> &mut Self {
        while value >= 0x40 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        number(self, value);
        self
    }
}

impl Module {
    fn import(&mut self, name: &str, ty: &[u8]) {
        let mut item = Vec::new();
        item.sized(b"host").sized(name.as_bytes()).put(ty);
        self.item(section::IMPORT, &item);
    }
}
