//! Texts of which a page says how long they are, or how they differ from one another, as plain ones.

use super::levels::take_number;
use bytes::Bytes;
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::ByteArrayType;
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::{ColumnDescriptor, ColumnPath, Type};
use std::sync::Arc;

const MOST_BYTES: usize = 1 << 30;
const STEP: usize = 64; // texts of which each can be as long as their page allows

fn refusal(what: String) -> ParquetError {
    ParquetError::General(what)
}

/// Each text of a page's values behind its length, as Parquet's plain encoding has them; no more than `most`.
pub fn unpack(values: Bytes, encoding: Encoding, most: u32) -> Result<Bytes> {
    let count = match encoding {
        _ if values.is_empty() => 0,
        Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY => count(&values)?,
        _ => return Err(refusal(format!("texts cannot be read in the encoding {encoding}"))),
    };
    if count > u64::from(most) {
        return Err(refusal(format!("a page says that it has {count} texts, and {most} are the most")));
    }
    let page = OnePage(Some(page_of(values, encoding, count as u32)));
    let mut reader = ColumnReaderImpl::<ByteArrayType>::new(Arc::new(required_texts()?), Box::new(page));
    let (mut texts, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..count.div_ceil(STEP as u64) {
        texts.clear();
        reader.read_records(STEP, None, None, &mut texts)?;
        for text in &texts {
            plain.extend_from_slice(&(text.len() as u32).to_le_bytes());
            plain.extend_from_slice(text.data());
        }
        if plain.len() > MOST_BYTES {
            let what = "the texts of a page unpack to more than 1 GiB: write the file with smaller pages";
            return Err(refusal(what.into()));
        }
    }
    Ok(plain.into())
}

/// As the numbers say with which a page of them begins: of their lengths, after the sizes of blocks and parts of them.
fn count(values: &[u8]) -> Result<u64> {
    let mut rest = values;
    let numbers = [(); 3].map(|()| take_number(&mut rest));
    numbers[2].ok_or_else(|| refusal("a page of texts ends too early".into()))
}

fn required_texts() -> Result<ColumnDescriptor> {
    let texts = Type::primitive_type_builder("texts", Physical::BYTE_ARRAY).build()?;
    Ok(ColumnDescriptor::new(Arc::new(texts), 0, 0, ColumnPath::from("texts")))
}

fn page_of(values: Bytes, encoding: Encoding, count: u32) -> Page {
    Page::DataPage {
        buf: values,
        num_values: count,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    }
}

struct OnePage(Option<Page>);

impl Iterator for OnePage {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageReader for OnePage {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        Ok(self.0.take())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Ok(None)
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0 = None;
        Ok(())
    }
}
