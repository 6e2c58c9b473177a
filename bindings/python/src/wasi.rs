//! WASI preview 1: what a guest sees of the world.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, PyVisit};
use wasmote_wasi::{DirAccess, Input, Output, Pipe, WasiCtx, WasiCtxBuilder};

use crate::attach::attach;
use crate::objects::{Objects, Token};

/// Where a stream of a guest comes from or goes to.
#[derive(Default)]
enum Stream {
    #[default]
    Null,
    Inherit,
    File(PathBuf),
    Bytes(Vec<u8>),
    Callable(Py<PyAny>),
}

/// What a guest is to see: at first no arguments, variables or directories, and streams that are empty or discard what is
/// written. Each setting is assigned or called for.
#[pyclass(module = "wasmote")]
#[derive(Default)]
pub struct WasiConfig {
    args: Vec<OsString>,
    env: Vec<(String, String)>,
    inherits_env: bool,
    stdin: Stream,
    stdout: Stream,
    stderr: Stream,
    dirs: Vec<(PathBuf, String, bool)>,
    is_deterministic: bool,
}

/// A stream of Python: a callable that takes bytes.
struct Writer(Token);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = attach(|py| {
            let callable = self.0.get(py)?;
            let result = callable.bind(py).call1((PyBytes::new(py, bytes),));
            // The guest only sees an error number.
            let result =
                result.inspect_err(|error| error.clone_ref(py).write_unraisable(py, Some(callable.bind(py))))?;
            match result.extract::<usize>() {
                Ok(count) => Ok(count.min(bytes.len())),
                Err(_) => PyResult::Ok(bytes.len()),
            }
        });
        written
            .transpose()
            .map_err(|_| io::Error::other("a stream of Python failed"))?
            .ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WasiConfig {
    /// Makes the state of WASI for a store, whose table keeps the callables.
    pub fn build(&self, py: Python<'_>, objects: &Arc<Objects>) -> PyResult<WasiCtx> {
        let mut builder = WasiCtx::builder().args(self.args.iter().map(|arg| arg.as_bytes()));
        if self.inherits_env {
            builder = WasiCtxBuilder::inherit_env(builder);
        }
        builder = builder.envs(&self.env);
        builder = builder.stdin(match &self.stdin {
            Stream::Inherit => Input::Inherit,
            Stream::File(path) => Input::File(File::open(path)?.into()),
            Stream::Bytes(bytes) => Input::Reader(Box::new(Pipe::with_bytes(bytes.clone()))),
            Stream::Null | Stream::Callable(_) => Input::Null,
        });
        let output = |stream: &Stream| -> PyResult<Output> {
            Ok(match stream {
                Stream::Inherit => Output::Inherit,
                Stream::File(path) => Output::File(File::create(path)?.into()),
                Stream::Callable(callable) => Output::Writer(Box::new(Writer(objects.add(callable.clone_ref(py))))),
                Stream::Null | Stream::Bytes(_) => Output::Null,
            })
        };
        builder = builder.stdout(output(&self.stdout)?).stderr(output(&self.stderr)?);
        for (host, guest, is_mutable) in &self.dirs {
            let access = if *is_mutable { DirAccess::ReadWrite } else { DirAccess::ReadOnly };
            let opened = builder.preopened_dir_bytes(host.as_os_str().as_bytes(), guest, access);
            builder = opened.map_err(|error| PyValueError::new_err(error.to_string()))?;
        }
        if self.is_deterministic {
            builder = builder.deterministic();
        }
        builder.build().map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

fn callable(value: &Bound<'_, PyAny>) -> PyResult<Stream> {
    match value.is_callable() {
        true => Ok(Stream::Callable(value.clone().unbind())),
        false => Err(PyTypeError::new_err("expected a callable")),
    }
}

#[pymethods]
impl WasiConfig {
    #[new]
    fn new() -> WasiConfig {
        WasiConfig::default()
    }

    /// The arguments; the first is the program's name.
    #[setter]
    fn set_argv(&mut self, argv: Vec<OsString>) {
        self.args = argv;
    }

    /// Passes on the arguments of this process.
    fn inherit_argv(&mut self, py: Python<'_>) -> PyResult<()> {
        self.args = py.import("sys")?.getattr("argv")?.extract()?;
        Ok(())
    }

    /// The environment: pairs of names and values.
    #[setter]
    fn set_env(&mut self, pairs: &Bound<'_, PyAny>) -> PyResult<()> {
        let pair = |pair: PyResult<Bound<'_, PyAny>>| pair?.extract().map(|[name, value]: [String; 2]| (name, value));
        self.env = pairs.try_iter()?.map(pair).collect::<PyResult<_>>()?;
        self.inherits_env = false;
        Ok(())
    }

    /// Passes on the environment of this process.
    fn inherit_env(&mut self) {
        self.env.clear();
        self.inherits_env = true;
    }

    /// A file that standard input comes from.
    #[setter]
    fn set_stdin_file(&mut self, path: PathBuf) {
        self.stdin = Stream::File(path);
    }

    /// Bytes that standard input has.
    #[setter]
    fn set_stdin_bytes(&mut self, bytes: Vec<u8>) {
        self.stdin = Stream::Bytes(bytes);
    }

    /// Passes on the standard input of this process.
    fn inherit_stdin(&mut self) {
        self.stdin = Stream::Inherit;
    }

    /// A file that standard output goes to. It is made empty.
    #[setter]
    fn set_stdout_file(&mut self, path: PathBuf) {
        self.stdout = Stream::File(path);
    }

    /// A callable that gets what the guest writes, as bytes. It must not use the store. If it returns a number, so many
    /// bytes were written.
    #[setter]
    fn set_stdout_custom(&mut self, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        self.stdout = callable(callback)?;
        Ok(())
    }

    /// Passes on the standard output of this process.
    fn inherit_stdout(&mut self) {
        self.stdout = Stream::Inherit;
    }

    /// A file that standard error goes to. It is made empty.
    #[setter]
    fn set_stderr_file(&mut self, path: PathBuf) {
        self.stderr = Stream::File(path);
    }

    /// The same as `stdout_custom` for standard error.
    #[setter]
    fn set_stderr_custom(&mut self, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        self.stderr = callable(callback)?;
        Ok(())
    }

    /// Passes on the standard error of this process.
    fn inherit_stderr(&mut self) {
        self.stderr = Stream::Inherit;
    }

    /// Lets the guest use the directory `path`, and all beneath it, under the name `guest_path`.
    #[pyo3(signature = (path, guest_path, fs_mutable = true))]
    fn preopen_dir(&mut self, path: PathBuf, guest_path: String, fs_mutable: bool) {
        self.dirs.push((path, guest_path, fs_mutable));
    }

    /// Makes clocks and random numbers the same in each run.
    fn deterministic(&mut self) {
        self.is_deterministic = true;
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        [&self.stdout, &self.stderr].into_iter().try_for_each(|stream| match stream {
            Stream::Callable(callable) => visit.call(callable),
            _ => Ok(()),
        })
    }

    fn __clear__(&mut self) {
        self.stdout = Stream::Null;
        self.stderr = Stream::Null;
    }
}
