"""A host's store: the records, and the checkpoint that covers them."""

from __future__ import annotations

from contract import Batch
from expect import expect
from fake import exact


class Store:
    """Payloads by UUID, and a checkpoint."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}
        self.checkpoint: str | None = None

    def deliver(self, batch: Batch, checkpoint: str) -> None:
        """Stores records and checkpoint, as a host does in one transaction. Fails on a repeated event."""
        for event in batch.records:
            expect(event.id not in self.records, f"event {event.id} was repeated")
            self.records[event.id] = event.payload
        self.checkpoint = checkpoint

    def expect(self, truth: dict[str, list]) -> None:
        """Checks that the store has exactly these events, each with its payload."""
        expect(self.records.keys() == truth.keys(), f"{len(self.records)} of {len(truth)} events")
        for uuid, payload in self.records.items():
            expect(exact(payload) == truth[uuid], f"the payload of {uuid} differs: {payload}")
