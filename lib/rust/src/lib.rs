//! All that is written in Rust as one static library: two would each bring Rust's own.

pub use infer_row_key;
pub use infer_table;
pub use infer_tokenizer;
