"""Structured logs: one line an event, as text for people or JSON for machines."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(*, json_lines: bool = False, level: str = "INFO") -> None:
    """Send every logger of the process through structlog to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    # What the server does is the metrics' matter; its lines would drown everything else.
    logging.getLogger("uvicorn").setLevel("WARNING")
    # What strangers ask wrongly is answered, and no news to the operator; defects are.
    logging.getLogger("django.request").setLevel("ERROR")
    logging.getLogger("django.security.csrf").setLevel("ERROR")
    logging.getLogger("django.security.DisallowedHost").setLevel("CRITICAL")
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
