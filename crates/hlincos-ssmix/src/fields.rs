//! Names of fields in Japanese and English, and in which kinds they are required.
//!
//! Source: the field table of the National Hospital Organization's checking tool
//! (nhoHQ/SSMIX2DataTestingTool, Apache-2.0), guideline 1.2c.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What is known of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The segment.
    pub segment: &'static str,
    /// Its HL7 number.
    pub number: usize,
    /// Its HL7 data type: `CWE`, `TS`, ...
    pub data_type: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// Its name in Japanese.
    pub ja: &'static str,
    required: &'static str,
}

impl Field {
    /// What is known of a segment's field.
    #[must_use]
    pub fn of(segment: &str, number: usize) -> Option<&'static Self> {
        of_segment(segment).get(number.checked_sub(1)?)
    }

    /// Whether messages of a kind must fill the field where its segment occurs.
    #[must_use]
    pub fn is_required_in(&self, kind: &str) -> bool {
        let listed = |list: &str| list.split(',').any(|code| code == kind);
        match (self.required, self.required.strip_prefix("*!")) {
            (_, Some(but)) => !listed(but),
            ("*", _) => true,
            (only, _) => only.strip_prefix('=').is_some_and(listed),
        }
    }

    /// Whether it holds a date or time.
    #[must_use]
    pub fn is_time(&self) -> bool {
        // The table calls the onset's free text a time stamp.
        matches!(self.data_type, "TS" | "DT" | "DTM") && (self.segment, self.number) != ("PRB", 17)
    }
}

/// All fields of a segment in order; none of a segment that the table has not.
#[must_use]
pub fn of_segment(segment: &str) -> &'static [Field] {
    static BY_SEGMENT: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
        let mut segments: HashMap<_, Vec<Field>> = HashMap::new();
        for field in TABLE.lines().filter_map(read) {
            segments.entry(field.segment).or_default().push(field);
        }
        segments
    });
    BY_SEGMENT.get(segment).map_or(&[], Vec::as_slice)
}

const TABLE: &str = include_str!("tables/fields.tsv");

fn read(line: &'static str) -> Option<Field> {
    let mut parts = line.split('\t');
    let segment = parts.next().filter(|segment| !segment.starts_with('#'))?;
    let mut next = || parts.next();
    Some(Field {
        segment,
        number: next()?.parse().ok()?,
        data_type: next()?,
        en: next()?,
        ja: next()?,
        required: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_field_numbered_without_gaps() {
        let lines: Vec<_> = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert_eq!(
            lines.iter().filter_map(|line| read(line)).count(),
            lines.len()
        );
        for line in &lines {
            let field = read(line).unwrap();
            assert_eq!(Field::of(field.segment, field.number), Some(&field));
            let codes = field.required.trim_start_matches(['*', '!', '=', '-']);
            for code in codes.split(',').filter(|code| !code.is_empty()) {
                assert!(crate::kinds::Kind::of(code).is_some(), "{code}");
            }
        }
    }

    #[test]
    fn requirements_are_those_of_the_guideline() {
        let required = |kind: &str, segment: &str| -> Vec<usize> {
            let fields = of_segment(segment).iter();
            let needed = fields.filter(|field| field.is_required_in(kind));
            needed.map(|field| field.number).collect()
        };
        assert_eq!(required("OMP-01", "MSH"), [1, 2, 7, 9, 10, 11, 12, 18]);
        assert_eq!(required("OMP-01", "PID"), [3, 5, 7, 8]);
        assert_eq!(required("OMP-01", "ORC"), [1, 2, 4]);
        assert_eq!(required("OMP-01", "RXE"), [2, 3, 5, 10, 11]);
        assert_eq!(required("OMP-02", "ORC"), [1, 2, 4, 17, 29]);
        assert_eq!(required("OMP-02", "RXE"), [2, 3, 5]);
        assert_eq!(required("ADT-61", "IAM"), [1, 3, 6]);
        assert_eq!(required("OML-11", "OBX"), [3, 11]);
        assert_eq!(Field::of("PID", 7).unwrap().ja, "生年月日");
    }
}
