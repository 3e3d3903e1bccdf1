"""Second hand for spec/sharing.md: scalar fields, bit by bit, standard library only.

    python3 spec/reference/sharing.py            write spec/vectors/sharing
    python3 spec/reference/sharing.py --check    compare them with the files

Running it again writes the same bytes. Every expectation is what `combine` below makes of the case.
"""

import hashlib
import itertools
import json
import pathlib
import sys

CHUNK = 65536
OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "sharing"


class Stream:
    """Bytes for coefficients: SHA-256 of a seed and a counter. For vectors only."""

    def __init__(self, seed):
        self.seed, self.counter, self.rest = seed, 0, b""

    def take(self, count):
        while len(self.rest) < count:
            self.rest += hashlib.sha256(f"{self.seed}/{self.counter}".encode()).digest()
            self.counter += 1
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken


def mul8(a, b):
    product = 0
    for bit in range(8):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(15, 7, -1):
        if product >> bit & 1:
            product ^= 0x11B << (bit - 8)
    return product


def power8(a, exponent):
    result = 1
    for _ in range(exponent):
        result = mul8(result, a)
    return result


def element(block):
    """Bytes in GCM's order as an integer whose bit i is the coefficient of x^i."""
    return int(f"{int.from_bytes(block, 'big'):0128b}"[::-1], 2)


def block(value):
    return int(f"{value:0128b}"[::-1], 2).to_bytes(16, "big")


def mul128(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a >> 128:
            a ^= (1 << 128) | 0x87
        b >>= 1
    return product


def tag(chunk, point):
    blocks = [chunk[at:at + 16].ljust(16, b"\0") for at in range(0, len(chunk), 16)]
    if len(blocks) % 2 == 0:
        blocks.append(bytes(16))
    powers = [1]
    for _ in range(len(blocks) + 2):
        powers.append(mul128(powers[-1], element(point)))
    total = powers[len(blocks) + 2]
    for index, item in enumerate(blocks, 1):
        total ^= mul128(element(item), powers[len(blocks) + 1 - index])
    return block(total)


def split(k, n, secret, stream):
    shares = [bytearray() for _ in range(n)]
    for at in range(0, max(len(secret), 1), CHUNK):
        chunk = secret[at:at + CHUNK]
        point = stream.take(16)
        piece = chunk + point + tag(chunk, point)
        rows = [stream.take(len(piece)) for _ in range(k - 1)]
        for x in range(1, n + 1):
            powers = [power8(x, exponent) for exponent in range(1, k)]
            for index, byte in enumerate(piece):
                for power, row in zip(powers, rows):
                    byte ^= mul8(row[index], power)
                shares[x - 1].append(byte)
    return [bytes(share) for share in shares]


def interpolate(known, x):
    """The polynomial of least degree through known points (a dict of bytes strings), at x."""
    out = bytearray(len(next(iter(known.values()))))
    for point, value in known.items():
        weight = 1
        for other in known:
            if other != point:
                weight = mul8(weight, mul8(other ^ x, power8(other ^ point, 254)))
        for at, byte in enumerate(value):
            out[at] ^= mul8(byte, weight)
    return bytes(out)


def is_share_length(length):
    whole, rest = divmod(length, CHUNK + 32)
    return whole > 0 and rest == 0 or rest > 32 or rest == 32 and whole == 0


def explanations(k, column, piece):
    """Section 6: every explanation of a chunk, as the set of points that it holds."""
    m, found = len(column), set()
    for chosen in itertools.combinations(column, k - 1):
        if any(set(chosen) <= held for held in found):
            continue
        known = {0: piece, **{point: column[point] for point in chosen}}
        held = frozenset(
            point for point in column if point in known or interpolate(known, point) == column[point])
        if len(held) >= max(k, m - k + 1):
            found.add(held)
    return found


def combine(k, n, answers):
    """Sections 5 and 6: (secret, culprits, suspects), or the word of a refusal."""
    points = [point for point, _ in answers]
    if len(set(points)) < len(points):
        return "same point"
    if any(point > n for point in points):
        return "beyond n"
    if len(answers) < k:
        return "too few"
    lengths = [len(share) for _, share in answers if is_share_length(len(share))]
    if not lengths:
        return "wrong length"
    length = max(set(lengths), key=lambda length: (lengths.count(length), length))
    column = {point: share for point, share in answers if len(share) == length}
    if len(column) < k:
        return "too few"
    assert length <= CHUNK + 32, "longer vectors give a digest"
    # Last points first: any order gives the same secret, but for the error of the tag.
    for chosen in itertools.combinations(reversed(column), k):
        piece = interpolate({point: column[point] for point in chosen}, 0)
        chunk, point, told = piece[:-32], piece[-32:-16], piece[-16:]
        if tag(chunk, point) == told:
            break
    else:
        return "no agreement"
    known = {point: column[point] for point in chosen}
    held = {p for p in column if p in known or interpolate(known, p) == column[p]}
    culprits = {point for point, share in answers if len(share) != length}
    suspects = set()
    if len(column) - len(held) <= max(1, len(column) - 2 * k + 2):
        culprits |= column.keys() - held
    else:
        explained = explanations(k, column, piece)
        by_some = frozenset().union(*explained)
        by_all = frozenset.intersection(*explained) if explained else frozenset()
        culprits |= column.keys() - by_some if explained else set()
        suspects = (by_some if explained else column.keys()) - by_all
    return chunk, sorted(culprits), sorted(suspects)


WRITTEN = {}


def put(name, case):
    WRITTEN[f"{name}.json"] = json.dumps({"spec": "sharing.md 1", **case}, indent=1) + "\n"


def write(name, k, n, answers, expect, secret=None, culprits=(), suspects=(), seed=None):
    """A case: answers as [point, hex], what is to come of them."""
    case = {
        "k": k,
        "n": n,
        "answers": [[point, share.hex()] for point, share in answers],
        "expect": expect,
    }
    if seed is not None:
        case["seed"] = seed
    outcome = expect
    if secret is not None:
        outcome = (secret, list(culprits), list(suspects))
        case |= {"secret": secret.hex(), "culprits": outcome[1], "suspects": outcome[2]}
    assert combine(k, n, answers) == outcome, (name, combine(k, n, answers))
    put(name, case)


def flip(share, at, by=0x41):
    wrong = bytearray(share)
    wrong[at] ^= by
    return bytes(wrong)


def honest():
    def case(name, k, n, secret):
        shares = split(k, n, secret, Stream(name))
        return list(enumerate(shares, 1))

    secrets = {
        "empty": (2, 3, b""),
        "two_bytes": (2, 3, b"hi"),
        "one_block": (2, 3, bytes(range(16))),
        "two_blocks_are_padded_to_three": (2, 3, bytes(range(32))),
        "seventeen_bytes": (2, 2, bytes(range(17))),
        "three_of_five": (3, 5, b"three of five sites restore this"),
        "five_of_nine": (5, 9, b"five of nine"),
        "k_is_n": (4, 4, b"all or nothing"),
        "japanese": (2, 3, "土佐 花子".encode()),
    }
    for name, (k, n, secret) in secrets.items():
        answers = case(name, k, n, secret)
        write(name, k, n, answers, "secret", secret, seed=name)
        write(f"{name}_last_k", k, n, answers[-k:], "secret", secret)

    middle = case("three_of_five_in_any_order", 3, 5, b"in any order")
    write("three_of_five_in_any_order", 3, 5, [middle[3], middle[0], middle[2]], "secret", b"in any order")

    long = bytes((at * 167 >> 3) & 0xFF for at in range(CHUNK + 20))
    shares = b"".join(share for _, share in case("two_chunks", 2, 3, long))
    put("two_chunks", {
        "k": 2, "n": 3, "seed": "two_chunks", "expect": "digest",
        "secret_rule": "byte i is (i * 167 >> 3) mod 256, 65556 bytes",
        "shares_sha256": hashlib.sha256(shares).hexdigest(),
    })
    liars(case)
    refusals(case)


def liars(case):
    secret = b"the liar is named"
    good = case("liar", 2, 3, secret)
    size = len(good[0][1])
    for what, at in [("data", 0), ("x", size - 20), ("f", size - 1)]:
        wrong = [good[0], (2, flip(good[1][1], at)), good[2]]
        write(f"liar_in_{what}", 2, 3, wrong, "secret", secret, [2])
        write(f"liar_in_{what}_among_k", 2, 3, wrong[:2], "no agreement")
    short = [good[0], (2, good[1][1][:-1]), good[2]]
    write("liar_too_short", 2, 3, short, "secret", secret, [2])
    write("liar_without_a_byte", 3, 5, case("empty liar", 3, 5, secret)[:4] + [(5, b"")],
        "secret", secret, [5])
    other = case("another secret", 2, 3, b"another secret!!!")
    write("liar_of_another_secret", 2, 3, [good[0], good[1], other[2]], "secret", secret, [3])

    two = case("two liars", 3, 5, secret)
    wrong = [two[0], (2, flip(two[1][1], 3)), two[2], (4, flip(two[3][1], 3, 9)), two[4]]
    write("two_liars_of_five", 3, 5, wrong, "secret", secret, [2, 4])
    forged = case("forged", 3, 5, b"another secret!!!")
    write("two_liars_of_five_who_collude", 3, 5, forged[:2] + two[2:], "secret", secret, [1, 2])
    write("three_liars_of_five", 3, 5,
        [(x, flip(share, x)) if x < 4 else (x, share) for x, share in two], "no agreement")

    # Offsets x * (x - 3) vanish at 0 and at point 3: 1, 2 and 3 give the right secret, and
    # 4 and 5 differ. The same story with the roles exchanged is as good.
    def framing(answers):
        return [(x, flip(share, 0, mul8(x, x ^ 3)) if x < 3 else share) for x, share in answers]

    write("liars_who_cancel_at_zero", 3, 5, framing(two), "secret", secret, [], [1, 2, 4, 5])
    # Beyond the condition of section 6: only two of four are right, and one of them is named.
    write("liars_who_cancel_at_zero_among_four", 3, 5, framing(two)[:4], "secret", secret, [4])
    six = case("six", 3, 6, secret)
    write("liars_who_cancel_at_zero_among_six", 3, 6, framing(six), "secret", secret, [1, 2])
    many = case("one liar of forty", 5, 40, b"")
    write("first_of_forty_lies", 5, 40, [(1, flip(many[0][1], 5))] + many[1:], "secret", b"", [1])


def refusals(case):
    good = case("liar", 2, 3, b"the liar is named")
    write("too_few", 2, 3, good[:1], "too few")
    write("too_few_of_one_length", 2, 3, [good[0], (2, good[1][1][:-1])], "too few")
    write("no_answers", 2, 3, [], "too few")
    write("point_twice", 2, 3, [good[0], good[0]], "same point")
    write("point_beyond_n", 2, 3, [good[0], (4, good[1][1])], "beyond n")
    write("shorter_than_a_tag", 2, 3, [(1, bytes(31)), (2, bytes(31))], "wrong length")
    hollow = CHUNK + 64
    assert not is_share_length(hollow)
    put("last_chunk_is_hollow", {
        "k": 2, "n": 3, "expect": "wrong length", "zeros": [[1, hollow], [2, hollow]],
    })


def main(arguments):
    honest()
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
