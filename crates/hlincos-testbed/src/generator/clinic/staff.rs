//! Departments, doctors, examinations and meals of the invented hospital.

use crate::generator::draw::Draw;

/// A department: code of the unified table and name.
pub(crate) struct Department {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
}

/// A doctor: local ID and name.
pub(crate) struct Doctor {
    pub(crate) id: &'static str,
    pub(crate) family: &'static str,
    pub(crate) given: &'static str,
}

/// Who examines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modality {
    Xray,
    Ultrasound,
    Tomography,
    Endoscopy,
    Physiology,
}

impl Modality {
    /// The folders of the order and of the result.
    pub(crate) fn kinds(self) -> (&'static str, &'static str) {
        match self {
            Self::Xray | Self::Ultrasound | Self::Tomography => ("OMG-01", "OMG-11"),
            Self::Endoscopy => ("OMG-02", "OMG-12"),
            Self::Physiology => ("OMG-03", "OMG-13"),
        }
    }

    /// DICOM's word for it, as CE.
    pub(crate) fn dicom(self) -> &'static str {
        match self {
            Self::Xray => "DX^^DCM",
            Self::Ultrasound => "US^^DCM",
            Self::Tomography => "CT^^DCM",
            Self::Endoscopy => "ES^^DCM",
            Self::Physiology => "ECG^^DCM",
        }
    }
}

/// An examination: code, name and system of the class and of the exposure.
pub(crate) struct Study {
    pub(crate) modality: Modality,
    pub(crate) class: &'static str,
    pub(crate) exposure: &'static str,
    pub(crate) with_contrast: bool,
}

/// The hospital's name; no hospital is called so.
pub(crate) const HOSPITAL: &str = "架空南海病院";
/// The hospital's address, as XAD.
pub(crate) const HOSPITAL_ADDRESS: &str = "^^^^781-8555^JPN^^高知県高知市池９９９９番地";
/// The hospital's telephone, as XTN.
pub(crate) const HOSPITAL_PHONE: &str = "^^^^^^^^^^^088-000-0001";

/// Draws the department a patient belongs to.
pub(crate) fn draw_department(draw: &mut Draw) -> &'static Department {
    draw.pick(DEPARTMENTS)
}

/// Draws a doctor.
pub(crate) fn draw_doctor(draw: &mut Draw) -> &'static Doctor {
    draw.pick(DOCTORS)
}

/// Draws a study, endoscopy and physiology only on request; none with contrast medium for whom it
/// is forbidden.
pub(crate) fn draw_study(every: bool, contrast_forbidden: bool, draw: &mut Draw) -> &'static Study {
    let study = draw.pick(if every {
        STUDIES
    } else {
        &STUDIES[..RADIOLOGY]
    });
    if study.with_contrast && contrast_forbidden {
        &STUDIES[0]
    } else {
        study
    }
}

#[rustfmt::skip]
const DEPARTMENTS: &[Department] = &[
    Department { code: "01", name: "内科" },
    Department { code: "01", name: "内科" },
    Department { code: "08", name: "循環器科" },
    Department { code: "061", name: "肝臓内科" },
];

#[rustfmt::skip]
const DOCTORS: &[Doctor] = &[
    Doctor { id: "110", family: "医師", given: "一郎" },
    Doctor { id: "112", family: "試験", given: "次郎" },
    Doctor { id: "115", family: "架空", given: "三枝" },
    Doctor { id: "120", family: "南海", given: "四郎" },
    Doctor { id: "127", family: "例題", given: "五月" },
    Doctor { id: "131", family: "見本", given: "六子" },
];

#[rustfmt::skip]
const STUDIES: &[Study] = &[
    Study { modality: Modality::Xray, class: "1000000000000000^Ｘ線単純撮影^JJ1017", exposure: "10000002000102000000010000000000^胸部．Ｘ線単純撮影．立位正面（Ａ→Ｐ）^JJ1017", with_contrast: false },
    Study { modality: Modality::Xray, class: "1000000000000000^Ｘ線単純撮影^JJ1017", exposure: "10000002000106000000010000000000^胸部．Ｘ線単純撮影．立位側面（Ｌ→Ｒ）^JJ1017", with_contrast: false },
    Study { modality: Modality::Xray, class: "1000000000000000^Ｘ線単純撮影^JJ1017", exposure: "10000002500102000000010000000000^腹部．Ｘ線単純撮影．立位正面（Ａ→Ｐ）^JJ1017", with_contrast: false },
    Study { modality: Modality::Ultrasound, class: "99A000000000000^経皮的超音波検査^JJ1017", exposure: "U01^腹部．経皮的超音波検査^99XYZ", with_contrast: false },
    Study { modality: Modality::Tomography, class: "C00^Ｘ線ＣＴ検査^99XYZ", exposure: "C01^胸部．Ｘ線ＣＴ検査．単純^99XYZ", with_contrast: false },
    Study { modality: Modality::Tomography, class: "C00^Ｘ線ＣＴ検査^99XYZ", exposure: "C11^腹部．Ｘ線ＣＴ検査．造影^99XYZ", with_contrast: true },
    Study { modality: Modality::Endoscopy, class: "11000000000^検査．上部．－．－．－．－^LENDO", exposure: "11000001000^検査．上部．－．－．上部通常内視鏡．－^LENDO", with_contrast: false },
    Study { modality: Modality::Physiology, class: "9A110^標準１２誘導心電図^JC10", exposure: "9A110^標準１２誘導心電図^JC10", with_contrast: false },
    Study { modality: Modality::Physiology, class: "9A110^標準１２誘導心電図^JC10", exposure: "9A110^標準１２誘導心電図^JC10", with_contrast: false },
];
/// The first of [`STUDIES`] are radiological.
const RADIOLOGY: usize = 6;

/// Diets: local code and instruction.
pub(crate) const DIETS: &[(&str, &str)] = &[
    ("001", "塩分控えめ"),
    ("002", "糖尿病食１６００キロカロリー"),
    ("003", "常食"),
    ("004", "軟食"),
];
