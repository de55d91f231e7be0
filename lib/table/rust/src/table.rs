//! A file of rows, whatever its format: what it is made of, and its rows as JSON lines.

use crate::arrow_file::ArrowFile;
use crate::file_bytes::FileBytes;
use crate::parquet::ParquetFile;
use std::ops::Range;

/// So many rows that follow one another in the file, and about how many bytes each takes as a JSON line.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Group {
    pub rows: u64,
    pub row_bytes: u64,
}

pub type Result<T> = std::result::Result<T, String>;

/// What a format knows.
pub trait Format: Send {
    fn groups(&self) -> &[Group];
    /// Of its top-level columns.
    fn names(&self) -> Vec<String>;
    /// Reads no others from now on. Indices rise.
    fn project(&mut self, columns: Vec<usize>) -> Result<()>;
    /// Rows of one group, of which it has so many.
    fn read(&mut self, group: usize, rows: Range<u64>, out: &mut Lines) -> Result<()>;
}

pub struct Table(Box<dyn Format>);

impl Table {
    pub fn open(bytes: FileBytes) -> Result<Self> {
        let mut head = [0; 6];
        let known = (bytes.size() as usize).min(head.len());
        bytes.read_exact(&mut head[..known], 0).map_err(|error| error.to_string())?;
        if head.starts_with(b"PARE") {
            return Err(
                "its footer is encrypted, and such files cannot be read: write it without a key".into()
            );
        }
        if head.starts_with(b"PAR1") {
            return Ok(Self(Box::new(ParquetFile::open(bytes)?)));
        }
        Ok(Self(Box::new(ArrowFile::open(bytes)?)))
    }

    pub fn groups(&self) -> &[Group] {
        self.0.groups()
    }

    /// Reads no other columns from now on; what is not there is left out.
    pub fn choose(&mut self, wanted: &[&str]) -> Result<()> {
        let names = self.0.names();
        let is_wanted = |name: &String| wanted.contains(&name.as_str());
        self.0.project((0..names.len()).filter(|&i| is_wanted(&names[i])).collect())
    }

    /// `rows` of the file as JSON lines.
    pub fn read(&mut self, rows: Range<u64>, out: &mut Lines) -> Result<()> {
        let mut begin = 0;
        for group in 0..self.0.groups().len() {
            let end = begin + self.0.groups()[group].rows;
            let wanted = rows.start.clamp(begin, end) - begin..rows.end.clamp(begin, end) - begin;
            if !wanted.is_empty() {
                self.0.read(group, wanted, out)?;
            }
            begin = end;
        }
        if rows.end > begin {
            return Err(format!("it has {begin} rows, and row {} is asked for", rows.end));
        }
        Ok(())
    }
}

/// JSON lines as they come.
pub struct Lines<'a> {
    pub text: &'a mut Vec<u8>,
    /// Of a longer line only so much stays that this shows.
    pub line_bytes: usize,
    /// Of all lines.
    pub most_bytes: usize,
}

impl Lines<'_> {
    pub fn line(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        let begin = self.text.len();
        write(self.text)?;
        self.text.truncate(begin.saturating_add(self.line_bytes).saturating_add(1));
        self.text.push(b'\n');
        if self.text.len() <= self.most_bytes {
            return Ok(());
        }
        let most = self.most_bytes >> 20;
        Err(format!("these rows take more than {most} MiB as JSON lines: give a smaller --chunk-bytes"))
    }
}

/// Two columns of one name would be one field with two values.
pub fn require_unique(names: &[String]) -> Result<()> {
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            return Err(format!("it has two columns with the name {name}: give each its own"));
        }
    }
    Ok(())
}
