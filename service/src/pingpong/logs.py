"""Structured logs on standard output, one JSON object a line."""

from __future__ import annotations

import logging
from typing import Any

import structlog

from pingpong.settings import Settings


def configure(settings: Settings) -> None:
    """Set structlog up for the process; every line carries the place it came from."""
    json = settings.log.format == "json"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks if json else _keep,
            structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log.level.upper()]),
        cache_logger_on_first_use=True,
    )
    if json:
        structlog.contextvars.bind_contextvars(**settings.place.model_dump())


def _keep(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
