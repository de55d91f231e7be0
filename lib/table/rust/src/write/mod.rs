//! Rows as Parquet. A piece is a whole file of one row group; pieces that lie one after the other become one file by a
//! last footer that tells of all their row groups, where they are.

mod abi;
mod footer;
mod rows;
mod schema;
mod splice;

use crate::table::Result;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, TypePtr};
use std::sync::Arc;

const ZSTD_LEVEL: i32 = 1;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int64,
    Float32,
    Float64,
    Boolean,
    Text,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum List {
    None,
    OfAnySize,
    OfSize(i32),
}

pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub list: List,
}

/// Those that are there, of all rows.
pub enum Items<'a> {
    Int64(&'a [i64]),
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Boolean(&'a [bool]),
    Text(Vec<ByteArray>),
}

/// As Parquet's levels have it.
pub struct Values<'a> {
    pub items: Items<'a>,
    pub definition: &'a [i16],
    /// Of lists.
    pub repetition: Option<&'a [i16]>,
}

fn reason(error: ParquetError) -> String {
    error.to_string()
}

/// Of a file without an index, so that its footer stands right behind its values.
fn properties(texts: Vec<ColumnPath>, metadata: Option<Vec<KeyValue>>) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(reason)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(metadata);
    for text in texts {
        properties = properties.set_column_dictionary_enabled(text, true);
    }
    Ok(properties.build())
}

impl Values<'_> {
    fn write(&self, writer: &mut SerializedColumnWriter) -> Result<()> {
        match &self.items {
            Items::Int64(all) => self.write_as::<Int64Type>(all, writer),
            Items::Float32(all) => self.write_as::<FloatType>(all, writer),
            Items::Float64(all) => self.write_as::<DoubleType>(all, writer),
            Items::Boolean(all) => self.write_as::<BoolType>(all, writer),
            Items::Text(all) => self.write_as::<ByteArrayType>(all, writer),
        }
    }

    fn write_as<T: DataType>(&self, all: &[T::T], writer: &mut SerializedColumnWriter) -> Result<()> {
        write_values::<T>(all, self.definition, self.repetition, writer)
    }
}

fn write_values<T: DataType>(
    all: &[T::T],
    definition: &[i16],
    repetition: Option<&[i16]>,
    writer: &mut SerializedColumnWriter,
) -> Result<()> {
    let written = writer.typed::<T>().write_batch(all, Some(definition), repetition).map_err(reason)?;
    if written == all.len() {
        return Ok(());
    }
    Err(format!("{written} of {} values are where the levels say", all.len()))
}

/// `write` is called for each column, in order, where there are rows.
fn write_piece(
    schema: TypePtr,
    properties: WriterProperties,
    rows: usize,
    write: impl Fn(usize, &mut SerializedColumnWriter) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).map_err(reason)?;
    if rows > 0 {
        let mut group = file.next_row_group().map_err(reason)?;
        let mut column = 0;
        while let Some(mut writer) = group.next_column().map_err(reason)? {
            write(column, &mut writer)?;
            writer.close().map_err(reason)?;
            column += 1;
        }
        group.close().map_err(reason)?;
    }
    file.close().map_err(reason)?;
    Ok(bytes)
}

/// `rows` rows, of which `values` has each column's values.
pub fn piece(columns: &[Column], values: &[Values], rows: usize) -> Result<Vec<u8>> {
    let schema = Arc::new(schema::parquet(columns).map_err(reason)?);
    let texts = columns.iter().filter(|column| column.kind == Kind::Text).map(schema::path_of).collect();
    let metadata = vec![KeyValue::new("ARROW:schema".into(), schema::arrow_text(columns))];
    write_piece(schema, properties(texts, Some(metadata))?, rows, |column, writer| {
        values.get(column).ok_or("there are values of too few columns")?.write(writer)
    })
}
