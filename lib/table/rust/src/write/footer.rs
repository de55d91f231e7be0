//! One footer for pieces that lie one after the other.

use super::reason;
use crate::file_bytes::FileBytes;
use crate::table::Result;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter,
    RowGroupMetaData,
};

const MAGIC: &[u8] = b"PAR1";
const TAIL: u64 = 8; // the footer's length and the magic

struct Piece {
    begin: u64,
    metadata: ParquetMetaData,
}

fn damaged(end: u64) -> String {
    format!("no piece of a Parquet file ends at its byte {end}")
}

fn read(file: &FileBytes, place: u64, bytes: u64) -> Result<Vec<u8>> {
    let mut target = vec![0; bytes as usize];
    file.read_exact(&mut target, place).map(|()| target).map_err(|error| error.to_string())
}

/// Where the footer that ends at `end` begins, and what it tells.
fn footer_before(end: u64, file: &FileBytes) -> Result<(u64, ParquetMetaData)> {
    let tail = read(file, end.checked_sub(TAIL).ok_or_else(|| damaged(end))?, TAIL)?;
    let (length, magic) = tail.split_at(4);
    let length = u64::from(u32::from_le_bytes([length[0], length[1], length[2], length[3]]));
    let footer = (end - TAIL).checked_sub(length).filter(|_| magic == MAGIC).ok_or_else(|| damaged(end))?;
    let metadata = ParquetMetaDataReader::decode_metadata(&read(file, footer, length)?).map_err(reason)?;
    Ok((footer, metadata))
}

fn check_begin(begin: u64, end: u64, file: &FileBytes) -> Result<()> {
    let magic = MAGIC.len() as u64;
    if begin + magic <= end && read(file, begin, magic)? == MAGIC {
        return Ok(());
    }
    Err(damaged(end))
}

/// The piece that ends at `end`.
fn piece_before(end: u64, file: &FileBytes) -> Result<Piece> {
    let (footer, metadata) = footer_before(end, file)?;
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let values_end = columns.map(|column| column.byte_range()).map(|(begin, bytes)| begin + bytes).max();
    let begin = footer.checked_sub(values_end.unwrap_or(MAGIC.len() as u64)).ok_or_else(|| damaged(end))?;
    check_begin(begin, end, file)?;
    Ok(Piece { begin, metadata })
}

/// InferTablePiece.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Place {
    begin: u64,
    end: u64,
    rows: u64,
}

/// The pieces with rows of a file that has its last footer.
pub fn places(file: &FileBytes) -> Result<Vec<Place>> {
    let (mut end, metadata) = footer_before(file.size(), file)?;
    let mut places = Vec::new();
    for group in metadata.row_groups().iter().rev() {
        let values_begin = group.columns().iter().map(|column| column.byte_range().0).min();
        let begin = values_begin.unwrap_or(0).checked_sub(MAGIC.len() as u64).ok_or_else(|| damaged(end))?;
        check_begin(begin, end, file)?;
        places.push(Place { begin, end, rows: group.num_rows() as u64 });
        end = begin;
    }
    places.reverse();
    Ok(places)
}

/// The same column `by` bytes further in the file.
fn moved_column(column: &ColumnChunkMetaData, by: i64) -> parquet::errors::Result<ColumnChunkMetaData> {
    let pages = column.data_page_offset() + by;
    let dictionary = column.dictionary_page_offset().map(|offset| offset + by);
    column.clone().into_builder().set_data_page_offset(pages).set_dictionary_page_offset(dictionary).build()
}

fn moved(group: &RowGroupMetaData, by: i64, ordinal: usize) -> parquet::errors::Result<RowGroupMetaData> {
    let columns = group
        .columns()
        .iter()
        .map(|column| moved_column(column, by))
        .collect::<parquet::errors::Result<_>>()?;
    let mut builder = group.clone().into_builder().set_column_metadata(columns);
    if let Some(offset) = group.file_offset() {
        builder = builder.set_file_offset(offset + by);
    }
    if let Ok(ordinal) = i16::try_from(ordinal) {
        builder = builder.set_ordinal(ordinal);
    }
    builder.build()
}

/// What makes one file of all that `file` has, one piece at least.
pub fn footer(file: &FileBytes) -> Result<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut end = file.size();
    while end > 0 {
        let piece = piece_before(end, file)?;
        end = piece.begin;
        pieces.push(piece);
    }
    pieces.reverse();
    let first = &pieces.first().ok_or("it has no rows and no columns")?.metadata;
    let mut groups = Vec::new();
    for piece in &pieces {
        if piece.metadata.file_metadata().schema_descr().root_schema()
            != first.file_metadata().schema_descr().root_schema()
        {
            return Err(format!("the columns of its piece at byte {} are others", piece.begin));
        }
        for group in piece.metadata.row_groups() {
            groups.push(moved(group, piece.begin as i64, groups.len()).map_err(reason)?);
        }
    }
    let rows = groups.iter().map(RowGroupMetaData::num_rows).sum();
    let one = first.file_metadata();
    let all = FileMetaData::new(
        one.version(),
        rows,
        one.created_by().map(str::to_string),
        one.key_value_metadata().cloned(),
        one.schema_descr_ptr(),
        one.column_orders().cloned(),
    );
    let mut bytes = Vec::new();
    let metadata = ParquetMetaData::new(all, groups);
    ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().map_err(reason)?;
    Ok(bytes)
}
