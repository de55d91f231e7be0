//! Levels, of repetition and of definition, as they stand at the begin of a page.

use parquet::basic::Encoding;
use parquet::column::page::Page;

/// Of a column.
#[derive(Clone, Copy)]
pub struct MaxLevels {
    pub definition: i16,
    pub repetition: i16,
}

/// How many bytes of a page come before its values.
pub fn level_bytes(page: &Page, most: MaxLevels) -> Option<usize> {
    match page {
        Page::DictionaryPage { .. } => Some(0),
        Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } => {
            let repetition = level_bytes_of(buf, *num_values, most.repetition, *rep_level_encoding)?;
            let rest = buf.get(repetition..)?;
            let definition = level_bytes_of(rest, *num_values, most.definition, *def_level_encoding)?;
            Some(repetition + definition)
        }
        Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
            (*def_levels_byte_len as usize).checked_add(*rep_levels_byte_len as usize)
        }
    }
}

fn level_bytes_of(bytes: &[u8], values: u32, most: i16, encoding: Encoding) -> Option<usize> {
    #[allow(deprecated)] // old files have it
    match encoding {
        _ if most == 0 => Some(0),
        Encoding::RLE => (u32::from_le_bytes(*bytes.first_chunk()?) as usize).checked_add(size_of::<u32>()),
        Encoding::BIT_PACKED => {
            let bits = (i16::BITS - most.leading_zeros()) as usize;
            Some((values as usize * bits).div_ceil(8))
        }
        _ => None,
    }
}

/// None where their number cannot be too small, or the reader finds out by itself.
pub fn repetition_levels(page: &Page) -> Option<&[u8]> {
    match page {
        Page::DataPage { buf, rep_level_encoding: Encoding::RLE, .. } => {
            let size = u32::from_le_bytes(*buf.first_chunk()?) as usize;
            buf.get(4..size.checked_add(4)?)
        }
        Page::DataPageV2 { buf, rep_levels_byte_len, .. } => buf.get(..*rep_levels_byte_len as usize),
        _ => None,
    }
}

/// Of a hybrid of runs: of one level so many times, or of groups of eight levels in as few bits as hold the largest.
pub fn count_levels(mut runs: &[u8], largest: i16) -> u64 {
    let bits = u64::from(i16::BITS - largest.leading_zeros());
    let mut count = 0;
    while let Some(head) = take_number(&mut runs).filter(|&head| head != 0) {
        let length = head >> 1;
        let bytes = if head & 1 == 1 { length.saturating_mul(bits) } else { bits.div_ceil(8) };
        let there = bytes.min(runs.len() as u64);
        let levels = if head & 1 == 1 { there * 8 / bits } else { length };
        count += if there == bytes || head & 1 == 1 { levels } else { 0 };
        runs = &runs[there as usize..];
    }
    count
}

/// In groups of seven bits, the lowest first.
pub fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
