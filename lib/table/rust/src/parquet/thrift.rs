//! Looks through a footer and the heads of pages before parquet reads them: that makes room for as many elements as a
//! list says, and counts to what it says where they take no bytes. Thrift's compact protocol, of which only the sizes
//! matter.

use crate::file_bytes::FileBytes;
use crate::table::Result;

const MAGIC: &[u8] = b"PAR1";
const TAIL: u64 = 8; // the footer's length and the magic
const DEEPEST: usize = 64;
const FALSE: u8 = 2;
const I32: u8 = 5;
const STRUCT: u8 = 12;

struct Walk<'a>(&'a [u8]);

impl Walk<'_> {
    fn take(&mut self, bytes: u64) -> Option<&[u8]> {
        let bytes = usize::try_from(bytes).ok().filter(|&bytes| bytes <= self.0.len())?;
        let (taken, rest) = self.0.split_at(bytes);
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Each of them takes a byte at least.
    fn elements(&mut self, count: u64, kinds: &[u8], depth: usize) -> Option<()> {
        if count.checked_mul(kinds.len() as u64)? > self.0.len() as u64 {
            return None;
        }
        for _ in 0..count {
            for &kind in kinds {
                // A truth takes a byte here, and none in a field.
                if kind <= 2 { self.byte().map(drop) } else { self.value(kind, depth) }?;
            }
        }
        Some(())
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1 | 2 => Some(()),
            3 => self.take(1).map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.take(8).map(drop),
            8 => {
                let bytes = self.varint()?;
                self.take(bytes).map(drop)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                self.elements(count, &[head & 15], depth + 1)
            }
            11 => {
                let count = self.varint()?;
                let kinds = if count > 0 { self.byte()? } else { 0x11 };
                self.elements(count, &[kinds >> 4, kinds & 15], depth + 1)
            }
            12 => self.structure(depth + 1),
            13 => self.take(16).map(drop),
            _ => None,
        }
    }

    fn structure(&mut self, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            if head >> 4 == 0 {
                self.varint()?;
            }
            self.value(head & 15, depth)?;
        }
    }
}

/// What stands before a page.
#[derive(Default)]
pub struct PageHead {
    pub bytes: usize,
    pub unpacked: u64,
    pub packed: u64,
    /// Of both, what is never packed.
    pub levels: u64,
    pub is_unpacked: bool,
}

/// None where its end is not there, or it is damaged.
pub fn page_head(bytes: &[u8]) -> Option<PageHead> {
    let mut head = PageHead::default();
    let mut walk = Walk(bytes);
    walk.fields(|walk, field| match field {
        (2, I32) => walk.size(&mut head.unpacked),
        (3, I32) => walk.size(&mut head.packed),
        (8, STRUCT) => walk.version_2(&mut head),
        (_, kind) => walk.value(kind, 1),
    })?;
    head.bytes = bytes.len() - walk.0.len();
    Some(head)
}

impl Walk<'_> {
    /// With each of a structure's fields, by its number and kind.
    fn fields(&mut self, mut take: impl FnMut(&mut Self, (i16, u8)) -> Option<()>) -> Option<()> {
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            let step = i16::from(head >> 4);
            id = if step == 0 { signed(self.varint()?) as i16 } else { id.wrapping_add(step) };
            take(self, (id, head & 15))?;
        }
    }

    /// The larger of it and the next number, which is no less than 0.
    fn size(&mut self, size: &mut u64) -> Option<()> {
        let next = i32::try_from(signed(self.varint()?)).ok()?;
        *size = u64::try_from(next).ok()?.max(*size);
        Some(())
    }

    fn version_2(&mut self, head: &mut PageHead) -> Option<()> {
        let [mut definition, mut repetition] = [0; 2];
        self.fields(|walk, field| match field {
            (5, I32) => walk.size(&mut definition),
            (6, I32) => walk.size(&mut repetition),
            (7, FALSE) => {
                head.is_unpacked = true;
                Some(())
            }
            (_, kind) => walk.value(kind, 2),
        })?;
        head.levels = definition + repetition;
        Some(())
    }
}

fn signed(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Of the file's last bytes, where they are those of a plain footer; else parquet says what is wrong.
pub fn check_footer(file: &FileBytes) -> Result<()> {
    let mut tail = [0; TAIL as usize];
    let Some(begin) = file.size().checked_sub(TAIL) else { return Ok(()) };
    file.read_exact(&mut tail, begin).map_err(|error| error.to_string())?;
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if &tail[4..] != MAGIC || length > begin {
        return Ok(());
    }
    let mut footer = vec![0; length as usize];
    file.read_exact(&mut footer, begin - length).map_err(|error| error.to_string())?;
    Walk(&footer)
        .structure(0)
        .ok_or_else(|| "its footer is damaged: a size in it is larger than what is there".into())
}
