"""Second hand for spec/certificates.md: DER by hand, for healthcare roles and public keys.

Writes spec/vectors/hc-role and spec/vectors/spki. Old vectors never change.
"""

import base64
import hashlib
import json
import pathlib

VECTORS = pathlib.Path(__file__).parent.parent / "vectors"


def write(kind, name, document):
    folder = VECTORS / kind
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    assert not path.exists() or path.read_text() == text, f"{path} would change"
    path.write_text(text)


# --- DER ---------------------------------------------------------------------------------------


def tlv(tag, contents):
    size = len(contents)
    if size < 128:
        return bytes([tag, size]) + contents
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + contents


def oid(dotted):
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    out = b""
    for arc in [40 * first + second, *rest]:
        septets = [arc & 127]
        while arc := arc >> 7:
            septets.insert(0, arc & 127 | 128)
        out += bytes(septets)
    return tlv(0x06, out)


def sequence(*parts):
    return tlv(0x30, b"".join(parts))


def set_of(*parts):
    return tlv(0x31, b"".join(sorted(parts)))


# --- hcRole ------------------------------------------------------------------------------------

SCHEME = oid("1.2.392.100495.1.6.1.1")
HEALTHCARE_ACTOR = oid("1.0.17090.0.1")


def actor(text=None, code=None, scheme=SCHEME, regional=b"", text_tag=0x0C, outer=0xA0):
    data = tlv(0xA0, scheme)
    if code is not None:
        data += tlv(0xA1, tlv(0x12, code.encode()))
    if text is not None:
        data += tlv(0xA2, tlv(text_tag, text.encode()))
    return sequence(tlv(outer, tlv(0x31, data)), regional)


def attributes(*attribute):
    return sequence(*attribute)


def healthcare(*actors, sort=True):
    data = set_of(*actors) if sort else tlv(0x31, b"".join(actors))
    return sequence(HEALTHCARE_ACTOR, tlv(0x31, data))


def good(name, extension, *expected):
    listed = [{"scheme": s, "code": c, "text": t} for s, c, t in expected]
    write("hc-role", name, {"extension": extension.hex(), "expect": listed})


def refused(name, extension):
    write("hc-role", name, {"extension": extension.hex(), "expect": "refused"})


MINISTRY = "1.2.392.100495.1.6.1.1"
doctor, pharmacist = actor("Medical Doctor"), actor("Pharmacist", "123")
# The two published vectors of one HCActor each, letter by letter.
assert doctor == base64.b64decode("MCSgIjEgoAwGCiqDCIaRDwEGAQGiEAwOTWVkaWNhbCBEb2N0b3I=")
assert pharmacist == base64.b64decode("MCegJTEjoAwGCiqDCIaRDwEGAQGhBRIDMTIzogwMClBoYXJtYWNpc3Q=")

good("medical_doctor", attributes(healthcare(doctor)), (MINISTRY, None, "Medical Doctor"))
good("pharmacist_with_code", attributes(healthcare(pharmacist)), (MINISTRY, "123", "Pharmacist"))
good(
    "two_roles",
    attributes(healthcare(doctor, pharmacist)),
    (MINISTRY, None, "Medical Doctor"),
    (MINISTRY, "123", "Pharmacist"),
)
good("no_text", attributes(healthcare(actor(code="7"))), (MINISTRY, "7", None))
good(
    "another_scheme",
    attributes(healthcare(actor("Medical Doctor", scheme=oid("1.2.3")))),
    ("1.2.3", None, "Medical Doctor"),
)
good(
    "regional_data_is_passed_over",
    attributes(healthcare(actor("Medical Doctor", regional=tlv(0xA1, sequence(oid("1.2.3")))))),
    (MINISTRY, None, "Medical Doctor"),
)
birth = sequence(oid("1.3.6.1.5.5.7.9.1"), set_of(tlv(0x18, b"19700101000000Z")))
good("another_attribute_first", attributes(birth, healthcare(doctor)), (MINISTRY, None, "Medical Doctor"))
good("another_attribute_only", attributes(birth))

refused("empty", b"")
refused("cut", attributes(healthcare(doctor))[:-1])
refused("a_byte_more", attributes(healthcare(doctor)) + b"\0")
refused("a_set_of_attributes", tlv(0x31, healthcare(doctor)))
refused("the_attribute_twice", attributes(healthcare(doctor), healthcare(pharmacist)))
refused("two_values", attributes(sequence(HEALTHCARE_ACTOR, set_of(set_of(doctor), set_of(pharmacist)))))
refused("no_value", attributes(sequence(HEALTHCARE_ACTOR, set_of())))
refused("no_actor", attributes(healthcare()))
refused("nine_actors", attributes(healthcare(*(actor(code=str(n)) for n in range(9)))))
refused("actors_not_sorted", attributes(healthcare(*sorted([doctor, pharmacist], reverse=True), sort=False)))
refused("an_actor_twice", attributes(healthcare(doctor, doctor, sort=False)))
refused("coded_data_implicit", attributes(healthcare(sequence(tlv(0xA0, tlv(0xA0, SCHEME))))))
refused("coded_data_a_sequence", attributes(healthcare(sequence(tlv(0xA0, sequence(tlv(0xA0, SCHEME)))))))
refused("no_scheme", attributes(healthcare(sequence(tlv(0xA0, tlv(0x31, tlv(0xA2, tlv(0x0C, b"Medical Doctor"))))))))
refused("text_before_code", attributes(healthcare(sequence(tlv(0xA0, tlv(0x31, tlv(0xA0, SCHEME) + tlv(0xA2, tlv(0x0C, b"x")) + tlv(0xA1, tlv(0x12, b"1"))))))))
refused("text_in_printable_string", attributes(healthcare(actor("Medical Doctor", text_tag=0x13))))
refused("code_with_a_letter", attributes(healthcare(actor("Medical Doctor", "12a"))))
refused("empty_text", attributes(healthcare(actor(""))))
refused("text_of_257_bytes", attributes(healthcare(actor("x" * 257))))
refused("text_not_utf8", attributes(healthcare(doctor)).replace(b"Medical", b"Medica\xff"))
refused("tag_of_the_wrong_number", attributes(healthcare(actor("Medical Doctor", outer=0xA3))))
long_form = attributes(healthcare(doctor))
refused("length_in_long_form", long_form[:1] + b"\x81" + long_form[1:])
refused("indefinite_length", b"\x30\x80" + healthcare(doctor) + b"\0\0")

# --- SubjectPublicKeyInfo ----------------------------------------------------------------------

ALGORITHMS = {
    "ml-dsa-65": ("2.16.840.1.101.3.4.3.18", 1952, b""),
    "fn-dsa-512": ("1.3.9999.3.11", 897, b"\x09"),
    "mayo-1": ("1.3.9999.8.1.3", 1420, b""),
    "hss": ("1.2.840.113549.1.9.16.3.17", 60, bytes.fromhex("000000010000000600000004")),
    "xmss": ("1.3.6.1.5.5.7.6.34", 68, bytes.fromhex("00000001")),
    "slh-dsa-128s": ("2.16.840.1.101.3.4.3.20", 32, b""),
    "slh-dsa-128f": ("2.16.840.1.101.3.4.3.21", 32, b""),
}


def key_bytes(name, size, prefix):
    """Any bytes of the right length: these vectors are of the encoding, not of keys."""
    return prefix + hashlib.shake_256(name.encode()).digest(size - len(prefix))


def spki(dotted, key, parameters=b"", unused=0):
    return sequence(sequence(oid(dotted), parameters), tlv(0x03, bytes([unused]) + key))


for name, (dotted, size, prefix) in ALGORITHMS.items():
    key = key_bytes(name, size, prefix)
    expected = {"algorithm": name, "key": key.hex()}
    write("spki", name, {"spki": spki(dotted, key).hex(), "expect": expected})
    bad = {
        "parameters_null": spki(dotted, key, b"\x05\x00"),
        "a_byte_less": spki(dotted, key[:-1]),
        "a_byte_more": spki(dotted, key + b"\0"),
        "unused_bits": spki(dotted, key[:-1] + b"\0", unused=1),
        "a_byte_after": spki(dotted, key) + b"\0",
    }
    if name in ("hss", "xmss"):
        bad["another_parameter_set"] = spki(dotted, prefix[:-1] + b"\2" + key[len(prefix) :])
    if name == "hss":
        bad["two_levels"] = spki(dotted, b"\0\0\0\2" + key[4:])
        bad["in_an_octet_string"] = spki(dotted, tlv(0x04, key))
    if name == "xmss":
        old = "0.4.0.127.0.15.1.1.13.0"
        bad["identifier_before_the_rfc"] = spki(old, key)
    for what, bytes_ in bad.items():
        write("spki", f"{name}_{what}", {"spki": bytes_.hex(), "expect": "refused"})

# --- State of a stateful root ------------------------------------------------------------------

ROOT_KEY = hashlib.shake_256(b"root").digest(32)


def chain(before, words):
    return hashlib.sha256(f"{before}\n{words}".encode()).hexdigest()


def ledger(*lines, first=0, end=1024):
    """The text, and the chain's value after each line."""
    name = hashlib.sha256(ROOT_KEY).hexdigest()
    header = f"hlincos index ledger 1 {name} {first} {end}"
    text, links = header + "\n", [chain("", header)]
    for line in lines:
        links.append(chain(links[-1], line))
        text += f"{line} {links[-1]}\n"
    return text, links


def mark(link, file=77):
    return f"hlincos index mark 1 {hashlib.sha256(ROOT_KEY).hexdigest()} {file} {link}\n"


def state(name, text, mark_text, expect, free=None):
    write(
        "root-state",
        name,
        {"key": ROOT_KEY.hex(), "ledger": text, "mark": mark_text, "file": 77, "free": free, "expect": expect},
    )


text, links = ledger("sign 0 1 1795611600", "skip 1 9 1795611700", "hand 512 1024 1795611800")
state("fits", text, mark(links[3]), "fits", [9, 512])
state("the_mark_is_one_line_behind", text, mark(links[2]), "behind", [9, 512])
state("the_mark_is_two_lines_behind", text, mark(links[1]), "the mark was put back")
older, older_links = ledger("sign 0 1 1795611600")
state("the_ledger_is_older", older, mark(links[3]), "the ledger was put back")
state("another_file", text, mark(links[3], 78), "copied")
part, part_links = ledger("sign 512 513 1795611900", first=512)
state("a_part_of_the_leaves", part, mark(part_links[1]), "fits", [513, 1024])
bad, _ = ledger("sign 1 2 1795611600")
state("the_first_leaf_is_left_out", bad, mark(links[1]), "damaged")
bad, _ = ledger("sign 0 2 1795611600")
state("two_leaves_sign_at_once", bad, mark(links[1]), "damaged")
bad, _ = ledger("sign 0 1 1795611600", "sign 0 1 1795611700")
state("a_leaf_signs_twice", bad, mark(links[1]), "damaged")
bad, _ = ledger("hand 512 1024 1795611600", "sign 0 1 1795611700", "hand 511 1024 1795611800")
state("leaves_are_handed_over_twice", bad, mark(links[1]), "damaged")
bad, _ = ledger("lend 0 1 1795611600")
state("a_line_of_another_kind", bad, mark(links[1]), "damaged")
state("a_time_was_changed", text.replace("1795611700", "1795611701"), mark(links[3]), "damaged")

# --- Seeds of leaves ---------------------------------------------------------------------------

LABEL = b"hlincos leaf seed 1".ljust(24, b"\0")


def leaf_seed(root, public, index):
    seed, place = root, 1
    for bit in range(9, -1, -1):
        place = 2 * place + (index >> bit & 1)
        seed = hashlib.sha256(LABEL + place.to_bytes(2, "big") + seed + public).digest()
    assert place == 1024 + index
    return seed


root_seed = bytes(range(32))
for name, public in (("hss", bytes(range(100, 116))), ("xmss", bytes(range(100, 132)))):
    leaves = {str(index): leaf_seed(root_seed, public, index).hex() for index in (0, 1, 511, 512, 1023)}
    write("leaf-seeds", name, {"root_seed": root_seed.hex(), "public": public.hex(), "leaves": leaves})
