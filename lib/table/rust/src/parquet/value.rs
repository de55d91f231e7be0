//! What the values of a column mean, by the types that the file gives it.

use crate::table::Result;
use crate::text;
use arrow_buffer::i256;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::schema::types::ColumnDescriptor;

pub enum Kind {
    Plain,
    Unsigned,
    Text,
    Date,
    /// In units of ten to the minus that many seconds.
    Time(usize),
    Timestamp(usize, bool),
    Decimal(i32),
    Uuid,
    Half,
}

fn digits(unit: &TimeUnit) -> usize {
    match unit {
        TimeUnit::MILLIS => 3,
        TimeUnit::MICROS => 6,
        TimeUnit::NANOS => 9,
    }
}

pub fn kind_of(column: &ColumnDescriptor) -> Result<Kind> {
    match column.logical_type_ref() {
        None => by_converted_type(column),
        Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => Ok(Kind::Text),
        Some(LogicalType::Decimal(decimal)) => decimal_kind(decimal.scale),
        Some(LogicalType::Date) => Ok(Kind::Date),
        Some(LogicalType::Time(time)) => Ok(Kind::Time(digits(&time.unit))),
        Some(LogicalType::Timestamp(time)) => {
            Ok(Kind::Timestamp(digits(&time.unit), time.is_adjusted_to_u_t_c))
        }
        Some(LogicalType::Integer(integer)) if !integer.is_signed => Ok(Kind::Unsigned),
        Some(LogicalType::Uuid) => Ok(Kind::Uuid),
        Some(LogicalType::Float16) => Ok(Kind::Half),
        Some(_) => Ok(Kind::Plain),
    }
}

/// Of files older than logical types.
fn by_converted_type(column: &ColumnDescriptor) -> Result<Kind> {
    match column.converted_type() {
        ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Ok(Kind::Text),
        ConvertedType::DECIMAL => decimal_kind(column.type_scale()),
        ConvertedType::DATE => Ok(Kind::Date),
        ConvertedType::TIME_MILLIS => Ok(Kind::Time(3)),
        ConvertedType::TIME_MICROS => Ok(Kind::Time(6)),
        ConvertedType::TIMESTAMP_MILLIS => Ok(Kind::Timestamp(3, true)),
        ConvertedType::TIMESTAMP_MICROS => Ok(Kind::Timestamp(6, true)),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
            Ok(Kind::Unsigned)
        }
        ConvertedType::INTERVAL => Err("values of the type INTERVAL cannot be read".into()),
        _ => Ok(Kind::Plain),
    }
}

/// No more digits than 256 bits hold, before and behind the point.
fn decimal_kind(scale: i32) -> Result<Kind> {
    if (0..=76).contains(&scale) {
        Ok(Kind::Decimal(scale))
    } else {
        Err(format!("decimals with {scale} digits behind the point cannot be read"))
    }
}

impl Kind {
    pub fn write_integer(&self, value: i64, bits: u32, out: &mut Vec<u8>) {
        match self {
            Kind::Unsigned if bits == 32 => text::write_integer(value as u32, out),
            Kind::Unsigned => text::write_integer(value as u64, out),
            Kind::Date => text::write_date(value, out),
            Kind::Time(digits) => text::write_time(value, *digits, out),
            Kind::Timestamp(digits, is_utc) => text::write_timestamp(value, *digits, *is_utc, out),
            Kind::Decimal(scale) => text::write_decimal(&value.to_string(), *scale, out),
            _ => text::write_integer(value, out),
        }
    }

    pub fn write_bytes(&self, value: &[u8], out: &mut Vec<u8>) {
        match self {
            Kind::Text => text::write_text(value, out),
            Kind::Decimal(scale) => write_long_decimal(value, *scale, out),
            Kind::Uuid if value.len() == 16 => write_uuid(value, out),
            Kind::Half if value.len() == 2 => {
                text::write_f32(half::f16::from_le_bytes([value[0], value[1]]).to_f32(), out)
            }
            _ => text::write_binary(value, out),
        }
    }
}

/// Of a two's complement number with its highest byte first.
fn write_long_decimal(value: &[u8], scale: i32, out: &mut Vec<u8>) {
    const LARGEST: usize = 32;
    let negative = value.first().is_some_and(|&byte| byte >= 0x80);
    let mut bytes = [if negative { 0xff } else { 0 }; LARGEST];
    let rest = &value[value.len().saturating_sub(LARGEST)..];
    bytes[LARGEST - rest.len()..].copy_from_slice(rest);
    text::write_decimal(&i256::from_be_bytes(bytes).to_string(), scale, out)
}

fn write_uuid(value: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for (at, byte) in value.iter().enumerate() {
        if [4, 6, 8, 10].contains(&at) {
            out.push(b'-');
        }
        out.extend_from_slice(format!("{byte:02x}").as_bytes());
    }
    out.push(b'"');
}
