//! DICOM: slices of a computed tomography, explicit little endian, names in kanji and kana.
//!
//! Source: DICOM PS3.10, section 7 (file format); PS3.5, sections 6.1 (ISO 2022 IR 87) and 7.1
//! (elements); PS3.3, A.3 (CT image).

use hlincos_ssmix::encode::encode;
use jiff::civil::DateTime;

use crate::generator::calendar::{Day, Second};
use crate::generator::clinic::staff::HOSPITAL;
use crate::generator::draw::Draw;
use crate::generator::message::Sender;
use crate::generator::message::order::study_uid;
use crate::generator::population::Sex;

/// A study of one series.
pub(crate) struct Slices<'a> {
    sender: &'a Sender<'a>,
    at: DateTime,
    order: u64,
    count: u32,
    side: u16,
}

impl<'a> Slices<'a> {
    /// Plans a study of an order: so many square slices.
    pub(crate) fn new(
        sender: &'a Sender<'a>,
        at: DateTime,
        order: u64,
        count: u32,
        side: u16,
    ) -> Self {
        Self {
            sender,
            at,
            order,
            count,
            side,
        }
    }

    /// Writes one slice, counted from 1.
    pub(crate) fn slice(&self, number: u32, draw: &mut Draw) -> Vec<u8> {
        let instance = study_uid(self.sender, self.order, number + 1);
        let mut meta = Elements::default();
        meta.put(0x0002, 0x0001, *b"OB", &[0, 1]);
        meta.text(0x0002, 0x0002, *b"UI", CT_IMAGE);
        meta.text(0x0002, 0x0003, *b"UI", &instance);
        meta.text(0x0002, 0x0010, *b"UI", EXPLICIT_LITTLE_ENDIAN);
        meta.text(0x0002, 0x0012, *b"UI", "2.25.8013800001");
        let mut head = Elements::default();
        head.put(0x0002, 0x0000, *b"UL", &long(meta.0.len()));

        let pixels = usize::from(self.side) * usize::from(self.side) * 2;
        let mut file = Elements(Vec::with_capacity(pixels + 2_048));
        file.0.resize(128, 0);
        file.0.extend_from_slice(b"DICM");
        file.0.extend_from_slice(&head.0);
        file.0.extend_from_slice(&meta.0);
        self.describe(&mut file, &instance, number);
        file.put(0x7FE0, 0x0010, *b"OW", &[]);
        let length = file.0.len() - 4;
        file.0.splice(length.., long(pixels));
        self.expose(&mut file.0, number, draw);
        file.0
    }

    fn describe(&self, file: &mut Elements, instance: &str, number: u32) {
        let (person, day) = (self.sender.person, Day(self.at.date()).to_string());
        let time = Second(self.at).to_string();
        let name = format!(
            "={}^{}={}^{}",
            person.family.kanji, person.given.kanji, person.family.kana, person.given.kana
        );
        let doctor = self.sender.doctor;
        let sex = if person.sex == Sex::Female { "F" } else { "M" };
        let depth = format!("0\\0\\{}", number * 5);
        let study = study_uid(self.sender, self.order, 0);
        let series = study_uid(self.sender, self.order, 1);
        file.text(0x0008, 0x0005, *b"CS", "\\ISO 2022 IR 87");
        file.text(0x0008, 0x0008, *b"CS", "ORIGINAL\\PRIMARY\\AXIAL");
        file.text(0x0008, 0x0016, *b"UI", CT_IMAGE);
        file.text(0x0008, 0x0018, *b"UI", instance);
        file.text(0x0008, 0x0020, *b"DA", &day);
        file.text(0x0008, 0x0030, *b"TM", &time[8..]);
        file.text(0x0008, 0x0050, *b"SH", &format!("A{:015}", self.order));
        file.text(0x0008, 0x0060, *b"CS", "CT");
        file.text(0x0008, 0x0070, *b"LO", "H-LINCOS synthetic");
        file.text(0x0008, 0x0080, *b"LO", HOSPITAL);
        let referring = format!("={}^{}", doctor.family, doctor.given);
        file.text(0x0008, 0x0090, *b"PN", &referring);
        file.text(0x0008, 0x1030, *b"LO", "胸部ＣＴ単純");
        file.text(0x0010, 0x0010, *b"PN", &name);
        file.text(0x0010, 0x0020, *b"LO", &person.id);
        file.text(0x0010, 0x0030, *b"DA", &Day(person.born).to_string());
        file.text(0x0010, 0x0040, *b"CS", sex);
        file.text(0x0018, 0x0050, *b"DS", "5");
        file.text(0x0018, 0x0060, *b"DS", "120");
        file.text(0x0020, 0x000D, *b"UI", &study);
        file.text(0x0020, 0x000E, *b"UI", &series);
        file.text(0x0020, 0x0010, *b"SH", "1");
        file.text(0x0020, 0x0011, *b"IS", "1");
        file.text(0x0020, 0x0013, *b"IS", &number.to_string());
        file.text(0x0020, 0x0032, *b"DS", &depth);
        file.text(0x0020, 0x0037, *b"DS", "1\\0\\0\\0\\1\\0");
        file.text(0x0020, 0x0052, *b"UI", &series);
        file.put(0x0028, 0x0002, *b"US", &short(1));
        file.text(0x0028, 0x0004, *b"CS", "MONOCHROME2");
        file.put(0x0028, 0x0010, *b"US", &short(self.side));
        file.put(0x0028, 0x0011, *b"US", &short(self.side));
        file.text(0x0028, 0x0030, *b"DS", "0.7\\0.7");
        file.put(0x0028, 0x0100, *b"US", &short(16));
        file.put(0x0028, 0x0101, *b"US", &short(12));
        file.put(0x0028, 0x0102, *b"US", &short(11));
        file.put(0x0028, 0x0103, *b"US", &short(0));
        file.text(0x0028, 0x1050, *b"DS", "40");
        file.text(0x0028, 0x1051, *b"DS", "400");
        file.text(0x0028, 0x1052, *b"DS", "-1024");
        file.text(0x0028, 0x1053, *b"DS", "1");
    }

    /// Draws a body in air, with noise: wider in the middle of the stack.
    fn expose(&self, file: &mut Vec<u8>, number: u32, draw: &mut Draw) {
        let side = u32::from(self.side);
        let mut grain = vec![0; (side * side) as usize];
        draw.fill(&mut grain);
        let middle = number.abs_diff(self.count / 2).min(self.count / 2);
        let radius = side * 2 / 5 - middle * side / (self.count.max(1) * 8);
        for (y, row) in grain.chunks(side as usize).enumerate() {
            let from_middle = u32::try_from(y).expect("a side").abs_diff(side / 2);
            let square = (radius * radius).saturating_sub(from_middle * from_middle);
            let chord = square.isqrt();
            let (start, end) = (side / 2 - chord, side / 2 + chord);
            for (x, grain) in row.iter().enumerate() {
                let body = (start as usize..end as usize).contains(&x);
                // Water is 1,024; noise of 5 bits.
                let base = if body { 1_040 } else { 8 };
                let value: u16 = base + u16::from(grain & 0x1F);
                file.extend_from_slice(&short(value));
            }
        }
    }
}

/// Elements of one group after another, in ascending order.
#[derive(Default)]
struct Elements(Vec<u8>);

impl Elements {
    /// Writes text, padded to an even length.
    fn text(&mut self, group: u16, element: u16, kind: [u8; 2], text: &str) {
        let mut bytes = encode(text).expect("the generator's tables stay within JIS X 0208");
        if bytes.len() % 2 == 1 {
            bytes.push(if kind == *b"UI" { 0 } else { b' ' });
        }
        self.put(group, element, kind, &bytes);
    }

    fn put(&mut self, group: u16, element: u16, kind: [u8; 2], bytes: &[u8]) {
        self.0.extend_from_slice(&short(group));
        self.0.extend_from_slice(&short(element));
        self.0.extend_from_slice(&kind);
        if matches!(&kind, b"OB" | b"OW") {
            self.0.extend_from_slice(&[0, 0]);
            self.0.extend_from_slice(&long(bytes.len()));
        } else {
            let length = u16::try_from(bytes.len()).expect("short values");
            self.0.extend_from_slice(&short(length));
        }
        self.0.extend_from_slice(bytes);
    }
}

#[expect(clippy::little_endian_bytes, reason = "DICOM's order")]
const fn short(value: u16) -> [u8; 2] {
    value.to_le_bytes()
}

#[expect(clippy::little_endian_bytes, reason = "DICOM's order")]
fn long(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("less than 4 GB").to_le_bytes()
}

const CT_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
