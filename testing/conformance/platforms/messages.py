"""Validates every line that the program prints with the models of the Airbyte protocol, and with the schema of the tap.

Usage: messages.py PROGRAM HOST_TEST
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import jsonschema_rs
from airbyte_protocol.models import AirbyteMessage
from bridge import Bridge, catalog, expect, same
from fake import Fake

EVENTS = 2500
READ = "read --config config.json --catalog catalog.json --state state.json"
TAP = "--config config.json --catalog singer.json --state state.json"
SINGER = {
    "SCHEMA": {"type", "stream", "schema", "key_properties", "bookmark_properties"},
    "RECORD": {"type", "stream", "record", "time_extracted"},
    "STATE": {"type", "value"},
}


def strict(schema: dict) -> jsonschema_rs.Validator:
    """The protocol allows unknown fields, which would hide a misspelled one."""
    for name, definition in schema["definitions"].items():
        # The state of a stream is its own.
        if "properties" in definition and name != "AirbyteStateBlob":
            definition["additionalProperties"] = False
    return jsonschema_rs.validator_for({**schema, "additionalProperties": False})


PROTOCOL = strict(AirbyteMessage.schema())


def airbyte(lines: list[str]) -> list[dict]:
    messages = [json.loads(line) for line in lines]
    for line, message in zip(lines, messages):
        for error in PROTOCOL.iter_errors(message):
            raise AssertionError(f"not a message: {error}\n{line[:300]}")
        AirbyteMessage.parse_raw(line)
    return messages


def of(messages: list[dict], kind: str) -> list[dict]:
    return [message for message in messages if message["type"] == kind]


def source(bridge: Bridge) -> str:
    """The commands of an Airbyte source."""
    config = bridge.config()
    [spec] = airbyte(bridge.airbyte("spec"))
    form = spec["spec"]["connectionSpecification"]
    jsonschema_rs.meta.validate(form)
    jsonschema_rs.Draft7Validator(form).validate(config)
    check = airbyte(bridge.airbyte("check --config config.json"))[-1]
    expect(check["connectionStatus"]["status"] == "SUCCEEDED", f"check: {check}")
    found = airbyte(bridge.airbyte("discover --config config.json"))[-1]
    [stream] = found["catalog"]["streams"]
    bridge.write("catalog.json", {"streams": [{**catalog()["streams"][0], "stream": stream}]})
    schema = jsonschema_rs.Draft7Validator(stream["json_schema"], validate_formats=True)
    count, truth = 0, set(bridge.fake.truth())
    for wanted in (truth, set(), None):
        wanted = bridge.fake.add(25) if wanted is None else wanted
        lines = bridge.airbyte(READ)
        messages = airbyte(lines)
        records = [message["record"]["data"] for message in of(messages, "RECORD")]
        for record in records:
            schema.validate(record)
        same("read", [record["uuid"] for record in records], wanted)
        bridge.write("state.json", [of(messages, "STATE")[-1]["state"]])
        count += len(lines)
    return f"{count} lines are messages of the protocol; three syncs read {len(truth)}, 0 and 25 events"


def refusals(bridge: Bridge) -> str:
    """Bad input."""
    count = 0

    def refused(line: str) -> None:
        nonlocal count
        messages = airbyte(bridge.airbyte(line, code=1))
        [error] = [trace["trace"]["error"] for trace in of(messages, "TRACE") if trace["trace"]["type"] == "ERROR"]
        expect(error["failure_type"] == "config_error", f"{line}: {error}")
        expect(not of(messages, "RECORD") and not of(messages, "STATE"), f"{line} reads")
        count += 1

    unknown = catalog()
    unknown["streams"][0]["stream"]["name"] = "builds"
    for bad in (unknown, {"streams": []}, {}, [], "x"):
        bridge.write("catalog.json", bad)
        refused(READ)
    bridge.write("catalog.json", catalog())
    bridge.config(org_slug="another")
    refused(READ)
    bridge.config()
    good = json.loads((bridge.folder / "state.json").read_text())
    for state in ({"checkpoint": "torn"}, {"checkpoint": 1}, {"cursor": 1}, 7):
        good[0]["stream"]["stream_state"] = state
        bridge.write("state.json", good)
        refused(READ)
    for settings in ({"page_size": "many"}, {"org_slug": 7}, {"api_token": 7}, {"color": "red"}):
        bridge.config(**settings)
        refused("discover --config config.json")
        refused(READ)
        check = airbyte(bridge.airbyte("check --config config.json"))[-1]
        expect(check["connectionStatus"]["status"] == "FAILED", f"check: {check}")
    bridge.write("state.json", {})
    bridge.config()
    return f"{count} refusals are one error message each"


def tap(bridge: Bridge) -> str:
    """The Singer tap."""
    found = json.loads("".join(bridge.singer("--config config.json --discover")))
    bridge.write("singer.json", found)
    truth = set(bridge.fake.truth())
    for wanted in (truth, set(), None):
        wanted = bridge.fake.add(25) if wanted is None else wanted
        messages = [json.loads(line) for line in bridge.singer(TAP)]
        for message in messages:
            expect(set(message) == SINGER[message["type"]], f"not a message: {list(message)}")
        expect(messages[0]["type"] == "SCHEMA", "the schema is not first")
        schema = jsonschema_rs.Draft7Validator(messages[0]["schema"], validate_formats=True)
        for record in of(messages, "RECORD"):
            schema.validate(record["record"])
        same("tap", [record["record"]["uuid"] for record in of(messages, "RECORD")], wanted)
        bridge.write("state.json", of(messages, "STATE")[-1]["value"])
    return f"every line is a message of Singer; three syncs read {len(truth)}, 0 and 25 events"


def main() -> None:
    program, host_test = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, Fake(host_test, EVENTS, seed=3, seconds=240) as fake:
        bridge = Bridge(program, fake, Path(folder))
        for step in (source, refusals, tap):
            print(f"   {step.__name__}: {step(bridge)}")


main()
