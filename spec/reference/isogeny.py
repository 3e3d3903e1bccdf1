"""Second hand for spec/isogeny.md: affine curves, standard library only, nothing constant-time.

    python3 spec/reference/isogeny.py            write spec/vectors/isogeny
    python3 spec/reference/isogeny.py --check    compare them with the files

The formulas are others than those of the crate: images and codomains from sums over the kernel's
x-coordinates (Costello, Hisil, ePrint 2017/504, section 4; Renes, ePrint 2017/1198), validation by
the order of points (Castryck et al., ePrint 2018/383, Algorithm 1).
"""

import hashlib
import hmac
import json
import pathlib
import random
import sys
from math import isqrt, prod

OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "isogeny"
WRITTEN = {}

PRIMES = [q for q in range(3, 374) if all(q % d for d in range(2, q))] + [587]
P = 4 * prod(PRIMES) - 1
LENGTHS = [2, 3, 4, 4, 5, 5, 6, 7, 7, 8, 8, 6, 8, 1]
BOUNDS = [10, 14, 16, 17, 17, 17, 18, 18, 18, 18, 18, 13, 13, 1]
INFINITY = None


def inverse(value):
    return pow(value, -1, P)


# Curves y^2 = x^3 + A x^2 + x by x alone.

def is_square(value):
    return pow(value, (P - 1) // 2, P) != P - 1


def right_side(A, x):
    return x * (x * (x + A) + 1) % P


def double(A, x):
    below = 4 * right_side(A, x) % P
    return INFINITY if x is INFINITY or below == 0 else pow(x * x - 1, 2, P) * inverse(below) % P


def add(x, other, difference):
    """x of R + S from those of R, S and R - S, which is not infinity."""
    if x is INFINITY or other is INFINITY:
        return difference
    if x == other:
        return INFINITY
    ratio = (x * other - 1) * inverse(x - other) % P
    return ratio * ratio * inverse(difference) % P


def multiply(A, k, x):
    """Montgomery's ladder with projective points, for its speed."""
    if x is INFINITY:
        return INFINITY
    (X0, Z0), (X1, Z1) = (1, 0), (x, 1)
    for bit in bin(k)[2:]:
        if bit == "1":
            (X0, Z0), (X1, Z1) = (X1, Z1), (X0, Z0)
        U, V = (X0 - Z0) * (X1 + Z1), (X0 + Z0) * (X1 - Z1)
        S, D = (X0 + Z0) ** 2 % P, (X0 - Z0) ** 2 % P
        X1, Z1 = (U + V) ** 2 % P, x * (U - V) ** 2 % P
        E = S - D
        X0, Z0 = 4 * S * D % P, E * (4 * D + (A + 2) * E) % P
        if bit == "1":
            (X0, Z0), (X1, Z1) = (X1, Z1), (X0, Z0)
    return INFINITY if Z0 == 0 else X0 * inverse(Z0) % P


def isogeny(A, kernel, degree):
    """The codomain of the isogeny whose kernel a point of order `degree` generates."""
    points = [kernel, double(A, kernel)]
    while len(points) < (degree - 1) // 2:
        points.append(add(points[-1], kernel, points[-2]))
    points = points[:(degree - 1) // 2]
    total, inverses = sum(points), sum(inverse(x) for x in points)
    return (6 * inverses - 6 * total + A) * prod_mod(points) ** 2 % P


def prod_mod(values):
    total = 1
    for value in values:
        total = total * value % P
    return total


def act(exponents, A):
    """One isogeny per point: slow and simple."""
    left, dice = list(exponents), random.Random(7)
    while any(left):
        x = dice.randrange(2, P)
        sign = 1 if is_square(right_side(A, x)) else -1
        for at in sorted(range(len(PRIMES)), key=lambda at: -PRIMES[at]):
            if left[at] * sign > 0:
                kernel = multiply(A, (P + 1) // PRIMES[at], x)
                if kernel is not INFINITY:
                    A = isogeny(A, kernel, PRIMES[at])
                    left[at] -= sign
                    break
    return A


def is_supersingular(A):
    """Algorithm 1 of ePrint 2018/383: a point whose order tells."""
    dice = random.Random(9)
    while True:
        x, order = multiply(A, 4, dice.randrange(2, P)), 1
        for prime in PRIMES:
            part = multiply(A, (P + 1) // 4 // prime, x)
            if part is INFINITY:
                continue
            if multiply(A, prime, part) is not INFINITY:
                return False
            order *= prime
            if order > 4 * isqrt(P) + 4:
                return True


# Keys.

def expand(seed, info, length):
    """HKDF-Expand with SHA-256, RFC 5869, section 2.3."""
    out, last, counter = b"", b"", 1
    while len(out) < length:
        last = hmac.new(seed, last + info + bytes([counter]), hashlib.sha256).digest()
        out, counter = out + last, counter + 1
    return out[:length]


def draw_batch(seed, number, draw):
    degrees, bound = LENGTHS[number], BOUNDS[number]
    places = degrees + bound
    info = b"exponents" + bytes([number]) + draw.to_bytes(4, "big")
    stream = expand(seed, info, 4 * places + 1)
    words = [int.from_bytes(stream[4 * at:4 * at + 4], "big") for at in range(places)]
    if len({word >> 1 for word in words}) < places:
        return None
    row = sorted((word >> 1, at < degrees) for at, word in enumerate(words))
    gaps = "".join("|" if bar else "*" for _, bar in row).split("|")
    exponents = []
    for at, gap in enumerate(gaps[:degrees]):
        minus = stream[-1] >> at & 1
        if minus and not gap:
            return None
        exponents.append(-len(gap) if minus else len(gap))
    return exponents


def exponents_of(seed):
    exponents = []
    for number in range(len(LENGTHS)):
        draw, drawn = 0, None
        while drawn is None:
            drawn, draw = draw_batch(seed, number, draw), draw + 1
        exponents += drawn
    return exponents


# Vectors.

def wire(A):
    return (A % P).to_bytes(64, "little").hex()


def put(name, expect, **fields):
    case = {"spec": "isogeny.md 1", "expect": expect, **fields}
    WRITTEN[f"{name}.json"] = json.dumps(case, indent=1) + "\n"


def sparse(**exponents):
    values = {int(name[1:]): value for name, value in exponents.items()}
    return [values.get(prime, 0) for prime in PRIMES]


def walks():
    named = {
        "no_step": sparse(),
        "one_step": sparse(e3=1),
        "one_step_back": sparse(e3=-1),
        "steps_of_two_degrees": sparse(e3=1, e5=1),
        "steps_of_three_degrees": sparse(e3=1, e5=3, e587=1),
        "a_batch_used_up_by_one_degree": sparse(e3=-10),
        "a_batch_used_up_by_its_largest": sparse(e373=13),
        "the_largest_back": sparse(e587=-1),
        "every_batch_full": [e for n, bound in zip(LENGTHS, BOUNDS)
                             for e in [bound - n + 1] + [-1] * (n - 1)],
    }
    for name, exponents in named.items():
        A = act(exponents, 0)
        assert is_supersingular(A)
        put(name, "walk", exponents=exponents, start=wire(0), end=wire(A))
    start = act(named["every_batch_full"], 0)
    back = [-e for e in named["every_batch_full"]]
    assert act(back, start) == 0
    put("all_the_way_back", "walk", exponents=back, start=wire(start), end=wire(0))


def agreements():
    for name, one, two in [("zeros_and_ones", bytes(32), b"\1" * 32),
                           ("counting", bytes(range(32)), bytes(range(32, 64))),
                           ("all_bits", b"\xff" * 32, b"\x55" * 32)]:
        ours, theirs = exponents_of(one), exponents_of(two)
        A, B = act(ours, 0), act(theirs, 0)
        shared = act(ours, B)
        assert shared == act(theirs, A)
        put(f"agreement_{name}", "agreement", seed=one.hex(), exponents=ours, public=wire(A),
            peer_seed=two.hex(), peer_exponents=theirs, peer_public=wire(B), shared=wire(shared))


def refusals():
    put("empty", "length", public="")
    put("one_byte_short", "length", public=wire(0)[2:])
    put("one_byte_long", "length", public=wire(0) + "00")
    put("p", "not_below_p", public=P.to_bytes(64, "little").hex())
    put("p_and_a_right_key", "not_below_p",
        public=(act(sparse(e3=1), 0) + P).to_bytes(64, "little").hex())
    put("all_ones", "not_below_p", public="ff" * 64)
    put("zero", "start", public=wire(0))
    put("two", "singular", public=wire(2))
    put("minus_two", "singular", public=wire(-2))
    right = act(sparse(e3=1), 0)
    others = {"one": 1, "five": 5, "p_minus_one": -1, "half_of_p": P // 2,
              "a_right_key_plus_one": right + 1, "a_right_key_in_montgomery_form": right << 512}
    for name, A in others.items():
        assert not is_supersingular(A % P)
        put(name, "not_supersingular", public=wire(A))
    high = right.to_bytes(64, "big").hex()
    swapped = int.from_bytes(bytes.fromhex(high), "little")
    assert swapped >= P or not is_supersingular(swapped)
    put("a_right_key_most_significant_byte_first",
        "not_below_p" if swapped >= P else "not_supersingular", public=high)


def main(arguments):
    walks()
    agreements()
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
