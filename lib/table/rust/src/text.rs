//! Single values as JSON.

use base64::prelude::{Engine, BASE64_STANDARD};
use chrono::{DateTime, Datelike, Timelike};
use std::io::Write;

pub fn write_integer<I: itoa::Integer>(value: I, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

pub fn write_bool(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// `digits`, with a sign where it is negative, but for the point before the last `scale` of them.
pub fn write_decimal(digits: &str, scale: i32, out: &mut Vec<u8>) {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.len() < digits.len() {
        out.push(b'-');
    }
    let scale = usize::try_from(scale).unwrap_or(0);
    let padded = format!("{unsigned:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    out.extend_from_slice(whole.as_bytes());
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

pub fn write_f32(value: f32, out: &mut Vec<u8>) {
    if value.is_finite() {
        write_digits(ryu::Buffer::new().format_finite(value), out);
    } else {
        write_non_finite(value.into(), out);
    }
}

pub fn write_f64(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        write_digits(ryu::Buffer::new().format_finite(value), out);
    } else {
        write_non_finite(value, out);
    }
}

/// As Python's json writes them.
fn write_non_finite(value: f64, out: &mut Vec<u8>) {
    let word = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    out.extend_from_slice(word.as_bytes());
}

/// The shortest digits in Python's spelling: 1e-05 and not 0.00001, 1e+16.
fn write_digits(text: &str, out: &mut Vec<u8>) {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.starts_with("0.0000") && !unsigned.contains('e') {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    if text.len() > unsigned.len() {
        out.push(b'-');
    }
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // The value is 0.DIGITS times ten to this.
    let point = exponent.parse::<i32>().unwrap_or(0) + whole.len() as i32 - (all.len() - digits.len()) as i32;
    write_placed(digits.trim_end_matches('0'), point, out);
}

fn write_placed(digits: &str, point: i32, out: &mut Vec<u8>) {
    const LONGEST_WHOLE: i32 = 16;
    if (1..=LONGEST_WHOLE).contains(&point) {
        let whole = digits.len().min(point as usize);
        let zeros = point as usize - whole;
        let rest = if digits.len() > whole { &digits[whole..] } else { "0" };
        let _ = write!(out, "{}{:0>zeros$}.{rest}", &digits[..whole], "");
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent = point - 1;
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{first}{dot}{rest}e{sign}{:02}", exponent.unsigned_abs());
    }
}

fn must_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// What stands in some bytes; 0 where it does not.
#[derive(Clone, Copy, Default)]
struct Found {
    to_escape: u64,
    beyond_ascii: u64,
}

impl Found {
    fn in_text(bytes: &[u8]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(last) = bytes.last_chunk::<64>() {
            return Self::in_blocks(bytes, last);
        } else if let Some(last) = bytes.last_chunk::<16>() {
            return Self::in_blocks(bytes, last);
        }
        let mut found = Self::default();
        let mut rest = bytes;
        while let Some((word, behind)) = rest.split_first_chunk() {
            found = found.and(*word);
            rest = behind;
        }
        let mut last = [b' '; 8];
        last[..rest.len()].copy_from_slice(rest);
        found.and(last)
    }

    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = Self::ONES * 0x80;

    /// Eight bytes at once, as "Bit Twiddling Hacks" has it.
    fn and(self, word: [u8; 8]) -> Self {
        let word = u64::from_ne_bytes(word);
        let equal = |byte: u8| Self::less(word ^ (Self::ONES * u64::from(byte)), 1);
        Self {
            to_escape: self.to_escape | Self::less(word, 0x20) | equal(b'"') | equal(b'\\'),
            beyond_ascii: self.beyond_ascii | (word & Self::HIGH),
        }
    }

    /// Not 0 where a byte is less than `least`, at most 0x80.
    fn less(word: u64, least: u8) -> u64 {
        word.wrapping_sub(Self::ONES * u64::from(least)) & !word & Self::HIGH
    }

    /// In blocks, the last of which may reach into the one before: of 180 bytes in 5 ns instead of 20, of which most go
    /// when a loop ends otherwise than foreseen.
    #[cfg(target_arch = "x86_64")]
    fn in_blocks<const BYTES: usize>(bytes: &[u8], last: &[u8; BYTES]) -> Self {
        use std::arch::x86_64::*;
        // SAFETY: every x86-64 has SSE2, and the parts of blocks have 16 bytes.
        unsafe {
            let (mut to_escape, mut seen) = (_mm_setzero_si128(), _mm_setzero_si128());
            let mut look_at = |block: &[u8]| {
                for part in block.chunks_exact(16) {
                    let part = _mm_loadu_si128(part.as_ptr().cast());
                    // Less than 0x21 are then those less than 0x20, and the quote.
                    let swapped = _mm_xor_si128(part, _mm_set1_epi8(b' ' as i8 ^ b'"' as i8));
                    let less = _mm_subs_epu8(_mm_set1_epi8(0x21), swapped);
                    let backslash = _mm_cmpeq_epi8(part, _mm_set1_epi8(b'\\' as i8));
                    to_escape = _mm_or_si128(to_escape, _mm_or_si128(less, backslash));
                    seen = _mm_or_si128(seen, part);
                }
            };
            bytes.chunks_exact(BYTES).for_each(&mut look_at);
            look_at(last);
            let none = _mm_cmpeq_epi8(to_escape, _mm_setzero_si128());
            let to_escape = u64::from(_mm_movemask_epi8(none) != 0xffff);
            Self { to_escape, beyond_ascii: _mm_movemask_epi8(seen) as u64 }
        }
    }
}

pub fn is_utf8(bytes: &[u8]) -> bool {
    bytes.is_ascii() || simdutf8::basic::from_utf8(bytes).is_ok()
}

pub fn write_string(text: &str, out: &mut Vec<u8>) {
    write_text(text.as_bytes(), out)
}

/// Bytes that should be UTF-8; who reads the line finds those that are not.
pub fn write_text(bytes: &[u8], out: &mut Vec<u8>) {
    write_found(bytes, Found::in_text(bytes), out);
}

/// Likewise, but false where they are not.
pub fn write_utf8(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let found = Found::in_text(bytes);
    let is_utf8 = found.beyond_ascii == 0 || simdutf8::basic::from_utf8(bytes).is_ok();
    if is_utf8 {
        write_found(bytes, found, out);
    }
    is_utf8
}

fn write_found(bytes: &[u8], found: Found, out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if found.to_escape != 0 {
        write_escaped(bytes, out);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

fn write_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if must_escape(byte) {
            out.extend_from_slice(&bytes[done..at]);
            done = at + 1;
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                0x08 => out.extend_from_slice(b"\\b"),
                0x0c => out.extend_from_slice(b"\\f"),
                _ => drop(write!(out, "\\u{byte:04x}")),
            }
        }
    }
    out.extend_from_slice(&bytes[done..]);
}

/// As text where it is that, else in base64: many writers leave texts unmarked.
pub fn write_binary(bytes: &[u8], out: &mut Vec<u8>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => write_string(text, out),
        Err(_) => {
            out.push(b'"');
            out.extend_from_slice(BASE64_STANDARD.encode(bytes).as_bytes());
            out.push(b'"');
        }
    }
}

/// Days since 1970; as a number where no calendar has the day.
pub fn write_date(days: i64, out: &mut Vec<u8>) {
    match days.checked_mul(86_400).and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
        Some(time) => drop(write!(out, "\"{:04}-{:02}-{:02}\"", time.year(), time.month(), time.day())),
        None => write_integer(days, out),
    }
}

/// Likewise, of a value in units of ten to the minus `digits` seconds.
pub fn write_timestamp(value: i64, digits: usize, is_utc: bool, out: &mut Vec<u8>) {
    let unit = 10_i64.pow(digits as u32);
    let Some(time) = DateTime::from_timestamp(value.div_euclid(unit), 0) else {
        return write_integer(value, out);
    };
    let _ = write!(out, "\"{:04}-{:02}-{:02}T", time.year(), time.month(), time.day());
    write_clock(time.num_seconds_from_midnight().into(), value.rem_euclid(unit), digits, out);
    out.extend_from_slice(if is_utc { b"Z\"" } else { b"\"" });
}

pub fn write_time(value: i64, digits: usize, out: &mut Vec<u8>) {
    let unit = 10_i64.pow(digits as u32);
    out.push(b'"');
    write_clock(value.div_euclid(unit), value.rem_euclid(unit), digits, out);
    out.push(b'"');
}

fn write_clock(seconds: i64, fraction: i64, digits: usize, out: &mut Vec<u8>) {
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction != 0 {
        let _ = write!(out, ".{fraction:0digits$}");
    }
}
