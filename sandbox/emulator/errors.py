"""An error answer as each AWS protocol writes it."""

from __future__ import annotations

import json
import uuid
from xml.sax.saxutils import escape

from sandbox.emulator.identify import protocol

Answer = tuple[int, list[tuple[str, str]], bytes]


def aws_error(service: str, code: str, message: str, status: int) -> Answer:
    """Status, headers and body that the SDKs parse into ClientError with this code and message."""
    request_id = str(uuid.uuid4())
    kind = protocol(service)
    headers = [("x-amzn-RequestId", request_id)]
    if kind in ("json", "rest-json"):
        headers += [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)]
        body = json.dumps({"__type": code, "message": message})
        return status, headers, body.encode()
    headers.append(("Content-Type", "text/xml"))
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "s3":
        body = f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
    elif kind == "ec2":
        body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    return status, headers, body.encode()
