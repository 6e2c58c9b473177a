//! Tools that cargo installs, each at a pinned version, into `target/tools`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::project;

/// A tool from the registry.
pub struct Tool {
    name: &'static str,
    version: &'static str,
    /// Arguments that make it print its version.
    version_arguments: &'static [&'static str],
}

/// Prints the functions and crates in a program.
pub const BLOAT: Tool = Tool { name: "cargo-bloat", version: "0.12.1", version_arguments: &["bloat", "--version"] };
/// Prints the functions in a WebAssembly module.
pub const TWIGGY: Tool = Tool { name: "twiggy", version: "0.8.0", version_arguments: &["--version"] };
/// Compiles crates with each choice of features.
pub const HACK: Tool = Tool { name: "cargo-hack", version: "0.6.44", version_arguments: &["hack", "--version"] };
/// Checks licences, sources and bans of dependencies.
pub const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", version_arguments: &["--version"] };

/// Compares the API of a crate with that of an earlier revision.
pub const SEMVER_CHECKS: Tool =
    Tool { name: "cargo-semver-checks", version: "0.51.0", version_arguments: &["semver-checks", "--version"] };

/// Lists the API of a crate. It needs a nightly toolchain.
pub const PUBLIC_API: Tool =
    Tool { name: "cargo-public-api", version: "0.52.0", version_arguments: &["public-api", "--version"] };

impl Tool {
    /// The tool in `target/tools` or the search path; installs it if it is in neither.
    pub fn find(&self) -> Result<PathBuf> {
        // One folder for all target folders.
        let root = project::checkout().join("target/tools");
        let installed = root.join("bin").join(self.name);
        for candidate in [&installed, Path::new(self.name)] {
            if self.has_version(candidate) {
                return Ok(candidate.into());
            }
        }
        eprintln!("  installing {} {} into {}", self.name, self.version, root.display());
        // To optimise them takes minutes, and they run for seconds.
        let mut cargo =
            project::cargo(["install", "--quiet", "--locked", "--force", "--debug", "--version", self.version]);
        cargo.arg("--root").arg(&root).arg("--target-dir").arg(root.join("build")).arg(self.name);
        project::run(cargo.env_remove("RUSTFLAGS").env_remove("RUSTDOCFLAGS"))?;
        ensure!(self.has_version(&installed), "{} is not {} {}", installed.display(), self.name, self.version);
        Ok(installed)
    }

    fn has_version(&self, program: &Path) -> bool {
        let output = Command::new(program).args(self.version_arguments).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).split_whitespace().any(|w| w == self.version))
    }
}
