//! What is taken of wasmi: all integration tests of the library and of its WASI, and the documentation examples.

use super::{Exception, Project, differs};

pub const PROJECT: Project = Project {
    name: "wasmi",
    library: "crates/wasmi",
    crates: &["wasmi", "wasmi_core"],
    wasi_crates: &["wasmi_wasi", "wasi_common"],
    dependencies: &[("assert_matches", "\"1.5\"")],
    tests: &["crates/wasmi/tests/integration", "crates/wasi/tests"],
    programs: None,
    program_folders: &[],
    documentation: &[("crates/wasmi/src", ""), ("crates/wasi/src", "wasi::")],
    exceptions: EXCEPTIONS,
};

const FUEL: &str = "counts fuel by wasmi's costs; wasmote's are in docs/fuel.md";

const EXCEPTIONS: &[Exception] = &[
    differs("fuel_consumption::fuel_consumption_01", FUEL),
    differs("fuel_metering::metered_i32_add_lazy_translation", FUEL),
    differs("fuel_metering::metered_i32_add_lazy", FUEL),
];
