//! Pages that cannot make their reader allocate what no file can hold, nor wait for ever for levels that do not come:
//! it trusts the numbers in their heads.

use super::levels::{count_levels, repetition_levels, MaxLevels};
use super::text_pages::TextPages;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};

pub struct CheckedPages<P> {
    pages: P,
    /// Of the column in the row group.
    most_values: u64,
    most: MaxLevels,
    texts: Option<TextPages>,
}

impl<P: PageReader> CheckedPages<P> {
    /// With `texts`, their reader gets pages of numbers.
    pub fn new(pages: P, values: i64, most: MaxLevels, texts: Option<TextPages>) -> Self {
        Self { pages, most_values: values.try_into().unwrap_or(0), most, texts }
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
        let has_levels = self.most.repetition == 0
            || repetition_levels(page).is_none_or(|levels| {
                count_levels(levels, self.most.repetition) >= u64::from(page.num_values())
            });
        if !has_levels {
            return Err(ParquetError::General("a page has fewer repetition levels than values".into()));
        }
        Ok(())
    }
}

impl<P: PageReader> Iterator for CheckedPages<P> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<P: PageReader> PageReader for CheckedPages<P> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(page) = self.pages.get_next_page()? else { return Ok(None) };
        self.check(&page)?;
        match &self.texts {
            Some(texts) => texts.keep(page, self.most).map(Some),
            None => Ok(Some(page)),
        }
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
