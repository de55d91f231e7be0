//! Behind ../c_abi.h, which documents every function here: rows of Parquet and Arrow files as JSON lines, without
//! panics.

mod arrow_file;
mod file_bytes;
mod json;
mod numbers;
mod parquet;
mod table;
mod text;
mod write;

use file_bytes::FileBytes;
use numbers::Values;
use std::ffi::c_int;
use std::os::fd::BorrowedFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Once;
use table::{Group, Limits, Table};

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
        let message = match catch_unwind(AssertUnwindSafe(|| work(&mut self.lines))) {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => error,
            Err(panic) => format!("what reads it gave up: {}", panic_text(&*panic)),
        };
        self.lines.clear();
        self.error = one_line(&message);
        None
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it gave no reason")
}

/// Never empty, so that an error is never taken for success.
fn one_line(message: &str) -> String {
    const LONGEST: usize = 500;
    let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if line.trim().is_empty() {
        "it gave no reason".into()
    } else {
        line
    }
}

/// A panic prints nothing, since its text is returned.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
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

/// # Safety
/// `data` points at `count` texts that outlive the result, or `count` is 0.
unsafe fn texts<'a>(data: *const Text, count: usize) -> table::Result<Vec<&'a str>> {
    let texts: &[Text] = if count == 0 { &[] } else { std::slice::from_raw_parts(data, count) };
    texts.iter().map(|text| text.get()).collect()
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
    names: *const Text,
    count: usize,
    numbers: *const Text,
    numbers_count: usize,
    answer: &mut Answer,
) -> bool {
    let choose = |_: &mut Vec<u8>| table.choose(&texts(names, count)?, &texts(numbers, numbers_count)?);
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

/// InferTableNumbers.
#[repr(C)]
pub struct NumbersView {
    name: Text,
    kind: u8,
    values: *const std::ffi::c_void,
    ends: *const u64,
    forms: *const u8,
    rows: usize,
}

#[no_mangle]
pub extern "C" fn infer_table_numbers_count(table: &Table) -> usize {
    table.numbers().len()
}

#[no_mangle]
pub extern "C" fn infer_table_numbers(table: &Table, column: usize) -> NumbersView {
    let numbers = &table.numbers()[column];
    let (kind, values) = match &numbers.values {
        Values::Float(values) => (0, values.as_ptr().cast()),
        Values::Double(values) => (1, values.as_ptr().cast()),
        Values::Whole(values) => (2, values.as_ptr().cast()),
    };
    NumbersView {
        name: Text { data: numbers.name.as_ptr(), size: numbers.name.len() },
        kind,
        values,
        ends: numbers.ends.as_ptr(),
        forms: numbers.forms.as_ptr(),
        rows: numbers.ends.len(),
    }
}
