//! Stands in for the module `custom_file` in a build without the feature `custom-files`: there are no such files.

use rustix::fs::{SeekFrom, Timestamps};

use crate::abi::Filestat;
use crate::errno::Errno;

/// The file behind a descriptor. Since there is none, the compiler removes what would use it.
#[derive(Clone)]
pub(crate) enum CustomFile {}

impl CustomFile {
    pub fn read(&self, _: &mut [u8], _: Option<u64>) -> Result<usize, Errno> {
        match *self {}
    }

    pub fn write(&self, _: &[u8], _: Option<u64>) -> Result<usize, Errno> {
        match *self {}
    }

    pub fn seek(&self, _: SeekFrom) -> Result<u64, Errno> {
        match *self {}
    }

    pub fn sync(&self) -> Result<(), Errno> {
        match *self {}
    }

    pub fn stat(&self, _: u8) -> Result<Filestat, Errno> {
        match *self {}
    }

    pub fn set_size(&self, _: u64) -> Result<(), Errno> {
        match *self {}
    }

    pub fn allocate(&self, _: u64, _: u64) -> Result<(), Errno> {
        match *self {}
    }

    pub fn set_times(&self, _: &Timestamps, _: u64) -> Result<(), Errno> {
        match *self {}
    }
}
