//! Pages that cannot make their reader allocate what no file can hold, nor wait for ever for levels that do not come:
//! it trusts the numbers in their heads.

use super::lent_pages::LentPages;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};

pub struct CheckedPages<P> {
    pages: P,
    /// Of the column in the row group.
    most_values: u64,
    max_repetition: i16,
    lent: Option<LentPages>,
}

impl<P: PageReader> CheckedPages<P> {
    /// With `lent`, pages are lent.
    ///
    /// # Safety
    /// As LentPages::lend() says of each of them.
    pub unsafe fn new(pages: P, values: i64, max_repetition: i16, lent: Option<LentPages>) -> Self {
        Self { pages, most_values: values.try_into().unwrap_or(0), max_repetition, lent }
    }

    fn check(&self, page: &Page) -> Result<()> {
        let most = match page {
            Page::DictionaryPage { buf, .. } => buf.len() as u64, // each takes a byte at least
            _ => self.most_values,
        };
        if u64::from(page.num_values()) > most {
            let what =
                format!("a page says that it has {} values, and {most} are the most", page.num_values());
            return Err(ParquetError::General(what));
        }
        let has_levels = self.max_repetition == 0
            || repetition_levels(page).is_none_or(|levels| {
                count_levels(levels, self.max_repetition) >= u64::from(page.num_values())
            });
        if !has_levels {
            return Err(ParquetError::General("a page has fewer repetition levels than values".into()));
        }
        Ok(())
    }
}

/// None where their number cannot be too small, or the reader finds out by itself.
fn repetition_levels(page: &Page) -> Option<&[u8]> {
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
fn count_levels(mut runs: &[u8], largest: i16) -> u64 {
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
fn take_number(bytes: &mut &[u8]) -> Option<u64> {
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

impl<P: PageReader> Iterator for CheckedPages<P> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<P: PageReader> PageReader for CheckedPages<P> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.as_ref().map_or(Ok(()), |page| self.check(page))?;
        // SAFETY: new()
        Ok(page.map(|page| match &self.lent {
            Some(lent) => unsafe { lent.lend(page) },
            None => page,
        }))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}
