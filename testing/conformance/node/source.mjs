// Embeds a source component (wit/source.wit) with jco:
//
//     const plugin = await Plugin.load("buildkite_audit_logs.wasm");
//     const source = await plugin.start("https://graphql.buildkite.com", token);
//     source.configure(settings, checkpoint);
//     const batch = source.readBatch(1000);
//     // write batch.records, store source.checkpoint(), wait batch.wait milliseconds, and repeat
//
// Calls are synchronous and block the thread while an HTTP request is in progress, and nothing stops a component that
// computes forever. A host with other work should run this in a worker thread, which it can terminate.
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
    // Imported from a file: stack traces would show all of a data URL, half a megabyte.
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
   * Returns a new instance, which may send requests to one origin. It is dropped when nothing refers to it.
   * @param {string} origin
   * @param {string} token
   */
  async start(origin, token) {
    // Only these imports: a component that needs files or the environment does not start.
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

/** One instance. Its errors are thrown as SourceError; after any other error the instance is unusable. */
export class Source {
  #calls;

  constructor(calls) {
    this.#calls = calls;
  }

  /** Returns the connector's name, version, JSON Schemas and hosts. */
  describe() {
    return this.#call("describe");
  }

  /**
   * Configures the instance, from the last stored checkpoint if there is one.
   * @param {object} settings
   * @param {string} [checkpoint]
   * @param {Record<string, string>} [secrets] names and values; `egress` sets the real token on requests
   */
  configure(settings, checkpoint, secrets = { api_token: PLACEHOLDER }) {
    const named = Object.entries(secrets).map(([name, value]) => ({ name, value }));
    this.#call("configure", { settings: JSON.stringify(settings), secrets: named, checkpoint });
  }

  /** Checks the configuration. Returns the step, outcome and message of each check. */
  check() {
    return this.#call("check");
  }

  /**
   * Returns the next events. Makes at most one request and never sleeps. `next` is ready, idle or throttled; `wait` is
   * the time to wait in milliseconds.
   * @param {number} maxRecords
   */
  readBatch(maxRecords) {
    const { records, next, stats } = this.#call("readBatch", maxRecords);
    return { records, next: next.tag, wait: Number(next.val ?? 0n), stats };
  }

  /** Returns a checkpoint that covers every record delivered so far. Store it once the records are durable. */
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
