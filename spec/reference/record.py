"""Second hand for bundle.md, share-object.md, handle.md: standard library only.

Writes spec/vectors/{bundle,share-object,handle}/*.json. Running it again writes the same bytes.
AES-256 and a Zstandard writer of raw blocks are here in full, so that nothing is shared with the
Rust under test.
"""

import hashlib
import hmac
import json
import pathlib
import struct

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"


def write(folder, name, case):
    path = VECTORS / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / f"{name}.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n")


# --- AES-256, FIPS 197 -------------------------------------------------------------------------

def _xtime(a):
    return (a << 1 ^ 0x11B) & 0xFF if a & 0x80 else a << 1


def _mul(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = _xtime(a), b >> 1
    return product


def _sbox():
    box = []
    for value in range(256):
        inverse = next((x for x in range(256) if _mul(value, x) == 1), 0)
        out = 0x63
        for shift in range(5):
            out ^= (inverse << shift | inverse >> (8 - shift)) & 0xFF
        box.append(out)
    return box


SBOX = _sbox()


def aes256(key, block):
    words = [list(key[at:at + 4]) for at in range(0, 32, 4)]
    round_constant = 1
    for at in range(8, 60):
        word = list(words[at - 1])
        if at % 8 == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= round_constant
            round_constant = _xtime(round_constant)
        elif at % 8 == 4:
            word = [SBOX[byte] for byte in word]
        words.append([a ^ b for a, b in zip(word, words[at - 8])])
    keys = [sum(words[at:at + 4], []) for at in range(0, 60, 4)]
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 15):
        state = [SBOX[byte] for byte in state]
        state = [state[(at + 4 * (at % 4)) % 16] for at in range(16)]
        if number < 14:
            mixed = []
            for column in range(0, 16, 4):
                a = state[column:column + 4]
                for row in range(4):
                    mixed.append(_mul(a[row], 2) ^ _mul(a[(row + 1) % 4], 3)
                                 ^ a[(row + 2) % 4] ^ a[(row + 3) % 4])
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


# FIPS 197, appendix C.3.
assert aes256(bytes(range(32)), bytes.fromhex("00112233445566778899aabbccddeeff")).hex() \
    == "8ea2b7ca516745bfeafc49904b496089"


# --- handle.md ---------------------------------------------------------------------------------

def hkdf(secret, info):
    """RFC 5869 with no salt, one block of 32 bytes."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def handle(directory_key, site, kind, facility="", patient="", label=""):
    message = bytes([kind])
    for text in (facility, patient, label):
        raw = text.encode()
        message += bytes([len(raw)]) + raw
    key = hkdf(directory_key, b"hlincos v1 folder\0" + site.encode())
    return hmac.new(key, message, hashlib.sha256).digest()


def object_name(directory_key, site, bundle_id):
    return aes256(hkdf(directory_key, b"hlincos v1 object\0" + site.encode()), bundle_id)


def handles():
    for name, key, site, subject, bundle_id in [
        ("a_patient", bytes(range(32)), "osaka",
         (1, "1318814790", "0000781125", ""), bytes(range(16))),
        ("the_same_patient_elsewhere", bytes(range(32)), "nagoya",
         (1, "1318814790", "0000781125", ""), bytes(range(16))),
        ("no_patient", b"\xff" * 32, "osaka", (1, "", "", ""), b"\xff" * 16),
        ("a_store", b"k" * 32, "otemachi", (2, "", "", "高知_std"), b"b" * 16),
        ("the_root", bytes(32), "x", (3, "", "", ""), bytes(16)),
    ]:
        kind, facility, patient, label = subject
        write("handle", name, {
            "spec": "handle.md 1",
            "directory_key": key.hex(), "site": site, "kind": kind,
            "facility": facility, "patient": patient, "label": label,
            "bundle_id": bundle_id.hex(),
            "handle": handle(key, site, kind, facility, patient, label).hex(),
            "object_name": object_name(key, site, bundle_id).hex(),
            "vault": hmac.new(key, b"hlincos v1 vault", hashlib.sha256).digest()[:8].hex(),
        })


# --- share-object.md ---------------------------------------------------------------------------

def head(share, version=1, class_=1, randomness=1, link=1, k=2, n=3, x=1, zero=0, epoch=0,
         generation=7, sequence=(5 << 32) | 9, dealt=1_700_000_000_000, length=None,
         reserved=bytes(20), magic=b"HLSO"):
    length = len(share) if length is None else length
    return magic + struct.pack(">BBBBBBBBIQQQI", version, class_, randomness, link, k, n, x, zero,
                               epoch, generation, sequence, dealt, length) + reserved + share


def share_objects():
    share = bytes(range(40))
    good = dict(class_=2, randomness=3, link=4, k=3, n=5, x=5, epoch=6)
    write("share-object", "good", {
        "spec": "share-object.md 1", "expect": "ok", "object": head(share, **good).hex(),
        "class": 2, "randomness": 3, "link": 4, "k": 3, "n": 5, "x": 5, "epoch": 6,
        "generation": 7, "sequence": (5 << 32) | 9, "dealt": 1_700_000_000_000,
        "share": share.hex(),
    })
    for name, expect, data in [
        ("empty", "truncated", b""),
        ("head_truncated", "truncated", head(share)[:63]),
        ("magic", "magic", head(share, magic=b"HLSX")),
        ("version", "version", head(share, version=2)),
        ("class_0", "class", head(share, class_=0)),
        ("class_6", "class", head(share, class_=6)),
        ("randomness_0", "grade", head(share, randomness=0)),
        ("randomness_4", "grade", head(share, randomness=4)),
        ("link_0", "grade", head(share, link=0)),
        ("link_5", "grade", head(share, link=5)),
        ("k_is_1", "threshold", head(share, k=1)),
        ("k_above_n", "threshold", head(share, k=4)),
        ("point_0", "point", head(share, x=0)),
        ("point_beyond_n", "point", head(share, x=4)),
        ("reserved_byte_set", "reserved", head(share, zero=1)),
        ("reserved_tail_set", "reserved", head(share, reserved=bytes(19) + b"\x01")),
        ("share_truncated", "length", head(share)[:-1]),
        ("share_with_more", "length", head(share) + b"\0"),
    ]:
        write("share-object", name,
              {"spec": "share-object.md 1", "expect": expect, "object": data.hex()})
    second_version(share)


def second_version(share):
    good = dict(version=2, zero=2, class_=2, k=3, n=5, x=5, epoch=0)
    write("share-object", "good_dispersal", {
        "spec": "share-object.md 2", "expect": "ok", "object": head(share, **good).hex(),
        "class": 2, "randomness": 1, "link": 1, "k": 3, "n": 5, "x": 5, "epoch": 0, "scheme": 2,
        "generation": 7, "sequence": (5 << 32) | 9, "dealt": 1_700_000_000_000,
        "share": share.hex(),
    })
    for name, expect, data in [
        ("version_2_of_shamir_s_scheme", "version", head(share, version=2, zero=1)),
        ("version_2_of_an_unknown_scheme", "version", head(share, version=2, zero=3)),
        ("version_1_of_another_scheme", "reserved", head(share, version=1, zero=2)),
        ("version_3", "version", head(share, version=3, zero=2)),
        ("version_0", "version", head(share, version=0)),
    ]:
        write("share-object", name,
              {"spec": "share-object.md 2", "expect": expect, "object": data.hex()})


# --- bundle.md ---------------------------------------------------------------------------------

def zstd(data):
    """RFC 8878: one frame of raw blocks, single segment, 8-byte content size, no checksum."""
    frame = bytes.fromhex("28b52ffd") + b"\xe0" + struct.pack("<Q", len(data))
    pieces = [data[at:at + 100_000] for at in range(0, len(data), 100_000)] or [b""]
    for number, piece in enumerate(pieces, 1):
        last = 1 if number == len(pieces) else 0
        frame += struct.pack("<I", last | len(piece) << 3)[:3] + piece
    return frame


def padme(length):
    if length <= 4096:
        return 4096
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def file_fields(size, digest, seconds=-5, nanos=7):
    return struct.pack(">QqI", size, seconds, nanos) + digest


def entry(kind, path, rest=b"", reserved=0):
    return struct.pack(">BBH", kind, reserved, len(path)) + path + rest


def content(path, data, size=None, index=0, count=1, length=None):
    size = len(data) if size is None else size
    length = len(data) if length is None else length
    digest = hashlib.sha256(data).digest()
    return entry(1, path, file_fields(size, digest) + struct.pack(">III", index, count, length))


def bundle(entries=(), contents=b"", count=None, class_=1, kind=1, facility=b"1318814790",
           patient=b"0000781125", label=b"kochi", magic=b"HLBN", version=1, compression=1, zero=0,
           toc_length=None, contents_length=None, body=None, tail_zero=0, pad=True, after=b""):
    toc = struct.pack(">I", len(entries) if count is None else count) + b"".join(entries)
    body = zstd(toc + contents) if body is None else body
    out = magic + bytes([version, class_, compression, zero]) + bytes(range(16))
    out += struct.pack(">QQQ", 7, (5 << 32) | 9, 1_700_000_000_000)
    out += bytes([kind, len(facility), len(patient), len(label)])
    out += struct.pack(">III", len(toc) if toc_length is None else toc_length,
                       len(contents) if contents_length is None else contents_length, len(body))
    out += struct.pack(">I", tail_zero) + facility + patient + label + body
    if pad:
        out = out.ljust(padme(len(out)), b"\0")
    return out + after


def run_record(page=0, pages=1, ids=2):
    return struct.pack(">10QII", *range(1, 11), page, pages) + b"".join(
        bytes([at]) * 16 for at in range(1, ids + 1))


def given_up(ids=3):
    return b"".join(bytes([at]) * 16 for at in range(1, ids + 1))


def bundles():
    def case(name, expect, data, **more):
        write("bundle", name, {"spec": "bundle.md 1", "expect": expect, "bundle": data.hex(), **more})

    digest = hashlib.sha256(b"x").digest()
    kinds = [
        content("1318814790/000/078/ｷﾛｸ".encode(), b"hello"),
        entry(2, b"empty/\x8f\xe9"),
        entry(3, b"again", file_fields(5, hashlib.sha256(b"hello").digest())),
        entry(4, b"gone"),
        content(b"none", b""),
        content(b"other", b" world"),
    ]
    case("every_kind_of_entry", "ok", bundle(kinds, b"hello world"), entries=[
        [1, "1318814790/000/078/ｷﾛｸ".encode().hex(), b"hello".hex()],
        [2, b"empty/\x8f\xe9".hex(), ""], [3, b"again".hex(), ""], [4, b"gone".hex(), ""],
        [1, b"none".hex(), ""], [1, b"other".hex(), b" world".hex()],
    ])
    case("no_entries", "ok", bundle(), entries=[])
    case("not_padded", "ok", bundle([entry(4, b"x")], pad=False), entries=[[4, b"x".hex(), ""]])
    big = bytes(at * 7 & 0xFF for at in range(9_000))
    case("padded_beyond_4_kib", "ok", bundle([content(b"big", big)], big),
         entries=[[1, b"big".hex(), big.hex()]])
    case("unassigned_files", "ok", bundle([entry(4, b"x")], facility=b"", patient=b""),
         entries=[[4, b"x".hex(), ""]])
    part = content(b"big", b"tail!", size=(4 << 20) + 5, index=1, count=2)
    case("last_part", "ok", bundle([part], b"tail!"), entries=[[1, b"big".hex(), b"tail!".hex()]])
    member = entry(5, b"1318814790\x000000781125")
    page = dict(facility=b"", patient=b"")
    case("directory_page", "ok", bundle([member], class_=3, kind=2, **page),
         entries=[[5, b"1318814790\x000000781125".hex(), ""]])
    case("root_page", "ok", bundle([entry(5, b"kochi")], class_=5, kind=3, label=b"", **page),
         entries=[[5, b"kochi".hex(), ""]])
    record = run_record()
    case("run_record", "ok", bundle([], record, class_=4, kind=2, **page), entries=[],
         run=list(range(1, 11)), bundles=["01" * 16, "02" * 16])

    good = bundle([entry(4, b"x")], pad=False)
    case("magic", "magic", bundle(magic=b"HLBX"))
    case("version", "version", bundle(version=2))
    case("class_0", "class", bundle(class_=0))
    case("class_6", "class", bundle(class_=6))
    case("compression", "compression", bundle(compression=0))
    case("reserved_byte_set", "padding", bundle(zero=1))
    case("reserved_word_set", "padding", bundle(tail_zero=1))
    case("byte_after_the_body", "padding", bundle(after=b"\x01"))
    case("header_truncated", "truncated", good[:67])
    case("names_truncated", "truncated", good[:70])
    case("body_truncated", "truncated", good[:-1])
    case("toc_too_long", "limit", bundle(toc_length=(4 << 20) + 1))
    case("contents_too_long", "limit", bundle(contents_length=(4 << 20) + 1))
    case("subject_kind_0", "subject", bundle(kind=0))
    case("store_subject_with_messages", "subject", bundle(kind=2, **page))
    case("patient_subject_with_directory", "subject", bundle([member], class_=3))
    case("root_with_a_label", "subject", bundle(class_=5, kind=3, **page))
    case("store_subject_with_a_patient", "subject", bundle([member], class_=3, kind=2))
    case("facility_too_long", "subject", bundle(facility=b"1" * 33))
    case("label_with_a_slash", "subject", bundle(label=b"a/b"))
    case("patient_is_no_utf_8", "subject", bundle(patient=b"\xff\xfe"))
    case("body_is_no_zstd", "body", bundle(body=b"not a frame at all"))
    case("body_is_shorter_than_told", "body", bundle(contents_length=1))
    case("body_is_longer_than_told", "body", bundle([], b"xx", contents_length=1))
    case("entry_truncated", "entry", bundle(count=1))
    case("count_too_small", "entry", bundle([entry(4, b"x"), entry(4, b"y")], count=1))
    case("too_many_entries", "limit", bundle(count=65_537))
    case("kind_0", "entry", bundle([entry(0, b"x")]))
    case("kind_6", "entry", bundle([entry(6, b"x")]))
    case("entry_reserved_set", "padding", bundle([entry(4, b"x", reserved=1)]))
    case("member_in_a_patients_bundle", "entry", bundle([entry(5, b"x")]))
    case("folder_in_a_directory_page", "entry", bundle([entry(2, b"x")], class_=3, kind=2, **page))
    case("entry_in_a_run_record", "entry",
         bundle([entry(4, b"x")], record, class_=4, kind=2, **page))
    case("contents_without_entry", "entry", bundle([], b"x"))
    case("contents_shorter_than_entries", "entry", bundle([content(b"a", b"xy")], b"x"))
    case("part_beyond_count", "entry",
         bundle([content(b"a", b"x", index=1, count=1)], b"x"))
    case("wrong_part_count", "entry", bundle([content(b"a", b"x", index=0, count=2)], b"x"))
    case("part_shorter_than_it_must_be", "entry",
         bundle([content(b"a", b"x", size=(4 << 20) + 5, index=1, count=2)], b"x"))
    case("reference_too_large", "entry",
         bundle([entry(3, b"a", file_fields((64 << 30) + 1, digest))]))
    for name, path in [("empty", b""), ("absolute", b"/etc"), ("dot", b"a/./b"),
                       ("dotdot", b"../x"), ("dotdot_inside", b"a/../../x"), ("double", b"a//b"),
                       ("trailing", b"a/"), ("nul", b"a\0b"), ("too_long", b"a" * 4097)]:
        case(f"path_{name}", "path", bundle([entry(4, path)]))
    case("run_record_page_beyond_pages", "run",
         bundle([], run_record(1, 1), class_=4, kind=2, **page))
    case("run_record_truncated", "run", bundle([], record[:-1], class_=4, kind=2, **page))

    # Since version note 2: given-up lists.
    case("given_up", "ok", bundle([], given_up(), class_=7, kind=2, **page), entries=[],
         bundles=["01" * 16, "02" * 16, "03" * 16])
    case("given_up_empty", "given_up", bundle([], b"", class_=7, kind=2, **page))
    case("given_up_truncated", "given_up", bundle([], given_up()[:-1], class_=7, kind=2, **page))
    case("given_up_with_an_entry", "entry",
         bundle([entry(4, b"x")], given_up(), class_=7, kind=2, **page))
    case("given_up_of_a_patient", "subject", bundle([], given_up(), class_=7))


if __name__ == "__main__":
    handles()
    share_objects()
    bundles()
