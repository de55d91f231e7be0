//! Behind ../../../c_abi.h: what writes.

use super::{footer, piece, rows, splice, Column, Items, Kind, List, Values};
use crate::file_bytes::FileBytes;
use crate::table::Result;
use crate::{Answer, Text, Texts};
use bytes::Bytes;
use infer_caught::silence_panics;
use parquet::data_type::ByteArray;
use std::ffi::{c_int, c_void};
use std::os::fd::BorrowedFd;
use std::slice::from_raw_parts;

/// InferTableColumn.
#[repr(C)]
pub struct ColumnOfC {
    name: Text,
    kind: u32,
    is_list: u32,
    width: u64,
}

/// InferTableValues.
#[repr(C)]
pub struct ValuesOfC {
    values: *const c_void,
    count: usize,
    definition: *const i16,
    repetition: *const i16,
    levels: usize,
}

/// # Safety
/// `data` points at `count` of them, or `count` is 0.
unsafe fn slice<'a, T>(data: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        &[]
    } else {
        from_raw_parts(data, count)
    }
}

impl ColumnOfC {
    unsafe fn get(&self) -> Result<Column> {
        let kinds = [Kind::Int64, Kind::Float32, Kind::Float64, Kind::Boolean, Kind::Text];
        let kind = *kinds.get(self.kind as usize).ok_or("a column is of an unknown kind")?;
        let width = i32::try_from(self.width).map_err(|_| "a list has too many values")?;
        let list = match (self.is_list, width) {
            (0, _) => List::None,
            (_, 0) => List::OfAnySize,
            (_, width) => List::OfSize(width),
        };
        Ok(Column { name: self.name.get()?.to_string(), kind, list })
    }
}

impl ValuesOfC {
    unsafe fn get(&self, kind: Kind) -> Values<'_> {
        let (data, count) = (self.values, self.count);
        let text = |text: &Text| ByteArray::from(Bytes::copy_from_slice(slice(text.data, text.size)));
        let items = match kind {
            Kind::Int64 => Items::Int64(slice(data.cast(), count)),
            Kind::Float32 => Items::Float32(slice(data.cast(), count)),
            Kind::Float64 => Items::Float64(slice(data.cast(), count)),
            Kind::Boolean => Items::Boolean(slice(data.cast(), count)),
            Kind::Text => Items::Text(slice(data.cast::<Text>(), count).iter().map(text).collect()),
        };
        let repetition = (!self.repetition.is_null()).then(|| slice(self.repetition, self.levels));
        Values { items, definition: slice(self.definition, self.levels), repetition }
    }
}

/// # Safety
/// See c_abi.h; so for the next function.
#[no_mangle]
pub unsafe extern "C" fn infer_table_piece(
    columns: *const ColumnOfC,
    values: *const ValuesOfC,
    count: usize,
    rows: u64,
    answer: &mut Answer,
) -> bool {
    silence_panics();
    let make = |bytes: &mut Vec<u8>| {
        let columns = slice(columns, count).iter().map(|column| column.get()).collect::<Result<Vec<_>>>()?;
        let given = slice(values, count).iter().zip(&columns);
        let values: Vec<_> = given.map(|(values, column)| values.get(column.kind)).collect();
        *bytes = piece(&columns, &values, rows as usize)?;
        Ok(())
    };
    answer.run(make).is_some()
}

/// # Safety
/// See above.
#[no_mangle]
pub unsafe extern "C" fn infer_table_footer(fd: c_int, bytes: u64, answer: &mut Answer) -> bool {
    silence_panics();
    let make = |out: &mut Vec<u8>| {
        let file = FileBytes::new(BorrowedFd::borrow_raw(fd), bytes).map_err(|error| error.to_string())?;
        *out = footer::footer(&file)?;
        Ok(())
    };
    answer.run(make).is_some()
}

/// Of a struct without padding.
unsafe fn bytes_of<T>(all: &[T]) -> &[u8] {
    from_raw_parts(all.as_ptr().cast(), std::mem::size_of_val(all))
}

/// # Safety
/// See above.
#[no_mangle]
pub unsafe extern "C" fn infer_table_pieces(fd: c_int, bytes: u64, answer: &mut Answer) -> bool {
    silence_panics();
    let look = |out: &mut Vec<u8>| {
        let file = FileBytes::new(BorrowedFd::borrow_raw(fd), bytes).map_err(|error| error.to_string())?;
        out.extend_from_slice(bytes_of(&footer::places(&file)?));
        Ok(())
    };
    answer.run(look).is_some()
}

/// # Safety
/// See above.
#[no_mangle]
pub unsafe extern "C" fn infer_table_splice(
    pieces: *const Text,
    count: usize,
    runs: *const splice::Run,
    runs_count: usize,
    answer: &mut Answer,
) -> bool {
    silence_panics();
    let make = |out: &mut Vec<u8>| {
        let bytes = |text: &Text| Bytes::copy_from_slice(slice(text.data, text.size));
        let pieces: Vec<_> = slice(pieces, count).iter().map(bytes).collect();
        *out = splice::splice(&pieces, slice(runs, runs_count))?;
        Ok(())
    };
    answer.run(make).is_some()
}

/// # Safety
/// See above.
#[no_mangle]
pub unsafe extern "C" fn infer_table_rows(piece: Text, names: Texts, answer: &mut Answer) -> bool {
    silence_panics();
    let read = |out: &mut Vec<u8>| {
        rows::rows(Bytes::copy_from_slice(slice(piece.data, piece.size)), &names.get()?, out)
    };
    answer.run(read).is_some()
}
