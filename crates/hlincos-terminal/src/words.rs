//! Every fixed text of the terminal's pages, in both languages.

use hlincos_ssmix::summary::Bilingual;

use crate::word::{Word, said};

const fn word(ja: &'static str, en: &'static str) -> Word {
    Word { ja, en }
}

// Headings of the patient's page.
pub(crate) const SKIP: Word = word("本文へ移動", "Skip to the record");
pub(crate) const CONTENTS: Word = word("この画面の項目", "On this screen");
pub(crate) const NOTES: Word = word("注意", "Notes");
pub(crate) const ALLERGIES: Word = word("⚠ アレルギー・禁忌", "⚠ Allergies and contraindications");
pub(crate) const ALLERGIES_SHORT: Word = word("アレルギー", "Allergies");
pub(crate) const NO_ALLERGY: Word = word(
    "✓ アレルギーなしと記録されています",
    "✓ Recorded: no known allergy",
);
pub(crate) const ALLERGY_UNKNOWN: Word = word(
    "？ アレルギーの記録がありません",
    "? Allergies are not recorded: ask",
);
pub(crate) const NOT_NONE: Word = word(
    "「なし」という意味ではありません。本人・家族に確認してください。",
    "This does not mean that there are none. Ask the patient or the family.",
);
pub(crate) const CRITICAL: Word = word("重要薬・処置", "Critical drugs and treatments");
pub(crate) const CRITICAL_NONE: Word = word(
    "記録の範囲では該当なし。",
    "None found in what is recorded.",
);
pub(crate) const CRITICAL_UNKNOWN: Word = word(
    "抗凝固薬・インスリン・ステロイド・透析などの自動判定は行っていません。処方欄を確認してください。",
    "Anticoagulants, insulin, steroids, dialysis and the like were not looked for. Read the prescriptions.",
);
pub(crate) const PRESCRIPTIONS: Word = word("処方・注射", "Prescriptions and injections");
pub(crate) const EARLIER_ORDERS: Word = word("それ以前のオーダー", "Earlier orders");
pub(crate) const PROBLEMS: Word = word("病名・プロブレム", "Problems");
pub(crate) const LABORATORY: Word = word("検査結果（最新）", "Latest laboratory values");
pub(crate) const ENCOUNTERS: Word = word("受診・入退院", "Encounters");
pub(crate) const RECORD: Word = word("全記録（日付・種別順）", "Full record, by date and kind");
pub(crate) const DOCUMENTS: Word = word("文書・画像（拡張ストレージ）", "Documents and images");
pub(crate) const PROOF: Word = word("出所と検証", "Provenance and proof");
pub(crate) const NOTHING: Word = word("記録なし", "Not recorded");

// Identity.
pub(crate) const NAMELESS: Word = word("氏名の記録なし", "Name not recorded");
pub(crate) const BORN: Word = word("生年月日", "Born");
pub(crate) const AGE: Word = word("年齢", "Age");
pub(crate) const SEX: Word = word("性別", "Sex");
pub(crate) const MALE: Word = word("男", "Male");
pub(crate) const FEMALE: Word = word("女", "Female");
pub(crate) const OTHER_SEX: Word = word("その他", "Other");
pub(crate) const UNKNOWN: Word = word("不明", "Unknown");
pub(crate) const PATIENT_ID: Word = word("患者ID", "Patient ID");
pub(crate) const FACILITY: Word = word("医療機関", "Hospital");
pub(crate) const BLOOD: Word = word("血液型", "Blood group");
pub(crate) const WEIGHT: Word = word("体重", "Weight");
pub(crate) const HEIGHT: Word = word("身長", "Height");
pub(crate) const PHONE: Word = word("電話", "Phone");
pub(crate) const ADDRESS: Word = word("住所", "Address");
pub(crate) const LATEST: Word = word("最新の記録", "Latest record");
pub(crate) const DATA_AGE: Word = word("バックアップ", "Backed up");

// Entries.
pub(crate) const BROKEN: Word = word("（読めない文字）", " (unreadable character)");
pub(crate) const SOURCE: Word = word("出典", "Source");
pub(crate) const SINCE: Word = word("発症", "Since");
pub(crate) const ROUTE: Word = word("経路", "Route");
pub(crate) const SITE: Word = word("部位", "Site");
pub(crate) const INJECTION: Word = word("注射", "injection");
pub(crate) const AS_NEEDED: Word = word("頓用", "as needed");
pub(crate) const SUSPECTED: Word = word("疑い", "suspected");
pub(crate) const RESOLVED: Word = word("終了", "resolved");
pub(crate) const RESOLVED_ONES: Word = word("終了した病名", "Resolved problems");
pub(crate) const DEPARTMENT: Word = word("診療科", "Department");
pub(crate) const TEST: Word = word("項目", "Test");
pub(crate) const VALUE: Word = word("値", "Value");
pub(crate) const UNIT: Word = word("単位", "Unit");
pub(crate) const RANGE: Word = word("基準範囲", "Range");
pub(crate) const TAKEN: Word = word("採取", "Taken");
pub(crate) const TREND: Word = word("推移", "Trend");
pub(crate) const EARLIER: Word = word("以前の値", "Earlier");
pub(crate) const HIGH: Word = word("高値", "high");
pub(crate) const LOW: Word = word("低値", "low");
pub(crate) const ABNORMAL: Word = word("異常", "abnormal");
pub(crate) const CLASSES: [(&str, Word); 7] = [
    ("DA", word("薬剤", "drug")),
    ("FA", word("食物", "food")),
    ("MC", word("禁忌", "contraindication")),
    ("EA", word("環境", "environment")),
    ("AA", word("動物", "animal")),
    ("PA", word("植物", "plant")),
    ("LA", word("花粉", "pollen")),
];
pub(crate) const SEVERITIES: [(&str, Word); 3] = [
    ("SV", word("重度", "severe")),
    ("MO", word("中等度", "moderate")),
    ("MI", word("軽度", "mild")),
];

// Provenance and proof.
pub(crate) const PROVED: Word = word("改ざん検知済み", "Checked");
pub(crate) const GENERATION: Word = word("世代", "Generation");
pub(crate) const DEALT: Word = word("分散保管日時", "Dealt");
pub(crate) const LAST_RUN: Word = word("最終バックアップ", "Last backup run");
pub(crate) const FETCHED: Word = word("取得日時", "Fetched");
pub(crate) const SITES: Word = word("使用した拠点", "Sites used");
pub(crate) const LIARS: Word = word("誤りを返した拠点", "Sites that lied");
pub(crate) const SUSPECTS: Word = word("疑わしい拠点", "Suspect sites");
pub(crate) const SILENT: Word = word("応答のない拠点", "Sites without answer");
pub(crate) const RANDOMNESS: Word = word("乱数の等級", "Randomness");
pub(crate) const LINK_GRADE: Word = word("通信路の等級", "Links");
pub(crate) const WAY: Word = word("取得経路", "Came over");
pub(crate) const NONE: Word = word("なし", "none");
pub(crate) const NEWEST_OF_BLOCK: Word = word("この欄の最新", "newest here");

// The full record.
pub(crate) const UNDATED: Word = word("日付のない記録", "Records without a date");
pub(crate) const KIND: Word = word("種別", "Kind");
pub(crate) const SENT: Word = word("送信", "Sent");
pub(crate) const ORDER: Word = word("オーダー番号", "Order");
pub(crate) const CURRENT: Word = word("現行", "current");
pub(crate) const SUPERSEDED: Word = word("旧版", "superseded");
pub(crate) const DELETED: Word = word("削除", "deleted");
pub(crate) const DEFECTS: Word = word("記録の不備", "Defects of this record");
pub(crate) const NOT_READABLE: Word = word(
    "HL7メッセージとして読めません。受け取ったままの文字を示します。",
    "No readable HL7 message; its text is shown as received.",
);
pub(crate) const FIELD: Word = word("項目", "Field");
pub(crate) const BACK_TO_PATIENT: Word = word("← 患者画面へ", "← Back to the patient");
pub(crate) const BACK_TO_RECORD: Word = word("← 全記録へ", "← Back to the record");

// Documents.
pub(crate) const FETCH_DOCUMENTS: Word = word(
    "文書を取得する（回線を使います）",
    "Fetch the documents (needs the link)",
);
pub(crate) const DOCUMENTS_LATER: Word = word(
    "文書と画像は最初の画面には含まれません。",
    "Documents and images do not come with the first screen.",
);
pub(crate) const NO_DOCUMENTS: Word = word("文書はありません。", "There are no documents.");
pub(crate) const DOWNLOAD: Word = word("保存", "Download");
pub(crate) const DOWNLOAD_WARNING: Word = word(
    "保存したファイルは暗号化されません。不要になったら消去してください。",
    "A downloaded file is not encrypted. Erase it when it is no longer needed.",
);
pub(crate) const UNTITLED: Word = word("無題", "Untitled");
pub(crate) const TOO_LARGE: Word = word(
    "4 MiBを超えるため、ここでは扱えません。",
    "More than 4 MiB; not handled here.",
);
pub(crate) const NOT_TOLD: Word = word("読めない部分があります", "Parts could not be read");

// Search.
pub(crate) const SEARCH: Word = word("患者を照会", "Look a patient up");
pub(crate) const SEARCH_BUTTON: Word = word("照会する", "Look up");
pub(crate) const SEARCH_HELP: Word = word(
    "患者IDと医療機関を入力します。医療機関を選ばないときは、全医療機関から探します。",
    "Enter the patient ID and the hospital. Without a hospital all of them are searched.",
);
pub(crate) const ANY_FACILITY: Word = word("すべて", "All");
pub(crate) const NEW_SEARCH: Word = word("別の患者", "Another patient");
pub(crate) const LOCK: Word = word("ロック", "Lock");
pub(crate) const JAPANESE: &str = "日本語";
pub(crate) const ENGLISH: &str = "English";
pub(crate) const KEPT: Word = word("この端末に封印された写し", "Sealed copies on this terminal");
pub(crate) const KEPT_HELP: Word = word(
    "回線なしで開けます。期限が来ると消えます。",
    "They open without the link, and are gone when their time is over.",
);
pub(crate) const OPEN: Word = word("開く", "Open");
pub(crate) const AGAIN: Word = word("もう一度試す", "Try again");
pub(crate) const OPEN_COPY: Word = word("封印された写しを開く", "Open the sealed copy");

// Lock.
pub(crate) const UNLOCK: Word = word("ロック解除", "Unlock");
pub(crate) const PASSPHRASE: Word = word("パスフレーズ", "Passphrase");
pub(crate) const PASSPHRASE_AGAIN: Word = word("パスフレーズ（確認）", "Passphrase again");
pub(crate) const LOCKED: Word = word("端末はロックされています", "This terminal is locked");
pub(crate) const CHOOSE: Word = word("パスフレーズを決める", "Choose a passphrase");
pub(crate) const CHOOSE_HELP: Word = word(
    "この端末のパスフレーズを決めてください。12文字以上。忘れると再設定が必要です。",
    "Choose this terminal's passphrase: 12 characters or more. If it is forgotten it must be set anew.",
);
pub(crate) const CHOOSE_BUTTON: Word = word("設定する", "Set it");
pub(crate) const TOO_SHORT: Word =
    word("12文字以上にしてください。", "Take 12 characters or more.");
pub(crate) const DIFFER: Word = word(
    "二つのパスフレーズが一致しません。",
    "The two passphrases differ.",
);
pub(crate) const NO_FILE: Word = word(
    "パスフレーズを保存できません。terminal.toml の passphrase の場所を確認してください。",
    "The passphrase cannot be stored; check the place that terminal.toml names.",
);

// Link.
pub(crate) const LINK: Word = word("回線", "Link");
pub(crate) const AS_OF: Word = word("時点", "as of");

// Trouble.
pub(crate) const TROUBLE: Word = word("表示できません", "Nothing can be shown");
pub(crate) const UNKNOWN_PATIENT: Word = word(
    "この患者の記録は見つかりません",
    "There is no record of such a patient",
);
pub(crate) const UNKNOWN_PATIENT_NEXT: Word = word(
    "患者IDの桁数と医療機関を確認してください。バックアップの対象でない患者かもしれません。",
    "Check the digits of the ID and the hospital. The patient may never have been backed up.",
);
pub(crate) const NO_ID: Word = word("患者IDを入力してください", "Enter a patient ID");
pub(crate) const BAD_ID: Word = word("患者IDとして正しくありません", "This is no patient ID");
pub(crate) const BAD_ID_NEXT: Word = word(
    "英数字（半角）で入力してください。",
    "Use letters and digits.",
);
pub(crate) const SEVERAL: Word = word(
    "同じIDの患者が複数の医療機関にいます",
    "Patients of several hospitals have this ID",
);
pub(crate) const SEVERAL_NEXT: Word = word(
    "別人です。医療機関を選んでください。",
    "They are different people. Choose the hospital.",
);
pub(crate) const FACILITY_UNKNOWN: Word = word("医療機関コードなし", "no hospital code");
pub(crate) const EXPIRED: Word = word(
    "この端末の証明書の有効期限が切れています",
    "This terminal's certificate has expired",
);
pub(crate) const EXPIRED_NEXT: Word = word(
    "管理者に新しい証明書の発行を依頼してください（hlincos ca issue）。端末の時計も確認してください。",
    "Ask the operator for a new certificate (hlincos ca issue). Check this machine's clock too.",
);
pub(crate) const REFUSED: Word = word("ゲートウェイが拒否しました", "The gateway refuses");
pub(crate) const TOO_FEW: Word = word("応答する拠点が足りません", "Too few sites answer");
pub(crate) const TOO_FEW_NEXT: Word = word(
    "復元に必要な数の拠点が応答していません。記録は失われていません。しばらくして再試行してください。",
    "Fewer sites answer than a restore takes. The record is not lost. Try again in a while.",
);
pub(crate) const UNREACHABLE: Word = word(
    "ゲートウェイに接続できません",
    "The gateway cannot be reached",
);
pub(crate) const UNREACHABLE_NEXT: Word = word(
    "接続は自動で再試行しています。",
    "The connection is being retried on its own.",
);
pub(crate) const NO_COPY: Word = word(
    "この患者の封印された写しはありません。",
    "There is no sealed copy of this patient.",
);
pub(crate) const COPY_FORBIDDEN: Word = word(
    "写しの利用は、この端末の設定で許可されていません。",
    "This terminal's configuration does not allow the use of copies.",
);
pub(crate) const CLOCKS: Word = word("時計が合っていません", "The clocks differ");
pub(crate) const CLOCKS_NEXT: Word = word(
    "この端末とゲートウェイの時計を合わせてください。",
    "Set the clocks of this terminal and of the gateway.",
);
pub(crate) const TECHNICAL: Word = word("技術的な詳細", "Technical details");
pub(crate) const EMPTY_RECORD: Word = word(
    "記録はありますが、画面に示せる内容がありません。全記録を見てください。",
    "There are records, but nothing in them for this screen. See the full record.",
);
pub(crate) const GONE: Word = word("この写しはもうありません", "This copy is no longer there");
pub(crate) const GONE_NEXT: Word = word(
    "保持期限が過ぎたか、ほかの患者に置き換えられました。もう一度照会してください。",
    "Its time is over, or other patients took its place. Look the patient up again.",
);

// Sentences with something in them.

pub(crate) fn years(years: i32) -> Bilingual {
    said(format!("{years}歳"), format!("{years} y"))
}

pub(crate) fn years_then(years: i32) -> Bilingual {
    said(
        format!("（記録時{years}歳）"),
        format!("({years} y at the latest record)"),
    )
}

pub(crate) fn recent_orders(from: &str, to: &str) -> Bilingual {
    said(
        format!("最新の記録までの100日間（{from}〜{to}）のオーダー"),
        format!("Orders of the 100 days up to the latest record ({from} to {to})"),
    )
}

pub(crate) fn days_old(days: i64) -> Bilingual {
    match days {
        0 => said("本日", "today"),
        1 => said("1日前", "1 day ago"),
        _ => said(format!("{days}日前"), format!("{days} days ago")),
    }
}

pub(crate) fn stale(days: i64, limit: i64) -> Bilingual {
    said(
        format!(
            "この写しは{days}日前のものです（許容{limit}日）。その後の処方・アレルギーは含まれません。"
        ),
        format!(
            "This copy is {days} days old (allowed: {limit}). Later prescriptions and allergies are not in it."
        ),
    )
}

pub(crate) fn age_unknown() -> Bilingual {
    said(
        "最終バックアップの日時が分かりません。この写しの古さは判断できません。",
        "When the last backup ran is not known: how old this copy is cannot be told.",
    )
}

pub(crate) fn offline(minutes: i64) -> Bilingual {
    said(
        format!("回線断のため、{minutes}分前に取得して封印した写しを表示しています。"),
        format!("The link is down: this is the sealed copy fetched {minutes} minutes ago."),
    )
}

pub(crate) fn clock(what: Word) -> Bilingual {
    let Word { ja, en } = what;
    said(
        format!(
            "時計が合っていません：「{ja}」が未来の日時です。この端末の時計を確認してください。"
        ),
        format!("The clocks differ: “{en}” lies in the future. Check this machine's clock."),
    )
}

pub(crate) fn missing(count: u64) -> Bilingual {
    said(
        format!("復元できない記録が{count}件あります。この画面は完全ではありません。"),
        format!("{count} records could not be restored: this page is not complete."),
    )
}

pub(crate) fn too_large(count: u64) -> Bilingual {
    said(
        format!("4 MiBを超えるため表示しない記録が{count}件あります（復元はできます）。"),
        format!("{count} records of more than 4 MiB are not shown; they can be restored."),
    )
}

pub(crate) fn lied(sites: &str) -> Bilingual {
    said(
        format!("拠点 {sites} が誤った分散データを返しました。他の拠点により訂正済みです。"),
        format!("Site {sites} gave wrong shares; corrected with the others'."),
    )
}

pub(crate) fn suspected(sites: &str) -> Bilingual {
    said(
        format!("拠点 {sites} のいずれかが誤っていますが、特定できません。"),
        format!("Some of the sites {sites} are wrong; the answers do not tell which."),
    )
}

pub(crate) fn more(count: usize) -> Bilingual {
    said(format!("ほか{count}件"), format!("{count} more"))
}

pub(crate) fn records(count: usize) -> Bilingual {
    said(
        format!("{count}件"),
        format!("{count} {}", if count == 1 { "record" } else { "records" }),
    )
}

pub(crate) fn wrong_passphrase(failures: u32, wait_s: u64) -> Bilingual {
    said(
        format!("パスフレーズが違います（連続{failures}回）。次は{wait_s}秒後に試せます。"),
        format!("Wrong passphrase ({failures} in a row). The next try is possible in {wait_s} s."),
    )
}

pub(crate) fn wait(wait_s: u64) -> Bilingual {
    said(
        format!("続けて誤ったため、あと{wait_s}秒待ってください。入力した内容は確かめていません。"),
        format!("After wrong tries: wait {wait_s} s more. What was entered was not looked at."),
    )
}

pub(crate) fn locks_after(minutes: u64) -> Bilingual {
    said(
        format!("操作がないと{minutes}分でロックされます。"),
        format!("Locks after {minutes} minutes without activity."),
    )
}

pub(crate) fn expires_in(days: u64) -> Bilingual {
    said(
        format!("この端末の証明書は残り{days}日で期限切れになります。"),
        format!("This terminal's certificate expires in {days} days."),
    )
}

pub(crate) fn link_warm(way: &str, since: &str) -> Bilingual {
    said(
        format!("接続中（{way}、{since}から）"),
        format!("Up ({way}, since {since})"),
    )
}

pub(crate) fn link_trying(what: &str) -> Bilingual {
    said(
        format!("接続を試行中（{what}）"),
        format!("Trying ({what})"),
    )
}

pub(crate) fn link_down(since: &str, what: &str, wait_s: u64) -> Bilingual {
    said(
        format!("切断（{since}から）。{what} に{wait_s}秒ごとに再試行しています。"),
        format!("Down since {since}. Retrying {what} every {wait_s} s."),
    )
}
