//! Rows of Arrow arrays as JSON objects: nulls are left out, but in lists.

use crate::text;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use std::sync::Arc;

/// Writes the value of a row that has one.
trait Values {
    fn write(&self, row: usize, out: &mut Vec<u8>);
}

struct Column {
    nulls: Option<NullBuffer>,
    values: Box<dyn Values>,
}

impl Column {
    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
        } else {
            self.values.write(row, out);
        }
    }
}

impl<F: Fn(usize, &mut Vec<u8>)> Values for F {
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        self(row, out)
    }
}

/// The members of an object: what stands before each value, with the comma, and the values.
pub struct Members(Vec<(Vec<u8>, Column)>);

impl Members {
    pub fn new(fields: &[Arc<Field>], arrays: &[ArrayRef]) -> Result<Self, String> {
        let member = |(field, array): (&Arc<Field>, &ArrayRef)| {
            let mut key = vec![b','];
            text::write_string(field.name(), &mut key);
            key.push(b':');
            column(array).map(|column| (key, column)).map_err(|why| format!("column {}: {why}", field.name()))
        };
        fields.iter().zip(arrays).map(member).collect::<Result<_, _>>().map(Members)
    }
}

impl Values for Members {
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        self.write_those(0..self.0.len(), row, out);
    }
}

impl Members {
    pub fn write_those(&self, those: impl Iterator<Item = usize>, row: usize, out: &mut Vec<u8>) {
        let begin = out.len();
        for (key, column) in those.map(|at| &self.0[at]) {
            if !column.is_null(row) {
                out.extend_from_slice(key);
                column.values.write(row, out);
            }
        }
        if out.len() == begin {
            out.push(b'{');
        } else {
            out[begin] = b'{'; // the first comma
        }
        out.push(b'}');
    }

    pub fn write_all(&self, row: usize, out: &mut Vec<u8>) {
        self.write(row, out);
    }
}

/// Whether Members can write values of this type.
pub fn check_type(data_type: &DataType) -> Result<(), String> {
    column(&new_empty_array(data_type)).map(|_| ())
}

fn column(array: &ArrayRef) -> Result<Column, String> {
    Ok(Column { nulls: array.logical_nulls(), values: values(array)? })
}

/// Of primitive values by what writes one.
macro_rules! each {
    ($array:expr, $type:ty, $write:expr) => {{
        let array = $array.as_primitive::<$type>().clone();
        Box::new(move |row: usize, out: &mut Vec<u8>| $write(array.value(row), out))
    }};
}

/// Of any other array by what writes one.
macro_rules! each_of {
    ($array:expr, $write:expr) => {{
        let array = $array.clone();
        Box::new(move |row: usize, out: &mut Vec<u8>| $write(array.value(row), out))
    }};
}

macro_rules! decimals {
    ($array:expr, $type:ty) => {{
        let array = $array.as_primitive::<$type>().clone();
        Box::new(move |row: usize, out: &mut Vec<u8>| {
            out.extend_from_slice(array.value_as_string(row).as_bytes())
        })
    }};
}

/// The items of row i: from the first number on, before the second.
struct List {
    ranges: Box<dyn Fn(usize) -> (usize, usize)>,
    items: Column,
}

impl Values for List {
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        let (begin, end) = (self.ranges)(row);
        out.push(b'[');
        for item in begin..end {
            if item > begin {
                out.push(b',');
            }
            self.items.write(item, out);
        }
        out.push(b']');
    }
}

fn list(
    items: &ArrayRef,
    ranges: impl Fn(usize) -> (usize, usize) + 'static,
) -> Result<Box<dyn Values>, String> {
    Ok(Box::new(List { ranges: Box::new(ranges), items: column(items)? }))
}

fn offset_list<O: OffsetSizeTrait>(array: &GenericListArray<O>) -> Result<Box<dyn Values>, String> {
    let offsets = array.offsets().clone();
    list(array.values(), move |row| (offsets[row].as_usize(), offsets[row + 1].as_usize()))
}

fn view_list<O: OffsetSizeTrait>(array: &GenericListViewArray<O>) -> Result<Box<dyn Values>, String> {
    let (offsets, sizes) = (array.offsets().clone(), array.sizes().clone());
    list(array.values(), move |row| {
        let begin = offsets[row].as_usize();
        (begin, begin + sizes[row].as_usize())
    })
}

fn fixed_list(array: &FixedSizeListArray) -> Result<Box<dyn Values>, String> {
    let size = array.value_length() as usize;
    list(array.values(), move |row| (row * size, (row + 1) * size))
}

/// An object where the keys are texts, else a list of objects with a key and a value.
fn map(array: &MapArray) -> Result<Box<dyn Values>, String> {
    let offsets = array.offsets().clone();
    let keys_are_texts =
        matches!(array.key_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    if !keys_are_texts {
        let entries: ArrayRef = Arc::new(array.entries().clone());
        return list(&entries, move |row| (offsets[row] as usize, offsets[row + 1] as usize));
    }
    let (keys, values) = (column(array.keys())?, column(array.values())?);
    Ok(Box::new(move |row: usize, out: &mut Vec<u8>| {
        out.push(b'{');
        for entry in offsets[row] as usize..offsets[row + 1] as usize {
            if entry > offsets[row] as usize {
                out.push(b',');
            }
            keys.values.write(entry, out);
            out.push(b':');
            values.write(entry, out);
        }
        out.push(b'}');
    }))
}

fn dictionary(array: &dyn AnyDictionaryArray) -> Result<Box<dyn Values>, String> {
    let values = column(array.values())?;
    if array.values().is_empty() {
        return Ok(Box::new(|_: usize, out: &mut Vec<u8>| out.extend_from_slice(b"null")));
    }
    let keys = array.normalized_keys();
    Ok(Box::new(move |row: usize, out: &mut Vec<u8>| values.write(keys[row], out)))
}

fn runs<R: RunEndIndexType>(array: &RunArray<R>) -> Result<Box<dyn Values>, String> {
    let values = column(array.values())?;
    let array = array.clone();
    Ok(Box::new(move |row: usize, out: &mut Vec<u8>| values.write(array.get_physical_index(row), out)))
}

fn values(array: &ArrayRef) -> Result<Box<dyn Values>, String> {
    use text::{write_binary, write_date, write_f32, write_f64, write_integer, write_string, write_time};
    Ok(match array.data_type() {
        DataType::Null => Box::new(|_: usize, out: &mut Vec<u8>| out.extend_from_slice(b"null")),
        DataType::Boolean => each_of!(array.as_boolean(), text::write_bool),
        DataType::Int8 => each!(array, Int8Type, write_integer),
        DataType::Int16 => each!(array, Int16Type, write_integer),
        DataType::Int32 => each!(array, Int32Type, write_integer),
        DataType::Int64 => each!(array, Int64Type, write_integer),
        DataType::UInt8 => each!(array, UInt8Type, write_integer),
        DataType::UInt16 => each!(array, UInt16Type, write_integer),
        DataType::UInt32 => each!(array, UInt32Type, write_integer),
        DataType::UInt64 => each!(array, UInt64Type, write_integer),
        DataType::Float16 => {
            let array = array.as_primitive::<Float16Type>().clone();
            Box::new(move |row: usize, out: &mut Vec<u8>| write_f32(array.value(row).to_f32(), out))
        }
        DataType::Float32 => each!(array, Float32Type, write_f32),
        DataType::Float64 => each!(array, Float64Type, write_f64),
        DataType::Decimal32(..) => decimals!(array, Decimal32Type),
        DataType::Decimal64(..) => decimals!(array, Decimal64Type),
        DataType::Decimal128(..) => decimals!(array, Decimal128Type),
        DataType::Decimal256(..) => decimals!(array, Decimal256Type),
        DataType::Utf8 => each_of!(array.as_string::<i32>(), write_string),
        DataType::LargeUtf8 => each_of!(array.as_string::<i64>(), write_string),
        DataType::Utf8View => each_of!(array.as_string_view(), write_string),
        DataType::Binary => each_of!(array.as_binary::<i32>(), write_binary),
        DataType::LargeBinary => each_of!(array.as_binary::<i64>(), write_binary),
        DataType::BinaryView => each_of!(array.as_binary_view(), write_binary),
        DataType::FixedSizeBinary(_) => each_of!(array.as_fixed_size_binary(), write_binary),
        DataType::Date32 => {
            each!(array, Date32Type, |days: i32, out: &mut Vec<u8>| write_date(days.into(), out))
        }
        DataType::Date64 => {
            each!(array, Date64Type, |ms: i64, out: &mut Vec<u8>| write_date(ms.div_euclid(86_400_000), out))
        }
        DataType::Timestamp(unit, zone) => timestamps(array, unit, zone.is_some()),
        DataType::Time32(TimeUnit::Second) => {
            each!(array, Time32SecondType, |v: i32, out: &mut Vec<u8>| write_time(v.into(), 0, out))
        }
        DataType::Time32(_) => {
            each!(array, Time32MillisecondType, |v: i32, out: &mut Vec<u8>| write_time(v.into(), 3, out))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            each!(array, Time64MicrosecondType, |v: i64, out: &mut Vec<u8>| write_time(v, 6, out))
        }
        DataType::Time64(_) => {
            each!(array, Time64NanosecondType, |v: i64, out: &mut Vec<u8>| write_time(v, 9, out))
        }
        DataType::Duration(TimeUnit::Second) => each!(array, DurationSecondType, write_integer),
        DataType::Duration(TimeUnit::Millisecond) => each!(array, DurationMillisecondType, write_integer),
        DataType::Duration(TimeUnit::Microsecond) => each!(array, DurationMicrosecondType, write_integer),
        DataType::Duration(TimeUnit::Nanosecond) => each!(array, DurationNanosecondType, write_integer),
        DataType::Interval(IntervalUnit::YearMonth) => each!(array, IntervalYearMonthType, write_integer),
        DataType::List(_) => offset_list(array.as_list::<i32>())?,
        DataType::LargeList(_) => offset_list(array.as_list::<i64>())?,
        DataType::ListView(_) => view_list(array.as_list_view::<i32>())?,
        DataType::LargeListView(_) => view_list(array.as_list_view::<i64>())?,
        DataType::FixedSizeList(..) => fixed_list(array.as_fixed_size_list())?,
        DataType::Struct(fields) => Box::new(Members::new(fields, array.as_struct().columns())?),
        DataType::Map(..) => map(array.as_map())?,
        DataType::Dictionary(..) => dictionary(array.as_any_dictionary())?,
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs(array.as_run::<Int16Type>())?,
            DataType::Int32 => runs(array.as_run::<Int32Type>())?,
            _ => runs(array.as_run::<Int64Type>())?,
        },
        other => return Err(format!("values of the type {other} cannot be read")),
    })
}

fn timestamps(array: &ArrayRef, unit: &TimeUnit, is_utc: bool) -> Box<dyn Values> {
    match unit {
        TimeUnit::Second => {
            each!(array, TimestampSecondType, move |v, out: &mut Vec<u8>| write_timestamp(v, 0, is_utc, out))
        }
        TimeUnit::Millisecond => {
            each!(array, TimestampMillisecondType, move |v, out: &mut Vec<u8>| write_timestamp(
                v, 3, is_utc, out
            ))
        }
        TimeUnit::Microsecond => {
            each!(array, TimestampMicrosecondType, move |v, out: &mut Vec<u8>| write_timestamp(
                v, 6, is_utc, out
            ))
        }
        TimeUnit::Nanosecond => {
            each!(array, TimestampNanosecondType, move |v, out: &mut Vec<u8>| write_timestamp(
                v, 9, is_utc, out
            ))
        }
    }
}

use text::write_timestamp;
