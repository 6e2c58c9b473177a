//! Encodes modules as binaries.

use super::{Instr, Module, Signature, TIME, Type, WAY};

fn unsigned(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn index(value: usize, out: &mut Vec<u8>) {
    unsigned(value as u64, out);
}

fn signed(mut value: i64, out: &mut Vec<u8>) {
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        if value == i64::from(byte & 0x40 != 0).wrapping_neg() {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}

fn ty(ty: Type, out: &mut Vec<u8>) {
    out.extend_from_slice(match ty {
        Type::I32 => &[0x7f],
        Type::I64 => &[0x7e],
        Type::F32 => &[0x7d],
        Type::F64 => &[0x7c],
        Type::V128 => &[0x7b],
        Type::Func => &[0x70],
        Type::Extern => &[0x6f],
        Type::Any => &[0x6e],
        Type::Exn => &[0x69],
        Type::Struct => &[0x63, 0],
        Type::Object => &[0x64, 0],
    });
}

fn list(types: &[Type], out: &mut Vec<u8>) {
    index(types.len(), out);
    types.iter().for_each(|&it| ty(it, out));
}

/// The types of a module: those of functions and of blocks.
struct Types {
    all: Vec<Signature>,
    /// The number of types in front of them.
    first: usize,
}

impl Types {
    fn index(&mut self, signature: &Signature) -> usize {
        let at = self.all.iter().position(|it| it == signature).unwrap_or_else(|| {
            self.all.push(signature.clone());
            self.all.len() - 1
        });
        at + self.first
    }

    fn block(&mut self, signature: &Signature, out: &mut Vec<u8>) {
        match (&signature.params[..], &signature.results[..]) {
            ([], []) => out.push(0x40),
            ([], &[result]) => ty(result, out),
            _ => signed(self.index(signature) as i64, out),
        }
    }

    fn instrs(&mut self, instrs: &[Instr], out: &mut Vec<u8>) {
        instrs.iter().for_each(|instr| self.instr(instr, out));
    }

    fn instr(&mut self, instr: &Instr, out: &mut Vec<u8>) {
        let mut with = |opcode: u8, value: usize| {
            out.push(opcode);
            index(value, out);
        };
        match instr {
            &Instr::Const(of, bits) => constant(of, bits, out),
            Instr::Null(of) => null(*of, out),
            Instr::RefFunc(func) => with(0xd2, *func),
            Instr::Get(local) => with(0x20, *local),
            Instr::Set(local) => with(0x21, *local),
            Instr::Tee(local) => with(0x22, *local),
            Instr::GetGlobal(global) => with(0x23, *global),
            Instr::SetGlobal(global) => with(0x24, *global),
            Instr::Operator(operator) => out.extend_from_slice(operator.bytes),
            Instr::Drop => out.push(0x1a),
            Instr::Select(Type::I32 | Type::I64 | Type::F32 | Type::F64 | Type::V128) => out.push(0x1b),
            Instr::Select(of) => {
                out.extend_from_slice(&[0x1c, 1]);
                ty(*of, out);
            }
            // Subtracts one; below zero, unreachable.
            Instr::Tick => {
                let time = TIME as u8;
                out.extend_from_slice(&[0x23, time, 0x41, 1, 0x6b, 0x24, time]);
                out.extend_from_slice(&[0x23, time, 0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b]);
            }
            // Multiplies the trace by 31, and adds the number.
            Instr::Trace(number) => {
                out.extend_from_slice(&[0x23, WAY as u8, 0x41, 31, 0x6c, 0x41]);
                signed(i64::from(*number), out);
                out.extend_from_slice(&[0x6a, 0x24, WAY as u8]);
            }
            Instr::Block(signature, body) => {
                out.push(0x02);
                self.block(signature, out);
                self.instrs(body, out);
                out.push(0x0b);
            }
            Instr::Loop(signature, body) => {
                out.push(0x03);
                self.block(signature, out);
                self.instrs(body, out);
                out.push(0x0b);
            }
            Instr::If(signature, then, otherwise) => {
                out.push(0x04);
                self.block(signature, out);
                self.instrs(then, out);
                if !otherwise.is_empty() {
                    out.push(0x05);
                    self.instrs(otherwise, out);
                }
                out.push(0x0b);
            }
            Instr::Try(tried) => {
                out.push(0x06);
                self.block(&tried.signature, out);
                self.instrs(&tried.body, out);
                for (tag, handler) in &tried.catches {
                    out.push(0x07);
                    index(*tag, out);
                    self.instrs(handler, out);
                }
                if let Some(handler) = &tried.catch_all {
                    out.push(0x19);
                    self.instrs(handler, out);
                }
                match tried.delegate {
                    Some(label) => {
                        out.push(0x18);
                        index(label, out);
                    }
                    None => out.push(0x0b),
                }
            }
            Instr::TryTable(signature, clauses, body) => {
                out.push(0x1f);
                self.block(signature, out);
                index(clauses.len(), out);
                for clause in clauses {
                    out.push(u8::from(clause.reference) + 2 * u8::from(clause.tag.is_none()));
                    clause.tag.iter().for_each(|&tag| index(tag, out));
                    index(clause.label, out);
                }
                self.instrs(body, out);
                out.push(0x0b);
            }
            Instr::Br(label) => with(0x0c, *label),
            Instr::BrIf(label) => with(0x0d, *label),
            Instr::BrTable(labels) => {
                with(0x0e, labels.len() - 1);
                labels.iter().for_each(|&label| index(label, out));
            }
            Instr::Return => out.push(0x0f),
            Instr::Throw(tag) => with(0x08, *tag),
            Instr::ThrowRef => out.push(0x0a),
            Instr::Rethrow(label) => with(0x09, *label),
            Instr::Call(func) => with(0x10, *func),
            Instr::ReturnCall(func) => with(0x12, *func),
            Instr::Unreachable => out.push(0x00),
        }
    }
}

fn constant(of: Type, bits: u128, out: &mut Vec<u8>) {
    match of {
        Type::I32 => {
            out.push(0x41);
            signed(i64::from(bits as i32), out);
        }
        Type::I64 => {
            out.push(0x42);
            signed(bits as i64, out);
        }
        Type::F32 => {
            out.push(0x43);
            out.extend_from_slice(&(bits as u32).to_le_bytes());
        }
        Type::F64 => {
            out.push(0x44);
            out.extend_from_slice(&(bits as u64).to_le_bytes());
        }
        Type::V128 => {
            out.extend_from_slice(&[0xfd, 0x0c]);
            out.extend_from_slice(&bits.to_le_bytes());
        }
        _ => null(of, out),
    }
}

fn null(of: Type, out: &mut Vec<u8>) {
    out.push(0xd0);
    out.push(match of {
        Type::Func => 0x70,
        Type::Extern => 0x6f,
        Type::Any => 0x6e,
        Type::Exn => 0x69,
        _ => 0,
    });
}

/// Appends a section.
fn section(id: u8, count: usize, content: &[u8], out: &mut Vec<u8>) {
    let mut counted = Vec::new();
    index(count, &mut counted);
    counted.extend_from_slice(content);
    out.push(id);
    index(counted.len(), out);
    out.extend_from_slice(&counted);
}

fn export(name: char, number: usize, kind: u8, out: &mut Vec<u8>) {
    let name = format!("{name}{number}");
    index(name.len(), out);
    out.extend_from_slice(name.as_bytes());
    out.push(kind);
    index(number, out);
}

/// Encodes a module.
pub fn module(module: &Module) -> Vec<u8> {
    let mut types = Types { all: Vec::new(), first: usize::from(module.objects) };
    let (mut funcs, mut tags, mut globals, mut exports, mut code) =
        <(Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>)>::default();
    for (number, function) in module.functions.iter().enumerate() {
        index(types.index(&function.signature), &mut funcs);
        export('f', number, 0, &mut exports);
        let mut body = Vec::new();
        let locals = &function.locals[function.signature.params.len()..];
        index(locals.len(), &mut body);
        for &local in locals {
            body.push(1);
            ty(local, &mut body);
        }
        types.instrs(&function.body, &mut body);
        body.push(0x0b);
        index(body.len(), &mut code);
        code.extend_from_slice(&body);
    }
    for (number, values) in module.tags.iter().enumerate() {
        tags.push(0);
        index(types.index(&Signature { params: values.clone(), results: Vec::new() }), &mut tags);
        export('t', number, 4, &mut exports);
    }
    for (number, &content) in module.globals.iter().enumerate() {
        ty(content, &mut globals);
        globals.push(1);
        constant(content, 0, &mut globals);
        globals.push(0x0b);
        export('g', number, 3, &mut exports);
    }
    let mut all_types = Vec::new();
    if module.objects {
        // (struct (field (mut i32)) (field (mut anyref)))
        all_types.extend_from_slice(&[0x5f, 2, 0x7f, 1, 0x6e, 1]);
    }
    for signature in &types.all {
        all_types.push(0x60);
        list(&signature.params, &mut all_types);
        list(&signature.results, &mut all_types);
    }
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    let functions = module.functions.len();
    section(1, types.first + types.all.len(), &all_types, &mut out);
    section(3, functions, &funcs, &mut out);
    if !module.tags.is_empty() {
        section(13, module.tags.len(), &tags, &mut out);
    }
    section(6, module.globals.len(), &globals, &mut out);
    section(7, functions + module.tags.len() + module.globals.len(), &exports, &mut out);
    section(10, functions, &code, &mut out);
    out
}
