"""Second hand for shareholder-api.md: standard library only.

Writes spec/vectors/shareholder-api/*.json. Running it again writes the same bytes.
"""

import json
import pathlib
import struct

OUT = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "shareholder-api"

FOLDER, OTHER = bytes([1]) * 32, bytes([2]) * 32
NAME, LATER = bytes([3]) * 16, bytes([4]) * 16
OBJECT = bytes(range(70))
HEAD = bytes(range(64))


def counted(data):
    return struct.pack(">I", len(data)) + data


def write(name, message, body, expect, count=None):
    OUT.mkdir(parents=True, exist_ok=True)
    case = {"spec": "shareholder-api.md 1", "message": message, "body": body.hex(), "expect": expect}
    if count is not None:
        case["count"] = count
    (OUT / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n")


def main():
    key, other = FOLDER + NAME, OTHER + LATER
    put = key + counted(OBJECT)
    write("put_two", "put", put + other + counted(OBJECT + b"x"), [
        [FOLDER.hex(), NAME.hex(), OBJECT.hex()], [OTHER.hex(), LATER.hex(), (OBJECT + b"x").hex()]])
    write("put_nothing", "put", b"", [])
    write("put_key_truncated", "put", key[:-1], "refused")
    write("put_object_truncated", "put", put[:-1], "refused")
    write("put_object_shorter_than_a_head", "put", key + counted(OBJECT[:63]), "refused")
    write("put_object_too_long", "put", key + struct.pack(">I", (11 << 20) + 1), "refused")
    write("put_too_many", "put", (key + counted(HEAD)) * 4097, "refused")
    write("put_answer", "put answer", b"\1\2\3", ["stored", "already stored", "conflict"], 3)
    write("put_answer_too_short", "put answer", b"\1\2", "refused", 3)
    write("put_answer_too_long", "put answer", b"\1\2\1", "refused", 2)
    write("put_answer_unknown", "put answer", b"\4", "refused", 1)

    write("keys", "keys", key + other, [[FOLDER.hex(), NAME.hex()], [OTHER.hex(), LATER.hex()]])
    write("keys_truncated", "keys", key + other[:-1], "refused")
    write("get_answer", "get answer", b"\1" + counted(OBJECT) + b"\2\3\4",
          [OBJECT.hex(), "absent", "rotten", "left out"], 4)
    write("get_answer_truncated", "get answer", b"\1" + counted(OBJECT)[:-1], "refused", 1)
    write("get_answer_for_fewer", "get answer", b"\2", "refused", 2)
    write("get_answer_for_more", "get answer", b"\2\2", "refused", 1)
    write("get_answer_unknown", "get answer", b"\5", "refused", 1)
    write("get_answer_object_too_long", "get answer", b"\1" + struct.pack(">I", (11 << 20) + 1),
          "refused", 1)

    write("heads", "heads", FOLDER + b"\0" + bytes(16) + OTHER + b"\1" + NAME,
          [[FOLDER.hex(), None], [OTHER.hex(), NAME.hex()]])
    write("heads_name_though_none", "heads", FOLDER + b"\0" + NAME, "refused")
    write("heads_flag_2", "heads", FOLDER + b"\2" + NAME, "refused")
    write("heads_truncated", "heads", FOLDER + b"\1" + NAME[:-1], "refused")
    page = struct.pack(">IB", 2, 1) + NAME + HEAD + LATER + HEAD
    empty = struct.pack(">IB", 0, 0)
    write("heads_answer", "heads answer", page + empty,
          [[True, NAME.hex(), LATER.hex()], [False]], 2)
    write("heads_answer_empty_that_goes_on", "heads answer", struct.pack(">IB", 0, 1), "refused", 1)
    write("heads_answer_more_is_2", "heads answer", struct.pack(">IB", 0, 2), "refused", 1)
    write("heads_answer_truncated", "heads answer", page[:-1], "refused", 1)
    write("heads_answer_count_beyond_the_limit", "heads answer",
          struct.pack(">IB", 131_073, 0), "refused", 1)
    write("heads_answer_for_more", "heads answer", empty + empty, "refused", 1)

    write("delete_answer", "delete answer", b"\1\0", [True, False], 2)
    write("delete_answer_unknown", "delete answer", b"\2", "refused", 1)
    write("delete_answer_too_long", "delete answer", b"\1\1", "refused", 1)


if __name__ == "__main__":
    main()
