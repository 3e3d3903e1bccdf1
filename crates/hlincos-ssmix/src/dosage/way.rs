//! Digits 1 and 2 of a usage code: how a drug is given, and which routes of RXR-1 fit it.
//!
//! Source: as of the usage code; HL7 v2.5 table 0162 for the routes. Which of them fit a way is
//! our own reading: every route that could be meant, and AP (applied externally) for all external
//! use, as the guideline's samples have it.

/// A way.
pub(super) struct Way {
    code: &'static str,
    pub(super) ja: &'static str,
    pub(super) en: &'static str,
    /// Codes of table 0162 with spaces between.
    pub(super) routes: &'static str,
}

/// The way of two digits.
pub(super) fn of(code: &str) -> Option<&'static Way> {
    WAYS.iter().find(|way| way.code == code)
}

/// Whether a code of table 0162 is a route that fits some way.
pub(super) fn is_route(code: &str) -> bool {
    let routes = WAYS.iter().flat_map(|way| way.routes.split(' '));
    { routes }.any(|route| route == code)
}

const fn way(code: &'static str, ja: &'static str, en: &'static str, routes: &'static str) -> Way {
    Way {
        code,
        ja,
        en,
        routes,
    }
}

/// Routes to the skin, wounds and mucous membranes.
const EXTERNAL: &str = "AP TP TD SD WND MM MTH";

#[rustfmt::skip]
const WAYS: [Way; 36] = [
    way("10", "内服・経口", "by mouth", "PO NG GTT MTH"),
    way("11", "内服・舌下", "under the tongue", "SL TL PO"),
    way("12", "内服・バッカル", "in the cheek", "B MTH MM PO"),
    way("13", "内服・口腔内塗布", "painted in the mouth", "MTH MM DT AP TP"),
    way("2A", "外用・貼付", "stuck on", EXTERNAL),
    way("2B", "外用・塗布", "applied", EXTERNAL),
    way("2C", "外用・湿布", "as a compress", EXTERNAL),
    way("2D", "外用・撒布", "dusted", EXTERNAL),
    way("2E", "外用・噴霧", "sprayed", "AP TP TD SD WND MM MTH IH IN NS OT VG"),
    way("2F", "外用・消毒", "as a disinfectant", "AP TP TD SD WND MM MTH DT GU UR VG OP"),
    way("2G", "外用・点耳", "as ear drops", "OT AP TP"),
    way("2H", "外用・点眼", "as eye drops", "OP IO AP TP"),
    way("2J", "外用・点鼻", "into the nose", "NS IN AP TP"),
    way("2K", "外用・うがい", "gargled", "MTH MM AP TP"),
    way("2L", "外用・吸入", "inhaled", "IH NP AP"),
    way("2M", "外用・トローチ", "as a lozenge", "MTH MM B SL PO AP"),
    way("2N", "外用・膀胱洗浄", "as a bladder wash", "GU UR AP"),
    way("2P", "外用・鼻腔内洗浄", "as a nasal wash", "NS IN AP"),
    way("2Q", "外用・浣腸", "as an enema", "PR AP"),
    way("2R", "外用・肛門挿入", "rectally", "PR AP"),
    way("2S", "外用・肛門注入", "instilled rectally", "PR AP"),
    way("2T", "外用・膣内挿入", "vaginally", "VG AP"),
    way("2U", "外用・膀胱注入", "instilled into the bladder", "GU UR AP"),
    way("30", "注射・静脈注射", "injected into a vein", "IV"),
    way("31", "注射・中心静脈注射", "injected into a central vein", "IV"),
    way("32", "注射・皮下注射", "injected under the skin", "SC"),
    way("33", "注射・筋肉内注射", "injected into a muscle", "IM"),
    way("34", "注射・皮内注射", "injected into the skin", "ID"),
    way("35", "注射・動脈注射", "injected into an artery", "IA IHA"),
    way("3A", "注射・硬膜外注射", "injected epidurally", "EP"),
    way("3B", "注射・脳脊髄腔注射", "injected intrathecally", "IT"),
    way("3D", "注射・関節腔内注射", "injected into a joint", "IS IB"),
    way("3G", "注射・硝子体内注射", "injected into the vitreous", "IO OP"),
    way("3R", "注射・腹腔内注射", "injected into the abdomen", "IP"),
    way("40", "注入・腹膜透析", "by peritoneal dialysis", "IP PF"),
    way("41", "注入・気管内注入", "instilled into the trachea", "ET NT TRA IH"),
];
