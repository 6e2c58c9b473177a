//! `wasmote compile`: a module as an image.

use wasmote::{CodeOptions, Config, Engine, ImageOptions, OpSet};

use crate::failure::Failure;
use crate::options::Options;
use crate::{input, print, run};

pub fn compile(options: &Options) -> Result<i32, Failure> {
    let file = options.file;
    let Some(out) = options.out else {
        return Err(Failure::usage("where to? Name the image with `-o OUT.wmi`"));
    };
    let wasm = input::module(file)?;
    if wasmote::Module::is_image(&wasm) {
        return Err(Failure::load(file, "is an image already"));
    }
    let image_options = ImageOptions {
        code: CodeOptions { op_set: options.op_set, metered: options.metered, ..CodeOptions::default() },
        names: options.names,
    };
    let engine = Engine::new(&Config::default());
    let module = run::load(&engine, wasm);
    let image = module.and_then(|module| module.to_image(&image_options));
    let image = match image {
        Ok(image) => image,
        Err(error) => return Err(Failure::of(file, &input::module(file)?, &error)),
    };
    if out == b"-" {
        return input::write_all(&image);
    }
    input::write(out, &image)?;
    print("")
}

/// The value of `--op-set`.
pub fn op_set(value: &str) -> Option<OpSet> {
    match value {
        "core" => Some(OpSet::Core),
        "extended" => Some(OpSet::Extended),
        _ => None,
    }
}
