//! A flame graph of each configuration: the width of a box is its bytes. A crate carries its functions, and these their instances.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use inferno::flamegraph::{Options, from_lines};

use super::measure::Measured;
use super::names;

/// Writes `NAME.svg` for each configuration into the folder.
pub fn write<'a>(folder: &Path, all: impl Iterator<Item = &'a Measured>) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for measured in all {
        let path = folder.join(&measured.name).with_extension("svg");
        let mut options = Options::default();
        options.title = format!("{}: {} bytes", measured.name, measured.total);
        options.count_name = "bytes".into();
        let lines = stacks(measured);
        from_lines(&mut options, lines.iter().map(String::as_str), File::create(&path)?)
            .map_err(|error| anyhow!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// A line `CRATE;FUNCTION;INSTANCE BYTES` for each function, and one for the rest of each section.
fn stacks(measured: &Measured) -> Vec<String> {
    // A semicolon separates boxes.
    let plain = |name: &str| name.replace(';', ",");
    let functions = measured.functions.iter().map(|function| {
        let (group, instance) = (plain(&names::without_arguments(&function.name)), plain(&function.name));
        format!("{};{group};{instance} {}", function.of, function.bytes)
    });
    functions.chain(measured.rest.iter().map(|(name, bytes)| format!("({name}) {bytes}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::measure::Function;

    #[test]
    fn instances_of_a_function_share_a_box() {
        let function = |name: &str, bytes| Function { of: "a".into(), name: name.into(), bytes };
        let functions = vec![function("a::f::<[u8; 4]>", 7), function("a::f::<B>", 5)];
        let lines = stacks(&Measured::of_functions(20, functions, "data"));
        assert_eq!(lines, ["a;a::f;a::f::<[u8, 4]> 7", "a;a::f;a::f::<B> 5", "(data) 8"]);
    }
}
