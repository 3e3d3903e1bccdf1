//! CDA R2 documents in UTF-8: progress notes and discharge summaries.

use std::fmt::Write;

use jiff::civil::DateTime;

use crate::generator::calendar::{Day, Second, days_after};
use crate::generator::clinic::Chart;
use crate::generator::clinic::staff::HOSPITAL;
use crate::generator::draw::Draw;
use crate::generator::message::Sender;
use crate::generator::population::{Sex, full_width};

/// Writes a document of three sections, and more until it has so many bytes, if any are asked for;
/// our own tables hold no character that XML must escape.
pub(super) fn document(
    sender: &Sender<'_>,
    chart: &Chart,
    at: DateTime,
    summary: bool,
    longer: Option<(usize, &mut Draw)>,
) -> Vec<u8> {
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
    if let Some((size, draw)) = longer {
        let mut day = at.date();
        while xml.len() + END_BYTES < size {
            day = days_after(day, -1);
            let title = format!("経過（{}）", Day(day));
            section(&mut xml, &title, day_lines(draw));
        }
    }
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

/// Writes a day of a course: what was measured, what was said.
fn day_lines(draw: &mut Draw) -> impl Iterator<Item = String> {
    let temperature = full_width(draw.between(360, 382));
    let (whole, tenth) = temperature.split_at(temperature.len() - '０'.len_utf8());
    let mut lines = vec![
        format!("体温{whole}．{tenth}度"),
        format!(
            "血圧{}／{}",
            full_width(draw.between(102, 158)),
            full_width(draw.between(56, 92))
        ),
        format!(
            "脈拍{}回毎分、酸素飽和度{}％",
            full_width(draw.between(54, 98)),
            full_width(draw.between(94, 99))
        ),
    ];
    for words in [SUBJECTIVE, OBJECTIVE, ASSESSMENT, PLAN] {
        lines.push((*draw.pick::<&str>(words)).to_owned());
    }
    lines.into_iter()
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

/// What follows the last section.
const END_BYTES: usize = 60;

#[rustfmt::skip]
const SUBJECTIVE: &[&str] = &[
    "夜間の咳は減ったとのこと。食事は八割程度摂取できている。", "頭痛、めまいの訴えなし。よく眠れたとのこと。",
    "膝の痛みが続いており、階段の昇降がつらいとのこと。", "倦怠感があり、午前中は横になっていることが多い。",
    "内服は忘れずにできている。副作用と思われる症状はない。", "息切れは平地の歩行では感じない。むくみは夕方にわずかにある。",
];
#[rustfmt::skip]
const OBJECTIVE: &[&str] = &[
    "胸部聴診にて右下肺野に水泡音をわずかに聴取する。心雑音なし。", "腹部は平坦、軟。圧痛なし。腸蠕動音は正常。",
    "下腿に軽度の圧痕性浮腫を認める。頸静脈の怒張なし。", "意識清明。四肢の動きに左右差なし。歩行は安定している。",
    "皮疹なし。結膜に貧血、黄疸を認めない。咽頭の発赤なし。", "創部は乾燥しており、発赤、腫脹、熱感を認めない。",
];
#[rustfmt::skip]
const ASSESSMENT: &[&str] = &[
    "炎症反応は低下傾向であり、治療は奏効していると考える。", "血圧の管理は良好。現在の処方を継続する。",
    "血糖は食後にやや高い。食事の内容を確認する。", "腎機能は横ばい。脱水を避けるよう説明した。",
    "凝固能は目標の範囲にある。出血の徴候はない。", "呼吸状態は安定しており、酸素投与を終了できる。",
];
#[rustfmt::skip]
const PLAN: &[&str] = &[
    "二週間後に採血と胸部Ｘ線を行う。", "栄養士による指導を依頼する。", "リハビリテーションを週三回継続する。",
    "次回の外来で心電図を確認する。", "家族に病状を説明し、同意を得た。", "退院に向けて訪問看護と連絡を取る。",
];

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
