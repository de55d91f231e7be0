//! A file of rows, whatever its format: what it is made of, and its rows as JSON lines.

use crate::arrow_file::ArrowFile;
use crate::file_bytes::FileBytes;
use crate::parquet::ParquetFile;
use crate::plain::{Form, Plain};
use std::ops::Range;

/// So many rows that follow one another in the file, and about how many bytes each takes as a JSON line.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Group {
    pub rows: u64,
    pub row_bytes: u64,
}

/// Of rows that were read.
#[derive(Default)]
pub struct Marks {
    /// Where their lines end, with the newline.
    pub ends: Vec<u64>,
    /// Of each: whether its line has the carried columns alone, in their order, as they are copied.
    pub only_carried: Vec<u8>,
}

/// What columns are for, by their names; those of none of these are in the lines, and so is what is odd.
#[derive(Default)]
pub struct Uses<'a> {
    /// Can be apart if they are of numbers, or of lists of them.
    pub numbers: Vec<&'a str>,
    /// Can be apart if they are of texts.
    pub texts: Vec<&'a str>,
    /// Are copied as they stand in a line, in this order.
    pub carried: Vec<&'a str>,
}

pub type Result<T> = std::result::Result<T, String>;

/// What a format knows.
pub trait Format: Send {
    fn groups(&self) -> &[Group];
    /// Of its top-level columns.
    fn names(&self) -> Vec<String>;
    /// Reads no others from now on, whose indices rise. Gives those that can be read apart.
    fn project(&mut self, columns: Vec<usize>, uses: &Uses) -> Result<Vec<Plain>>;
    /// Rows of one group, of which it has so many.
    fn read(&mut self, group: usize, rows: Range<u64>, out: &mut Lines) -> Result<()>;
}

pub struct Table {
    format: Box<dyn Format>,
    /// Of the rows that were read last, if they were asked for.
    plain: Vec<Plain>,
    marks: Marks,
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
            return Ok(Self::of(Box::new(ParquetFile::open(bytes)?)));
        }
        Ok(Self::of(Box::new(ArrowFile::open(bytes)?)))
    }

    fn of(format: Box<dyn Format>) -> Self {
        Self { format, plain: Vec::new(), marks: Marks::default() }
    }

    pub fn groups(&self) -> &[Group] {
        self.format.groups()
    }

    /// Reads no other columns from now on; what is not there is left out.
    pub fn choose(&mut self, wanted: &[&str], uses: &Uses) -> Result<()> {
        let names = self.format.names();
        let is_wanted = |name: &String| wanted.contains(&name.as_str());
        let columns = (0..names.len()).filter(|&i| is_wanted(&names[i])).collect();
        self.plain = self.format.project(columns, uses)?;
        Ok(())
    }

    pub fn plain(&self) -> &[Plain] {
        &self.plain
    }

    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// `rows` of the file as JSON lines; without what is read apart, where that is wanted.
    pub fn read(&mut self, rows: Range<u64>, limits: Limits, apart: bool, text: &mut Vec<u8>) -> Result<()> {
        self.plain.iter_mut().for_each(|column| column.cut_to(0));
        self.marks.ends.clear();
        self.marks.only_carried.clear();
        let mut plain = std::mem::take(&mut self.plain);
        let mut marks = std::mem::take(&mut self.marks);
        let apart = apart.then_some(plain.as_mut_slice());
        let done = self.read_lines(rows, &mut Lines { text, limits, apart, marks: &mut marks });
        (self.plain, self.marks) = (plain, marks);
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
    text: &'a mut Vec<u8>,
    limits: Limits,
    /// What is read beside the lines, in the order of project(). None: all is in the lines.
    apart: Option<&'a mut [Plain]>,
    marks: &'a mut Marks,
}

/// A row that is to be written: in any of these ways, the later ones after an earlier one was given up.
pub trait Row {
    /// With the carried columns alone in the line, and all others apart. False where that cannot be: something is
    /// odd.
    fn write_carried(&mut self, text: &mut Vec<u8>, plain: &mut [Plain]) -> Result<bool>;
    /// With all in the line that cannot be apart.
    fn write_rest(&mut self, text: &mut Vec<u8>, plain: &mut [Plain]) -> Result<()>;
    fn write_whole(&mut self, text: &mut Vec<u8>) -> Result<()>;
}

impl Lines<'_> {
    pub fn add(&mut self, row: &mut impl Row) -> Result<()> {
        let begin = self.text.len();
        let only_carried = self.write(row, begin)?;
        self.text.truncate(begin.saturating_add(self.limits.line_bytes).saturating_add(1));
        self.text.push(b'\n');
        self.marks.ends.push(self.text.len() as u64);
        self.marks.only_carried.push(only_carried.into());
        let apart = self.apart.as_deref().unwrap_or_default();
        let bytes: usize = apart.iter().map(|plain| plain.values.bytes()).sum();
        if self.text.len().saturating_add(bytes) <= self.limits.most_bytes {
            return Ok(());
        }
        let most = self.limits.most_bytes >> 20;
        Err(format!("these rows take more than {most} MiB as JSON lines: give a smaller --chunk-bytes"))
    }

    /// What may be too long as a line is written as one: its length tells.
    fn write(&mut self, row: &mut impl Row, begin: usize) -> Result<bool> {
        let Some(apart) = &mut self.apart else { return row.write_whole(self.text).map(|()| false) };
        let (rows, most) = (self.marks.ends.len(), self.limits.line_bytes);
        let fits = |text: &Vec<u8>, apart: &[Plain]| {
            apart.iter().map(Plain::longest).fold(text.len() - begin, usize::saturating_add) <= most
        };
        if row.write_carried(self.text, apart)? && fits(self.text, apart) {
            return Ok(true);
        }
        apart.iter_mut().for_each(|plain| plain.cut_to(rows));
        self.text.truncate(begin);
        row.write_rest(self.text, apart)?;
        if !fits(self.text, apart) {
            apart.iter_mut().for_each(|plain| plain.cut_to(rows));
            self.text.truncate(begin);
            row.write_whole(self.text)?;
            apart.iter_mut().for_each(|plain| plain.end_row(Form::InLine));
        }
        Ok(false)
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
