"""Second hand for spec/channel.md: standard library only.

    python3 spec/reference/channel.py            write spec/vectors/channel
    python3 spec/reference/channel.py --check    compare them with the files

GHASH, HKDF, AES-256-GCM and CRC-32C are by hand; scrypt is hashlib's.
"""

import hashlib
import hmac
import json
import pathlib
import struct
import sys

from record import aes256
from sharing import block, element, mul128

OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "channel"
WRITTEN = {}


def put(name, **case):
    shown = {key: value.hex() if isinstance(value, bytes) else value for key, value in case.items()}
    WRITTEN[f"{name}.json"] = json.dumps({"spec": "channel.md 1", **shown}, indent=1) + "\n"


def noise(name, length):
    parts = (hashlib.sha256(f"{name}/{at}".encode()).digest() for at in range(length // 32 + 1))
    return b"".join(parts)[:length]


def flip(value, at, bit=1):
    at %= len(value)
    return value[:at] + bytes([value[at] ^ bit]) + value[at + 1:]


# --- Primitives --------------------------------------------------------------------------------

def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def padded(data):
    return data + bytes(-len(data) % 16)


def ghash(key, data):
    h, total = element(key), 0
    for at in range(0, len(data), 16):
        total = mul128(total ^ element(data[at:at + 16]), h)
    return block(total)


def lengths(a, b):
    return struct.pack(">QQ", 8 * len(a), 8 * len(b))


def gcm(key, nonce, plain, aad):
    """NIST SP 800-38D, section 7.1, for nonces of 12 bytes."""
    stream = b"".join(aes256(key, nonce + struct.pack(">I", 2 + at))
                      for at in range(-(-len(plain) // 16)))
    cipher = xor(plain, stream[:len(plain)])
    total = ghash(aes256(key, bytes(16)), padded(aad) + padded(cipher) + lengths(aad, cipher))
    return cipher + xor(total, aes256(key, nonce + b"\0\0\0\1"))


# The GCM specification, test cases 13 and 14.
assert gcm(bytes(32), bytes(12), b"", b"").hex() == "530f8afbc74536b9a963b4f1c4cb738b"
assert gcm(bytes(32), bytes(12), bytes(16), b"").hex() \
    == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha384).digest()


def hkdf(salt, secret, info, length=32):
    """RFC 5869 with SHA-384; an absent salt is 48 zeros."""
    extracted = mac(salt or bytes(48), secret)
    out, last, counter = b"", b"", 1
    while len(out) < length:
        last = mac(extracted, last, info, bytes([counter]))
        out, counter = out + last, counter + 1
    return out[:length]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


# --- 1 and 2: link ids, offsets, heads -----------------------------------------------------------

def link_id(number=7, class_=0, direction=0):
    return number << 3 | class_ << 1 | direction


def head(suite=1, flags=0, link=None, seq=0, place=32, length=5, generation=2, magic=b"HLQ1"):
    link = link_id() if link is None else link
    return magic + struct.pack(">BBHQQII", suite, flags, link, seq, place, length, generation)


def heads():
    good = dict(suite=3, flags=1, link=link_id(8191, 2, 1), seq=1 << 40, place=9, length=16384,
                generation=0xFFFFFFFF)
    put("head_good", expect="ok", bytes=head(**good), **{**good, "link": 8191, "class": 2,
                                                         "direction": 1})
    put("head_shortest_payload", expect="ok", bytes=head(length=1), suite=1, flags=0, link=7,
        seq=0, place=32, length=1, generation=2, direction=0, **{"class": 0})
    for name, expect, data in [
        ("empty", "truncated", b""),
        ("truncated", "truncated", head()[:31]),
        ("magic", "magic", head(magic=b"HLQ2")),
        ("suite_0", "suite", head(suite=0)),
        ("suite_5", "suite", head(suite=5)),
        ("flags_2", "flags", head(flags=2)),
        ("flags_all", "flags", head(flags=255)),
        ("class_3", "link", head(link=link_id(7, 3))),
        ("no_payload", "length", head(length=0)),
        ("payload_too_long", "length", head(length=16385)),
        ("payload_of_4_gib", "length", head(length=0xFFFFFFFF)),
    ]:
        put(f"head_{name}", expect=expect, bytes=data)


# --- 3: suites -----------------------------------------------------------------------------------

BLOCK = noise("block", 4096)


def pad_frame(pad, at, plain, **fields):
    """`at` is the place of the frame's pad in its block."""
    fields = {"place": fields.pop("base", 0) + at, "length": len(plain), **fields}
    front = head(suite=1, **fields)
    cipher = xor(plain, pad[at + 16:at + 16 + len(plain)])
    total = ghash(pad[:16], front + padded(cipher) + lengths(front, cipher))
    return front + cipher + xor(total, pad[at:at + 16])


def transcript(client=b"client hello", server=b"server hello"):
    return hashlib.sha384(client + server).digest()


def context(suite, place, link=None, generation=2):
    link = link_id() if link is None else link
    return b"HLINCOS v1" + struct.pack(">BHIQ", suite, link, generation, place) + transcript()


def gcm_frame(okm, plain, **fields):
    front = head(length=len(plain), **fields)
    nonce = okm[32:] + front[8:16]
    return front + gcm(okm[:32], nonce, plain, front)


def pad_frames():
    for name, at, plain, more in [
        ("one_byte", 32, b"a", {}),
        ("a_whole_block_of_ghash", 33, noise("plain", 16), {"seq": 3}),
        ("seventeen_bytes", 100, noise("plain", 17), {"flags": 1}),
        ("a_thousand_bytes", 40, noise("plain", 1000), {"seq": 1 << 33, "generation": 77}),
        ("to_the_end_of_the_block", 4096 - 16 - 30, noise("plain", 30), {}),
        ("in_a_qkd_block", 32, b"quantum", {"base": 1 << 63 | 5 * 4096}),
    ]:
        frame = pad_frame(BLOCK, at, plain, **more)
        put(f"pad_{name}", expect="ok", pad=BLOCK, frame=frame, plain=plain)
    right = pad_frame(BLOCK, 64, b"twenty bytes of text")
    for name, expect, frame in [
        ("bit_of_payload", "tag", flip(right, 40)),
        ("bit_of_tag", "tag", flip(right, -1)),
        ("bit_of_seq", "tag", flip(right, 15)),
        ("bit_of_flags", "tag", flip(right, 5)),
        ("bit_of_generation", "tag", flip(right, 31)),
        ("another_place", "tag", flip(right, 23, 4)),
        ("another_block", "pad", flip(right, 22, 16)),
        ("another_source", "pad", flip(right, 16, 128)),
        ("in_the_head_of_the_block", "pad", pad_frame(BLOCK, 31, b"x")),
        ("beyond_the_block", "pad", head(place=4096 - 16, length=1) + bytes(17)),
    ]:
        put(f"pad_{name}", expect=expect, pad=BLOCK, frame=frame)


def keyed_frames():
    plain = noise("keyed", 333)
    place = 1 << 63 | 96
    okm = hkdf(b"", BLOCK[96:128], context(2, place), 36)
    put("epoch_frame", suite=2, pad=BLOCK, place=f"{place:016x}", transcript=transcript(),
        frame=gcm_frame(okm, plain, suite=2, place=place, seq=6), plain=plain)

    control = noise("control", 32)
    slices = [noise(f"slice {at}", 32) for at in range(3)]
    chain = hkdf(b"", control, b"HLINCOS v1 chain\x01")
    chains = [chain]
    for piece in slices:
        chain = hkdf(chain, piece, b"HLINCOS v1 chain step")
        chains.append(chain)
    psk = hkdf(chains[2], slices[2], context(3, 0))
    ingredients = [noise("qkd", 32), noise("kem", 32), noise("x25519", 32), slices[2]]
    mixed = b"".join(struct.pack(">I", len(part)) + part for part in ingredients)
    key_id = b"0190a3b4-0000-7000-8000-0123456789ab"
    hybrid = hkdf(chains[2], mixed, context(4, 0) + key_id)
    alone = b"".join(struct.pack(">I", len(part)) + part for part in
                     [b"", ingredients[1], ingredients[2], b""])
    put("ratchet", control=control, server=1, slices=[piece.hex() for piece in slices],
        chains=[key.hex() for key in chains], transcript=transcript(), psk=psk,
        qkd=ingredients[0], kem=ingredients[1], x25519=ingredients[2], key_id=key_id.decode(),
        hybrid=hybrid, hybrid_alone=hkdf(b"", alone, context(4, 0)))
    for name, suite, secret in [("psk", 3, psk), ("hybrid", 4, hybrid)]:
        for step in range(2):
            okm = hkdf(b"", secret, b"HLINCOS v1 frame", 36)
            put(f"{name}_frame_of_step_{step}", suite=suite, secret=[psk, hybrid][suite - 3],
                frame=gcm_frame(okm, plain, suite=suite, place=step, seq=step), plain=plain)
            secret = hkdf(b"", secret, b"HLINCOS v1 step")


# --- 4: hello ------------------------------------------------------------------------------------

def long_part(part):
    return struct.pack(">I", len(part)) + part


CONTROL_KEY = noise("control", 32)
HELLO_KEY = hkdf(b"", long_part(CONTROL_KEY) + long_part(b""), b"HLINCOS v1 hello")
VIEWS = [(3, 3, 90), (5, 6, 9), (2, 2, 90), (7, 7, 7)]


def key_id(text=None, uuid=None):
    return b"\0" + uuid if uuid else bytes([len(text)]) + text


def client_hello(key=HELLO_KEY, magic=b"HLQC", version=1, flags=3, link=None, nonce=b"n" * 32,
                 generation=4, minimum=2, source=1, first=3, views=VIEWS, epoch=6,
                 exchange=noise("exchange", 1600), qkd=b"", more=b"", length=None):
    link = link_id() if link is None else link
    out = magic + bytes([version, flags]) + struct.pack(">H", link) + nonce
    out += struct.pack(">IBB", generation, minimum, source)
    body = struct.pack(">Q", first)
    body += b"".join(struct.pack(">QQQ", *view) for view in views)
    body += struct.pack(">Q", epoch) + exchange + qkd + more
    told = len(out) + 2 + len(body) + 48 if length is None else length
    out += struct.pack(">H", told) + body
    return out + mac(key, b"client", out)


def server_hello(client, key=HELLO_KEY, magic=b"HLQS", flags=3, link=None, nonce=b"s" * 32,
                 generation=5, minimum=3, source=0x81, first=2, views=VIEWS, epoch=6,
                 exchange=noise("answer", 1600)):
    link = link_id(direction=1) if link is None else link
    out = magic + bytes([1, flags]) + struct.pack(">H", link) + nonce
    out += struct.pack(">IBB", generation, minimum, source)
    body = struct.pack(">Q", first)
    body += b"".join(struct.pack(">QQQ", *view) for view in views)
    body += struct.pack(">Q", epoch) + exchange
    out += struct.pack(">H", len(out) + 2 + len(body) + 48) + body
    return out + mac(key, b"server", client, out)


def finish(client, server, granted=1, key=HELLO_KEY):
    front = b"HLQF" + bytes([1, granted, 0, 0])
    return front + mac(key, b"finish", front, transcript(client, server))


def hellos():
    uuid = bytes(range(16))
    client = client_hello()
    server = server_hello(client)
    put("hello_good", expect="ok", control=CONTROL_KEY, key=HELLO_KEY, client=client,
        server=server, finish=finish(client, server), granted=True,
        transcript=transcript(client, server))
    put("hello_declined", expect="ok", control=CONTROL_KEY, key=HELLO_KEY, client=client,
        server=server, finish=finish(client, server, granted=0), granted=False,
        transcript=transcript(client, server))
    qkd_key = hkdf(b"", long_part(b"") + long_part(b"q" * 32), b"HLINCOS v1 hello")
    put("client_hello_with_a_uuid", expect="ok", key=qkd_key, qkd_key=b"q" * 32,
        qkd="00010203-0405-0607-0809-0a0b0c0d0e0f",
        bytes=client_hello(key=qkd_key, flags=4, source=0, first=0, epoch=0, exchange=b"",
                           qkd=key_id(uuid=uuid)))
    put("client_hello_with_another_id", expect="ok", key=HELLO_KEY, qkd="KEY/7#a",
        bytes=client_hello(flags=7, qkd=key_id(b"KEY/7#a")))
    put("client_hello_after_damage", expect="ok", key=HELLO_KEY, qkd=None,
        bytes=client_hello(flags=11))
    bare = dict(flags=0, epoch=0, exchange=b"")
    put("client_hello_bare", expect="ok", key=HELLO_KEY, qkd=None,
        bytes=client_hello(**bare, source=0, first=0))
    for name, expect, data in [
        ("magic", "malformed", client_hello(magic=b"HLQS")),
        ("version", "malformed", client_hello(version=2)),
        ("unknown_flag", "malformed", client_hello(flags=19)),
        ("epoch_without_flag", "malformed", client_hello(flags=2)),
        ("exchange_missing", "malformed", client_hello(exchange=b"")),
        ("exchange_short", "malformed", client_hello(exchange=bytes(1599))),
        ("too_long", "malformed", client_hello(more=bytes(200))),
        ("one_byte_more", "malformed", client_hello(more=b"\0")),
        ("length_of_nothing", "malformed", client_hello(length=96)),
        ("class_3", "link", client_hello(link=link_id(7, 3))),
        ("level_0", "malformed", client_hello(minimum=0)),
        ("level_6", "malformed", client_hello(minimum=6)),
        ("source_3", "malformed", client_hello(source=3)),
        ("block_without_source", "malformed", client_hello(source=0)),
        ("block_too_far", "malformed", client_hello(first=1 << 43)),
        ("stock_ends_before_it_begins", "malformed", client_hello(views=[(3, 3, 2)] + VIEWS[1:])),
        ("stock_too_far", "malformed", client_hello(views=[(3, 3, (1 << 43) + 1)] + VIEWS[1:])),
        ("ledger_too_far", "malformed", client_hello(views=[((1 << 43) + 1, 3, 4)] + VIEWS[1:])),
        ("key_id_empty_uuid", "malformed", client_hello(flags=7, qkd=b"\0")),
        ("key_id_too_long", "malformed", client_hello(flags=7, qkd=key_id(b"x" * 65))),
        ("key_id_with_a_blank", "malformed", client_hello(flags=7, qkd=key_id(b"a b"))),
        ("uuid_as_text", "malformed",
         client_hello(flags=7, qkd=key_id(b"00010203-0405-0607-0809-0a0b0c0d0e0f"))),
        ("truncated", "more", client[:-1]),
        ("truncated_in_its_head", "more", client[:47]),
        ("mac", "mac", flip(client, -1)),
        ("bit_of_nonce", "mac", flip(client, 8)),
        ("bit_of_a_view", "mac", flip(client, 63)),
    ]:
        put(f"client_hello_{name}", expect=expect, key=HELLO_KEY, bytes=data)
    for name, expect, data in [
        ("mac", "mac", flip(server, -1)),
        ("of_another_client", "mac", server_hello(client_hello(nonce=b"o" * 32))),
        ("magic", "malformed", server_hello(client, magic=b"HLQC")),
        ("unknown_flag", "malformed", server_hello(client, flags=7)),
        ("source_3", "malformed", server_hello(client, source=3)),
    ]:
        put(f"server_hello_{name}", expect=expect, key=HELLO_KEY, client=client, bytes=data)
    for name, data in [
        ("mac", flip(finish(client, server), -1)),
        ("granted_2", finish(client, server, granted=2)),
        ("granted_changed", flip(finish(client, server), 5)),
        ("of_an_earlier_hello", finish(client, server_hello(client, nonce=b"e" * 32))),
    ]:
        put(f"finish_{name}", expect="mac", key=HELLO_KEY, transcript=transcript(client, server),
            bytes=data)


# --- 5 and 6: control frames, manifests, confirms --------------------------------------------------

def row(kind, source=0, count=1, first=9):
    return bytes([kind, source, count]) + struct.pack(">Q", first)


def manifest(number=8, size=128, ids=(key_id(uuid=bytes(16)), key_id(b"second")), count=None):
    count = len(ids) if count is None else count
    return b"\4" + struct.pack(">QIH", number, size, count) + b"".join(ids)


def controls():
    for name, data in [
        ("lease", row(1, 1, 64, (1 << 64) - 1)), ("granted", row(2)), ("declined", row(3)),
        ("manifest", manifest()),
        ("manifest_of_900", manifest(ids=[key_id(uuid=bytes([at & 255, at >> 8] * 8))
                                          for at in range(900)])),
        ("confirmed", b"\5" + struct.pack(">Q", 8) + bytes(range(16))),
        ("lost", b"\6" + struct.pack(">Q", 8)), ("close", b"\7"),
    ]:
        put(f"control_{name}", expect="ok", bytes=data)
    for name, data in [
        ("empty", b""), ("kind_0", b"\0"), ("kind_8", b"\x08"), ("source_2", row(1, 2)),
        ("count_0", row(2, 0, 0)), ("count_65", row(1, 0, 65)), ("truncated", row(1)[:-1]),
        ("one_byte_more", row(1) + b"\0"), ("close_with_more", b"\7\0"),
        ("manifest_truncated", manifest(count=3)), ("manifest_with_more", manifest(count=1)),
        ("manifest_of_901", manifest(ids=[key_id(uuid=bytes(16))] * 901)),
        ("confirmed_truncated", b"\5" + bytes(23)),
    ]:
        put(f"control_{name}", expect="control", bytes=data)
    for size in (256, 4096):
        data = noise(f"confirm {size}", size)
        total = ghash(data[:16], data[32:] + struct.pack(">QQ", 77, size))
        put(f"confirm_{size}", block=data, number=77, tag=xor(total, data[16:32]))


# --- 7: ledger -------------------------------------------------------------------------------------

LEDGER_KEY = noise("ledger key", 32)


def record(number=6, key=LEDGER_KEY, magic=b"HLQL", version=1, end=1, link=7, pad_id=b"p" * 16,
           generation=9, alarms=1, ends=(11, 22, 33, 44), chains=((5, b"a" * 32), (6, b"b" * 32)),
           guessed=0, spoil=None):
    out = magic + struct.pack(">BBHQ", version, end, link, number) + pad_id
    out += struct.pack(">II4Q", generation, alarms, *ends)
    out += b"".join(struct.pack(">Q", epoch) + chain for epoch, chain in chains)
    out = (out + bytes([guessed])).ljust(188, b"\0")
    out += struct.pack(">I", crc32c(out))
    if spoil is not None:
        out = flip(out, spoil)
    return out + mac(key, out)


def ledgers():
    common = dict(key=LEDGER_KEY, link=7, end=1, pad_id=b"p" * 16)
    newer, older = record(6), record(5, ends=(10, 22, 33, 44))
    good = dict(number=6, generation=9, alarms=1, ends=[11, 22, 33, 44])
    put("ledger_good", expect="ok", slots=[newer.hex(), older.hex()], **good, **common,
        chains=[[5, (b"a" * 32).hex()], [6, (b"b" * 32).hex()]])
    put("ledger_odd_is_newer", expect="ok", slots=[newer.hex(), record(7, ends=(12, 22, 33, 45)).hex()],
        **common, number=7, generation=9, alarms=1, ends=[12, 22, 33, 45])
    put("ledger_in_sectors", expect="ok", slots=[(newer + bytes(272)).hex(), (older + bytes(272)).hex()],
        **good, **common)
    put("ledger_first", expect="ok", slots=[None, record(1).hex()], **common, number=1,
        generation=9, alarms=1, ends=[11, 22, 33, 44])
    put("ledger_first_beside_zeros", expect="ok", slots=["00" * 240, record(1).hex()], **common,
        number=1, generation=9, alarms=1, ends=[11, 22, 33, 44])
    further = dict(generation=11, alarms=2)
    put("ledger_torn", expect="ahead", slots=[record(6, spoil=20).hex(), older.hex()], **common,
        number=6, ends=[74, 86, 97, 108], mended=record(6, ends=(74, 86, 97, 108), guessed=1, **further),
        **further)
    put("ledger_one_gone", expect="ahead", slots=[newer.hex(), None], **common, number=7,
        ends=[75, 86, 97, 108], mended=record(7, ends=(75, 86, 97, 108), guessed=1, **further),
        **further)
    for name, expect, slots in [
        ("missing", "missing", [None, None]),
        ("zeros", "missing", [bytes(240), bytes(240)]),
        ("both_torn", "damaged", [record(6, spoil=20), record(5, spoil=21)]),
        ("torn_beside_nothing", "damaged", [record(6, spoil=20), None]),
        ("truncated", "damaged", [newer[:239], older[:239]]),
        ("gap", "damaged", [newer, record(3)]),
        ("the_same_number_twice", "damaged", [newer, newer]),
        ("goes_back", "damaged", [newer, record(5, ends=(12, 22, 33, 44))]),
        ("chain_goes_back", "damaged", [newer, record(5, chains=((7, b"a" * 32), (6, b"b" * 32)))]),
        ("another_key", "foreign", [record(6, key=b"k" * 32), record(5, key=b"k" * 32)]),
        ("one_of_another_key", "foreign", [record(6, key=b"k" * 32), older]),
        ("another_link", "foreign", [record(6, link=8), record(5, link=8)]),
        ("another_end", "foreign", [record(6, end=0), record(5, end=0)]),
        ("another_pad", "foreign", [record(6, pad_id=b"q" * 16), older]),
        ("version", "foreign", [record(6, version=2), older]),
        ("magic", "damaged", [record(6, magic=b"HLQX"), record(5, magic=b"HLQX")]),
    ]:
        put(f"ledger_{name}", expect=expect, **common,
            slots=[slot and slot.hex() for slot in slots])


# --- 9: pad file -----------------------------------------------------------------------------------

SALT, PAD_ID = noise("salt", 16), noise("pad id", 16)
PASSPHRASE = "五右衛門の白浪五人男".encode()
FILE_KEY = hashlib.scrypt(PASSPHRASE, salt=SALT, n=1 << 10, r=8, p=1, dklen=32)


def pad_head(magic=b"HLPD", version=1, end=0, link=7, size=4096, log_n=10, r=8, p=1, physical=0,
             a_to_b=2, b_to_a=1, a="kochi".encode(), b="osaka".encode(), key=FILE_KEY, fill=b"\0"):
    out = magic + struct.pack(">BBH", version, end, link) + PAD_ID
    out += struct.pack(">IBBBB", size, log_n, r, p, physical) + SALT + struct.pack(">QQ", a_to_b, b_to_a)
    out += a.ljust(40, fill) + b.ljust(40, b"\0")
    return out + gcm(key, b"\xff" * 12, b"", out)


def pad_block(number, plain, end=0):
    aad = PAD_ID + bytes([end]) + struct.pack(">Q", number)
    return gcm(FILE_KEY, bytes(4) + struct.pack(">Q", number), plain, aad)


def pad_files():
    plain = noise("block 2", 4096)
    put("pad_file_good", expect="ok", passphrase=PASSPHRASE, head=pad_head(), key=FILE_KEY, end=0,
        link=7, pad_id=PAD_ID, size=4096, a_to_b=2, b_to_a=1, a="kochi", b="osaka", number=2,
        block=pad_block(2, plain), plain=plain)
    for name, data in [
        ("of_another_end", pad_block(2, plain, end=1)), ("of_another_number", pad_block(3, plain)),
        ("with_a_bit_changed", flip(pad_block(2, plain), 9)), ("truncated", pad_block(2, plain)[:-1]),
    ]:
        put(f"pad_block_{name}", expect="block", head=pad_head(), key=FILE_KEY, number=2, block=data)
    put("pad_block_destroyed", expect="gone", head=pad_head(), key=FILE_KEY, number=2,
        block=bytes(4096 + 16))
    for name, expect, data in [
        ("truncated", "truncated", pad_head()[:159]),
        ("magic", "magic", pad_head(magic=b"HLPX")), ("version", "version", pad_head(version=2)),
        ("end_2", "field", pad_head(end=2)), ("link_8192", "field", pad_head(link=8192)),
        ("block_of_2048", "field", pad_head(size=2048)),
        ("block_of_5000", "field", pad_head(size=5000)),
        ("block_of_2_mib", "field", pad_head(size=2 << 20)),
        ("log_n_9", "scrypt", pad_head(log_n=9)), ("log_n_21", "scrypt", pad_head(log_n=21)),
        ("r_0", "scrypt", pad_head(r=0)), ("r_17", "scrypt", pad_head(r=17)),
        ("p_0", "scrypt", pad_head(p=0)), ("p_5", "scrypt", pad_head(p=5)),
        ("two_gib_of_memory", "scrypt", pad_head(log_n=20, r=16)),
        ("source_2", "field", pad_head(physical=2)),
        ("too_many_blocks", "field", pad_head(a_to_b=(1 << 40) + 1)),
        ("too_many_blocks_back", "field", pad_head(b_to_a=1 << 63)),
        ("name_empty", "field", pad_head(a=b"")), ("name_no_utf_8", "field", pad_head(a=b"\xff")),
        ("bytes_behind_a_name", "field", pad_head(a=b"a\0b")),
        ("another_passphrase", "passphrase", pad_head(key=b"k" * 32)),
        ("bit_of_head", "passphrase", flip(pad_head(), 20)),
    ]:
        put(f"pad_file_{name}", expect=expect, head=data, key=FILE_KEY)
    block0 = noise("link block", 64 + 128)
    control = hkdf(b"", block0[:64], b"HLINCOS v1 control")
    ledger = hkdf(b"", block0[:64], b"HLINCOS v1 ledger")
    put("link_block", block=block0, control=control, ledger=ledger,
        slices=[[block0[64:96].hex(), block0[96:128].hex()],
                [block0[128:160].hex(), block0[160:192].hex()]])


def main(arguments):
    heads()
    pad_frames()
    keyed_frames()
    hellos()
    controls()
    ledgers()
    pad_files()
    if arguments == ["--check"]:
        there = {path.name: path.read_text() for path in OUT.glob("*.json")}
        names = WRITTEN.keys() | there.keys()
        wrong = sorted(name for name in names if WRITTEN.get(name) != there.get(name))
        sys.exit(f"these vectors differ: {wrong}" if wrong else 0)
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in WRITTEN.items():
        (OUT / name).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
