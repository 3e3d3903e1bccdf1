"""Second hand for spec/dispersal.md: scalar fields, brute force; AES-GCM from the package `cryptography`.

    python3 spec/reference/dispersal.py            write spec/vectors/dispersal
    python3 spec/reference/dispersal.py --check    compare them with the files

Running it again writes the same bytes. Every expectation is what `combine` below makes of the case.
Where `cryptography` is not installed nothing is written or compared, and it says so.
"""

import hashlib
import itertools
import json
import pathlib
import sys

import sharing
from sharing import Stream, flip, interpolate

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    sys.exit("not done: the Python package `cryptography` is not installed")

OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "dispersal"
STRIPE, HEAD = 65536, 72


def bound_to(k, n, length):
    return b"hlincos dispersal 1" + bytes([k, n]) + length.to_bytes(8, "big")


def nonce(number):
    return bytes(4) + number.to_bytes(8, "big")


def chunk_lengths(k, length):
    """Lengths of the chunks of a secret; one empty chunk for the empty secret."""
    return [min(k * STRIPE, length - at) for at in range(0, max(length, 1), k * STRIPE)]


def piece_length(k, chunk):
    return -(-(chunk + 16) // k)


def split(k, n, secret, stream):
    key = stream.take(32)
    shares = [bytearray(s) for s in sharing.split(k, n, key + len(secret).to_bytes(8, "big"), stream)]
    at = 0
    for number, length in enumerate(chunk_lengths(k, len(secret))):
        sealed = AESGCM(key).encrypt(nonce(number), secret[at:at + length], bound_to(k, n, len(secret)))
        at += length
        size = piece_length(k, length)
        sealed = sealed.ljust(k * size, b"\0")
        stripes = {x: sealed[(x - 1) * size:x * size] for x in range(1, k + 1)}
        for x, share in enumerate(shares, 1):
            share += stripes[x] if x <= k else interpolate(stripes, x)
    return [bytes(share) for share in shares]


def combine(k, n, answers):
    """(secret, culprits, suspects), or the word of a refusal."""
    points = [point for point, _ in answers]
    if len(set(points)) < len(points):
        return "same point"
    if any(point > n for point in points):
        return "beyond n"
    if len(answers) < k:
        return "too few"
    lengths = [len(share) for _, share in answers if len(share) > HEAD]
    if not lengths:
        return "wrong length"
    length = max(set(lengths), key=lambda length: (lengths.count(length), length))
    column = {point: share for point, share in answers if len(share) == length}
    head = sharing.combine(k, n, [(point, share[:HEAD]) for point, share in column.items()])
    if isinstance(head, str):
        return head
    (known, culprits, suspects) = head
    key, total = known[:32], int.from_bytes(known[32:], "big")
    pieces = [piece_length(k, chunk) for chunk in chunk_lengths(k, total)] if total <= length * k else []
    if HEAD + sum(pieces) != length:
        return "wrong length"
    culprits = set(culprits) | {point for point, share in answers if len(share) != length}
    secret, at = b"", HEAD
    for number, (size, chunk) in enumerate(zip(pieces, chunk_lengths(k, total))):
        told = {x: share[at:at + size] for x, share in column.items()}
        for chosen in itertools.combinations(told, k):
            some = {x: told[x] for x in chosen}
            stripes = {x: some[x] if x in some else interpolate(some, x) for x in range(1, k + 1)}
            sealed = b"".join(stripes.values())
            if any(sealed[chunk + 16:]):
                continue
            try:
                secret += AESGCM(key).decrypt(nonce(number), sealed[:chunk + 16], bound_to(k, n, total))
            except InvalidTag:
                continue
            break
        else:
            return "no agreement"
        culprits |= {x for x in told if (stripes[x] if x <= k else interpolate(stripes, x)) != told[x]}
        at += size
    return secret, sorted(culprits), sorted(set(suspects) - culprits)


WRITTEN = {}


def put(name, case):
    WRITTEN[f"{name}.json"] = json.dumps({"spec": "dispersal.md 1", **case}, indent=1) + "\n"


def write(name, k, n, answers, expect, seed=None):
    outcome = combine(k, n, answers)
    case = {"k": k, "n": n, "answers": [[point, share.hex()] for point, share in answers]}
    if seed is not None:
        case["seed"] = seed
    if isinstance(outcome, str):
        assert outcome == expect, (name, outcome)
        case["expect"] = outcome
    else:
        assert outcome == expect, (name, outcome)
        secret, culprits, suspects = outcome
        case |= {"expect": "secret", "secret": secret.hex(), "culprits": culprits, "suspects": suspects}
    put(name, case)


def dealt(name, k, n, secret):
    return list(enumerate(split(k, n, secret, Stream(name)), 1))


def honest():
    secrets = {
        "empty": (2, 3, b""),
        "one_byte": (2, 3, b"x"),
        "one_block": (2, 3, bytes(range(16))),
        "three_of_five": (3, 5, b"three of five sites restore this"),
        "padding_of_two": (3, 4, bytes(range(33))),
        "five_of_nine": (5, 9, b"five of nine"),
        "k_is_n": (4, 4, b"all or nothing"),
    }
    for name, (k, n, secret) in secrets.items():
        answers = dealt(name, k, n, secret)
        write(name, k, n, answers, (secret, [], []), seed=name)
        write(f"{name}_last_k", k, n, answers[-k:], (secret, [], []))
    for name, length in (("one_whole_chunk", 2 * STRIPE), ("two_chunks", 2 * STRIPE + 21)):
        secret = bytes((at * 167 >> 3) & 0xFF for at in range(length))
        shares = split(2, 3, secret, Stream(name))
        put(name, {
            "k": 2, "n": 3, "seed": name, "expect": "digest", "length": length,
            "secret_rule": "byte i is (i * 167 >> 3) mod 256",
            "shares_sha256": hashlib.sha256(b"".join(shares)).hexdigest(),
        })


def liars():
    secret = b"the liar is named"
    good = dealt("liar", 2, 3, secret)
    for what, at in [("key", 0), ("key_tag", 71), ("stripe", 72), ("cipher_tag_or_padding", len(good[0][1]) - 1)]:
        for liar in (1, 2, 3):
            wrong = [(x, flip(share, at) if x == liar else share) for x, share in good]
            write(f"liar_{liar}_in_{what}", 2, 3, wrong, (secret, [liar], []))
        write(f"liar_in_{what}_among_k", 2, 3, [good[0], (2, flip(good[1][1], at))], "no agreement")
    three = dealt("liar in padding", 3, 5, bytes(33))
    wrong = three[:2] + [(3, flip(three[2][1], len(three[2][1]) - 1))] + three[3:]
    write("liar_in_padding_alone", 3, 5, wrong, (bytes(33), [3], []))
    write("liar_in_padding_alone_among_k", 3, 5, wrong[:3], "no agreement")
    two = dealt("two liars", 3, 5, secret)
    wrong = [(x, flip(share, 74 + x) if x in (1, 4) else share) for x, share in two]
    write("two_liars_of_five", 3, 5, wrong, (secret, [1, 4], []))
    wrong = [(x, flip(share, 74 + x) if x != 1 and x != 5 else share) for x, share in two]
    write("three_liars_of_five", 3, 5, wrong, "no agreement")
    # Offsets that are 0 at 0 and at point 3: the key comes out right and cannot tell who lied.
    def offset(x):
        return sharing.mul8(x, x ^ 3)
    wrong = [(x, flip(share, 0, offset(x)) if x < 3 else share) for x, share in two]
    write("liars_who_cancel_at_zero_in_the_key", 3, 5, wrong, (secret, [], [1, 2, 4, 5]))
    short = [good[0], (2, good[1][1][:-1]), good[2]]
    write("liar_too_short", 2, 3, short, (secret, [2], []))
    other = dealt("another secret", 2, 3, b"another secret!!!")
    write("liar_of_another_secret", 2, 3, [good[0], good[1], other[2]], (secret, [3], []))


def refusals():
    good = dealt("liar", 2, 3, b"the liar is named")
    write("too_few", 2, 3, good[:1], "too few")
    write("no_answers", 2, 3, [], "too few")
    write("point_twice", 2, 3, [good[0], good[0]], "same point")
    write("point_beyond_n", 2, 3, [good[0], (4, good[1][1])], "beyond n")
    write("a_head_alone", 2, 3, [(x, share[:HEAD]) for x, share in good], "wrong length")
    write("cut_short_alike", 2, 3, [(x, share[:-1]) for x, share in good], "wrong length")
    write("longer_alike", 2, 3, [(x, share + b"\0") for x, share in good], "wrong length")
    write("of_another_threshold", 2, 3, dealt("liar", 2, 4, b"the liar is named")[:3], "no agreement")


def main(arguments):
    honest()
    liars()
    refusals()
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
