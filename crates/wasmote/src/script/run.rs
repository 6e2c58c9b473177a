//! Carries out the directives of a script, one after the other.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wasmote_compile::ImageOptions;
use wasmote_ir::TrapCode;
use wasmote_wat::script::{self, Action, Directive, DirectiveKind, Pattern, ScriptModule};

use super::threads::{Shared, Threads};
use super::{Failure, LeftOut, Options, Summary, spectest, values};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::externs::Extern;
use crate::handles::Instance;
use crate::linker::Linker;
use crate::module::Module;
use crate::name_map::NameMap;
use crate::store::Store;
use crate::value::Val;

/// Runs a script. `path` is only for messages.
#[inline(never)]
#[must_use]
pub fn run(path: &str, text: &str, options: &Options) -> Summary {
    let failed = |line, what| Summary { failed: [Failure { line, what }].into(), ..Summary::default() };
    let directives = match script::parse(text, path) {
        Ok(directives) => directives,
        Err(error) => return failed(error.line, error.to_string()),
    };
    match Runner::new(&Engine::new(&options.config), options) {
        Ok(runner) => runner.directives(&directives),
        Err(error) => failed(0, format!("no module spectest: {error}")),
    }
}

pub(super) enum Done {
    Passed,
    LeftOut(&'static str),
}

/// Formats what went wrong.
pub(super) type Outcome<T = Done> = Result<T, String>;

/// Carries out directives on one thread.
pub(super) struct Runner {
    pub(super) engine: Engine,
    pub(super) options: Options,
    pub(super) store: Store<()>,
    /// The module `spectest`, and the modules that scripts register.
    linker: Linker<()>,
    /// The last instance. `None` if it could not be made.
    current: Option<Instance>,
    instances: NameMap<Instance>,
    /// The last module that was defined, but not instantiated.
    definition: Option<Module>,
    definitions: NameMap<Module>,
    /// The memories that another thread shares with this one, by the names of the instances that export them.
    pub(super) shared: NameMap<Shared>,
    pub(super) threads: Threads,
    pub(super) summary: Summary,
}

impl Runner {
    #[inline(never)]
    pub(super) fn new(engine: &Engine, options: &Options) -> Result<Runner, Error> {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        spectest::define(&mut linker, &mut store)?;
        if let Some(prepare) = options.prepare {
            prepare(&mut store);
        }
        Ok(Runner {
            engine: engine.clone(),
            options: options.clone(),
            store,
            linker,
            current: None,
            instances: NameMap::default(),
            definition: None,
            definitions: NameMap::default(),
            shared: NameMap::default(),
            threads: Threads::default(),
            summary: Summary::default(),
        })
    }

    /// Carries out all directives, and waits for the threads.
    pub(super) fn directives(mut self, directives: &[Directive]) -> Summary {
        for Directive { line, kind } in directives {
            match self.directive(kind) {
                Ok(Done::Passed) => self.summary.passed += 1,
                Ok(Done::LeftOut(reason)) => self.summary.left_out.push(LeftOut { line: *line, reason }),
                Err(what) => self.summary.failed.push(Failure { line: *line, what }),
            }
        }
        while let Some(name) = self.next_thread() {
            if let Err(what) = self.wait_for_thread(name.as_deref()) {
                self.summary.failed.push(Failure { line: 0, what });
            }
        }
        self.summary
    }

    #[inline(never)]
    fn directive(&mut self, directive: &DirectiveKind) -> Outcome {
        match directive {
            DirectiveKind::Module { name, module } => {
                // If this fails, later directives must not use the previous instance.
                self.current = None;
                let module = self.module(module)?;
                self.keep(name.as_deref(), &module)?;
            }
            DirectiveKind::Definition { name, module } => {
                let module = self.module(module)?;
                if let Some(name) = name {
                    self.definitions.insert(name, module.clone()).map_err(|error| said(error.into()))?;
                }
                self.definition = Some(module);
            }
            DirectiveKind::Instance { name, module } => {
                self.current = None;
                let module = match module {
                    Some(module) => self.definitions.get(module),
                    None => self.definition.as_ref(),
                };
                let module = module.cloned().ok_or("no such module")?;
                self.keep(name.as_deref(), &module)?;
            }
            DirectiveKind::Register { name, instance: Some(instance) } if self.shared.get(instance).is_some() => {
                for (export, memory) in self.shared.get(instance).into_iter().flatten() {
                    self.linker.define(name, export, memory.clone()).map_err(said)?;
                }
            }
            DirectiveKind::Register { name, instance } => {
                let instance = self.instance(instance.as_deref())?;
                self.linker.instance(&mut self.store, name, instance).map_err(said)?;
            }
            DirectiveKind::Action(action) => {
                self.act(action)?.map_err(said)?;
            }
            DirectiveKind::AssertReturn { action, results } => {
                let values = self.act(action)?.map_err(said)?;
                self.compare(&values, results)?;
            }
            DirectiveKind::AssertTrap { action, message } | DirectiveKind::AssertExhaustion { action, message } => {
                let outcome = self.act(action)?;
                let code = self.trapped(outcome, message)?;
                if !code.is_worded(message) {
                    return Err(format!("trapped with \"{}\" instead of \"{message}\"", code.message()));
                }
            }
            DirectiveKind::AssertMalformed { module, message } | DirectiveKind::AssertInvalid { module, message } => {
                self.refused(module, message)?;
            }
            DirectiveKind::AssertUnlinkable { module, message } => self.unlinkable(module, message)?,
            DirectiveKind::AssertException(action) => match self.act(action)? {
                Err(error) if error.as_exception().is_some() => {}
                Err(error) => return Err(format!("failed, but not with an exception: {error}")),
                Ok(values) => {
                    return Err(format!(
                        "returned {} instead of throwing",
                        values::shown(&values, self.options.decimals)
                    ));
                }
            },
            DirectiveKind::Thread { name, shared, directives } => {
                self.start_thread(name.as_deref(), shared, directives)?;
            }
            DirectiveKind::Wait { name } => self.wait_for_thread(name.as_deref())?,
            DirectiveKind::AssertCustom(ScriptModule::Malformed(_)) => {}
            DirectiveKind::AssertCustom(ScriptModule::Binary(_)) => {
                return Ok(Done::LeftOut("damaged custom sections are ignored"));
            }
        }
        Ok(Done::Passed)
    }

    #[inline(never)]
    fn module(&self, source: &ScriptModule) -> Outcome<Module> {
        match source {
            ScriptModule::Binary(binary) => {
                let module = Module::new(&self.engine, &binary[..]).map_err(said)?;
                match self.options.images {
                    Some(code) => {
                        let image =
                            module.to_image(&ImageOptions::default().with_code(code).with_names(true)).map_err(said)?;
                        Module::from_image(&self.engine, image).map_err(said)
                    }
                    None => Ok(module),
                }
            }
            ScriptModule::Malformed(error) => Err(error.to_string()),
        }
    }

    /// Instantiates a module. The instance becomes the last one.
    #[inline(never)]
    fn keep(&mut self, name: Option<&str>, module: &Module) -> Outcome<()> {
        let instance = self.linker.instantiate(&mut self.store, module).map_err(said)?;
        if let Some(name) = name {
            self.instances.insert(name, instance).map_err(|error| said(error.into()))?;
        }
        self.current = Some(instance);
        Ok(())
    }

    pub(super) fn instance(&self, name: Option<&str>) -> Outcome<Instance> {
        match name {
            Some(name) => self.instances.get(name).copied().ok_or_else(|| format!("no instance ${name}")),
            None => self.current.ok_or_else(|| "no instance".into()),
        }
    }

    fn export(&mut self, instance: Option<&str>, name: &str) -> Outcome<Extern> {
        let instance = self.instance(instance)?;
        instance.get_export(&self.store, name).ok_or_else(|| format!("no export \"{name}\""))
    }

    /// Runs an action. The outer error means that the script is wrong, the inner one that the action failed.
    #[inline(never)]
    fn act(&mut self, action: &Action) -> Outcome<Result<Vec<Val>, Error>> {
        match action {
            Action::Invoke { instance, name, args } => {
                let Extern::Func(func) = self.export(instance.as_deref(), name)? else {
                    return Err(format!("export \"{name}\" is not a function"));
                };
                let mut arguments = Vec::new();
                for arg in args {
                    let value = values::argument(arg, &mut self.store);
                    arguments.push(value.ok_or("an argument of a type that is not supported")?);
                }
                let ty = func.ty(&self.store);
                let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default_of(ty)).collect();
                Ok(func.call(&mut self.store, &arguments, &mut results).map(|()| results))
            }
            Action::Get { instance, name } => match self.export(instance.as_deref(), name)? {
                Extern::Global(global) => Ok(Ok([global.get(&mut self.store)].into())),
                _ => Err(format!("export \"{name}\" is not a global")),
            },
            Action::Instantiate(module) => {
                let module = self.module(module)?;
                Ok(self.linker.instantiate(&mut self.store, &module).map(|_| Vec::new()))
            }
        }
    }

    #[inline(never)]
    fn compare(&self, values: &[Val], expected: &[Pattern]) -> Outcome<()> {
        let same = values.len() == expected.len()
            && values.iter().zip(expected).all(|(value, pattern)| values::matches(value, pattern, &self.store));
        if same {
            return Ok(());
        }
        Err(format!(
            "returned {} instead of {}",
            values::shown(values, self.options.decimals),
            values::expected(expected)
        ))
    }

    /// Returns the trap code of an error.
    #[inline(never)]
    fn trapped(&self, outcome: Result<Vec<Val>, Error>, message: &str) -> Outcome<TrapCode> {
        match outcome {
            Ok(values) => {
                let values = values::shown(&values, self.options.decimals);
                Err(format!("returned {values} instead of trapping with \"{message}\""))
            }
            Err(error) => match error.as_trap_code() {
                Some(code) => Ok(code),
                None => Err(format!("failed, but not with the trap \"{message}\": {error}")),
            },
        }
    }

    /// Checks that a module is refused. The message does not matter.
    #[inline(never)]
    fn refused(&self, source: &ScriptModule, message: &str) -> Outcome<()> {
        match source {
            ScriptModule::Malformed(_) => Ok(()),
            ScriptModule::Binary(binary) => match Module::new(&self.engine, &binary[..]) {
                Err(_) => Ok(()),
                Ok(_) => Err(format!("loaded instead of being refused with \"{message}\"")),
            },
        }
    }

    /// Checks that a valid module is refused because of its imports.
    #[inline(never)]
    fn unlinkable(&mut self, source: &ScriptModule, message: &str) -> Outcome<()> {
        let module = self.module(source)?;
        match self.linker.instantiate(&mut self.store, &module) {
            Ok(_) => Err(format!("instantiated instead of being refused with \"{message}\"")),
            Err(error) => match error.kind() {
                ErrorKind::Link(_) => Ok(()),
                // Version 1 of the specification refused segments that do not fit before anything ran.
                ErrorKind::TrapCode(_) if message.ends_with("segment does not fit") => Ok(()),
                _ => Err(format!("not refused with \"{message}\": {error}")),
            },
        }
    }
}

/// Formats an error.
pub(super) fn said(error: Error) -> String {
    error.to_string()
}
