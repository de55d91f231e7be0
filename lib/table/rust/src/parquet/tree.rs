//! Puts rows together of the values of columns and their levels, as Parquet took them apart.

use super::builder::{columns_of, key_of};
use super::leaf::Leaf;
use super::node::{Members, Node};
use crate::plain::{Form, Plain, Values};
use crate::table::{Result, Row, Uses};
use parquet::schema::types::SchemaDescriptor;

struct Column {
    key: Vec<u8>,
    node: Node,
    /// Its number among those that are apart.
    apart: Option<usize>,
    is_carried: bool,
}

#[derive(Default)]
pub struct Tree {
    columns: Vec<Column>,
    /// The places of those that are apart.
    apart: Vec<usize>,
    /// Those that are carried, in their order, where all others are apart.
    carried: Option<Vec<Carried>>,
}

struct Carried {
    leaf: usize,
    key: Key,
}

/// What stands before a value; a short one is copied as a block, whose size is known.
struct Key {
    text: Vec<u8>,
    block: [u8; 16],
}

impl Key {
    fn new(text: &[u8]) -> Self {
        let mut block = [0; 16];
        text.iter().zip(&mut block).for_each(|(&byte, place)| *place = byte);
        Self { text: text.to_vec(), block }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.text.len();
        if self.text.len() <= self.block.len() {
            out.extend_from_slice(&self.block);
            out.truncate(end);
        } else {
            out.extend_from_slice(&self.text);
        }
    }
}

impl Tree {
    /// Of the top-level columns with these indices; adds their leaves, and those that can be apart.
    pub fn new(
        schema: &SchemaDescriptor,
        columns: &[usize],
        uses: &Uses,
        leaves: &mut Vec<Leaf>,
        plain: &mut Vec<Plain>,
    ) -> Result<Self> {
        let nodes = columns_of(schema, columns, leaves)?;
        let columns =
            nodes.into_iter().map(|node| Column::new(node, uses, leaves, plain)).collect::<Vec<_>>();
        let name = |column: &Column| leaves[column.node.leaves.start].column_name();
        let carried = |wanted: &&str| {
            let column = columns.iter().find(|column| name(column) == *wanted)?;
            Some(Carried { leaf: column.node.leaves.start, key: Key::new(&column.key) })
        };
        let all_known = columns.iter().all(|column| column.is_carried || column.apart.is_some());
        let carried = all_known.then(|| uses.carried.iter().filter_map(carried).collect());
        let apart = (0..columns.len()).filter(|&place| columns[place].apart.is_some()).collect();
        Ok(Self { columns, apart, carried })
    }

    /// The next row of all leaves.
    pub fn row<'a>(&'a self, leaves: &'a mut [Leaf]) -> impl Row + 'a {
        leaves.iter_mut().for_each(Leaf::begin_row);
        TreeRow { tree: self, leaves }
    }
}

impl Column {
    fn new(node: Node, uses: &Uses, leaves: &[Leaf], plain: &mut Vec<Plain>) -> Self {
        let leaf = &leaves[node.leaves.start];
        let name = leaf.column_name();
        let values = match node.is_single() {
            Some(true) if uses.texts.contains(&name) => leaf.texts(),
            Some(_) if uses.numbers.contains(&name) => leaf.numbers(),
            _ => None,
        };
        let apart = values.map(|values| {
            plain.push(Plain::new(name, values));
            plain.len() - 1
        });
        let is_carried =
            uses.carried.contains(&name) && node.is_single() == Some(true) && leaf.can_be_carried();
        Self { key: key_of(name), node, apart, is_carried }
    }

    /// Its values of the next row. False where it has none, or not only: then it is still to be written.
    fn take(&self, leaves: &mut [Leaf], plain: &mut Plain) -> Result<bool> {
        let leaf = &mut leaves[self.node.leaves.start];
        let is_single = self.node.is_single() == Some(true);
        let taken = if let Values::Text(_) = plain.values {
            let is_text = leaf.copy_text(&mut plain.values)?;
            if is_text && !self.is_carried {
                leaf.step();
            }
            is_text
        } else {
            leaf.take_numbers(!is_single, &mut plain.values)?
        };
        plain.end_row(match taken {
            false => Form::InLine,
            true if is_single => Form::Single,
            true => Form::List,
        });
        Ok(taken)
    }
}

struct TreeRow<'a> {
    tree: &'a Tree,
    leaves: &'a mut [Leaf],
}

impl Row for TreeRow<'_> {
    fn write_carried(&mut self, text: &mut Vec<u8>, plain: &mut [Plain]) -> Result<bool> {
        let Some(carried) = &self.tree.carried else { return Ok(false) };
        for &place in &self.tree.apart {
            let column = &self.tree.columns[place];
            let Some(apart) = column.apart else { continue };
            if !column.take(self.leaves, &mut plain[apart])? {
                return Ok(false);
            }
        }
        let members = Members::begin(text);
        for Carried { leaf, key } in carried {
            let leaf = &mut self.leaves[*leaf];
            if !leaf.is_there()? {
                leaf.pass()?;
                continue;
            }
            key.write(text);
            if !leaf.carry(text)? {
                return Ok(false);
            }
        }
        members.end(text);
        Ok(true)
    }

    fn write_rest(&mut self, text: &mut Vec<u8>, plain: &mut [Plain]) -> Result<()> {
        self.leaves.iter_mut().for_each(Leaf::begin_again);
        let mut members = Members::begin(text);
        for column in &self.tree.columns {
            // What is in the line, too, is read from there.
            let is_apart = match column.apart {
                Some(place) if column.is_carried => {
                    plain[place].end_row(Form::InLine);
                    false
                }
                Some(place) => column.take(self.leaves, &mut plain[place])?,
                None => false,
            };
            if !is_apart {
                members.write(&column.key, &column.node, self.leaves, text)?;
            }
        }
        members.end(text);
        Ok(())
    }

    fn write_whole(&mut self, text: &mut Vec<u8>) -> Result<()> {
        self.leaves.iter_mut().for_each(Leaf::begin_again);
        let mut members = Members::begin(text);
        for column in &self.tree.columns {
            members.write(&column.key, &column.node, self.leaves, text)?;
        }
        members.end(text);
        Ok(())
    }
}
