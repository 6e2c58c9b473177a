//! Structured instructions, branches and exceptions.

use super::{Family, family, with_body};
use crate::wasm::{EMPTY, I32, Module, Write, section};

const END: u8 = 0x0b;

// Of what may take a slot there are at most 32,000, also at twice the number: beyond, loading looks at frames, too, which would count as growth.
pub const FAMILIES: &[Family] = &[
    family("blocks nested", 10_000, |n| around(&[0x02, EMPTY], n, &[END])),
    // Frames that may be too large are looked at as the module is loaded.
    family("nested blocks", 40_000, |n| around(&[0x02, EMPTY], n, &[END])),
    family("loops nested", 10_000, |n| around(&[0x03, EMPTY], n, &[END])),
    family("ifs nested", 10_000, |n| around(&[0x41, 1, 0x04, EMPTY], n, &[END])),
    family("ifs with else nested", 10_000, |n| around(&[0x41, 1, 0x04, EMPTY], n, &[0x05, END])),
    family("ifs in the second arm", 10_000, |n| around(&[0x41, 0, 0x04, EMPTY, 0x05], n, &[END])),
    family("ifs in a row", 20_000, |n| around(&[0x41, 1, 0x04, EMPTY, END], n, &[])),
    family("blocks with a result nested", 10_000, blocks_with_result),
    family("blocks with a parameter in a row", 20_000, |n| {
        code(|code| {
            code.i32(1).times(n, &[0x02, 1, END]).put(&[0x1a]);
        })
    }),
    family("loops with a parameter in a row", 20_000, |n| {
        code(|code| {
            code.i32(1).times(n, &[0x03, 1, END]).put(&[0x1a]);
        })
    }),
    family("branches to all blocks around", 10_000, |n| {
        code(|code| {
            code.times(n, &[0x02, EMPTY]);
            for depth in 0..n {
                code.i32(0).op(0x0d, depth);
            }
            code.times(n, &[END]);
        })
    }),
    family("branches to one block", 20_000, |n| {
        code(|code| {
            code.put(&[0x02, EMPTY]).times(n, &[0x41, 0, 0x0d, 0]).put(&[END]);
        })
    }),
    family("br_if with values in place", 300, br_if_with_values),
    family("br_if with a value from below", 10_000, |n| {
        code(|code| {
            code.put(&[0x02, I32]);
            for _ in 0..n {
                // The value is above others.
                code.put(&[0x41, 7, 0x41, 8, 0x41, 0, 0x0d, 0, 0x1a, 0x1a]);
            }
            code.put(&[0x41, 1, END, 0x1a]);
        })
    }),
    family("br_table of all blocks around", 10_000, |n| {
        code(|code| {
            code.times(n, &[0x02, EMPTY]).i32(0).op(0x0e, n - 1);
            for depth in 0..n {
                code.num(depth);
            }
            code.times(n, &[END]);
        })
    }),
    family("br_table of one block", 40_000, |n| {
        code(|code| {
            code.put(&[0x02, EMPTY]).i32(0).op(0x0e, n - 1).times(n, &[0]).put(&[END]);
        })
    }),
    family("br_tables of the same blocks", 10_000, |n| {
        code(|code| {
            code.times(4, &[0x02, EMPTY]);
            code.times(n, &[0x02, EMPTY, 0x41, 0, 0x0e, 3, 1, 2, 3, 4, END]);
            code.times(4, &[END]);
        })
    }),
    family("br_tables deep within", 5_000, |n| {
        code(|code| {
            code.times(n, &[0x02, EMPTY]);
            for depth in 0..n {
                code.put(&[0x02, EMPTY, 0x41, 0, 0x0e, 1]).num(depth + 1).num(n).put(&[END]);
            }
            code.times(n, &[END]);
        })
    }),
    family("br_table with values", 5_000, |n| {
        code(|code| {
            code.times(n, &[0x02, I32]).put(&[0x41, 1, 0x41, 2, 0x41, 0]).op(0x0e, n - 1);
            for depth in 0..n {
                code.num(depth);
            }
            for _ in 0..n {
                code.put(&[END]);
            }
            code.put(&[0x1a]);
        })
    }),
    family("br_table with values to one block", 20_000, |n| {
        code(|code| {
            code.put(&[0x02, I32, 0x02, I32, 0x41, 1, 0x41, 2, 0x41, 0]).op(0x0e, n - 1);
            for depth in 0..n {
                code.num(depth % 2);
            }
            code.put(&[END, END, 0x1a]);
        })
    }),
    family("br_table that returns", 40_000, |n| {
        code(|code| {
            code.i32(0).op(0x0e, n - 1).times(n, &[0]);
        })
    }),
    family("unreachable blocks", 10_000, |n| {
        code(|code| {
            code.put(&[0x02, EMPTY, 0x0c, 0]).times(n, &[0x02, EMPTY]).times(n, &[END]).put(&[END]);
        })
    }),
    family("unreachable values", 40_000, |n| {
        code(|code| {
            code.put(&[0x02, EMPTY, 0x0c, 0]).times(n, &[0x41, 0]).times(n, &[0x1a]).put(&[END]);
        })
    }),
    family("traps in blocks", 20_000, |n| {
        code(|code| {
            code.times(n, &[0x02, EMPTY, 0x00, END]);
        })
    }),
    family("returns", 20_000, |n| {
        code(|code| {
            code.times(n, &[0x02, EMPTY, 0x0f, END]);
        })
    }),
    family("try_tables nested", 10_000, |n| {
        tries(|code| {
            code.put(&[0x02, EMPTY]).times(n, &[0x1f, EMPTY, 1, 2, 0]).times(n, &[END]).put(&[END]);
        })
    }),
    family("try_tables in blocks", 10_000, |n| {
        tries(|code| {
            code.times(n, &[0x02, EMPTY]).times(n, &[0x1f, EMPTY, 1, 2, 0, END]).times(n, &[END]);
        })
    }),
    family("try_tables in a row", 10_000, |n| {
        tries(|code| {
            code.put(&[0x02, EMPTY]).times(n, &[0x1f, EMPTY, 1, 2, 0, END]).put(&[END]);
        })
    }),
    family("try_table of many clauses", 5_000, |n| {
        tries(|code| {
            code.put(&[0x02, EMPTY, 0x1f, EMPTY]).num(n).times(n, &[0, 0, 0]).put(&[END, END]);
        })
    }),
    family("try_tables to all blocks around", 5_000, |n| {
        tries(|code| {
            code.times(n, &[0x02, EMPTY]);
            for depth in 0..n {
                code.put(&[0x1f, EMPTY, 1, 2]).num(depth).put(&[END]);
            }
            code.times(n, &[END]);
        })
    }),
    family("tries nested", 5_000, |n| {
        tries(|code| {
            code.times(n, &[0x06, EMPTY]).times(n, &[0x19, END]);
        })
    }),
    family("tries nested in catch", 5_000, |n| {
        tries(|code| {
            code.times(n, &[0x06, EMPTY, 0x07, 0]).times(n, &[END]);
        })
    }),
    family("tries in blocks", 10_000, |n| {
        tries(|code| {
            code.times(n, &[0x02, EMPTY]).times(n, &[0x06, EMPTY, 0x19, END]).times(n, &[END]);
        })
    }),
    family("tries in a row", 10_000, |n| {
        tries(|code| {
            code.times(n, &[0x06, EMPTY, 0x07, 0, 0x19, END]);
        })
    }),
    family("tries that delegate", 5_000, |n| {
        tries(|code| {
            code.times(n, &[0x06, EMPTY]).times(n, &[0x18, 0]);
        })
    }),
    family("tries that delegate to the outermost", 5_000, |n| {
        tries(|code| {
            code.times(n, &[0x06, EMPTY]);
            for depth in (0..n).rev() {
                code.op(0x18, depth);
            }
        })
    }),
    family("catches of one try", 20_000, |n| {
        tries(|code| {
            code.put(&[0x06, EMPTY]).times(n, &[0x07, 0]).put(&[END]);
        })
    }),
    family("rethrows to all tries around", 5_000, |n| {
        tries(|code| {
            code.times(n, &[0x06, EMPTY, 0x19]);
            for depth in 0..n {
                code.put(&[0x02, EMPTY]).op(0x09, depth + 1).put(&[END]);
            }
            code.times(n, &[END]);
        })
    }),
    family("throws", 20_000, |n| {
        tries(|code| {
            code.times(n, &[0x02, EMPTY, 0x1f, EMPTY, 1, 2, 0, 0x08, 0, END, END]);
        })
    }),
];

/// A function of so much of the one, and then of the other.
fn around(open: &[u8], n: usize, close: &[u8]) -> Vec<u8> {
    code(|code| {
        code.times(n, open).times(n, close);
    })
}

fn code(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut code = Vec::new();
    write(&mut code);
    with_body(&[], &code).finish()
}

/// The same with a tag.
fn tries(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut code = Vec::new();
    write(&mut code);
    let mut module: Module = with_body(&[], &code);
    module.item(section::TAG, &[0, 0]);
    module.finish()
}

fn blocks_with_result(n: usize) -> Vec<u8> {
    code(|code| {
        code.times(n, &[0x02, I32]).i32(1);
        // Each end joins with a branch.
        for _ in 0..n {
            code.put(&[0x41, 0, 0x0d, 0, END]);
        }
        code.put(&[0x1a]);
    })
}

/// Branches with many values, which lie where the branches want them. Each looks at all of its values, at most 1000.
fn br_if_with_values(n: usize) -> Vec<u8> {
    const VALUES: usize = 200;
    let mut module = Module::default();
    module.func_type(&[], &[]);
    let ty = module.func_type(&[], &[I32; VALUES]);
    let mut code = Vec::new();
    code.op(0x02, ty);
    for value in 0..VALUES {
        code.i32(value);
    }
    code.times(n, &[0x41, 0, 0x0d, 0]).put(&[END]).times(VALUES, &[0x1a]);
    module.func(0, &[], &code);
    module.export("f", 0, 0);
    module.finish()
}
