//! `hlincos ssmix lint PATH`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, SyncSender};

use hlincos_ssmix::defect;
use hlincos_ssmix::document;
use hlincos_ssmix::kinds::Kind;
use hlincos_ssmix::path::{Placed, place};
use hlincos_ssmix::rule::{Rule, Severity};
use indicatif::ProgressBar;
use serde::Serialize;

use super::folder::{Folder, Job};
use super::walk::{files, read_up_to, whole};
use crate::output::{Outcome, bar, bytes, count, is_watched, on_one_line, print};

/// Bytes read of one file: documents may be large, messages are not.
const READ_BYTES_MAX: u64 = 128 << 20;

/// Check a store, a folder or a file against the rules of SS-MIX2.
///
/// Names and folders, versions and their flags, care dates, characters, required fields, order of
/// segments, dates; of the extended storage that CDA and DICOM can be read. Errors are what a store should not have;
/// notes are deviations that many hospitals have and every reader must take. The list tells each
/// with its byte and its field, and holds names of files: it is as confidential as the store.
///
/// Exit code 0: no error; 3: errors, or files that cannot be read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A store, a folder inside of one, or one file.
    path: PathBuf,
    /// Findings listed at most; all are counted.
    #[arg(long, default_value_t = 20, value_name = "N")]
    list: usize,
    /// List notes too.
    #[arg(long)]
    notes: bool,
}

#[derive(Default, Serialize)]
struct Report {
    files: u64,
    bytes: u64,
    files_with_errors: u64,
    files_with_notes: u64,
    unreadable: u64,
    kinds: Vec<KindReport>,
    rules: Vec<RuleReport>,
    findings: Vec<Finding>,
    findings_left_out: u64,
}

#[derive(Clone, Default, Serialize)]
struct KindReport {
    kind: String,
    meaning: &'static str,
    files: u64,
    with_errors: u64,
    with_notes: u64,
}

#[derive(Serialize)]
struct RuleReport {
    code: &'static str,
    severity: &'static str,
    /// Files that break it.
    files: u64,
    /// How often it is broken.
    times: u64,
    says: &'static str,
}

#[derive(Serialize)]
struct Finding {
    path: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    says: String,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let tally = Mutex::new(Tally::default());
    let progress = (!json && is_watched()).then(|| bar(0, "files"));
    let (jobs, queue) = mpsc::sync_channel::<Job>(256);
    let queue = Mutex::new(queue);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let walked = std::thread::scope(|threads| {
        if let Some(bar) = &progress {
            threads.spawn(|| count_files(&args.path, bar));
        }
        for _ in 0..workers {
            threads.spawn(|| work(args, &queue, &tally, progress.as_ref()));
        }
        let walked = give_out(args, &jobs, &tally);
        drop(jobs);
        walked
    });
    if let Some(bar) = progress {
        bar.finish_and_clear();
    }
    walked?;
    let report = tally.into_inner().unwrap_or_default().report();
    print(json, &report, text);
    Ok(if report.files_with_errors > 0 || report.unreadable > 0 {
        Outcome::Attention
    } else {
        Outcome::Done
    })
}

/// Lets the bar's end grow while the files are counted: names are listed much faster than files
/// are read.
fn count_files(path: &Path, bar: &ProgressBar) {
    let mut found = 0_u64;
    let each = &mut |_| {
        found += 1;
        if found.is_multiple_of(256) {
            bar.set_length(found);
        }
        true
    };
    // What cannot be listed is told by the walk itself.
    let _ = files(path, each, &mut |_, _| {});
    bar.set_length(found);
}

/// Walks and gives the files to the workers, folder by folder.
fn give_out(args: &Args, jobs: &SyncSender<Job>, tally: &Mutex<Tally>) -> anyhow::Result<()> {
    let mut folder = Folder::default();
    let send = |ready: Vec<Job>| ready.into_iter().all(|job| jobs.send(job).is_ok());
    files(
        &args.path,
        &mut |path| send(folder.add(path)),
        &mut |path, why| {
            if let Ok(mut tally) = tally.lock() {
                tally.unreadable(args, &path, why);
            }
        },
    )?;
    send(folder.end());
    Ok(())
}

/// Checks files until there are no more.
fn work(
    args: &Args,
    queue: &Mutex<Receiver<Job>>,
    tally: &Mutex<Tally>,
    progress: Option<&ProgressBar>,
) {
    loop {
        let next = queue.lock().ok().and_then(|queue| queue.recv().ok());
        let Some(job) = next else { return };
        let checked = check(&job);
        if let Ok(mut tally) = tally.lock() {
            tally.add(args, &job.path, checked);
        }
        if let Some(bar) = progress {
            bar.inc(1);
        }
    }
}

/// One file's result.
struct Checked {
    kind: String,
    bytes: u64,
    broken: Vec<Broken>,
}

struct Broken {
    code: &'static str,
    severity: Severity,
    says: &'static str,
    offset: Option<usize>,
    field: Option<String>,
}

fn check(job: &Job) -> std::io::Result<Checked> {
    let path = &job.path;
    let (content, len) = read_up_to(path, READ_BYTES_MAX)?;
    let name = whole(path);
    let reading = defect::lint(&name, &content);
    let mut broken: Vec<Broken> = reading
        .defects
        .iter()
        .map(|defect| Broken {
            code: defect.rule.code(),
            severity: defect.rule.severity(),
            says: defect.rule.says(),
            offset: defect.offset,
            field: defect.field.map(|field| field.to_string()),
        })
        .collect();
    broken.extend(job.broken.iter().map(|defect| {
        let rule = Rule::Path(*defect);
        Broken {
            code: rule.code(),
            severity: rule.severity(),
            says: rule.says(),
            offset: None,
            field: None,
        }
    }));
    let kind = match place(&name).0 {
        Placed::Standard(name) => name.kind.to_owned(),
        Placed::Extended(_) => {
            let document = document::read(&content);
            broken.extend(document.defects.iter().map(|defect| Broken {
                code: defect.rule.code(),
                severity: Severity::Error,
                says: defect.rule.says(),
                offset: Some(defect.offset),
                field: None,
            }));
            "extended".to_owned()
        }
        Placed::Other => "other".to_owned(),
    };
    Ok(Checked {
        kind,
        bytes: len,
        broken,
    })
}

#[derive(Default)]
struct Tally {
    report: Report,
    kinds: BTreeMap<String, KindReport>,
    rules: BTreeMap<&'static str, (Severity, u64, u64, &'static str)>,
}

impl Tally {
    fn add(&mut self, args: &Args, path: &Path, checked: std::io::Result<Checked>) {
        let checked = match checked {
            Ok(checked) => checked,
            Err(error) => return self.unreadable(args, path, error.to_string()),
        };
        let has = |severity| {
            checked
                .broken
                .iter()
                .any(|broken| broken.severity == severity)
        };
        let (errors, notes) = (has(Severity::Error), has(Severity::Note));
        self.report.files += 1;
        self.report.bytes += checked.bytes;
        self.report.files_with_errors += u64::from(errors);
        self.report.files_with_notes += u64::from(notes);
        let kind = self.kinds.entry(checked.kind).or_default();
        kind.files += 1;
        kind.with_errors += u64::from(errors);
        kind.with_notes += u64::from(notes);
        let codes: BTreeSet<_> = checked.broken.iter().map(|broken| broken.code).collect();
        for broken in &checked.broken {
            let rule = (broken.severity, 0, 0, broken.says);
            self.rules.entry(broken.code).or_insert(rule).2 += 1;
        }
        for code in codes {
            if let Some(rule) = self.rules.get_mut(code) {
                rule.1 += 1;
            }
        }
        for broken in checked.broken {
            if broken.severity == Severity::Error || args.notes {
                let finding = Finding {
                    path: on_one_line(path),
                    code: broken.code,
                    offset: broken.offset,
                    field: broken.field,
                    says: broken.says.to_owned(),
                };
                self.find(args, finding);
            }
        }
    }

    fn unreadable(&mut self, args: &Args, path: &Path, why: String) {
        self.report.unreadable += 1;
        let finding = Finding {
            path: on_one_line(path),
            code: "unreadable",
            offset: None,
            field: None,
            says: why,
        };
        self.find(args, finding);
    }

    fn find(&mut self, args: &Args, finding: Finding) {
        if self.report.findings.len() < args.list {
            self.report.findings.push(finding);
        } else {
            self.report.findings_left_out += 1;
        }
    }

    fn report(self) -> Report {
        let kinds = self.kinds.into_iter().map(|(kind, report)| KindReport {
            meaning: match kind.as_str() {
                "extended" => "documents of the extended storage",
                "other" => "files outside of both storages",
                code => Kind::of(code).map_or("", |kind| kind.en),
            },
            kind,
            ..report
        });
        let mut rules: Vec<RuleReport> = self
            .rules
            .into_iter()
            .map(|(code, (severity, files, times, says))| RuleReport {
                code,
                severity: match severity {
                    Severity::Error => "error",
                    Severity::Note => "note",
                },
                files,
                times,
                says,
            })
            .collect();
        rules.sort_by_key(|rule| (rule.severity, core::cmp::Reverse(rule.files)));
        // Workers finish in any order; the list reads in that of names.
        let mut findings = self.report.findings;
        findings.sort_by(|a, b| (&a.path, a.offset).cmp(&(&b.path, b.offset)));
        Report {
            kinds: kinds.collect(),
            rules,
            findings,
            ..self.report
        }
    }
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{} ({}): {} with errors, {} with notes\n\n  kind      files   errors    notes  \n",
        count(report.files, "file"),
        bytes(report.bytes),
        report.files_with_errors,
        report.files_with_notes,
    );
    for kind in &report.kinds {
        text.push_str(&format!(
            "  {:<8}{:>7}{:>9}{:>9}  {}\n",
            kind.kind, kind.files, kind.with_errors, kind.with_notes, kind.meaning
        ));
    }
    if !report.rules.is_empty() {
        text.push_str("\n  rule                        files    times  \n");
    }
    for rule in &report.rules {
        text.push_str(&format!(
            "  {:<25}{:>8}{:>9}  {}: {}\n",
            rule.code, rule.files, rule.times, rule.severity, rule.says
        ));
    }
    if !report.findings.is_empty() {
        text.push('\n');
    }
    for finding in &report.findings {
        let field = finding.field.as_deref().map(|field| format!(" {field}"));
        let offset = finding.offset.map(|at| format!(" at byte {at}"));
        text.push_str(&format!(
            "  {}\n    {}{}{}: {}\n",
            finding.path,
            finding.code,
            field.unwrap_or_default(),
            offset.unwrap_or_default(),
            finding.says
        ));
    }
    if report.findings_left_out > 0 {
        let left = count(report.findings_left_out, "finding");
        text.push_str(&format!("  {left} more: --list N lists more\n"));
    }
    text
}
