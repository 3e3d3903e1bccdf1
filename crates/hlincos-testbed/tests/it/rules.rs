//! Messages of every kind follow the tables of the guideline: fields, order of segments, care dates.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use hlincos_testbed::{Profile, Shape};
use regex::Regex;

use crate::store::{Entry, Store};

/// A store of every kind, for all tests that only look.
fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        Store::of(&Profile {
            patients: 60,
            ..Profile::of(Shape::Full)
        })
    })
}

/// The samples, which lie outside of the project; says so when they are absent.
fn samples() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let folder = std::env::var_os("HLINCOS_SAMPLES").map_or(beside, PathBuf::from);
    let found = folder.join("tables/fields.tsv").is_file();
    if !found {
        eprintln!("no samples at {}: nothing compared", folder.display());
    }
    found.then_some(folder)
}

fn kinds() -> BTreeSet<&'static str> {
    store().distribution.kinds.keys().copied().collect()
}

#[test]
fn all_36_kinds_of_messages_and_five_of_documents_are_made() {
    let kinds = kinds();
    let (documents, messages): (Vec<&str>, Vec<&str>) = kinds
        .iter()
        .partition(|kind| ["CDA", "PDF", "JPEG", "PNG", "DICOM"].contains(kind));
    assert_eq!(messages.len(), 36, "{messages:?}");
    assert_eq!(documents, ["CDA", "DICOM", "JPEG", "PDF"]);
    let cancels = messages.iter().filter(|kind| kind.ends_with(" cancel"));
    assert_eq!(cancels.count(), 10);
}

#[test]
fn msh_9_is_the_one_of_the_kind() {
    let expected = [
        ("ADT-00", "ADT^A08^ADT_A01 ADT^A23^ADT_A21"),
        ("ADT-01", "ADT^A54^ADT_A54 ADT^A55^ADT_A52"),
        ("ADT-12", "ADT^A04^ADT_A01"),
        ("ADT-21", "ADT^A14^ADT_A05 ADT^A27^ADT_A21"),
        ("ADT-22", "ADT^A01^ADT_A01 ADT^A11^ADT_A09"),
        ("ADT-31", "ADT^A21^ADT_A21 ADT^A52^ADT_A52"),
        ("ADT-32", "ADT^A22^ADT_A21 ADT^A53^ADT_A52"),
        ("ADT-41", "ADT^A15^ADT_A15 ADT^A26^ADT_A21"),
        ("ADT-42", "ADT^A02^ADT_A02 ADT^A12^ADT_A09"),
        ("ADT-51", "ADT^A16^ADT_A16 ADT^A25^ADT_A21"),
        ("ADT-52", "ADT^A03^ADT_A03 ADT^A13^ADT_A01"),
        ("ADT-61", "ADT^A60^ADT_A60"),
        ("PPR-01", "PPR^ZD1^PPR_ZD1"),
        ("OMD", "OMD^O03^OMD_O03"),
        ("OMP-01", "RDE^O11^RDE_O11"),
        ("OMP-02", "RDE^O11^RDE_O11"),
        ("OMP-11", "RAS^O17^RAS_O17"),
        ("OMP-12", "RAS^O17^RAS_O17"),
        ("OML-01", "OML^O33^OML_O33"),
        ("OML-11", "OUL^R22^OUL_R22"),
        ("OMG-01", "OMG^O19^OMG_O19"),
        ("OMG-02", "OMG^O19^OMG_O19"),
        ("OMG-03", "OMG^O19^OMG_O19"),
        ("OMG-11", "OMI^Z23^OMI_Z23"),
        ("OMG-12", "OMI^Z23^OMI_Z23"),
        ("OMG-13", "ORU^R01^ORU_R01"),
    ];
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for file in store().messages() {
        let kind = file.name().kind;
        seen.entry(kind).or_default().extend(file.fields("MSH", 8));
    }
    for (kind, types) in expected {
        let types: BTreeSet<String> = types.split(' ').map(str::to_owned).collect();
        assert_eq!(seen.remove(kind).unwrap_or_default(), types, "{kind}");
    }
    assert!(seen.is_empty(), "{seen:?}");
}

#[test]
fn the_care_date_is_that_of_the_field_the_guideline_names() {
    let fields: HashMap<&str, (&str, usize)> = [
        ("A04", ("PV1", 44)),
        ("A01", ("PV1", 44)),
        ("A11", ("PV1", 44)),
        ("A03", ("PV1", 45)),
        ("A13", ("PV1", 45)),
        ("A14", ("PV2", 8)),
        ("A27", ("PV2", 8)),
        ("A15", ("PV2", 8)),
        ("A26", ("PV2", 8)),
        ("A16", ("PV2", 9)),
        ("A25", ("PV2", 9)),
        ("A53", ("PV2", 47)),
        ("A21", ("EVN", 6)),
        ("A52", ("EVN", 6)),
        ("A22", ("EVN", 6)),
        ("A02", ("EVN", 6)),
        ("A12", ("EVN", 6)),
        ("O03", ("ORC", 9)),
        ("O11", ("ORC", 9)),
        ("O33", ("ORC", 9)),
        ("O19", ("ORC", 9)),
        ("O17", ("RXA", 3)),
        ("R22", ("SPM", 17)),
        ("Z23", ("OBR", 7)),
        ("R01", ("OBR", 7)),
    ]
    .into();
    let undated = ["A08", "A23", "A54", "A55", "A60", "ZD1"];
    let mut seen = BTreeSet::new();
    for file in store().messages() {
        let name = file.name();
        let message = file.fields("MSH", 8).remove(0);
        let event = message.split('^').nth(1).unwrap();
        seen.insert(event.to_owned());
        let Some((segment, field)) = fields.get(event) else {
            assert!(
                undated.contains(&event) && name.date == "-",
                "{}",
                file.path
            );
            continue;
        };
        let days = file.fields(segment, *field);
        assert!(!days.is_empty(), "{}", file.path);
        let same = days.iter().all(|day| day.starts_with(name.date));
        assert!(same, "{}: {days:?}", file.path);
    }
    assert_eq!(seen.len(), fields.len() + undated.len());
}

/// Fields of a segment by their HL7 numbers.
fn numbered(line: &str) -> Vec<&str> {
    let mut fields: Vec<&str> = line.split('|').collect();
    if fields[0] == "MSH" {
        fields.insert(1, "|");
    }
    fields
}

#[test]
fn required_fields_are_there_and_unused_ones_empty() {
    let Some(samples) = samples() else { return };
    let table = fs::read_to_string(samples.join("tables/fields.tsv")).unwrap();
    let mut rules: HashMap<(&str, usize), HashMap<&str, &str>> = HashMap::new();
    for row in table.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let rule = columns[6]
            .split(' ')
            .filter_map(|rule| rule.split_once('='));
        rules.insert((columns[0], columns[1].parse().unwrap()), rule.collect());
    }
    let rule = |segment: &str, field: usize, kind: &str| {
        let row = rules.iter().find(|(key, _)| **key == (segment, field))?.1;
        row.get(kind).or_else(|| row.get("*")).copied()
    };
    let mut unused = BTreeSet::new();
    let mut cache: HashMap<(String, String), Vec<&str>> = HashMap::new();
    for file in store().messages() {
        let kind = file.name().kind.to_owned();
        for line in file.text().split_terminator('\r') {
            let fields = numbered(line);
            let segment = fields[0].to_owned();
            let row = cache
                .entry((segment.clone(), kind.clone()))
                .or_insert_with(|| {
                    (0..60)
                        .map(|at| rule(&segment, at, &kind).unwrap_or(""))
                        .collect()
                });
            for (at, rule) in row.iter().enumerate() {
                let value = fields.get(at).copied().unwrap_or_default();
                let place = format!("{segment}-{at} in {}", file.path);
                assert!(*rule != "R" || !value.is_empty(), "missing: {place}");
                // Guideline samples themselves use these, against the table.
                let used_anyway = EXCEPTIONS.iter().any(|(name, field, of)| {
                    (*name, *field) == (segment.as_str(), at) && (*of == "*" || *of == kind)
                });
                if *rule == "N" && !value.is_empty() && !used_anyway {
                    unused.insert(format!("{segment}-{at} {kind}"));
                }
            }
        }
    }
    assert!(unused.is_empty(), "unused fields are used: {unused:?}");
}

/// What the table of 1.2c calls unused and the guideline's own samples use: the profile, OBX in
/// ADT-00, range, flag and time of a value; and the count of a prescription for when needed, as the
/// prescription convention has it.
const EXCEPTIONS: &[(&str, usize, &str)] = &[
    ("MSH", 21, "*"),
    ("OBX", 7, "*"),
    ("OBX", 8, "*"),
    ("OBX", 14, "OML-11"),
    ("OBX", 1, "ADT-00"),
    ("OBX", 2, "ADT-00"),
    ("OBX", 3, "ADT-00"),
    ("OBX", 5, "ADT-00"),
    ("OBX", 6, "ADT-00"),
    ("OBX", 11, "ADT-00"),
    ("TQ1", 14, "OMP-01"),
];

#[test]
fn segments_stand_in_the_order_of_the_guideline() {
    let Some(samples) = samples() else { return };
    let orders = fs::read_to_string(samples.join("nho-sample/HL7_SEGMENTORDER.json")).unwrap();
    let orders: HashMap<String, String> = serde_json::from_str(&orders).unwrap();
    let mut compiled: HashMap<&str, Regex> = HashMap::new();
    for (message, order) in &orders {
        // The table wants an NTE after each OBX of OUL^R22; the guideline's sample has none.
        let order = order.replace("(SID)*(NTE))*", "(SID)*(NTE)*)*");
        compiled.insert(message, Regex::new(&format!("{order}$")).unwrap());
    }
    let mut seen = BTreeSet::new();
    for file in store().messages() {
        let message = file.fields("MSH", 8).remove(0);
        let message = message.rsplit_once('^').unwrap().0.to_owned();
        let text = file.text();
        let names: String = text.split_terminator('\r').map(|line| &line[..3]).collect();
        let order = &compiled[message.as_str()];
        assert!(order.is_match(&names), "{message}: {names}");
        seen.insert(message);
    }
    assert_eq!(seen.len(), 31);
}

#[test]
fn the_reader_finds_nothing_to_object_to_in_any_kind() {
    for file in &store().files {
        let defects = hlincos_ssmix::defect::inspect(file.path.as_bytes(), &file.bytes);
        assert!(defects.is_empty(), "{}: {defects:?}", file.path);
    }
}

#[test]
fn one_version_at_most_is_current() {
    let mut current = BTreeSet::new();
    for name in store()
        .messages()
        .map(Entry::name)
        .filter(|name| name.flag == "1")
    {
        let key = (name.patient, name.date, name.kind, name.order);
        assert!(current.insert(key), "{} {} twice", name.date, name.kind);
    }
}
