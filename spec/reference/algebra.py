"""Second hand for spec/algebra.md: scalar fields, brute force, standard library only.

    python3 spec/reference/algebra.py            write spec/vectors/algebra
    python3 spec/reference/algebra.py --check    compare them with the files

Running it again writes the same bytes. Every expectation is what the functions below make of the case.
"""

import functools
import hashlib
import hmac
import itertools
import json
import operator
import pathlib
import sys

from sharing import Stream, interpolate, mul8, power8

OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "algebra"
OBJECT, EPOCH = bytes(range(16)), 7
R = hashlib.sha256(b"a public coin").digest()[:16]


def xor(*rows):
    return bytes(functools.reduce(operator.xor, column) for column in zip(*rows))


def scale(row, by):
    return bytes(mul8(byte, by) for byte in row)


# Section 2: the extension field and the hash.

def mul16(a, b):
    """Product in GF(2^8)[z] modulo z^16 + z^3 + z + 6; byte i is the coefficient of z^i."""
    long = [0] * 31
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            long[i + j] ^= mul8(x, y)
    for at in range(30, 15, -1):
        top, long[at] = long[at], 0
        for place, by in ((16, 6), (15, 1), (13, 1)):
            long[at - place] ^= mul8(top, by)
    return bytes(long[:16])


def value(data, mask, r=R):
    total = bytes(16)
    for byte in data:
        total = mul16(xor(total, bytes([byte]) + bytes(15)), r)
    return xor(total, mask)


# Polynomials: whether values fit, and which do not, by brute force.

def fits(column, coefficients):
    points = list(column)[:coefficients]
    known = {x: column[x] for x in points}
    return all(interpolate(known, x) == told for x, told in column.items() if x not in known)


def locate(column, coefficients):
    """Points that do not fit, at most half of what is to spare; None if that is not to be told."""
    spare = max(0, len(column) - coefficients)
    for count in range(spare // 2 + 1):
        for off in itertools.combinations(column, count):
            if fits({x: v for x, v in column.items() if x not in off}, coefficients):
                return list(off)
    return None


# Section 3: dealings.

def deal(k, n, secret, stream):
    """Shares of a piece of at most 64 KiB: k-1 rows are drawn, one after another."""
    rows = [stream.take(len(secret)) for _ in range(k - 1)]
    return [
        xor(secret, *(scale(row, power8(x, e)) for e, row in enumerate(rows, 1))) for x in range(1, n + 1)
    ]


def dealing(k, n, secret, mask, stream):
    """What each receiver gets: the bytes, then 16 of the mask."""
    return list(zip(deal(k, n, secret, stream), deal(k, n, mask, stream)))


def values(dealt, r=R):
    return [[value(data, mask, r) for data, mask in receivers] for receivers in dealt]


def judge(k, n, kind, contributors, told):
    """Section 4: (accepted, culprits, suspects), or the word of a refusal. told: {(i, j): value}."""
    if len(set(contributors)) < len(contributors):
        return "same point"
    if any(x > n for x in contributors):
        return "beyond n"
    if len(contributors) < k:
        return "too few"

    def straight(i, but):
        column = {j: told[i, j] for j in range(1, n + 1) if j not in but}
        if kind == "zeros":
            return fits({0: bytes(16), **column}, k)
        return fits(column, k)

    found = []
    for size in range(k):
        for wrong in itertools.combinations(range(1, n + 1), size):
            if not any(set(less) <= set(wrong) for less in found):
                if all(straight(i, wrong) for i in contributors if i not in wrong):
                    found.append(wrong)
    if not found:
        return "no explanation"
    culprits = set.intersection(*map(set, found))
    suspects = set.union(*map(set, found)) - culprits
    accepted = [i for i in sorted(contributors) if i not in culprits and straight(i, culprits)]
    if len(accepted) < max(1, k - len(culprits)):
        return "too few"
    return accepted, sorted(culprits), sorted(suspects)


def seeded(k, n, contributor, me, seeds, length):
    """Section 3: a receiver's bytes and mask, from its seeds by hidden set."""
    total, mask = bytes(length), bytes(16)
    for hidden in itertools.combinations(range(1, n + 1), k - 2):
        if me in hidden:
            continue
        info = b"hlincos zero sharing 1" + OBJECT + EPOCH.to_bytes(4, "big") + bytes([contributor])
        prk = hmac.digest(bytes(32), seeds[hidden], "sha256")
        key = hmac.digest(prk, info + b"\1", "sha256")
        weight = me
        for z in hidden:
            weight = mul8(weight, me ^ z)
        total = xor(total, scale(counter_mode(key, bytes(8), length), weight))
        mask = xor(mask, scale(counter_mode(key, b"\xff" * 8, 16), weight))
    return total, mask


def counter_mode(key, nonce, length):
    """AES-256 of the nonce and 0, 1, ...: eight bytes each."""
    blocks = (nonce + number.to_bytes(8, "big") for number in range((length + 15) // 16))
    return b"".join(aes256(key, block) for block in blocks)[:length]


def aes256(key, block):
    """FIPS 197, as it is written there."""
    sbox = []
    for byte in range(256):
        inverse, out = power8(byte, 254), 0
        for turn in range(5):
            out ^= (inverse << turn | inverse >> (8 - turn)) & 0xFF
        sbox.append(out ^ 0x63)
    words, constant = [list(key[at:at + 4]) for at in range(0, 32, 4)], 1
    while len(words) < 60:
        word = list(words[-1])
        if len(words) % 8 == 0:
            word = [sbox[byte] for byte in word[1:] + word[:1]]
            word[0], constant = word[0] ^ constant, mul8(constant, 2)
        elif len(words) % 8 == 4:
            word = [sbox[byte] for byte in word]
        words.append([a ^ b for a, b in zip(word, words[-8])])
    keys = [bytes(sum(words[at:at + 4], [])) for at in range(0, 60, 4)]
    state = xor(block, keys[0])
    for turn, round_key in enumerate(keys[1:], 1):
        state = [sbox[byte] for byte in state]
        state = [state[(at + 4 * (at % 4)) % 16] for at in range(16)]
        if turn < 14:
            columns = [state[at:at + 4] for at in range(0, 16, 4)]
            state = [
                mul8(c[i], 2) ^ mul8(c[(i + 1) % 4], 3) ^ c[(i + 2) % 4] ^ c[(i + 3) % 4]
                for c in columns for i in range(4)
            ]
        state = xor(state, round_key)
    return bytes(state)


assert aes256(bytes(range(32)), bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == \
    "8ea2b7ca516745bfeafc49904b496089", "FIPS 197, appendix C.3"


def weight_at(points, point, x):
    """Lagrange's weight of a point, at x."""
    weight = 1
    for other in points:
        if other != point:
            weight = mul8(weight, mul8(other ^ x, power8(other ^ point, 254)))
    return weight


# Sections 5 to 7.

def scrub(k, n, answers):
    points = [x for x, _ in answers]
    if len(set(points)) < len(points):
        return "same point"
    if any(x > n for x in points):
        return "beyond n"
    if len(points) < k + 1:
        return "too few"
    off = locate(dict(answers), k)
    return "not collinear" if off is None else sorted(off)


def judge_reshare(old, new, dealers, told):
    """(dealers, parity, culprits, disputes), or the word of a refusal."""
    straight, disputes = {}, []
    for i in sorted(dealers):
        column = {j: told[i, j] for j in range(1, new[1] + 1)}
        off = locate(column, new[0])
        if off == []:
            known = dict(list(column.items())[:new[0]])
            straight[i] = interpolate(known, 0)
        else:
            disputes.append([i, off or []])
    off = locate(straight, old[0])
    if off is None:
        return "parity"
    honest = [i for i in straight if i not in off][:old[0]]
    if len(honest) < old[0]:
        return "too few"
    return honest, "holds" if len(straight) > old[0] else "unchecked", sorted(off), disputes


# The vectors.

WRITTEN = {}


def put(name, op, **case):
    def plain(item):
        if isinstance(item, bytes):
            return item.hex()
        if isinstance(item, (list, tuple)):
            return [plain(inner) for inner in item]
        return item

    case = {key: plain(item) for key, item in case.items()}
    WRITTEN[f"{name}.json"] = json.dumps({"spec": "algebra.md 1", "op": op, **case}, indent=1) + "\n"


def altered(told, changes):
    told = dict(told)
    for key, by in changes.items():
        told[key] = bytes([told[key][0] ^ by]) + told[key][1:]
    return told


def heads():
    for name, sender, receiver in [("of_a_message", 3, 255), ("from_nobody", 0, 2), ("to_nobody", 2, 0)]:
        head = OBJECT + EPOCH.to_bytes(4, "big") + bytes([sender, receiver])
        expect = "head" if sender and receiver else "no holder"
        put(f"head_{name}", "head", head=head, object=OBJECT, epoch=EPOCH, sender=sender, receiver=receiver,
            expect=expect)


def hashes():
    lengths = {"empty": 0, "one_byte": 1, "a_block": 16, "a_row_and_one": 1025, "two_rows": 2048}
    for name, length in lengths.items():
        data = bytes((at * 167 >> 3) & 0xFF for at in range(length))
        mask = hashlib.sha256(name.encode()).digest()[:16]
        put(f"hash_{name}", "hash", r=R, rule="byte i is (i * 167 >> 3) mod 256", length=length,
            mask=mask, value=value(data, mask))


def refreshes():
    for k, n, contributors in [(2, 3, [1, 2]), (3, 5, [2, 4, 5])]:
        name = f"refresh_{k}_of_{n}"
        length = 19
        old = deal(k, n, bytes(range(length)), Stream(name))
        dealt = [dealing(k, n, bytes(length), bytes(16), Stream(f"{name}/{i}")) for i in contributors]
        told = values(dealt)
        by_pair = {(i, j): told[at][j - 1] for at, i in enumerate(contributors) for j in range(1, n + 1)}
        assert judge(k, n, "zeros", contributors, by_pair) == (contributors, [], [])
        new = [xor(share, *(receivers[j][0] for receivers in dealt)) for j, share in enumerate(old)]
        assert interpolate({n: new[n - 1], **{x: new[x - 1] for x in range(1, k)}}, 0) == bytes(range(length))
        put(name, "refresh", k=k, n=n, contributors=contributors, seed=name, r=R, old=old,
            dealings=[[data + mask for data, mask in receivers] for receivers in dealt], values=told, new=new)


def judged(name, k, n, contributors, changes, kind="zeros", secret=bytes(4), expect=None):
    dealt = [dealing(k, n, secret, bytes(16) if kind == "zeros" else bytes([9] * 16), Stream(f"{name}/{i}"))
             for i in contributors]
    told = values(dealt)
    by_pair = {(i, j): told[at][j - 1] for at, i in enumerate(contributors) for j in range(1, n + 1)}
    by_pair = altered(by_pair, changes)
    outcome = judge(k, n, kind, contributors, by_pair)
    assert expect is None or outcome == expect, (name, outcome)
    case = {"expect": outcome} if isinstance(outcome, str) else dict(
        zip(("expect", "accepted", "culprits", "suspects"), ("accepted", *outcome)))
    put(name, "judge", k=k, n=n, kind=kind, contributors=contributors,
        values=[[i, j, v] for (i, j), v in by_pair.items()], **case)


def judgements():
    judged("judge_all_straight", 2, 3, [1, 2, 3], {}, expect=([1, 2, 3], [], []))
    judged("judge_one_complaint", 2, 3, [1, 2, 3], {(1, 3): 1}, expect=([2, 3], [], [1, 3]))
    judged("judge_in_dispute_with_both", 2, 3, [1, 2, 3], {(1, 3): 1, (2, 3): 9}, expect=([1, 2], [3], []))
    judged("judge_bad_dealing", 2, 3, [1, 2, 3], {(1, 1): 1}, expect=([2, 3], [1], []))
    judged("judge_not_zero_at_zero", 2, 3, [1, 2, 3], {(2, j): 5 for j in (1, 2, 3)}, expect=([1, 3], [2], []))
    judged("judge_one_left", 2, 3, [1, 2], {(1, 3): 1}, expect="too few")
    judged("judge_two_liars_of_five", 3, 5, [1, 2, 3, 4, 5],
        {(i, j): i + j for i in range(1, 6) for j in (2, 5)}, expect=([1, 3, 4], [2, 5], []))
    judged("judge_all_lie", 2, 3, [1, 2, 3], {(1, 2): 1, (2, 3): 1, (3, 1): 1}, expect="no explanation")
    judged("judge_masks", 2, 3, [1, 2], {}, kind="masks", secret=b"mask", expect=([1, 2], [], []))
    judged("judge_masks_as_zeros", 2, 3, [1, 2], {}, kind="zeros", secret=b"mask", expect="no explanation")
    judged("judge_bad_mask", 2, 4, [1, 2, 3], {(3, 3): 1}, kind="masks", secret=b"mask", expect=([1, 2], [3], []))
    judged("judge_too_few", 3, 5, [1, 2], {}, expect="too few")
    judged("judge_same_point", 2, 3, [1, 1], {}, expect="same point")
    judged("judge_beyond_n", 2, 3, [1, 4], {}, expect="beyond n")


def seeds():
    for k, n, contributor, me in [(2, 3, 1, 3), (3, 5, 4, 2)]:
        name = f"seeded_{k}_of_{n}"
        given = {hidden: hashlib.sha256(f"{name}/{hidden}".encode()).digest()
                 for hidden in itertools.combinations(range(1, n + 1), k - 2)}
        data, mask = seeded(k, n, contributor, me, given, 37)
        column = {x: seeded(k, n, contributor, x, given, 37)[0] for x in range(1, n + 1)}
        assert fits({0: bytes(37), **column}, k)
        put(name, "seeded", k=k, n=n, contributor=contributor, me=me, object=OBJECT, epoch=EPOCH,
            seeds=[[hidden, seed] for hidden, seed in given.items() if me not in hidden], bytes=data, mask=mask)


def repairs():
    for k, n, lost, helpers in [(2, 3, 2, [1, 3]), (3, 5, 5, [1, 2, 4])]:
        name = f"repair_{k}_of_{n}"
        shares = deal(k, n, b"a lost share", Stream(name))
        stream = Stream(f"{name}/masks")
        masks = {pair: stream.take(12) for pair in itertools.combinations(helpers, 2)}
        sent = [xor(scale(shares[a - 1], weight_at(helpers, a, lost)), *(m for pair, m in masks.items() if a in pair))
                for a in helpers]
        assert xor(*sent) == shares[lost - 1]
        put(name, "repair", k=k, n=n, lost=lost, helpers=helpers, shares=shares,
            masks=[[*pair, mask] for pair, mask in masks.items()], sent=sent, rebuilt=shares[lost - 1])
    put("repair_lost_helps", "repair", k=2, n=3, lost=2, helpers=[1, 2], expect="lost helps")
    put("repair_too_few", "repair", k=3, n=5, lost=2, helpers=[1, 3], expect="helpers")
    put("repair_too_many", "repair", k=2, n=5, lost=2, helpers=[1, 3, 4], expect="helpers")
    put("repair_same_point", "repair", k=2, n=3, lost=2, helpers=[1, 1], expect="same point")
    put("repair_beyond_n", "repair", k=2, n=3, lost=2, helpers=[1, 4], expect="beyond n")


def scrubs():
    cases = {
        "whole": (2, 3, {}, [1, 2, 3]),
        "one_wrong_of_k_plus_1": (2, 3, {3: 1}, [1, 2, 3]),
        "one_wrong_of_k_plus_2": (2, 4, {3: 1}, [4, 3, 2, 1]),
        "two_wrong_of_k_plus_4": (3, 7, {3: 1, 7: 2}, [1, 2, 3, 4, 5, 6, 7]),
        "two_wrong_of_k_plus_3": (3, 7, {3: 1, 7: 2}, [1, 2, 3, 4, 5, 7]),
        "too_few": (2, 3, {}, [1, 2]),
        "same_point": (2, 3, {}, [1, 2, 2]),
        "beyond_n": (2, 3, {}, [1, 2, 4]),
    }
    for name, (k, n, changes, of) in cases.items():
        shares = deal(k, max(n, *of), b"an archive", Stream(name))
        masks = deal(k, max(n, *of), bytes([77] * 16), Stream(f"{name}/mask"))
        answers = []
        for x in of:
            told = value(shares[x - 1], masks[x - 1])
            answers.append([x, bytes([told[0] ^ changes.get(x, 0)]) + told[1:]])
        outcome = scrub(k, n, answers)
        case = {"expect": outcome} if isinstance(outcome, str) else {"expect": "culprits", "culprits": outcome}
        put(f"scrub_{name}", "scrub", k=k, n=n, r=R, shares=[shares[x - 1] for x in of],
            masks=[masks[x - 1] for x in of], altered=sorted(changes), answers=answers, **case)


def reshares():
    cases = {
        "2_of_3_to_3_of_5": ((2, 3), (3, 5), [1, 3], {}),
        "2_of_3_to_3_of_5_by_all": ((2, 3), (3, 5), [1, 2, 3], {}),
        "3_of_5_to_2_of_3": ((3, 5), (2, 3), [1, 2, 3, 4, 5], {}),
        "lying_old_holder_of_k_plus_1": ((2, 3), (2, 3), [1, 2, 3], {(2, j): 1 for j in (1, 2, 3)}),
        "lying_old_holder_of_k_plus_2": ((2, 4), (2, 3), [1, 2, 3, 4], {(2, j): 1 for j in (1, 2, 3)}),
        "crooked_dealing": ((2, 4), (2, 4), [1, 2, 3, 4], {(3, 4): 1}),
        "too_few_straight": ((2, 3), (2, 3), [1, 2, 3], {(1, 1): 1, (2, 2): 1}),
    }
    for name, (old, new, dealers, changes) in cases.items():
        shares = deal(*old, b"moved", Stream(name))
        masks = deal(*old, bytes([55] * 16), Stream(f"{name}/mask"))
        dealt = {i: dealing(*new, shares[i - 1], masks[i - 1], Stream(f"{name}/{i}")) for i in dealers}
        told = {(i, j): value(*dealt[i][j - 1]) for i in dealers for j in range(1, new[1] + 1)}
        told = altered(told, changes)
        outcome = judge_reshare(old, new, dealers, told)
        case = {"expect": outcome}
        if not isinstance(outcome, str):
            used = outcome[0]
            made = [xor(*(scale(dealt[i][j][0], weight_at(used, i, 0)) for i in used)) for j in range(new[1])]
            assert interpolate({x: made[x - 1] for x in range(1, new[0] + 1)}, 0) == b"moved"
            case = dict(zip(("expect", "dealers", "parity", "culprits", "disputes"), ("reshared", *outcome)))
            case["new_shares"] = made
        put(f"reshare_{name}", "reshare", old=old, new=new, from_points=dealers, seed=name, r=R,
            shares=[shares[i - 1] for i in dealers], masks=[masks[i - 1] for i in dealers],
            dealings=[[data + mask for data, mask in dealt[i]] for i in dealers],
            values=[[i, j, v] for (i, j), v in told.items()], **case)


def main(arguments):
    for write in (heads, hashes, refreshes, judgements, seeds, repairs, scrubs, reshares):
        write()
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
