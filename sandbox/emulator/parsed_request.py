"""A request as moto's response object has it, read by botocore's model of the operation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.utils import get_service_model

from sandbox.emulator.errors import aws_error

log = logging.getLogger("sandbox.emulator")

# REST services are left to moto: their requests are not known before they are routed.
_PROTOCOLS = ("json", "query", "ec2")


@dataclass(frozen=True)
class ParsedRequest:
    """Service by its boto3 name, wire protocol, operation, the operation's input shape and the parameters."""

    service: str
    protocol: str
    operation: str
    shape: Any
    given: dict[str, Any]


def parsed(response: Any) -> ParsedRequest | None:
    """The request; None for what has no model, no parameters, or is no request of the operation. Read once."""
    kept = response.__dict__
    if "_sandbox_parsed" not in kept:
        kept["_sandbox_parsed"] = _parsed(response)
    found: ParsedRequest | None = kept["_sandbox_parsed"]
    return found


def _parsed(response: Any) -> ParsedRequest | None:
    service, request = response.boto3_service_name, response.normalized_request
    try:
        model = get_service_model(service)
        protocol = str(determine_request_protocol(model, request.content_type))
        operation = model.operation_model(response._get_action())
        if protocol not in _PROTOCOLS or operation.input_shape is None:
            return None
        given = PROTOCOL_PARSERS[protocol](operation, map_type=dict).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": response.uri_match,
            }
        )
    except Exception as error:  # moto refuses it, or says that it is not implemented
        log.debug("%s: not read by the model: %s", service, error)
        return None
    return ParsedRequest(service, protocol, operation.name, operation.input_shape, given)


def refused(response: Any, code: str, message: str) -> Any:
    """The answer that `call_action` gives for a refused request."""
    status, headers, body = aws_error(response.boto3_service_name, code, message, 400)
    return status, {**response.response_headers, **dict(headers), "status": str(status)}, body
