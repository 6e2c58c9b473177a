//! Exceptions that reach the host, or that the host throws.

use alloc::boxed::Box;
use core::fmt;

use crate::backtrace::{FrameInfo, WasmBacktrace};
use crate::handles::Tag;
use crate::value::Val;

/// An exception: a tag and values (spec: exec/runtime#exception-instances).
///
/// A host function throws one by returning it as its [`Error`](crate::Error), and wasm can catch it by its tag. If
/// nothing catches an exception, the host's call returns it as its error.
///
/// ```
/// use wasmote::{Engine, Error, Exception, FuncType, Linker, Module, Store, Tag, TagType, Val, ValType};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module
///     (import "host" "tag" (tag $tag (param i32)))
///     (import "host" "fail" (func $fail (param i32)))
///     (func (export "run") (param i32) (result i32)
///         (block $caught (result i32)
///             (try_table (catch $tag $caught) (call $fail (local.get 0)))
///             (i32.const 0)))
///     (func (export "raise") (throw $tag (i32.const 7))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
/// let mut linker = Linker::new(&engine);
/// linker.define("host", "tag", tag)?;
/// linker.func_wrap("host", "fail", move |x: i32| -> Result<(), Error> {
///     Err(Exception::new(tag, [Val::I32(x * 2)]).into())
/// })?;
/// let instance = linker.instantiate(&mut store, &module)?;
/// assert_eq!(instance.get_typed_func::<i32, i32>(&store, "run")?.call(&mut store, 21)?, 42);
///
/// let error = instance.get_typed_func::<(), ()>(&store, "raise")?.call(&mut store, ()).unwrap_err();
/// let exception = error.as_exception().unwrap();
/// assert_eq!((exception.tag(), exception.values()), (tag, &[Val::I32(7)][..]));
/// assert_eq!(exception.frames().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Exception {
    tag: Tag,
    values: Box<[Val]>,
    backtrace: WasmBacktrace,
}

impl Exception {
    /// Makes an exception. `values` must be of the tag's types: otherwise throwing it fails with another error.
    pub fn new(tag: Tag, values: impl Into<Box<[Val]>>) -> Exception {
        Exception { tag, values: values.into(), backtrace: WasmBacktrace::default() }
    }

    #[cfg(feature = "gc")]
    pub(crate) fn of(tag: Tag, values: Box<[Val]>) -> Exception {
        Exception { tag, values, backtrace: WasmBacktrace::default() }
    }

    /// Returns the tag.
    #[must_use]
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Returns the values.
    #[must_use]
    pub fn values(&self) -> &[Val] {
        &self.values
    }

    /// Returns where it was thrown. Empty if the host made the exception.
    #[must_use]
    pub fn backtrace(&self) -> &WasmBacktrace {
        &self.backtrace
    }

    pub(crate) fn backtrace_mut(&mut self) -> &mut WasmBacktrace {
        &mut self.backtrace
    }

    /// Returns the frames of the functions that were running where it was thrown, the innermost first; see
    /// [`WasmBacktrace::frames`]. Empty if the host made the exception.
    #[must_use]
    pub fn frames(&self) -> &[FrameInfo] {
        self.backtrace.frames()
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("uncaught wasm exception (")?;
        for (i, value) in self.values.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            f.write_str(value.ty().name())?;
            // As 64 bits, as everywhere: each type of integers that is printed costs 250 bytes.
            let integer = match *value {
                Val::I32(value) => value.into(),
                Val::I64(value) => value,
                _ => continue,
            };
            write!(f, " {integer}")?;
        }
        f.write_str(")")?;
        self.backtrace.write_lines(f)
    }
}

impl core::error::Error for Exception {}
