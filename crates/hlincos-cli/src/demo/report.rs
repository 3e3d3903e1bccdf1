//! What the demo tells: a line per step for people, one JSON object for machines.

use std::time::Instant;

use hlincos_net::link::DirectionStatus;
use hlincos_proto::gateway::{GatewayStatus, RestoreSummary, SiteStatus};
use serde::Serialize;

use crate::command::{backup, restore};
use crate::output::bytes;

/// The demo's result.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) patients: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) backup_s: f64,
    pub(crate) backup_files_per_s: f64,
    pub(crate) backup_mb_per_s: f64,
    pub(crate) defective_files: u64,
    pub(crate) unreadable: u64,
    pub(crate) second_backup_s: f64,
    pub(crate) second_backup_files_sent: u64,
    pub(crate) sites_lost: u64,
    pub(crate) restore_s: f64,
    pub(crate) restore_files_per_s: f64,
    pub(crate) restore_mb_per_s: f64,
    pub(crate) restore_identical: bool,
    pub(crate) query_ms: Option<f64>,
    pub(crate) culprits: Vec<String>,
    pub(crate) randomness: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) links: Vec<LinkOfSite>,
}

/// A link at the end of the demo.
#[derive(Debug, Serialize)]
pub(crate) struct LinkOfSite {
    site: String,
    emergency: String,
    bulk: String,
    pad_spent_bytes: u64,
    stock_bytes: u64,
}

impl Report {
    pub(crate) fn add_backups(&mut self, first: &backup::Timed, second: &backup::Timed) {
        self.patients = first.report.patients;
        self.files = first.report.files;
        self.bytes = first.report.bytes;
        self.backup_s = first.seconds;
        self.backup_files_per_s = first.files_per_s;
        self.backup_mb_per_s = first.mb_per_s;
        self.defective_files = first.report.defective_files;
        self.unreadable = first.report.unreadable;
        self.second_backup_s = second.seconds;
        self.second_backup_files_sent = second.report.files_sent;
    }

    pub(crate) fn add_culprits(&mut self, summary: &RestoreSummary) {
        for culprit in &summary.culprits {
            if !self.culprits.contains(&culprit.site) {
                self.culprits.push(culprit.site.clone());
            }
        }
    }

    pub(crate) fn add_restore(&mut self, timed: &restore::Timed) {
        self.restore_s = timed.seconds;
        self.restore_files_per_s = timed.files_per_s;
        self.restore_mb_per_s = timed.mb_per_s;
        self.add_culprits(&timed.report.summary);
        self.randomness.clone_from(&timed.report.summary.randomness);
        self.link.clone_from(&timed.report.summary.link);
    }

    pub(crate) fn add_links(&mut self, status: &GatewayStatus) {
        let link = |site: &SiteStatus| {
            let link = site.link.as_ref()?;
            let spent = |it: &DirectionStatus| it.payload_bytes + it.tag_bytes;
            Some(LinkOfSite {
                site: site.name.clone(),
                emergency: link.emergency.clone(),
                bulk: link.bulk.clone(),
                pad_spent_bytes: spent(&link.sends) + spent(&link.receives),
                stock_bytes: link.sends.stock_bytes + link.receives.stock_bytes,
            })
        };
        self.links = status.sites.iter().filter_map(link).collect();
    }

    pub(crate) fn finish(&self, json: bool) {
        if json {
            let text = serde_json::to_string_pretty(self).expect("a plain struct is JSON");
            println!("{text}");
        } else {
            println!(
                "\nevery step went well; shares made with {} randomness, links: {}",
                self.randomness.as_deref().unwrap_or("unknown"),
                self.link.as_deref().unwrap_or("unknown"),
            );
            for link in &self.links {
                println!(
                    "  link to {}: bulk {}, emergencies {}; {} of pad spent, {} left",
                    link.site,
                    link.bulk,
                    link.emergency,
                    bytes(link.pad_spent_bytes),
                    bytes(link.stock_bytes),
                );
            }
        }
    }
}

/// Prints each step with the time it took.
pub(crate) struct Teller {
    shown: bool,
    name: String,
    started: Instant,
}

impl Teller {
    pub(crate) fn new(shown: bool) -> Self {
        Self {
            shown,
            name: String::new(),
            started: Instant::now(),
        }
    }

    pub(crate) fn step(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.started = Instant::now();
    }

    pub(crate) fn done(&self, result: &str) {
        if self.shown {
            let seconds = self.started.elapsed().as_secs_f64();
            println!("{seconds:>8.2} s  {}\n            {result}", self.name);
        }
    }
}
