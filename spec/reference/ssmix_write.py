#!/usr/bin/env python3
"""Second hand for spec/ssmix-writing.md: writes spec/vectors/ssmix-writing/*.json.

Shares nothing with the Rust: folding by unicodedata where it can, bytes by Python's codec.
"""
import json
import pathlib
import unicodedata

OUT = pathlib.Path(__file__).parent.parent / "vectors" / "ssmix-writing"
# Python's ISO-2022-JP has U+301C and U+2212 where the page has U+FF5E and U+FF0D, and so on.
TO_PYTHON = str.maketrans("～－∥￠￡￢", "〜−‖¢£¬")
FROM_PYTHON = str.maketrans("〜−‖¢£¬—¥‾", "～－∥￠￡￢―￥￣")
PLAIN = str.maketrans({
    "\t": " ", "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u2011": "‐", "\u2012": "‐",
    "\u2013": "‐", "µ": "μ", "\u2126": "Ω", "\u2211": "Σ", "\u00c5": "\u212b", "\u00b7": "・", "\u2022": "・",
    "\u22c5": "・", "\u301d": "“", "\u301e": "”", "\u301f": "”", "＇": "'", "＂": '"', "\uffe4": "|", "\u00a6": "|",
})
WORDS = {"㈱": "(株)", "㈲": "(有)", "㊤": "(上)", "№": "No.", "℡": "TEL", "㏍": "K.K.", "㍻": "平成", "㍾": "明治",
         "㌔": "キロ", "㍉": "ミリ", "㍍": "メートル", "㌘": "グラム", "㌢": "センチ", "㏄": "cc"}


def legal(c):
    if " " <= c <= "~" or c == "\n":
        return True
    try:
        b = c.translate(TO_PYTHON).encode("iso2022_jp")
    except UnicodeEncodeError:
        return False
    return b.startswith(b"\x1b$B") and len(b) == 8 and (0x21 <= b[3] <= 0x28 or 0x30 <= b[3] <= 0x74)


def fold(text, mark="〓"):
    lost, out = [], ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for c in text:
        if c in "\u3099\uff9e" or c in "\u309a\uff9f":
            voiced = c in "\u3099\uff9e"
            joined = unicodedata.normalize("NFC", (out[-1:] or "x") + ("\u3099" if voiced else "\u309a"))
            if len(joined) == 1 and legal(joined):
                out = out[:-1] + joined
            else:
                out += "゛" if voiced else "゜"
            continue
        c = c.translate(PLAIN).translate(FROM_PYTHON)
        if "\uff61" <= c <= "\uff9d":
            c = unicodedata.normalize("NFKC", c)
        elif c in WORDS:
            c = WORDS[c]
        elif not legal(c):
            plain = unicodedata.normalize("NFKC", c)
            if "CIRCLED" in unicodedata.name(c, "") and plain.isdecimal():
                c = f"({plain})"
            elif plain != c and all(map(legal, plain)) and ("ROMAN" in unicodedata.name(c) or "SQUARE" in unicodedata.name(c)):
                c = plain
            else:
                lost.append("control" if unicodedata.category(c) == "Cc" else "unmappable")
                c = mark
        out += c
    if out == '""':
        out = "””"
        lost.append("looks_like_null")
    return out, lost


def escape(text):
    table = {"|": "F", "^": "S", "&": "T", "~": "R", "\\": "E", "\n": ".br"}
    return "".join(f"\\{table[c]}\\" if c in table else c for c in text)


def encode(text):
    return text.translate(TO_PYTHON).encode("iso2022_jp")


def vector(name, segments):
    """A message: each segment a name and {field: null or repetitions of components of subcomponents}."""
    lost = []
    lines = ["MSH|^~\\&|HIS123|SEND|GW|RCV|20190901101530||ADT^A08^ADT_A01|20190901000001|P|2.5||||||~ISO IR87||ISO 2022-1994|"
             "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO"]
    for at, (segment, fields) in enumerate(segments):
        line, last = segment, 0
        for number, value in sorted(fields.items()):
            line += "|" * (number - last)
            last = number
            if value is None:
                line += '""'
                continue
            for r, repetition in enumerate(value):
                line += "~" * (r > 0)
                for c, component in enumerate(repetition):
                    line += "^" * (c > 0)
                    for s, leaf in enumerate(component):
                        text, warnings = fold(leaf)
                        line += "&" * (s > 0) + escape(text)
                        lost += [{"segment": at + 1, "field": number, "kind": kind} for kind in warnings]
        lines.append(line)
    content = {"segments": [{"name": n, "fields": [[k, v] for k, v in sorted(f.items())]} for n, f in segments],
               "bytes": b"".join(encode(line) + b"\r" for line in lines).hex(), "warnings": lost}
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(content, ensure_ascii=True, indent=1) + "\n")


def one(text):
    return [[[text]]]


vector("header_alone", [])
vector("a_patient", [("PID", {1: one("0001"), 3: [[["0000781125"], [""], [""], [""], ["PI"]]],
                              5: [[["土佐"], ["花子"]], [["ﾄｻ"], ["ﾊﾅｺ"]]], 8: one("F")})])
vector("explicit_null_and_two_quotes", [("RXE", {3: None, 4: one('""'), 5: one('"')})])
vector("every_delimiter_in_a_text", [("NTE", {3: one("a|b^c&d~e\\f\\F\\"), 4: [[["x^", "&y"], ["~"]]]})])
vector("line_ends_in_a_text", [("NTE", {3: one("a\rb\nc\r\nPID|1||evil")})])
vector("escapes_in_a_text", [("NTE", {3: one("\x1b$B\x1b(B\x1c\x0b\x00\x7f")})])
vector("characters_that_unicode_has_twice", [("NTE", {3: one("\u301c\u2212\u2016\u2014\u00a2\u00a3\u00ac\u00a5\u203e\u2013\u00b5\u2126\u2211\u00c5\u00b7\u2022\u301d\u301f\uff07\uff02\uffe4\u00a0\t.")})])
vector("half_width_kana", [("NTE", {3: one("".join(map(chr, range(0xFF61, 0xFFA0))))})])
vector("voiced_marks", [("NTE", {3: one("".join(k + m for k in "ｱｶｻﾀﾊﾎｳﾜﾝｯカハひかあ漢a" for m in "ﾞﾟ\u3099\u309a"))})])
vector("vendor_characters", [("NTE", {3: one("①②⑳㉑㊿⓪ⅠⅣⅫⅰⅹ㎎㎏㎝㎡㎥㏄㈱㈲㊤№℡㏍㍻㌔㍉㍍㌘㌢")})])
vector("gaiji_and_emoji", [("NTE", {3: one("髙﨑𠮷😀∮\ufeff\ue000é")})])
vector("every_row_of_the_standard", [("NTE", {3: one("".join(
    b.decode("iso2022_jp").translate(FROM_PYTHON) for row in [*range(0x21, 0x29), *range(0x30, 0x75)] for cell in (0x21, 0x24, 0x4F, 0x7E)
    for b in [bytes([0x1B, 0x24, 0x42, row, cell, 0x1B, 0x28, 0x42])] if unicodedata.category((b.decode("iso2022_jp", "ignore") or "\0")[0]) != "Cc"))})])
