//! The gate of `cargo xtask size`, with a program into which an oversized function is planted.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of the fixture, whose budget may be written to.
struct Fixture(PathBuf);

impl Fixture {
    fn new(name: &str) -> Fixture {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/planted");
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&to);
        std::fs::create_dir_all(to.join("src")).expect("a folder for tests");
        for file in ["Cargo.toml", "Cargo.lock", "src/main.rs", "size-budget.toml"] {
            std::fs::copy(from.join(file), to.join(file)).expect("a file of the fixture");
        }
        Fixture(to)
    }

    fn budget(&self) -> PathBuf {
        self.0.join("size-budget.toml")
    }

    fn replace(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.budget()).expect("the budget");
        assert!(text.contains(from), "the fixture's budget has changed");
        std::fs::write(self.budget(), text.replace(from, to)).expect("the budget");
    }

    fn gate(&self, more: &[&str]) -> Output {
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask.arg("size").args(more).arg("--budget").arg(self.budget()).output().expect("xtask starts")
    }
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

#[test]
fn planted_function_is_refused_and_named() {
    let fixture = Fixture::new("planted");
    let output = fixture.gate(&["--bless"]);
    assert!(output.status.success(), "{}", said(&output));

    fixture.replace("features = []", r#"features = ["oversized"]"#);
    let output = fixture.gate(&[]);
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    for words in [
        " over the budget of 350,000",
        "planted: planted: ",
        " over the budget of 2,000",
        "crate planted grew by ",
        "function planted::oversized::planted (crate planted) grew by ",
    ] {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }

    // What makes it fail is the budget, not the change.
    fixture.replace("350_000", "450_000");
    fixture.replace("2_000", "20_000");
    let output = fixture.gate(&[]);
    assert!(output.status.success(), "{}", self::said(&output));
}

#[test]
fn configuration_for_an_unknown_target_is_left_out_aloud() {
    let fixture = Fixture::new("left-out");
    fixture.replace("features = []", r#"target = "thumbv6m-nuttx-eabi""#);
    let output = fixture.gate(&[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("planted is left out: "), "{}", said(&output));
    assert!(!fixture.gate(&["--require-all"]).status.success());
}
