//! Values of a column, one after the other, those that are there.

use parquet::basic::Type;
use parquet::data_type::{FixedLenByteArray, Int96};

pub enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    /// Their places in pages.
    Bytes(Vec<i64>),
    Fixed(Vec<FixedLenByteArray>),
}

impl Values {
    pub fn of(kind: Type) -> Self {
        match kind {
            Type::BOOLEAN => Self::Bool(Vec::new()),
            Type::INT32 => Self::Int32(Vec::new()),
            Type::INT64 => Self::Int64(Vec::new()),
            Type::INT96 => Self::Int96(Vec::new()),
            Type::FLOAT => Self::Float(Vec::new()),
            Type::DOUBLE => Self::Double(Vec::new()),
            Type::BYTE_ARRAY => Self::Bytes(Vec::new()),
            Type::FIXED_LEN_BYTE_ARRAY => Self::Fixed(Vec::new()),
        }
    }

    pub fn clear(&mut self) {
        match self {
            Self::Bool(values) => values.clear(),
            Self::Int32(values) => values.clear(),
            Self::Int64(values) | Self::Bytes(values) => values.clear(),
            Self::Int96(values) => values.clear(),
            Self::Float(values) => values.clear(),
            Self::Double(values) => values.clear(),
            Self::Fixed(values) => values.clear(),
        }
    }
}
