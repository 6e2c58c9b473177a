//! The guests of the firmware. The command compiles them to images; some images are then damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasmote_ir::image::layout::{AT_CHECKSUM, AT_META_END, AT_SECTIONS, Section};
use wasmote_ir::image::{checksum, code_checksum};

use super::read;
use crate::project;

/// The guests, and whether they take fuel.
const GUESTS: [(&str, bool); 6] = [
    ("coremark.wasm", false),
    ("trap.wat", false),
    ("endless.wat", true),
    ("integers.wat", false),
    ("numbers.wat", false),
    ("stranger.wat", false),
];

/// The exports whose sums the host and the firmware must agree on, each with its guest, and how many rounds the firmware runs.
const NUMBERS: [(&str, &str); 3] =
    [("integers", "integers.wat"), ("doubles", "numbers.wat"), ("singles", "numbers.wat")];
const ROUNDS: &str = "300";

/// Images in a folder, and the command that made them.
pub struct Guests {
    command: PathBuf,
    folder: PathBuf,
}

/// Where the guests' sources are.
pub fn sources() -> PathBuf {
    project::root().join("examples/firmware-guests")
}

/// Compiles all of them.
pub fn prepare() -> Result<Guests> {
    let command = project::build_release()?;
    let guests = Guests { command, folder: project::target_dir().join("firmware-images") };
    fs::create_dir_all(&guests.folder).with_context(|| guests.folder.display().to_string())?;
    for (guest, metered) in GUESTS {
        let image = guests.image(Path::new(guest).file_stem().and_then(|stem| stem.to_str()).unwrap_or(guest));
        compile(Command::new(&guests.command), &sources().join(guest), &image, metered)?;
    }
    let trap = read(&guests.image("trap"))?;
    write(&guests.image("damaged"), &damaged(trap.clone())?)?;
    write(&guests.image("hostile"), &hostile(trap.clone())?)?;
    write(&guests.image("cut-off"), &trap[..trap.len() - 4])?;
    Ok(guests)
}

/// Compiles a module to an image of the core op set; the command may be wrapped in an emulator.
pub fn compile(mut command: Command, module: &Path, image: &Path, metered: bool) -> Result<()> {
    command.arg("compile").arg(module).arg("-o").arg(image).args(["--op-set", "core"]);
    if metered {
        command.arg("--fuel");
    }
    project::run(&mut command)
}

impl Guests {
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn image(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("wmi")
    }

    /// The size of an image.
    pub fn image_bytes(&self, name: &str) -> Result<u64> {
        Ok(read(&self.image(name))?.len() as u64)
    }

    /// The expected output of the scenarios in a folder of `examples` with these features, with the sums that the host
    /// computes.
    pub fn expected(&self, example: &str, features: &[&str]) -> Result<String> {
        let path = project::root().join("examples").join(example).join("expected.txt");
        let mut expected = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for (export, guest) in NUMBERS {
            let mut command = Command::new(&self.command);
            command.args(["run", "--invoke", export]).arg(sources().join(guest)).arg(ROUNDS);
            let output = command.output().with_context(|| format!("cannot start {}", self.command.display()))?;
            ensure!(output.status.success(), "{} failed ({})", project::command_line(&command), output.status);
            let said = String::from_utf8(output.stdout)?;
            let sum: i64 = said.trim().parse().with_context(|| format!("{export} gave {said}"))?;
            expected = expected.replace(&format!("{{{export}}}"), &format!("{sum:016x}"));
        }
        Ok(expected.lines().filter_map(|line| of_build(line, features)).flat_map(|line| [line, "\n"]).collect())
    }
}

/// A line of the expected output, if it is printed with these features. It may begin with a feature that must be present, or absent.
fn of_build<'l>(line: &'l str, features: &[&str]) -> Option<&'l str> {
    let Some((condition, rest)) = line.strip_prefix('[').and_then(|line| line.split_once("] ")) else {
        return Some(line);
    };
    let (feature, wanted) = condition.strip_prefix("no ").map_or((condition, true), |feature| (feature, false));
    (features.contains(&feature) == wanted).then_some(rest)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// The place of the first function in an image: its record, and its code.
struct FirstFunction {
    record: usize,
    code: std::ops::Range<usize>,
    meta_end: usize,
}

fn first_function(image: &[u8]) -> Result<FirstFunction> {
    let number = |at: usize| -> Result<usize> {
        let bytes = image.get(at..at + 4).context("the image is too short")?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
    };
    let section = AT_SECTIONS + 8 * Section::Funcs as usize;
    let (record, count) = (number(section)?, number(section + 4)?);
    ensure!(count >= 2, "the image should have two functions at least");
    let (meta_end, next) = (number(AT_META_END)?, number(record + Section::Funcs.record())?);
    let code = meta_end + 2 * number(record)?..meta_end + 2 * next;
    ensure!(code.start < code.end && code.end <= image.len(), "the image's functions are not in order");
    Ok(FirstFunction { record, code, meta_end })
}

/// An image with one bit changed in its code, as by a bad copy.
fn damaged(mut image: Vec<u8>) -> Result<Vec<u8>> {
    let function = first_function(&image)?;
    image[function.code.start] ^= 1;
    Ok(image)
}

/// An image whose first instruction is invalid, with correct checksums.
fn hostile(mut image: Vec<u8>) -> Result<Vec<u8>> {
    let FirstFunction { record, code, meta_end } = first_function(&image)?;
    image[code.start..code.start + 2].fill(0xff);
    let sum = code_checksum(&image[code]);
    let end = record + Section::Funcs.record();
    image[end - 2..end].copy_from_slice(&sum.to_le_bytes());
    let sum = checksum(checksum(0, &image[..AT_CHECKSUM]), &image[AT_CHECKSUM + 4..meta_end]);
    image[AT_CHECKSUM..AT_CHECKSUM + 4].copy_from_slice(&sum.to_le_bytes());
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::of_build;

    #[test]
    fn lines_are_expected_of_builds_with_or_without_a_feature() {
        assert_eq!(of_build("a: [b] c", &[]), Some("a: [b] c"));
        assert_eq!(of_build("[float] a", &["verify", "float"]), Some("a"));
        assert_eq!(of_build("[float] a", &["verify"]), None);
        assert_eq!(of_build("[no float] a", &["float"]), None);
        assert_eq!(of_build("[no float] a", &[]), Some("a"));
    }
}
