"""JSON log lines on stdout, one object a line, and the record of the request that is being served."""

import hashlib
import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass, field

access_log = logging.getLogger("quilt_mcp_server.access")

MAXIMUM_FIELD = 256  # characters of a value from a caller: a path, a name
MAXIMUM_MESSAGE = 8192  # characters
MAXIMUM_TRACE = 16_384  # characters of a traceback, whose end is the most informative

# Defense in depth: this server logs none of these, but a library's message or a requested path might have one.
# What begins like a JWT is taken for one: it may have been cut. No part of a pattern gives back what it took (`+`
# behind a quantifier), so that no text is read more than twice.
_SECRETS = re.compile(
    r"(?i)(bearer\s++)[\w.~+/=-]++"
    r"|(?-i:eyJ)[\w-]{10}[\w.-]*+"
    r"|(x-amz-(?:signature|security-token|credential)=)[^&\s\"'\\]++"
)


def redact(text: str) -> str:
    """The text without bearer tokens, JWTs and the secret parts of presigned URLs."""
    return _SECRETS.sub(lambda match: f"{match[1] or match[2] or ''}[redacted]", text)


def shortened(text: str, most: int = MAXIMUM_FIELD) -> str:
    """The text, or its first `most` characters and how many there were."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


@dataclass(slots=True)
class RequestRecord:
    """What is known about the request being served; filled by the layers it passes through.

    Attributes:
        parts: Of a batch, the records of its messages.
        duration_ms: Of such a part.
        bytes: Of such a part's answer.
    """

    request_id: str
    trace_id: str | None = None
    subject: str | None = None
    method: str | None = None
    tool: str | None = None
    outcome: str | None = None
    duration_ms: float = 0.0
    bytes: int = 0
    parts: "list[RequestRecord]" = field(default_factory=list)


current_record: ContextVar[RequestRecord | None] = ContextVar("current_record", default=None)


def record() -> RequestRecord:
    """The record of the request being served; outside a request one that is discarded."""
    return current_record.get() or RequestRecord(request_id="-")


class JsonFormatter(logging.Formatter):
    """Formats a log record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        created = time.gmtime(record.created)
        line: dict[str, object] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', created)}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": shortened(record.getMessage(), MAXIMUM_MESSAGE),
        }
        if fields := getattr(record, "fields", None):
            line |= fields
        elif request := current_record.get():
            line["request_id"] = request.request_id
        if record.exc_info:
            # Redacted before it is cut: the rest of a secret cannot be distinguished from other text.
            line["exception"] = redact(self.formatException(record.exc_info))[-MAXIMUM_TRACE:]
        return redact(json.dumps(line, separators=(",", ":"), default=str))


def subject_for_logs(subject: str, how: str) -> str:
    """The caller's name as the log shows it: as it is, or (`hashed`) as a digest that only groups lines."""
    return hashlib.sha256(subject.encode()).hexdigest()[:16] if how == "hashed" else subject


def configure(level: str) -> None:
    """Send every logger to stdout as JSON; libraries only from warnings on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("quilt_mcp_server").setLevel(level)
