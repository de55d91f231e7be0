//! Puts rows together of the values of columns and their levels, as Parquet took them apart.

use super::leaf::Leaf;
use crate::numbers::{Form as RowForm, Numbers};
use crate::table::Result;
use crate::text;
use parquet::basic::{ConvertedType, LogicalType, Repetition};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};
use std::ops::Range;

/// What a value is made of. Leaves are numbers among those that are read, in their order.
struct Node {
    /// From this level on the value is there.
    definition: i16,
    leaves: Range<usize>,
    form: Form,
}

enum Form {
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

#[derive(Default)]
pub struct Tree {
    columns: Vec<(Vec<u8>, Node)>,
    /// Of each column: its number among those that are set apart.
    apart: Vec<Option<usize>>,
}

/// Deeper ones are no records that a model takes.
const DEEPEST: usize = 100;

struct Builder<'a> {
    schema: &'a SchemaDescriptor,
    /// Of all columns that were passed.
    column: usize,
    leaves: &'a mut Vec<Leaf>,
}

#[derive(Clone, Copy)]
struct Place {
    definition: i16,
    repetition: i16,
    depth: usize,
}

impl Tree {
    /// Of the top-level columns with these indices; adds their leaves.
    pub fn new(schema: &SchemaDescriptor, columns: &[usize], leaves: &mut Vec<Leaf>) -> Result<Self> {
        let mut builder = Builder { schema, column: 0, leaves };
        let mut tree = Self::default();
        for (index, field) in schema.root_schema().get_fields().iter().enumerate() {
            if columns.contains(&index) {
                let place = Place { definition: 0, repetition: 0, depth: 0 };
                tree.columns.push((key_of(field), builder.node(field, place)?));
            } else {
                builder.column += count_leaves(field);
            }
        }
        Ok(tree)
    }

    /// Columns of numbers and of lists of numbers, by their names.
    pub fn set_apart(&mut self, leaves: &[Leaf], are_wanted: &dyn Fn(&str) -> bool) -> Vec<Numbers> {
        let mut numbers = Vec::new();
        for (_, node) in &self.columns {
            let leaf = &leaves[node.leaves.start];
            let values = if node.is_number_or_list() { leaf.numbers() } else { None };
            let name = leaf.column_name();
            let place = match values {
                Some(values) if are_wanted(name) => {
                    numbers.push(Numbers::new(name, values));
                    Some(numbers.len() - 1)
                }
                _ => None,
            };
            self.apart.push(place);
        }
        numbers
    }

    /// The next row of all leaves. Of each column that is set apart its numbers, if there are `most` at most and
    /// nothing else is in the row; with none of `numbers` all is written.
    pub fn write(
        &self,
        leaves: &mut [Leaf],
        out: &mut Vec<u8>,
        numbers: &mut [Numbers],
        most: usize,
    ) -> Result<()> {
        let mut members = Members::begin(out);
        for ((key, column), apart) in self.columns.iter().zip(&self.apart) {
            if let Some(numbers) = apart.and_then(|place| numbers.get_mut(place)) {
                if column.take(&mut leaves[column.leaves.start], numbers, most)? {
                    continue;
                }
            }
            members.write(key, column, leaves, out)?;
        }
        members.end(out);
        Ok(())
    }
}

fn key_of(field: &Type) -> Vec<u8> {
    let mut key = vec![b','];
    text::write_string(field.name(), &mut key);
    key.push(b':');
    key
}

fn count_leaves(field: &Type) -> usize {
    match field {
        Type::PrimitiveType { .. } => 1,
        Type::GroupType { fields, .. } => fields.iter().map(|field| count_leaves(field)).sum(),
    }
}

fn repetition_of(field: &Type) -> Repetition {
    let info = field.get_basic_info();
    if info.has_repetition() {
        info.repetition()
    } else {
        Repetition::REQUIRED
    }
}

fn fields_of(field: &Type) -> &[TypePtr] {
    match field {
        Type::PrimitiveType { .. } => &[],
        Type::GroupType { fields, .. } => fields,
    }
}

fn is_list(field: &Type) -> bool {
    let info = field.get_basic_info();
    matches!(info.logical_type_ref(), Some(LogicalType::List)) || info.converted_type() == ConvertedType::LIST
}

fn is_map(field: &Type) -> bool {
    let info = field.get_basic_info();
    matches!(info.logical_type_ref(), Some(LogicalType::Map))
        || matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
}

/// The repeated field of a list or map, if it is one.
fn repeated(field: &Type) -> Option<&TypePtr> {
    match fields_of(field) {
        [only] if repetition_of(only) == Repetition::REPEATED => Some(only),
        _ => None,
    }
}

/// Whether a list's repeated field is its item and not around it: the format's rules for old files.
fn is_item(list: &Type, repeated: &Type) -> bool {
    match fields_of(repeated) {
        [only] => {
            repetition_of(only) == Repetition::REPEATED
                || repeated.name() == "array"
                || repeated.name() == format!("{}_tuple", list.name())
        }
        _ => true,
    }
}

impl Builder<'_> {
    /// A field as its repetition says.
    fn node(&mut self, field: &Type, mut place: Place) -> Result<Node> {
        place.depth += 1;
        if place.depth > DEEPEST {
            return Err(format!("its columns are nested deeper than {DEEPEST} levels"));
        }
        match repetition_of(field) {
            Repetition::REQUIRED => self.value(field, place),
            Repetition::OPTIONAL => {
                place.definition += 1;
                self.value(field, place)
            }
            Repetition::REPEATED => self.list(place, |builder, inside| builder.value(field, inside)),
        }
    }

    fn value(&mut self, field: &Type, place: Place) -> Result<Node> {
        if field.is_primitive() {
            return self.leaf(place);
        }
        match repeated(field) {
            Some(entry) if is_map(field) && fields_of(entry).len() == 2 => self.map(entry, place),
            Some(item) if is_list(field) || is_map(field) => self.list(place, |builder, inside| {
                if is_item(field, item) {
                    builder.value(item, inside)
                } else {
                    builder.node(&fields_of(item)[0], inside)
                }
            }),
            _ => self.object(field, place),
        }
    }

    fn leaf(&mut self, place: Place) -> Result<Node> {
        let leaf = self.leaves.len();
        self.leaves.push(Leaf::new(self.column, &self.schema.column(self.column))?);
        self.column += 1;
        Ok(Node { definition: place.definition, leaves: leaf..leaf + 1, form: Form::Value })
    }

    fn object(&mut self, field: &Type, place: Place) -> Result<Node> {
        let first = self.leaves.len();
        let mut members = Vec::new();
        for member in fields_of(field) {
            members.push((key_of(member), self.node(member, place)?));
        }
        let leaves = first..self.leaves.len();
        if leaves.is_empty() {
            return Err(format!("the group {} has no columns", field.name()));
        }
        Ok(Node { definition: place.definition, leaves, form: Form::Object(members) })
    }

    fn list(&mut self, place: Place, item: impl FnOnce(&mut Self, Place) -> Result<Node>) -> Result<Node> {
        let first = self.leaves.len();
        let inside = Place {
            definition: place.definition + 1,
            repetition: place.repetition + 1,
            depth: place.depth + 1,
        };
        let item = Box::new(item(self, inside)?);
        let form = Form::List { repetition: inside.repetition, item };
        Ok(Node { definition: place.definition, leaves: first..self.leaves.len(), form })
    }

    fn map(&mut self, entry: &Type, place: Place) -> Result<Node> {
        let first = self.leaves.len();
        let inside = Place {
            definition: place.definition + 1,
            repetition: place.repetition + 1,
            depth: place.depth + 1,
        };
        let key = self.node(&fields_of(entry)[0], inside)?;
        let value = self.node(&fields_of(entry)[1], inside)?;
        let form = Form::Map {
            repetition: inside.repetition,
            entry: Box::new([key, value]),
            definition: inside.definition,
        };
        Ok(Node { definition: place.definition, leaves: first..self.leaves.len(), form })
    }
}

impl Node {
    fn is_number_or_list(&self) -> bool {
        match &self.form {
            Form::Value => true,
            Form::List { repetition: 1, item } => matches!(item.form, Form::Value),
            _ => false,
        }
    }

    /// The numbers of the next row. False where it has none, or not only: then it is still to be written.
    fn take(&self, leaf: &mut Leaf, numbers: &mut Numbers, most: usize) -> Result<bool> {
        let is_list = matches!(self.form, Form::List { .. });
        let taken = leaf.take_numbers(is_list, most, &mut numbers.values)?;
        numbers.end_row(match taken {
            false => RowForm::InLine,
            true if is_list => RowForm::List,
            true => RowForm::Single,
        });
        Ok(taken)
    }

    fn is_there(&self, leaves: &[Leaf]) -> Result<bool> {
        Ok(leaves[self.leaves.start].next_definition()? >= self.definition)
    }

    /// Takes what stands for a value that is not there.
    fn pass(&self, leaves: &mut [Leaf]) -> Result<()> {
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
struct Members {
    begin: usize,
}

impl Members {
    fn begin(out: &[u8]) -> Self {
        Self { begin: out.len() }
    }

    /// If it is there.
    fn write(&mut self, key: &[u8], member: &Node, leaves: &mut [Leaf], out: &mut Vec<u8>) -> Result<()> {
        if !member.is_there(leaves)? {
            return member.pass(leaves);
        }
        out.extend_from_slice(key);
        member.write(leaves, out)
    }

    fn end(self, out: &mut Vec<u8>) {
        if out.len() == self.begin {
            out.push(b'{');
        } else {
            out[self.begin] = b'{'; // in place of the first comma
        }
        out.push(b'}');
    }
}
