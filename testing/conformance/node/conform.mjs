// Drives the component in jco against a fake Buildkite and checks what wit/source.wit promises.
// Usage: node conform.mjs COMPONENT HOST_TEST
import assert from "node:assert/strict";
import { BATCH, CALLS_MAX, refused, untilIdle, watch } from "./expect.mjs";
import { Fake } from "./fake.mjs";
import { Plugin } from "./source.mjs";
import { Store } from "./store.mjs";

const EVENTS = 2500;
const SECONDS_MAX = 240;

const [component, hostTest] = process.argv.slice(2);
const fake = await Fake.start(hostTest, EVENTS, 7);
watch(fake.pid, SECONDS_MAX);
const plugin = await Plugin.load(component);
const settings = {
  org_slug: fake.slug,
  backfill_start_time: "2024-12-31T00:00:00Z",
  endpoint: fake.endpoint,
  poll_interval_seconds: 1,
};

let store = new Store();

const instance = (origin = fake.origin, token = fake.token) => plugin.start(origin, token);

async function start(checkpoint, origin, token) {
  const source = await instance(origin, token);
  source.configure(settings, checkpoint);
  return source;
}

const steps = {
  async "describes itself"() {
    const described = (await instance()).describe();
    assert.deepEqual(JSON.parse(described.settingsSchema).required, ["org_slug"]);
    assert.equal(JSON.parse(described.recordSchema).type, "object");
    return `${described.name} ${described.version}, ${described.allowedHosts}`;
  },

  async "passes its check"() {
    const findings = (await start()).check();
    assert(findings.every(({ outcome }) => ["passed", "warned"].includes(outcome)), JSON.stringify(findings));
    return findings.map(({ step, outcome }) => `${step} ${outcome}`).join(", ");
  },

  async "reads everything once"() {
    const source = await start();
    let batches = 0;
    for await (const batch of untilIdle(source)) {
      const times = batch.records.map((event) => event.occurredAt);
      assert(times.length <= BATCH);
      assert.deepEqual(times, times.toSorted());
      store.deliver(batch, source.checkpoint());
      batches += 1;
    }
    store.expect(await fake.truth());
    assert(!store.checkpoint.includes(fake.token), "the checkpoint contains the token");
    return `${store.records.size} events in ${batches} batches, each exactly once with an equal payload`;
  },

  // Uses a new instance for each call. For every second batch, neither records nor checkpoint are stored.
  async "survives dropped batches"() {
    store = new Store();
    let lost;
    let again = 0;
    for (let call = 1; call <= CALLS_MAX; call += 1) {
      const source = await start(store.checkpoint);
      const batch = source.readBatch(BATCH);
      if (batch.records.length && !lost) {
        lost = batch.records;
        continue;
      }
      if (batch.records.length) {
        assert.deepEqual(batch.records, lost, "a batch that no checkpoint covered came back changed");
        lost = undefined;
        again += 1;
      }
      store.deliver(batch, source.checkpoint());
      if (batch.next === "idle") {
        store.expect(await fake.truth());
        assert(again > 0);
        return `${call} instances, ${again} batches delivered again in full, nothing lost or repeated`;
      }
    }
    throw new Error(`not idle after ${CALLS_MAX} calls`);
  },

  // Reads new events with a new instance, then reads more with the same one after the wait that it asks for.
  async "continues with new events"() {
    const source = await start(store.checkpoint);
    const waits = [];
    for (const count of [25, 5]) {
      const before = new Set(store.records.keys());
      const added = await fake.add(count);
      const done = () => [...added].every((id) => store.records.has(id));
      for await (const batch of untilIdle(source, done, waits)) store.deliver(batch, source.checkpoint());
      assert.deepEqual(new Set([...store.records.keys()].filter((id) => !before.has(id))), added);
    }
    store.expect(await fake.truth());
    return `only the 25 and 5 new events, after waits of ${waits} ms`;
  },

  async "refuses a token"() {
    const token = `bkua_${"f0".repeat(20)}`;
    const source = await start(undefined, fake.origin, token);
    const error = refused("unauthorized", () => source.readBatch(1));
    const findings = source.check();
    assert(findings.some(({ outcome }) => outcome === "failed"));
    assert(!`${error.message}${JSON.stringify(findings)}`.includes(token), "the token is shown");
    return error.message.split(";")[0];
  },

  async "refuses settings"() {
    const source = await instance();
    assert.deepEqual(refused("invalid-config", () => source.readBatch(1)).fields, ["settings"]);
    const wrong = { page_size: 0, rate_limit: { rate: 1, unit: "day" }, color: "red" };
    const { fields } = refused("invalid-config", () => source.configure(wrong, undefined, {}));
    assert.deepEqual(fields.toSorted(), ["color", "org_slug", "page_size", "rate_limit.unit", "secrets.api_token"]);
    return fields.join(", ");
  },

  async "refuses checkpoints"() {
    const source = await instance();
    refused("invalid-checkpoint", () => source.configure(settings, "no checkpoint"));
    const another = { ...settings, org_slug: "another" };
    return refused("invalid-checkpoint", () => source.configure(another, store.checkpoint)).message.split(";")[0];
  },

  async "reaches only one origin"() {
    const source = await start(undefined, "https://graphql.buildkite.com");
    return refused("invalid-config", () => source.readBatch(1)).message.split(";")[0];
  },
};

for (const [name, step] of Object.entries(steps)) {
  const started = performance.now();
  const seen = await step();
  console.log(`  ${name}: ${seen} (${((performance.now() - started) / 1000).toFixed(2)} s)`);
}
