//! Rows of a piece as text of which the same values can be written again.

use super::reason;
use super::splice::{Piece, Values};
use crate::table::Result;
use crate::text::{self, write_bool, write_integer};
use bytes::Bytes;
use parquet::basic::Type;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::file::reader::FileReader;

/// NaN and the infinities are strings.
fn write_real(value: f64, write: impl Fn(&mut Vec<u8>), out: &mut Vec<u8>) {
    let quote: &[u8] = if value.is_finite() { b"" } else { b"\"" };
    out.extend_from_slice(quote);
    write(out);
    out.extend_from_slice(quote);
}

trait Item {
    fn write(&self, out: &mut Vec<u8>);
}

impl Item for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        write_integer(*self, out);
    }
}

impl Item for bool {
    fn write(&self, out: &mut Vec<u8>) {
        write_bool(*self, out);
    }
}

impl Item for f32 {
    fn write(&self, out: &mut Vec<u8>) {
        write_real((*self).into(), |out| text::write_f32(*self, out), out);
    }
}

impl Item for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        write_real(*self, |out| text::write_f64(*self, out), out);
    }
}

impl Item for ByteArray {
    fn write(&self, out: &mut Vec<u8>) {
        text::write_text(self.data(), out);
    }
}

/// A column's value of each row.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    fn of<T: DataType>(piece: &Piece, column: usize) -> Result<Self>
    where
        T::T: Item,
    {
        let descriptor = piece.metadata().file_metadata().schema_descr().column(column);
        let (most, is_list) = (descriptor.max_def_level(), descriptor.max_rep_level() > 0);
        let values = Values::<T>::of(piece, column, is_list)?;
        let mut texts = Self::default();
        for bounds in values.begins(most).windows(2) {
            let levels = &values.definition[bounds[0].0..bounds[1].0];
            let items = &values.items[bounds[0].1..bounds[1].1];
            write_value(levels, items, most, is_list, &mut texts.bytes);
            texts.ends.push(texts.bytes.len());
        }
        Ok(texts)
    }

    fn row(&self, row: usize) -> &[u8] {
        let begin = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[begin..self.ends[row]]
    }
}

/// `levels` are the definitions of one row.
fn write_value<I: Item>(levels: &[i16], items: &[I], most: i16, is_list: bool, out: &mut Vec<u8>) {
    let mut items = items.iter();
    let mut write_next = |level: i16, out: &mut Vec<u8>| {
        let item = if level == most { items.next() } else { None };
        match item {
            Some(item) => item.write(out),
            None => out.extend_from_slice(b"null"),
        }
    };
    if !is_list || levels[0] == 0 {
        return write_next(levels[0], out);
    }
    const EMPTY: i16 = 1;
    out.push(b'[');
    for (at, &level) in levels.iter().filter(|&&level| level != EMPTY).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_next(level, out);
    }
    out.push(b']');
}

fn texts_of(piece: &Piece, name: &str) -> Result<Texts> {
    let schema = piece.metadata().file_metadata().schema_descr();
    let is_it = |column: &usize| schema.column(*column).path().parts()[0] == name;
    let column =
        (0..schema.num_columns()).find(is_it).ok_or_else(|| format!("it has no column \"{name}\""))?;
    match schema.column(column).physical_type() {
        Type::BOOLEAN => Texts::of::<BoolType>(piece, column),
        Type::INT64 => Texts::of::<Int64Type>(piece, column),
        Type::FLOAT => Texts::of::<FloatType>(piece, column),
        Type::DOUBLE => Texts::of::<DoubleType>(piece, column),
        Type::BYTE_ARRAY => Texts::of::<ByteArrayType>(piece, column),
        _ => Err("a column has values that infer does not write".into()),
    }
}

/// A JSON list for each row, of the values of the columns `names`.
pub fn rows(piece: Bytes, names: &[&str], out: &mut Vec<u8>) -> Result<()> {
    let piece = Piece::new(piece).map_err(reason)?;
    let rows = piece.metadata().file_metadata().num_rows() as usize;
    let columns = names.iter().map(|name| texts_of(&piece, name)).collect::<Result<Vec<_>>>()?;
    if columns.iter().any(|column| column.ends.len() != rows) {
        return Err("its columns are not of as many rows as it has".into());
    }
    for row in 0..rows {
        out.push(b'[');
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(column.row(row));
        }
        out.extend_from_slice(b"]\n");
    }
    Ok(())
}
