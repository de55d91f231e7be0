//! Where a tokenizer puts the texts and its special tokens. Every post-processor of the crate gives one fixed order,
//! so it is asked once, with placeholders for the texts; asking it for every text would cost more than finding the
//! tokens of a short one.

use tokenizers::{Encoding, PostProcessor, PostProcessorWrapper, Result, Token};

/// One run of the result.
#[derive(Debug)]
pub enum Piece {
    Special { id: u32, type_id: u32 },
    Text { second: bool, type_id: u32 },
}

#[derive(Debug)]
pub struct Layout {
    pub pieces: Vec<Piece>,
    /// What the crate keeps free for special tokens when it truncates.
    pub special_tokens: usize,
}

const FIRST: u32 = u32::MAX;
const SECOND: u32 = u32::MAX - 1;

fn placeholder(id: u32) -> Encoding {
    Encoding::from_tokens(vec![Token::new(id, String::new(), (0, 0))], u32::from(id == SECOND))
}

impl Layout {
    /// Of one text, or of a pair.
    pub fn new(processor: Option<&PostProcessorWrapper>, pair: bool) -> Result<Layout> {
        let mut texts = vec![placeholder(FIRST)];
        if pair {
            texts.push(placeholder(SECOND));
        }
        let probe = match processor {
            Some(processor) => {
                let second = texts.drain(1..).next();
                processor.process(texts.remove(0), second, true)?
            }
            None => Encoding::merge(texts, false),
        };
        let piece = |(&id, &type_id): (&u32, &u32)| match id {
            FIRST | SECOND => Piece::Text { second: id == SECOND, type_id },
            id => Piece::Special { id, type_id },
        };
        Ok(Layout {
            pieces: probe.get_ids().iter().zip(probe.get_type_ids()).map(piece).collect(),
            special_tokens: processor.map_or(0, |p| p.added_tokens(pair)),
        })
    }
}
