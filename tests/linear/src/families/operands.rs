//! Operands, locals, and wide signatures.

use super::{Family, family, with_body};
use crate::wasm::{EMPTY, F64, FUNCREF, I32, I64, Module, Write, section};

const END: u8 = 0x0b;
/// Values of the widest signatures.
const WIDE: usize = 200;

// As in `control`: of what may take a slot there are at most 32,000.
pub const FAMILIES: &[Family] = &[
    family("constants on the stack", 5_000, |n| {
        with_body(&[], Vec::new().times(n, &[0x41, 1]).times(n, &[0x1a])).finish()
    }),
    family("sums from the right", 5_000, |n| {
        let mut code = Vec::new();
        code.times(n, &[0x20, 0]).times(n - 1, &[0x6a]).put(&[0x1a]);
        with_body(&[(1, I32)], &code).finish()
    }),
    family("sums from the left", 20_000, |n| {
        let mut code = Vec::new();
        code.put(&[0x20, 0]).times(n, &[0x20, 0, 0x6a]).put(&[0x1a]);
        with_body(&[(1, I32)], &code).finish()
    }),
    family("selects from the right", 4_000, |n| {
        let mut code = Vec::new();
        code.times(n, &[0x20, 0, 0x20, 1]).put(&[0x20, 0]).times(n, &[0x1b]).put(&[0x1a]);
        with_body(&[(2, I32)], &code).finish()
    }),
    family("selects from the left", 20_000, |n| {
        let mut code = Vec::new();
        code.put(&[0x20, 0]).times(n, &[0x20, 1, 0x20, 0, 0x1b]).put(&[0x1a]);
        with_body(&[(2, I32)], &code).finish()
    }),
    family("sets of locals on the stack", 4_000, |n| {
        let mut code = Vec::new();
        for local in 0..n {
            code.op(0x20, local);
        }
        for local in 0..n {
            code.i32(1).op(0x21, local);
        }
        with_body(&[(n, I32)], code.times(n, &[0x1a])).finish()
    }),
    family("sets of locals below others", 2_000, |n| {
        let mut code = Vec::new();
        for local in 0..n {
            code.op(0x20, local);
        }
        code.times(2 * n, &[0x41, 1]);
        for local in 0..n {
            code.i32(1).op(0x21, local);
        }
        with_body(&[(n, I32)], code.times(3 * n, &[0x1a])).finish()
    }),
    family("sets of one local on the stack", 10_000, |n| {
        let mut code = Vec::new();
        code.times(n, &[0x41, 1, 0x20, 0, 0x41, 2, 0x21, 0]).times(2 * n, &[0x1a]);
        with_body(&[(1, I32)], &code).finish()
    }),
    family("tees of aliased locals", 4_000, |n| {
        let mut code = Vec::new();
        for local in 0..n {
            code.op(0x20, local).op(0x22, (local + 1) % n);
        }
        with_body(&[(n, I32)], code.times(n, &[0x1a])).finish()
    }),
    family("blocks above locals on the stack", 5_000, |n| {
        let mut code = Vec::new();
        code.times(n, &[0x20, 0]).times(n, &[0x02, EMPTY, END]).times(n, &[0x1a]);
        with_body(&[(1, I32)], &code).finish()
    }),
    family("blocks above constants on the stack", 5_000, |n| {
        let mut code = Vec::new();
        code.times(n, &[0x41, 0]).times(n, &[0x02, EMPTY, END]).times(n, &[0x1a]);
        with_body(&[(1, I32)], &code).finish()
    }),
    family("blocks that take turns with drops", 5_000, |n| {
        let mut code = Vec::new();
        code.times(n, &[0x41, 0]).times(n, &[0x02, EMPTY, END, 0x1a]);
        with_body(&[(1, I32)], &code).finish()
    }),
    family("locals", 10_000, |n| with_body(&[(n, I64)], &[]).finish()),
    family("runs of locals", 10_000, |n| {
        let runs: Vec<_> = (0..n).map(|i| (1, [I32, F64][i % 2])).collect();
        with_body(&runs, &[]).finish()
    }),
    family("locals that are read first", 10_000, |n| {
        let mut code = Vec::new();
        for local in 0..n {
            code.op(0x20, local).put(&[0x1a]);
        }
        with_body(&[(n, I32)], &code).finish()
    }),
    family("every other local read first", 10_000, |n| {
        let mut code = Vec::new();
        for local in 0..n / 2 {
            code.op(0x20, 2 * local).put(&[0x1a]);
        }
        with_body(&[(n, I32)], &code).finish()
    }),
    family("blocks that forget locals", 10_000, |n| {
        let mut code = Vec::new();
        code.put(&[0x02, EMPTY]);
        for local in 0..n {
            code.i32(0).op(0x21, local);
            code.put(&[0x02, EMPTY, 0x41, 0, 0x0d, 0]).i32(1).op(0x21, n - 1 - local).put(&[END]);
        }
        with_body(&[(n, I32)], code.put(&[END])).finish()
    }),
    family("blocks within that forget locals", 5_000, |n| {
        let mut code = Vec::new();
        for local in 0..n {
            code.put(&[0x02, EMPTY, 0x41, 0, 0x0d, 0]).i32(0).op(0x21, local);
        }
        with_body(&[(n, I32)], code.times(n, &[END])).finish()
    }),
    family("locals that must be set, in blocks", 5_000, |n| {
        // References that are not null.
        let mut module = Module::default();
        module.func_type(&[], &[]);
        let mut code = Vec::new();
        for local in 0..n {
            code.put(&[0x02, EMPTY, 0xd2, 0]).op(0x21, local).op(0x20, local).put(&[0x1a]);
        }
        code.times(n, &[END]);
        let mut body = Vec::new();
        body.put(&[1]).num(n).put(&[0x64, 0]).put(&code).put(&[END]);
        module.item(section::FUNCTION, &[0]);
        module.item(section::CODE, Vec::new().sized(&body));
        module.export("f", 0, 0);
        module.finish()
    }),
    family("loads and stores", 20_000, |n| {
        let mut code = Vec::new();
        code.times(n, &[0x41, 0, 0x41, 0, 0x28, 2, 0, 0x36, 2, 0]);
        let mut module = with_body(&[], &code);
        module.memory();
        module.finish()
    }),
    family("memories in turn", 10_000, |n| {
        let mut code = Vec::new();
        for access in 0..n {
            code.put(&[0x41, 0, 0x28, 0x42, (access % 10) as u8, 0, 0x1a]);
        }
        let mut module = with_body(&[], &code);
        (0..10).for_each(|_| module.memory());
        module.finish()
    }),
    family("calls", 20_000, |n| {
        with_body(&[], Vec::new().put(&[0x41, 0, 0x04, EMPTY]).times(n, &[0x10, 0]).put(&[END])).finish()
    }),
    family("calls through a table", 10_000, |n| {
        let code = [0x41, 0, 0x04, EMPTY].into_iter().chain([0x41, 0, 0x11, 0, 0].repeat(n)).chain([END]);
        let mut module = with_body(&[], &code.collect::<Vec<u8>>());
        module.item(section::TABLE, &[FUNCREF, 0, 1]);
        module.finish()
    }),
    family("calls with many values", 500, |n| {
        wide(|code| {
            code.times(WIDE, &[0x41, 0]).times(n, &[0x10, 1]).times(WIDE, &[0x1a]);
        })
    }),
    family("blocks with many values", 500, |n| {
        wide(|code| {
            code.times(WIDE, &[0x41, 0]).times(n, &[0x02, 2, END]).times(WIDE, &[0x1a]);
        })
    }),
    family("blocks with many values nested", 500, |n| {
        wide(|code| {
            code.times(WIDE, &[0x41, 0]).times(n, &[0x02, 2]).times(n, &[END]).times(WIDE, &[0x1a]);
        })
    }),
    family("loops with many values", 500, |n| {
        wide(|code| {
            code.times(WIDE, &[0x41, 0]).times(n, &[0x03, 2, END]).times(WIDE, &[0x1a]);
        })
    }),
    family("operators of all kinds on floats", 20_000, |n| {
        let mut code = Vec::new();
        code.put(&[0x20, 0]).times(n, &[0x20, 0, 0xa0, 0x9f, 0x20, 0, 0xa2]).put(&[0x1a]);
        with_body(&[(1, F64)], &code).finish()
    }),
];

/// Types 0 of nothing and 1 and 2 from and to many values; function 0 has the code, and 1 takes and gives many.
fn wide(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut module = Module::default();
    module.func_type(&[], &[]);
    module.func_type(&[I32; WIDE], &[I32; WIDE]);
    module.func_type(&[I32; WIDE], &[I32; WIDE]);
    let mut code = Vec::new();
    write(&mut code);
    module.func(0, &[], &code);
    let mut code = Vec::new();
    (0..WIDE).for_each(|local| {
        code.op(0x20, local);
    });
    module.func(1, &[], &code);
    module.export("f", 0, 0);
    module.finish()
}
