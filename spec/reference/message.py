#!/usr/bin/env python3
"""Reads SS-MIX2 messages by another hand: Python's ISO-2022-JP codec and PyPI's hl7.

    message.py FOLDER...

Prints one JSON line for every file of the folders in the order of names, and at the end, to
standard error, how many were messages. A line has the path and either `segments` or, where the
bytes are no message, `why`. A segment is the list of its fields, the name first; a field is the
list of its repetitions, a repetition of its components, a component of its subcomponents, and
these are strings: as sent, or [as sent, escapes undone] where that is not the same.
spec/ssmix-message.md, section 3, says what is folded before two readers are compared.
"""

import json
import os
import sys

import hl7

# What escapes of formatted text become where they stand for space (section 3).
FORMATTED = {"H": "", "N": "", ".br": "\n", ".ce": "\n", ".sp": "\n", ".in": "", ".ti": "", ".sk": " "}


def leaf(message, sent):
    undone = message.unescape(sent, FORMATTED)
    return sent if undone == sent else [sent, undone]


def parts(container):
    """The parts of a field, repetition or component; PyPI's hl7 leaves levels out that are not there."""
    return [container] if isinstance(container, str) else container


def component(message, value):
    return [leaf(message, part) for part in parts(value)]


def repetition(message, value):
    return [component(message, part) for part in parts(value)]


def field(message, value):
    return [repetition(message, part) for part in value]


def segment(message, fields):
    name = str(fields[0])
    # MSH-1 and MSH-2 are the separators themselves.
    verbatim = 3 if name == "MSH" else 1
    return [
        [[[str(value)]]] if number < verbatim else field(message, value)
        for number, value in enumerate(fields)
    ]


def read(content):
    """(segments, None), or (None, why not)."""
    try:
        text = content.decode("iso2022_jp")
    except UnicodeDecodeError as error:
        return None, f"no ISO-2022-JP at byte {error.start}"
    # MLLP's end byte is no segment (spec/ssmix-message.md, section 1).
    text = text.rstrip("\x1c")
    if not text.startswith("MSH"):
        return None, "does not begin with MSH"
    message = hl7.parse(text)
    return [segment(message, fields) for fields in message], None


def main(folders):
    messages = others = 0
    for folder in folders:
        for base, names, files in os.walk(folder):
            names.sort()
            for name in sorted(files):
                path = os.path.join(base, name)
                with open(path, "rb") as file:
                    segments, why = read(file.read())
                messages += segments is not None
                others += segments is None
                line = {"path": path, **({"why": why} if segments is None else {"segments": segments})}
                print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    print(f"{messages} messages, {others} other files", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
