//! Laboratory results, from OUL^R22.

use std::collections::HashMap;

use serde::Serialize;

use super::{Source, coded, moment};
use crate::hl7::Message;

/// Values kept per test.
const VALUES: usize = 4;

/// A test with its latest values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LabTest {
    /// The test's name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// Newest first, up to four.
    pub values: Vec<LabValue>,
}

/// One result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LabValue {
    /// As sent; text such as `  -` keeps its spaces.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// Reference range, as sent.
    pub range: String,
    /// H, L, HH, LL, A or nothing, as sent.
    pub flag: String,
    /// When it was taken, `yyyy-mm-dd hh:mm`.
    pub time: String,
    /// Where it was read.
    pub source: Source,
}

/// Tests as they are found, with the place of each.
#[derive(Default)]
pub(crate) struct Tests {
    list: Vec<LabTest>,
    /// By code and name.
    places: HashMap<(String, String), usize>,
}

impl Tests {
    fn add(&mut self, code: String, name: String, value: LabValue) {
        let key = (code, name);
        if let Some(at) = self.places.get(&key) {
            self.list[*at].values.push(value);
            return;
        }
        let (code, name) = key.clone();
        self.places.insert(key, self.list.len());
        self.list.push(LabTest {
            name,
            code,
            values: vec![value],
        });
    }

    /// The tests by name, each with its latest values.
    pub(crate) fn finish(self) -> Vec<LabTest> {
        let mut tests = self.list;
        tests.sort_by(|a, b| a.name.cmp(&b.name));
        for test in &mut tests {
            test.values.sort_by(|a, b| b.time.cmp(&a.time));
            test.values.truncate(VALUES);
        }
        tests
    }
}

pub(crate) fn read(message: &Message<'_>, source: &Source, tests: &mut Tests) {
    let mut taken = std::borrow::Cow::Borrowed("");
    for segment in message.segments() {
        match segment.name() {
            "SPM" => taken = segment.field(17).component(1).plain(),
            "OBR" if taken.is_empty() => taken = segment.field(7).plain(),
            "OBX" => {
                // D: the result was withdrawn; X: none could be had.
                if matches!(segment.field(11).raw(), "D" | "X" | "W")
                    || !segment.field(5).has_value()
                {
                    continue;
                }
                let test = segment.field(3);
                let (code, name) = (test.component(1).text(), coded(test));
                let value = segment.field(5);
                let shown = if segment.field(2).raw() == "CWE" {
                    coded(value)
                } else {
                    value.text()
                };
                let own = segment.field(14).plain();
                let value = LabValue {
                    value: shown,
                    unit: segment.field(6).component(1).text(),
                    range: segment.field(7).text(),
                    flag: segment.field(8).text(),
                    time: moment(if own.is_empty() { &taken } else { &own }),
                    source: source.clone(),
                };
                tests.add(code, name, value);
            }
            _ => {}
        }
    }
}
