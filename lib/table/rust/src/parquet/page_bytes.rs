//! A file as parquet reads a column's pages from it: the head of each is looked through before, so that it takes no
//! more memory than its bytes can unpack to.

use super::thrift::{page_head, PageHead};
use crate::file_bytes::FileBytes;
use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

const DAMAGED: &str = "the head of a page is damaged";

/// Of a column in a row group.
struct Limits {
    /// For messages.
    group: usize,
    codec: Compression,
    /// Of all its pages, as the footer says.
    unpacked: u64,
}

pub struct PageBytes {
    bytes: FileBytes,
    limits: Arc<Limits>,
    /// Then a page is read with its head, else its head is read before.
    is_indexed: bool,
    last: LastHead,
}

/// The last one that was read alone, and where it ends.
type LastHead = Arc<Mutex<Option<(u64, PageHead)>>>;

/// How many times larger a page can be than its packed bytes; none where there is no bound.
fn largest_ratio(codec: Compression) -> Option<u64> {
    match codec {
        // A copy of 3 bytes gives 64 (snappy's format_description.txt).
        Compression::SNAPPY => Some(22),
        // Each more byte of a length gives 255 (lz4_Block_format.md).
        Compression::LZ4 | Compression::LZ4_RAW => Some(255),
        // 2 bits, of a length and a distance, give 258 bytes (RFC 1951; zlib's technical details: 1032:1).
        Compression::GZIP(_) => Some(1032),
        // A block has 3 bytes before it, and gives 128 KiB (RFC 8878, 3.1.1.2.4).
        Compression::ZSTD(_) => Some((128 << 10) / 3 + 1),
        _ => None,
    }
}

fn refusal(what: String) -> ParquetError {
    ParquetError::General(what)
}

impl Limits {
    fn check(&self, head: &PageHead) -> Result<()> {
        if self.codec == Compression::UNCOMPRESSED {
            return Ok(());
        }
        const SMALL: u64 = 64; // of what frames it, where little is packed
        let ratio = largest_ratio(self.codec).unwrap_or(u64::MAX);
        let reached = (head.packed + SMALL).saturating_mul(ratio);
        if head.unpacked <= self.unpacked.min(reached) {
            return Ok(());
        }
        let most = if reached < self.unpacked {
            format!("its {} bytes can unpack to {reached} at most", head.packed)
        } else {
            format!("all pages of the column there unpack to {} by the footer", self.unpacked)
        };
        let (claim, group) = (head.unpacked, self.group + 1);
        Err(refusal(format!("a page of row group {group} says that it unpacks to {claim} bytes, and {most}")))
    }

    /// Of a format without a largest ratio: unpacks it once in small pieces, for its reader makes room for what it
    /// says, and takes all that comes.
    fn check_packed(&self, page: &[u8], head: &PageHead) -> Result<()> {
        const PIECE: usize = 64 << 10;
        if !matches!(self.codec, Compression::BROTLI(_)) || head.is_unpacked {
            return Ok(());
        }
        let packed = page.get(head.levels as usize..).unwrap_or_default();
        let unpacked = head.unpacked.saturating_sub(head.levels);
        let mut source = brotli_decompressor::Decompressor::new(packed, PIECE).take(unpacked + 1);
        if unpacked == 0 || std::io::copy(&mut source, &mut std::io::sink())? == unpacked {
            return Ok(());
        }
        let group = self.group + 1;
        Err(refusal(format!(
            "a page of row group {group} does not unpack to the {unpacked} bytes that it says"
        )))
    }
}

impl PageBytes {
    pub fn new(bytes: FileBytes, group: usize, chunk: &ColumnChunkMetaData, is_indexed: bool) -> Self {
        let unpacked = chunk.uncompressed_size().try_into().unwrap_or(0);
        let limits = Arc::new(Limits { group, codec: chunk.compression(), unpacked });
        Self { bytes, limits, is_indexed, last: Arc::default() }
    }

    /// Of bytes that begin with a page's head.
    fn check_whole(&self, bytes: &[u8]) -> Result<()> {
        let head = page_head(bytes).ok_or_else(|| refusal(DAMAGED.into()))?;
        self.limits.check(&head)?;
        self.limits.check_packed(&bytes[head.bytes..], &head)
    }

    /// Of the bytes at `start`, whose head was read before.
    fn check_rest(&self, bytes: &[u8], start: u64) -> Result<()> {
        match self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some((end, head)) if *end == start => self.limits.check_packed(bytes, head),
            _ => Err(refusal("a page does not follow its head".into())),
        }
    }
}

impl Length for PageBytes {
    fn len(&self) -> u64 {
        self.bytes.size()
    }
}

impl ChunkReader for PageBytes {
    type T = HeadReader;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(HeadReader {
            bytes: self.bytes.clone(),
            limits: Arc::clone(&self.limits),
            last: Arc::clone(&self.last),
            start,
            head: None,
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.bytes.get_bytes(start, length)?;
        if self.is_indexed {
            self.check_whole(&bytes)?;
        } else {
            self.check_rest(&bytes, start)?;
        }
        Ok(bytes)
    }
}

/// The head of a page, read when it is asked for: where parquet knows it already, it asks for none.
pub struct HeadReader {
    bytes: FileBytes,
    limits: Arc<Limits>,
    last: LastHead,
    start: u64,
    head: Option<Cursor<Vec<u8>>>,
}

impl HeadReader {
    fn read_head(&self) -> std::io::Result<Vec<u8>> {
        const USUAL: u64 = 512;
        const MORE: u64 = 16;
        let left = self.bytes.size().saturating_sub(self.start);
        let mut size = USUAL.min(left);
        loop {
            let mut bytes = vec![0; size as usize];
            self.bytes.read_exact(&mut bytes, self.start)?;
            if let Some(head) = page_head(&bytes) {
                self.limits.check(&head).map_err(std::io::Error::other)?;
                bytes.truncate(head.bytes);
                let end = self.start + head.bytes as u64;
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((end, head));
                return Ok(bytes);
            }
            if size == left {
                return Err(std::io::Error::other(DAMAGED));
            }
            size = (size * MORE).min(left);
        }
    }
}

impl Read for HeadReader {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        if self.head.is_none() {
            self.head = Some(Cursor::new(self.read_head()?));
        }
        self.head.as_mut().map_or(Ok(0), |head| head.read(target))
    }
}
