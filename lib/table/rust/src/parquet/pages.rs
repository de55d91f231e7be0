//! Pages that cannot make their reader allocate what no file can hold: it trusts the numbers in their heads.

use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};

pub struct CheckedPages<P> {
    pages: P,
    /// Of the column in the row group.
    most_values: u64,
}

impl<P: PageReader> CheckedPages<P> {
    pub fn new(pages: P, values: i64) -> Self {
        Self { pages, most_values: values.try_into().unwrap_or(0) }
    }

    fn check(&self, page: &Page) -> Result<()> {
        let most = match page {
            Page::DictionaryPage { buf, .. } => buf.len() as u64, // each takes a byte at least
            _ => self.most_values,
        };
        if u64::from(page.num_values()) <= most {
            return Ok(());
        }
        let what = format!("a page says that it has {} values, and {most} are the most", page.num_values());
        Err(ParquetError::General(what))
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
        let page = self.pages.get_next_page()?;
        page.as_ref().map_or(Ok(()), |page| self.check(page))?;
        Ok(page)
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
