// A fake Buildkite in its own process.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** `host-test fake-buildkite`: its endpoint, slug and token, and what a source should deliver. */
export class Fake {
  #child;

  constructor(child, endpoint, slug, token) {
    this.#child = child;
    Object.assign(this, { endpoint, slug, token, origin: new URL(endpoint).origin });
  }

  static async start(hostTest, events, seed) {
    const options = ["--listen", "127.0.0.1:0", "--log", "error", "--seed", String(seed), "--events", String(events)];
    const child = spawn(hostTest, ["fake-buildkite", ...options], { stdio: ["ignore", "pipe", "inherit"] });
    // However this process ends, even by an error, the fake Buildkite ends with it.
    process.once("exit", () => child.kill("SIGTERM"));
    child.on("error", (error) => console.error(`${hostTest}: ${error.message}`));
    const bound = setTimeout(() => child.kill("SIGKILL"), 30_000);
    const found = [];
    for await (const line of createInterface({ input: child.stdout })) {
      found.push(line.replace(/^(listening on|slug:|token:) /, ""));
      if (found.length === 3) break;
    }
    clearTimeout(bound);
    if (found.length < 3) throw new Error("the fake Buildkite did not start");
    child.stdout.unref();
    child.unref();
    return new Fake(child, ...found);
  }

  get pid() {
    return this.#child.pid;
  }

  /** Returns the expected record of every event, by UUID. They are text, since the order of keys matters. */
  async truth() {
    const lines = (await this.#ask("/truth")).split("\n").filter(Boolean);
    return new Map(lines.map((line) => JSON.parse(line)).map(({ uuid, node }) => [uuid, JSON.stringify(parsed(node))]));
  }

  /** Adds `count` events that occur now, and returns their UUIDs. */
  async add(count) {
    return new Set(JSON.parse(await this.#ask(`/events?n=${count}`, "POST")));
  }

  async #ask(path, method = "GET") {
    const response = await fetch(this.origin + path, { method, signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return response.text();
  }
}

/** Parses `data`: JSON in a string at Buildkite, a value in a record. Text that is not JSON stays a string. */
function parsed(node) {
  if (typeof node.data !== "string") return node;
  try {
    return { ...node, data: JSON.parse(node.data) };
  } catch {
    return node;
  }
}
