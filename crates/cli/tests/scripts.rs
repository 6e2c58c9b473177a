//! Runs `wasmote wast` on the project's own scripts, and checks the counts that it prints.
#![cfg(all(unix, feature = "script", feature = "gc"))]

use std::path::Path;
use std::process::Command;

/// Words that only scripts with vectors contain.
const OF_VECTORS: [&str; 2] = ["v128", "x4."];

/// Words that only scripts with shared memories contain.
const OF_SHARED_MEMORIES: [&str; 1] = [" shared)"];

#[test]
fn every_directive_of_the_scripts_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/regress");
    let mut scripts: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wast"))
        .collect();
    scripts.sort();
    let found = scripts.len();
    scripts.retain(|path| {
        let text = std::fs::read_to_string(path).expect("the script can be read");
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        (cfg!(feature = "simd") || !has(&OF_VECTORS)) && (cfg!(feature = "threads") || !has(&OF_SHARED_MEMORIES))
    });
    println!("{} of {found} scripts", scripts.len());
    assert!(scripts.len() > 15);
    let ran = Command::new(env!("CARGO_BIN_EXE_wasmote")).arg("wast").args(&scripts).output().expect("it starts");
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(out.lines().last().is_some_and(|line| line.ends_with(" passed, 0 failed")), "{out}");
}
