//! Generates random programs from a seed. Difficult cases are frequent: locals that are written while they are pending,
//! control flow between operands, branches with values, tests of all kinds.

use wasmote_test_support::Random;

use super::operators::{self, Binary};
use super::{Expr, Function, GLOBALS, Label, Module, Repeat, Stmt, Type, Values};

const TYPES: [Type; 4] = [Type::I32, Type::I64, Type::F32, Type::F64];

/// Deep enough for rare cases, and shallow enough to read.
const MAX_DEPTH: u32 = 5;

pub struct Generator {
    random: Random,
    /// Roughly the number of nodes that the function may still get.
    budget: u32,
    next_label: Label,
    locals: Vec<Type>,
    params: usize,
    results: Vec<Type>,
    /// Locals that only a loop's counter writes.
    counters: Vec<usize>,
    labels: Vec<Target>,
    /// The functions that can be called: index, parameters, results.
    callable: Vec<(usize, Vec<Type>, Vec<Type>)>,
}

/// A label in scope.
#[derive(Clone)]
struct Target {
    label: Label,
    types: Vec<Type>,
    /// The counter of a loop.
    counter: Option<usize>,
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        Generator {
            random: Random::new(seed),
            budget: 10 + (seed / 20).min(150) as u32,
            next_label: 0,
            locals: Vec::new(),
            params: 0,
            results: Vec::new(),
            counters: Vec::new(),
            labels: Vec::new(),
            callable: Vec::new(),
        }
    }

    /// Returns a number below `n`.
    fn below(&mut self, n: u32) -> u32 {
        self.random.below(n as usize) as u32
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.random.pick(from)
    }

    fn ty(&mut self) -> Type {
        // Mostly i32.
        if self.one_in(2) { Type::I32 } else { self.pick(&TYPES) }
    }

    fn types(&mut self, max: u32) -> Vec<Type> {
        let count = self.below(max + 1);
        (0..count).map(|_| self.ty()).collect()
    }

    /// Returns a value that often reveals bugs.
    pub fn value(&mut self, ty: Type) -> u64 {
        const SMALL: [u64; 10] = [0, 1, 2, 3, 4, 7, 8, 16, 31, 255];
        match ty {
            Type::I32 => match self.below(4) {
                0 => u64::from((self.pick(&SMALL) as u32).wrapping_neg()),
                1 => u64::from(self.pick(&[0x7fff_ffff, 0x8000_0000u32, 0xffff, 0x1_0000, 0xffff_8000, 0xfffc])),
                _ => self.pick(&SMALL),
            },
            Type::I64 => match self.below(4) {
                0 => self.pick(&SMALL).wrapping_neg(),
                1 => self.pick(&[0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, !0 << 31, 1 << 63, !0 >> 1]),
                _ => self.pick(&SMALL),
            },
            Type::F32 => self.pick(&[0.0f32, -0.0, 1.0, -1.5, 0.1, 3e9, f32::INFINITY, f32::NAN, 7.0]).to_bits().into(),
            Type::F64 => {
                self.pick(&[0.0f64, -0.0, 1.0, -1.5, 0.1, 3e9, -1e300, f64::INFINITY, f64::NAN, 7.0]).to_bits()
            }
        }
    }

    pub fn module(&mut self) -> Module {
        let count = 1 + self.below(3) as usize;
        let budget = self.budget;
        let mut functions = Vec::new();
        // The last function first: it calls none, and those before it may call it.
        for index in (0..count).rev() {
            self.budget = budget / (1 + index as u32);
            let function = self.function();
            let params = function.locals[..function.params].to_vec();
            self.callable.push((index, params, function.results.clone()));
            functions.push(function);
        }
        functions.reverse();
        Module { functions }
    }

    fn function(&mut self) -> Function {
        // Some locals, several of them i32.
        self.locals = vec![Type::I32, self.ty()];
        let more = self.types(3);
        self.locals.extend(more);
        self.params = self.locals.len();
        self.locals.extend([Type::I32, Type::I64, Type::F32, Type::F64]);
        self.results = self.types(3);
        self.counters.clear();
        let mut body = self.stmts(0);
        body.extend(self.show_locals());
        let results = self.results.clone();
        let last = results.iter().map(|&ty| self.expr(ty, 1)).collect();
        Function { locals: self.locals.clone(), params: self.params, results, body, last }
    }

    /// Returns stores of all locals, which show their values.
    fn show_locals(&mut self) -> Vec<Stmt> {
        let show = |(i, &ty): (usize, &Type)| {
            let store = operators::STORES.iter().find(|store| store.ty == ty).expect("a store of each type");
            let local = Expr::Local(i);
            let value = match ty {
                Type::I32 | Type::I64 => local,
                Type::F32 | Type::F64 => Expr::NoNan(ty, i, Box::new(local)),
            };
            Stmt::Store(store, 0x1000, Expr::Const(Type::I32, 8 * i as u64), value)
        };
        self.locals.iter().enumerate().map(show).collect()
    }

    fn new_local(&mut self, ty: Type) -> usize {
        self.locals.push(ty);
        self.locals.len() - 1
    }

    /// Returns a local of this type to read.
    fn readable(&mut self, ty: Type) -> Option<usize> {
        let of_type: Vec<usize> = (0..self.locals.len()).filter(|&i| self.locals[i] == ty).collect();
        if of_type.is_empty() { None } else { Some(self.pick(&of_type)) }
    }

    /// Returns a local of this type to write. Adds one if there is none.
    fn writable(&mut self, ty: Type) -> usize {
        let counters = &self.counters;
        let of_type: Vec<usize> =
            (0..self.locals.len()).filter(|i| self.locals[*i] == ty && !counters.contains(i)).collect();
        if of_type.is_empty() { self.new_local(ty) } else { self.pick(&of_type) }
    }

    fn writables(&mut self, types: &[Type]) -> Vec<usize> {
        types.iter().map(|&ty| self.writable(ty)).collect()
    }

    fn exprs(&mut self, types: &[Type], depth: u32) -> Vec<Expr> {
        types.iter().map(|&ty| self.expr(ty, depth)).collect()
    }

    fn boxed(&mut self, ty: Type, depth: u32) -> Box<Expr> {
        Box::new(self.expr(ty, depth))
    }

    /// Generates a simple expression.
    fn leaf(&mut self, ty: Type) -> Expr {
        match self.readable(ty) {
            Some(local) if !self.one_in(4) => Expr::Local(local),
            _ => Expr::Const(ty, self.value(ty)),
        }
    }

    fn expr(&mut self, ty: Type, depth: u32) -> Expr {
        self.budget = self.budget.saturating_sub(1);
        if depth > MAX_DEPTH || self.budget == 0 {
            return self.leaf(ty);
        }
        let depth = depth + 1;
        match self.below(48) {
            44..48 if matches!(ty, Type::I32 | Type::I64) => self.conversion(ty, depth),
            0..10 => self.leaf(ty),
            10..21 => self.binary(ty, depth),
            21..24 => {
                let operators: Vec<_> = operators::UNARY.iter().filter(|operator| operator.to == ty).collect();
                let mut operator = self.pick(&operators);
                // Truncations trap, so a few are enough.
                for _ in 0..3 {
                    if operator.name.contains("trunc_f") {
                        operator = self.pick(&operators);
                    }
                }
                Expr::Unary(operator, self.boxed(operator.from, depth))
            }
            24..28 => Expr::Tee(self.writable(ty), self.boxed(ty, depth)),
            28..30 => {
                let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
                Expr::Select(Box::new([a, b, self.condition(depth)]))
            }
            30..32 => {
                let condition = Box::new(self.condition(depth));
                let then = (self.few(depth), self.expr(ty, depth));
                let otherwise = (self.few(depth), self.expr(ty, depth));
                Expr::If(ty, condition, Box::new([then, otherwise]))
            }
            32..34 => {
                let label = self.enter(vec![ty], None);
                let body = self.few(depth);
                let value = self.boxed(ty, depth);
                self.labels.pop();
                Expr::Block(ty, label, body, value)
            }
            34..36 => Expr::Then(self.few(depth), self.boxed(ty, depth)),
            36..40 => {
                let loads: Vec<_> = operators::LOADS.iter().filter(|load| load.ty == ty).collect();
                let modifies: Vec<_> = operators::MODIFIES.iter().filter(|modify| modify.ty == ty).collect();
                if !modifies.is_empty() && self.one_in(4) {
                    let modify = self.pick(&modifies);
                    let (offset, address) = self.address(modify.name, depth);
                    return Expr::Modify(modify, offset, Box::new([address, self.expr(ty, depth)]));
                }
                let load = self.pick(&loads);
                let (offset, address) = self.address(load.name, depth);
                Expr::Load(load, offset, Box::new(address))
            }
            40..42 => match GLOBALS.iter().position(|&global| global == ty) {
                Some(global) => Expr::Global(global),
                None => self.leaf(ty),
            },
            42 if ty == Type::I32 => {
                if self.one_in(3) {
                    Expr::MemoryGrow(self.below(2))
                } else {
                    Expr::MemorySize
                }
            }
            _ => {
                let single = |(_, _, results): &&(usize, Vec<Type>, Vec<Type>)| *results == [ty];
                match self.callable.iter().find(single).cloned() {
                    Some((function, params, _)) => Expr::Call(function, self.exprs(&params, depth)),
                    None => self.binary(ty, depth),
                }
            }
        }
    }

    /// Generates a conversion between integers as compilers write it, such as two shifts that extend a sign.
    fn conversion(&mut self, ty: Type, depth: u32) -> Expr {
        let (prefix, width) = if ty == Type::I32 { ("i32", 32) } else { ("i64", 64) };
        let operator = |name: &str| unary(&format!("{prefix}.{name}"));
        match self.below(4) {
            0 => {
                let by = width - self.pick(&[8, 16, 32]).min(width - 1);
                let left = constant(&format!("{prefix}.shl"), ty, self.boxed(ty, depth), by);
                let right = if self.one_in(4) { "shr_u" } else { "shr_s" };
                constant(&format!("{prefix}.{right}"), ty, Box::new(left), by)
            }
            1 => {
                let mask = self.pick(&[1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff]);
                constant(&format!("{prefix}.and"), ty, self.boxed(ty, depth), mask)
            }
            _ if ty == Type::I32 => match self.below(5) {
                3.. => Expr::Unary(operator("wrap_i64"), Box::new(self.leaf(Type::I64))),
                0 => Expr::Unary(operator("extend8_s"), self.boxed(ty, depth)),
                1 => Expr::Unary(operator("wrap_i64"), Box::new(self.conversion(Type::I64, depth))),
                _ => Expr::Unary(operator("wrap_i64"), Box::new(self.binary(Type::I64, depth))),
            },
            _ => {
                let name = self.pick(&["extend_i32_s", "extend_i32_u"]);
                let from = if self.one_in(2) { self.conversion(Type::I32, depth) } else { self.expr(Type::I32, depth) };
                Expr::Unary(operator(name), Box::new(from))
            }
        }
    }

    fn binary(&mut self, ty: Type, depth: u32) -> Expr {
        let table = if matches!(ty, Type::I32 | Type::I64) && !self.one_in(8) || ty == Type::I64 {
            operators::INTEGERS
        } else {
            operators::FLOATS
        };
        let operators: Vec<&'static Binary> = table.iter().filter(|operator| operator.to == ty).collect();
        let mut operator = self.pick(&operators);
        // Divisions trap, so a few are enough.
        for _ in 0..2 {
            if operator.name.contains("div_") || operator.name.contains("rem_") {
                operator = self.pick(&operators);
            }
        }
        Expr::Binary(operator, self.boxed(operator.from, depth), self.boxed(operator.from, depth))
    }

    /// Generates an i32 that is often the result of a comparison.
    fn condition(&mut self, depth: u32) -> Expr {
        if self.one_in(3) {
            return self.expr(Type::I32, depth);
        }
        let table = if self.one_in(4) { operators::FLOATS } else { operators::INTEGERS };
        let comparisons: Vec<_> = table
            .iter()
            .filter(|operator| operator.to == Type::I32 && (operator.from != Type::I32 || !arithmetic(operator)))
            .collect();
        let operator = self.pick(&comparisons);
        let comparison = Expr::Binary(operator, self.boxed(operator.from, depth), self.boxed(operator.from, depth));
        match self.below(4) {
            0 => Expr::Unary(&operators::UNARY[0], Box::new(comparison)),
            1 => Expr::Tee(self.writable(Type::I32), Box::new(comparison)),
            _ => comparison,
        }
    }

    /// Generates an offset and an address that are mostly in bounds together.
    fn address(&mut self, name: &str, depth: u32) -> (u32, Expr) {
        let offset = self.pick(&[0, 0, 1, 4, 8, 100, 65_530, 0xffff_fff8]);
        // Most addresses of atomic operators are aligned.
        let (bits, offsets) = if name.contains(".atomic.") { (0xf8, !7) } else { (0xff, !0) };
        if self.one_in(4) {
            // The upper half of what is wrapped is anything.
            let wide = constant("i64.and", Type::I64, self.boxed(Type::I64, depth), 0xffff_ffff_0000_0000 | bits);
            let wide = if self.one_in(2) { Expr::Tee(self.writable(Type::I64), Box::new(wide)) } else { wide };
            let wide = if self.one_in(2) { constant("i64.add", Type::I64, Box::new(wide), bits & 0xf0) } else { wide };
            return (offset.min(100) & offsets, Expr::Unary(unary("i32.wrap_i64"), Box::new(wide)));
        }
        let address = self.expr(Type::I32, depth);
        if self.one_in(40) {
            return (offset, address);
        }
        (offset.min(100) & offsets, constant("i32.and", Type::I32, Box::new(address), bits))
    }

    fn enter(&mut self, types: Vec<Type>, counter: Option<usize>) -> Label {
        let label = self.next_label;
        self.next_label += 1;
        self.labels.push(Target { label, types, counter });
        label
    }

    /// Generates one or two statements.
    fn few(&mut self, depth: u32) -> Vec<Stmt> {
        let count = self.below(3);
        (0..count).map(|_| self.stmt(depth + 1)).collect()
    }

    fn stmts(&mut self, depth: u32) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        while self.budget > 0 && stmts.len() < 8 {
            stmts.push(self.stmt(depth + 1));
            if depth > 0 && self.one_in(3) {
                break;
            }
        }
        stmts
    }

    fn stmt(&mut self, depth: u32) -> Stmt {
        self.budget = self.budget.saturating_sub(1);
        let simple = depth > MAX_DEPTH || self.budget == 0;
        match self.below(if simple { 14 } else { 32 }) {
            0..8 => {
                let ty = self.ty();
                Stmt::Set(self.writable(ty), self.expr(ty, depth))
            }
            8..10 => {
                let store = &operators::STORES[self.below(operators::STORES.len() as u32) as usize];
                let (offset, address) = self.address(store.name, depth);
                let value = self.stored(store.ty, depth);
                Stmt::Store(store, offset, address, value)
            }
            10..12 => {
                let global = self.below(GLOBALS.len() as u32) as usize;
                Stmt::SetGlobal(global, self.expr(GLOBALS[global], depth))
            }
            12 => {
                let ty = self.ty();
                Stmt::Drop(self.expr(ty, depth))
            }
            13..20 => self.branch(depth),
            20..24 => {
                let condition = self.condition(depth);
                let then = self.stmts(depth);
                let otherwise = if self.one_in(2) { self.stmts(depth) } else { Vec::new() };
                Stmt::If(condition, then, otherwise)
            }
            24..26 => {
                let label = self.enter(Vec::new(), None);
                let body = self.stmts(depth);
                self.labels.pop();
                Stmt::Block(label, body)
            }
            26..28 => {
                let counter = self.new_local(Type::I32);
                self.counters.push(counter);
                let label = self.enter(Vec::new(), Some(counter));
                let body = self.stmts(depth);
                self.labels.pop();
                Stmt::Loop(label, counter, 1 + self.below(5), body)
            }
            28 => match self.callable.last().cloned() {
                Some((function, params, results)) => {
                    let args = self.exprs(&params, depth);
                    Stmt::Call(function, args, self.writables(&results))
                }
                None => self.values(depth),
            },
            _ => self.values(depth),
        }
    }

    /// Generates a value to store that is not a NaN, whose bits would show.
    fn stored(&mut self, ty: Type, depth: u32) -> Expr {
        let value = self.expr(ty, depth);
        match ty {
            Type::I32 | Type::I64 => value,
            Type::F32 | Type::F64 => Expr::NoNan(ty, self.writable(ty), Box::new(value)),
        }
    }

    fn branch(&mut self, depth: u32) -> Stmt {
        let Some(last) = self.labels.len().checked_sub(1) else {
            let results = self.results.clone();
            return if self.one_in(12) {
                Stmt::Return(self.exprs(&results, depth))
            } else {
                let ty = self.ty();
                Stmt::Set(self.writable(ty), self.expr(ty, depth))
            };
        };
        // Mostly the innermost.
        let at = if self.one_in(2) { last } else { self.below(last as u32 + 1) as usize };
        let target = self.labels[at].clone();
        match self.below(16) {
            0 if self.one_in(4) => Stmt::Unreachable,
            1 => {
                let results = self.results.clone();
                Stmt::Return(self.exprs(&results, depth))
            }
            2..4 if target.counter.is_none() => Stmt::Br(target.label, self.exprs(&target.types, depth)),
            4..7 if target.counter.is_none() => {
                let fits = |other: &&Target| other.counter.is_none() && other.types == target.types;
                let fitting: Vec<Label> = self.labels.iter().filter(fits).map(|target| target.label).collect();
                let count = 1 + self.below(4);
                let labels = (0..count).map(|_| self.pick(&fitting)).collect();
                let values = self.exprs(&target.types, depth);
                Stmt::BrTable(labels, values, self.expr(Type::I32, depth))
            }
            _ => {
                let values = self.exprs(&target.types, depth);
                let mut condition = self.condition(depth);
                if let Some(counter) = target.counter {
                    // Loops end, since they count down.
                    let operator = |name| operators::INTEGERS.iter().find(|it| it.name == name).expect("it is there");
                    let zero = Box::new(Expr::Const(Type::I32, 0));
                    let left = Expr::Binary(operator("i32.gt_s"), Box::new(Expr::Local(counter)), zero);
                    condition = Expr::Binary(operator("i32.and"), Box::new(condition), Box::new(left));
                }
                Stmt::BrIf(target.label, values, condition)
            }
        }
    }

    fn values(&mut self, depth: u32) -> Stmt {
        let mut types = self.types(3);
        types.push(self.ty());
        let mut repeat = None;
        let label = if self.one_in(2) {
            let first = self.exprs(&types, depth);
            let counter = self.new_local(Type::I32);
            self.counters.push(counter);
            let locals = self.writables(&types);
            let condition = self.condition(depth);
            repeat = Some(Repeat { first, locals, counter, turns: 1 + self.below(5), condition });
            self.enter(types.clone(), Some(counter))
        } else {
            self.enter(types.clone(), None)
        };
        let body = self.stmts(depth);
        let last = self.exprs(&types, depth);
        self.labels.pop();
        let into = self.writables(&types);
        Stmt::Values(Box::new(Values { label, types, repeat, body, last, into }))
    }
}

/// Whether the result is a number rather than a truth value.
fn arithmetic(operator: &Binary) -> bool {
    let name = operator.name.split_once('.').map_or("", |(_, name)| name);
    !matches!(&name[..2], "eq" | "ne" | "lt" | "gt" | "le" | "ge")
}

/// Returns the operator with one operand that has this name.
fn unary(name: &str) -> &'static operators::Unary {
    operators::UNARY.iter().find(|operator| operator.name == name).expect("it is there")
}

/// Returns an operation on integers whose second operand is a constant.
fn constant(name: &str, ty: Type, a: Box<Expr>, b: u64) -> Expr {
    let operator = operators::INTEGERS.iter().find(|operator| operator.name == name).expect("it is there");
    Expr::Binary(operator, a, Box::new(Expr::Const(ty, b)))
}
