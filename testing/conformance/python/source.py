"""Embeds a source component (wit/source.wit) with wasmtime-py.

    with Plugin("buildkite_audit_logs.wasm") as plugin:
        source = plugin.start()
        source.configure(settings, {"api_token": token}, checkpoint)
        batch = source.read_batch(1000)
        # write batch.records, store source.checkpoint(), wait batch.wait seconds, and repeat

With wasmtime-py, a host can neither inspect nor change requests: the component may send to any address, and it needs
the real token. Run only components that you trust, or put the process behind a proxy or a firewall.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Record, Variant

from contract import ERRORS, Batch, Event

INTERFACE = "etl:connector/source@0.1.0"


class Plugin:
    """A compiled component. Each instance may run in its own thread."""

    def __init__(self, path: str, memory_bytes: int = 128 << 20, call_seconds: int = 400) -> None:
        config = Config()
        config.epoch_interruption = True
        self.engine = Engine(config)
        self.memory_bytes, self.call_seconds = memory_bytes, call_seconds
        self._component = Component.from_file(self.engine, path)
        self._linker = Linker(self.engine)
        self._linker.add_wasip2()
        self._linker.add_wasi_http()
        self._closed = threading.Event()
        threading.Thread(target=self._tick, daemon=True).start()

    def __enter__(self) -> Plugin:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    def start(self) -> Source:
        """Returns a new instance. It is dropped when nothing refers to it."""
        store = Store(self.engine)
        store.set_limits(memory_size=self.memory_bytes)
        store.set_wasi(WasiConfig())  # No files, variables, arguments or streams.
        store.set_wasi_http()
        store.set_epoch_deadline(self.call_seconds)
        return Source(store, self._linker.instantiate(store, self._component), self.call_seconds)

    def _tick(self) -> None:
        while not self._closed.wait(1):
            self.engine.increment_epoch()


class Source:
    """One instance. After a trap or a timeout, which raise wasmtime's own errors, the instance is unusable."""

    def __init__(self, store: Store, instance: Any, call_seconds: int) -> None:
        self._store, self._instance, self._call_seconds = store, instance, call_seconds
        self._interface = instance.get_export_index(store, INTERFACE)

    def describe(self) -> dict[str, Any]:
        """Returns the connector's name, version, JSON Schemas and hosts."""
        return _fields(self._call("describe"))

    def configure(self, settings: dict[str, Any], secrets: dict[str, str], checkpoint: str | None = None) -> None:
        """Configures the instance, from the last stored checkpoint if there is one."""
        named = [_record(name=name, value=value) for name, value in secrets.items()]
        self._call("configure", _record(settings=json.dumps(settings), secrets=named, checkpoint=checkpoint))

    def check(self) -> list[dict[str, str]]:
        """Checks the configuration. Returns the `step`, `outcome` and `message` of each check."""
        return [_fields(finding) for finding in self._call("check")]

    def read_batch(self, max_records: int) -> Batch:
        """Returns the next events. Makes at most one request and never sleeps."""
        batch = self._call("read-batch", max_records)
        records = [Event(**_fields(event)) for event in batch.records]
        return Batch(records, batch.next.tag, (batch.next.payload or 0) / 1000, _fields(batch.stats))

    def checkpoint(self) -> str:
        """Returns a checkpoint that covers every record delivered so far. Store it once they are durable."""
        return self._call("checkpoint")

    def _call(self, name: str, *arguments: Any) -> Any:
        function = self._instance.get_func(
            self._store, self._instance.get_export_index(self._store, name, self._interface)
        )
        # An epoch interrupts a guest that computes; one that waits for HTTP stops only after the answer arrives.
        self._store.set_epoch_deadline(self._call_seconds)
        answer = function(self._store, *arguments)
        # An ok value is returned without a wrapper. No function's ok value is a variant, so a variant is the error.
        if isinstance(answer, Variant):
            raise ERRORS[answer.tag](answer.payload)
        return answer


def _record(**fields: Any) -> Record:
    record = Record()
    vars(record).update(fields)
    return record


def _fields(record: Record) -> dict[str, Any]:
    return {name.replace("-", "_"): value for name, value in vars(record).items()}
