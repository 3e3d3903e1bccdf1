//! A summary as one HTML page: Japanese first, English second.
//!
//! maud escapes every text that is put in, after it was decoded, so whatever a record holds is
//! shown as text.

use hlincos_ssmix::summary::{
    Allergies, Allergy, Bilingual, LabTest, LabValue, Patient, Prescription, Problem,
    ProblemStatus, Source, Summary,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::style::CSS;

/// What the page tells of where its contents came from.
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    /// Sites whose shares were used.
    pub sites: Vec<String>,
    /// Sites whose shares were wrong.
    pub culprits: Vec<String>,
    /// Sites that did not answer.
    pub silent: Vec<String>,
    /// Bundles and files that could not be had.
    pub missing: u64,
    /// Files of more than 4 MiB, which are not read for the page.
    pub too_large: u64,
    /// Grade of the randomness.
    pub randomness: String,
    /// Grade of the links.
    pub link: String,
    /// The newest backup run among the records.
    pub generation: u64,
    /// From question to answer, in milliseconds.
    pub read_ms: u64,
}

/// The whole page.
#[must_use]
pub fn page(summary: &Summary, provenance: &Provenance) -> String {
    let patient = &summary.patient;
    let title = format!("{} {} · H-LINCOS", patient.name, patient.id);
    html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(CSS)) }
            }
            body {
                (identity(patient, &summary.as_of))
                main {
                    (notes(summary, provenance))
                    (allergies(&summary.allergies))
                    (prescriptions(&summary.prescriptions))
                    (problems(&summary.problems))
                    (laboratory(&summary.laboratory))
                    (encounters(summary))
                }
                (footer(summary, provenance))
            }
        }
    }
    .into_string()
}

fn heading(ja: &str, en: &str) -> Markup {
    html! { h2 { (ja) span lang="en" { (en) } } }
}

fn source(source: &Source) -> Markup {
    html! {
        details.src {
            summary { "出典 " span lang="en" { "source" } " " (source.sent) }
            (source.path)
        }
    }
}

fn nothing() -> Markup {
    html! { p.empty { "記録なし " span lang="en" { "not recorded" } } }
}

fn identity(patient: &Patient, as_of: &str) -> Markup {
    let sex = match patient.sex.as_str() {
        "M" => "男 M",
        "F" => "女 F",
        "O" => "その他 O",
        _ => "不明 U",
    };
    let weight = patient
        .weight
        .as_ref()
        .map(|m| format!("{} {}", m.value, m.unit));
    let height = patient
        .height
        .as_ref()
        .map(|m| format!("{} {}", m.value, m.unit));
    let blood = format!("{} {}", patient.blood_abo, patient.blood_rh);
    let age = age(&patient.born, as_of).map(|age| format!("{age}歳"));
    let born = match age {
        Some(age) => format!("{}（{age}）", patient.born),
        None => patient.born.clone(),
    };
    let facts = [
        ("生年月日（記録時の年齢） Born (age at record)", born),
        (
            "性別 Sex",
            if patient.source.is_some() {
                sex.to_owned()
            } else {
                String::new()
            },
        ),
        ("患者ID Patient ID", patient.id.clone()),
        ("血液型 Blood", blood.trim().to_owned()),
        ("体重 Weight", weight.unwrap_or_default()),
        ("身長 Height", height.unwrap_or_default()),
        ("電話 Phone", patient.phone.clone()),
        ("住所 Address", patient.address.clone()),
        ("最新の記録 Latest record", as_of.to_owned()),
    ];
    html! {
        header.id {
            h1 {
                @if patient.name.is_empty() { "氏名不明" } @else { (patient.name) }
                small { (patient.kana) }
            }
            dl.facts {
                @for (name, value) in facts {
                    div { dt { (name) } dd { @if value.is_empty() { "—" } @else { (value) } } }
                }
            }
        }
    }
}

/// Whole years between two `yyyy-mm-dd`.
fn age(born: &str, day: &str) -> Option<i32> {
    let split = |text: &str| -> Option<(i32, String)> {
        let (year, rest) = text.split_once('-')?;
        Some((year.parse().ok()?, rest.to_owned()))
    };
    let ((from, birthday), (to, day)) = (split(born)?, split(day)?);
    let age = to - from - i32::from(day < birthday);
    (0..150).contains(&age).then_some(age)
}

/// What to know before trusting the page.
fn notes(summary: &Summary, provenance: &Provenance) -> Markup {
    let mut lines: Vec<(Bilingual, Option<&Source>)> = Vec::new();
    let both = |ja: String, en: String| Bilingual { ja, en };
    if provenance.missing > 0 {
        let n = provenance.missing;
        let ja = format!("復元できない記録が{n}件あります。この画面は完全ではありません。");
        lines.push((
            both(
                ja,
                format!("{n} records could not be restored: this page is not complete."),
            ),
            None,
        ));
    }
    if provenance.too_large > 0 {
        let n = provenance.too_large;
        let ja = format!("4 MiBを超えるため表示しない記録が{n}件あります（復元はできます）。");
        lines.push((
            both(
                ja,
                format!("{n} records of more than 4 MiB are not shown; they can be restored."),
            ),
            None,
        ));
    }
    if !provenance.culprits.is_empty() {
        let sites = provenance.culprits.join(", ");
        let ja =
            format!("拠点 {sites} が誤った分散データを返しました。他の拠点により訂正済みです。");
        lines.push((
            both(
                ja,
                format!("Site {sites} gave wrong shares; corrected with the others'."),
            ),
            None,
        ));
    }
    lines.extend(
        summary
            .warnings
            .iter()
            .map(|w| (w.text.clone(), Some(&w.source))),
    );
    html! {
        @if !lines.is_empty() {
            section.wide.notes {
                (heading("注意", "Notes"))
                ul.plain {
                    @for (text, from) in lines {
                        li {
                            (text.ja) " " span.en lang="en" { (text.en) }
                            @if let Some(from) = from { (source(from)) }
                        }
                    }
                }
            }
        }
    }
}

fn allergies(allergies: &Allergies) -> Markup {
    match allergies {
        Allergies::Recorded(list) => html! {
            section.wide.alert.red id="allergies" {
                (heading("⚠ アレルギー・禁忌", "Allergies and contraindications"))
                ul.plain { @for allergy in list { (one_allergy(allergy)) } }
            }
        },
        Allergies::NoneRecorded(from) => html! {
            section.wide.alert.green id="allergies" {
                (heading("アレルギーなしと記録", "Recorded: no known allergy"))
                (source(from))
            }
        },
        Allergies::NotRecorded => html! {
            section.wide.alert.grey id="allergies" {
                (heading("アレルギーの記録がありません", "Allergies not recorded: ask"))
                p.empty { "「なし」という意味ではありません。 " span lang="en" { "This does not mean none." } }
            }
        },
    }
}

fn one_allergy(allergy: &Allergy) -> Markup {
    let class = match allergy.class_code.as_str() {
        "DA" => "薬剤 drug",
        "FA" => "食物 food",
        "MC" => "禁忌 contraindication",
        "EA" => "環境 environment",
        "AA" => "動物 animal",
        "PA" => "植物 plant",
        "LA" => "花粉 pollen",
        _ => allergy.class.as_str(),
    };
    let severity = match allergy.severity_code.as_str() {
        "SV" => "重度 severe",
        "MO" => "中等度 moderate",
        "MI" => "軽度 mild",
        _ => allergy.severity.as_str(),
    };
    html! {
        li {
            b.name { (allergy.substance) }
            @if !class.is_empty() { span.tag.soft { (class) } }
            @if !severity.is_empty() { span.tag.red { (severity) } }
            div {
                (allergy.reaction)
                @if !allergy.since.is_empty() {
                    " " span.en { "（" (allergy.since) "〜 since）" }
                }
            }
            (source(&allergy.source))
        }
    }
}

fn prescriptions(list: &[Prescription]) -> Markup {
    html! {
        section id="prescriptions" {
            (heading("処方・注射", "Prescriptions"))
            @if list.is_empty() { (nothing()) }
            ul.plain {
                @for drug in list {
                    li {
                        b.name { (drug.drug) }
                        @if drug.injection { span.tag.blue { "注射 injection" } }
                        @if !drug.kind.is_empty() { span.tag.soft { (drug.kind) } }
                        @if !drug.dosage.text.ja.is_empty() {
                            div { (drug.dosage.text.ja) }
                            div.en lang="en" { (drug.dosage.text.en) }
                        }
                        @if let Some(warning) = drug.dosage.warning() {
                            div.doubt { b { "⚠ " (warning.ja) } " "
                                span.en lang="en" { (warning.en) } }
                        }
                        @if !drug.route.is_empty() { div.en { "経路 route: " (drug.route) } }
                        @for part in &drug.components { div.en { "＋ " (part) } }
                        (source(&drug.source))
                    }
                }
            }
        }
    }
}

fn problems(list: &[Problem]) -> Markup {
    html! {
        section id="problems" {
            (heading("病名・プロブレム", "Problems"))
            @if list.is_empty() { (nothing()) }
            ul.plain {
                @for problem in list {
                    li.over[problem.status == ProblemStatus::Resolved] {
                        b.name { (problem.name) }
                        @match problem.status {
                            ProblemStatus::Active => {}
                            ProblemStatus::Suspected => { span.tag.blue { "疑い suspected" } }
                            ProblemStatus::Resolved => {
                                span.tag.soft { (problem.outcome) " " (problem.until) " resolved" }
                            }
                        }
                        div.en {
                            (problem.since) "〜"
                            @if !problem.icd10.is_empty() { " ICD-10 " (problem.icd10) }
                        }
                        (source(&problem.source))
                    }
                }
            }
        }
    }
}

fn laboratory(tests: &[LabTest]) -> Markup {
    html! {
        section.wide id="laboratory" {
            (heading("検査結果（最新）", "Latest laboratory values"))
            @if tests.is_empty() { (nothing()) } @else {
                table {
                    thead { tr {
                        th { "項目 Test" } th { "値 Value" } th { "単位 Unit" } th { "基準 Range" }
                        th { "採取 Taken" } th.old { "以前の値 Earlier" } th { "出典 Source" }
                    } }
                    tbody { @for test in tests { (one_test(test)) } }
                }
            }
        }
    }
}

fn one_test(test: &LabTest) -> Markup {
    let none = LabValue::default();
    let latest = test.values.first().unwrap_or(&none);
    let mark = match latest.flag.as_str() {
        "H" => "▲ H",
        "HH" => "▲▲ HH",
        "L" => "▼ L",
        "LL" => "▼▼ LL",
        other => other,
    };
    html! {
        tr {
            td { b { (test.name) } }
            td.value.out[!mark.is_empty()] { (latest.value) @if !mark.is_empty() { " " (mark) } }
            td { (latest.unit) }
            td { (latest.range) }
            td { (latest.time) }
            td.old {
                @for value in test.values.iter().skip(1) {
                    span.en { (value.value) " (" (value.time.get(..10).unwrap_or(&value.time)) ") " }
                }
            }
            td { (source(&latest.source)) }
        }
    }
}

fn encounters(summary: &Summary) -> Markup {
    const SHOWN: usize = 12;
    html! {
        section.wide id="encounters" {
            (heading("受診・入退院", "Encounters"))
            @if summary.encounters.is_empty() { (nothing()) }
            ul.plain {
                @for encounter in summary.encounters.iter().take(SHOWN) {
                    li {
                        b { (encounter.date) } " " (encounter.kind.ja) " "
                        span.en lang="en" { (encounter.kind.en) }
                        @if !encounter.department.is_empty() {
                            span.tag.soft { "診療科 " (encounter.department) }
                        }
                        (source(&encounter.source))
                    }
                }
            }
            @if summary.encounters.len() > SHOWN {
                p.empty { "ほか" (summary.encounters.len() - SHOWN) "件 more" }
            }
        }
    }
}

fn footer(summary: &Summary, provenance: &Provenance) -> Markup {
    html! {
        footer {
            p {
                "改ざん検知済み：拠点 " b { (provenance.sites.join(", ")) }
                " の分散データから復元（世代 " (provenance.generation) "、"
                (provenance.read_ms) " ms、" (summary.messages) "件）。 "
                span lang="en" {
                    "Checked by the tag across the shares of these sites; generation "
                    (provenance.generation) "."
                }
            }
            @if !provenance.silent.is_empty() {
                p { "応答なし not answering: " (provenance.silent.join(", ")) }
            }
            p lang="en" {
                "Randomness: " (provenance.randomness) ". Links: " (provenance.link)
                ". Shown as recorded; not every record is a message of the standard storage."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_record_holds_is_shown_as_text() {
        let evil = "<script>alert(1)</script>\"'&";
        let mut summary = Summary::default();
        summary.patient.name = evil.into();
        summary.allergies = Allergies::Recorded(vec![Allergy {
            substance: evil.into(),
            class: evil.into(),
            reaction: evil.into(),
            since: evil.into(),
            source: Source {
                path: evil.into(),
                sent: evil.into(),
            },
            ..Allergy::default()
        }]);
        summary.prescriptions.push(Prescription {
            drug: evil.into(),
            route: evil.into(),
            dosage: hlincos_ssmix::dosage::Dosage {
                text: Bilingual {
                    ja: evil.into(),
                    en: evil.into(),
                },
                ..Default::default()
            },
            components: vec![evil.into()],
            ..Prescription::default()
        });
        let page = page(&summary, &Provenance::default());
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_dosage_in_doubt_carries_a_warning_and_one_without_doubt_none() {
        let page_of = |as_sent, contradictory| {
            let summary = Summary {
                prescriptions: vec![Prescription {
                    dosage: hlincos_ssmix::dosage::Dosage {
                        as_sent,
                        contradictory,
                        ..Default::default()
                    },
                    ..Prescription::default()
                }],
                ..Summary::default()
            };
            page(&summary, &Provenance::default())
        };
        assert!(page_of(true, true).contains("Check the source"));
        assert!(page_of(true, false).contains("What stands in quotes is as sent"));
        assert!(!page_of(false, false).contains("as sent"));
    }

    #[test]
    fn the_bar_is_green_only_where_none_is_recorded_as_such() {
        let colour = |allergies| {
            let summary = Summary {
                allergies,
                ..Summary::default()
            };
            let page = page(&summary, &Provenance::default());
            let at = page.find("wide alert ").unwrap() + "wide alert ".len();
            page[at..].split('"').next().unwrap().to_owned()
        };
        assert_eq!(colour(Allergies::NotRecorded), "grey");
        assert_eq!(colour(Allergies::NoneRecorded(Source::default())), "green");
        assert_eq!(colour(Allergies::Recorded(vec![Allergy::default()])), "red");
    }

    #[test]
    fn an_incomplete_answer_is_told_on_the_page() {
        let provenance = Provenance {
            missing: 2,
            culprits: vec!["osaka".into()],
            ..Provenance::default()
        };
        let page = page(&Summary::default(), &provenance);
        assert!(page.contains("not complete") && page.contains("Site osaka gave wrong shares"));
    }

    #[test]
    fn an_age_is_counted_in_whole_years() {
        assert_eq!(age("1951-03-11", "2019-03-10"), Some(67));
        assert_eq!(age("1951-03-11", "2019-03-11"), Some(68));
        assert_eq!(age("", "2019-03-11"), None);
        assert_eq!(age("2020-01-01", "2019-03-11"), None);
    }
}
