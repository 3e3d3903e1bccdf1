#!/usr/bin/env python3
"""Reads SS-MIX2 messages by another hand: Python's ISO-2022-JP codec and PyPI's hl7.

    message.py FOLDER...

Prints one JSON line per file of the folders in the order of names: its path, and each segment as
the list of its fields as sent; or null where the bytes are no message. spec/ssmix-message.md says
what is folded before two readers are compared.
"""

import json
import os
import sys

import hl7


def read(content):
    """Fields of every segment, or None."""
    try:
        text = content.decode("iso2022_jp")
    except UnicodeDecodeError:
        return None
    # MLLP's end byte is no segment (spec/ssmix-message.md, section 1).
    text = text.rstrip("\x1c")
    if not text.startswith("MSH"):
        return None
    return [[str(field) for field in segment] for segment in hl7.parse(text)]


def main(folders):
    for folder in folders:
        for base, names, files in os.walk(folder):
            names.sort()
            for name in sorted(files):
                path = os.path.join(base, name)
                with open(path, "rb") as file:
                    content = file.read()
                if content[:3] != b"MSH" and content[:1] < b"\x80":
                    continue
                line = {"path": path, "segments": read(content)}
                print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
