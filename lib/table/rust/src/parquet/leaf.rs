//! One column of values with their levels: how far each is nested in lists, and up to where it is there.

use super::levels::MaxLevels;
use super::pages::CheckedPages;
use super::text_pages::{numbers_like, Cursor, TextPages, Texts};
use super::value::{kind_of, Kind};
use super::values::Values;
use crate::plain::Values as Plain;
use crate::table::Result;
use crate::text;
use parquet::column::page::PageReader;
use parquet::column::reader::{get_column_reader, ColumnReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::schema::types::ColumnDescPtr;

pub struct Leaf {
    /// Among all of the file.
    pub column: usize,
    name: String,
    root: String,
    kind: Kind,
    max_definition: i16,
    max_repetition: i16,
    reader: Option<ColumnReader>,
    text_pages: TextPages,
    texts: Texts,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Values,
    are_all_there: bool,
    levels: usize,
    level: usize,
    value: usize,
    /// Where the row began.
    row: (usize, usize, Cursor),
}

const UNFIT: &str = "its values and their levels do not fit together";

impl Leaf {
    pub fn new(column: usize, descriptor: &ColumnDescPtr) -> Result<Self> {
        let name = descriptor.path().string();
        let kind = kind_of(descriptor).map_err(|why| format!("column {name}: {why}"))?;
        Ok(Self {
            column,
            name,
            root: descriptor.path().parts().first().cloned().unwrap_or_default(),
            kind,
            max_definition: descriptor.max_def_level(),
            max_repetition: descriptor.max_rep_level(),
            reader: None,
            text_pages: TextPages::default(),
            texts: Texts::default(),
            definition: Vec::new(),
            repetition: Vec::new(),
            values: Values::of(descriptor.physical_type()),
            are_all_there: false,
            levels: 0,
            level: 0,
            value: 0,
            row: Default::default(),
        })
    }

    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text)
    }

    fn error(&self, why: impl std::fmt::Display) -> String {
        format!("column {}: {why}", self.name)
    }

    /// At its first value in a row group.
    pub fn open(&mut self, pages: impl PageReader + 'static, chunk: &ColumnChunkMetaData) -> Result<()> {
        self.forget();
        (self.text_pages, self.texts) = Default::default();
        let (descriptor, texts) = match self.values {
            Values::Bytes(_) => (numbers_like(chunk.column_descr()), Some(self.text_pages.clone())),
            _ => (Ok(chunk.column_descr_ptr()), None),
        };
        let most = MaxLevels { definition: self.max_definition, repetition: self.max_repetition };
        let pages = CheckedPages::new(pages, chunk.num_values(), most, texts);
        let descriptor = descriptor.map_err(|error| self.error(error))?;
        self.reader = Some(get_column_reader(descriptor, Box::new(pages)));
        Ok(())
    }

    /// The values that were read last.
    fn forget(&mut self) {
        self.definition.clear();
        self.repetition.clear();
        (self.levels, self.level, self.value) = (0, 0, 0);
        self.texts.forget();
        self.values.clear();
    }

    pub fn skip(&mut self, rows: usize) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        self.forget();
        self.text_pages.forget(false);
        macro_rules! skip_with {
            ($($kind:ident),*) => {
                match self.reader.as_mut() {
                    $(Some(ColumnReader::$kind(reader)) => reader.skip_records(rows),)*
                    _ => Ok(0),
                }
            };
        }
        let skipped = skip_with!(
            BoolColumnReader,
            Int32ColumnReader,
            Int64ColumnReader,
            Int96ColumnReader,
            FloatColumnReader,
            DoubleColumnReader,
            FixedLenByteArrayColumnReader
        );
        match skipped {
            Ok(skipped) if skipped == rows => Ok(()),
            Ok(skipped) => Err(self.error(format!("it ends {} rows too early", rows - skipped))),
            Err(error) => Err(self.error(error)),
        }
    }

    /// The next rows, in place of the last ones.
    pub fn read(&mut self, rows: usize) -> Result<()> {
        self.forget();
        self.text_pages.forget(true);
        macro_rules! read_with {
            ($($values:ident $reader:ident),*) => {
                match (&mut self.values, self.reader.as_mut()) {
                    $((Values::$values(values), Some(ColumnReader::$reader(reader))) => {
                        let (mut done, mut levels) = (0, 0);
                        loop {
                            let got = reader.read_records(
                                rows - done,
                                (self.max_definition > 0).then_some(&mut self.definition),
                                (self.max_repetition > 0).then_some(&mut self.repetition),
                                values,
                            );
                            match got {
                                Ok((0, _, more)) => break Ok((done, levels + more)),
                                Ok((records, _, more)) => {
                                    done += records;
                                    levels += more;
                                    if done == rows {
                                        break Ok((done, levels));
                                    }
                                }
                                Err(error) => break Err(error.to_string()),
                            }
                        }
                    })*
                    _ => Err("its values have another type than its schema says".into()),
                }
            };
        }
        let got = read_with!(
            Bool BoolColumnReader, Int32 Int32ColumnReader, Int64 Int64ColumnReader, Int96 Int96ColumnReader,
            Float FloatColumnReader, Double DoubleColumnReader, Bytes Int64ColumnReader,
            Fixed FixedLenByteArrayColumnReader
        );
        let (records, levels) = got.map_err(|error| self.error(error))?;
        if records != rows {
            return Err(self.error(format!("it ends {} rows too early", rows - records)));
        }
        self.levels = levels;
        self.are_all_there = self.definition.iter().all(|&level| level == self.max_definition);
        self.texts.update(&self.text_pages);
        Ok(())
    }

    /// Of the next value.
    pub fn next_definition(&self) -> Result<i16> {
        if self.level >= self.levels {
            return Err(self.error(UNFIT));
        }
        Ok(if self.max_definition == 0 { 0 } else { self.definition[self.level] })
    }

    /// Likewise; 0 behind the last one.
    pub fn next_repetition(&self) -> i16 {
        if self.max_repetition == 0 {
            return 0;
        }
        self.repetition.get(self.level).copied().unwrap_or(0)
    }

    /// Passes the next value, which is not there.
    pub fn pass(&mut self) -> Result<()> {
        if self.next_definition()? == self.max_definition {
            return Err(self.error(UNFIT));
        }
        self.level += 1;
        Ok(())
    }

    pub fn require_all_taken(&self) -> Result<()> {
        if self.level == self.levels {
            Ok(())
        } else {
            Err(self.error(UNFIT))
        }
    }

    /// Of the top-level column.
    pub fn column_name(&self) -> &str {
        &self.root
    }

    pub fn begin_row(&mut self) {
        self.row = (self.level, self.value, self.texts.cursor());
    }

    /// Takes back what was taken of the row.
    pub fn begin_again(&mut self) {
        (self.level, self.value, _) = self.row;
        self.texts.go_back(self.row.2);
    }

    /// What its numbers can be kept in; none where it has no plain ones.
    pub fn numbers(&self) -> Option<Plain> {
        match (&self.values, &self.kind) {
            (Values::Float(_), Kind::Plain) => Some(Plain::Float(Vec::new())),
            (Values::Double(_), Kind::Plain) => Some(Plain::Double(Vec::new())),
            (Values::Int32(_), Kind::Plain | Kind::Unsigned) | (Values::Int64(_), Kind::Plain) => {
                Some(Plain::Whole(Vec::new()))
            }
            _ => None,
        }
    }

    /// Likewise.
    pub fn texts(&self) -> Option<Plain> {
        let are_texts = matches!((&self.values, &self.kind), (Values::Bytes(_), Kind::Text | Kind::Plain));
        are_texts.then_some(Plain::Text(Vec::new()))
    }

    /// Whether a value of it is known to be good JSON when it is written, but for what carry() finds.
    pub fn can_be_carried(&self) -> bool {
        !matches!(self.values, Values::Fixed(_))
    }

    /// Those of the next value.
    fn bytes(&mut self) -> Result<&[u8]> {
        let place = match &self.values {
            Values::Bytes(places) => places.get(self.value).copied(),
            _ => None,
        };
        place.and_then(|place| self.texts.at(place)).ok_or_else(|| format!("column {}: {UNFIT}", self.name))
    }

    pub fn is_there(&self) -> Result<bool> {
        Ok((self.are_all_there && self.level < self.levels) || self.next_definition()? == self.max_definition)
    }

    /// Adds the next value, a text, without taking it. False where it is not there or no UTF-8.
    pub fn copy_text(&mut self, into: &mut Plain) -> Result<bool> {
        let Plain::Text(into) = into else { return Ok(false) };
        if !self.is_there()? {
            return Ok(false);
        }
        let bytes = self.bytes()?;
        let is_text = text::is_utf8(bytes);
        if is_text {
            into.extend_from_slice(bytes);
        }
        Ok(is_text)
    }

    /// Passes the next value, which is there.
    pub fn step(&mut self) {
        self.level += 1;
        self.value += 1;
    }

    /// Takes the next value, which is there, unless JSON has not what it is.
    pub fn carry(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let at = self.value;
        let is_json = match &self.values {
            Values::Float(values) => values.get(at).is_none_or(|value| value.is_finite()),
            Values::Double(values) => values.get(at).is_none_or(|value| value.is_finite()),
            Values::Bytes(_) if self.is_text() => {
                let written = text::write_utf8(self.bytes()?, out);
                self.step();
                return Ok(written);
            }
            Values::Int64(values) if matches!(self.kind, Kind::Plain) => {
                text::write_integer(*values.get(at).ok_or_else(|| self.error(UNFIT))?, out);
                self.step();
                return Ok(true);
            }
            _ => true,
        };
        if is_json {
            self.write(out)?;
        }
        Ok(is_json)
    }

    /// All values of the next row, which is a value or a list of them. False, and nothing is taken, where one is
    /// not there, or there are none.
    pub fn take_numbers(&mut self, is_list: bool, into: &mut Plain) -> Result<bool> {
        let first = self.level;
        self.next_definition()?;
        let count = if is_list {
            1 + self.repetition[first + 1..].iter().take_while(|&&level| level > 0).count()
        } else {
            1
        };
        let levels = self.definition.get(first..first + count);
        let all_there = self.max_definition == 0
            || levels.is_some_and(|levels| levels.iter().all(|&level| level == self.max_definition));
        if !all_there {
            return Ok(false);
        }
        let (begin, end) = (self.value, self.value + count);
        let added = match (&self.values, into) {
            (Values::Float(values), Plain::Float(into)) => {
                values.get(begin..end).map(|some| into.extend_from_slice(some))
            }
            (Values::Double(values), Plain::Double(into)) => {
                values.get(begin..end).map(|some| into.extend_from_slice(some))
            }
            (Values::Int64(values), Plain::Whole(into)) => {
                values.get(begin..end).map(|some| into.extend_from_slice(some))
            }
            (Values::Int32(values), Plain::Whole(into)) if matches!(self.kind, Kind::Unsigned) => values
                .get(begin..end)
                .map(|some| into.extend(some.iter().map(|&value| i64::from(value as u32)))),
            (Values::Int32(values), Plain::Whole(into)) => {
                values.get(begin..end).map(|some| into.extend(some.iter().map(|&value| i64::from(value))))
            }
            _ => None,
        };
        if added.is_none() {
            return Err(self.error(UNFIT));
        }
        self.level += count;
        self.value = end;
        Ok(true)
    }

    /// Takes the next value, which is there.
    pub fn write(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.next_definition()? != self.max_definition {
            return Err(self.error(UNFIT));
        }
        let at = self.value;
        self.level += 1;
        self.value += 1;
        let written = match &self.values {
            Values::Bool(values) => values.get(at).map(|&value| text::write_bool(value, out)),
            Values::Int32(values) => {
                values.get(at).map(|&value| self.kind.write_integer(value.into(), 32, out))
            }
            Values::Int64(values) => values.get(at).map(|&value| self.kind.write_integer(value, 64, out)),
            Values::Int96(values) => {
                values.get(at).map(|value| text::write_timestamp(value.to_nanos(), 9, false, out))
            }
            Values::Float(values) => values.get(at).map(|&value| text::write_f32(value, out)),
            Values::Double(values) => values.get(at).map(|&value| text::write_f64(value, out)),
            Values::Bytes(places) => {
                let value = places.get(at).and_then(|&place| self.texts.at(place));
                value.map(|value| self.kind.write_bytes(value, out))
            }
            Values::Fixed(values) => values.get(at).map(|value| self.kind.write_bytes(value.data(), out)),
        };
        written.ok_or_else(|| self.error(UNFIT))
    }
}
