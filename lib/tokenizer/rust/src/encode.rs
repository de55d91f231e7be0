//! One text or pair to tokens: the crate finds the tokens, this file cuts them and puts them in order.

use crate::layout::{Layout, Piece};
use crate::spans::{put_spans, NOWHERE};
use crate::Buffer;
use tokenizers::{
    Model, ModelWrapper, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Result, Tokenizer,
    TruncationDirection,
};

/// InferTokenizerConfig.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Config {
    max_length: usize,
    truncate_left: bool,
    spans: bool,
}

/// A tokenizer and how it is to be used; immutable.
pub struct Encoder {
    tokenizer: Tokenizer,
    single: Layout,
    pair: Layout,
    config: Config,
}

impl Encoder {
    pub fn new(json: &[u8], config: Config) -> Result<Encoder> {
        let mut tokenizer = Tokenizer::from_bytes(json)?;
        tokenizer.with_padding(None).with_truncation(None)?;
        refuse_chance(tokenizer.get_model())?;
        let single = Layout::new(tokenizer.get_post_processor(), false)?;
        let pair = Layout::new(tokenizer.get_post_processor(), true)?;
        let encoder = Encoder { tokenizer, single, pair, config };
        encoder.room(&encoder.single)?;
        Ok(encoder)
    }

    pub fn encode(&self, first: &str, second: Option<&str>, out: &mut Buffer) -> Result<()> {
        let layout = if second.is_some() { &self.pair } else { &self.single };
        let room = self.room(layout)?;
        let limit = self.config.max_length;
        let mut found = self.find_tokens(first, limit, &mut out.first)?;
        if let Some(second) = second {
            self.find_tokens(second, limit, &mut out.second)?;
            // The longer text gets the odd token, so that where both were cut short, the rest counts, too.
            if limit > 0 && room % 2 == 1 && out.first.len().min(out.second.len()) >= limit {
                found = self.find_tokens(first, 0, &mut out.first)?;
                self.find_tokens(second, 0, &mut out.second)?;
            }
        }
        let (keep_first, keep_second) = share(out.first.len(), out.second.len(), room);
        out.truncated = keep_first + keep_second < out.first.len() + out.second.len()
            || self.goes_on(first, out.first.len())?
            || self.goes_on(second.unwrap_or(""), out.second.len())?;
        if self.config.spans {
            let processor = self.tokenizer.get_post_processor();
            put_spans(found, first, keep_first, self.side(), processor, &mut out.first_spans)?;
        }
        self.cut(&mut out.first, keep_first);
        self.cut(&mut out.second, keep_second);
        put_in_order(layout, self.config.spans, out);
        Ok(())
    }

    /// How many tokens of texts there may be.
    fn room(&self, layout: &Layout) -> Result<usize> {
        match (self.config.max_length, layout.special_tokens) {
            (0, _) => Ok(usize::MAX),
            (max, special) if max > special => Ok(max - special),
            (max, special) => Err(format!(
                "a maximum length of {max} tokens leaves no room for text beside the {special} special tokens: raise it to {} or more",
                special + 1
            )
            .into()),
        }
    }

    fn side(&self) -> TruncationDirection {
        if self.config.truncate_left {
            TruncationDirection::Left
        } else {
            TruncationDirection::Right
        }
    }

    /// The ids go to `ids`. Stops after the word with which there are `limit` tokens, which are then the same as
    /// those of the whole text; 0: does not stop.
    fn find_tokens(&self, text: &str, limit: usize, ids: &mut Vec<u32>) -> Result<PreTokenizedString> {
        let tokenizer = &self.tokenizer;
        let mut found =
            tokenizer.get_added_vocabulary().extract_and_normalize(tokenizer.get_normalizer(), text);
        if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
            pre_tokenizer.pre_tokenize(&mut found)?;
        }
        let truncation = (limit > 0).then(|| (limit, self.side()));
        tokenizer.get_model().tokenize_in_pretokenized(&mut found, truncation)?;
        ids.clear();
        for (_, _, tokens) in found.get_splits(OffsetReferential::Normalized, OffsetType::None) {
            ids.extend(tokens.iter().flatten().map(|token| token.id));
        }
        Ok(found)
    }

    /// Whether a text in which `count` tokens were found has more: it may when the count is just the limit. (Where
    /// there are special tokens, those found are too many already.)
    fn goes_on(&self, text: &str, count: usize) -> Result<bool> {
        if count == 0 || count != self.config.max_length {
            return Ok(false);
        }
        let mut ids = Vec::new();
        self.find_tokens(text, count + 1, &mut ids)?;
        Ok(ids.len() > count)
    }

    fn cut(&self, ids: &mut Vec<u32>, keep: usize) {
        if self.config.truncate_left {
            ids.drain(..ids.len() - keep);
        } else {
            ids.truncate(keep);
        }
    }
}

/// Dropout would give the same text other tokens each time.
fn refuse_chance(model: &ModelWrapper) -> Result<()> {
    match model {
        ModelWrapper::BPE(bpe) if bpe.dropout.is_some_and(|dropout| dropout > 0.0) => {
            Err("its model has dropout, which picks tokens by chance: set \"dropout\" to null".into())
        }
        _ => Ok(()),
    }
}

/// How many tokens of either text to keep: the longer one is cut first, and the second one of two equally long ones
/// keeps the odd token.
fn share(first: usize, second: usize, room: usize) -> (usize, usize) {
    if first + second <= room {
        return (first, second);
    }
    let shorter = first.min(second).min(room / 2);
    if first > second {
        (room - shorter, shorter)
    } else {
        (shorter, room - shorter)
    }
}

/// From the texts' tokens to the whole, by the layout.
fn put_in_order(layout: &Layout, spans: bool, out: &mut Buffer) {
    for piece in &layout.pieces {
        let type_id = match *piece {
            Piece::Special { id, type_id } => {
                out.ids.push(id);
                type_id
            }
            Piece::Text { second, type_id } => {
                out.ids.extend_from_slice(if second { &out.second } else { &out.first });
                if !second {
                    out.spans.extend_from_slice(&out.first_spans);
                }
                type_id
            }
        };
        out.types.resize(out.ids.len(), type_id);
        if spans {
            out.spans.resize(out.ids.len(), NOWHERE);
        }
    }
}
