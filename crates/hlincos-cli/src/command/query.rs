//! `hlincos query ID`.

use std::time::{Duration, Instant};

use anyhow::bail;
use hlincos_agent::{PatientRecords, fetch_records};
use hlincos_proto::gateway::{GatewayClient, PatientRequest, RestoreSummary, SiteCount};
use hlincos_ssmix::summary::{Allergies, Prescription, ProblemStatus, Summary, summarise};
use hlincos_terminal::{Account, Materials, Provenance, Records, ScreenSettings, View};
use serde::Serialize;

use super::TerminalConfig;
use crate::connect::ClientConfig;
use crate::output::{Outcome, count, print};

/// Show one patient.
///
/// Identity, allergies, prescriptions, problems and the latest laboratory values, fetched from all
/// sites and read now; each with its source file in --json.
#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) who: Who,
    #[command(flatten)]
    pub(crate) config: TerminalConfig,
}

/// Which patient.
#[derive(clap::Args, Clone)]
pub(crate) struct Who {
    /// The patient's identifier.
    #[arg(value_name = "ID")]
    patient: String,
    /// The patient's facility; needed when patients of several facilities have this ID.
    #[arg(long)]
    facility: Option<String>,
    /// Why: the gateway writes it into its log of readings.
    #[arg(long)]
    purpose: Option<String>,
}

impl Who {
    pub(crate) fn request(self) -> PatientRequest {
        PatientRequest {
            facility: self.facility,
            patient: self.patient,
            purpose: self.purpose,
        }
    }
}

/// One patient, as fetched and read.
#[derive(Serialize)]
pub(crate) struct Fetched {
    #[serde(flatten)]
    summary: Summary,
    files: u64,
    missing: u64,
    /// Files of more than 4 MiB: not read for the screen, but they restore.
    too_large: Vec<String>,
    facility: Option<String>,
    restored: RestoreSummary,
    query_ms: f64,
    #[serde(skip)]
    records: Records,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let gateway = ClientConfig::read(&args.config.config)?.connect()?;
    let fetched = fetch(&gateway, &args.who.request()).await?;
    print(json, &fetched, text);
    Ok(fetched.outcome())
}

/// Fetches and reads one patient.
pub(crate) async fn fetch(
    gateway: &GatewayClient,
    request: &PatientRequest,
) -> anyhow::Result<Fetched> {
    let started = Instant::now();
    let fetched = fetch_records(gateway, request).await?;
    let restored = fetched.summary.clone();
    if is_nobody(&fetched) {
        bail!("there is no record of such a patient; check the ID, or name the --facility");
    }
    let records = records_of(fetched, "TLS", started.elapsed());
    Ok(Fetched {
        summary: summarise(&records.files),
        files: records.files.len() as u64,
        missing: records.account.missing,
        too_large: records.too_large.clone(),
        facility: records.provenance.facility.clone(),
        restored,
        query_ms: started.elapsed().as_secs_f64() * 1e3,
        records,
    })
}

/// Whether no site has anything of the patient.
pub(crate) fn is_nobody(fetched: &PatientRecords) -> bool {
    let summary = &fetched.summary;
    let missing = fetched.missing + summary.lost + summary.uncertain;
    fetched.files.is_empty() && fetched.too_large.is_empty() && missing == 0
}

/// What was fetched, as a screen takes it.
pub(crate) fn records_of(fetched: PatientRecords, way: &str, took: Duration) -> Records {
    let summary = fetched.summary;
    let names = |sites: &[SiteCount]| sites.iter().map(|site| site.site.clone()).collect();
    let account = Account {
        culprits: names(&summary.culprits),
        suspects: names(&summary.suspects),
        silent: summary
            .silent
            .iter()
            .map(|word| word.site.clone())
            .collect(),
        sites: summary.used,
        missing: fetched.missing + summary.lost + summary.uncertain,
        too_large: fetched.too_large.len() as u64,
        randomness: summary.randomness.unwrap_or_default(),
        link: summary.link.unwrap_or_default(),
        generation: summary.generation,
    };
    let provenance = Provenance {
        facility: fetched.facility,
        way: way.to_owned(),
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        fetched_unix_ms: super::unix_ms(),
        dealt_unix_ms: fetched.dealt_unix_ms,
        ..Provenance::default()
    };
    let shown = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
    Records {
        too_large: fetched.too_large.iter().map(shown).collect(),
        files: fetched.files,
        account,
        provenance,
    }
}

impl Fetched {
    pub(crate) const fn outcome(&self) -> Outcome {
        if self.missing > 0 || !self.too_large.is_empty() {
            Outcome::Attention
        } else {
            Outcome::Done
        }
    }

    pub(crate) fn one_line(&self) -> String {
        let allergies = match &self.summary.allergies {
            Allergies::Recorded(list) => format!("{} allergies", list.len()),
            Allergies::NoneRecorded(_) => "no allergy (recorded)".to_owned(),
            Allergies::NotRecorded => "allergies not recorded".to_owned(),
        };
        format!(
            "{} messages read; {allergies}, {} prescriptions, {} problems, {} laboratory tests",
            self.summary.messages,
            self.summary.prescriptions.len(),
            self.summary.problems.len(),
            self.summary.laboratory.len()
        )
    }

    /// The viewer's page.
    pub(crate) fn page(&self) -> String {
        hlincos_terminal::page(&View::new(Materials {
            messages: &self.records.files,
            account: &self.records.account,
            provenance: &self.records.provenance,
            critical: None,
            now_unix_ms: super::unix_ms(),
            stale_after_days: ScreenSettings::default().stale_after_days,
        }))
    }
}

fn text(fetched: &Fetched) -> String {
    let summary = &fetched.summary;
    let patient = &summary.patient;
    let mut text = format!(
        "{} ({})  {}  {}  ID {} at {}  {} {}\n",
        patient.name,
        patient.kana,
        patient.born,
        patient.sex,
        patient.id,
        fetched.facility.as_deref().unwrap_or("unknown"),
        patient.blood_abo,
        patient.blood_rh
    );
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    if fetched.missing > 0 {
        line(format!(
            "NOT COMPLETE: {} records could not be restored",
            fetched.missing
        ));
    }
    if !fetched.too_large.is_empty() {
        line(format!(
            "NOT SHOWN: {} of more than 4 MiB, too large for a screen; `hlincos restore --patient` brings them",
            count(fetched.too_large.len() as u64, "record")
        ));
    }
    for culprit in &fetched.restored.culprits {
        line(format!(
            "site {} gave wrong shares; corrected with the others'",
            culprit.site
        ));
    }
    line("\nアレルギー / allergies".into());
    match &summary.allergies {
        Allergies::NotRecorded => line("  記録なし / not recorded: ask".into()),
        Allergies::NoneRecorded(_) => line("  なしと記録 / recorded: none known".into()),
        Allergies::Recorded(list) => {
            for allergy in list {
                line(format!(
                    "  {}  {}  {}  {}",
                    allergy.substance, allergy.severity, allergy.reaction, allergy.since
                ));
            }
        }
    }
    line("\n処方 / prescriptions".into());
    for drug in &summary.prescriptions {
        line(prescription(drug));
    }
    line("\n病名 / problems".into());
    for problem in &summary.problems {
        let status = match problem.status {
            ProblemStatus::Active => "",
            ProblemStatus::Suspected => "疑い / suspected",
            ProblemStatus::Resolved => "治癒など / resolved",
        };
        line(format!(
            "  {}  {}  {}  {status}",
            problem.since, problem.name, problem.icd10
        ));
    }
    line("\n検査 / laboratory".into());
    for test in &summary.laboratory {
        if let Some(latest) = test.values.first() {
            line(format!(
                "  {}  {} {} {}  ({})  {}",
                test.name, latest.value, latest.unit, latest.flag, latest.range, latest.time
            ));
        }
    }
    for warning in &summary.warnings {
        line(format!(
            "\n注意 / note: {} {}",
            warning.text.ja, warning.text.en
        ));
    }
    line(format!(
        "\n{} messages in {:.1} ms, shares of {}; randomness: {}; links: {}",
        summary.messages,
        fetched.query_ms,
        fetched.restored.used.join(", "),
        fetched.restored.randomness.as_deref().unwrap_or("unknown"),
        fetched.restored.link.as_deref().unwrap_or("unknown"),
    ));
    text
}

/// A drug with its kind, its dosage in both languages, what is in doubt, its way and its parts.
fn prescription(drug: &Prescription) -> String {
    const INDENT: &str = "\n              ";
    let mut text = format!("  {}  {}", drug.ordered, drug.drug);
    if drug.injection {
        text.push_str("  [注射 / injection]");
    }
    if !drug.kind.is_empty() {
        text.push_str(&format!("  [{}]", drug.kind));
    }
    let mut more = |line: &str| {
        if !line.is_empty() {
            text.push_str(INDENT);
            text.push_str(line);
        }
    };
    more(&drug.dosage.text.ja);
    more(&drug.dosage.text.en);
    if let Some(warning) = drug.dosage.warning() {
        more(&format!("注意 / note: {} {}", warning.ja, warning.en));
    }
    if !drug.route.is_empty() {
        more(&format!("経路 / route: {}", drug.route));
    }
    for part in &drug.components {
        more(&format!("＋ {part}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use hlincos_ssmix::dosage::Dosage;

    use super::*;

    #[test]
    fn a_drug_is_told_with_its_kind_doubts_and_parts() {
        let told = prescription(&Prescription {
            drug: "生食".into(),
            kind: "頓用".into(),
            injection: true,
            components: vec!["アドナ注 1 アンプル".into()],
            dosage: Dosage {
                contradictory: true,
                ..Dosage::default()
            },
            ..Prescription::default()
        });
        for part in [
            "[注射 / injection]",
            "[頓用]",
            "Check the source",
            "＋ アドナ注",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert!(!prescription(&Prescription::default()).contains("note"));
    }
}
