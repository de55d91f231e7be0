//! Where tokens stand in their text, in bytes.

use tokenizers::{
    OffsetType, PostProcessor, PostProcessorWrapper, PreTokenizedString, Result, TruncationDirection,
};

/// InferTokenSpan.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Span {
    begin: u32,
    end: u32,
    special: bool,
}

pub const NOWHERE: Span = Span { begin: 0, end: 0, special: true };

/// Spans of the tokens found in `text`, of which `keep` are kept and the rest is cut off at `side`.
pub fn put_spans(
    found: PreTokenizedString,
    text: &str,
    keep: usize,
    side: TruncationDirection,
    processor: Option<&PostProcessorWrapper>,
    spans: &mut Vec<Span>,
) -> Result<()> {
    if u32::try_from(text.len()).is_err() {
        return Err(
            format!("the text has {} bytes, more than spans can count: shorten it", text.len()).into()
        );
    }
    // The post-processor, asked for no special tokens, only takes spaces off some spans, and counts them in characters:
    // the result is right in characters alone.
    let unit = if text.is_ascii() { OffsetType::Byte } else { OffsetType::Char };
    let mut encoding = found.into_encoding(None, 0, unit)?;
    encoding.truncate(keep, 0, side);
    encoding.take_overflowing();
    if let Some(processor) = processor {
        encoding = processor.process(encoding, None, false)?;
    }
    let starts = if unit == OffsetType::Char { starts_of_characters(text) } else { vec![] };
    let byte = |offset: usize| starts.get(offset).copied().unwrap_or(offset as u32);
    let span = |&(begin, end): &(usize, usize)| Span { begin: byte(begin), end: byte(end), special: false };
    spans.extend(encoding.get_offsets().iter().map(span));
    Ok(())
}

/// Bytes before every character, and before the end.
fn starts_of_characters(text: &str) -> Vec<u32> {
    text.char_indices().map(|(start, _)| start).chain([text.len()]).map(|start| start as u32).collect()
}
