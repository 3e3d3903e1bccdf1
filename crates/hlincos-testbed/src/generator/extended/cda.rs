//! CDA R2 documents in UTF-8: progress notes and discharge summaries.

use std::fmt::Write;

use jiff::civil::DateTime;

use crate::generator::calendar::{Day, Second};
use crate::generator::clinic::Chart;
use crate::generator::clinic::staff::HOSPITAL;
use crate::generator::message::Sender;
use crate::generator::population::Sex;

/// Writes a document of three sections; our own tables hold no character that XML must escape.
pub(super) fn document(sender: &Sender<'_>, chart: &Chart, at: DateTime, summary: bool) -> Vec<u8> {
    let (code, title) = if summary {
        ("18842-5", "退院時サマリー")
    } else {
        ("11506-3", "経過記録")
    };
    let person = sender.person;
    let sex = if person.sex == Sex::Female { "F" } else { "M" };
    let mut xml = String::with_capacity(4_096);
    write!(
        xml,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <id root="1.2.392.100495.20.3.51.1{facility}" extension="{id}{time}"/>
  <code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="{title}"/>
  <title>{title}</title>
  <effectiveTime value="{time}"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="ja-JP"/>
  <recordTarget><patientRole>
    <id root="1.2.392.100495.20.3.51.1{facility}" extension="{id}"/>
    <patient>
      <name use="IDE"><family>{family}</family><given>{given}</given></name>
      <name use="SYL"><family>{family_kana}</family><given>{given_kana}</given></name>
      <administrativeGenderCode code="{sex}" codeSystem="2.16.840.1.113883.5.1"/>
      <birthTime value="{born}"/>
    </patient>
  </patientRole></recordTarget>
  <author><time value="{time}"/><assignedAuthor>
    <id root="1.2.392.100495.20.3.41.1{facility}" extension="{doctor}"/>
    <assignedPerson><name><family>{doctor_family}</family><given>{doctor_given}</given></name></assignedPerson>
  </assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization>
    <id root="1.2.392.100495.20.3.21" extension="{facility}"/><name>{HOSPITAL}</name>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <component><structuredBody>
"#,
        facility = sender.facility,
        id = person.id,
        time = Second(at),
        family = person.family.kanji,
        given = person.given.kanji,
        family_kana = person.family.kana,
        given_kana = person.given.kana,
        born = Day(person.born),
        doctor = sender.doctor.id,
        doctor_family = sender.doctor.family,
        doctor_given = sender.doctor.given,
    )
    .expect("writing to a String cannot fail");
    section(&mut xml, "病名", problem_lines(chart, at));
    section(&mut xml, "アレルギー", allergy_lines(chart));
    let words = if summary {
        SUMMARY_WORDS
    } else {
        PROGRESS_WORDS
    };
    section(&mut xml, "経過", words.iter().map(|&line| line.to_owned()));
    xml.push_str("  </structuredBody></component>\n</ClinicalDocument>\n");
    xml.into_bytes()
}

fn problem_lines(chart: &Chart, at: DateTime) -> impl Iterator<Item = String> {
    let present = chart
        .problems
        .iter()
        .filter(move |problem| problem.is_on(at.date()));
    present.map(|problem| problem.illness.facts().name.to_owned())
}

fn allergy_lines(chart: &Chart) -> impl Iterator<Item = String> {
    chart
        .allergies
        .list()
        .iter()
        .map(|a| format!("{}（{}）", a.allergen.name, a.reaction))
}

fn section(xml: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    write!(
        xml,
        "    <component><section><title>{title}</title><text><list>"
    )
    .expect("writing to a String cannot fail");
    let mut any = false;
    for line in lines {
        any = true;
        write!(xml, "<item>{line}</item>").expect("writing to a String cannot fail");
    }
    if !any {
        xml.push_str("<item>特記事項なし</item>");
    }
    xml.push_str("</list></text></section></component>\n");
}

const PROGRESS_WORDS: &[&str] = &[
    "自覚症状に変化なし。食欲良好、睡眠良好。",
    "血圧、脈拍ともに安定している。浮腫なし。",
    "内服は継続。次回採血を予定する。",
];
const SUMMARY_WORDS: &[&str] = &[
    "発熱と咳嗽を主訴に来院し、胸部Ｘ線で浸潤影を認めたため入院とした。",
    "抗菌薬の投与と安静により解熱し、炎症反応は改善した。",
    "食事摂取良好となり、独歩にて退院した。外来にて経過観察とする。",
];
