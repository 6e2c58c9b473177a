//! The reference: evaluates the instruction trees of a module directly.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::values::{TIME_OF_A_CALL, arguments};
use super::{Function, Instr, Module, Signature, Sums, TIME, Type, WAY};

/// The reason of a trap.
pub type Trap = &'static str;
/// The fields of a structure.
pub type Object = Rc<RefCell<[Value; 2]>>;

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    Bits(u128),
    Null,
    Func,
    I31(u32),
    Object(Object),
    Exn(Rc<Exception>),
}

/// An exception: its tag and its values.
#[derive(Debug)]
pub struct Exception {
    tag: usize,
    values: Vec<Value>,
}

/// Returns a structure.
pub fn new_object(number: Value, any: Value) -> Value {
    Value::Object(Rc::new(RefCell::new([number, any])))
}

impl Value {
    pub fn bits(&self) -> u128 {
        match self {
            Value::Bits(bits) => *bits,
            _ => panic!("no number: {self:?}"),
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Object(a), Value::Object(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Formats the value as [`super::modes`] does.
    fn shown(&self, depth: u32) -> String {
        match self {
            Value::Bits(bits) => format!("{bits:x}"),
            Value::Null => "null".into(),
            Value::Func => "func".into(),
            Value::I31(value) => format!("i31 {value:x}"),
            Value::Object(_) | Value::Exn(_) if depth == 0 => "..".into(),
            Value::Object(object) => {
                let [number, any] = &*object.borrow();
                format!("{{{} {}}}", number.shown(depth - 1), any.shown(depth - 1))
            }
            Value::Exn(exception) => format!("exn({})", shown(&exception.values, depth - 1)),
        }
    }
}

/// How deeply objects are formatted.
pub const DEPTH: u32 = 3;

fn shown(values: &[Value], depth: u32) -> String {
    values.iter().map(|value| value.shown(depth)).collect::<Vec<_>>().join(" ")
}

/// How instructions end other than by continuing.
enum Leave {
    Branch(usize, Vec<Value>),
    Return(Vec<Value>),
    TailCall(usize, Vec<Value>),
    Trap(Trap),
    Throw(Rc<Exception>),
    /// An exception that skips all handlers inside of this label.
    Delegate(usize, Rc<Exception>),
}

type Step<T = ()> = Result<T, Leave>;

/// Calls each function that the host can call, twice. Returns the outcomes, and the globals after each call.
pub fn play(module: &Module, sums: &Sums) -> Vec<String> {
    let null_or_zero = |ty: &Type| if is_number(*ty) { Value::Bits(0) } else { Value::Null };
    let globals = module.globals.iter().map(null_or_zero).collect();
    let mut state = State { module, sums, globals };
    let mut outcomes = Vec::new();
    for (number, function) in module.functions.iter().enumerate().chain(module.functions.iter().enumerate()) {
        let Some(arguments) = arguments(number, function) else { continue };
        state.globals[TIME] = Value::Bits(TIME_OF_A_CALL.into());
        let arguments = arguments.into_iter().map(|bits| bits.map_or(Value::Null, Value::Bits)).collect();
        count(&sums.calls);
        let outcome = match state.call(number, arguments) {
            Ok(results) => {
                count(&sums.returned);
                shown(&results, DEPTH)
            }
            Err(Leave::Trap(trap)) => {
                count(&sums.trapped);
                trap.into()
            }
            Err(Leave::Throw(exception)) => {
                count(&sums.threw);
                format!("threw t{}: {}", exception.tag, shown(&exception.values, DEPTH))
            }
            Err(_) => unreachable!("labels are inside of their functions"),
        };
        outcomes.push(format!("f{number}: {outcome}; {}", shown(&state.globals, DEPTH)));
    }
    outcomes
}

fn count(sum: &AtomicU64) {
    sum.fetch_add(1, Relaxed);
}

/// Whether values of this type are bits.
pub fn is_number(ty: Type) -> bool {
    matches!(ty, Type::I32 | Type::I64 | Type::F32 | Type::F64 | Type::V128)
}

struct State<'m> {
    module: &'m Module,
    sums: &'m Sums,
    globals: Vec<Value>,
}

/// A label: the number of values that a branch to it takes, and the exception of its handler.
struct Label {
    values: usize,
    caught: Option<Rc<Exception>>,
}

struct Frame<'m> {
    function: &'m Function,
    locals: Vec<Value>,
    stack: Vec<Value>,
    labels: Vec<Label>,
}

impl Frame<'_> {
    fn pop(&mut self) -> Value {
        self.stack.pop().expect("a valid body")
    }

    fn number(&mut self) -> u32 {
        self.pop().bits() as u32
    }

    fn take(&mut self, count: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len() - count)
    }

    /// Ends with a branch, and the values that it takes.
    fn branch(&mut self, label: usize) -> Leave {
        let values = self.labels[self.labels.len() - 1 - label].values;
        Leave::Branch(label, self.take(values))
    }
}

impl State<'_> {
    fn call(&mut self, function: usize, arguments: Vec<Value>) -> Step<Vec<Value>> {
        let (mut function, mut arguments) = (function, arguments);
        loop {
            let callee = &self.module.functions[function];
            let mut locals = arguments;
            let others = &callee.locals[locals.len()..];
            locals.extend(others.iter().map(|&ty| if is_number(ty) { Value::Bits(0) } else { Value::Null }));
            let results = callee.signature.results.len();
            let labels = vec![Label { values: results, caught: None }];
            let mut frame = Frame { function: callee, locals, stack: Vec::new(), labels };
            match self.instrs(&mut frame, &callee.body) {
                Ok(()) => return Ok(frame.take(results)),
                Err(Leave::Return(values) | Leave::Branch(0, values)) => return Ok(values),
                Err(Leave::Delegate(0, exception)) => return Err(Leave::Throw(exception)),
                Err(Leave::TailCall(next, values)) => (function, arguments) = (next, values),
                Err(leave) => return Err(leave),
            }
        }
    }

    fn instrs(&mut self, frame: &mut Frame<'_>, instrs: &[Instr]) -> Step {
        instrs.iter().try_for_each(|instr| self.instr(frame, instr))
    }

    /// Runs the body of a label with its parameters on the stack.
    fn labelled(&mut self, frame: &mut Frame<'_>, label: Label, inputs: Vec<Value>, body: &[Instr]) -> Step {
        let (values, height) = (label.values, frame.stack.len());
        frame.stack.extend(inputs);
        frame.labels.push(label);
        let outcome = self.instrs(frame, body);
        frame.labels.pop();
        match outcome {
            Ok(()) => Ok(()),
            Err(leave) => {
                frame.stack.truncate(height);
                match leave {
                    Leave::Branch(0, taken) => {
                        assert_eq!(taken.len(), values);
                        Err(Leave::Branch(0, taken))
                    }
                    // Label numbers stay relative to the body: the caller subtracts one.
                    other => Err(other),
                }
            }
        }
    }

    fn block(
        &mut self,
        frame: &mut Frame<'_>,
        signature: &Signature,
        caught: Option<Rc<Exception>>,
        body: &[Instr],
    ) -> Step {
        let inputs = frame.take(signature.params.len());
        let label = Label { values: signature.results.len(), caught };
        let outcome = self.labelled(frame, label, inputs, body);
        ended(frame, outcome)
    }

    /// Runs a handler with the values of an exception.
    fn handler(
        &mut self,
        frame: &mut Frame<'_>,
        results: usize,
        exception: Rc<Exception>,
        tagged: bool,
        body: &[Instr],
    ) -> Step {
        count(&self.sums.caught);
        let inputs = if tagged { exception.values.clone() } else { Vec::new() };
        let outcome = self.labelled(frame, Label { values: results, caught: Some(exception) }, inputs, body);
        ended(frame, outcome)
    }

    fn try_(&mut self, frame: &mut Frame<'_>, tried: &super::Try) -> Step {
        let inputs = frame.take(tried.signature.params.len());
        let results = tried.signature.results.len();
        let outcome = self.labelled(frame, Label { values: results, caught: None }, inputs, &tried.body);
        // An exception that was delegated to this label is treated like one from its body.
        let outcome = match outcome {
            Err(Leave::Delegate(0, exception)) => Err(Leave::Throw(exception)),
            other => other,
        };
        let Err(Leave::Throw(exception)) = outcome else { return ended(frame, outcome) };
        if let Some(label) = tried.delegate {
            count(&self.sums.delegated);
            return Err(Leave::Delegate(label, exception));
        }
        if let Some((_, body)) = tried.catches.iter().find(|(tag, _)| *tag == exception.tag) {
            return self.handler(frame, results, exception, true, body);
        }
        match &tried.catch_all {
            Some(body) => self.handler(frame, results, exception, false, body),
            None => Err(Leave::Throw(exception)),
        }
    }

    fn instr(&mut self, frame: &mut Frame<'_>, instr: &Instr) -> Step {
        match instr {
            Instr::Const(_, bits) => frame.stack.push(Value::Bits(*bits)),
            Instr::Null(_) => frame.stack.push(Value::Null),
            Instr::RefFunc(_) => frame.stack.push(Value::Func),
            Instr::Get(local) => frame.stack.push(frame.locals[*local].clone()),
            Instr::Set(local) => frame.locals[*local] = frame.pop(),
            Instr::Tee(local) => frame.locals[*local] = frame.stack.last().expect("a valid body").clone(),
            Instr::GetGlobal(global) => frame.stack.push(self.globals[*global].clone()),
            Instr::SetGlobal(global) => self.globals[*global] = frame.pop(),
            Instr::Operator(operator) => {
                let values = frame.take(operator.params.len());
                let result = (operator.apply)(&values).map_err(Leave::Trap)?;
                if !operator.results.is_empty() {
                    frame.stack.push(result);
                }
            }
            Instr::Drop => drop(frame.pop()),
            Instr::Select(_) => {
                let (condition, other) = (frame.number(), frame.pop());
                if condition == 0 {
                    *frame.stack.last_mut().expect("a valid body") = other;
                }
            }
            Instr::Tick => {
                let left = (self.globals[TIME].bits() as u32).wrapping_sub(1);
                self.globals[TIME] = Value::Bits(left.into());
                if (left as i32) < 0 {
                    return Err(Leave::Trap("unreachable"));
                }
            }
            Instr::Trace(number) => {
                let way = (self.globals[WAY].bits() as u32).wrapping_mul(31).wrapping_add(u32::from(*number));
                self.globals[WAY] = Value::Bits(way.into());
            }
            Instr::Block(signature, body) => self.block(frame, signature, None, body)?,
            Instr::Loop(signature, body) => {
                let mut inputs = frame.take(signature.params.len());
                loop {
                    let label = Label { values: signature.params.len(), caught: None };
                    match self.labelled(frame, label, inputs, body) {
                        Err(Leave::Branch(0, values)) => inputs = values,
                        outcome => {
                            ended(frame, outcome)?;
                            break;
                        }
                    }
                }
            }
            Instr::If(signature, then, otherwise) => {
                let body = if frame.number() != 0 { then } else { otherwise };
                self.block(frame, signature, None, body)?;
            }
            Instr::Try(tried) => self.try_(frame, tried)?,
            Instr::TryTable(signature, clauses, body) => {
                let outcome = self.block(frame, signature, None, body);
                let Err(Leave::Throw(exception)) = outcome else { return outcome };
                let Some(clause) = clauses.iter().find(|clause| clause.tag.is_none_or(|tag| tag == exception.tag))
                else {
                    return Err(Leave::Throw(exception));
                };
                count(&self.sums.caught);
                let mut values = clause.tag.map_or(Vec::new(), |_| exception.values.clone());
                if clause.reference {
                    values.push(Value::Exn(exception));
                }
                return Err(Leave::Branch(clause.label, values));
            }
            Instr::Br(label) => return Err(frame.branch(*label)),
            Instr::BrIf(label) => {
                if frame.number() != 0 {
                    return Err(frame.branch(*label));
                }
            }
            Instr::BrTable(labels) => {
                let index = frame.number() as usize;
                return Err(frame.branch(labels[index.min(labels.len() - 1)]));
            }
            Instr::Return => {
                let results = frame.function.signature.results.len();
                return Err(Leave::Return(frame.take(results)));
            }
            Instr::Throw(tag) => {
                let values = frame.take(self.module.tags[*tag].len());
                return Err(Leave::Throw(Rc::new(Exception { tag: *tag, values })));
            }
            Instr::ThrowRef => match frame.pop() {
                Value::Exn(exception) => return Err(Leave::Throw(exception)),
                _ => return Err(Leave::Trap("null reference")),
            },
            Instr::Rethrow(label) => {
                count(&self.sums.rethrown);
                let label = &frame.labels[frame.labels.len() - 1 - label];
                return Err(Leave::Throw(label.caught.clone().expect("a valid body")));
            }
            Instr::Call(function) => {
                let arguments = frame.take(self.module.functions[*function].signature.params.len());
                let results = self.call(*function, arguments)?;
                frame.stack.extend(results);
            }
            Instr::ReturnCall(function) => {
                let arguments = frame.take(self.module.functions[*function].signature.params.len());
                return Err(Leave::TailCall(*function, arguments));
            }
            Instr::Unreachable => return Err(Leave::Trap("unreachable")),
        }
        Ok(())
    }
}

/// Ends a label: a branch to it continues behind it, and other labels are one closer.
fn ended(frame: &mut Frame<'_>, outcome: Step) -> Step {
    match outcome {
        Err(Leave::Branch(0, values)) => {
            frame.stack.extend(values);
            Ok(())
        }
        Err(Leave::Branch(label, values)) => Err(Leave::Branch(label - 1, values)),
        Err(Leave::Delegate(0, exception)) => Err(Leave::Throw(exception)),
        Err(Leave::Delegate(label, exception)) => Err(Leave::Delegate(label - 1, exception)),
        other => other,
    }
}
