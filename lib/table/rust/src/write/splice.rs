//! Rows of some pieces as a piece of their own, as if they had been written together.

use super::{properties, reason, write_piece, write_values};
use crate::table::Result;
use bytes::Bytes;
use parquet::basic::Type;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedColumnWriter;

/// InferTableRun: rows of a piece.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Run {
    piece: u64,
    first: u64,
    rows: u64,
}

const OTHER_COLUMNS: &str =
    "the rows that are put in have other columns, or other types in them, than those that stay: \
     what the first records hold has changed; score the whole input anew with --overwrite";

pub type Piece = SerializedFileReader<Bytes>;

/// Of a column, with Parquet's levels.
pub struct Values<T: DataType> {
    pub items: Vec<T::T>,
    pub definition: Vec<i16>,
    pub repetition: Vec<i16>,
}

impl<T: DataType> Values<T> {
    fn new() -> Self {
        Self { items: Vec::new(), definition: Vec::new(), repetition: Vec::new() }
    }

    pub fn of(piece: &Piece, column: usize, is_list: bool) -> Result<Self> {
        let mut all = Self::new();
        for group in 0..piece.num_row_groups() {
            let group = piece.get_row_group(group).map_err(reason)?;
            let mut reader = get_typed_column_reader::<T>(group.get_column_reader(column).map_err(reason)?);
            loop {
                let repetition = is_list.then_some(&mut all.repetition);
                let definition = Some(&mut all.definition);
                let (rows, _, _) = reader
                    .read_records(usize::MAX, definition, repetition, &mut all.items)
                    .map_err(reason)?;
                if rows == 0 {
                    break;
                }
            }
        }
        Ok(all)
    }

    /// Where each row begins, among levels and items, and where the last one ends.
    pub fn begins(&self, most: i16) -> Vec<(usize, usize)> {
        let mut begins = Vec::new();
        let mut items = 0;
        for (level, definition) in self.definition.iter().enumerate() {
            if self.repetition.get(level).copied().unwrap_or(0) == 0 {
                begins.push((level, items));
            }
            items += usize::from(*definition == most);
        }
        begins.push((self.definition.len(), items));
        begins
    }
}

/// The column's values of these rows.
fn write_column<T: DataType>(
    pieces: &[Piece],
    column: usize,
    runs: &[Run],
    writer: &mut SerializedColumnWriter,
) -> Result<()> {
    let first = pieces.first().ok_or("there are no pieces")?;
    let descriptor = first.metadata().file_metadata().schema_descr().column(column);
    let (most, is_list) = (descriptor.max_def_level(), descriptor.max_rep_level() > 0);
    let given =
        pieces.iter().map(|piece| Values::<T>::of(piece, column, is_list)).collect::<Result<Vec<_>>>()?;
    let begins: Vec<_> = given.iter().map(|values| values.begins(most)).collect();
    let mut all = Values::<T>::new();
    for run in runs {
        let (piece, first) = (run.piece as usize, run.first as usize);
        let place = |row: usize| begins.get(piece).and_then(|rows| rows.get(row)).ok_or("a piece lacks rows");
        let (begin, end) = (place(first)?, place(first + run.rows as usize)?);
        let values = &given[piece];
        all.items.extend_from_slice(&values.items[begin.1..end.1]);
        all.definition.extend_from_slice(&values.definition[begin.0..end.0]);
        if is_list {
            all.repetition.extend_from_slice(&values.repetition[begin.0..end.0]);
        }
    }
    write_values::<T>(&all.items, &all.definition, is_list.then_some(&all.repetition), writer)
}

/// The rows of `runs`, in this order. All pieces have the same columns.
pub fn splice(pieces: &[Bytes], runs: &[Run]) -> Result<Vec<u8>> {
    let open = |bytes: &Bytes| Piece::new(bytes.clone()).map_err(reason);
    let pieces = pieces.iter().map(open).collect::<Result<Vec<_>>>()?;
    let first = pieces.first().ok_or("there are no pieces")?.metadata().file_metadata();
    let schema = first.schema_descr();
    for piece in &pieces {
        if piece.metadata().file_metadata().schema_descr().root_schema() != schema.root_schema() {
            return Err(OTHER_COLUMNS.into());
        }
    }
    let is_text = |column: usize| schema.column(column).physical_type() == Type::BYTE_ARRAY;
    let texts = (0..schema.num_columns()).filter(|column| is_text(*column));
    let texts = texts.map(|column| schema.column(column).path().clone()).collect();
    let properties = properties(texts, first.key_value_metadata().cloned())?;
    let rows = runs.iter().map(|run| run.rows as usize).sum();
    write_piece(schema.root_schema_ptr(), properties, rows, |column, writer| {
        match schema.column(column).physical_type() {
            Type::BOOLEAN => write_column::<BoolType>(&pieces, column, runs, writer),
            Type::INT64 => write_column::<Int64Type>(&pieces, column, runs, writer),
            Type::FLOAT => write_column::<FloatType>(&pieces, column, runs, writer),
            Type::DOUBLE => write_column::<DoubleType>(&pieces, column, runs, writer),
            Type::BYTE_ARRAY => write_column::<ByteArrayType>(&pieces, column, runs, writer),
            _ => Err("a column has values that infer does not write".into()),
        }
    })
}
