//! The reference: evaluates the trees of a program directly.

use super::{Expr, GLOBALS, Label, MAX_PAGES, Module, Repeat, START, Stmt, Type, Values};

/// How a statement ends other than by continuing.
enum Leave {
    Branch(Label, Vec<u64>),
    Return(Vec<u64>),
    Trap(&'static str),
    /// It took too long.
    Timeout,
}

type Step<T = ()> = Result<T, Leave>;

/// The statements and expressions that a call may evaluate.
const PATIENCE: u32 = 100_000;

/// The state that outlives a call.
pub struct State {
    pub globals: [u64; GLOBALS.len()],
    pub memory: Vec<u8>,
    patience: u32,
}

struct Frame<'m> {
    module: &'m Module,
    locals: Vec<u64>,
}

impl State {
    pub fn new() -> State {
        let mut memory = START.to_vec();
        memory.resize(1 << 16, 0);
        State { globals: [0; 4], memory, patience: PATIENCE }
    }

    /// Calls a function. Returns its results, or the reason of its trap; `None` if it took too long.
    pub fn call(&mut self, module: &Module, function: usize, args: &[u64]) -> Option<Result<Vec<u64>, &'static str>> {
        self.patience = PATIENCE;
        match self.function(module, function, args) {
            Ok(results) => Some(Ok(results)),
            Err(Leave::Trap(message)) => Some(Err(message)),
            Err(Leave::Timeout) => None,
            Err(Leave::Branch(..) | Leave::Return(_)) => unreachable!("labels are inside their functions"),
        }
    }

    fn function(&mut self, module: &Module, function: usize, args: &[u64]) -> Step<Vec<u64>> {
        let function = &module.functions[function];
        let mut frame = Frame { module, locals: vec![0; function.locals.len()] };
        frame.locals[..args.len()].copy_from_slice(args);
        let ended = self.stmts(&mut frame, &function.body).and_then(|()| self.exprs(&mut frame, &function.last));
        match ended {
            Err(Leave::Return(results)) => Ok(results),
            other => other,
        }
    }

    fn exprs(&mut self, frame: &mut Frame<'_>, exprs: &[Expr]) -> Step<Vec<u64>> {
        exprs.iter().map(|expr| self.expr(frame, expr)).collect()
    }

    fn tick(&mut self) -> Step {
        self.patience = self.patience.checked_sub(1).ok_or(Leave::Timeout)?;
        Ok(())
    }

    /// Returns the range of an access.
    fn range(&self, name: &str, address: u64, offset: u32, bytes: usize) -> Step<std::ops::Range<usize>> {
        let start = address as usize + offset as usize;
        if name.contains(".atomic.") && !start.is_multiple_of(bytes) {
            return Err(Leave::Trap("unaligned atomic"));
        }
        if start + bytes > self.memory.len() {
            return Err(Leave::Trap("out of bounds memory access"));
        }
        Ok(start..start + bytes)
    }

    fn expr(&mut self, frame: &mut Frame<'_>, expr: &Expr) -> Step<u64> {
        self.tick()?;
        Ok(match expr {
            Expr::Const(_, bits) => *bits,
            Expr::Local(local) => frame.locals[*local],
            Expr::Tee(local, value) => {
                let value = self.expr(frame, value)?;
                frame.locals[*local] = value;
                value
            }
            Expr::Unary(operator, a) => {
                let a = self.expr(frame, a)?;
                (operator.apply)(a).map_err(Leave::Trap)?
            }
            Expr::Binary(operator, a, b) => {
                let a = self.expr(frame, a)?;
                let b = self.expr(frame, b)?;
                (operator.apply)(a, b).map_err(Leave::Trap)?
            }
            Expr::Select(operands) => {
                let values = self.exprs(frame, &operands[..])?;
                if values[2] != 0 { values[0] } else { values[1] }
            }
            Expr::NoNan(ty, local, value) => {
                let value = self.expr(frame, value)?;
                frame.locals[*local] = value;
                match ty {
                    Type::F32 if f32::from_bits(value as u32).is_nan() => 0.5f32.to_bits().into(),
                    Type::F64 if f64::from_bits(value).is_nan() => 0.5f64.to_bits(),
                    _ => value,
                }
            }
            Expr::If(_, condition, arms) => {
                let arm = usize::from(self.expr(frame, condition)? == 0);
                let (body, value) = &arms[arm];
                self.stmts(frame, body)?;
                self.expr(frame, value)?
            }
            Expr::Block(_, label, body, value) => {
                let ended = self.stmts(frame, body).and_then(|()| self.expr(frame, value));
                match ended {
                    Err(Leave::Branch(to, values)) if to == *label => values[0],
                    other => other?,
                }
            }
            Expr::Then(body, value) => {
                self.stmts(frame, body)?;
                self.expr(frame, value)?
            }
            Expr::Load(load, offset, address) => {
                let address = self.expr(frame, address)?;
                let range = self.range(load.name, address, *offset, load.bytes)?;
                let mut bytes = [0; 8];
                bytes[..load.bytes].copy_from_slice(&self.memory[range]);
                (load.extend)(u64::from_le_bytes(bytes))
            }
            Expr::Modify(modify, offset, operands) => {
                let [address, operand] = &**operands;
                let address = self.expr(frame, address)?;
                let operand = self.expr(frame, operand)?;
                let range = self.range(modify.name, address, *offset, modify.bytes)?;
                let mut bytes = [0; 8];
                bytes[..modify.bytes].copy_from_slice(&self.memory[range.clone()]);
                let old = u64::from_le_bytes(bytes);
                let new = (modify.apply)(old, operand).to_le_bytes();
                self.memory[range].copy_from_slice(&new[..modify.bytes]);
                old
            }
            Expr::Global(global) => self.globals[*global],
            Expr::MemorySize => (self.memory.len() >> 16) as u64,
            Expr::MemoryGrow(delta) => {
                let pages = self.memory.len() >> 16;
                if pages + *delta as usize > MAX_PAGES as usize {
                    u64::from(u32::MAX)
                } else {
                    self.memory.resize((pages + *delta as usize) << 16, 0);
                    pages as u64
                }
            }
            Expr::Call(function, args) => {
                let args = self.exprs(frame, args)?;
                self.function(frame.module, *function, &args)?[0]
            }
        })
    }

    fn stmts(&mut self, frame: &mut Frame<'_>, stmts: &[Stmt]) -> Step {
        stmts.iter().try_for_each(|stmt| self.stmt(frame, stmt))
    }

    fn stmt(&mut self, frame: &mut Frame<'_>, stmt: &Stmt) -> Step {
        self.tick()?;
        match stmt {
            Stmt::Set(local, value) => frame.locals[*local] = self.expr(frame, value)?,
            Stmt::Drop(value) => {
                self.expr(frame, value)?;
            }
            Stmt::Store(store, offset, address, value) => {
                let address = self.expr(frame, address)?;
                let value = self.expr(frame, value)?;
                let range = self.range(store.name, address, *offset, store.bytes)?;
                self.memory[range].copy_from_slice(&value.to_le_bytes()[..store.bytes]);
            }
            Stmt::SetGlobal(global, value) => self.globals[*global] = self.expr(frame, value)?,
            Stmt::If(condition, then, otherwise) => {
                let arm = if self.expr(frame, condition)? != 0 { then } else { otherwise };
                self.stmts(frame, arm)?;
            }
            Stmt::Block(label, body) => match self.stmts(frame, body) {
                Err(Leave::Branch(to, _)) if to == *label => {}
                other => other?,
            },
            Stmt::Loop(label, counter, turns, body) => {
                frame.locals[*counter] = (*turns).into();
                loop {
                    self.tick()?;
                    count(frame, *counter);
                    match self.stmts(frame, body) {
                        Err(Leave::Branch(to, _)) if to == *label => continue,
                        other => other?,
                    }
                    if frame.locals[*counter] as i32 <= 0 {
                        break;
                    }
                }
            }
            Stmt::BrIf(label, values, condition) => {
                let values = self.exprs(frame, values)?;
                if self.expr(frame, condition)? != 0 {
                    return Err(Leave::Branch(*label, values));
                }
            }
            Stmt::Br(label, values) => {
                let values = self.exprs(frame, values)?;
                return Err(Leave::Branch(*label, values));
            }
            Stmt::BrTable(labels, values, index) => {
                let values = self.exprs(frame, values)?;
                let index = self.expr(frame, index)? as usize;
                return Err(Leave::Branch(labels[index.min(labels.len() - 1)], values));
            }
            Stmt::Return(values) => {
                let values = self.exprs(frame, values)?;
                return Err(Leave::Return(values));
            }
            Stmt::Call(function, args, into) => {
                let args = self.exprs(frame, args)?;
                let results = self.function(frame.module, *function, &args)?;
                set(frame, into, &results);
            }
            Stmt::Values(values) => self.values(frame, values)?,
            Stmt::Unreachable => return Err(Leave::Trap("unreachable")),
        }
        Ok(())
    }

    fn values(&mut self, frame: &mut Frame<'_>, values: &Values) -> Step {
        let Values { label, repeat, body, last, into, .. } = values;
        let results = match repeat {
            None => match self.stmts(frame, body).and_then(|()| self.exprs(frame, last)) {
                Err(Leave::Branch(to, values)) if to == *label => values,
                other => other?,
            },
            Some(Repeat { first, locals, counter, turns, condition }) => {
                frame.locals[*counter] = (*turns).into();
                let mut current = self.exprs(frame, first)?;
                loop {
                    self.tick()?;
                    set(frame, locals, &current);
                    count(frame, *counter);
                    match self.stmts(frame, body).and_then(|()| self.exprs(frame, last)) {
                        Err(Leave::Branch(to, values)) if to == *label => {
                            current = values;
                            continue;
                        }
                        other => current = other?,
                    }
                    let condition = self.expr(frame, condition)?;
                    if condition & u64::from(frame.locals[*counter] as i32 > 0) == 0 {
                        break current;
                    }
                }
            }
        };
        set(frame, into, &results);
        Ok(())
    }
}

/// Sets locals to values, the last one first.
fn set(frame: &mut Frame<'_>, locals: &[usize], values: &[u64]) {
    for (&local, &value) in locals.iter().zip(values).rev() {
        frame.locals[local] = value;
    }
}

fn count(frame: &mut Frame<'_>, counter: usize) {
    frame.locals[counter] = u64::from((frame.locals[counter] as u32).wrapping_sub(1));
}
