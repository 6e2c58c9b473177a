//! Pipes by the names that `wasmtime_wasi` and `wasi-common` have for them.

use alloc::boxed::Box;
use alloc::vec::Vec;
#[cfg(all(feature = "std", feature = "custom-files"))]
use alloc::{string::String, sync::Arc};

use crate::stdio::{Input, Output, Pipe};

/// Standard input from bytes. Clones are the same pipe.
#[derive(Clone, Debug)]
pub struct MemoryInputPipe(Pipe);

impl MemoryInputPipe {
    /// Returns a pipe that holds these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> MemoryInputPipe {
        MemoryInputPipe(Pipe::with_bytes(bytes))
    }

    /// Returns whether all bytes were read.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }
}

/// Standard output or error into memory. Clones are the same pipe.
#[derive(Clone, Debug)]
pub struct MemoryOutputPipe(Pipe);

impl MemoryOutputPipe {
    /// Returns an empty pipe that takes at most `capacity` bytes.
    pub fn new(capacity: usize) -> MemoryOutputPipe {
        MemoryOutputPipe(Pipe::new(capacity))
    }

    /// Returns a copy of all bytes that were written.
    pub fn contents(&self) -> Vec<u8> {
        self.0.contents()
    }
}

impl From<Pipe> for Input {
    fn from(pipe: Pipe) -> Input {
        Input::Reader(Box::new(pipe))
    }
}

impl From<Pipe> for Output {
    fn from(pipe: Pipe) -> Output {
        Output::Writer(Box::new(pipe))
    }
}

impl From<MemoryInputPipe> for Input {
    fn from(pipe: MemoryInputPipe) -> Input {
        pipe.0.into()
    }
}

impl From<MemoryOutputPipe> for Output {
    fn from(pipe: MemoryOutputPipe) -> Output {
        pipe.0.into()
    }
}

#[cfg(all(feature = "std", feature = "custom-files"))]
mod shared {
    use std::io::{Cursor, Read, Write};
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use crate::custom_file::WasiFile;
    use crate::errno::Errno;
    use crate::stdio::{Reader, Writer};

    /// A reader of the standard library as a file of the guest. Clones read from the same.
    #[derive(Debug)]
    pub struct ReadPipe<R>(Arc<Mutex<R>>);

    /// A writer of the standard library as a file of the guest. Clones write to the same.
    #[derive(Debug)]
    pub struct WritePipe<W>(Arc<Mutex<W>>);

    impl<R> Clone for ReadPipe<R> {
        fn clone(&self) -> Self {
            ReadPipe(self.0.clone())
        }
    }

    impl<W> Clone for WritePipe<W> {
        fn clone(&self) -> Self {
            WritePipe(self.0.clone())
        }
    }

    impl<R: Read> ReadPipe<R> {
        /// Returns a pipe that reads from this reader.
        pub fn new(reader: R) -> ReadPipe<R> {
            ReadPipe(Arc::new(Mutex::new(reader)))
        }

        /// Returns the reader. Errors: there is another clone.
        pub fn try_into_inner(self) -> Result<R, ReadPipe<R>> {
            let inner = Arc::try_unwrap(self.0).map_err(ReadPipe)?;
            Ok(inner.into_inner().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl<W: Write> WritePipe<W> {
        /// Returns a pipe that writes to this writer.
        pub fn new(writer: W) -> WritePipe<W> {
            WritePipe(Arc::new(Mutex::new(writer)))
        }

        /// Returns the writer. Errors: there is another clone, also the one that a context holds.
        pub fn try_into_inner(self) -> Result<W, WritePipe<W>> {
            let inner = Arc::try_unwrap(self.0).map_err(WritePipe)?;
            Ok(inner.into_inner().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl WritePipe<Cursor<Vec<u8>>> {
        /// Returns a pipe that writes to memory. A guest can fill all memory with it; [`MemoryOutputPipe`] has a limit.
        pub fn new_in_memory() -> WritePipe<Cursor<Vec<u8>>> {
            WritePipe::new(Cursor::new(Vec::new()))
        }
    }

    impl From<Vec<u8>> for ReadPipe<Cursor<Vec<u8>>> {
        fn from(bytes: Vec<u8>) -> Self {
            ReadPipe::new(Cursor::new(bytes))
        }
    }

    impl From<&[u8]> for ReadPipe<Cursor<Vec<u8>>> {
        fn from(bytes: &[u8]) -> Self {
            bytes.to_vec().into()
        }
    }

    impl From<String> for ReadPipe<Cursor<String>> {
        fn from(text: String) -> Self {
            ReadPipe::new(Cursor::new(text))
        }
    }

    impl From<&str> for ReadPipe<Cursor<String>> {
        fn from(text: &str) -> Self {
            String::from(text).into()
        }
    }

    impl<R: Read + Send> WasiFile for ReadPipe<R> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
            Reader::read(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), buffer)
        }
    }

    impl<W: Write + Send> WasiFile for WritePipe<W> {
        fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
            Writer::write(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), buffer)
        }

        fn sync(&mut self) -> Result<(), Errno> {
            Writer::flush(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }
}

#[cfg(all(feature = "std", feature = "custom-files"))]
pub use shared::{ReadPipe, WritePipe};
