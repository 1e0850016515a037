// Validates ECS documents, one per line on standard input, against the field list that Elastic publishes for a version.
//
// usage: node ecs.mjs VERSION
//
// Every field must be in the list, with a value of its type; or else below `buildkite.audit`, which is the source's own.

import { isIP } from "node:net";
import { createInterface } from "node:readline";
import { EcsFlat as fields8, EcsVersion as version8 } from "ecs-8";
import { EcsFlat as fields9, EcsVersion as version9 } from "ecs-9";

/** Faults that are printed in full. */
const SHOWN = 5;
const OWN = "buildkite.audit";
const REQUIRED = ["@timestamp", "ecs.version", "event.id", "event.kind", "event.category", "event.type"];

const lists = { [version8]: fields8, [version9]: fields9 };

const TYPES = {
    date: (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value) && !isNaN(Date.parse(value)),
    ip: (value) => typeof value === "string" && isIP(value) !== 0,
    keyword: (value) => typeof value === "string",
    match_only_text: (value) => typeof value === "string",
    wildcard: (value) => typeof value === "string",
};

/** Lists the leaves of a document as [path, value]; an array is a leaf. */
function* leaves(value, path) {
    if (path === OWN) return;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
        for (const [name, inner] of Object.entries(value)) yield* leaves(inner, path ? `${path}.${name}` : name);
    } else {
        yield [path, value];
    }
}

function* faults(event, version) {
    const list = lists[version];
    const seen = new Set();
    for (const [path, value] of leaves(event, "")) {
        seen.add(path);
        const field = list[path];
        if (!field) {
            yield `${path} is not a field of ECS ${version}`;
            continue;
        }
        const isList = field.normalize?.includes("array") ?? false;
        if (isList !== Array.isArray(value)) yield `${path} must ${isList ? "" : "not "}be an array`;
        const check = TYPES[field.type];
        if (!check) yield `${path} has the type ${field.type}, which this script does not know`;
        const allowed = field.allowed_values?.map((allowed) => allowed.name);
        for (const one of [value].flat()) {
            if (check && !check(one)) yield `${path} is not a ${field.type}: ${JSON.stringify(one)}`;
            if (allowed && !allowed.includes(one)) yield `${path} has a value that is not allowed: ${one}`;
        }
    }
    for (const path of REQUIRED) if (!seen.has(path)) yield `${path} is missing`;
    if (event.ecs?.version !== version) yield `ecs.version is not ${version}`;
    const expected = new Set();
    for (const category of event.event?.category ?? []) {
        const allowed = list["event.category"].allowed_values.find(({ name }) => name === category);
        for (const type of allowed?.expected_event_types ?? []) expected.add(type);
    }
    for (const type of event.event?.type ?? []) {
        if (!expected.has(type)) yield `event.type ${type} is not expected in ${event.event.category}`;
    }
}

const version = process.argv[2];
if (!lists[version]) {
    console.error(`usage: node ecs.mjs ${Object.keys(lists).join("|")}`);
    process.exit(2);
}
let events = 0;
let wrong = 0;
for await (const line of createInterface({ input: process.stdin })) {
    const found = [...faults(JSON.parse(line), version)];
    events += 1;
    if (found.length === 0) continue;
    wrong += 1;
    if (wrong <= SHOWN) console.error(`${line}\n  ${found.join("\n  ")}`);
}
console.log(`ECS ${version}: ${wrong} of ${events} events invalid`);
process.exit(wrong > 0 || events === 0 ? 1 : 0);
