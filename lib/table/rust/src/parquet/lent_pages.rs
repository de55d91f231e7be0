//! Pages of texts that are lent to their reader, and not shared with it: each value is then a plain view of its page,
//! without a count of references, which took a tenth of the time that reading takes.

use bytes::Bytes;
use parquet::column::page::Page;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Owned {
    dictionary: Bytes,
    data: Vec<Bytes>,
    /// Whether values of earlier pages are still wanted when the next one comes.
    are_all_kept: bool,
}

/// What a column's reader has been lent.
#[derive(Clone, Default)]
pub struct LentPages(Arc<Mutex<Owned>>);

impl LentPages {
    fn owned(&self) -> MutexGuard<'_, Owned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back all but those that the reader stands in: no value of the others may be looked at any more. Then
    /// `are_kept` tells whether those of pages to come will be, or are only passed.
    pub fn take_back(&self, are_kept: bool) {
        let mut owned = self.owned();
        let passed = owned.data.len().saturating_sub(1);
        owned.data.drain(..passed);
        owned.are_all_kept = are_kept;
    }

    /// # Safety
    /// No value of the result is looked at after take_back(), or when nobody has this any more; but the reader may
    /// in the last page and the last dictionary.
    pub unsafe fn lend(&self, mut page: Page) -> Page {
        let mut owned = self.owned();
        match &mut page {
            Page::DictionaryPage { buf, .. } => owned.dictionary = lend_bytes(buf),
            Page::DataPage { buf, .. } | Page::DataPageV2 { buf, .. } => {
                if !owned.are_all_kept {
                    owned.data.clear();
                }
                owned.data.push(lend_bytes(buf));
            }
        }
        page
    }
}

/// Returns the bytes themselves, and leaves a view of them.
unsafe fn lend_bytes(bytes: &mut Bytes) -> Bytes {
    let view = Bytes::from_static(std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()));
    std::mem::replace(bytes, view)
}
