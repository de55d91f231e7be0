//! Pages of texts. Their reader, which knows of levels, dictionaries and skipping, is given pages of whole numbers in
//! their place, which tell where the texts are: values that count the references to their page took 30 ns a row more.

use super::delta_texts::unpack;
use super::levels::{level_bytes, MaxLevels};
use bytes::Bytes;
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::Page;
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, Type};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a text is: the number of its page, of which the dictionary is the first, and its own in there. Of those of the
/// dictionary it is the byte at which its length stands.
#[derive(Clone, Copy, Default, PartialEq)]
struct Place {
    page: u32,
    text: u32,
}

impl Place {
    fn of(number: i64) -> Self {
        Self { page: (number >> 32) as u32, text: number as u32 }
    }

    fn to_bytes(self) -> [u8; 8] {
        (i64::from(self.page) << 32 | i64::from(self.text)).to_le_bytes()
    }
}

/// At a text of a data page.
#[derive(Clone, Copy, Default)]
pub struct Cursor {
    place: Place,
    byte: usize,
}

/// The texts that a column's reader took last.
#[derive(Default)]
pub struct Texts {
    pages: Pages,
    cursor: Cursor,
}

impl Texts {
    pub fn forget(&mut self) {
        self.pages = Pages::default();
    }

    pub fn update(&mut self, pages: &TextPages) {
        self.pages = pages.kept().pages.clone();
    }

    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    pub fn go_back(&mut self, cursor: Cursor) {
        self.cursor = cursor;
    }

    /// At the place that its reader gave. Quick where they rise: pages are looked through only so far, for to do that
    /// before took 8 ns a row.
    pub fn at(&mut self, place: i64) -> Option<&[u8]> {
        let place = Place::of(place);
        if place.page == 0 {
            return text_at(&self.pages.dictionary, place.text as usize);
        }
        let (page, begin) = self.pages.data.get((place.page - 1).checked_sub(self.pages.passed)? as usize)?;
        if self.cursor.place.page != place.page || self.cursor.place.text > place.text {
            self.cursor = Cursor { place: Place { text: 0, ..place }, byte: *begin };
        }
        while self.cursor.place.text < place.text {
            self.cursor.byte += size_of::<u32>() + text_at(page, self.cursor.byte)?.len();
            self.cursor.place.text += 1;
        }
        text_at(page, self.cursor.byte)
    }
}

/// Behind its length.
fn text_at(page: &[u8], byte: usize) -> Option<&[u8]> {
    let (size, rest) = page.get(byte..)?.split_first_chunk()?;
    rest.get(..u32::from_le_bytes(*size) as usize)
}

#[derive(Clone, Default)]
struct Pages {
    dictionary: Bytes,
    /// How many are no longer here.
    passed: u32,
    /// With the byte at which the first text begins.
    data: Vec<(Bytes, usize)>,
}

impl Pages {
    fn keep_last(&mut self) {
        let passed = self.data.len().saturating_sub(1);
        self.data.drain(..passed);
        self.passed += passed as u32;
    }

    /// Of `most` texts at most; adds their places.
    fn add(&mut self, page: Bytes, begin: usize, most: u32, places: &mut Vec<u8>) {
        let most = (most as usize).min((page.len() - begin) / size_of::<u32>()) as u32;
        self.data.push((page, begin));
        let number = self.passed + self.data.len() as u32;
        places.reserve(most as usize * size_of::<i64>());
        (0..most).for_each(|text| places.extend_from_slice(&Place { page: number, text }.to_bytes()));
    }

    /// Of `most` texts at most; returns their places.
    fn set_dictionary(&mut self, page: Bytes, most: u32) -> Vec<u8> {
        let (mut places, mut byte) = (Vec::new(), 0);
        for _ in 0..most {
            let Some(text) = text_at(&page, byte) else { break };
            places.extend_from_slice(&Place { page: 0, text: byte as u32 }.to_bytes());
            byte += size_of::<u32>() + text.len();
        }
        self.dictionary = page;
        places
    }
}

/// A column of numbers with the levels of one of texts.
pub fn numbers_like(texts: &ColumnDescriptor) -> Result<ColumnDescPtr> {
    let numbers = Type::primitive_type_builder(texts.name(), Physical::INT64).build()?;
    let path = texts.path().clone();
    Ok(Arc::new(ColumnDescriptor::new(Arc::new(numbers), texts.max_def_level(), texts.max_rep_level(), path)))
}

/// What is kept of the pages that a column's reader takes.
#[derive(Clone, Default)]
pub struct TextPages(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    pages: Pages,
    are_all_kept: bool,
}

impl TextPages {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all but those that the reader stands in. `are_all_kept` tells whether those to come are to be looked at,
    /// or are only passed.
    pub fn forget(&self, are_all_kept: bool) {
        let mut kept = self.kept();
        kept.pages.keep_last();
        kept.are_all_kept = are_all_kept;
    }

    /// Keeps a page, and gives one of numbers for it.
    pub fn keep(&self, mut page: Page, most: MaxLevels) -> Result<Page> {
        let levels = level_bytes(&page, most);
        let mut kept = self.kept();
        match &mut page {
            Page::DictionaryPage { buf, num_values, .. } => {
                *buf = kept.pages.set_dictionary(buf.clone(), *num_values).into();
            }
            Page::DataPage { buf, encoding, num_values, .. }
            | Page::DataPageV2 { buf, encoding, num_values, .. } => {
                let levels = levels
                    .filter(|&bytes| bytes <= buf.len())
                    .ok_or_else(|| ParquetError::General("the levels of a page are cut off".into()))?;
                if !kept.are_all_kept {
                    kept.pages.keep_last();
                }
                let (kept_page, begin) = match *encoding {
                    // Its numbers tell which of the dictionary's.
                    Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => return Ok(page),
                    Encoding::PLAIN => (buf.clone(), levels),
                    packed => (unpack(buf.slice(levels..), packed, *num_values)?, 0),
                };
                let mut numbers = buf[..levels].to_vec();
                kept.pages.add(kept_page, begin, *num_values, &mut numbers);
                *buf = numbers.into();
                *encoding = Encoding::PLAIN;
            }
        }
        Ok(page)
    }
}
