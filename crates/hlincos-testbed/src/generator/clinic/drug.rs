//! Drugs and the way they are taken.

use super::allergy::Family;

/// A drug of the hospital's list.
pub(crate) struct Drug {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) system: &'static str,
    pub(crate) form: Form,
    pub(crate) family: Family,
}

/// The form, with the words MERIT-9 has for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Tablet,
    Capsule,
    Ointment,
    Insulin,
    Inhaler,
}

/// What the usage code alone does not say: JAMI's eight-digit supplements, or a limit in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Supplement {
    None,
    EveryOtherDay,
    /// Code, text, days of a week.
    Weekdays(&'static str, &'static str, u32),
    /// Another dose each time.
    Uneven(&'static [u32]),
    /// When needed, so many times a day at most, so many times in all.
    AsNeeded(u32, u32),
}

impl Supplement {
    /// Counts the days on which it is taken.
    pub(crate) fn days_of(self, days: u32) -> u32 {
        match self {
            Self::EveryOtherDay => days.div_ceil(2),
            Self::Weekdays(_, _, per_week) => (days * per_week).div_ceil(7),
            Self::None | Self::Uneven(_) | Self::AsNeeded(..) => days,
        }
    }

    /// A word that differs where prescriptions must stand apart.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::None => "",
            Self::EveryOtherDay => "I1100000",
            Self::Weekdays(code, ..) => code,
            Self::Uneven(_) => "V",
            Self::AsNeeded(..) => "N",
        }
    }
}

/// How to take it: JAMI's standard usage code, its text, doses a day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) code: &'static str,
    pub(crate) text: &'static str,
    pub(crate) system: &'static str,
    pub(crate) times_a_day: u32,
}

impl Form {
    /// The unit of a dose: MR9P code and text.
    pub(crate) fn unit(self) -> (&'static str, &'static str) {
        match self {
            Self::Tablet => ("TAB", "錠"),
            Self::Capsule => ("CAP", "カプセル"),
            Self::Insulin => ("UNT", "単位"),
            Self::Ointment => ("HON", "本"),
            Self::Inhaler => ("KO", "個"),
        }
    }

    /// The form itself: MR9P code and text.
    pub(crate) fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Tablet => ("TAB", "錠剤"),
            Self::Capsule => ("CAP", "カプセル剤"),
            Self::Insulin => ("INJ", "注射剤"),
            Self::Ointment => ("OIT", "軟膏"),
            Self::Inhaler => ("INH", "吸入剤"),
        }
    }

    /// The kind of prescription: JHSP0003.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Tablet | Self::Capsule => "21^内服^JHSP0003",
            Self::Insulin => "24^自己注射^JHSP0003",
            Self::Ointment | Self::Inhaler => "23^外用^JHSP0003",
        }
    }

    /// The route: HL7 table 0162.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Self::Tablet | Self::Capsule => "PO^口^HL70162",
            Self::Insulin => "SC^皮下^HL70162",
            Self::Ointment => "AP^外用^HL70162",
            Self::Inhaler => "IH^吸入^HL70162",
        }
    }

    /// Tells whether a dose can be counted; ointments and inhalers are handed out by the piece.
    pub(crate) fn is_counted(self) -> bool {
        matches!(self, Self::Tablet | Self::Capsule | Self::Insulin)
    }
}

const fn jami(code: &'static str, text: &'static str, times_a_day: u32) -> Usage {
    Usage {
        code,
        text,
        system: "JAMISDP01",
        times_a_day,
    }
}

pub(crate) const MORNING: Usage = jami("1011000400000000", "内服・経口・１日１回朝食後", 1);
pub(crate) const EVENING: Usage = jami("1011040000000000", "内服・経口・１日１回夕食後", 1);
pub(crate) const BEDTIME: Usage = jami("1011100000000000", "内服・経口・１日１回就寝前", 1);
pub(crate) const TWICE: Usage = jami("1012040400000000", "内服・経口・１日２回朝夕食後", 2);
pub(crate) const THRICE: Usage = jami("1013044400000000", "内服・経口・１日３回朝昼夕食後", 3);
pub(crate) const SPREAD: Usage = jami("2B74000000000000", "外用・塗布・１日４回", 4);
pub(crate) const INHALED: Usage = jami("2L72000000000000", "外用・吸入・１日２回", 2);
pub(crate) const INJECTED: Usage = jami(
    "3211000200000014",
    "注射・皮下注射・１日１回朝食直前・ワンショット・在宅・自己",
    1,
);

/// When it hurts; how often at most stands in TQ1-11.
pub(crate) const IN_PAIN: Usage = jami("1050110020000000", "内服・経口・疼痛時", 1);

const fn tablet(
    code: &'static str,
    name: &'static str,
    system: &'static str,
    family: Family,
) -> Drug {
    Drug {
        code,
        name,
        system,
        form: Form::Tablet,
        family,
    }
}

const fn hot9(code: &'static str, name: &'static str) -> Drug {
    tablet(code, name, "HOT9", Family::Other)
}

const fn yj(code: &'static str, name: &'static str) -> Drug {
    tablet(code, name, "YJ", Family::Other)
}

pub(crate) const AMLODIPINE: Drug = hot9("103299401", "ノルバスク錠５ｍｇ");
pub(crate) const CANDESARTAN: Drug = yj("2149040F1093", "カンデサルタン錠２ｍｇ「ＪＧ」");
pub(crate) const METFORMIN: Drug = yj("3962002F2027", "メトグルコ錠２５０ｍｇ");
pub(crate) const GLIMEPIRIDE: Drug = yj("3961008F1217", "グリメピリド錠１ｍｇ「サワイ」");
pub(crate) const WARFARIN: Drug = yj("3332001F1016", "ワーファリン錠１ｍｇ");
pub(crate) const APIXABAN: Drug = yj("3339004F1029", "エリキュース錠２．５ｍｇ");
pub(crate) const BISOPROLOL: Drug = yj("2123016F1174", "ビソプロロールフマル酸塩錠５ｍｇ「ＪＧ」");
pub(crate) const ROSUVASTATIN: Drug = yj("2189017F1022", "クレストール錠２．５ｍｇ");
pub(crate) const ATORVASTATIN: Drug = yj("2189015F1082", "アトルバスタチン錠５ｍｇ「ＤＳＥＰ」");
pub(crate) const FUROSEMIDE: Drug = yj("2139005F1060", "フロセミド錠２０ｍｇ「ＮＰ」");
pub(crate) const SPIRONOLACTONE: Drug = yj("2133001F1476", "スピロノラクトン錠２５ｍｇ「トーワ」");
pub(crate) const LEMBOREXANT: Drug = yj("1190027F1022", "デエビゴ錠２．５ｍｇ");
pub(crate) const ZOLPIDEM: Drug = yj("1129009F1335", "ゾルピデム酒石酸塩錠５ｍｇ「明治」");
pub(crate) const ACETAMINOPHEN: Drug = hot9("103831601", "カロナール錠２００");
pub(crate) const REBAMIPIDE: Drug = hot9("104528401", "ムコスタ錠１００ｍｇ");
pub(crate) const MAGNESIUM: Drug = hot9("114778001", "マグミット錠３３０ｍｇ");
pub(crate) const CARBOCISTEINE: Drug = hot9("103835401", "ムコダイン錠２５０ｍｇ");
pub(crate) const PREDNISOLONE: Drug = hot9("105271807", "プレドニン錠５ｍｇ");
pub(crate) const LEVOTHYROXINE: Drug = yj("2431004F1021", "チラーヂンＳ錠５０μｇ");
pub(crate) const FEXOFENADINE: Drug = yj(
    "4490023F1270",
    "フェキソフェナジン塩酸塩錠６０ｍｇ「サワイ」",
);
pub(crate) const DONEPEZIL: Drug = yj("1190012F1042", "ドネペジル塩酸塩錠３ｍｇ「ＤＳＥＰ」");
pub(crate) const CLOPIDOGREL: Drug = yj("3399008F1203", "クロピドグレル錠２５ｍｇ「サワイ」");
pub(crate) const LOXOPROFEN: Drug =
    tablet("100988001", "ロキソニン錠６０ｍｇ", "HOT9", Family::Nsaid);
pub(crate) const CEFOTIAM: Drug = tablet(
    "110626901",
    "パンスポリンＴ錠１００（１００ｍｇ）",
    "HOT9",
    Family::Cephem,
);
pub(crate) const CLARITHROMYCIN: Drug = tablet(
    "6149003F2100",
    "クラリスロマイシン錠２００「サワイ」",
    "YJ",
    Family::Macrolide,
);
pub(crate) const METHOTREXATE: Drug = Drug {
    code: "L3999",
    name: "メトトレキサートカプセル２ｍｇ",
    system: "99XYZ",
    form: Form::Capsule,
    family: Family::Other,
};
pub(crate) const SEVELAMER: Drug = tablet(
    "L2190",
    "セベラマー塩酸塩錠２５０ｍｇ",
    "99XYZ",
    Family::Other,
);
pub(crate) const ALFACALCIDOL: Drug = tablet(
    "L3112",
    "アルファカルシドール錠０．５μｇ",
    "99XYZ",
    Family::Other,
);
pub(crate) const INSULIN_GLARGINE: Drug = Drug {
    code: "2492416G2024",
    name: "ランタス注ソロスター",
    system: "YJ",
    form: Form::Insulin,
    family: Family::Other,
};
pub(crate) const INSULIN_NPH: Drug = Drug {
    code: "105466802",
    name: "ヒューマリンＮ注１００単位／ｍＬ",
    system: "HOT9",
    form: Form::Insulin,
    family: Family::Other,
};
pub(crate) const DIFLORASONE: Drug = Drug {
    code: "106238001",
    name: "ジフラール軟膏０．０５％",
    system: "HOT9",
    form: Form::Ointment,
    family: Family::Other,
};
pub(crate) const BUDESONIDE_FORMOTEROL: Drug = Drug {
    code: "2290801G1029",
    name: "シムビコートタービュヘイラー３０吸入",
    system: "YJ",
    form: Form::Inhaler,
    family: Family::Other,
};
