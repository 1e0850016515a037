// What a host keeps: the records, and the checkpoint that covers them.
import assert from "node:assert/strict";

export class Store {
  /** Payloads by uuid. */
  records = new Map();
  /** @type {string | undefined} */
  checkpoint;

  /** Stores both, as a host does in one transaction; an event that comes twice is a failure. */
  deliver(batch, checkpoint) {
    for (const event of batch.records) {
      assert(!this.records.has(event.id), `${event.id} came twice`);
      this.records.set(event.id, event.payload);
    }
    this.checkpoint = checkpoint;
  }

  /** Every event there is, and none else, with its payload. */
  expect(truth) {
    assert.equal(this.records.size, truth.size);
    for (const [id, payload] of this.records) assert.equal(JSON.stringify(JSON.parse(payload)), truth.get(id));
  }
}
