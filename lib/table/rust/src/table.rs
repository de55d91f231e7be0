//! A file of rows, whatever its format: what it is made of, and its rows as JSON lines.

use crate::arrow_file::ArrowFile;
use crate::file_bytes::FileBytes;
use crate::numbers::Numbers;
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
    /// Reads no others from now on. Indices rise. Of those that `are_numbers` the ones that can be read as such.
    fn project(&mut self, columns: Vec<usize>, are_numbers: &dyn Fn(&str) -> bool) -> Result<Vec<Numbers>>;
    /// Rows of one group, of which it has so many.
    fn read(&mut self, group: usize, rows: Range<u64>, out: &mut Lines) -> Result<()>;
}

pub struct Table {
    format: Box<dyn Format>,
    /// Of the rows that were read last, if they were asked for.
    numbers: Vec<Numbers>,
}

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
            return Ok(Self { format: Box::new(ParquetFile::open(bytes)?), numbers: Vec::new() });
        }
        Ok(Self { format: Box::new(ArrowFile::open(bytes)?), numbers: Vec::new() })
    }

    pub fn groups(&self) -> &[Group] {
        self.format.groups()
    }

    /// Reads no other columns from now on; what is not there is left out. Those of `numbers` can be read as such.
    pub fn choose(&mut self, wanted: &[&str], numbers: &[&str]) -> Result<()> {
        let names = self.format.names();
        let is_wanted = |name: &String| wanted.contains(&name.as_str());
        let columns = (0..names.len()).filter(|&i| is_wanted(&names[i])).collect();
        self.numbers = self.format.project(columns, &|name| numbers.contains(&name))?;
        Ok(())
    }

    pub fn numbers(&self) -> &[Numbers] {
        &self.numbers
    }

    /// `rows` of the file as JSON lines; without what becomes numbers, where that is wanted.
    pub fn read(&mut self, rows: Range<u64>, limits: Limits, apart: bool, text: &mut Vec<u8>) -> Result<()> {
        self.numbers.iter_mut().for_each(Numbers::clear);
        let mut numbers = std::mem::take(&mut self.numbers);
        let wanted = if apart { numbers.as_mut_slice() } else { &mut [] };
        let done = self.read_lines(rows, &mut Lines { text, limits, numbers: wanted });
        self.numbers = numbers;
        done
    }

    fn read_lines(&mut self, rows: Range<u64>, out: &mut Lines) -> Result<()> {
        let mut begin = 0;
        for group in 0..self.format.groups().len() {
            let end = begin + self.format.groups()[group].rows;
            let wanted = rows.start.clamp(begin, end) - begin..rows.end.clamp(begin, end) - begin;
            if !wanted.is_empty() {
                self.format.read(group, wanted, out)?;
            }
            begin = end;
        }
        if rows.end > begin {
            return Err(format!("it has {begin} rows, and row {} is asked for", rows.end));
        }
        Ok(())
    }
}

/// Of the lines that are read at a time.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Of a longer line only so much stays that this shows.
    pub line_bytes: usize,
    /// Of all lines.
    pub most_bytes: usize,
}

/// JSON lines as they come.
pub struct Lines<'a> {
    pub text: &'a mut Vec<u8>,
    pub limits: Limits,
    /// In the order of project(); empty: numbers are in the lines, too.
    pub numbers: &'a mut [Numbers],
}

impl Lines<'_> {
    pub fn line(&mut self, write: impl FnOnce(&mut Vec<u8>, &mut [Numbers]) -> Result<()>) -> Result<()> {
        let begin = self.text.len();
        write(self.text, self.numbers)?;
        self.text.truncate(begin.saturating_add(self.limits.line_bytes).saturating_add(1));
        self.text.push(b'\n');
        let numbers: usize = self.numbers.iter().map(|column| column.values.len() * 8).sum();
        if self.text.len().saturating_add(numbers) <= self.limits.most_bytes {
            return Ok(());
        }
        let most = self.limits.most_bytes >> 20;
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
