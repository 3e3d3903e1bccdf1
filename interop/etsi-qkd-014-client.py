#!/usr/bin/env python3
"""Calls a pair of key managers by an independent client, PyPI's etsi-qkd-014-client.

    python3 interop/etsi-qkd-014-client.py FOLDER PORT_A PORT_B PORT_CONTROL

FOLDER holds what `hlincos init kme` wrote, with the SAEs sae-a at one, sae-b and sae-c at the other.
"""

import base64
import json
import sys
import urllib.request

from etsi_qkd_014_client import QKD014Client

NOT_FOUND = "one or more keys specified are not found on KME"
UNKNOWN = "550e8400-e29b-41d4-a716-446655440000"


def client(folder, sae, port):
    return QKD014Client(f"localhost:{port}", f"{folder}/{sae}.pem", f"{folder}/{sae}.key", f"{folder}/ca.pem")


def order(port, **wanted):
    """Orders an outage, or its end, at the control address."""
    head = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/control", json.dumps(wanted).encode(), head)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def same_keys(master, slave):
    for number, size in [(None, None), (1, 256), (2, 512), (128, 1024), (1, 65536)]:
        code, got = master.get_key("sae-b", number=number, size=size)
        assert code == 200, (number, size, got)
        ids = [key.key_id for key in got.keys]
        assert len(set(ids)) == (number or 1)
        code, other = slave.get_key_with_key_IDs("sae-a", ids)
        assert code == 200, other
        keys = [(key.key_id, key.key) for key in got.keys]
        assert keys == [(key.key_id, key.key) for key in other.keys]
        assert all(len(base64.b64decode(key, validate=True)) == (size or 256) // 8 for _, key in keys)
        assert "SIMULATION" in str(other.key_container_extension)
        refused(slave.get_key_with_key_IDs("sae-a", ids), 400, NOT_FOUND)


def several_slaves(master, slave, third):
    """Key multicast: whoever is named gets the key, nobody else does."""
    code, got = master.get_key("sae-b", number=2, additional_slave_sae_ids=["sae-c"])
    assert code == 200, got
    ids = [key.key_id for key in got.keys]
    for each in (slave, third):
        code, other = each.get_key_with_key_IDs("sae-a", ids)
        assert code == 200 and [key.key for key in other.keys] == [key.key for key in got.keys]
    _, got = master.get_key("sae-b", number=2)
    refused(third.get_key_with_key_IDs("sae-a", [key.key_id for key in got.keys]), 401, "not named")


def refused(answer, code, message):
    assert answer[0] == code and message in answer[1].message, (answer[0], str(answer[1]))
    assert "SIMULATION" in str(answer[1].details)


def refusals(master, slave, stranger):
    refused(master.get_status("mallory"), 400, "not known")
    refused(master.get_key("sae-b", size=250), 400, "size shall be a multiple of 8")
    refused(master.get_key("sae-b", size=8), 400, "size shall be from")
    refused(master.get_key("sae-b", number=129), 400, "number shall be")
    unknown = [{"abc_route_type": "direct"}]
    refused(
        master.get_key("sae-b", extension_mandatory=unknown),
        400,
        "not all extension_mandatory parameters are supported",
    )
    assert master.get_key("sae-b", extension_optional=unknown)[0] == 200
    refused(slave.get_key_with_key_IDs("sae-a", [UNKNOWN]), 400, NOT_FOUND)
    refused(slave.get_key_with_key_IDs("sae-a", ["key-1"]), 400, "UUID")
    refused(slave.get_key_with_key_IDs("sae-a", []), 400, "key_IDs")
    refused(stranger.get_key("sae-b"), 401, "no SAE that this KME knows")
    # One of several ids was taken before: none is given, and the others stay.
    _, got = master.get_key("sae-b", number=3)
    ids = [key.key_id for key in got.keys]
    assert slave.get_key_with_key_IDs("sae-a", ids[:1])[0] == 200
    refused(slave.get_key_with_key_IDs("sae-a", ids), 400, NOT_FOUND)
    assert slave.get_key_with_key_IDs("sae-a", ids[1:])[0] == 200


def outage(master, control):
    """The stock is used up while the link is down; then 503, until it is up again."""
    order(control, rate_bits_s=0)
    for _ in range(10_000):
        code, answer = master.get_key("sae-b", number=16, size=65536)
        if code != 200:
            break
    refused((code, answer), 503, "not enough key")
    assert master.get_status("sae-b")[1].stored_key_count < 4096
    order(control, rate_bits_s=10_000_000_000)
    assert master.get_key("sae-b", number=16, size=65536)[0] == 200


def main():
    folder, port_a, port_b, control = sys.argv[1:]
    master, slave = client(folder, "sae-a", port_a), client(folder, "sae-b", port_b)
    code, status = master.get_status("sae-b")
    assert code == 200
    assert (status.source_kme_id, status.target_kme_id) == ("kme-a", "kme-b")
    assert (status.master_sae_id, status.slave_sae_id) == ("sae-a", "sae-b")
    assert (status.key_size, status.max_key_per_request) == (256, 128)
    order(control, rate_bits_s=10_000_000_000)
    same_keys(master, slave)
    several_slaves(master, slave, client(folder, "sae-c", port_b))
    refusals(master, slave, client(folder, "sae-b", port_a))
    outage(master, control)
    print("identical keys at both ends, refusals 400, 401 and 503: all as the standard says")


main()
