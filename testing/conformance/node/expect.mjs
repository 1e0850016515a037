// Assertions for the conformance steps, and the bounded loop of a host.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { SourceError } from "./contract.mjs";

export const BATCH = 400;
export const CALLS_MAX = 200;
const WAIT_MAX_MS = 30_000;

/**
 * Reads until idle and done, and waits as the source asks, for at most half a minute in total.
 * @param {import("./source.mjs").Source} source
 * @param {() => boolean} done
 * @param {number[]} waits receives the waits, in milliseconds
 */
export async function* untilIdle(source, done = () => true, waits = []) {
  const end = performance.now() + WAIT_MAX_MS;
  for (let call = 0; call < CALLS_MAX; call += 1) {
    const batch = source.readBatch(BATCH);
    yield batch;
    if (batch.next === "idle" && done()) return;
    if (performance.now() + batch.wait > end) throw new Error(`the source asks to wait ${batch.wait} ms more`);
    if (batch.wait > 0) {
      waits.push(batch.wait);
      await sleep(batch.wait);
    }
  }
  throw new Error(`not done after ${CALLS_MAX} calls`);
}

/** Returns the error that the call throws. Fails unless it is of this kind. */
export function refused(kind, call) {
  try {
    call();
  } catch (error) {
    if (error instanceof SourceError && error.kind === kind) return error;
    throw error;
  }
  throw new Error(`expected ${kind}, but the call succeeded`);
}

/** Limits the time of the run. Uses its own thread, since a call into the component blocks this one and its timers. */
export function watch(pid, seconds) {
  const code = `setTimeout(() => {
    require("node:fs").writeSync(2, "FAILED: not done within ${seconds} s\\n");
    for (const pid of [${pid}, process.pid]) process.kill(pid, "SIGKILL");
  }, ${seconds * 1000})`;
  new Worker(code, { eval: true }).unref();
}
