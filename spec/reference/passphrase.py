"""Second hand of spec/terminal-passphrase.md: writes spec/vectors/terminal-passphrase."""
import base64
import hashlib
import json
import pathlib

FOLDER = pathlib.Path(__file__).parent.parent / "vectors" / "terminal-passphrase"


def b64(data):
    return base64.b64encode(data).decode().rstrip("=")


def derive(passphrase, salt, ln, r, p):
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=1 << ln, r=r, p=p, dklen=64, maxmem=512 << 20)


def line(passphrase, salt=b"saltsaltsaltsalt", ln=15, r=8, p=1):
    return f"$scrypt$ln={ln},r={r},p={p}${b64(salt)}${b64(derive(passphrase, salt, ln, r, p)[:32])}\n"


def write(name, passphrase, text, expect, key=None):
    vector = {"passphrase": passphrase, "line": text, "expect": expect, "key": key}
    (FOLDER / f"{name}.json").write_text(json.dumps(vector, ensure_ascii=False, indent=1) + "\n")


FOLDER.mkdir(parents=True, exist_ok=True)
words = "correct horse battery"
good = line(words)
key = derive(words, b"saltsaltsaltsalt", 15, 8, 1)[32:].hex()
write("right", words, good, "unlocked", key)
write("right_without_line_feed", words, good.rstrip(), "unlocked", key)
kana = "正しい馬の電池"
salt = bytes(range(24))
write("japanese_other_costs", kana, line(kana, salt, 14, 8, 2), "unlocked", derive(kana, salt, 14, 8, 2)[32:].hex())
write("wrong_passphrase", "correct horse batterx", good, "wrong")
write("empty", words, "", "malformed")
write("another_name", words, good.replace("scrypt", "argon2id"), "malformed")
write("cost_too_low", words, line(words, ln=13), "malformed")
write("cost_too_high", words, good.replace("ln=15", "ln=30"), "malformed")
write("cost_with_leading_zero", words, good.replace("r=8", "r=08"), "malformed")
write("costs_in_another_order", words, good.replace("ln=15,r=8", "r=8,ln=15"), "malformed")
write("short_salt", words, line(words, b"saltsaltsaltsal"), "malformed")
write("short_hash", words, good[:-5] + "\n", "malformed")
write("something_after_the_hash", words, good.rstrip() + "$x\n", "malformed")
write("padding", words, good.rstrip() + "=\n", "malformed")
write("too_long", words, "$" + "x" * 300, "malformed")
