//! Writes random programs in the text format, one instruction a line.

use std::fmt::Write;

use super::{Expr, Function, GLOBALS, MAX_PAGES, Module, Repeat, START, Stmt, Type, Values};

fn name(ty: Type) -> &'static str {
    match ty {
        Type::I32 => "i32",
        Type::I64 => "i64",
        Type::F32 => "f32",
        Type::F64 => "f64",
    }
}

pub fn module(module: &Module) -> String {
    let mut text = format!("(module\n(memory (export \"memory\") 1 {MAX_PAGES})\n");
    let data: String = START.iter().map(|byte| format!("\\{byte:02x}")).collect();
    writeln!(text, "(data (i32.const 0) \"{data}\")").unwrap();
    for (i, &ty) in GLOBALS.iter().enumerate() {
        let ty = name(ty);
        writeln!(text, "(global (export \"g{i}\") (mut {ty}) ({ty}.const 0))").unwrap();
    }
    for (i, function) in module.functions.iter().enumerate() {
        let mut writer = Writer { text: &mut text, depth: 1 };
        writer.function(i, function);
    }
    text.push(')');
    text
}

fn list(keyword: &str, types: &[Type]) -> String {
    let types: String = types.iter().map(|&ty| format!(" {}", name(ty))).collect();
    if types.is_empty() { types } else { format!(" ({keyword}{types})") }
}

struct Writer<'t> {
    text: &'t mut String,
    depth: usize,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{:1$}{line}", "", self.depth).unwrap();
    }

    fn nested(&mut self, head: &str, inside: impl FnOnce(&mut Self)) {
        self.line(head);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    fn function(&mut self, index: usize, function: &Function) {
        let (params, locals) = function.locals.split_at(function.params);
        let signature =
            format!("{}{}{}", list("param", params), list("result", &function.results), list("local", locals));
        self.nested(&format!("(func $f{index} (export \"f{index}\"){signature}"), |writer| {
            writer.stmts(&function.body);
            writer.exprs(&function.last);
        });
        self.line(")");
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Const(Type::I32, bits) => self.line(&format!("i32.const {:#x}", *bits as u32)),
            Expr::Const(Type::I64, bits) => self.line(&format!("i64.const {bits:#x}")),
            Expr::Const(Type::F32, bits) => self.line(&format!("f32.const {}", float32(*bits as u32))),
            Expr::Const(Type::F64, bits) => self.line(&format!("f64.const {}", float64(*bits))),
            Expr::Local(local) => self.line(&format!("local.get {local}")),
            Expr::Tee(local, value) => {
                self.expr(value);
                self.line(&format!("local.tee {local}"));
            }
            Expr::Unary(operator, a) => {
                self.expr(a);
                self.line(operator.name);
            }
            Expr::Binary(operator, a, b) => {
                self.expr(a);
                self.expr(b);
                self.line(operator.name);
            }
            Expr::Select(operands) => {
                self.exprs(&operands[..]);
                self.line("select");
            }
            Expr::NoNan(ty, local, value) => {
                let ty = name(*ty);
                self.expr(value);
                self.line(&format!(
                    "local.tee {local} {ty}.const 0.5 local.get {local} local.get {local} {ty}.eq select"
                ));
            }
            Expr::If(ty, condition, arms) => {
                self.expr(condition);
                let [(then, value), (otherwise, other)] = &**arms;
                self.nested(&format!("if (result {})", name(*ty)), |writer| {
                    writer.stmts(then);
                    writer.expr(value);
                });
                self.nested("else", |writer| {
                    writer.stmts(otherwise);
                    writer.expr(other);
                });
                self.line("end");
            }
            Expr::Block(ty, label, body, value) => {
                self.nested(&format!("block $l{label} (result {})", name(*ty)), |writer| {
                    writer.stmts(body);
                    writer.expr(value);
                });
                self.line("end");
            }
            Expr::Then(body, value) => {
                self.stmts(body);
                self.expr(value);
            }
            Expr::Load(load, offset, address) => {
                self.expr(address);
                self.line(&format!("{} offset={offset}", load.name));
            }
            Expr::Modify(modify, offset, operands) => {
                self.exprs(&**operands);
                self.line(&format!("{} offset={offset}", modify.name));
            }
            Expr::Global(global) => self.line(&format!("global.get {global}")),
            Expr::MemorySize => self.line("memory.size"),
            Expr::MemoryGrow(delta) => self.line(&format!("i32.const {delta} memory.grow")),
            Expr::Call(function, args) => {
                self.exprs(args);
                self.line(&format!("call $f{function}"));
            }
        }
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    /// Stores the values on the stack to locals, the last one first.
    fn set(&mut self, locals: &[usize]) {
        for local in locals.iter().rev() {
            self.line(&format!("local.set {local}"));
        }
    }

    /// Counts down before each round of a loop.
    fn count(&mut self, counter: usize) {
        self.line(&format!("local.get {counter} i32.const 1 i32.sub local.set {counter}"));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Set(local, value) => {
                self.expr(value);
                self.line(&format!("local.set {local}"));
            }
            Stmt::Drop(value) => {
                self.expr(value);
                self.line("drop");
            }
            Stmt::Store(store, offset, address, value) => {
                self.expr(address);
                self.expr(value);
                self.line(&format!("{} offset={offset}", store.name));
            }
            Stmt::SetGlobal(global, value) => {
                self.expr(value);
                self.line(&format!("global.set {global}"));
            }
            Stmt::If(condition, then, otherwise) => {
                self.expr(condition);
                self.nested("if", |writer| writer.stmts(then));
                if !otherwise.is_empty() {
                    self.nested("else", |writer| writer.stmts(otherwise));
                }
                self.line("end");
            }
            Stmt::Block(label, body) => {
                self.nested(&format!("block $l{label}"), |writer| writer.stmts(body));
                self.line("end");
            }
            Stmt::Loop(label, counter, turns, body) => {
                self.line(&format!("i32.const {turns} local.set {counter}"));
                self.nested(&format!("loop $l{label}"), |writer| {
                    writer.count(*counter);
                    writer.stmts(body);
                    writer.line(&format!("local.get {counter} i32.const 0 i32.gt_s br_if $l{label}"));
                });
                self.line("end");
            }
            Stmt::BrIf(label, values, condition) => {
                self.exprs(values);
                self.expr(condition);
                self.line(&format!("br_if $l{label}{}", " drop".repeat(values.len())));
            }
            Stmt::Br(label, values) => {
                self.exprs(values);
                self.line(&format!("br $l{label}"));
            }
            Stmt::BrTable(labels, values, index) => {
                self.exprs(values);
                self.expr(index);
                let labels: String = labels.iter().map(|label| format!(" $l{label}")).collect();
                self.line(&format!("br_table{labels}"));
            }
            Stmt::Return(values) => {
                self.exprs(values);
                self.line("return");
            }
            Stmt::Call(function, args, into) => {
                self.exprs(args);
                self.line(&format!("call $f{function}"));
                self.set(into);
            }
            Stmt::Values(values) => self.values(values),
            Stmt::Unreachable => self.line("unreachable"),
        }
    }

    fn values(&mut self, values: &Values) {
        let Values { label, types, repeat, body, last, into } = values;
        let results = list("result", types);
        match repeat {
            None => self.nested(&format!("block $l{label}{results}"), |writer| {
                writer.stmts(body);
                writer.exprs(last);
            }),
            Some(Repeat { first, locals, counter, turns, condition }) => {
                self.line(&format!("i32.const {turns} local.set {counter}"));
                self.exprs(first);
                self.nested(&format!("loop $l{label}{}{results}", list("param", types)), |writer| {
                    writer.set(locals);
                    writer.count(*counter);
                    writer.stmts(body);
                    writer.exprs(last);
                    writer.expr(condition);
                    writer.line(&format!("local.get {counter} i32.const 0 i32.gt_s i32.and br_if $l{label}"));
                });
            }
        }
        self.line("end");
        self.set(into);
    }
}

fn float32(bits: u32) -> String {
    let value = f32::from_bits(bits);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    match (value.is_nan(), value.is_infinite()) {
        (true, _) => format!("{sign}nan:{:#x}", bits & 0x7f_ffff),
        (_, true) => format!("{sign}inf"),
        _ => format!("{value:e}"),
    }
}

fn float64(bits: u64) -> String {
    let value = f64::from_bits(bits);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    match (value.is_nan(), value.is_infinite()) {
        (true, _) => format!("{sign}nan:{:#x}", bits & 0xf_ffff_ffff_ffff),
        (_, true) => format!("{sign}inf"),
        _ => format!("{value:e}"),
    }
}
