#!/usr/bin/env python3
"""Writes and reads segments as spec/segment.md says, and makes its vectors.

    python3 spec/reference/segment.py spec/vectors/segment          write the vectors
    python3 spec/reference/segment.py --check spec/vectors/segment  compare them with the files

Written from the page, not from the Rust code.
"""

import json
import pathlib
import struct
import sys

OBJECT_MIN, OBJECT_MAX = 64, 16 << 20
PUT, TOMBSTONE = b"HLPU", b"HLTO"


def crc32c(data):
    """Section 1: CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def segment_header(number, version=1, zeros=(0, 0), magic=b"HLSEGMNT"):
    """Section 3."""
    head = magic + struct.pack(">HHII", version, zeros[0], number, zeros[1])
    return head + struct.pack(">I", crc32c(head))


def record(number, offset, key, payload, kind=PUT, length=None, payload_crc=None):
    """Section 4."""
    length = len(payload) if length is None else length
    payload_crc = crc32c(payload) if payload_crc is None else payload_crc
    rest = struct.pack(">IIII", number, offset, length, payload_crc) + key
    return kind + struct.pack(">I", crc32c(kind + rest)) + rest + payload


def read_record_header(number, data, offset):
    """Section 6: the header at this offset if it is good, as (kind, key, length, payload CRC)."""
    head = data[offset : offset + 72]
    if len(head) < 72 or head[:4] not in (PUT, TOMBSTONE):
        return None
    crc, stands_in, stands_at, length, payload_crc = struct.unpack(">IIIII", head[4:24])
    if crc != crc32c(head[:4] + head[8:]) or (stands_in, stands_at) != (number, offset):
        return None
    if head[:4] == PUT and not OBJECT_MIN <= length <= OBJECT_MAX:
        return None
    if head[:4] == TOMBSTONE and (length, payload_crc) != (0, 0):
        return None
    if offset + 72 + length > len(data):
        return None
    return head[:4], head[24:72], length, payload_crc


def read_log(segments):
    """Sections 4, 6, 7: (objects, damaged places, lengths after opening), or the word of a refusal."""
    objects, damaged, lengths = {}, 0, {}
    for number in sorted(segments):
        data, active = segments[number], number == max(segments)
        sound = len(data) >= 24 and data[:8] == b"HLSEGMNT"
        sound = sound and struct.unpack(">I", data[20:24])[0] == crc32c(data[:20])
        if sound:
            version, zero, stored, zero2 = struct.unpack(">HHII", data[8:20])
            if version != 1:
                return "version"
            if stored != number:
                return "misnamed"
            sound = zero == 0 and zero2 == 0
        at, good_end, waiting = 24, 24, 0
        while at < len(data):
            header = read_record_header(number, data, at)
            if header is None:
                waiting += 1
                at += 1
                while at < len(data) and read_record_header(number, data, at) is None:
                    at += 1
                continue
            kind, key, length, payload_crc = header
            payload = data[at + 72 : at + 72 + length]
            at += 72 + length
            if crc32c(payload) != payload_crc:
                waiting += 1
                continue
            damaged, waiting, good_end = damaged + waiting, 0, at
            if kind == PUT:
                objects[key] = payload
            else:
                objects.pop(key, None)
        if not active:
            damaged += waiting + (not sound)
            lengths[number] = len(data)
        else:
            damaged += not sound and good_end > 24
            lengths[number] = good_end
    return objects, damaged, lengths


class Log:
    """Section 8, step 1: appends records and rolls segments."""

    def __init__(self, segment_bytes=64 << 20):
        self.segment_bytes, self.number, self.segments = segment_bytes, 1, {1: segment_header(1)}
        self.objects = {}

    def append(self, key, payload, kind=PUT):
        here = self.segments[self.number]
        if len(here) > 24 and len(here) + 72 + len(payload) > self.segment_bytes:
            self.number += 1
            here = segment_header(self.number)
        self.segments[self.number] = here + record(self.number, len(here), key, payload, kind)

    def put(self, key, payload):
        if key not in self.objects:
            self.objects[key] = payload
            self.append(key, payload)

    def delete(self, key):
        if self.objects.pop(key, None) is not None:
            self.append(key, b"", TOMBSTONE)


def key(number):
    return bytes([number % 3]) * 32 + bytes([number]) * 16


def payload(number, length):
    return bytes((number * 37 + at * 11 + at // 7) % 256 for at in range(length))


A, B, C = (key(1), payload(1, 64)), (key(2), payload(2, 100)), (key(4), payload(3, 81))


def log_of(*puts):
    log = Log()
    for put in puts:
        log.put(*put)
    return log.segments[1]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def written_cases():
    """Logs with the calls that a writer answers by exactly these bytes."""
    yield "no_record", "a store that was opened and closed", 1 << 20, []
    yield "one_put", "one object", 1 << 20, [("put", [A])]
    yield "puts_of_two_calls", "records follow without gaps", 1 << 20, [("put", [A, B]), ("put", [C])]
    yield "same_put_twice", "an object is put once", 1 << 20, [("put", [A, A]), ("put", [A])]
    yield "other_bytes_under_the_key", "the first object stays", 1 << 20, [
        ("put", [A]), ("put", [(A[0], B[1])])]
    yield "put_and_tombstone", "a deletion is a record too", 1 << 20, [("put", [A, B]), ("delete", [A[0]])]
    yield "put_after_tombstone", "a deleted key is free", 1 << 20, [
        ("put", [A]), ("delete", [A[0]]), ("put", [(A[0], B[1])])]
    yield "deletion_of_nothing", "no object, no tombstone", 1 << 20, [("put", [A]), ("delete", [B[0]])]
    yield "rolled_segment", "a full segment has a successor", 300, [("put", [A, B, C])]
    yield "record_longer_than_a_segment", "a segment takes one record at least", 100, [("put", [B, C])]


def damaged_cases():
    """Segments that no writer leaves, with what a reader makes of them: objects, damage, lengths."""
    ab, abc = log_of(A, B), log_of(A, B, C)
    a_end, b_end = 24 + 72 + 64, 24 + 72 + 64 + 72 + 100
    yield "gap_in_numbers", "compaction removes files", {
        3: segment_header(3) + record(3, 24, *A), 7: segment_header(7) + record(7, 24, *B)}, [A, B], 0, {}
    yield "copy_in_a_later_segment", "a crash before an emptied segment was removed", {
        1: ab, 2: segment_header(2) + record(2, 24, *B)}, [A, B], 0, {}
    yield "tombstone_in_a_later_segment", "the last record of a key wins", {
        1: ab, 2: segment_header(2) + record(2, 24, A[0], b"", TOMBSTONE)}, [B], 0, {}
    yield "tail_torn_in_header", "the last write stopped early", {1: ab[: a_end + 30]}, [A], 0, {1: a_end}
    yield "tail_torn_in_payload", "the last write stopped early", {1: ab[:-1]}, [A], 0, {1: a_end}
    yield "tail_of_zeros", "the length was durable, the bytes were not", {
        1: ab + bytes(700)}, [A, B], 0, {1: b_end}
    yield "tail_of_two_records", "both records behind each other are torn", {
        1: flipped(flipped(abc, a_end + 80), b_end + 80)}, [A], 0, {1: a_end}
    yield "segment_header_torn", "the active segment had just been begun", {
        1: ab, 2: segment_header(2)[:10]}, [A, B], 0, {2: 24}
    yield "empty_file", "the active segment had just been created", {1: ab, 2: b""}, [A, B], 0, {2: 24}
    yield "payload_damaged", "the header tells where the next record is", {
        1: flipped(abc, a_end + 72)}, [A, C], 1, {}
    yield "record_header_damaged", "the next good header is searched", {1: flipped(abc, a_end + 30)}, [A, C], 1, {}
    yield "length_damaged", "a length that nothing vouches for is not believed", {
        1: flipped(abc, a_end + 19)}, [A, C], 1, {}
    yield "damage_at_the_end_of_a_sealed_segment", "a sealed segment has no torn tail", {
        1: flipped(ab, len(ab) - 1), 2: segment_header(2) + record(2, 24, *C)}, [A, C], 1, {1: len(ab)}
    yield "hole_before_a_good_record", "the disk wrote the later part first", {
        1: abc[:a_end] + bytes(172) + abc[b_end:]}, [A, C], 1, {}
    yield "segment_header_damaged", "the records carry the number themselves", {1: flipped(ab, 3)}, [A, B], 1, {}
    yield "segment_header_zero_not_zero", "kept free for later versions", {
        1: segment_header(1, zeros=(0, 1)) + ab[24:]}, [A, B], 1, {}
    yield "sealed_segment_header_damaged", "counted, and its records are read", {
        1: flipped(ab, 21), 2: segment_header(2) + record(2, 24, *C)}, [A, B, C], 1, {}
    yield "record_of_another_offset", "a misdirected write", {
        1: abc[:a_end] + record(1, 24, *B) + abc[b_end:]}, [A, C], 1, {}
    yield "record_of_another_segment", "a stale block", {
        1: abc[:a_end] + record(2, a_end, *B) + abc[b_end:]}, [A, C], 1, {}
    hidden = (key(5), record(1, 24, *C) + payload(9, 20))
    yield "record_hidden_in_a_payload", "it does not carry its own offset", {
        1: flipped(log_of(A, hidden, B), a_end + 1)}, [A, B], 1, {}
    for name, why, bad in [
        ("object_too_short", "63 bytes", record(1, a_end, key(5), payload(5, 63))),
        ("object_too_long", "16 MiB and one byte", record(1, a_end, key(5), b"", length=OBJECT_MAX + 1)),
        ("length_past_the_end_of_the_file", "the payload would end after the file",
            record(1, a_end, key(5), payload(5, 64), length=5000)),
        ("tombstone_with_a_payload", "length 0 is a must", record(1, a_end, A[0], payload(5, 64), TOMBSTONE)),
        ("tombstone_with_a_payload_crc", "CRC 0 is a must",
            record(1, a_end, A[0], b"", TOMBSTONE, payload_crc=1)),
        ("unknown_kind", "only puts and tombstones", record(1, a_end, key(5), payload(5, 64), b"HLXX")),
    ]:
        behind = a_end + len(bad)
        yield name, why, {1: ab[:a_end] + bad + record(1, behind, *C)}, [A, C], 1, {}
    yield "later_version", "a later release wrote it", {1: segment_header(1, version=2) + ab[24:]}, "version", 0, {}
    yield "renamed_segment", "its header names another number", {2: ab}, "misnamed", 0, {}


def vectors():
    assert crc32c(b"123456789") == 0xE3069283
    hex_objects = lambda objects: [
        {"folder": k[:32].hex(), "name": k[32:].hex(), "bytes": v.hex()} for k, v in sorted(objects.items())]
    for name, why, segment_bytes, calls in written_cases():
        log, told = Log(segment_bytes), []
        for verb, things in calls:
            for thing in things:
                log.put(*thing) if verb == "put" else log.delete(thing)
            told.append({verb: [hex_objects({t[0]: t[1]})[0] if verb == "put" else
                {"folder": t[:32].hex(), "name": t[32:].hex()} for t in things]})
        lengths = {number: len(data) for number, data in log.segments.items()}
        assert read_log(log.segments) == (log.objects, 0, lengths), name
        yield {"name": name, "why": why, "expect": "success", "segment_bytes": segment_bytes, "calls": told,
            "segments": {f"{n:08}.seg": d.hex() for n, d in log.segments.items()},
            "objects": hex_objects(log.objects), "rotten": 0,
            "lengths": {f"{n:08}.seg": length for n, length in lengths.items()}}
    for name, why, segments, objects, rotten, lengths in damaged_cases():
        case = {"name": name, "why": why, "segments": {f"{n:08}.seg": d.hex() for n, d in segments.items()}}
        if isinstance(objects, str):
            assert read_log(segments) == objects, name
            yield {**case, "expect": objects}
            continue
        lengths = {n: lengths.get(n, len(d)) for n, d in segments.items()}
        assert read_log(segments) == (dict(objects), rotten, lengths), (name, read_log(segments)[1:])
        yield {**case, "expect": "success", "objects": hex_objects(dict(objects)), "rotten": rotten,
            "lengths": {f"{n:08}.seg": length for n, length in lengths.items()}}


def main(arguments):
    check = arguments[:1] == ["--check"]
    folder = pathlib.Path(arguments[-1])
    wanted = {f"{v['name']}.json": json.dumps(v, indent=1) + "\n" for v in vectors()}
    if check:
        there = {path.name: path.read_text() for path in folder.glob("*.json")}
        wrong = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
        sys.exit(f"these vectors differ: {wrong}" if wrong else 0)
    for name, text in wanted.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
