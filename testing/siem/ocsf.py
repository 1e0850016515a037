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


# The activities of 1.9.0 where they differ from 1.8.0, in the order of their numbers.
GROUP = ["Update", "Attach Policies", "Detach Policies", "Assign Roles", "Remove Roles"]
USER = [
    "Create", "Update", "Delete", "Enable", "Disable", "Lock", "Unlock", "Password Change", "Password Reset",
    "Attach Policies", "Detach Policies", "Enable MFA Factors", "Disable MFA Factors", "Assign Privileges",
    "Remove Privileges", "Assign Roles", "Remove Roles", "Add Programmatic Credentials",
    "Remove Programmatic Credentials",
]


def change(of_class: dict, name: str, uid: int, activities: dict[int, str]) -> None:
    """Gives a class this name, this number, and these activities besides Unknown and Other."""
    of_class["name"] = name
    of_class["uid"] = uid
    captions = {0: "Unknown", **activities, 99: "Other"}
    for attribute, values in {
        "class_uid": {uid: of_class["caption"]},
        "activity_id": captions,
        "type_uid": {uid * 100 + number: caption for number, caption in captions.items()},
    }.items():
        enum = {str(number): {"caption": caption} for number, caption in values.items()}
        of_class["attributes"][attribute]["enum"] = enum


def next_version(schema: dict) -> dict:
    """Makes 1.9.0 from 1.8.0, as far as these events use it. Source: pull request 1603 of ocsf-schema."""
    classes = schema["classes"]
    group = classes["group_management"]
    old = {int(number): value["caption"] for number, value in group["attributes"]["activity_id"]["enum"].items()}
    change(group, "group_management", 3006, {**old, **dict(enumerate(GROUP, 9))})
    classes["user_management"] = {**copy.deepcopy(classes["account_change"]), "caption": "User Management"}
    change(classes["user_management"], "user_management", 3007, dict(enumerate(USER, 1)))
    return schema


def load(version: str, path: str | None) -> dict:
    if path:
        return json.loads(Path(path).read_text())
    if version == "1.9.0":
        return next_version(get_ocsf_schema(version="1.8.0"))
    return get_ocsf_schema(version=version)


def faults(event: dict, version: str, validator, of_class: dict) -> list[str]:
    found = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(event)]
    if event["metadata"]["version"] != version:
        found.append(f"metadata.version is not {version}")
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        found.append("type_uid does not fit the class and the activity")
    if event["class_name"] != of_class["caption"]:
        found.append(f"class_name is not {of_class['caption']}")
    activity = str(event["activity_id"])
    caption = of_class["attributes"]["activity_id"]["enum"].get(activity, {}).get("caption")
    # An activity that has no number keeps the source's name.
    if event["activity_name"] != (event["message"] if activity == "99" else caption):
        found.append(f"activity_name is not {caption}")
    return found


def main() -> int:
    version, path = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    compiled = load(version, path)
    schema = OcsfJsonSchemaEmbedded(compiled)
    validators = {}
    events = wrong = 0
    classes = {}
    for line in sys.stdin:
        event = json.loads(line)
        uid = event["class_uid"]
        if uid not in validators:
            name = schema.lookup_class_name_from_uid(uid)
            validator = jsonschema_rs.validator_for(schema.get_class_schema(name))
            validators[uid] = validator, compiled["classes"][name]
        found = faults(event, version, *validators[uid])
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
