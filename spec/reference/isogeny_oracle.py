"""Asks PyPI's highctidh, of other authors, what it makes of CTIDH-512 keys.

Reads one JSON object from the standard input, with private keys as hex (74 signed bytes) and public
keys as hex (spec/isogeny.md, section 2); writes one: for each private key its public key and what it
agrees on with the next one's; whether each public key is right; and new private keys of its own.

highctidh writes public keys in Montgomery form, A * 2^512 mod p: they are converted here.
"""

import json
import sys

from highctidh import InvalidPublicKey, ctidh
from isogeny import P

CTIDH = ctidh(512)
R = 1 << 512


def plain(key):
    value = int.from_bytes(bytes(key), "little")
    return (value * pow(R, -1, P) % P).to_bytes(64, "little").hex()


def theirs(text):
    value = int.from_bytes(bytes.fromhex(text), "little") * R % P
    return CTIDH.public_key_from_bytes(value.to_bytes(64, "little"))


def is_right(text):
    try:
        return bool(CTIDH.validate(theirs(text)))
    except InvalidPublicKey:
        return False


def main():
    question = json.load(sys.stdin)
    own = [CTIDH.generate_secret_key() for _ in range(question["generate"])]
    given = [CTIDH.private_key_from_bytes(bytes.fromhex(key)) for key in question["private"]]
    keys = given + own
    publics = [CTIDH.derive_public_key(key) for key in keys]
    # Blinding is the group action alone, where `dh` hashes.
    shared = [CTIDH.blind(key, publics[(at + 1) % len(keys)]) for at, key in enumerate(keys)]
    json.dump({
        "private": [bytes(key).hex() for key in keys],
        "public": [plain(key) for key in publics],
        "shared": [plain(key) for key in shared],
        "right": [is_right(key) for key in question["public"]],
    }, sys.stdout)


if __name__ == "__main__":
    main()
