"""The program as its platforms run it, in a folder with its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "python"))

from fake import Fake  # noqa: E402

STREAM = "audit_events"
START = "2024-12-31T00:00:00Z"


class Bridge:
    """Runs commands, and returns their messages. Every line has to be one, even for `str.splitlines`."""

    def __init__(self, program: str, fake: Fake, folder: Path) -> None:
        self.program, self.fake, self.folder = Path(program).resolve(), fake, folder
        self.tap = folder / "tap-buildkite-audit-logs"
        self.tap.symlink_to(self.program)
        self.config()
        self.write("catalog.json", catalog())
        self.write("state.json", [])

    def config(self, **settings: object) -> dict:
        usual = {"org_slug": self.fake.slug, "api_token": self.fake.token, "endpoint": self.fake.endpoint}
        config = {**usual, "backfill_start_time": START, **settings}
        self.write("config.json", config)
        return config

    def write(self, name: str, value: object) -> None:
        (self.folder / name).write_text(json.dumps(value))

    def lines(self, program: Path, line: str, code: int = 0) -> list[str]:
        done = subprocess.run([program, *line.split()], cwd=self.folder, capture_output=True, timeout=120)
        expect(done.returncode == code, f"{line}: exit code {done.returncode}\n{done.stderr.decode()[-2000:]}")
        for stream in (done.stdout, done.stderr):
            expect(self.fake.token.encode() not in stream, f"{line} prints the token")
        return done.stdout.decode().splitlines()

    def airbyte(self, line: str, code: int = 0) -> list[str]:
        return self.lines(self.program, line, code)

    def singer(self, line: str, code: int = 0) -> list[str]:
        return self.lines(self.tap, line, code)


def catalog(mode: str = "incremental") -> dict:
    """A configured catalog with the stream."""
    stream = {"name": STREAM, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]}
    return {"streams": [{"stream": stream, "sync_mode": mode, "destination_sync_mode": "append"}]}


def same(what: str, got: list[str], wanted: set[str]) -> None:
    """Expects each UUID once."""
    missing, surplus = len(wanted - set(got)), len(got) - len(set(got) & wanted)
    expect(not missing and not surplus, f"{what}: {missing} events are missing, {surplus} are repeated or unknown")


def expect(is_true: object, why: str) -> None:
    if not is_true:
        raise AssertionError(why)


def quiet() -> dict[str, str]:
    """The environment of clients that would otherwise look for registries or report their use."""
    return {**os.environ, "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false"}
