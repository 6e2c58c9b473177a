//! Parses arguments, and patterns of results.

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;
use wasmote_ir::types::HeapType;

use super::parse::Reader;
use super::{Arg, Float, Heap, Pattern};
use crate::error::{Result, SyntaxErrorKind};
use crate::types::{self, Types};

/// How deeply patterns may nest.
const MAX_DEPTH: u32 = 100;

/// Patterns of references without a number.
const OBJECTS: [(&str, &str); 5] =
    [("ref.any", "any"), ("ref.eq", "eq"), ("ref.i31", "i31"), ("ref.struct", "struct"), ("ref.array", "array")];

/// A value that can be an argument as well as a result.
enum Value {
    Arg(Arg),
    /// A float or a vector of floats that may be any of several NaNs.
    Pattern(Pattern),
}

impl Reader<'_> {
    /// Parses an argument with its parentheses.
    pub fn argument(&mut self) -> Result<Arg> {
        self.parser.open()?;
        let fault = self.parser.fault(SyntaxErrorKind::Value);
        let Some(Value::Arg(arg)) = self.value(false)? else { return Err(fault) };
        self.parser.close()?;
        Ok(arg)
    }

    /// Parses a pattern with its parentheses.
    pub fn pattern(&mut self, depth: u32) -> Result<Pattern> {
        self.parser.open()?;
        let pattern = match self.value(true)? {
            Some(Value::Arg(arg)) => match arg {
                Arg::I32(value) => Pattern::I32(value),
                Arg::I64(value) => Pattern::I64(value),
                Arg::F32(bits) => Pattern::F32(Float::Bits(bits.into())),
                Arg::F64(bits) => Pattern::F64(Float::Bits(bits)),
                Arg::V128(value) => Pattern::V128(value),
                Arg::Null(heap) => Pattern::Null(Some(heap)),
                Arg::Extern(number) => Pattern::Extern(Some(number)),
                Arg::Host(number) => Pattern::Host(number),
            },
            Some(Value::Pattern(pattern)) => pattern,
            None => self.pattern_only(depth)?,
        };
        self.parser.close()?;
        Ok(pattern)
    }

    /// Parses a pattern that cannot be an argument, behind its parenthesis.
    fn pattern_only(&mut self, depth: u32) -> Result<Pattern> {
        let fault = self.parser.fault(SyntaxErrorKind::Value);
        if let Some(&(word, object)) = OBJECTS.iter().find(|(word, _)| self.parser.is_word(word)) {
            self.parser.take_word(word);
            return Ok(Pattern::Object(object));
        }
        Ok(if self.parser.take_word("ref.null") {
            Pattern::Null(None)
        } else if self.parser.take_word("ref.extern") {
            Pattern::Extern(None)
        } else if self.parser.take_word("ref.func") {
            if self.parser.is_index() {
                self.parser.index()?;
            }
            Pattern::Func
        } else if self.parser.take_word("ref.i31_shared") {
            Pattern::Other("shared-everything threads")
        } else if self.parser.take_word("either") {
            if depth == MAX_DEPTH {
                return Err(self.parser.fault(SyntaxErrorKind::Depth));
            }
            let mut patterns = Vec::new();
            while !self.parser.is_end() {
                patterns.try_push(self.pattern(depth + 1)?)?;
            }
            Pattern::Either(patterns)
        } else {
            return Err(fault);
        })
    }

    /// Parses a value, if one comes next. `patterns` allows NaN patterns.
    fn value(&mut self, patterns: bool) -> Result<Option<Value>> {
        let place = self.parser.place();
        let word = self.parser.word();
        self.parser.advance();
        Ok(Some(match word {
            b"i32.const" => Value::Arg(Arg::I32(self.parser.any_integer(32)? as i32)),
            b"i64.const" => Value::Arg(Arg::I64(self.parser.any_integer(64)? as i64)),
            b"f32.const" => match self.float(b"f32", patterns)? {
                Float::Bits(bits) => Value::Arg(Arg::F32(bits as u32)),
                pattern => Value::Pattern(Pattern::F32(pattern)),
            },
            b"f64.const" => match self.float(b"f64", patterns)? {
                Float::Bits(bits) => Value::Arg(Arg::F64(bits)),
                pattern => Value::Pattern(Pattern::F64(pattern)),
            },
            b"v128.const" => match self.parser.shape()? {
                b"f32" if patterns => {
                    let mut lanes = [Float::Bits(0); 4];
                    for lane in &mut lanes {
                        *lane = self.float(b"f32", true)?;
                    }
                    Value::Pattern(Pattern::F32x4(lanes))
                }
                b"f64" if patterns => {
                    let mut lanes = [Float::Bits(0); 2];
                    for lane in &mut lanes {
                        *lane = self.float(b"f64", true)?;
                    }
                    Value::Pattern(Pattern::F64x2(lanes))
                }
                shape => Value::Arg(Arg::V128(self.parser.vector(shape)?)),
            },
            b"ref.null" if !self.parser.is_end() => Value::Arg(Arg::Null(self.heap()?)),
            b"ref.extern" if !self.parser.is_end() => Value::Arg(Arg::Extern(self.parser.u32()?)),
            b"ref.host" => Value::Arg(Arg::Host(self.parser.u32()?)),
            _ => {
                self.parser.go_to(place);
                return Ok(None);
            }
        }))
    }

    /// Parses a float. `patterns` allows NaN patterns.
    fn float(&mut self, ty: &[u8], patterns: bool) -> Result<Float> {
        Ok(if patterns && self.parser.take_word("nan:canonical") {
            Float::CanonicalNan
        } else if patterns && self.parser.take_word("nan:arithmetic") {
            Float::ArithmeticNan
        } else {
            Float::Bits(self.parser.lane(ty)?.0)
        })
    }

    /// Parses the type of a null reference.
    fn heap(&mut self) -> Result<Heap> {
        if self.parser.is_index() {
            self.parser.index()?;
            return Ok(Heap::Other);
        }
        let types = crate::space::IndexSpace::default();
        let heap = Types { parser: &mut self.parser, types: &types }.heap()?;
        let types::Heap::Abstract { byte, .. } = heap else { return Ok(Heap::Other) };
        Ok(match HeapType::of_byte(byte).and_then(HeapType::top) {
            Some(HeapType::Func) => Heap::Func,
            Some(HeapType::Extern) => Heap::Extern,
            Some(HeapType::Any) => Heap::Any,
            Some(HeapType::Exn) => Heap::Exn,
            _ => Heap::Other,
        })
    }
}
