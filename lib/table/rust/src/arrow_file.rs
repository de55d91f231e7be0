//! Arrow IPC, files and streams: a group is a record batch, which is read whole.

use crate::arrow_rows::{write_rows, Roles};
use crate::file_bytes::FileBytes;
use crate::json::check_type;
use crate::plain::Plain;
use crate::table::{require_unique, Format, Group, Lines, Result, Uses};
use arrow_array::RecordBatch;
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{
    root_as_footer, root_as_message, Block, MessageHeader, MetadataVersion, Schema as IpcSchema,
};
use arrow_schema::SchemaRef;
use std::ops::Range;
use std::sync::Arc;

/// Of a record batch: each rank that reads rows of it holds all of it.
const LARGEST_BATCH: usize = 1 << 30;
const MAGIC: &[u8] = b"ARROW1";
const TRAILER: u64 = 10; // the footer's size and MAGIC
const CONTINUATION: u32 = u32::MAX;
const PIECE_ROWS: usize = 1024;

pub struct ArrowFile {
    bytes: FileBytes,
    schema: SchemaRef,
    version: MetadataVersion,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
    groups: Vec<Group>,
    columns: Option<Vec<usize>>,
    roles: Roles,
    open: Option<(usize, RecordBatch)>,
    decoder: Option<FileDecoder>,
}

/// What stands before a message's body.
struct Head {
    block: Block,
    kind: MessageHeader,
    rows: i64,
    schema: Option<SchemaRef>,
    version: MetadataVersion,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl ArrowFile {
    pub fn open(bytes: FileBytes) -> Result<Self> {
        let mut magic = [0; MAGIC.len()];
        let is_file = bytes.read_exact(&mut magic, 0).is_ok() && magic == MAGIC;
        let mut file = if is_file { Self::by_footer(bytes)? } else { Self::by_messages(bytes)? };
        require_unique(&file.names())?;
        for group in 0..file.batches.len() {
            let head = read_head(&file.bytes, place_of(&file.batches[group])?)?;
            let head = head.filter(|head| head.kind == MessageHeader::RecordBatch);
            let head = head.ok_or("a record batch is missing".to_string())?;
            file.batches[group] = head.block;
            file.add_group(&head)?;
        }
        Ok(file)
    }

    fn new(bytes: FileBytes, schema: SchemaRef, version: MetadataVersion) -> Self {
        let roles = Roles::new(schema.fields(), &Uses::default(), &mut Vec::new());
        Self {
            bytes,
            schema,
            version,
            dictionaries: Vec::new(),
            batches: Vec::new(),
            groups: Vec::new(),
            columns: None,
            roles,
            open: None,
            decoder: None,
        }
    }

    fn by_footer(bytes: FileBytes) -> Result<Self> {
        let cut = "it does not end as an Arrow file does: its end is missing";
        let end = bytes.size().checked_sub(TRAILER).ok_or(cut)?;
        let mut trailer = [0; TRAILER as usize];
        bytes.read_exact(&mut trailer, end).map_err(text)?;
        if trailer[4..] != *MAGIC {
            return Err(cut.into());
        }
        let size = u32::from_le_bytes([trailer[0], trailer[1], trailer[2], trailer[3]]);
        let begin = end.checked_sub(size.into()).ok_or("its footer is larger than the file")?;
        let mut footer = vec![0; size as usize];
        bytes.read_exact(&mut footer, begin).map_err(text)?;
        let footer = root_as_footer(&footer).map_err(|error| format!("its footer is damaged: {error}"))?;
        let schema = footer.schema().ok_or("its footer has no schema")?;
        let mut file = Self::new(bytes, schema_of(schema)?, footer.version());
        file.dictionaries =
            footer.dictionaries().map(|blocks| blocks.iter().copied().collect()).unwrap_or_default();
        file.batches =
            footer.recordBatches().map(|blocks| blocks.iter().copied().collect()).unwrap_or_default();
        Ok(file)
    }

    /// A stream has no footer: its messages are gone through, by their heads.
    fn by_messages(bytes: FileBytes) -> Result<Self> {
        let head = read_head(&bytes, 0)?.ok_or("it has no schema")?;
        let schema = head.schema.clone().ok_or("it does not begin with a schema")?;
        let mut file = Self::new(bytes, schema, head.version);
        let mut place = behind(&head.block)?;
        while let Some(head) = read_head(&file.bytes, place)? {
            match head.kind {
                MessageHeader::RecordBatch => file.batches.push(head.block),
                MessageHeader::DictionaryBatch if file.batches.is_empty() => {
                    file.dictionaries.push(head.block)
                }
                MessageHeader::DictionaryBatch => {
                    return Err(
                        "its dictionaries change on the way, which only a file of Arrow's file format \
                                allows ranks to read: write it with pyarrow.ipc.new_file"
                            .into(),
                    )
                }
                _ => return Err("it holds messages that are no record batches".into()),
            }
            place = behind(&head.block)?;
            if place > file.bytes.size() {
                return Err("its last record batch is cut off: the rest is missing".into());
            }
        }
        Ok(file)
    }

    fn add_group(&mut self, head: &Head) -> Result<()> {
        let rows =
            u64::try_from(head.rows).map_err(|_| "a record batch has fewer than no rows".to_string())?;
        let names: u64 = self.schema.fields().iter().map(|field| field.name().len() as u64 + 4).sum();
        let body = u64::try_from(head.block.bodyLength()).unwrap_or(0);
        self.groups.push(Group { rows, row_bytes: body.div_ceil(rows.max(1)).saturating_add(names).max(1) });
        Ok(())
    }

    /// A message with its body.
    fn block(&self, block: &Block) -> Result<Buffer> {
        let size = behind(block)? - block.offset() as u64;
        let size = usize::try_from(size).map_err(text)?;
        if size > LARGEST_BATCH {
            return Err(too_large(size));
        }
        if behind(block)? > self.bytes.size() {
            return Err("a record batch ends behind the file's end".into());
        }
        let mut buffer = MutableBuffer::from_len_zeroed(size);
        self.bytes.read_exact(&mut buffer, block.offset() as u64).map_err(text)?;
        let head = block.metaDataLength() as usize;
        check_unpacked(&buffer[..head], &buffer[head..])?;
        Ok(buffer.into())
    }

    fn ready_decoder(&mut self) -> Result<FileDecoder> {
        if let Some(decoder) = self.decoder.take() {
            return Ok(decoder);
        }
        let mut decoder = FileDecoder::new(Arc::clone(&self.schema), self.version);
        for block in &self.dictionaries {
            decoder.read_dictionary(block, &self.block(block)?).map_err(text)?;
        }
        Ok(match &self.columns {
            Some(columns) => decoder.with_projection(columns.clone()),
            None => decoder,
        })
    }

    fn batch(&mut self, group: usize) -> Result<RecordBatch> {
        if let Some((open, batch)) = &self.open {
            if *open == group {
                return Ok(batch.clone());
            }
        }
        self.open = None;
        let block = self.batches[group];
        let buffer = self.block(&block)?;
        let decoder = self.ready_decoder()?;
        let batch = decoder.read_record_batch(&block, &buffer).map_err(text)?.ok_or("an empty message")?;
        self.decoder = Some(decoder);
        self.open = Some((group, batch.clone()));
        Ok(batch)
    }
}

impl Format for ArrowFile {
    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn project(&mut self, columns: Vec<usize>, uses: &Uses) -> Result<Vec<Plain>> {
        let chosen =
            columns.iter().map(|&column| Arc::clone(&self.schema.fields()[column])).collect::<Vec<_>>();
        let mut plain = Vec::new();
        self.roles = Roles::new(&chosen, uses, &mut plain);
        self.columns = Some(columns);
        self.open = None;
        self.decoder = None;
        Ok(plain)
    }

    fn read(&mut self, group: usize, rows: Range<u64>, out: &mut Lines) -> Result<()> {
        for (at, field) in self.schema.fields().iter().enumerate() {
            if self.columns.as_ref().is_none_or(|columns| columns.contains(&at)) {
                check_type(field.data_type()).map_err(|why| format!("column {}: {why}", field.name()))?;
            }
        }
        let batch = self.batch(group)?;
        if (batch.num_rows() as u64) < rows.end {
            return Err(format!("a record batch has {} rows, and not {}", batch.num_rows(), rows.end));
        }
        for begin in (rows.start as usize..rows.end as usize).step_by(PIECE_ROWS) {
            let piece = batch.slice(begin, PIECE_ROWS.min(rows.end as usize - begin));
            write_rows(&piece, &self.roles, out)?;
        }
        Ok(())
    }
}

fn too_large(size: usize) -> String {
    format!(
        "a record batch has {} MiB, and at most {} are read at once: write it with smaller batches, as with \
         pyarrow's write_table(table, max_chunksize=65536)",
        size >> 20,
        LARGEST_BATCH >> 20
    )
}

/// What compressed buffers say that they unpack to is allocated for them: no more than of others.
fn check_unpacked(head: &[u8], body: &[u8]) -> Result<()> {
    let prefix = if head.starts_with(&CONTINUATION.to_le_bytes()) { 8 } else { 4 };
    let message = head.get(prefix..).ok_or("a message is too short")?;
    let message = root_as_message(message).map_err(|error| format!("a message is damaged: {error}"))?;
    let dictionary = message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
    let Some(batch) = message.header_as_record_batch().or(dictionary) else { return Ok(()) };
    if batch.compression().is_none() {
        return Ok(());
    }
    let mut all = 0_usize;
    for buffer in batch.buffers().into_iter().flatten().filter(|buffer| buffer.length() > 0) {
        let size = usize::try_from(buffer.offset()).ok().and_then(|at| body.get(at..)?.first_chunk::<8>());
        let size = i64::from_le_bytes(*size.ok_or("a buffer lies behind its message")?);
        all = all.saturating_add(usize::try_from(size).unwrap_or(0)); // below 0: it is not compressed
    }
    if all > LARGEST_BATCH {
        return Err(too_large(all));
    }
    Ok(())
}

fn schema_of(schema: IpcSchema) -> Result<SchemaRef> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err(
            "its numbers have the other order of bytes: write it anew on a machine of this kind".into()
        );
    }
    Ok(Arc::new(fb_to_schema(schema)))
}

fn place_of(block: &Block) -> Result<u64> {
    u64::try_from(block.offset()).map_err(|_| "a message lies before the file".into())
}

/// The place behind a message.
fn behind(block: &Block) -> Result<u64> {
    let add = |sum: u64, part: i64| u64::try_from(part).ok().and_then(|part| sum.checked_add(part));
    let parts = [block.offset(), block.metaDataLength().into(), block.bodyLength()];
    parts.into_iter().try_fold(0, add).ok_or("a message has no size that can be".into())
}

/// At `place`; none at the end of the messages.
fn read_head(bytes: &FileBytes, place: u64) -> Result<Option<Head>> {
    if place == bytes.size() {
        return Ok(None);
    }
    let mut word = [0; 4];
    let mut prefix = word.len() as u64;
    bytes.read_exact(&mut word, place).map_err(text)?;
    if u32::from_le_bytes(word) == CONTINUATION {
        bytes.read_exact(&mut word, place + prefix).map_err(text)?;
        prefix *= 2; // before Arrow 0.15 there was the size alone
    }
    let size = u32::from_le_bytes(word);
    if size == 0 {
        return Ok(None);
    }
    let all = i32::try_from(u64::from(size) + prefix).map_err(|_| "a message's head is too large")?;
    if place + all as u64 > bytes.size() {
        return Err("a message ends behind the file's end".into());
    }
    let mut head = vec![0; size as usize];
    bytes.read_exact(&mut head, place + prefix).map_err(text)?;
    let message = root_as_message(&head).map_err(|error| format!("a message is damaged: {error}"))?;
    Ok(Some(Head {
        block: Block::new(i64::try_from(place).map_err(text)?, all, message.bodyLength()),
        kind: message.header_type(),
        rows: message.header_as_record_batch().map_or(0, |batch| batch.length()),
        schema: message.header_as_schema().map(schema_of).transpose()?,
        version: message.version(),
    }))
}
