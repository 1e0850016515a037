"""Drives the component in wasmtime-py against a fake Buildkite and checks what wit/source.wit promises.

Usage: conform.py COMPONENT HOST_TEST
"""

from __future__ import annotations

import json
import sys
import time

from contract import InvalidCheckpoint, InvalidConfig, Unauthorized
from expect import BATCH, CALLS_MAX, expect, refused, until_idle
from fake import Fake
from source import Plugin, Source
from store import Store

EVENTS = 2500
SECONDS_MAX = 240


class Conformance:
    """The steps. Each returns a line about what it saw, or raises AssertionError."""

    def __init__(self, plugin: Plugin, fake: Fake) -> None:
        self.plugin, self.fake = plugin, fake
        self.settings = {
            "org_slug": fake.slug,
            "backfill_start_time": "2024-12-31T00:00:00Z",
            "endpoint": fake.endpoint,
            "poll_interval_seconds": 1,
        }
        self.kept = Store()

    def start(self, checkpoint: str | None = None, token: str | None = None, **settings: object) -> Source:
        source = self.plugin.start()
        source.configure({**self.settings, **settings}, {"api_token": token or self.fake.token}, checkpoint)
        return source

    def describes_itself(self) -> str:
        described = self.plugin.start().describe()
        expect(json.loads(described["settings_schema"])["required"] == ["org_slug"], "the settings schema is wrong")
        expect(json.loads(described["record_schema"])["type"] == "object", "the record schema is wrong")
        return f"{described['name']} {described['version']}, {', '.join(described['allowed_hosts'])}"

    def passes_its_check(self) -> str:
        findings = self.start().check()
        expect({finding["outcome"] for finding in findings} <= {"passed", "warned"}, f"findings: {findings}")
        return ", ".join(f"{finding['step']} {finding['outcome']}" for finding in findings)

    def reads_everything_once(self) -> str:
        source, batches = self.start(), 0
        for batch in until_idle(source):
            batches += 1
            times = [event.occurred_at for event in batch.records]
            expect(len(times) <= BATCH and times == sorted(times), "the batch is too large or out of order")
            self.kept.deliver(batch, source.checkpoint())
        self.kept.expect(self.fake.truth())
        expect(self.fake.token not in self.kept.checkpoint, "the checkpoint contains the token")
        return f"{len(self.kept.records)} events in {batches} batches, each exactly once with an equal payload"

    def survives_dropped_batches(self) -> str:
        """Uses a new instance for each call. For every second batch, neither records nor checkpoint are stored."""
        self.kept = Store()
        lost, again = [], 0
        for call in range(CALLS_MAX):
            source = self.start(self.kept.checkpoint)
            batch = source.read_batch(BATCH)
            if batch.records and lost:
                expect(batch.records == lost, "a batch that no checkpoint covered came back changed")
                lost, again = [], again + 1
            elif batch.records:
                lost = batch.records
                continue
            self.kept.deliver(batch, source.checkpoint())
            if batch.next == "idle":
                self.kept.expect(self.fake.truth())
                expect(again, "no batch was dropped")
                return f"{call + 1} instances, {again} batches delivered again in full, nothing lost or repeated"
        raise AssertionError(f"not idle after {CALLS_MAX} calls")

    def continues_with_new_events(self) -> str:
        """Reads new events with a new instance, then reads more with the same one after the wait that it asks for."""
        source = self.start(self.kept.checkpoint)
        waits = []
        for count in (25, 5):
            before, new = set(self.kept.records), self.fake.add(count)
            for batch in until_idle(source, lambda new=new: new <= self.kept.records.keys(), waits):
                self.kept.deliver(batch, source.checkpoint())
            expect(self.kept.records.keys() - before == new, "events other than the new ones arrived")
        self.kept.expect(self.fake.truth())
        return f"only the 25 and 5 new events, after waits of {', '.join(f'{wait:.3f} s' for wait in waits)}"

    def refuses_a_token(self) -> str:
        token = "bkua_" + "f0" * 20
        source = self.start(token=token)
        error = refused(Unauthorized, lambda: source.read_batch(1))
        expect(token not in str(error), "the error contains the token")
        findings = source.check()
        expect(any(finding["outcome"] == "failed" for finding in findings), f"findings: {findings}")
        expect(token not in str(findings), "a finding contains the token")
        return str(error).split(";")[0]

    def refuses_settings(self) -> str:
        early = refused(InvalidConfig, lambda: self.plugin.start().read_batch(1))
        expect(list(early.fields) == ["settings"], f"before configure: {early}")
        settings = {"page_size": 0, "rate_limit": {"rate": 1, "unit": "day"}, "color": "red"}
        error = refused(InvalidConfig, lambda: self.plugin.start().configure(settings, {}))
        wanted = {"org_slug", "page_size", "rate_limit.unit", "color", "secrets.api_token"}
        expect(error.fields.keys() == wanted, f"fields: {error.fields}")
        return ", ".join(error.fields)

    def refuses_checkpoints(self) -> str:
        error = refused(InvalidCheckpoint, lambda: self.start(self.kept.checkpoint, org_slug="another"))
        refused(InvalidCheckpoint, lambda: self.start("no checkpoint"))
        return str(error).split(";")[0]


def main() -> None:
    component, host_test = sys.argv[1:]
    with Fake(host_test, EVENTS, seed=7, seconds=SECONDS_MAX) as fake, Plugin(component) as plugin:
        conformance = Conformance(plugin, fake)
        for step in (
            conformance.describes_itself,
            conformance.passes_its_check,
            conformance.reads_everything_once,
            conformance.survives_dropped_batches,
            conformance.continues_with_new_events,
            conformance.refuses_a_token,
            conformance.refuses_settings,
            conformance.refuses_checkpoints,
        ):
            started = time.monotonic()
            seen = step()
            print(f"  {step.__name__.replace('_', ' ')}: {seen} ({time.monotonic() - started:.2f} s)", flush=True)


main()
