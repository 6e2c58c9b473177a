//! Generates random modules from a seed. They are valid by construction: the generator tracks the operand stack at each
//! point, also in unreachable code, where the validator allows any operands.

use wasmote_test_support::Random;

use super::operators::{OPERATORS, Operator};
use super::values::bits;
use super::{Clause, Function, Instr, Module, Signature, Try, Type};

/// Deep enough for rare cases.
const MAX_DEPTH: usize = 9;

/// A label in scope.
struct Label {
    /// The types that branches to it carry.
    types: Vec<Type>,
    /// Whether it is of a handler, whose exception `rethrow` throws.
    catches: bool,
}

/// What a body begins with.
enum Opening {
    Nothing,
    Tick,
    TryTable,
    /// A handler, which sometimes begins with `rethrow`.
    Handler,
}

struct Generator {
    random: Random,
    /// Roughly the number of instructions that may still be generated.
    budget: usize,
    tags: Vec<Vec<Type>>,
    /// The types in use.
    types: Vec<Type>,
    operators: Vec<&'static Operator>,
    signatures: Vec<Signature>,
    globals: Vec<Type>,
    /// Whether `try_table` is used.
    newer: bool,
    locals: Vec<Type>,
    /// Which locals may be read.
    written: Vec<bool>,
    results: Vec<Type>,
    labels: Vec<Label>,
    stack: Vec<Type>,
    /// The height of the innermost label, and whether the current point is unreachable.
    base: usize,
    dead: bool,
}

/// Returns the module of this seed.
pub fn module(seed: u64) -> Module {
    let mut random = Random::new(seed);
    random.below(1);
    let (vectors, objects) = (random.chance(25), random.chance(50));
    let mut types = vec![Type::I32, Type::I32, Type::I64, Type::F32, Type::F64, Type::Func];
    if vectors {
        types.extend([Type::V128; 2]);
    }
    if objects {
        types.extend([Type::Extern, Type::Any, Type::Any, Type::Exn, Type::Struct, Type::Object]);
    }
    let some = |random: &mut Random, most: usize| -> Vec<Type> {
        (0..random.below(most + 1)).map(|_| random.pick(&types)).collect()
    };
    let count = if random.chance(30) { 0 } else { 1 + random.below(3) };
    let tags: Vec<Vec<Type>> = (0..count).map(|_| some(&mut random, 3)).collect();
    let signatures: Vec<Signature> = (0..1 + random.below(4))
        .map(|_| Signature { params: some(&mut random, 3), results: some(&mut random, 3) })
        .collect();
    let mut globals = vec![Type::I32, Type::I32];
    globals.extend(types.iter().copied().filter(|ty| ty.has_default()));
    let mut generator = Generator {
        budget: 0,
        tags,
        operators: OPERATORS.iter().filter(|operator| operator.is_of(objects, vectors)).collect(),
        signatures,
        globals,
        newer: objects && random.chance(60),
        types,
        random,
        locals: Vec::new(),
        written: Vec::new(),
        results: Vec::new(),
        labels: Vec::new(),
        stack: Vec::new(),
        base: 0,
        dead: false,
    };
    let functions = (0..generator.signatures.len()).map(|number| generator.function(number)).collect();
    Module { functions, tags: generator.tags, globals: generator.globals, objects, vectors }
}

impl Generator {
    fn function(&mut self, number: usize) -> Function {
        let signature = self.signatures[number].clone();
        self.budget = 8 + self.random.below(120);
        self.locals = signature.params.clone();
        let locals = self.random.below(6);
        for _ in 0..locals {
            let ty = self.random.pick(&self.types);
            self.locals.push(ty);
        }
        let parameters = signature.params.len();
        self.written = self.locals.iter().enumerate().map(|(at, ty)| at < parameters || ty.has_default()).collect();
        self.results = signature.results.clone();
        let label = Label { types: signature.results.clone(), catches: false };
        let body = self.body(label, &[], &signature.results, Opening::Tick);
        Function { signature, locals: self.locals.clone(), body }
    }

    /// Generates the body of a label. Afterwards the stack is as before, without the parameters.
    fn body(&mut self, label: Label, params: &[Type], results: &[Type], opening: Opening) -> Vec<Instr> {
        let outer = (self.base, self.dead, self.written.clone());
        (self.base, self.dead) = (self.stack.len(), false);
        self.stack.extend_from_slice(params);
        self.labels.push(label);
        let mut out = Vec::new();
        match opening {
            Opening::Nothing => {}
            Opening::Tick => out.push(Instr::Tick),
            Opening::TryTable => self.try_table(&mut out),
            Opening::Handler if self.random.chance(40) => self.if_something(&mut out, Generator::rethrow),
            Opening::Handler => {}
        }
        let most = if self.labels.len() == 1 { 25 } else { 7 };
        for _ in 0..self.random.below(most) {
            if self.budget == 0 {
                break;
            }
            self.instr(&mut out);
        }
        self.fit(results, &mut out);
        self.labels.pop();
        self.stack.truncate(self.base);
        (self.base, self.dead, self.written) = outer;
        out
    }

    /// Whether these types are on top of the stack. Unreachable code supplies missing ones.
    fn is_on_top(&self, types: &[Type]) -> bool {
        let there = &self.stack[self.base..];
        (self.dead || there.len() >= types.len())
            && there.iter().rev().zip(types.iter().rev()).all(|(there, wanted)| there.is(*wanted))
    }

    /// Makes the label's operands exactly these.
    fn fit(&mut self, results: &[Type], out: &mut Vec<Instr>) {
        loop {
            let there = &self.stack[self.base..];
            if there.len() <= results.len() && self.is_on_top(results) && !(self.dead && self.random.chance(20)) {
                return;
            }
            let there = &self.stack[self.base..];
            if there.len() < results.len() && there.iter().zip(results).all(|(there, wanted)| there.is(*wanted)) {
                self.produce(results[there.len()], out);
            } else if there.len() == results.len() && self.is_on_top(results) {
                return;
            } else {
                self.stack.pop();
                out.push(Instr::Drop);
            }
        }
    }

    /// Pushes values of these types, unless they are on top of the stack.
    fn want(&mut self, types: &[Type], out: &mut Vec<Instr>) {
        if !self.is_on_top(types) || self.random.chance(20) {
            types.iter().for_each(|&ty| self.produce(ty, out));
        }
    }

    /// Pops operands. In unreachable code, there may be fewer.
    fn take(&mut self, count: usize) {
        let there = self.stack.len() - self.base;
        assert!(there >= count || self.dead);
        self.stack.truncate(self.stack.len() - count.min(there));
    }

    fn wanted_and_taken(&mut self, types: &[Type], out: &mut Vec<Instr>) {
        self.want(types, out);
        self.take(types.len());
    }

    /// Marks the following code as unreachable.
    fn end(&mut self) {
        self.stack.truncate(self.base);
        self.dead = true;
    }

    /// Pushes a value without using the operands on the stack.
    fn produce(&mut self, ty: Type, out: &mut Vec<Instr>) {
        let outer = (self.base, self.dead);
        (self.base, self.dead) = (self.stack.len(), false);
        self.make(ty, out);
        (self.base, self.dead) = outer;
    }

    fn make(&mut self, ty: Type, out: &mut Vec<Instr>) {
        self.budget = self.budget.saturating_sub(1);
        if self.budget > 0 && self.labels.len() < MAX_DEPTH && self.random.chance(10) {
            return self.structured(Signature { params: Vec::new(), results: vec![ty] }, out);
        }
        let locals: Vec<usize> =
            (0..self.locals.len()).filter(|&at| self.written[at] && self.locals[at].is(ty)).collect();
        let globals: Vec<usize> = (0..self.globals.len()).filter(|&at| self.globals[at].is(ty)).collect();
        let made = match self.random.below(4) {
            0 | 1 if !locals.is_empty() => Instr::Get(self.random.pick(&locals)),
            2 if !globals.is_empty() => Instr::GetGlobal(self.random.pick(&globals)),
            _ => match ty {
                Type::Func if self.random.chance(60) => Instr::RefFunc(self.random.below(self.signatures.len())),
                Type::Any if self.random.chance(40) => {
                    self.produce(Type::I32, out);
                    return self.apply(&[0xfb, 0x1c], out);
                }
                Type::Object => {
                    self.produce(Type::I32, out);
                    self.produce(Type::Any, out);
                    return self.apply(&[0xfb, 0x00, 0x00], out);
                }
                Type::Struct if self.random.chance(60) => return self.produce(Type::Object, out),
                Type::Func | Type::Extern | Type::Any | Type::Exn | Type::Struct => Instr::Null(ty),
                _ => Instr::Const(ty, bits(ty, &mut self.random)),
            },
        };
        let ty = match made {
            Instr::Get(local) => self.locals[local],
            Instr::GetGlobal(global) => self.globals[global],
            _ => ty,
        };
        out.push(made);
        self.stack.push(ty);
    }

    /// Appends this operator; its operands are on the stack.
    fn apply(&mut self, bytes: &[u8], out: &mut Vec<Instr>) {
        let operator = *self.operators.iter().find(|operator| operator.bytes == bytes).expect("an operator");
        self.take(operator.params.len());
        out.push(Instr::Operator(operator));
        self.stack.extend_from_slice(operator.results);
    }

    /// Returns random types for the parameters or results of a block.
    fn some_types(&mut self) -> Vec<Type> {
        let count = self.random.pick(&[0, 0, 0, 1, 1, 2, 3]);
        (0..count).map(|_| self.random.pick(&self.types)).collect()
    }

    fn instr(&mut self, out: &mut Vec<Instr>) {
        self.budget = self.budget.saturating_sub(1);
        match self.random.below(100) {
            0..24 => {
                let operator = self.random.pick(&self.operators);
                self.wanted_and_taken(operator.params, out);
                out.push(Instr::Operator(operator));
                self.stack.extend_from_slice(operator.results);
            }
            24..32 => out.push(Instr::Trace(self.random.below(60) as u8)),
            32..42 => self.variable(out),
            42..45 => {
                let ty = self.random.pick(&self.types);
                self.wanted_and_taken(&[ty], out);
                out.push(Instr::Drop);
            }
            45..48 => {
                let ty = self.random.pick(&self.types);
                self.wanted_and_taken(&[ty, ty, Type::I32], out);
                out.push(Instr::Select(ty));
                self.stack.push(ty);
            }
            48..70 if self.labels.len() < MAX_DEPTH => {
                let (params, results) = (self.some_types(), self.some_types());
                if self.newer && self.labels.len() + 2 < MAX_DEPTH && self.random.chance(15) {
                    return self.block_for_clauses(out);
                }
                self.structured(Signature { params, results }, out);
            }
            48..76 => self.conditional_branch(out),
            76..82 => {
                let function = self.random.below(self.signatures.len());
                let Signature { params, results } = self.signatures[function].clone();
                self.wanted_and_taken(&params, out);
                if results == self.results && self.random.chance(15) {
                    out.push(Instr::ReturnCall(function));
                    return self.end();
                }
                out.push(Instr::Call(function));
                self.stack.extend(results);
            }
            82..91 if !self.tags.is_empty() => {
                let tag = self.random.below(self.tags.len());
                // Not always: nothing behind it would run.
                if self.labels.len() > 1 && self.random.chance(30) {
                    self.throw(tag, out);
                } else {
                    self.if_something(out, |generator, out| generator.throw(tag, out));
                }
            }
            82..96 if self.handlers().is_empty() => out.push(Instr::Trace(1)),
            82..96 if self.random.chance(50) => self.rethrow(out),
            82..96 => self.if_something(out, Generator::rethrow),
            96 if self.newer => {
                self.wanted_and_taken(&[Type::Exn], out);
                out.push(Instr::ThrowRef);
                self.end();
            }
            96 | 97 if self.random.chance(20) => {
                out.push(Instr::Unreachable);
                self.end();
            }
            _ if self.labels.len() > 1 || self.random.chance(20) => self.jump(out),
            _ => self.produce(Type::I32, out),
        }
    }

    fn throw(&mut self, tag: usize, out: &mut Vec<Instr>) {
        let types = self.tags[tag].clone();
        self.wanted_and_taken(&types, out);
        out.push(Instr::Throw(tag));
        self.end();
    }

    /// Returns the labels of handlers.
    fn handlers(&self) -> Vec<usize> {
        let labels = self.labels.iter().rev().enumerate();
        labels.filter(|(_, label)| label.catches).map(|(number, _)| number).collect()
    }

    fn rethrow(&mut self, out: &mut Vec<Instr>) {
        let labels = self.handlers();
        out.push(Instr::Rethrow(self.random.pick(&labels)));
        self.end();
    }

    /// Generates an unconditional exit under a condition.
    fn if_something(&mut self, out: &mut Vec<Instr>, what: impl FnOnce(&mut Generator, &mut Vec<Instr>)) {
        self.wanted_and_taken(&[Type::I32], out);
        let outer = (self.base, self.dead, self.written.clone());
        (self.base, self.dead) = (self.stack.len(), false);
        self.labels.push(Label { types: Vec::new(), catches: false });
        let mut then = Vec::new();
        what(self, &mut then);
        self.labels.pop();
        (self.base, self.dead, self.written) = outer;
        out.push(Instr::If(Signature { params: Vec::new(), results: Vec::new() }, then, Vec::new()));
    }

    fn variable(&mut self, out: &mut Vec<Instr>) {
        if self.random.chance(25) {
            // Neither the time nor the trace.
            let global = 2 + self.random.below(self.globals.len() - 2);
            let ty = self.globals[global];
            self.wanted_and_taken(&[ty], out);
            return out.push(Instr::SetGlobal(global));
        }
        if self.locals.is_empty() {
            return;
        }
        let local = self.random.below(self.locals.len());
        let ty = self.locals[local];
        self.wanted_and_taken(&[ty], out);
        self.written[local] = true;
        if self.random.chance(50) {
            out.push(Instr::Set(local));
        } else {
            out.push(Instr::Tee(local));
            self.stack.push(ty);
        }
    }

    fn label_types(&self, label: usize) -> &[Type] {
        &self.labels[self.labels.len() - 1 - label].types
    }

    fn conditional_branch(&mut self, out: &mut Vec<Instr>) {
        let label = self.random.below(self.labels.len());
        let types = self.label_types(label).to_vec();
        self.want(&types, out);
        self.wanted_and_taken(&[Type::I32], out);
        // The condition's operands leave those below unchanged.
        if !self.is_on_top(&types) {
            out.push(Instr::Drop);
            return;
        }
        self.take(types.len());
        out.push(Instr::BrIf(label));
        self.stack.extend(types);
    }

    fn jump(&mut self, out: &mut Vec<Instr>) {
        let label = self.random.below(self.labels.len());
        let types = self.label_types(label).to_vec();
        match self.random.below(4) {
            0 => {
                let results = self.results.clone();
                self.want(&results, out);
                out.push(Instr::Return);
            }
            1 => {
                let alike: Vec<usize> = (0..self.labels.len()).filter(|&it| self.label_types(it) == types).collect();
                let labels = (0..1 + self.random.below(4)).map(|_| self.random.pick(&alike)).collect();
                let mut wanted = types;
                wanted.push(Type::I32);
                self.want(&wanted, out);
                out.push(Instr::BrTable(labels));
            }
            _ => {
                self.want(&types, out);
                out.push(Instr::Br(label));
            }
        }
        self.end();
    }

    /// Generates a structured instruction, whose parameters are on the stack.
    fn structured(&mut self, signature: Signature, out: &mut Vec<Instr>) {
        let Signature { params, results } = signature.clone();
        let label = |types: &[Type], catches| Label { types: types.to_vec(), catches };
        let made = match self.random.below(100) {
            0..10 => {
                self.wanted_and_taken(&params, out);
                Instr::Block(signature, self.body(label(&results, false), &params, &results, Opening::Nothing))
            }
            10..20 => {
                self.wanted_and_taken(&params, out);
                Instr::Loop(signature, self.body(label(&params, false), &params, &results, Opening::Tick))
            }
            20..30 => {
                let mut wanted = params.clone();
                wanted.push(Type::I32);
                self.wanted_and_taken(&wanted, out);
                let then = self.body(label(&results, false), &params, &results, Opening::Nothing);
                let otherwise = self.body(label(&results, false), &params, &results, Opening::Nothing);
                Instr::If(signature, then, otherwise)
            }
            30..42 if self.newer && self.labels.len() + 2 < MAX_DEPTH => {
                let there = self.stack.len();
                self.block_for_clauses(out);
                if self.stack[there..] == results[..] {
                    return;
                }
                self.stack[there..].iter().for_each(|_| out.push(Instr::Drop));
                self.stack.truncate(there);
                return results.iter().for_each(|&ty| self.produce(ty, out));
            }
            _ => {
                self.wanted_and_taken(&params, out);
                Instr::Try(Box::new(self.try_(signature)))
            }
        };
        out.push(made);
        self.stack.extend(results);
    }

    fn try_(&mut self, signature: Signature) -> Try {
        let Signature { params, results } = &signature;
        let label = |catches| Label { types: results.clone(), catches };
        let body = self.body(label(false), params, results, Opening::Nothing);
        let (mut catches, mut catch_all, mut delegate) = (Vec::new(), None, None);
        if self.random.chance(20) {
            delegate = Some(self.random.below(self.labels.len()));
        } else {
            let count = if self.tags.is_empty() { 0 } else { self.random.below(4) };
            for _ in 0..count {
                let tag = self.random.below(self.tags.len());
                let values = self.tags[tag].clone();
                catches.push((tag, self.body(label(true), &values, results, Opening::Handler)));
            }
            if self.random.chance(if count == 0 { 80 } else { 40 }) {
                catch_all = Some(self.body(label(true), &[], results, Opening::Handler));
            }
        }
        Try { signature, body, catches, catch_all, delegate }
    }

    /// Generates a block that clauses of an inner `try_table` can lead to.
    fn block_for_clauses(&mut self, out: &mut Vec<Instr>) {
        let mut results = Vec::new();
        if !self.tags.is_empty() && self.random.chance(70) {
            results = self.random.pick(&self.tags);
        }
        if self.random.chance(50) {
            results.push(Type::Exn);
        }
        let label = Label { types: results.clone(), catches: false };
        let body = self.body(label, &[], &results, Opening::TryTable);
        out.push(Instr::Block(Signature { params: Vec::new(), results: results.clone() }, body));
        self.stack.extend(results);
    }

    fn try_table(&mut self, out: &mut Vec<Instr>) {
        let mut possible = Vec::new();
        for label in 0..self.labels.len() {
            let types = self.label_types(label);
            let tags = self.tags.iter().enumerate().map(|(tag, values)| (Some(tag), &values[..]));
            for (tag, values) in tags.chain([(None, &[][..])]) {
                let fits = types.len() >= values.len() && values.iter().zip(types).all(|(value, ty)| value.is(*ty));
                match &types[values.len().min(types.len())..] {
                    [] if fits => possible.push(Clause { tag, reference: false, label }),
                    [Type::Exn] if fits => possible.push(Clause { tag, reference: true, label }),
                    _ => {}
                }
            }
        }
        let count = if possible.is_empty() { 0 } else { self.random.below(4) };
        let clauses = (0..count).map(|_| self.random.pick(&possible)).collect();
        let results = self.some_types();
        let label = Label { types: results.clone(), catches: false };
        let body = self.body(label, &[], &results, Opening::Nothing);
        out.push(Instr::TryTable(Signature { params: Vec::new(), results: results.clone() }, clauses, body));
        self.stack.extend(results);
    }
}
