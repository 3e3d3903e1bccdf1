#!/usr/bin/env python3
"""Makes answers of key managers, good and bad, as spec/qkd014.md says, with what must come of them.

    python3 spec/reference/qkd014.py spec/vectors/qkd014          write the vectors
    python3 spec/reference/qkd014.py --check spec/vectors/qkd014  compare them with the files

Written from the page and ETSI GS QKD 014, not from the Rust code.

A vector: `call` (status, enc_keys, dec_keys), `asked` (number and size, or the named keys),
`http` (status), `body` (text), `expect`: ok with the keys in hexadecimal, or the defect or error.
"""

import base64
import hashlib
import json
import pathlib
import sys

IDS = [
    "bc490419-7d60-487f-adc1-4ddcc177c139",
    "0a782fb5-3434-48fe-aa4d-14f41d46cf92",
    "64a7e9a2-269c-4b2c-832c-5351f3ac5adb",
]


def key(number, size):
    """The key of an id: bytes of SHA-256, so that nobody has to write them down."""
    stream = b"".join(hashlib.sha256(f"key {number} {i}".encode()).digest() for i in range(1 + size // 256))
    return stream[: size // 8]


def entry(number, size, **changed):
    made = {"key_ID": IDS[number], "key": base64.b64encode(key(number, size)).decode()}
    made.update(changed)
    return made


def container(*entries, **more):
    return json.dumps({"keys": list(entries), **more})


def status(**changed):
    """Table 9, with the example's figures."""
    made = {
        "source_KME_ID": "AAAABBBBCCCCDDDD",
        "target_KME_ID": "EEEEFFFFGGGGHHHH",
        "master_SAE_ID": "IIIIJJJJKKKKLLLL",
        "slave_SAE_ID": "MMMMNNNNOOOOPPPP",
        "key_size": 352,
        "stored_key_count": 25000,
        "max_key_count": 100000,
        "max_key_per_request": 128,
        "max_key_size": 1024,
        "min_key_size": 64,
        "max_SAE_ID_count": 0,
    }
    made.update(changed)
    return {name: value for name, value in made.items() if value is not None}


def enc(body, expect, number=2, size=256, http=200):
    return {"call": "enc_keys", "asked": {"number": number, "size": size}, "http": http, "body": body, "expect": expect}


def dec(body, expect, named=((0, 256), (1, 256)), http=200):
    asked = [{"key_ID": IDS[number], "size": size} for number, size in named]
    return {"call": "dec_keys", "asked": asked, "http": http, "body": body, "expect": expect}


def stat(body, expect, http=200):
    text = body if isinstance(body, str) else json.dumps(body)
    return {"call": "status", "asked": None, "http": http, "body": text, "expect": expect}


def ok(*numbers, size=256):
    return {"keys": [{"key_ID": IDS[number], "hex": key(number, size).hex()} for number in numbers]}


def bad(defect):
    return {"defect": defect}


def refused(error, message):
    return {"error": error, "message": message}


def error(message, **more):
    return json.dumps({"message": message, **more})


def vectors():
    two = (entry(0, 256), entry(1, 256))
    yield "two_new_keys", enc(container(*two), ok(0, 1))
    yield "extensions_are_passed_over", enc(
        container(
            entry(0, 256, key_ID_extension={"a": 1}, key_extension=[1, {"b": None}]),
            entry(1, 256, vendor="x"),
            key_container_extension={"hlincos_simulation": {"notice": "SIMULATION"}},
            vendor_more=[],
        ),
        ok(0, 1),
    )
    yield "slashes_escaped_as_php_does", enc(container(*two).replace("/", "\\/"), ok(0, 1))
    yield "white_space_between", enc(json.dumps(json.loads(container(*two)), indent=4), ok(0, 1))
    yield "ids_in_upper_case", enc(
        container(entry(0, 256, key_ID=IDS[0].upper()), entry(1, 256)), ok(0, 1)
    )
    yield "one_key_of_8_bits", enc(container(entry(0, 8)), ok(0, size=8), number=1, size=8)
    yield "empty_list", enc(container(), bad("count"))
    yield "fewer_keys", enc(container(entry(0, 256)), bad("count"))
    yield "more_keys", enc(container(*two, entry(2, 256)), bad("count"))
    yield "size_ignored", enc(container(*two), bad("length"), size=512)
    yield "short_key", enc(container(entry(0, 256), entry(1, 248)), bad("length"))
    yield "long_key", enc(container(entry(0, 264), entry(1, 256)), bad("length"))
    yield "empty_key", enc(container(entry(0, 256), entry(1, 256, key="")), bad("length"))
    yield "repeated_id", enc(container(entry(0, 256), entry(0, 256)), bad("repeated"))
    yield "repeated_id_in_other_case", enc(
        container(entry(0, 256), entry(1, 256, key_ID=IDS[0].upper())), bad("repeated")
    )
    yield "id_no_uuid", enc(container(entry(0, 256), entry(1, 256, key_ID="key-7")), bad("id"))
    yield "id_with_braces", enc(
        container(entry(0, 256), entry(1, 256, key_ID="{" + IDS[1] + "}")), bad("id")
    )
    unpadded = base64.b64encode(key(1, 256)).decode().rstrip("=")
    yield "base64_without_padding", enc(container(entry(0, 256), entry(1, 256, key=unpadded)), bad("base64"))
    safe = base64.urlsafe_b64encode(bytes([255] * 32)).decode()
    yield "base64_of_urls", enc(container(entry(0, 256), entry(1, 256, key=safe)), bad("base64"))
    broken = base64.b64encode(key(1, 256)).decode()
    yield "base64_in_lines", enc(
        container(entry(0, 256), entry(1, 256, key=broken[:20] + "\n" + broken[20:])), bad("base64")
    )
    yield "key_in_hexadecimal_digits", enc(
        container(entry(0, 256), entry(1, 256, key=key(1, 256).hex())), bad("length")
    )
    yield "key_missing", enc('{"keys":[{"key_ID":"%s"},{"key_ID":"%s"}]}' % (IDS[0], IDS[1]), bad("json"))
    yield "key_no_text", enc(container(entry(0, 256), entry(1, 256, key=7)), bad("json"))
    yield "keys_no_list", enc('{"keys":{}}', bad("json"))
    yield "keys_missing", enc('{"message":"ok"}', bad("json"))
    yield "list_for_the_object", enc(json.dumps([[], None]), bad("json"), number=1)
    yield "list_for_a_key", enc(json.dumps({"keys": [[IDS[0], None, "AA==", None]]}), bad("json"), number=1, size=8)
    yield "keys_twice", enc('{"keys":[],"keys":[]}', bad("json"))
    yield "html_with_200", enc("<!DOCTYPE html><p>Login", bad("json"))
    yield "nothing_with_200", enc("", bad("json"))
    yield "truncated", enc(container(*two)[:100], bad("json"))
    yield "more_behind_the_object", enc(container(*two) + "{}", bad("json"))
    yield "nested_without_end", enc('{"keys":' + "[" * 5000, bad("json"))

    yield "named_keys", dec(container(*two), ok(0, 1))
    yield "named_keys_in_another_order", dec(container(entry(1, 256), entry(0, 256)), ok(0, 1))
    yield "named_keys_of_two_sizes", dec(
        container(entry(1, 128), entry(0, 256)),
        {"keys": ok(0)["keys"] + ok(1, size=128)["keys"]},
        named=((0, 256), (1, 128)),
    )
    yield "named_key_missing", dec(container(entry(0, 256)), bad("count"))
    yield "named_key_not_asked_for", dec(container(entry(0, 256), entry(2, 256)), bad("uncalled"))
    yield "named_key_twice", dec(container(entry(0, 256), entry(0, 256)), bad("repeated"))
    yield "named_key_of_another_size", dec(container(entry(0, 256), entry(1, 248)), bad("length"))

    yield "status_of_the_standards_example", stat(status(), {"status": True, "number_max": 128, "size_bits_max": 1024, "size_bits_default": 352})
    yield "status_with_an_extension", stat(
        status(status_extension={"hlincos_simulation": {}}, more=1),
        {"status": True, "number_max": 128, "size_bits_max": 1024, "size_bits_default": 352},
    )
    yield "status_stock_above_its_maximum", stat(
        status(stored_key_count=96000, max_key_count=10),
        {"status": True, "number_max": 128, "size_bits_max": 1024, "size_bits_default": 352},
    )
    yield "status_sizes_not_whole_bytes", stat(
        status(max_key_size=1030), {"status": True, "number_max": 128, "size_bits_max": 1024, "size_bits_default": 352}
    )
    yield "status_allows_no_key", stat(status(max_key_per_request=0), bad("limits"))
    yield "status_member_missing", stat(status(max_key_size=None), bad("json"))
    yield "status_number_as_text", stat(status(key_size="352"), bad("json"))
    yield "status_number_negative", stat(status(key_size=-1), bad("json"))
    yield "status_number_with_fraction", stat(status(key_size=352.5), bad("json"))
    yield "status_id_as_number", stat(status(slave_SAE_ID=3), bad("json"))

    size = "size shall be a multiple of 8"
    yield "refused_400", enc(error(size), refused("refused", size), http=400)
    yield "refused_400_with_details", enc(
        error(size, details=[{"hlincos_simulation": {}}]), refused("refused", size), http=400
    )
    nothing, formless = "no reason given", "the reason is not in the form of the standard"
    yield "refused_401", dec(error("not named"), refused("unauthorized", "not named"), http=401)
    yield "refused_401_in_html", dec("<html><h1>Unauthorized", refused("unauthorized", formless), http=401)
    yield "refused_401_without_body", dec("", refused("unauthorized", nothing), http=401)
    gone = "one or more keys specified are not found on KME"
    yield "keys_not_found", dec(error(gone), refused("gone", gone), http=400)
    yield "keys_not_found_404", dec(error("?"), refused("gone", "?"), http=404)
    yield "unknown_path_404", enc(error("?"), refused("refused", "?"), http=404)
    yield "empty_503", enc(error("not enough key"), refused("unavailable", "not enough key"), http=503)
    yield "internal_500", enc("", refused("unavailable", nothing), http=500)
    yield "gateway_504", enc("upstream", refused("unavailable", formless), http=504)
    yield "redirected_302", enc("", refused("unavailable", nothing), http=302)
    yield "accepted_202", enc(container(*two), refused("unavailable", formless), http=202)
    yield "message_cut_and_cleaned", enc(
        error("a\u001b[31m\n" + "b" * 500), refused("unavailable", "a [31m " + "b" * 193), http=503
    )


def main():
    check = "--check" in sys.argv
    folder = pathlib.Path(sys.argv[-1])
    folder.mkdir(parents=True, exist_ok=True)
    wrong = []
    names = set()
    for name, vector in vectors():
        text = json.dumps(vector, indent=1) + "\n"
        path = folder / f"{name}.json"
        names.add(path.name)
        if check:
            if not path.exists() or path.read_text() != text:
                wrong.append(name)
        else:
            path.write_text(text)
    if check:
        wrong += [path.name for path in folder.iterdir() if path.name not in names]
        if wrong:
            sys.exit(f"not as the script makes them: {wrong}")
    print(f"{len(names)} vectors")


main()
