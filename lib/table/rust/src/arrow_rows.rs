//! Rows of Arrow arrays: each a JSON line, and what of it is apart.

use crate::json::Members;
use crate::plain::{Form, Plain, Values};
use crate::table::{Lines, Result, Row, Uses};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::*;
use arrow_schema::{DataType, Field};
use std::sync::Arc;

/// What becomes of the columns that are read.
pub struct Roles {
    /// Of each: its number among those that are apart.
    apart: Vec<Option<usize>>,
    is_carried: Vec<bool>,
    /// Those that are carried, in their order, where all others are apart.
    carried: Option<Vec<usize>>,
}

impl Roles {
    pub fn new(fields: &[Arc<Field>], uses: &Uses, plain: &mut Vec<Plain>) -> Self {
        let mut apart = |field: &Arc<Field>| {
            let name = field.name().as_str();
            let values = if uses.texts.contains(&name) { texts_of(field) } else { None };
            let numbers = || if uses.numbers.contains(&name) { numbers_of(field.data_type()) } else { None };
            plain.push(Plain::new(name, values.or_else(numbers)?));
            Some(plain.len() - 1)
        };
        let apart = fields.iter().map(&mut apart).collect::<Vec<_>>();
        let can_be = |field: &Arc<Field>| {
            uses.carried.contains(&field.name().as_str()) && can_be_carried(field.data_type())
        };
        let is_carried = fields.iter().map(can_be).collect::<Vec<_>>();
        let all_known = apart.iter().zip(&is_carried).all(|(apart, &carried)| carried || apart.is_some());
        let place = |carried: &&str| fields.iter().position(|field| field.name() == *carried);
        let carried = all_known.then(|| uses.carried.iter().filter_map(place).collect());
        Self { apart, is_carried, carried }
    }
}

/// The rows of `batch`.
pub fn write_rows(batch: &RecordBatch, roles: &Roles, out: &mut Lines) -> Result<()> {
    let members = Members::new(batch.schema_ref().fields(), batch.columns())?;
    (0..batch.num_rows()).try_for_each(|row| out.add(&mut ArrowRow { batch, members: &members, roles, row }))
}

struct ArrowRow<'a> {
    batch: &'a RecordBatch,
    members: &'a Members,
    roles: &'a Roles,
    row: usize,
}

impl ArrowRow<'_> {
    fn take(&self, column: usize, plain: &mut Plain) -> bool {
        let form = take_plain(self.batch.column(column), self.row, &mut plain.values);
        plain.end_row(form);
        !matches!(form, Form::InLine)
    }
}

impl Row for ArrowRow<'_> {
    fn write_carried(&mut self, text: &mut Vec<u8>, plain: &mut [Plain]) -> Result<bool> {
        let Some(carried) = &self.roles.carried else { return Ok(false) };
        let mut apart = self.roles.apart.iter().enumerate();
        let all_taken = apart.all(|(at, place)| place.is_none_or(|place| self.take(at, &mut plain[place])));
        if !all_taken || !carried.iter().all(|&at| is_json(self.batch.column(at), self.row)) {
            return Ok(false);
        }
        self.members.write_those(carried.iter().copied(), self.row, text);
        Ok(true)
    }

    fn write_rest(&mut self, text: &mut Vec<u8>, plain: &mut [Plain]) -> Result<()> {
        let is_in_line = |at: &usize| match self.roles.apart[*at] {
            // What is in the line, too, is read from there.
            Some(place) if self.roles.is_carried[*at] => {
                plain[place].end_row(Form::InLine);
                true
            }
            Some(place) => !self.take(*at, &mut plain[place]),
            None => true,
        };
        self.members.write_those((0..self.roles.apart.len()).filter(is_in_line), self.row, text);
        Ok(())
    }

    fn write_whole(&mut self, text: &mut Vec<u8>) -> Result<()> {
        self.members.write_all(self.row, text);
        Ok(())
    }
}

/// Whether a value is known to be good JSON when it is written, but for what is_json() finds.
fn can_be_carried(data_type: &DataType) -> bool {
    !data_type.is_nested() && !matches!(data_type, DataType::Float16 | DataType::Dictionary(..))
}

/// Whether JSON has a value that can be carried.
fn is_json(array: &ArrayRef, row: usize) -> bool {
    match array.data_type() {
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).is_finite(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).is_finite(),
        _ => true,
    }
}

fn texts_of(field: &Field) -> Option<Values> {
    let are_texts = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    are_texts.then_some(Values::Text(Vec::new()))
}

/// What the numbers of a column can be kept in; none where it has no others than numbers and lists of them.
fn numbers_of(data_type: &DataType) -> Option<Values> {
    match data_type {
        DataType::Float32 => Some(Values::Float(Vec::new())),
        DataType::Float64 => Some(Values::Double(Vec::new())),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            Some(Values::Whole(Vec::new()))
        }
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Some(Values::Whole(Vec::new())),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)
            if !item.data_type().is_nested() =>
        {
            numbers_of(item.data_type())
        }
        _ => None,
    }
}

/// Adds a row's value, if it is all numbers, or a text.
fn take_plain(array: &ArrayRef, row: usize, into: &mut Values) -> Form {
    if array.is_null(row) {
        return Form::InLine;
    }
    if let Values::Text(bytes) = into {
        return take_text(array, row, bytes);
    }
    let (items, range, form) = match array.data_type() {
        DataType::List(_) => range_of(array.as_list::<i32>(), row),
        DataType::LargeList(_) => range_of(array.as_list::<i64>(), row),
        DataType::FixedSizeList(..) => {
            let lists = array.as_fixed_size_list();
            let begin = lists.value_offset(row) as usize;
            (lists.values(), begin..begin + lists.value_length() as usize, Form::List)
        }
        _ => (array, row..row + 1, Form::Single),
    };
    let has_nulls = || items.nulls().is_some_and(|nulls| range.clone().any(|at| nulls.is_null(at)));
    if range.is_empty() || has_nulls() || !add_numbers(items, range.clone(), into) {
        return Form::InLine;
    }
    form
}

fn take_text(array: &ArrayRef, row: usize, into: &mut Vec<u8>) -> Form {
    into.extend_from_slice(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
        DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
        _ => return Form::InLine,
    });
    Form::Single
}

fn range_of<O: OffsetSizeTrait>(
    lists: &GenericListArray<O>,
    row: usize,
) -> (&ArrayRef, std::ops::Range<usize>, Form) {
    let offsets = lists.value_offsets();
    (lists.values(), offsets[row].as_usize()..offsets[row + 1].as_usize(), Form::List)
}

fn add_numbers(items: &ArrayRef, range: std::ops::Range<usize>, into: &mut Values) -> bool {
    macro_rules! whole {
        ($type:ty, $into:expr) => {
            $into.extend(items.as_primitive::<$type>().values()[range].iter().map(|&value| i64::from(value)))
        };
    }
    match (items.data_type(), into) {
        (DataType::Float32, Values::Float(into)) => {
            into.extend_from_slice(&items.as_primitive::<Float32Type>().values()[range])
        }
        (DataType::Float64, Values::Double(into)) => {
            into.extend_from_slice(&items.as_primitive::<Float64Type>().values()[range])
        }
        (DataType::Int8, Values::Whole(into)) => whole!(Int8Type, into),
        (DataType::Int16, Values::Whole(into)) => whole!(Int16Type, into),
        (DataType::Int32, Values::Whole(into)) => whole!(Int32Type, into),
        (DataType::Int64, Values::Whole(into)) => whole!(Int64Type, into),
        (DataType::UInt8, Values::Whole(into)) => whole!(UInt8Type, into),
        (DataType::UInt16, Values::Whole(into)) => whole!(UInt16Type, into),
        (DataType::UInt32, Values::Whole(into)) => whole!(UInt32Type, into),
        _ => return false,
    }
    true
}
