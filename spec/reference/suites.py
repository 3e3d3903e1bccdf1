"""Second hand for spec/suites.md: the order of shares and secrets, and what a policy allows.

Writes spec/vectors/suites. Old vectors never change.
"""

import datetime
import hashlib
import json
import pathlib
import tomllib

FOLDER = pathlib.Path(__file__).parent.parent / "vectors" / "suites"


def write(name, document):
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    assert not path.exists() or path.read_text() == text, f"{path} would change"
    path.write_text(text)


# --- Section 3: X25519MLKEM768+CTIDH512 ----------------------------------------------------------


def filler(label, size):
    return hashlib.shake_128(label.encode()).digest(size)


def combination(label, ml_kem_bytes):
    parts = {
        "ml_kem": filler(label + " ml-kem", ml_kem_bytes),
        "ctidh": filler(label + " ctidh", 64),
        "x25519": filler(label + " x25519", 32),
    }
    whole = parts["ml_kem"] + parts["ctidh"] + parts["x25519"]
    hexes = {name: part.hex() for name, part in parts.items()}
    return {"of": label, **hexes, "whole": whole.hex()}


# --- Section 5: the policy -----------------------------------------------------------------------

FIRST_LINE = 'format = "hlincos-suite-policy-1"\n'
PARTIES = ["ml-dsa-65", "fn-dsa-512", "mayo-1"]
EXCHANGES = ["x25519mlkem768", "x25519mlkem768+ctidh512"]
SUITES = [(r, e, s) for r in ("hss", "xmss") for e in EXCHANGES for s in PARTIES]
SUITES += [(r, EXCHANGES[0], PARTIES[0]) for r in ("slh-dsa-128s", "slh-dsa-128f", "ml-dsa-65")]
ALGORITHMS = PARTIES + ["hss", "xmss", "slh-dsa-128s", "slh-dsa-128f"] + EXCHANGES
ROLES = "shareholder gateway agent clinician operator terminal authority kme".split()
RANK = ["allowed", "not yet", "ended"]


def read(text):
    """The policy of a text; None when it must be refused."""
    if len(text.encode()) > 64 << 10 or not text.startswith(FIRST_LINE):
        return None
    try:
        policy = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    serial = policy.get("serial")
    if not set(policy) <= {"format", "serial", "off", "suite"}:
        return None
    if not isinstance(serial, int) or not 1 <= serial < 1 << 63:
        return None
    rules = policy.get("suite", [])
    if len(rules) > 256 or not set(policy.get("off", [])) <= set(ALGORITHMS):
        return None
    for rule in rules:
        if not set(rule) <= {"root", "exchange", "signature", "roles", "since", "until"}:
            return None
        if (rule.get("root"), rule.get("exchange"), rule.get("signature")) not in SUITES:
            return None
        if not set(rule.get("roles", [])) <= set(ROLES):
            return None
        for time in (rule.get("since"), rule.get("until")):
            if time is not None and getattr(time, "tzinfo", None) is None:
                return None
    return policy


def state(policy, suite, role, now):
    if set(suite) & set(policy.get("off", [])):
        return "off"
    found = []
    for rule in policy.get("suite", []):
        if (rule["root"], rule["exchange"], rule["signature"]) != suite:
            continue
        if role not in rule.get("roles", ROLES):
            continue
        if "since" in rule and now < rule["since"]:
            found.append("not yet")
        elif "until" in rule and now >= rule["until"]:
            found.append("ended")
        else:
            found.append("allowed")
    return min(found, key=RANK.index, default="not listed")


def suite(root, exchange, signature, rest=""):
    return f'[[suite]]\nroot = "{root}"\nexchange = "{exchange}"\nsignature = "{signature}"\n{rest}'


DEFAULT = ("hss", "x25519mlkem768", "ml-dsa-65")
TIMES = "since = 2027-01-01T00:00:00Z\nuntil = 2028-01-01T09:00:00+09:00\n"
GOOD = {
    "nothing": FIRST_LINE + "serial = 1\n",
    "all": FIRST_LINE + "serial = 2\n" + "".join(suite(*one) for one in SUITES),
    "off": FIRST_LINE
    + 'serial = 3\noff = ["mayo-1", "x25519mlkem768+ctidh512"]\n'
    + "".join(suite(*one) for one in SUITES),
    "roles": FIRST_LINE + "serial = 4\n" + suite(*DEFAULT, 'roles = ["gateway", "agent"]\n'),
    "times": FIRST_LINE + "serial = 5\n" + suite(*DEFAULT, TIMES),
    "several": FIRST_LINE
    + "serial = 6\n"
    + suite(*DEFAULT, TIMES)
    + suite(*DEFAULT, 'roles = ["authority"]\n'),
}
BASE = FIRST_LINE + "serial = 7\n"
BAD = {
    "empty": "",
    "comment_first": "# policy\n" + BASE,
    "other_format": BASE.replace("policy-1", "policy-2"),
    "no_serial": FIRST_LINE,
    "serial_zero": FIRST_LINE + "serial = 0\n",
    "serial_negative": FIRST_LINE + "serial = -1\n",
    "serial_twice": BASE + "serial = 8\n",
    "unknown_key": BASE + "on = []\n",
    "unknown_key_of_suite": BASE + suite(*DEFAULT, 'role = "agent"\n'),
    "unknown_root": BASE + suite("rsa", *DEFAULT[1:]),
    "unknown_exchange": BASE + suite("hss", "x25519", "ml-dsa-65"),
    "unknown_combination": BASE + suite("ml-dsa-65", "x25519mlkem768", "mayo-1"),
    "party_as_root": BASE + suite("fn-dsa-512", *DEFAULT[1:]),
    "hash_tree_as_party": BASE + suite("hss", "x25519mlkem768", "hss"),
    "unknown_role": BASE + suite(*DEFAULT, 'roles = ["king"]\n'),
    "unknown_switch": BASE + 'off = ["rsa"]\n',
    "date_alone": BASE + suite(*DEFAULT, "since = 2027-01-01\n"),
    "time_without_zone": BASE + suite(*DEFAULT, "until = 2027-01-01T00:00:00\n"),
    "capital": BASE + suite("HSS", *DEFAULT[1:]),
}


def cases(policy):
    for year in (2026, 2027, 2029):
        now = datetime.datetime(year, 6, 1, tzinfo=datetime.timezone.utc)
        for one in SUITES:
            for role in ("agent", "authority"):
                yield [*one, role, int(now.timestamp()), state(policy, one, role, now)]


def main():
    shares = [combination("caller's share", 1184), combination("server's share", 1088)]
    write("combiner", {"parts": shares, "secret": combination("secret", 32)})
    good = []
    for name, text in GOOD.items():
        policy = read(text)
        assert policy is not None, name
        states = list(cases(policy))
        good.append({"name": name, "text": text, "serial": policy["serial"], "states": states})
    for name, text in BAD.items():
        assert read(text) is None, name
    bad = [{"name": name, "text": text} for name, text in BAD.items()]
    write("policy", {"good": good, "refused": bad})


main()
