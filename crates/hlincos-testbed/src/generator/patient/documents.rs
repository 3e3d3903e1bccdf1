//! Documents of one patient, in content folders of the extended storage.

use jiff::civil::DateTime;

use super::Writer;
use crate::generator::calendar::minutes_after;
use crate::generator::defect::{self, Folder};
use crate::generator::draw::Draw;
use crate::generator::extended::{self, Content, Slices};
use crate::generator::habit::Documents;
use crate::generator::profile::{GenerateError, Shape};
use crate::generator::run::Note;

impl Writer<'_> {
    /// Writes a note or summary, sometimes with the version before.
    pub(super) fn note(&mut self, at: DateTime, summary: bool) -> Result<(), GenerateError> {
        let kind = if summary {
            extended::SUMMARY
        } else {
            extended::PROGRESS
        };
        self.documents += 1;
        let flags: &[u8] = match self.draw.below(100) {
            0..5 => &[2, 1],
            5..7 => &[0],
            _ => &[1],
        };
        let mut sent = at;
        for &flag in flags {
            let content = if self.habit.documents == Documents::Short {
                extended::note(self.sender, self.chart, at, summary, &mut self.draw)
            } else {
                let size = match self.habit.documents {
                    Documents::Whole => spread(&mut self.documents_draw, 17_500, CDA_BYTES),
                    _ => 3_000,
                };
                let draw = &mut self.documents_draw;
                extended::long_note(self.sender, self.chart, at, summary, size, draw)
            };
            let sent_now = self.envelope(sent, None).sent;
            self.content(kind, at, sent_now, flag, &content)?;
            sent = minutes_after(sent, 31);
        }
        Ok(())
    }

    /// Writes a scanned page.
    pub(super) fn scan(&mut self, at: DateTime) -> Result<(), GenerateError> {
        let size = match self.habit.documents {
            Documents::Whole => spread(&mut self.documents_draw, 210_000, PDF_BYTES),
            _ => 4_000,
        };
        self.documents += 1;
        let draw = &mut self.documents_draw;
        let page = extended::page(self.sender, at, size as usize, draw);
        let sent = minutes_after(at, 17);
        let content = vec![("document.pdf".to_owned(), page)];
        self.content(extended::SCAN, at, sent, 1, &content)
    }

    /// Writes a photograph.
    pub(super) fn photo(&mut self, at: DateTime) -> Result<(), GenerateError> {
        let size = match self.habit.documents {
            Documents::Whole => spread(&mut self.documents_draw, 370_000, PICTURE_BYTES),
            _ => 9_000,
        };
        self.documents += 1;
        let image = extended::photograph(size, &mut self.documents_draw);
        let sent = minutes_after(at, 19);
        let content = vec![("image1.jpg".to_owned(), image)];
        self.content(extended::PICTURE, at, sent, 1, &content)
    }

    /// Writes a study of slices, one file each, without holding it whole.
    pub(super) fn slices(&mut self, at: DateTime, count: u32) -> Result<(), GenerateError> {
        let side = match self.habit.documents {
            Documents::Whole => 512,
            _ => 64,
        };
        self.documents += 1;
        let study = Slices::new(self.sender, at, self.order_number(), count, side);
        let place = self.place(extended::STUDY, at, minutes_after(at, 21), 1);
        for number in 1..=count {
            let bytes = study.slice(number, &mut self.documents_draw);
            self.document(&place, &format!("IM{number:05}.dcm"), &bytes, 1)?;
        }
        Ok(())
    }

    /// Adds scanned documents and pictures until the patient weighs what the profile asks.
    pub(super) fn fill_up(&mut self) -> Result<(), GenerateError> {
        let wanted = self.profile.bytes_per_patient();
        loop {
            let left = wanted.saturating_sub(self.folder.made_so_far.bytes);
            if left < DOCUMENT_BYTES_MIN {
                return Ok(());
            }
            let draw = &mut self.documents_draw;
            let at = if self.chart.events.is_empty() {
                self.profile.base_date.at(9, 0, 0, 0)
            } else {
                draw.pick(&self.chart.events).at
            };
            let sent = minutes_after(at, draw.between(120, 240));
            let picture = left > 2 * u64::from(PICTURE_BYTES.1) && draw.percent(40);
            let (kind, name, bytes) = if picture {
                let size = PICTURE_BYTES.0 + draw.below(PICTURE_BYTES.1 - PICTURE_BYTES.0);
                if self.profile.shape == Shape::Bulk {
                    let image = extended::photograph(size, draw);
                    (extended::PICTURE, "image1.jpg", image)
                } else {
                    (extended::PICTURE, "image1.png", extended::noise(size, draw))
                }
            } else {
                let usual = u64::from(PDF_BYTES.0 + draw.below(PDF_BYTES.1 - PDF_BYTES.0));
                // The last document takes what is left, so that the sum is exact.
                let size = if left < usual + DOCUMENT_BYTES_MIN {
                    left
                } else {
                    usual
                };
                let size = usize::try_from(size).expect("less than a megabyte");
                let page = extended::page(self.sender, at, size, draw);
                (extended::SCAN, "document.pdf", page)
            };
            self.documents += 1;
            self.content(kind, at, sent, 1, &vec![(name.to_owned(), bytes)])?;
        }
    }

    /// Writes the files of one content folder.
    fn content(
        &mut self,
        kind: &str,
        at: DateTime,
        sent: DateTime,
        flag: u8,
        content: &Content,
    ) -> Result<(), GenerateError> {
        let place = self.place(kind, at, sent, flag);
        for (name, bytes) in content {
            self.document(&place, name, bytes, flag)?;
        }
        Ok(())
    }

    /// Names a content folder, or one whose name breaks a rule.
    fn place(&mut self, kind: &str, at: DateTime, sent: DateTime, flag: u8) -> Folder {
        let spoilt = self.spoiler.rate(self.profile.defects);
        let (sender, key) = (self.sender, self.documents);
        let name = |kind: &str| extended::folder(sender, kind, at, key, sent, flag);
        if spoilt {
            defect::spoil_folder(kind, name, &mut self.spoiler)
        } else {
            Folder {
                path: name(kind).into_bytes(),
                defect: None,
            }
        }
    }

    fn document(
        &mut self,
        place: &Folder,
        name: &str,
        bytes: &[u8],
        flag: u8,
    ) -> Result<(), GenerateError> {
        let path = self.folder.file(&place.path, name, bytes)?;
        self.counted.file(extended::label(name), flag, bytes.len());
        if let Some(defect) = place.defect {
            self.count_defect(path, defect);
        }
        Ok(())
    }

    pub(super) fn count_defect(&mut self, path: Vec<u8>, defect: &'static str) {
        self.folder.made_so_far.defects += 1;
        *self.counted.defects.entry(defect).or_default() += 1;
        self.notes.push(Note::Defect { path, defect });
    }
}

/// Draws a size around a middle, half to twice as much, within limits: the sum of two dice.
fn spread(draw: &mut Draw, middle: u32, (least, most): (u32, u32)) -> u32 {
    let dice = draw.below(512) + draw.below(512);
    // Linear from 2^-1 to 1 and from 1 to 2^1: close to log-normal, and whole numbers.
    let factor = if dice < 511 { 511 + dice } else { dice * 2 };
    let size = u64::from(middle) * u64::from(factor) / 1_022;
    u32::try_from(size)
        .expect("twice the middle at most")
        .clamp(least, most)
}

/// Less than this is left over rather than filled.
const DOCUMENT_BYTES_MIN: u64 = 2_000;
const CDA_BYTES: (u32, u32) = (8_000, 40_000);
const PDF_BYTES: (u32, u32) = (100_000, 400_000);
const PICTURE_BYTES: (u32, u32) = (200_000, 600_000);
