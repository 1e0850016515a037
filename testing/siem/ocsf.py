"""Validates OCSF events, one per line on standard input, against the schema of their class.

usage: ocsf.py VERSION [SCHEMA]

SCHEMA is a compiled schema: https://github.com/ocsf/ocsf-schema-compiler. Without it, the schema comes with the package
ocsf-json-schema. That package has no schema of 1.9.0, which is made from 1.8.0.
"""

import copy
import json
import sys
from pathlib import Path

import jsonschema_rs
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

# Faults that are printed in full.
SHOWN = 5


def change(of_class: dict, name: str, uid: int, activities: range) -> None:
    """Gives a class this name and number, and these activities in addition to its own."""
    of_class["name"] = name
    attributes = of_class["attributes"]
    own = [int(number) for number in attributes["activity_id"]["enum"]]
    numbers = sorted({*own, *activities})
    of_class["uid"] = uid
    for attribute, values in {
        "class_uid": [uid],
        "activity_id": numbers,
        "type_uid": [uid * 100 + number for number in numbers],
    }.items():
        attributes[attribute]["enum"] = {str(value): {} for value in values}


def next_version(schema: dict) -> dict:
    """Makes 1.9.0 from 1.8.0, as far as these events use it. Source: pull request 1603 of ocsf-schema."""
    classes = schema["classes"]
    change(classes["group_management"], "group_management", 3006, range(9, 14))
    classes["user_management"] = copy.deepcopy(classes["account_change"])
    change(classes["user_management"], "user_management", 3007, range(13, 20))
    return schema


def load(version: str, path: str | None) -> dict:
    if path:
        return json.loads(Path(path).read_text())
    if version == "1.9.0":
        return next_version(get_ocsf_schema(version="1.8.0"))
    return get_ocsf_schema(version=version)


def faults(event: dict, version: str, validator) -> list[str]:
    found = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(event)]
    if event["metadata"]["version"] != version:
        found.append(f"metadata.version is not {version}")
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        found.append("type_uid does not fit the class and the activity")
    return found


def main() -> int:
    version, path = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    schema = OcsfJsonSchemaEmbedded(load(version, path))
    validators = {}
    events = wrong = 0
    classes = {}
    for line in sys.stdin:
        event = json.loads(line)
        uid = event["class_uid"]
        if uid not in validators:
            of_class = schema.get_class_schema(schema.lookup_class_name_from_uid(uid))
            validators[uid] = jsonschema_rs.validator_for(of_class)
        found = faults(event, version, validators[uid])
        events += 1
        wrong += bool(found)
        classes[uid] = classes.get(uid, 0) + 1
        if found and wrong <= SHOWN:
            print(f"{line.rstrip()}\n  " + "\n  ".join(found), file=sys.stderr)
    counts = ", ".join(f"{count} of class {uid}" for uid, count in sorted(classes.items()))
    print(f"OCSF {version}: {wrong} of {events} events invalid ({counts})")
    return 1 if wrong or not events else 0


if __name__ == "__main__":
    sys.exit(main())
