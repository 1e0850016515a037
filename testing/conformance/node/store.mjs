// A host's store: the records, and the checkpoint that covers them.
import assert from "node:assert/strict";

export class Store {
  /** Payloads by UUID. */
  records = new Map();
  /** @type {string | undefined} */
  checkpoint;

  /** Stores records and checkpoint, as a host does in one transaction. Fails on a repeated event. */
  deliver(batch, checkpoint) {
    for (const event of batch.records) {
      assert(!this.records.has(event.id), `event ${event.id} was repeated`);
      this.records.set(event.id, event.payload);
    }
    this.checkpoint = checkpoint;
  }

  /** Checks that the store has exactly these events, each with its payload. */
  expect(truth) {
    assert.equal(this.records.size, truth.size);
    for (const [id, payload] of this.records) assert.equal(JSON.stringify(JSON.parse(payload)), truth.get(id));
  }
}
