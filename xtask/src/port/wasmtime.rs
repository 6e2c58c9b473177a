//! What is taken of Wasmtime: the programs and documentation examples about core modules.

use super::{Exception, Project, differs, left_out};

pub const PROJECT: Project = Project {
    name: "wasmtime",
    library: "crates/wasmtime",
    crates: &["wasmtime"],
    dependencies: &[],
    tests: None,
    programs: Some("examples"),
    exceptions: EXCEPTIONS,
};

const COMPONENTS: &str = "is about components";
const COMPILER: &str = "is about compilation strategies or their cache";
const POOLS: &str = "is about pooling allocators or memory protection keys";
const CORE_DUMPS: &str = "is about core dumps";
const INTRINSICS: &str = "is about intrinsics of compiled code";
const WASI: &str = "needs the crate `wasmtime_wasi`, which has WASI 0.2";
const TOKIO: &str = "needs the executor tokio";

const ENGINE: &str = "`Engine::new` cannot fail, as in wasmi";
const STORELESS: &str = "types and definitions take no engine and no store, as in wasmi";
const HANDLES: &str = "references are plain handles, without `Rooted`, and `ExternRef::new` cannot fail, as in wasmi";
const BOTTOM: &str = "there are no types of references that are always null";
const IMAGES: &str = "modules are written as images: `Module::to_image`";
const EXPORT_INDEX: &str = "exports are found by name only";
const BACKTRACES: &str = "errors have backtraces; there is no other way to make one";
const ERRORS: &str = "the error type is that of wasmi, not `anyhow`'s";
const ACCESS: &str = "there is one error type, so `MemoryAccessError` is none";
const DEFAULTS: &str = "unknown imports can be made to trap, not to return zeros";

const EXCEPTIONS: &[Exception] = &[
    left_out("compile::code_builder::*", INTRINSICS),
    left_out("coredump", CORE_DUMPS),
    left_out("fast_compilation", COMPILER),
    left_out("fast_execution", COMPILER),
    left_out("fast_instantiation", POOLS),
    left_out("linking", WASI),
    left_out("mpk", POOLS),
    left_out("mpk-available", POOLS),
    left_out("pre_compile", COMPILER),
    left_out("run_pre_compiled", COMPILER),
    left_out("runtime::component::*", COMPONENTS),
    left_out("runtime::instance::new_async", TOKIO),
    differs("anyref", HANDLES),
    differs("epochs", ENGINE),
    differs("externref", HANDLES),
    differs("fuel", ENGINE),
    differs("interrupt", ENGINE),
    differs("multimemory", ENGINE),
    differs("serialize", IMAGES),
    differs("runtime::externals::global::new", STORELESS),
    differs("runtime::func::Func_3", STORELESS),
    differs("runtime::func::NoFunc", BOTTOM),
    differs("runtime::func::get_module_export", EXPORT_INDEX),
    differs("runtime::func::new_async", STORELESS),
    differs("runtime::gc::enabled::anyref::AnyRef", HANDLES),
    differs("runtime::gc::enabled::anyref::from_i31", HANDLES),
    differs("runtime::gc::enabled::arrayref::ArrayRef", HANDLES),
    differs("runtime::gc::enabled::arrayref::ArrayRefPre", ENGINE),
    differs("runtime::gc::enabled::eqref::EqRef", HANDLES),
    differs("runtime::gc::enabled::eqref::from_i31", HANDLES),
    differs("runtime::gc::enabled::exnref::ExnRefPre", ENGINE),
    differs("runtime::gc::enabled::externref::ExternRef", HANDLES),
    differs("runtime::gc::enabled::externref::data", HANDLES),
    differs("runtime::gc::enabled::externref::data_mut", HANDLES),
    differs("runtime::gc::enabled::externref::new", HANDLES),
    differs("runtime::gc::enabled::externref::new_async", HANDLES),
    differs("runtime::gc::enabled::i31::I31", ENGINE),
    differs("runtime::gc::enabled::rooting::*", HANDLES),
    differs("runtime::gc::enabled::structref::StructRef", ENGINE),
    differs("runtime::gc::enabled::structref::StructRefPre", ENGINE),
    differs("runtime::gc::noextern::NoExtern", BOTTOM),
    differs("runtime::gc::none_ref::NoneRef", BOTTOM),
    differs("runtime::linker::allow_unknown_exports", DEFAULTS),
    differs("runtime::linker::define", STORELESS),
    differs("runtime::linker::define_unknown_imports_as_default_values", DEFAULTS),
    differs("runtime::memory::Memory", ACCESS),
    differs("runtime::memory::SharedMemory", ENGINE),
    differs("runtime::module::Module_4", IMAGES),
    differs("runtime::module::resources_required", ENGINE),
    differs("runtime::trap::capture", BACKTRACES),
    differs("runtime::trap::from_runtime_box", ERRORS),
];
