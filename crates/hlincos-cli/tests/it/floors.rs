//! The house keeps its floors: no crate imports its own floor or a higher one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every crate and its floor; ARCHITECTURE.md shows the same table.
const FLOORS: [(&str, u8); 18] = [
    ("hlincos-sharing", 0),
    ("hlincos-ssmix", 0),
    ("hlincos-isogeny", 0),
    ("hlincos-channel", 1),
    ("hlincos-record", 1),
    ("hlincos-pki", 2),
    ("hlincos-tls", 3),
    ("hlincos-store", 3),
    ("hlincos-net", 3),
    ("hlincos-proto", 4),
    ("hlincos-shareholder", 5),
    ("hlincos-gateway", 5),
    ("hlincos-agent", 5),
    ("hlincos-terminal", 5),
    ("hlincos-authority", 5),
    ("hlincos-bench", 6),
    ("hlincos-testbed", 6),
    ("hlincos-cli", 7),
];

/// What floors 0 to 2 must not name: they take bytes, time and randomness as arguments.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "SystemTime::now",
    "Instant::now",
    "tokio::",
    "getrandom",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// External and own dependencies of a crate, without those of its tests.
fn dependencies(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    table
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_crate_has_a_floor() {
    let mut crates: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    crates.sort();
    let mut known: Vec<&str> = FLOORS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(crates, known);
}

#[test]
fn a_crate_imports_lower_floors_only() {
    let floors: BTreeMap<&str, u8> = FLOORS.into_iter().collect();
    for (name, floor) in FLOORS {
        for dependency in dependencies(name) {
            if let Some(other) = floors.get(dependency.as_str()) {
                let wire = (name, dependency.as_str()) == ("hlincos-tls", "hlincos-pki");
                assert!(
                    *other < floor || wire,
                    "{name} must not import {dependency}"
                );
            }
        }
    }
}

#[test]
fn a_shareholder_links_no_clinical_parser_and_no_kernel_of_combining_roles() {
    let mut open = vec!["hlincos-shareholder".to_owned()];
    while let Some(name) = open.pop() {
        for dependency in dependencies(&name) {
            assert_ne!(dependency, "hlincos-ssmix", "through {name}");
            if dependency.starts_with("hlincos-") {
                open.push(dependency);
            }
        }
    }
}

#[test]
fn the_lower_floors_touch_no_file_socket_clock_or_thread() {
    for (name, _) in FLOORS.into_iter().filter(|(_, floor)| *floor <= 2) {
        let mut files = Vec::new();
        sources(&root().join("crates").join(name).join("src"), &mut files);
        assert!(!files.is_empty());
        for file in files {
            // Tests may read vectors; they stand in files or modules of their own.
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            if file.file_name().is_some_and(|name| name == "tests.rs") {
                continue;
            }
            let lines = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for line in lines {
                let bad = IMPURE.iter().find(|word| line.contains(**word));
                assert!(bad.is_none(), "{}: {line}", file.display());
            }
        }
    }
}

#[test]
fn every_source_file_says_its_job_in_its_first_line() {
    let mut files = Vec::new();
    for (name, _) in FLOORS {
        sources(&root().join("crates").join(name).join("src"), &mut files);
    }
    for file in files {
        if file.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{}", file.display());
    }
}

#[test]
fn every_dependency_is_declared_once_in_the_root_manifest() {
    for (name, _) in FLOORS {
        let path = root().join("crates").join(name).join("Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        for section in ["dependencies", "dev-dependencies"] {
            let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (dependency, value) in table {
                let inherited = value.get("workspace").and_then(toml::Value::as_bool);
                assert_eq!(inherited, Some(true), "{name}: {dependency}");
            }
        }
    }
}
