// A made-up Buildkite, in a process of its own.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** `host-test fake-buildkite`: its endpoint, slug and token, and what it ought to have delivered. */
export class Fake {
  #child;

  constructor(child, endpoint, slug, token) {
    this.#child = child;
    Object.assign(this, { endpoint, slug, token, origin: new URL(endpoint).origin });
  }

  static async start(hostTest, events, seed) {
    const options = ["--listen", "127.0.0.1:0", "--log", "error", "--seed", String(seed), "--events", String(events)];
    const child = spawn(hostTest, ["fake-buildkite", ...options], { stdio: ["ignore", "pipe", "inherit"] });
    // However this process ends, be it by an error, the made-up Buildkite ends with it.
    process.once("exit", () => child.kill("SIGTERM"));
    child.on("error", (error) => console.error(`${hostTest}: ${error.message}`));
    const bound = setTimeout(() => child.kill("SIGKILL"), 30_000);
    const found = [];
    for await (const line of createInterface({ input: child.stdout })) {
      found.push(line.replace(/^(listening on|slug:|token:) /, ""));
      if (found.length === 3) break;
    }
    clearTimeout(bound);
    if (found.length < 3) throw new Error("the made-up Buildkite did not start");
    child.stdout.unref();
    child.unref();
    return new Fake(child, ...found);
  }

  get pid() {
    return this.#child.pid;
  }

  /** Every event there is, by uuid, as a record of it must be: as text, for keys have an order. */
  async truth() {
    const lines = (await this.#ask("/truth")).split("\n").filter(Boolean);
    return new Map(lines.map((line) => JSON.parse(line)).map(({ uuid, node }) => [uuid, JSON.stringify(parsed(node))]));
  }

  /** Makes so many events happen now; their uuids. */
  async add(count) {
    return new Set(JSON.parse(await this.#ask(`/events?n=${count}`, "POST")));
  }

  async #ask(path, method = "GET") {
    const response = await fetch(this.origin + path, { method, signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return response.text();
  }
}

/** `data` is JSON inside a string at Buildkite, and the value in a record. Some of it is no JSON: a string stays. */
function parsed(node) {
  if (typeof node.data !== "string") return node;
  try {
    return { ...node, data: JSON.parse(node.data) };
  } catch {
    return node;
  }
}
