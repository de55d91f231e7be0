//! The columns as Parquet's schema and as Arrow's, which Arrow's readers take from the file: Parquet does not tell that
//! all lists are of one size.

use super::{Column, Kind, List};
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteOptions};
use arrow_schema::{DataType, Field, Schema};
use base64::Engine;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::errors::Result;
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use std::sync::Arc;

pub fn path_of(column: &Column) -> ColumnPath {
    let name = column.name.clone();
    ColumnPath::new(if column.list == List::None {
        vec![name]
    } else {
        vec![name, "list".into(), "element".into()]
    })
}

fn leaf(name: &str, kind: Kind) -> Result<TypePtr> {
    let (physical, logical) = match kind {
        Kind::Int64 => (Physical::INT64, None),
        Kind::Float32 => (Physical::FLOAT, None),
        Kind::Float64 => (Physical::DOUBLE, None),
        Kind::Boolean => (Physical::BOOLEAN, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let leaf = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(leaf.with_logical_type(logical).build()?))
}

fn field(column: &Column) -> Result<TypePtr> {
    if column.list == List::None {
        return leaf(&column.name, column.kind);
    }
    let element = leaf("element", column.kind)?;
    let list =
        Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![element]);
    let group = Type::group_type_builder(&column.name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(list.build()?)]);
    Ok(Arc::new(group.build()?))
}

pub fn parquet(columns: &[Column]) -> Result<Type> {
    let fields = columns.iter().map(field).collect::<Result<_>>()?;
    Type::group_type_builder("schema").with_fields(fields).build()
}

fn arrow_field(column: &Column) -> Field {
    let item = match column.kind {
        Kind::Int64 => DataType::Int64,
        Kind::Float32 => DataType::Float32,
        Kind::Float64 => DataType::Float64,
        Kind::Boolean => DataType::Boolean,
        Kind::Text => DataType::Utf8,
    };
    let element = || Arc::new(Field::new("element", item.clone(), true));
    let whole = match column.list {
        List::None => item,
        List::OfAnySize => DataType::List(element()),
        List::OfSize(width) => DataType::FixedSizeList(element(), width),
    };
    Field::new(&column.name, whole, true)
}

/// Arrow's schema as a message, behind its length, in base64.
pub fn arrow_text(columns: &[Column]) -> String {
    let schema = Schema::new(columns.iter().map(arrow_field).collect::<Vec<_>>());
    let mut tracker = DictionaryTracker::new(true);
    let options = IpcWriteOptions::default();
    let encoded =
        IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(&schema, &mut tracker, &options);
    let mut message = vec![0xff; 4];
    message.extend((encoded.ipc_message.len() as u32).to_le_bytes());
    message.extend(&encoded.ipc_message);
    base64::engine::general_purpose::STANDARD.encode(message)
}
