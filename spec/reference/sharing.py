"""Second hand for spec/sharing.md: scalar fields, bit by bit, standard library only.

Writes spec/vectors/sharing/*.json. Running it again writes the same bytes.
"""

import hashlib
import json
import pathlib

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


def write(name, k, n, answers, expect, secret=None, culprits=(), seed=None):
    """A case: answers as [point, hex], what is to come of them."""
    case = {
        "spec": "sharing.md 1",
        "k": k,
        "n": n,
        "answers": [[point, share.hex()] for point, share in answers],
        "expect": expect,
    }
    if seed is not None:
        case["seed"] = seed
    if secret is not None:
        case["secret"] = secret.hex()
        case["culprits"] = list(culprits)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n")


def flip(share, at, by=0x41):
    wrong = bytearray(share)
    wrong[at] ^= by
    return bytes(wrong)


def main():
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

    long = bytes((at * 167 >> 3) & 0xFF for at in range(CHUNK + 20))
    answers = case("two_chunks", 2, 3, long)
    digest = hashlib.sha256(b"".join(share for _, share in answers)).hexdigest()
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "two_chunks.json").write_text(json.dumps({
        "spec": "sharing.md 1", "k": 2, "n": 3, "seed": "two_chunks", "expect": "digest",
        "secret_rule": "byte i is (i * 167 >> 3) mod 256, 65556 bytes",
        "shares_sha256": digest,
    }, indent=1) + "\n")

    secret = b"the liar is named"
    good = case("liar", 2, 3, secret)
    size = len(good[0][1])
    for what, at in [("data", 0), ("x", size - 20), ("f", size - 1)]:
        wrong = [good[0], (2, flip(good[1][1], at)), good[2]]
        write(f"liar_in_{what}", 2, 3, wrong, "secret", secret, [2])
        write(f"liar_in_{what}_among_k", 2, 3, wrong[:2], "no agreement")
    short = [good[0], (2, good[1][1][:-1]), good[2]]
    write("liar_too_short", 2, 3, short, "secret", secret, [2])
    other = case("another secret", 2, 3, b"another secret!!!")
    write("liar_of_another_secret", 2, 3, [good[0], good[1], other[2]], "secret", secret, [3])
    two = case("two liars", 3, 5, secret)
    wrong = [two[0], (2, flip(two[1][1], 3)), two[2], (4, flip(two[3][1], 3, 9)), two[4]]
    write("two_liars_of_five", 3, 5, wrong, "secret", secret, [2, 4])
    write("too_few", 2, 3, good[:1], "too few")
    write("no_answers", 2, 3, [], "too few")
    write("point_twice", 2, 3, [good[0], good[0]], "same point")
    write("point_beyond_n", 2, 3, [good[0], (4, good[1][1])], "beyond n")
    write("shorter_than_a_tag", 2, 3, [(1, bytes(31)), (2, bytes(31))], "no agreement")
    hollow = CHUNK + 64
    write_hollow = [(1, bytes(hollow)), (2, bytes(hollow))]
    (OUT / "last_chunk_is_hollow.json").write_text(json.dumps({
        "spec": "sharing.md 1", "k": 2, "n": 3, "expect": "no agreement",
        "zeros": [[point, len(share)] for point, share in write_hollow],
    }, indent=1) + "\n")


if __name__ == "__main__":
    main()
