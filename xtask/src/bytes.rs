//! `cargo xtask bytes`: how large the command is, and what each of its features adds.

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Package;
use pico_args::Arguments;

use crate::project::{self, BINARY, CLI};

/// The most the command may have, stripped, with its default features: 900 KB.
const LIMIT: u64 = 921_600;

pub fn main(mut arguments: Arguments) -> Result<()> {
    let default_only = arguments.contains("--default-only");
    crate::nothing_left(arguments)?;

    let metadata = project::metadata()?;
    let packages = project::product(&metadata);
    let cli = packages.into_iter().find(|package| package.name == CLI).context("the command is gone")?;
    let features = cli.features.get("default").context("the command has no default features")?;

    // The defaults come last, so that the binary left in the target folder is the one that users get.
    let mut without = Vec::new();
    if !default_only {
        for left_out in features {
            let rest: Vec<_> =
                features.iter().filter(|feature| !needs(cli, feature, left_out)).map(String::as_str).collect();
            without.push((
                format!("without {left_out}"),
                build(&["--no-default-features", "--features", &rest.join(",")])?,
            ));
        }
        if features.len() > 1 {
            without.push(("without any feature".into(), build(&["--no-default-features"])?));
        }
    }
    let size = build(&[])?;

    println!("{:<28} {:>10} {:>10}", "configuration", "bytes", "less by");
    println!("{:<28} {:>10}", "default", size);
    for (what, bytes) in without {
        println!("{what:<28} {bytes:>10} {:>10}", size as i64 - bytes as i64);
    }
    println!("limit {LIMIT}: {:.1}% used", size as f64 * 100.0 / LIMIT as f64);
    if size > LIMIT {
        bail!("the command has {size} bytes, {} over its limit of {LIMIT}", size - LIMIT);
    }
    Ok(())
}

/// Whether a feature switches on another of the same package, or is it.
fn needs(package: &Package, feature: &str, other: &str) -> bool {
    let switched_on = || package.features.get(feature).into_iter().flatten();
    feature == other || switched_on().any(|next| needs(package, next, other))
}

/// Size of the command as built with these arguments.
fn build(arguments: &[&str]) -> Result<u64> {
    let mut cargo = project::cargo(["build", "--release", "--locked", "--quiet", "--package", CLI, "--bin", BINARY]);
    project::run(cargo.args(arguments))?;
    let binary = project::target_dir().join("release").join(BINARY);
    let size = std::fs::metadata(&binary).with_context(|| binary.display().to_string())?.len();
    ensure!(size > 0, "{} is empty", binary.display());
    Ok(size)
}
