//! Makes columns' nodes of a file's schema, by the format's rules for lists and maps, also in old files.

use super::leaf::Leaf;
use super::node::{Form, Node};
use crate::table::Result;
use crate::text;
use parquet::basic::{ConvertedType, LogicalType, Repetition};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

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

/// Of the top-level columns with these indices; adds their leaves.
pub fn columns_of(schema: &SchemaDescriptor, columns: &[usize], leaves: &mut Vec<Leaf>) -> Result<Vec<Node>> {
    let mut builder = Builder { schema, column: 0, leaves };
    let mut nodes = Vec::new();
    for (index, field) in schema.root_schema().get_fields().iter().enumerate() {
        if columns.contains(&index) {
            let place = Place { definition: 0, repetition: 0, depth: 0 };
            nodes.push(builder.node(field, place)?);
        } else {
            builder.column += count_leaves(field);
        }
    }
    Ok(nodes)
}

/// What stands before a value in its object, with a comma.
pub fn key_of(name: &str) -> Vec<u8> {
    let mut key = vec![b','];
    text::write_string(name, &mut key);
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
            members.push((key_of(member.name()), self.node(member, place)?));
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
