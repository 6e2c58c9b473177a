//! Measures a configuration: which figures, and by which tool, depends on the kind of file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::budget::Configuration;
use super::build::Builder;
use super::elf::{self, Section};
use super::{names, tools};

/// A function, or other named item, with its size.
#[derive(Debug, Clone, Serialize)]
pub struct Function {
    /// Its crate.
    #[serde(rename = "crate")]
    pub of: String,
    /// Demangled.
    pub name: String,
    pub bytes: u64,
}

/// All instances of one function: with other arguments, in other closures.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// The crate of the first.
    #[serde(rename = "crate")]
    pub of: String,
    /// The name without arguments.
    pub name: String,
    pub bytes: u64,
    pub instances: usize,
}

/// What was measured of a configuration.
#[derive(Debug, Serialize)]
pub struct Measured {
    pub name: String,
    /// The size of the stripped file; of firmware, the flash without the guest; of a library, the sections.
    pub total: u64,
    /// Static RAM of firmware.
    pub ram: Option<u64>,
    /// The size of a module that is compressed with gzip, as browsers load it.
    pub gzipped: Option<u64>,
    /// Bytes by crate: code; in firmware, libraries and modules also named data.
    pub crates: BTreeMap<String, u64>,
    /// The largest first.
    pub functions: Vec<Function>,
    /// The rest of the total, by section.
    pub rest: Vec<(String, u64)>,
}

/// Builds a configuration and measures it.
pub fn measure(builder: &Builder, configuration: &Configuration) -> Result<Measured> {
    let path = builder.build()?;
    let file = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let mut measured = match path.extension().and_then(|extension| extension.to_str()) {
        Some("wasm") => module(&path, &file),
        Some("rlib" | "a") => library(&file),
        _ if configuration.is_firmware() => firmware(&file, &configuration.less_symbols),
        _ if configuration.target.is_some() => bail!("no way to measure {}", path.display()),
        _ => program(builder, configuration, &file),
    }?;
    measured.name.clone_from(&configuration.name);
    measured.functions.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    Ok(measured)
}

/// A program of this machine: code by cargo-bloat, the rest by section.
fn program(builder: &Builder, configuration: &Configuration, file: &[u8]) -> Result<Measured> {
    let (bloat, functions) = tools::bloat(builder, configuration)?;
    let total = elf::stripped_size(file)?;
    let crates: BTreeMap<_, _> = bloat.crates.into_iter().map(|of| (of.name, of.size)).collect();
    let mut rest: Vec<_> = in_file(elf::sections(file)?).filter(|(name, _)| name != ".text").collect();
    rest.push((".text between functions".into(), bloat.text_section_size.saturating_sub(crates.values().sum())));
    Ok(Measured::new(total, crates, functions, rest))
}

/// Firmware: flash, by symbols, and RAM, both without the guest.
pub fn firmware(file: &[u8], less: &[String]) -> Result<Measured> {
    let sections = elf::sections(file)?;
    let mut functions = elf::functions(file, true)?;
    let mut total: u64 = sections.iter().filter(|section| section.in_file).map(|section| section.bytes).sum();
    // The application chooses how much stack and heap the linker script reserves.
    let set_aside = |section: &&Section| section.name.starts_with(".stack") || section.name.starts_with(".heap");
    let writable = sections.iter().filter(|section| section.writable && !set_aside(section));
    let mut ram: u64 = writable.map(|section| section.bytes).sum();
    for name in less {
        let guest = elf::find(file, name)?.with_context(|| format!("there is no `{name}` to be subtracted"))?;
        total -= if guest.in_file { guest.bytes } else { 0 };
        ram -= if guest.writable { guest.bytes } else { 0 };
        functions.retain(|function| !elf::is_named(&function.name, name));
    }
    let mut measured = Measured::of_functions(total, functions, "without a symbol");
    measured.ram = Some(ram);
    Ok(measured)
}

/// A library that is not linked yet: the sections of its objects.
fn library(file: &[u8]) -> Result<Measured> {
    let total = in_file(elf::sections(file)?).map(|(_, bytes)| bytes).sum();
    Ok(Measured::of_functions(total, elf::functions(file, true)?, "data without a name"))
}

/// A WebAssembly module, by twiggy; its names do not count.
fn module(path: &Path, file: &[u8]) -> Result<Measured> {
    let (mut kept, mut from) = (Vec::new(), 0);
    let mut start = 0;
    for payload in wasmparser::Parser::new(0).parse_all(file) {
        use wasmparser::Payload::*;
        let payload = payload.context("not a WebAssembly module")?;
        if let CustomSection(section) = &payload
            && (section.name() == "name" || section.name().starts_with(".debug"))
        {
            // From the end of the previous section, so that identifier and length are included.
            kept.extend_from_slice(&file[from..start as usize]);
            from = section.range().end as usize;
        }
        match payload {
            Version { range, .. } => start = range.end,
            CodeSectionEntry(_) => {}
            other => {
                if let Some((_, range)) = other.as_section() {
                    start = range.end;
                }
            }
        }
    }
    kept.extend_from_slice(&file[from..]);
    let mut measured = Measured::of_functions(kept.len() as u64, tools::twiggy(path)?, "framing");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&kept)?;
    measured.gzipped = Some(gzip.finish()?.len() as u64);
    Ok(measured)
}

fn in_file(sections: Vec<Section>) -> impl Iterator<Item = (String, u64)> {
    sections.into_iter().filter(|section| section.in_file).map(|section| (section.name, section.bytes))
}

impl Measured {
    fn new(
        total: u64,
        crates: BTreeMap<String, u64>,
        functions: Vec<Function>,
        mut rest: Vec<(String, u64)>,
    ) -> Measured {
        let known = crates.values().sum::<u64>() + rest.iter().map(|(_, bytes)| bytes).sum::<u64>();
        rest.push(("headers".into(), total.saturating_sub(known)));
        rest.retain(|(_, bytes)| *bytes > 0);
        rest.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        Measured { name: String::new(), total, ram: None, gzipped: None, crates, functions, rest }
    }

    /// The difference to another configuration.
    pub fn less(mut self, other: &Measured) -> Measured {
        self.total = self.total.saturating_sub(other.total);
        for (name, bytes) in &mut self.crates {
            *bytes = bytes.saturating_sub(other.crates.get(name).copied().unwrap_or(0));
        }
        self.crates.retain(|_, bytes| *bytes > 0);
        let names: std::collections::BTreeSet<_> = other.functions.iter().map(|function| &function.name).collect();
        self.functions.retain(|function| !names.contains(&function.name));
        let known = self.crates.values().sum();
        self.rest = vec![("data, and what else became larger or smaller".into(), self.total.saturating_sub(known))];
        self
    }

    /// The size of a crate is the sum of its functions; the rest of the total has one name.
    pub fn of_functions(total: u64, functions: Vec<Function>, left: &str) -> Measured {
        let mut crates = BTreeMap::new();
        for function in &functions {
            *crates.entry(function.of.clone()).or_default() += function.bytes;
        }
        let rest = vec![(left.into(), total.saturating_sub(crates.values().sum()))];
        Measured::new(total, crates, functions, rest)
    }

    /// The functions with all instances of one taken together, the largest first.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for function in &self.functions {
            let name = names::without_arguments(&function.name);
            let new = || Group { of: function.of.clone(), name: name.clone(), bytes: 0, instances: 0 };
            let group = groups.entry(name.clone()).or_insert_with(new);
            group.bytes += function.bytes;
            group.instances += 1;
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        groups
    }
}
