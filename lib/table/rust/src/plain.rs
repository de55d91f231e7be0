//! Columns of numbers that need not become text: what they hold of each row that holds nothing else.

pub enum Values {
    Float(Vec<f32>),
    Double(Vec<f64>),
    Whole(Vec<i64>),
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

pub struct Numbers {
    pub name: String,
    pub values: Values,
    /// Per row: how many values there are up to its end.
    pub ends: Vec<u64>,
    pub forms: Vec<u8>,
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Values::Float(values) => values.len(),
            Values::Double(values) => values.len(),
            Values::Whole(values) => values.len(),
        }
    }
}

impl Numbers {
    pub fn new(name: &str, values: Values) -> Self {
        Self { name: name.into(), values, ends: Vec::new(), forms: Vec::new() }
    }

    pub fn clear(&mut self) {
        match &mut self.values {
            Values::Float(values) => values.clear(),
            Values::Double(values) => values.clear(),
            Values::Whole(values) => values.clear(),
        }
        self.ends.clear();
        self.forms.clear();
    }

    /// The next row, whose values have been added.
    pub fn end_row(&mut self, form: Form) {
        self.ends.push(self.values.len() as u64);
        self.forms.push(form as u8);
    }
}

/// Of a list with more numbers nobody knows without its text whether its line is too long.
pub fn most_numbers(line_bytes: usize) -> usize {
    const LONGEST: usize = 26; // -1.7976931348623157e+308,
    line_bytes / LONGEST / 2
}
