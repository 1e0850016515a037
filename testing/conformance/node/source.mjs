// Embeds a source component (wit/source.wit) with jco:
//
//     const plugin = await Plugin.load("buildkite_audit_logs.wasm");
//     const source = await plugin.start("https://graphql.buildkite.com", token);
//     source.configure(settings, checkpoint);
//     const batch = source.readBatch(1000);
//     // write batch.records, store source.checkpoint(), wait batch.wait milliseconds, and again
//
// Calls are synchronous and block the thread while HTTP is under way, and nothing ends a component that computes for
// ever: a host with other things to do runs this in a worker thread, which it can terminate.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco";
import { clocks, io } from "@bytecodealliance/preview2-shim";
import { SourceError } from "./contract.mjs";
import { egress, PLACEHOLDER } from "./egress.mjs";

const INTERFACE = "etl:connector/source@0.1.0";

/** A compiled component, from which instances are started. */
export class Plugin {
  #instantiate;
  #modules;

  constructor(instantiate, modules) {
    this.#instantiate = instantiate;
    this.#modules = modules;
  }

  /**
   * Transpiles and compiles a component.
   * @param {string} path
   */
  static async load(path) {
    const { files } = await transpile(await readFile(path), { name: "source", instantiation: "async" });
    const modules = new Map();
    for (const [name, bytes] of Object.entries(files)) {
      if (name.endsWith(".wasm")) modules.set(name, await WebAssembly.compile(bytes));
    }
    // Node imports from files alone, unless a stack trace may show half a megabyte of data URL.
    const folder = await mkdtemp(join(tmpdir(), "source-"));
    try {
      const glue = join(folder, "source.mjs");
      await writeFile(glue, files["source.js"]);
      const { instantiate } = await import(pathToFileURL(glue).href);
      return new Plugin(instantiate, modules);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /**
   * A new instance, which may send to one origin. To drop one, forget it.
   * @param {string} origin
   * @param {string} token
   */
  async start(origin, token) {
    // These imports and no others: a component that wants files or the environment does not start.
    const imports = {
      ...egress(origin, token),
      "wasi:clocks/monotonic-clock": clocks.monotonicClock,
      "wasi:clocks/wall-clock": clocks.wallClock,
      "wasi:io/error": io.error,
      "wasi:io/poll": io.poll,
      "wasi:io/streams": io.streams,
    };
    const instance = await this.#instantiate((name) => this.#modules.get(name), imports);
    return new Source(instance[INTERFACE]);
  }
}

/** One instance. What it refuses is thrown as a SourceError; after any other error the instance is gone. */
export class Source {
  #calls;

  constructor(calls) {
    this.#calls = calls;
  }

  /** Name, version, JSON Schemas and hosts of the connector. */
  describe() {
    return this.#call("describe");
  }

  /**
   * Makes the instance ready, from the last stored checkpoint if there is one.
   * @param {object} settings
   * @param {string} [checkpoint]
   * @param {Record<string, string>} [secrets] names and values; the token is set on requests instead
   */
  configure(settings, checkpoint, secrets = { api_token: PLACEHOLDER }) {
    const named = Object.entries(secrets).map(([name, value]) => ({ name, value }));
    this.#call("configure", { settings: JSON.stringify(settings), secrets: named, checkpoint });
  }

  /** Tries the configuration: step, outcome and message of each thing that was looked at. */
  check() {
    return this.#call("check");
  }

  /**
   * The next events. Makes one request at most and never sleeps. `next` is ready, idle or throttled; `wait` is how
   * long, in milliseconds.
   * @param {number} maxRecords
   */
  readBatch(maxRecords) {
    const { records, next, stats } = this.#call("readBatch", maxRecords);
    return { records, next: next.tag, wait: Number(next.val ?? 0n), stats };
  }

  /** Covers every record handed out so far. Store it once they are safe. */
  checkpoint() {
    return this.#call("checkpoint");
  }

  #call(name, ...values) {
    try {
      return this.#calls[name](...values);
    } catch (error) {
      // jco throws the error of a WIT result as the payload of its own error.
      if (error?.payload?.tag) throw new SourceError(error.payload.tag, error.payload.val);
      throw error;
    }
  }
}
