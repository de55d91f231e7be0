//! What the values of a column are made of, and how they become JSON.

use super::leaf::Leaf;
use crate::table::Result;
use std::ops::Range;

/// What a value is made of. Leaves are numbers among those that are read, in their order.
pub struct Node {
    /// From this level on the value is there.
    pub definition: i16,
    pub leaves: Range<usize>,
    pub form: Form,
}

pub enum Form {
    Value,
    /// What stands before each value, with a comma, and the value.
    Object(Vec<(Vec<u8>, Node)>),
    /// Its items are there from their definition on, and go on while they repeat at that level.
    List {
        repetition: i16,
        item: Box<Node>,
    },
    /// Likewise, of a key and a value.
    Map {
        repetition: i16,
        entry: Box<[Node; 2]>,
        definition: i16,
    },
}

impl Node {
    /// Whether it is a value by itself, or else a list of them; none where it is neither.
    pub fn is_single(&self) -> Option<bool> {
        match &self.form {
            Form::Value => Some(true),
            Form::List { repetition: 1, item } if matches!(item.form, Form::Value) => Some(false),
            _ => None,
        }
    }

    pub fn is_there(&self, leaves: &[Leaf]) -> Result<bool> {
        Ok(leaves[self.leaves.start].next_definition()? >= self.definition)
    }

    /// Takes what stands for a value that is not there.
    pub fn pass(&self, leaves: &mut [Leaf]) -> Result<()> {
        leaves[self.leaves.clone()].iter_mut().try_for_each(Leaf::pass)
    }

    fn write_or_null(&self, leaves: &mut [Leaf], out: &mut Vec<u8>) -> Result<()> {
        if self.is_there(leaves)? {
            return self.write(leaves, out);
        }
        out.extend_from_slice(b"null");
        self.pass(leaves)
    }

    /// Of a value that is there.
    fn write(&self, leaves: &mut [Leaf], out: &mut Vec<u8>) -> Result<()> {
        match &self.form {
            Form::Value => leaves[self.leaves.start].write(out),
            Form::Object(members) => write_members(members, leaves, out),
            Form::List { repetition, item } => {
                out.push(b'[');
                self.write_items(*repetition, self.definition + 1, leaves, out, |leaves, out| {
                    item.write_or_null(leaves, out)
                })?;
                out.push(b']');
                Ok(())
            }
            Form::Map { repetition, entry, definition } => {
                self.write_map(*repetition, entry, *definition, leaves, out)
            }
        }
    }

    fn write_items(
        &self,
        repetition: i16,
        definition: i16,
        leaves: &mut [Leaf],
        out: &mut Vec<u8>,
        mut write: impl FnMut(&mut [Leaf], &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        if leaves[self.leaves.start].next_definition()? < definition {
            return self.pass(leaves);
        }
        loop {
            write(leaves, out)?;
            if leaves[self.leaves.start].next_repetition() < repetition {
                return Ok(());
            }
            out.push(b',');
        }
    }

    /// An object where all keys are texts, else a list of objects with a key and a value.
    fn write_map(
        &self,
        repetition: i16,
        entry: &[Node; 2],
        definition: i16,
        leaves: &mut [Leaf],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let [key, value] = entry;
        let is_object = matches!(key.form, Form::Value) && leaves[key.leaves.start].is_text();
        out.push(if is_object { b'{' } else { b'[' });
        self.write_items(repetition, definition, leaves, out, |leaves, out| {
            out.extend_from_slice(if is_object { b"" } else { b"{\"key\":" });
            key.write_or_null(leaves, out)?;
            out.extend_from_slice(if is_object { b":" } else { b",\"value\":" });
            value.write_or_null(leaves, out)?;
            out.extend_from_slice(if is_object { b"" } else { b"}" });
            Ok(())
        })?;
        out.push(if is_object { b'}' } else { b']' });
        Ok(())
    }
}

fn write_members(members: &[(Vec<u8>, Node)], leaves: &mut [Leaf], out: &mut Vec<u8>) -> Result<()> {
    let mut written = Members::begin(out);
    for (key, member) in members {
        written.write(key, member, leaves, out)?;
    }
    written.end(out);
    Ok(())
}

/// Those of an object that begins where the text ends.
pub struct Members {
    begin: usize,
}

impl Members {
    pub fn begin(out: &[u8]) -> Self {
        Self { begin: out.len() }
    }

    /// If it is there.
    pub fn write(&mut self, key: &[u8], member: &Node, leaves: &mut [Leaf], out: &mut Vec<u8>) -> Result<()> {
        if !member.is_there(leaves)? {
            return member.pass(leaves);
        }
        out.extend_from_slice(key);
        member.write(leaves, out)
    }

    pub fn end(self, out: &mut Vec<u8>) {
        if out.len() == self.begin {
            out.push(b'{');
        } else {
            out[self.begin] = b'{'; // in place of the first comma
        }
        out.push(b'}');
    }
}
