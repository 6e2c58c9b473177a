//! What is taken of wasmi: all its integration tests and documentation examples.

use super::{Exception, Project, differs};

pub const PROJECT: Project = Project {
    name: "wasmi",
    library: "crates/wasmi",
    crates: &["wasmi", "wasmi_core"],
    dependencies: &[("assert_matches", "\"1.5\"")],
    tests: Some("tests/integration"),
    programs: None,
    exceptions: EXCEPTIONS,
};

const FUEL: &str = "counts fuel by wasmi's costs; wasmote's are in docs/fuel.md";

const EXCEPTIONS: &[Exception] = &[
    differs("fuel_consumption::fuel_consumption_01", FUEL),
    differs("fuel_metering::metered_i32_add_lazy_translation", FUEL),
    differs("fuel_metering::metered_i32_add_lazy", FUEL),
];
