//! Builds a configuration, or says why this machine can't.

use std::ffi::OsString;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, Message};

use super::budget::Configuration;
use crate::{embedded, project};

/// Mangled names that contain the crate and the arguments of generic functions. `cargo xtask tailcheck` builds with it too.
const MANGLING: &str = "-Csymbol-mangling-version=v0";

/// How a configuration is built on this machine.
pub struct Builder<'a> {
    configuration: &'a Configuration,
    folder: PathBuf,
    cargo: OsString,
    target_dir: PathBuf,
}

impl<'a> Builder<'a> {
    /// The way to build it, or the reason why there is none.
    pub fn find(configuration: &'a Configuration, folder: &Path) -> Result<Result<Builder<'a>, String>> {
        let manifest = folder.join(configuration.manifest.as_deref().unwrap_or("Cargo.toml".as_ref()));
        // Cargo reads the settings of the folder it is started in. Those of firmware say how it is linked.
        let folder = manifest.parent().context("a manifest without a folder")?.into();
        let (cargo, target_dir) = match &configuration.target {
            None if cfg!(not(target_os = "linux")) => return Ok(Err("only ELF binaries are understood".into())),
            None => (project::cargo_program(), project::target_dir()),
            Some(target) => match embedded::cargo_with_core(target) {
                // Each compiler has a folder of its own, so that neither overwrites what the other built.
                Ok(cargo) => (cargo, project::target_dir().join("embedded")),
                Err(reason) => return Ok(Err(reason)),
            },
        };
        if configuration.is_firmware() && !images().is_dir() {
            return Ok(Err(format!(
                "its guests are not in {}; `cargo xtask firmware` compiles them",
                images().display()
            )));
        }
        Ok(Ok(Builder { configuration, folder, cargo, target_dir }))
    }

    /// A tool, set up to call cargo as [`Builder::build`] does.
    pub fn tool(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.prepare(&mut command);
        command
    }

    /// Builds it and returns the program or library.
    pub fn build(&self) -> Result<PathBuf> {
        let mut command = Command::new(&self.cargo);
        self.prepare(&mut command);
        command.args(["build", "--quiet", "--message-format", "json-render-diagnostics"]);
        command.args(self.configuration.selection());
        if let Some(target) = &self.configuration.target {
            // The variable would replace what the settings of the folder say about linking; the option adds to it.
            command.env_remove("RUSTFLAGS").arg("--config").arg(format!("target.{target}.rustflags=['{MANGLING}']"));
        }
        let name = &self.configuration.name;
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
        let mut built = None;
        for message in Message::parse_stream(BufReader::new(child.stdout.take().context("cargo's output")?)) {
            if let Message::CompilerArtifact(artifact) = message?
                && self.is_wanted(&artifact)
            {
                // The first file of a library is the one to link.
                built = artifact.executable.or_else(|| artifact.filenames.into_iter().next());
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("{name}: {} failed ({status})", project::command_line(&command));
        }
        Ok(built.with_context(|| format!("{name}: nothing was built"))?.into())
    }

    /// Whether an artifact is the program, or the library of the package. Which other artifacts cargo names, and in which order, depends on what was
    /// built before.
    fn is_wanted(&self, artifact: &Artifact) -> bool {
        let plain = |name: &str| name.replace('-', "_");
        artifact.executable.is_some() || plain(&artifact.target.name) == plain(&self.configuration.package)
    }

    fn prepare(&self, command: &mut Command) {
        let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
        flags.push(' ');
        flags.push_str(MANGLING);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.env("RUSTFLAGS", flags.trim_start()).env("CARGO_TARGET_DIR", &self.target_dir);
        command.env("FIRMWARE_IMAGES", images());
        // Keeps the symbols, whatever the profile says, as cargo-bloat does.
        let profile = self.configuration.profile.to_ascii_uppercase().replace('-', "_");
        command.env(format!("CARGO_PROFILE_{profile}_STRIP"), "false");
    }
}

/// The folder of the guests that firmware has in flash.
fn images() -> PathBuf {
    std::env::var_os("FIRMWARE_IMAGES").map_or_else(|| project::target_dir().join("firmware-images"), PathBuf::from)
}
