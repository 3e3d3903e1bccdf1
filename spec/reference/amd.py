"""Second hand for spec/amd.md: the field bit by bit, standard library only.

    python3 spec/reference/amd.py            write spec/vectors/amd
    python3 spec/reference/amd.py --check    compare them with the files
"""

import hashlib
import json
import pathlib
import sys

from sharing import mul128, element, block

OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "amd"
WRITTEN = {}


def tag(chunk, point):
    """Horner's rule from the highest power, where `sharing.py` sums powers: two ways, one tag."""
    blocks = [chunk[at:at + 16].ljust(16, b"\0") for at in range(0, len(chunk), 16)]
    if len(blocks) % 2 == 0:
        blocks.append(bytes(16))
    x, total = element(point), 1
    total = mul128(total, x)
    for item in blocks:
        total = mul128(total, x) ^ element(item)
    return block(mul128(total, x))


def noise(name, length):
    parts = (hashlib.sha256(f"{name}/{at}".encode()).digest() for at in range(length // 32 + 1))
    return b"".join(parts)[:length]


def put(name, expect, chunk, x, f):
    case = {"spec": "amd.md 1", "expect": expect, "chunk": chunk.hex(), "x": x.hex(), "f": f.hex()}
    WRITTEN[f"{name}.json"] = json.dumps(case, indent=1) + "\n"


def good():
    chunks = {
        "empty": b"",
        "one_byte": b"a",
        "one_block": bytes(range(16)),
        "seventeen_bytes_are_padded_to_three_blocks": bytes(range(17)),
        "two_blocks_are_padded_to_three": bytes(range(32)),
        "three_blocks": bytes(range(48)),
        "zeros": bytes(100),
        "many_blocks": noise("many", 1_000),
        "more_than_any_vector_path_takes_at_once": noise("more", 4_096 + 9),
    }
    for name, chunk in chunks.items():
        x = noise(f"x of {name}", 16)
        put(name, "match", chunk, x, tag(chunk, x))
    put("x_is_zero", "match", b"abc", bytes(16), tag(b"abc", bytes(16)))
    one = bytes([0x80]) + bytes(15)
    put("x_is_one", "match", b"abc", one, tag(b"abc", one))
    last = bytes(15) + b"\1"
    put("x_has_its_last_bit", "match", noise("last", 90), last, tag(noise("last", 90), last))


def bad():
    chunk, x = noise("bad", 80), noise("x of bad", 16)
    f = tag(chunk, x)

    def flip(value, at, bit=1):
        return value[:at] + bytes([value[at] ^ bit]) + value[at + 1:]

    put("bit_of_chunk", "mismatch", flip(chunk, 33, 0x10), x, f)
    put("bit_of_x", "mismatch", chunk, flip(x, 15), f)
    put("bit_of_f", "mismatch", chunk, x, flip(f, 0, 0x80))
    swapped = chunk[16:32] + chunk[:16] + chunk[32:]
    put("blocks_swapped", "mismatch", swapped, x, f)
    for case in (swapped, flip(chunk, 33, 0x10)):
        assert tag(case, x) != f
    assert tag(chunk, flip(x, 15)) != f


def main(arguments):
    good()
    bad()
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
