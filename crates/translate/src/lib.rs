//! Translates a function body into IR, in one pass.
//!
//! The translator walks the operators with an operand stack of its own (`stack`). That stack says where each operand
//! *is*: in a local, a constant, or the slot of a temporary. `local.get` and constants write no code; the instruction
//! that uses the operand names it.
//!
//! The last instruction may still change when the next operator is known (`code_writer`). Its result is redirected if
//! the next operator sets a local to it. It stays in the accumulator if only the next operator reads it. The
//! instruction is retracted if one instruction can do the work of both.
//!
//! Read in this order:
//!
//! 1. `stack`, `locals`: where operands and locals are.
//! 2. `code_writer`: the instructions written so far, the last two of which may still change; `peephole`: the state of
//!    those two and of the accumulators; `operand_info`: tables for the encoding of operands.
//! 3. `labels`: the targets of branches; `threading`: what becomes of jumps that lead to jumps; `early_returns`: of values moved to a return;
//!    `loop_inversion`: what becomes of jumps back to a test.
//! 4. `body`: what all operators share; `operators` and `lines`: which function translates an operator; `numeric`,
//!    `memory`, `atomics`, `control`, `calls`, `references`, `exceptions`, `objects`: these functions.
//! 5. `fuse`: fused operations, which do the work of two instructions; `conversions`: those that need no instruction.
//! 6. `simd`: vectors.
//! 7. `canonical`: canonical NaNs, if the options ask for them; `meter`: instructions that take fuel; `passes`: how tests
//!    turn passes off.
//!
//! The code has its effects in the order of the body: an instruction that may trap, loads or stores is never moved.
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod atomics;
mod body;
mod calls;
mod canonical;
mod code_writer;
#[cfg(feature = "stack-switching")]
mod continuations;
mod control;
mod conversions;
mod early_returns;
mod error;
#[cfg(feature = "gc")]
mod exceptions;
mod fuse;
mod labels;
mod lines;
mod locals;
mod loop_inversion;
mod memory;
mod meter;
mod numeric;
#[cfg(feature = "gc")]
mod objects;
mod operand_info;
mod operators;
mod passes;
mod peephole;
mod references;
#[cfg(feature = "simd")]
mod simd;
mod stack;
mod threading;

pub use error::{TranslateError, TranslateErrorKind};
#[cfg(feature = "pass-switches")]
#[doc(hidden)]
pub use passes::{Pass, turn_off};
use wasmote_decode::reader::Reader;
use wasmote_decode::{FuncType, ModuleInfo};
use wasmote_ir::exception_table::ExceptionEntry;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::frame::{HEADER, MAX_SLOTS};
pub use wasmote_ir::image::OpSet;
use wasmote_ir::{Op, Opcode};

use body::{BodyTranslator, Buffers};

/// Options for the code that a [`Translator`] writes. Begin with [`CodeOptions::default`]: all that the build can, neither
/// metered nor with canonical NaNs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CodeOptions {
    /// The instructions that may be used. Without the feature `extended`, the core op set is used in any case.
    pub op_set: OpSet,
    /// Whether the code takes fuel.
    pub metered: bool,
    /// Whether float arithmetic returns only canonical NaNs.
    pub canonical_nans: bool,
}

impl CodeOptions {
    /// Returns these options with another op set.
    #[must_use]
    pub fn with_op_set(self, op_set: OpSet) -> CodeOptions {
        CodeOptions { op_set, ..self }
    }

    /// Returns these options with code that takes fuel, or without.
    #[must_use]
    pub fn with_metered(self, metered: bool) -> CodeOptions {
        CodeOptions { metered, ..self }
    }

    /// Returns these options with arithmetic that returns only canonical NaNs, or without.
    #[must_use]
    pub fn with_canonical_nans(self, canonical_nans: bool) -> CodeOptions {
        CodeOptions { canonical_nans, ..self }
    }

    /// Whether the code may contain instructions of the extended op set.
    pub fn is_extended(&self) -> bool {
        cfg!(feature = "extended") && self.op_set == OpSet::Extended
    }
}

impl Default for CodeOptions {
    fn default() -> CodeOptions {
        let op_set = if cfg!(feature = "extended") { OpSet::Extended } else { OpSet::Core };
        CodeOptions { op_set, metered: false, canonical_nans: false }
    }
}

/// Translates function bodies into IR. It keeps its buffers from one function to the next.
#[derive(Default)]
pub struct Translator {
    options: CodeOptions,
    buffers: Buffers,
    prologue: alloc::vec::Vec<u16>,
}

/// The translation of a function body.
pub struct Translated<'a> {
    /// The instructions.
    pub code: &'a [u16],
    /// The size of a frame in slots, header included.
    pub frame_slots: u32,
    /// The slot of the frame's header.
    pub header: u16,
    /// Pairs of an offset in `code` and the byte offset, in the binary, of the operator that it comes from. Ascending;
    /// empty unless the caller asked for the map.
    pub offsets: &'a [(u32, u32)],
    /// The offsets in `code` of the instructions that hold targets or types. Linking rewrites these. Ascending.
    pub relocations: &'a [u32],
    /// Exception handlers, in units of `code`. No value is kept in an accumulator where the covered code begins or
    /// ends, or where a handler continues.
    pub handlers: &'a [ExceptionEntry],
}

/// A function that is to be translated.
struct Function<'a> {
    module: &'a ModuleInfo,
    ty: &'a FuncType,
    /// The body.
    bytes: &'a [u8],
    /// The byte offset of the body in the binary.
    start: u64,
    /// The slot of the frame's header.
    header: u16,
    /// Whether the caller wants the map from code to the binary.
    offsets: bool,
    /// The maximum number of units of code.
    limit: usize,
}

/// How a pass over a body ended, if it found no error.
#[derive(PartialEq, Eq)]
enum Outcome {
    /// The whole body is translated.
    Translated,
    /// The pass met a legacy `try`, for which no slot is reserved.
    FoundOlderTry,
}

impl Translator {
    /// Returns a translator with the default options.
    pub fn new() -> Translator {
        Translator::default()
    }

    /// Returns a translator with these options.
    pub fn with_options(options: CodeOptions) -> Translator {
        Translator { options, ..Translator::default() }
    }

    /// Translates the body of the function with index `func`. The index counts imported functions. `offsets` asks for
    /// the map from code to the binary.
    ///
    /// The body should be valid. For an invalid one, the result is either an error, such as
    /// [`TranslateErrorKind::Invalid`], or code that must not be run.
    pub fn translate(
        &mut self,
        module: &ModuleInfo,
        wasm: &[u8],
        func: u32,
        offsets: bool,
    ) -> Result<Translated<'_>, TranslateError> {
        self.translate_limited(usize::MAX, module, wasm, func, offsets)
    }

    /// Like [`Translator::translate`], but into at most `limit` units of code. The instructions that set locals to
    /// zero at the start are not counted. Stops with [`TranslateErrorKind::CodeLimit`] at the operator that exceeds
    /// the limit.
    pub fn translate_limited(
        &mut self,
        limit: usize,
        module: &ModuleInfo,
        wasm: &[u8],
        func: u32,
        offsets: bool,
    ) -> Result<Translated<'_>, TranslateError> {
        let invalid = |offset: u64| TranslateError { kind: TranslateErrorKind::Invalid, offset: offset as u32 };
        let defined = func.checked_sub(module.imported_funcs).ok_or(invalid(0))?;
        let range = module.bodies.get(defined as usize).ok_or(invalid(0))?.clone();
        let start = range.start as u64;
        let bytes = wasm.get(range).ok_or(invalid(start))?;
        let ty = module.func_type(func).ok_or(invalid(start))?;

        let slots = |types: &[wasmote_ir::ValType]| types.iter().map(|ty| u32::from(ty.slots())).sum::<u32>();
        let header = slots(ty.params()).max(slots(ty.results()));
        if header + u32::from(HEADER) > MAX_SLOTS {
            return Err(TranslateError { kind: TranslateErrorKind::TooManySlots, offset: start as u32 });
        }

        let function = Function { module, ty, bytes, start, header: header as u16, offsets, limit };
        let type_index = module.funcs[func as usize];
        if self.body(&function, type_index, false)? == Outcome::FoundOlderTry {
            self.body(&function, type_index, true)?;
        }
        self.buffers.code.thread_jumps();
        self.buffers.code.return_early();
        let frame_slots = self.buffers.stack.peak.max(header + u32::from(HEADER));
        self.add_prologue(frame_slots).map_err(|error| TranslateError { kind: error.into(), offset: start as u32 })?;
        Ok(Translated {
            code: &self.buffers.code.units,
            frame_slots,
            header: header as u16,
            offsets: &self.buffers.code.offsets,
            relocations: &self.buffers.code.relocations,
            handlers: &self.buffers.code.handlers,
        })
    }

    /// Translates the body. `legacy_tries` says whether to reserve slots for legacy `try`s.
    fn body(
        &mut self,
        function: &Function<'_>,
        type_index: u32,
        legacy_tries: bool,
    ) -> Result<Outcome, TranslateError> {
        let &Function { module, ty, bytes, start, header, .. } = function;
        let Buffers {
            code,
            stack,
            labels,
            locals,
            meter,
            targets,
            trampolines,
            #[cfg(feature = "gc")]
            exceptions,
        } = &mut self.buffers;
        let failed = |at: usize, kind| TranslateError { kind, offset: at as u32 };
        let begun = code.start(self.options.op_set == OpSet::Extended, function.offsets, function.limit);
        meter.start(self.options.metered);
        labels.start();
        let begun = begun.and_then(|()| Ok(locals.start(ty.params(), header)?));
        begun.map_err(|kind| failed(start as usize, kind))?;
        let mut body = BodyTranslator {
            module,
            ty,
            code,
            stack,
            labels,
            locals,
            meter,
            targets,
            trampolines,
            #[cfg(feature = "gc")]
            exceptions,
            reader: Reader::new(bytes, start as usize),
            is_plain_memory: module.memories.first().is_some_and(|memory| !memory.is_64() && !memory.is_shared()),
            canonical_nans: self.options.canonical_nans,
            header,
            reachable: true,
            skipped: 0,
            found_older_try: false,
        };

        let begun = body.declare_all(legacy_tries).and_then(|()| Ok(body.stack.start(body.locals.end())?));
        if let Err(kind) = begun.and_then(|()| body.open(type_index)) {
            return Err(failed(body.reader.position(), kind));
        }
        body.meter.values(body.locals.declared());
        loop {
            let at = body.reader.position();
            let kind = match body.next() {
                Ok(_) if body.stack.peak > MAX_SLOTS => TranslateErrorKind::TooManySlots,
                Ok(ended) => match body.code.check() {
                    Ok(()) if !ended => continue,
                    Ok(()) if !body.stack.failed() && !body.code.failed() => return Ok(Outcome::Translated),
                    Ok(()) => TranslateErrorKind::OutOfMemory,
                    Err(kind) => kind,
                },
                Err(_) if body.found_older_try && !legacy_tries => return Ok(Outcome::FoundOlderTry),
                Err(kind) => kind,
            };
            // When memory has run out, the lost entries make a valid body look invalid.
            let no_memory = body.stack.failed() || body.code.failed();
            return Err(failed(at, if no_memory { TranslateErrorKind::OutOfMemory } else { kind }));
        }
    }

    /// Puts a prologue in front of the code. It sets those locals to zero that may be read before they are written. An
    /// instruction may set more slots of the frame: nothing has been written to those behind the header.
    fn add_prologue(&mut self, frame_slots: u32) -> Result<(), OutOfMemory> {
        let Buffers { code, locals, .. } = &mut self.buffers;
        self.prologue.clear();
        let mut runs = locals.zeroed().peekable();
        let mut first = 0;
        while let Some((start, count)) = runs.next() {
            // Instructions for earlier runs may have reached into this one. Frames have less than 2^16 slots.
            let end = start + count;
            first = start.max(first);
            if end.saturating_sub(first) > 12 {
                self.prologue.try_extend_from_slice(&[const { Opcode::only(Op::ZeroSlots) }.0, first, end - first])?;
                first = end;
            }
            while first < end {
                let is_near = runs.peek().is_some_and(|&(next, _)| next - first < 4);
                let (opcode, slots) = match end - first {
                    3.. if fits(first, frame_slots) => (const { Opcode::only(Op::ZeroFour) }, 4),
                    _ if is_near && fits(first, frame_slots) => (const { Opcode::only(Op::ZeroFour) }, 4),
                    1 => (const { Opcode::only(Op::ZeroOne) }, 1),
                    _ => (const { Opcode::only(Op::ZeroTwo) }, 2),
                };
                self.prologue.try_extend_from_slice(&[opcode.0, first])?;
                first += slots;
            }
        }
        let (all, added) = (code.units.len(), self.prologue.len());
        if added == 0 {
            return Ok(());
        }
        code.units.try_resize(all + added, 0)?;
        code.units.copy_within(..all, added);
        code.units[..added].copy_from_slice(&self.prologue);
        for handler in &mut code.handlers {
            for place in [&mut handler.from, &mut handler.to, &mut handler.target] {
                *place += added as u32;
            }
        }
        for unit in code.offsets.iter_mut().map(|(unit, _)| unit).chain(&mut code.relocations) {
            *unit += added as u32;
        }
        Ok(())
    }
}

/// Whether four slots from `first` on are in a frame.
fn fits(first: u16, frame_slots: u32) -> bool {
    u32::from(first) + 4 <= frame_slots
}
