//! A file read by position, so that what is open of it never moves.

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{BufReader, Error, ErrorKind, Read};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

#[derive(Clone)]
pub struct FileBytes {
    file: Arc<File>,
    size: u64,
}

impl FileBytes {
    /// Of `size` bytes; `fd` is duplicated.
    pub fn new(fd: BorrowedFd, size: u64) -> std::io::Result<Self> {
        Ok(Self { file: Arc::new(fd.try_clone_to_owned()?.into()), size })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Fails where the file does not hold all of it.
    pub fn read_exact(&self, target: &mut [u8], place: u64) -> std::io::Result<()> {
        self.require(place, target.len() as u64)?;
        self.file.read_exact_at(target, place)
    }

    fn require(&self, place: u64, bytes: u64) -> std::io::Result<()> {
        if place.checked_add(bytes).is_some_and(|end| end <= self.size) {
            return Ok(());
        }
        let what = format!("{bytes} bytes are said to be at byte {place}, and the file has {}", self.size);
        Err(Error::new(ErrorKind::UnexpectedEof, what))
    }
}

impl Length for FileBytes {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for FileBytes {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        const HEADER_BYTES: usize = 512; // a page's header, which is all that is read so
        Ok(BufReader::with_capacity(HEADER_BYTES, From { bytes: self.clone(), place: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.require(start, length as u64).map_err(|error| ParquetError::EOF(error.to_string()))?;
        let mut bytes = vec![0; length]; // read_to_end() fills all its room with zeros, and again
        self.file.read_exact_at(&mut bytes, start).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => {
                ParquetError::EOF(format!("{length} bytes are said to be at byte {start}, and not all are"))
            }
            _ => error.into(),
        })?;
        Ok(bytes.into())
    }
}

pub struct From {
    bytes: FileBytes,
    place: u64,
}

impl Read for From {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let left = self.bytes.size.saturating_sub(self.place);
        let wanted = target.len().min(left.try_into().unwrap_or(usize::MAX));
        let got = self.bytes.file.read_at(&mut target[..wanted], self.place)?;
        self.place += got as u64;
        Ok(got)
    }
}
