//! Behind ../c_abi.h, which documents every function here: rows of Parquet and Arrow files as JSON lines, without
//! panics.

mod arrow_file;
mod arrow_rows;
mod file_bytes;
mod json;
mod parquet;
mod plain;
mod table;
mod text;
mod write;

use file_bytes::FileBytes;
use infer_caught::{caught, silence_panics};
use plain::Values;
use std::ffi::c_int;
use std::os::fd::BorrowedFd;
use table::{Group, Limits, Table, Uses};

/// What a call gave, or why it gave nothing.
#[derive(Default)]
pub struct Answer {
    lines: Vec<u8>,
    error: String,
}

impl Answer {
    /// Runs `work` on the emptied lines; an error or a panic becomes the error text, and None.
    fn run<T>(&mut self, work: impl FnOnce(&mut Vec<u8>) -> table::Result<T>) -> Option<T> {
        self.lines.clear();
        self.error.clear();
        let done = caught("what reads it gave up", || work(&mut self.lines));
        done.map_err(|why| {
            self.lines.clear();
            self.error = why;
        })
        .ok()
    }
}

/// InferTableText.
#[repr(C)]
pub struct Text {
    data: *const u8,
    size: usize,
}

impl Text {
    /// # Safety
    /// `data` points at `size` bytes that outlive the result, or `size` is 0.
    unsafe fn get<'a>(&self) -> table::Result<&'a str> {
        let bytes = if self.size == 0 { &[] } else { std::slice::from_raw_parts(self.data, self.size) };
        std::str::from_utf8(bytes).map_err(|_| "a column's name is not valid UTF-8".into())
    }
}

/// InferTableTexts.
#[repr(C)]
pub struct Texts {
    data: *const Text,
    size: usize,
}

impl Texts {
    /// # Safety
    /// `data` points at `size` texts that outlive the result, or `size` is 0.
    unsafe fn get<'a>(&self) -> table::Result<Vec<&'a str>> {
        let texts: &[Text] =
            if self.size == 0 { &[] } else { std::slice::from_raw_parts(self.data, self.size) };
        texts.iter().map(|text| text.get()).collect()
    }
}

/// # Safety
/// See c_abi.h; so for all functions below.
#[no_mangle]
pub unsafe extern "C" fn infer_table_open(fd: c_int, bytes: u64, answer: &mut Answer) -> Option<Box<Table>> {
    silence_panics();
    let open = |_: &mut Vec<u8>| {
        let file = FileBytes::new(BorrowedFd::borrow_raw(fd), bytes).map_err(|error| error.to_string())?;
        Table::open(file)
    };
    answer.run(open).map(Box::new)
}

#[no_mangle]
pub extern "C" fn infer_table_close(table: Option<Box<Table>>) {
    drop(table);
}

#[no_mangle]
pub extern "C" fn infer_table_answer_create() -> Box<Answer> {
    Box::default()
}

#[no_mangle]
pub extern "C" fn infer_table_answer_destroy(answer: Option<Box<Answer>>) {
    drop(answer);
}

/// # Safety
/// See above.
#[no_mangle]
pub unsafe extern "C" fn infer_table_choose(
    table: &mut Table,
    names: Texts,
    numbers: Texts,
    texts: Texts,
    carried: Texts,
    answer: &mut Answer,
) -> bool {
    let choose = |_: &mut Vec<u8>| {
        let uses = Uses { numbers: numbers.get()?, texts: texts.get()?, carried: carried.get()? };
        table.choose(&names.get()?, &uses)
    };
    answer.run(choose).is_some()
}

/// InferTableGroups.
#[repr(C)]
pub struct Groups {
    data: *const Group,
    size: usize,
}

#[no_mangle]
pub extern "C" fn infer_table_groups(table: &Table) -> Groups {
    Groups { data: table.groups().as_ptr(), size: table.groups().len() }
}

/// # Safety
/// See above.
#[no_mangle]
pub unsafe extern "C" fn infer_table_read(
    table: &mut Table,
    begin: u64,
    end: u64,
    line_bytes: usize,
    most_bytes: usize,
    apart: bool,
    answer: &mut Answer,
) -> bool {
    answer.run(|text| table.read(begin..end, Limits { line_bytes, most_bytes }, apart, text)).is_some()
}

/// InferTableView.
#[repr(C)]
pub struct View {
    lines: *const u8,
    lines_size: usize,
    error: *const u8,
    error_size: usize,
}

#[no_mangle]
pub extern "C" fn infer_table_answer_view(answer: &Answer) -> View {
    View {
        lines: answer.lines.as_ptr(),
        lines_size: answer.lines.len(),
        error: answer.error.as_ptr(),
        error_size: answer.error.len(),
    }
}

/// InferTablePlain.
#[repr(C)]
pub struct PlainView {
    name: Text,
    kind: u8,
    values: *const std::ffi::c_void,
    ends: *const u64,
    forms: *const u8,
    rows: usize,
}

#[no_mangle]
pub extern "C" fn infer_table_plain_count(table: &Table) -> usize {
    table.plain().len()
}

#[no_mangle]
pub extern "C" fn infer_table_plain(table: &Table, column: usize) -> PlainView {
    let plain = &table.plain()[column];
    let (kind, values) = match &plain.values {
        Values::Float(values) => (0, values.as_ptr().cast()),
        Values::Double(values) => (1, values.as_ptr().cast()),
        Values::Whole(values) => (2, values.as_ptr().cast()),
        Values::Text(bytes) => (3, bytes.as_ptr().cast()),
    };
    PlainView {
        name: Text { data: plain.name.as_ptr(), size: plain.name.len() },
        kind,
        values,
        ends: plain.ends.as_ptr(),
        forms: plain.forms.as_ptr(),
        rows: plain.ends.len(),
    }
}

/// InferTableMarks.
#[repr(C)]
pub struct MarksView {
    ends: *const u64,
    only_carried: *const u8,
    rows: usize,
}

#[no_mangle]
pub extern "C" fn infer_table_marks(table: &Table) -> MarksView {
    let marks = table.marks();
    MarksView { ends: marks.ends.as_ptr(), only_carried: marks.only_carried.as_ptr(), rows: marks.ends.len() }
}
