"""The records and errors of a source, from wit/source.wit, in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class SourceError(Exception):
    """An error of the source. The class says who must act; the text is for people."""


class InvalidConfig(SourceError):
    """The operator must fix the configuration. `fields` maps the path of each invalid field to what is wrong."""

    def __init__(self, errors: list[Any]) -> None:
        self.fields = {error.field: error.message for error in errors}
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.fields.items()))


class Unauthorized(SourceError):
    """The operator must fix the access: token, permission or organization."""


class InvalidCheckpoint(SourceError):
    """The operator must decide: the checkpoint is corrupt or belongs to something else."""


class Transient(SourceError):
    """Call again later, waiting longer each time. Nothing was lost."""


class Protocol(SourceError):
    """The developers must investigate. Nothing was lost."""


ERRORS = {
    "invalid-config": InvalidConfig,
    "unauthorized": Unauthorized,
    "invalid-checkpoint": InvalidCheckpoint,
    "transient": Transient,
    "protocol": Protocol,
}


@dataclass(frozen=True)
class Event:
    """One event. `payload` is one JSON object as text."""

    id: str
    occurred_at: str
    kind: str
    payload: str


@dataclass(frozen=True)
class Batch:
    """The result of one call. `next` is ready, idle or throttled; `wait` is the time to wait in seconds."""

    records: list[Event]
    next: str
    wait: float
    stats: dict[str, Any]
