//! Parquet: a group is a row group. Its rows are read in order, and those between are skipped: each column keeps its
//! place, so that ranks that share a row group decode no more than what they need of it.

mod builder;
mod delta_texts;
mod leaf;
mod levels;
mod node;
mod page_bytes;
mod pages;
mod text_pages;
mod thrift;
mod tree;
mod value;
mod values;

use crate::file_bytes::FileBytes;
use crate::plain::Plain;
use crate::table::{require_unique, Format, Group, Lines, Result, Uses};
use leaf::Leaf;
use page_bytes::PageBytes;
use parquet::basic::Type;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::serialized_reader::SerializedPageReader;
use std::ops::Range;
use std::sync::Arc;
use tree::Tree;

/// Of decoded values at a time, about.
const PIECE_BYTES: u64 = 4 << 20;
const PIECE_ROWS: u64 = 1024;

pub struct ParquetFile {
    bytes: FileBytes,
    metadata: ParquetMetaData,
    groups: Vec<Group>,
    tree: Tree,
    leaves: Vec<Leaf>,
    /// The row group and its row at which all leaves stand.
    place: Option<(usize, u64)>,
}

fn reason(error: ParquetError) -> String {
    error.to_string()
}

impl ParquetFile {
    pub fn open(bytes: FileBytes) -> Result<Self> {
        thrift::check_footer(&bytes)?;
        let metadata = ParquetMetaDataReader::new()
            .with_offset_index_policy(PageIndexPolicy::Optional)
            .parse_and_finish(&bytes)
            .map_err(reason)?;
        let groups = metadata.row_groups().iter().map(group_of).collect::<Result<_>>()?;
        let mut file =
            Self { bytes, metadata, groups, tree: Tree::default(), leaves: Vec::new(), place: None };
        require_unique(&file.names())?;
        file.project((0..file.names().len()).collect(), &Uses::default())?;
        Ok(file)
    }

    /// All leaves at the first row of a group.
    fn open_group(&mut self, group: usize) -> Result<()> {
        self.place = None; // should a column fail
        let row_group = self.metadata.row_group(group);
        let pages = self.metadata.offset_index().and_then(|groups| groups.get(group));
        for leaf in &mut self.leaves {
            let chunk = row_group.column(leaf.column);
            let index = pages
                .and_then(|columns| columns.get(leaf.column))
                .map(|pages| pages.page_locations().clone());
            let index = index.filter(|pages| !pages.is_empty());
            let bytes = PageBytes::new(self.bytes.clone(), group, chunk, index.is_some());
            let rows = row_group.num_rows() as usize;
            let pages = SerializedPageReader::new(Arc::new(bytes), chunk, rows, index);
            leaf.open(pages.map_err(reason)?, chunk)?;
        }
        self.place = Some((group, 0));
        Ok(())
    }

    fn go_to(&mut self, group: usize, row: u64) -> Result<()> {
        if !self.place.is_some_and(|(open, at)| open == group && at <= row) {
            self.open_group(group)?;
        }
        let ahead = row - self.place.take().map_or(0, |(_, at)| at);
        for leaf in &mut self.leaves {
            leaf.skip(ahead as usize)?;
        }
        self.place = Some((group, row));
        Ok(())
    }
}

impl Format for ParquetFile {
    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn names(&self) -> Vec<String> {
        let columns = self.metadata.file_metadata().schema().get_fields();
        columns.iter().map(|column| column.name().to_string()).collect()
    }

    fn project(&mut self, columns: Vec<usize>, uses: &Uses) -> Result<Vec<Plain>> {
        let schema = self.metadata.file_metadata().schema_descr();
        let (mut leaves, mut plain) = (Vec::new(), Vec::new());
        self.tree = Tree::new(schema, &columns, uses, &mut leaves, &mut plain)?;
        self.leaves = leaves;
        self.place = None;
        Ok(plain)
    }

    fn read(&mut self, group: usize, rows: Range<u64>, out: &mut Lines) -> Result<()> {
        let step = (PIECE_BYTES / self.groups[group].row_bytes).clamp(1, PIECE_ROWS);
        self.go_to(group, rows.start)?;
        let mut at = rows.start;
        self.place = None; // but where all goes well
        while at < rows.end {
            let wanted = step.min(rows.end - at) as usize;
            for leaf in &mut self.leaves {
                leaf.read(wanted)?;
            }
            for _ in 0..wanted {
                out.add(&mut self.tree.row(&mut self.leaves))?;
            }
            self.leaves.iter().try_for_each(Leaf::require_all_taken)?;
            at += wanted as u64;
        }
        self.place = Some((group, at));
        Ok(())
    }
}

fn group_of(row_group: &RowGroupMetaData) -> Result<Group> {
    let rows = u64::try_from(row_group.num_rows()).map_err(|_| "a row group has fewer than no rows")?;
    let bytes =
        row_group.columns().iter().map(|column| json_bytes(column, rows)).fold(0, u64::saturating_add);
    Ok(Group { rows, row_bytes: bytes.div_ceil(rows.max(1)).max(1) })
}

/// About, of a column's values and of its name in each row.
fn json_bytes(column: &ColumnChunkMetaData, rows: u64) -> u64 {
    let known = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
    let of_value = match column.column_type() {
        Type::BOOLEAN => 5,
        Type::INT32 => 4,
        Type::INT64 => 8,
        Type::FLOAT => 10,
        Type::DOUBLE => 18,
        Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY | Type::INT96 => 3,
    };
    let of_bytes = match column.column_type() {
        Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY | Type::INT96 => known(column.uncompressed_size())
            .max(known(column.unencoded_byte_array_data_bytes().unwrap_or(0))),
        _ => 0,
    };
    let name = column.column_descr().path().parts().first().map_or(0, |name| name.len() as u64);
    known(column.num_values())
        .saturating_mul(of_value)
        .saturating_add(of_bytes)
        .saturating_add(rows.saturating_mul(name + 4))
}
