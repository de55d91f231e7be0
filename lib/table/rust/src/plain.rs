//! Columns whose values need not become JSON, of numbers, of lists of them, or of texts: what they hold of each row that
//! holds nothing else.

pub enum Values {
    Float(Vec<f32>),
    Double(Vec<f64>),
    Whole(Vec<i64>),
    /// Valid UTF-8, one after the other.
    Text(Vec<u8>),
}

/// How a row has its value.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Form {
    /// Not here but in its line, or not at all.
    InLine = 0,
    Single = 1,
    List = 2,
}

pub struct Plain {
    pub name: String,
    pub values: Values,
    /// Per row: how many values, of texts bytes, there are up to its end.
    pub ends: Vec<u64>,
    pub forms: Vec<u8>,
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Values::Float(values) => values.len(),
            Values::Double(values) => values.len(),
            Values::Whole(values) => values.len(),
            Values::Text(bytes) => bytes.len(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Values::Float(values) => size_of_val(values.as_slice()),
            Values::Double(values) => size_of_val(values.as_slice()),
            Values::Whole(values) => size_of_val(values.as_slice()),
            Values::Text(bytes) => bytes.len(),
        }
    }

    fn truncate(&mut self, length: usize) {
        match self {
            Values::Float(values) => values.truncate(length),
            Values::Double(values) => values.truncate(length),
            Values::Whole(values) => values.truncate(length),
            Values::Text(bytes) => bytes.truncate(length),
        }
    }
}

impl Plain {
    pub fn new(name: &str, values: Values) -> Self {
        Self { name: name.into(), values, ends: Vec::new(), forms: Vec::new() }
    }

    /// Keeps the first rows.
    pub fn cut_to(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.forms.truncate(rows);
        self.values.truncate(self.end());
    }

    fn end(&self) -> usize {
        self.ends.last().map_or(0, |&end| end as usize)
    }

    /// The next row, whose values have been added.
    pub fn end_row(&mut self, form: Form) {
        self.ends.push(self.values.len() as u64);
        self.forms.push(form as u8);
    }

    /// Of the last row: how many bytes it takes as a member of a JSON object, at most.
    pub fn longest(&self) -> usize {
        const LONGEST_NUMBER: usize = 26; // -1.7976931348623157e+308,
        const LONGEST_BYTE: usize = 6; // \u0001
        const AROUND: usize = 6; // "":[],
        let before = self.ends.len().checked_sub(2).map_or(0, |row| self.ends[row] as usize);
        let each = if matches!(self.values, Values::Text(_)) { LONGEST_BYTE } else { LONGEST_NUMBER };
        (self.end() - before).saturating_mul(each) + self.name.len() * LONGEST_BYTE + AROUND
    }
}
