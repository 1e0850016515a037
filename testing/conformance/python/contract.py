"""What a source hands out and how it says no: wit/source.wit in Python's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class SourceError(Exception):
    """The source says no. The class says who must act; the text is for people."""


class InvalidConfig(SourceError):
    """The operator must mend the configuration. `fields` maps the path of each faulty field to what is wrong."""

    def __init__(self, errors: list[Any]) -> None:
        self.fields = {error.field: error.message for error in errors}
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.fields.items()))


class Unauthorized(SourceError):
    """The operator must fix the access: token, permission or organization."""


class InvalidCheckpoint(SourceError):
    """The operator must choose: the checkpoint is corrupt or belongs to something else."""


class Transient(SourceError):
    """Call again later, waiting longer each time. Nothing was lost."""


class Protocol(SourceError):
    """The developers must look. Nothing was lost."""


ERRORS = {
    "invalid-config": InvalidConfig,
    "unauthorized": Unauthorized,
    "invalid-checkpoint": InvalidCheckpoint,
    "transient": Transient,
    "protocol": Protocol,
}


@dataclass(frozen=True)
class Event:
    """One event; `payload` is one JSON object as text."""

    id: str
    occurred_at: str
    kind: str
    payload: str


@dataclass(frozen=True)
class Batch:
    """What one call brought. `next` is ready, idle or throttled; `wait` is how long, in seconds."""

    records: list[Event]
    next: str
    wait: float
    stats: dict[str, Any]
