//! What is taken of Wasmtime: the programs and documentation examples about core modules.

use super::{Exception, Project, differs, left_out};

pub const PROJECT: Project = Project {
    name: "wasmtime",
    library: "crates/wasmtime",
    crates: &["wasmtime"],
    wasi_crates: &["wasmtime_wasi"],
    dependencies: &[("tokio", "{ version = \"1\", features = [\"macros\", \"rt-multi-thread\", \"time\"] }")],
    tests: &[],
    programs: Some("examples"),
    program_folders: &["tokio", "wasip1", "wasip1-async"],
    documentation: &[
        ("crates/wasmtime/src", ""),
        ("crates/wasi/src/p1.rs", "wasi::p1"),
        ("crates/wasi/src/ctx.rs", "wasi::ctx"),
    ],
    exceptions: EXCEPTIONS,
};

const COMPONENTS: &str = "is about components";
const COMPILER: &str = "is about compilation strategies or their cache";
const POOLS: &str = "is about pooling allocators or memory protection keys";
const CORE_DUMPS: &str = "is about core dumps";
const INTRINSICS: &str = "is about intrinsics of compiled code";

const ENGINE: &str = "`Engine::new` cannot fail, as in wasmi";
const STORELESS: &str = "types and definitions take no engine and no store, as in wasmi";
const HANDLES: &str = "references are plain handles, without `Rooted`, and `ExternRef::new` cannot fail, as in wasmi";
const BOTTOM: &str = "there are no types of references that are always null";
const ASYNC_WASI: &str = "calls of WASI keep their thread waiting, so there is no `add_to_linker_async`";
const WASI_GUEST: &str = "compiles; its guest, `examples/wasm`, must be compiled before it can run";
const BUILDER: &str = "methods take and return the builder";
const BACKTRACES: &str = "errors have backtraces; there is no other way to make one";

const EXCEPTIONS: &[Exception] = &[
    left_out("compile::code_builder::*", INTRINSICS),
    left_out("coredump", CORE_DUMPS),
    left_out("fast_compilation", COMPILER),
    left_out("fast_execution", COMPILER),
    left_out("fast_instantiation", POOLS),
    left_out("mpk", POOLS),
    left_out("mpk-available", POOLS),
    left_out("pre_compile", COMPILER),
    left_out("run_pre_compiled", COMPILER),
    left_out("runtime::component::*", COMPONENTS),
    differs("anyref", HANDLES),
    differs("epochs", ENGINE),
    differs("externref", HANDLES),
    differs("fuel", ENGINE),
    differs("interrupt", ENGINE),
    differs("multimemory", ENGINE),
    differs("tokio", ASYNC_WASI),
    differs("wasip1", WASI_GUEST),
    differs("wasip1-async", ASYNC_WASI),
    differs("runtime::externals::global::new", STORELESS),
    differs("runtime::func::Func_3", STORELESS),
    differs("runtime::func::NoFunc", BOTTOM),
    differs("runtime::func::new_async", STORELESS),
    differs("runtime::gc::enabled::anyref::AnyRef", HANDLES),
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
    differs("runtime::linker::define", STORELESS),
    differs("runtime::memory::SharedMemory", ENGINE),
    differs("runtime::module::resources_required", ENGINE),
    differs("runtime::trap::capture", BACKTRACES),
    differs("wasi::p1", ASYNC_WASI),
    differs("wasi::p1::add_to_linker_async*", ASYNC_WASI),
    differs("wasi::p1::add_to_linker_sync*", ASYNC_WASI),
    left_out("wasi::ctx::WasiCtx", COMPONENTS),
    differs("wasi::ctx::WasiCtxBuilder", BUILDER),
    differs("wasi::ctx::preopened_dir", BUILDER),
    differs("wasi::ctx::stdin", "`inherit_stdin` does the same"),
];
