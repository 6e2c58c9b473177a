//! Executes the directives of a script in order.

use std::collections::BTreeMap;

use wasmote_compile::ImageWriteError;
use wasmote_decode::{ImportType, ModuleInfo};
use wasmote_exec::in_place::{CallError, Caller, Import, Instance, LoadError, buffer_bytes};
use wasmote_exec::{TrapCode, ValType};
use wasmote_ir::Op;
use wasmote_ir::code::instructions;
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::{Section, kinds};
use wasmote_ir::shape::Operand;
use wasmote_translate::{CodeOptions, TranslateErrorKind};
use wasmote_validate::{Features, required_features, validate};
use wasmote_wat::script::{Action, Directive, DirectiveKind, Pattern, ScriptModule, parse};

use crate::support::{Aligned, buffer_for, image_of, what_is_lacking};
use crate::values;
use wasmote_test_support::scripts::Script;

/// The result of a script.
#[derive(Default)]
pub struct Summary {
    /// How many directives passed.
    pub passed: usize,
    /// The line of each failed directive, and what happened.
    pub failures: Vec<(u32, String)>,
    /// The lines of the directives that were left out, by reason.
    pub left_out: BTreeMap<String, Vec<u32>>,
}

/// The reason why a directive did not pass.
enum Not {
    /// Execution in place lacks what it needs.
    LeftOut(String),
    Failed(String),
}

use Not::{Failed, LeftOut};

fn left_out<T>(reason: &str) -> Result<T, Not> {
    Err(LeftOut(reason.into()))
}

/// The functions of the module `spectest`. They print, and no test looks at that.
const IMPORTS: &[Import<()>] = &{
    use ValType::{F32, F64, I32, I64};
    const fn print(name: &'static str, params: &'static [ValType]) -> Import<()> {
        fn nothing(_: &mut Caller<'_, ()>, _: &mut [u64]) -> Result<(), TrapCode> {
            Ok(())
        }
        Import { module: "spectest", name, params, results: &[], func: nothing }
    }
    [
        print("print", &[]),
        print("print_i32", &[I32]),
        print("print_i64", &[I64]),
        print("print_f32", &[F32]),
        print("print_f64", &[F64]),
        print("print_i32_f32", &[I32, F32]),
        print("print_f64_f64", &[F64, F64]),
    ]
};

/// The slots of the value stack: enough for each recursion in the scripts that must succeed.
const STACK: usize = 32 << 10;
/// The room for memory 0 to grow, in bytes.
const GROWTH: usize = 96 << 20;
/// The largest buffer that a module gets, in bytes.
const MAX_BUFFER: usize = 256 << 20;

/// An instance, and its image in a form that the tests can query. They borrow from [`Parts`].
type Kept = (Instance<'static, ()>, Image<'static>);

/// Runs a script.
pub fn run(script: &Script, code: CodeOptions) -> Summary {
    let mut summary = Summary::default();
    let directives = match parse(&script.text, &script.path) {
        Ok(directives) => directives,
        Err(error) => {
            summary.failures.push((error.line, error.to_string()));
            return summary;
        }
    };
    let mut runner = Runner { code, ..Runner::default() };
    for Directive { line, kind } in &directives {
        match runner.directive(kind) {
            Ok(()) => summary.passed += 1,
            Err(LeftOut(reason)) => summary.left_out.entry(reason).or_default().push(*line),
            Err(Failed(what)) => summary.failures.push((*line, what)),
        }
    }
    summary
}

#[derive(Default)]
struct Runner<'s> {
    code: CodeOptions,
    /// All instances, or the reason why there is none.
    instances: Vec<Result<Parts, String>>,
    /// The indices of instances by name.
    names: BTreeMap<&'s str, usize>,
    /// The indices of instances by the name under which they can be imported.
    registered: BTreeMap<&'s str, usize>,
    /// The modules that were only defined. The last one also has the empty name.
    definitions: BTreeMap<&'s str, &'s ScriptModule>,
}

/// An instance and its memory, which are freed in this order.
struct Parts {
    kept: Option<Kept>,
    image: *mut Aligned,
    buffer: *mut [u64],
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.kept = None;
        // SAFETY: both were leaked by `Parts::new`, and what borrowed them is gone.
        unsafe {
            drop(Box::from_raw(self.image));
            drop(Box::from_raw(self.buffer));
        }
    }
}

impl Parts {
    fn new(image: Aligned, buffer: Vec<u64>) -> Result<Parts, LoadError> {
        let (image, buffer) = (Box::into_raw(Box::new(image)), Box::into_raw(buffer.into_boxed_slice()));
        let mut parts = Parts { kept: None, image, buffer };
        // SAFETY: `parts` owns both allocations and frees them after the instance that borrows them. Nothing else
        // uses the buffer.
        let (bytes, buffer) = unsafe { ((*image).bytes(), &mut *buffer) };
        let parsed = Image::parse(bytes)?;
        parts.kept = Some((Instance::new(bytes, IMPORTS, buffer, STACK, ())?, parsed));
        Ok(parts)
    }
}

impl<'s> Runner<'s> {
    fn directive(&mut self, directive: &'s DirectiveKind) -> Result<(), Not> {
        match directive {
            DirectiveKind::Module { name, module } => self.keep(name.as_deref(), module),
            DirectiveKind::Definition { name, module } => {
                self.definitions.insert("", module);
                self.definitions.insert(name.as_deref().unwrap_or(""), module);
                left_out("no more than a definition")
            }
            DirectiveKind::Instance { name, module } => match self.definitions.get(module.as_deref().unwrap_or("")) {
                Some(source) => self.keep(name.as_deref(), source),
                None => Err(Failed("no such module".into())),
            },
            DirectiveKind::Register { name, instance } => {
                if let Some(number) = self.number(instance.as_deref()) {
                    self.registered.insert(name, number);
                }
                left_out("registration for imports")
            }
            DirectiveKind::Action(action) => match self.act(action)? {
                Ok(_) => Ok(()),
                Err(code) => Err(Failed(format!("trapped with \"{}\"", code.message()))),
            },
            DirectiveKind::AssertReturn { action, results } => match self.act(action)? {
                Ok(values) => compare(&values, results),
                Err(code) => Err(Failed(format!("trapped with \"{}\"", code.message()))),
            },
            DirectiveKind::AssertTrap { action, message } | DirectiveKind::AssertExhaustion { action, message } => {
                match self.act(action)? {
                    Err(code) if code.is_worded(message) => Ok(()),
                    Err(code) => Err(Failed(format!("trapped with \"{}\" instead of \"{message}\"", code.message()))),
                    Ok(values) => Err(Failed(format!("returned {values:?} instead of trapping with \"{message}\""))),
                }
            }
            DirectiveKind::AssertMalformed { .. } | DirectiveKind::AssertInvalid { .. } => {
                left_out("decoding and validation")
            }
            DirectiveKind::AssertCustom(_) => left_out("custom sections"),
            DirectiveKind::AssertUnlinkable { .. } => left_out("linking"),
            DirectiveKind::AssertException(_) => left_out("exception handling"),
            DirectiveKind::Thread { .. } | DirectiveKind::Wait { .. } => left_out("threads"),
        }
    }

    /// Instantiates a module as the last instance.
    fn keep(&mut self, name: Option<&'s str>, source: &ScriptModule) -> Result<(), Not> {
        let made = self.instantiate(source);
        let made = made.and_then(|outcome| {
            outcome.map_err(|code| Failed(format!("trapped when instantiated with \"{}\"", code.message())))
        });
        if let (Err(LeftOut(_)), ScriptModule::Binary(wasm)) = (&made, source) {
            self.forget_imported(wasm);
        }
        let (instance, outcome) = match made {
            Ok(parts) => (Ok(parts), Ok(())),
            Err(LeftOut(reason)) => (Err(reason.clone()), Err(LeftOut(reason))),
            Err(Failed(what)) => (Err("of a module that failed".into()), Err(Failed(what))),
        };
        if let Some(name) = name {
            self.names.insert(name, self.instances.len());
        }
        // The instances before that have no name cannot be named any more.
        let last = self.instances.len().wrapping_sub(1);
        if let Some(before) = self.instances.last_mut()
            && !self.names.values().chain(self.registered.values()).any(|&kept| kept == last)
        {
            *before = Err("replaced".into());
        }
        self.instances.push(instance);
        outcome
    }

    /// Instantiates a module. The inner error is a trap.
    fn instantiate(&self, source: &ScriptModule) -> Result<Result<Parts, TrapCode>, Not> {
        let wasm = match source {
            ScriptModule::Binary(wasm) => wasm,
            ScriptModule::Malformed(error) => return Err(Failed(error.to_string())),
        };
        if let Err(error) = validate(wasm, &Features::default()) {
            let (needed, _) = required_features(wasm);
            let mut missing: Vec<&str> =
                needed.iter().filter(|needed| !needed.built).map(|needed| needed.name).collect();
            // Errors that do not name a feature.
            let said = [("SIMD support is not enabled", "SIMD"), ("gc proposal must be enabled", "garbage collection")];
            if missing.is_empty() {
                missing.extend(said.iter().filter(|(said, _)| error.message.starts_with(said)).map(|(_, name)| name));
            }
            return if missing.is_empty() { Err(Failed(error.to_string())) } else { left_out(&missing.join(", ")) };
        }
        let module = match wasmote_decode::decode(wasm) {
            Ok(module) => module,
            Err(error) => return Err(LeftOut(format!("{:?}", error.kind))),
        };
        imports_functions_only(&module)?;
        let image = match image_of(wasm, self.code) {
            Ok(image) => image,
            Err(ImageWriteError::Function(_, error))
                if matches!(error.kind, TranslateErrorKind::Unsupported | TranslateErrorKind::VectorInCore) =>
            {
                return left_out(error.kind.message());
            }
            Err(error) => return Err(Failed(format!("no image: {error:?}"))),
        };
        let failed = |error: LoadError| Failed(format!("{error:?}: {}", error.message()));
        if let Some(lacking) = what_is_lacking(image.bytes()) {
            return left_out(lacking);
        }
        let grows = grows(image.bytes())?;
        if buffer_bytes(image.bytes(), STACK).map_err(failed)? > MAX_BUFFER {
            return left_out("a memory or a table that begins too large for a test");
        }
        let buffer = buffer_for(image.bytes(), STACK, if grows { GROWTH } else { 0 });
        match Parts::new(image, buffer) {
            Ok(parts) => Ok(Ok(parts)),
            Err(LoadError::Trap(code)) => Ok(Err(code)),
            Err(error) => Err(failed(error)),
        }
    }

    /// Forgets the instances that a module imports, because a module that is left out could have changed them.
    fn forget_imported(&mut self, wasm: &[u8]) {
        let Ok(module) = wasmote_decode::decode(wasm) else { return };
        for number in module.imports.iter().filter_map(|import| self.registered.get(&*import.module)) {
            self.instances[*number] = Err("an instance that one left out may have changed".into());
        }
    }

    fn number(&self, name: Option<&str>) -> Option<usize> {
        match name {
            Some(name) => self.names.get(name).copied(),
            None => self.instances.len().checked_sub(1),
        }
    }

    fn instance(&mut self, name: Option<&str>) -> Result<&mut Kept, Not> {
        let number = self.number(name).ok_or_else(|| Failed(format!("no instance ${}", name.unwrap_or(""))))?;
        match &mut self.instances[number] {
            Ok(parts) => Ok(parts.kept.as_mut().expect("an instance that was made")),
            Err(reason) => Err(LeftOut(reason.clone())),
        }
    }

    /// Returns the result of an action: values with their types, or a trap.
    fn act(&mut self, action: &Action) -> Result<Result<Values, TrapCode>, Not> {
        match action {
            Action::Invoke { instance, name, args } => {
                let (instance, image) = self.instance(instance.as_deref())?;
                let mut slots = Vec::new();
                if !args.iter().all(|arg| values::push(arg, &mut slots)) {
                    return left_out("an argument of a type that is not supported");
                }
                let exports = (0..image.count(Section::Exports)).filter_map(|index| image.export(index));
                let export = exports.into_iter().find(|e| e.kind == kinds::FUNC && e.name == name.as_bytes());
                let ty = export.and_then(|export| image.ty(image.func(export.index)?.ty.into()));
                let Some(ty) = ty else { return Err(Failed(format!("no export \"{name}\""))) };
                let types: Vec<ValType> = image.val_types(ty, true).collect();
                let mut results = vec![0; types.iter().map(|ty| usize::from(ty.slots())).sum()];
                match instance.call(name, &slots, &mut results) {
                    Ok(()) => {
                        let mut rest = &results[..];
                        let value = |ty: ValType| {
                            let (slots, others) = rest.split_at(ty.slots().into());
                            rest = others;
                            (ty, slots.to_vec())
                        };
                        Ok(Ok(types.into_iter().map(value).collect()))
                    }
                    Err(CallError::Trap(code)) => Ok(Err(code)),
                    Err(error) => Err(Failed(error.message().into())),
                }
            }
            Action::Get { instance, name } => {
                let (instance, image) = self.instance(instance.as_deref())?;
                let exports = (0..image.count(Section::Exports)).filter_map(|index| image.export(index));
                let export = exports.into_iter().find(|e| e.kind == kinds::GLOBAL && e.name == name.as_bytes());
                let ty = export.and_then(|export| ValType::from_number(image.global(export.index)?.content));
                match (ty, instance.global(name)) {
                    (Some(ty), Some(value)) => Ok(Ok(vec![(ty, vec![value])])),
                    _ => Err(Failed(format!("no global \"{name}\""))),
                }
            }
            Action::Instantiate(source) => {
                let made = self.instantiate(source);
                if let (Err(LeftOut(_)), ScriptModule::Binary(wasm)) = (&made, source) {
                    self.forget_imported(wasm);
                }
                Ok(made?.map(|_| Vec::new()))
            }
        }
    }
}

/// Leaves out modules whose imports execution in place lacks.
fn imports_functions_only(module: &ModuleInfo) -> Result<(), Not> {
    for import in &module.imports {
        match import.ty {
            ImportType::Func(_) | ImportType::ExactFunc(_) if &*import.module == "spectest" => {}
            ImportType::Func(_) | ImportType::ExactFunc(_) => return left_out("imports functions of other instances"),
            _ => return left_out("imports a table, a memory or a global"),
        }
    }
    Ok(())
}

/// Returns whether memory 0 grows. Leaves out modules that grow anything else.
fn grows(bytes: &[u8]) -> Result<bool, Not> {
    let image = Image::parse(bytes).map_err(|error| Failed(error.kind.message().into()))?;
    let mut grows = false;
    for func in image.imported(kinds::FUNC)..image.count(Section::Funcs) {
        let code = &bytes[image.code_range(func).unwrap_or_default()];
        let units: Vec<u16> = code.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        for (_, instr) in instructions(&units) {
            match instr.op() {
                Op::TabGrow | Op::TabGrowFuel => return left_out("growth of tables"),
                Op::MemGrow | Op::MemGrowFuel
                    if instr.operands().any(|(kind, value)| kind == Operand::Memory && value != 0) =>
                {
                    return left_out("growth of other memories than the first");
                }
                Op::MemGrow | Op::MemGrowFuel => grows = true,
                _ => {}
            }
        }
    }
    Ok(grows)
}

/// Values in slots, with their types.
type Values = Vec<(ValType, Vec<u64>)>;

fn compare(values: &[(ValType, Vec<u64>)], expected: &[Pattern]) -> Result<(), Not> {
    let same = values.len() == expected.len()
        && values.iter().zip(expected).all(|((ty, slots), pattern)| values::matches(*ty, slots, pattern));
    if same { Ok(()) } else { Err(Failed(format!("returned {values:x?} instead of {expected:x?}"))) }
}
