//! The ways in which a module can run.

use wasmote::{CodeOptions, Config, Engine, ImageOptions, Module, OpSet, Validation};

/// A way to run a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// From the binary, with each function validated and translated at its first call; or all at once.
    Lazy,
    Eager,
    /// From the binary, without guard pages.
    Unguarded,
    /// From the binary, as metered code.
    Metered,
    /// From the binary, with a collection at each allocation.
    Stress,
    /// From an image, metered or not.
    Image(OpSet, bool),
}

pub const MODES: &[Mode] = &[
    Mode::Lazy,
    Mode::Eager,
    Mode::Unguarded,
    Mode::Metered,
    Mode::Stress,
    Mode::Image(OpSet::Extended, false),
    Mode::Image(OpSet::Core, false),
    Mode::Image(OpSet::Extended, true),
    Mode::Image(OpSet::Core, true),
];

impl Mode {
    pub fn is_metered(self) -> bool {
        matches!(self, Mode::Metered | Mode::Image(_, true))
    }

    /// Returns an engine for this mode.
    pub fn engine(self) -> Engine {
        Engine::new(&self.config())
    }

    /// Returns the settings of this mode. Value stacks are small, since tests make many. All code can be interrupted.
    pub fn config(self) -> Config {
        let mut config = Config::new();
        config.max_stack(64 << 10).validation_threads(1).gc_stress(self == Mode::Stress);
        config.eager_translation(self == Mode::Eager).consume_fuel(self.is_metered());
        config.guard_pages(self != Mode::Unguarded).interruption(true);
        config.validation(if self == Mode::Lazy { Validation::Lazy } else { Validation::Eager });
        config
    }

    /// Loads a module from its text.
    pub fn module(self, engine: &Engine, text: &str) -> Module {
        let module = Module::new(engine, wat::parse_str(text).unwrap()).unwrap();
        let Mode::Image(op_set, metered) = self else { return module };
        let code = CodeOptions::default().with_op_set(op_set).with_metered(metered);
        let image = module.to_image(&ImageOptions::default().with_code(code)).unwrap();
        Module::from_image(engine, image).unwrap()
    }
}
