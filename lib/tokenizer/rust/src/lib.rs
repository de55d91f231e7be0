//! The static library behind ../c_abi.h, which documents every function here: Hugging Face's tokenizers without
//! panics, threads or padding.

mod encode;
mod layout;
mod spans;

use encode::{Config, Encoder};
use infer_caught::{caught, silence_panics};
use spans::Span;
use std::ffi::{c_char, CStr};
use std::sync::Once;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The tokens of one text or pair, or why there are none.
#[derive(Default)]
pub struct Buffer {
    ids: Vec<u32>,
    types: Vec<u32>,
    spans: Vec<Span>,
    truncated: bool,
    error: String,
    // Of the texts alone, before they are put in order.
    first: Vec<u32>,
    second: Vec<u32>,
    first_spans: Vec<Span>,
}

impl Buffer {
    fn clear(&mut self) {
        self.ids.clear();
        self.types.clear();
        self.spans.clear();
        self.truncated = false;
        self.error.clear();
        self.first.clear();
        self.second.clear();
        self.first_spans.clear();
    }

    /// Runs `work` on the emptied buffer; an error or a panic becomes its error text, and None.
    fn run<T>(&mut self, work: impl FnOnce(&mut Buffer) -> tokenizers::Result<T>) -> Option<T> {
        self.clear();
        let done = caught("the tokenizer panicked", || work(self));
        done.map_err(|why| {
            self.clear();
            self.error = why;
        })
        .ok()
    }
}

/// No thread pool is ever started.
fn prepare_process() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        silence_panics();
        tokenizers::utils::parallelism::set_parallelism(false);
    });
}

/// # Safety
/// `data` points at `size` bytes that outlive the result, or `size` is 0.
unsafe fn bytes<'a>(data: *const c_char, size: usize) -> &'a [u8] {
    if size == 0 {
        &[]
    } else {
        std::slice::from_raw_parts(data.cast(), size)
    }
}

/// # Safety
/// See `bytes`.
unsafe fn text<'a>(data: *const c_char, size: usize) -> tokenizers::Result<&'a str> {
    std::str::from_utf8(bytes(data, size))
        .map_err(|e| format!("the text is not valid UTF-8 at byte {}", e.valid_up_to()).into())
}

/// # Safety
/// See c_abi.h; so for all functions below.
#[no_mangle]
pub unsafe extern "C" fn infer_tokenizer_create(
    json: *const c_char,
    json_size: usize,
    config: Config,
    buffer: &mut Buffer,
) -> Option<Box<Encoder>> {
    prepare_process();
    buffer.run(|_| Encoder::new(bytes(json, json_size), config)).map(Box::new)
}

#[no_mangle]
pub extern "C" fn infer_tokenizer_destroy(tokenizer: Option<Box<Encoder>>) {
    drop(tokenizer);
}

#[no_mangle]
pub extern "C" fn infer_token_buffer_create() -> Box<Buffer> {
    Box::default()
}

#[no_mangle]
pub extern "C" fn infer_token_buffer_destroy(buffer: Option<Box<Buffer>>) {
    drop(buffer);
}

/// # Safety
/// See above.
#[no_mangle]
pub unsafe extern "C" fn infer_tokenizer_encode(
    tokenizer: &Encoder,
    first: *const c_char,
    first_size: usize,
    pair: *const c_char,
    pair_size: usize,
    buffer: &mut Buffer,
) -> bool {
    let work = |buffer: &mut Buffer| {
        let second = if pair.is_null() { None } else { Some(text(pair, pair_size)?) };
        tokenizer.encode(text(first, first_size)?, second, buffer)
    };
    buffer.run(work).is_some()
}

/// InferTokenView.
#[repr(C)]
pub struct View {
    ids: *const u32,
    types: *const u32,
    spans: *const Span,
    error: *const u8,
    size: usize,
    spans_size: usize,
    error_size: usize,
    truncated: bool,
}

#[no_mangle]
pub extern "C" fn infer_token_buffer_view(buffer: &Buffer) -> View {
    View {
        ids: buffer.ids.as_ptr(),
        types: buffer.types.as_ptr(),
        spans: buffer.spans.as_ptr(),
        error: buffer.error.as_ptr(),
        size: buffer.ids.len(),
        spans_size: buffer.spans.len(),
        error_size: buffer.error.len(),
        truncated: buffer.truncated,
    }
}

#[no_mangle]
pub extern "C" fn infer_tokenizer_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version holds no NUL"),
        };
    VERSION.as_ptr()
}
