"""Which AWS operation is an HTTP request, who sent it, and does it write?"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import BackendRequest

Environ = dict[str, Any]

# Signing names that differ from the name of the boto3 client, which is what people know.
_CLIENT_NAMES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
}
# Operations that change nothing, by the first word of their names.
_READ = re.compile(
    r"(Batch)?(Get|Describe|List|Head|Lookup|Filter|Search|Simulate|Validate|Select|Check|Test|Preview|Decode)"
    r"(?![a-z])|BatchCheck"
)
# Services whose every operation changes nothing: STS only issues credentials.
_READ_ONLY_SERVICES = {"sts"}


@dataclass(frozen=True)
class Request:
    """One AWS call: the boto3 client's name of the service, the operation and the access key that signed it."""

    service: str
    operation: str
    access_key: str
    region: str

    @property
    def write(self) -> bool:
        return self.service not in _READ_ONLY_SERVICES and not _READ.match(self.operation)


def identify(environ: Environ) -> Request:
    """Name the call. Unsigned and unknown requests get "unknown" or their method and path, never an exception."""
    access_key, region, signing_name = _credential_scope(environ)
    service = _CLIENT_NAMES.get(signing_name, signing_name)
    return Request(service, _operation(environ, service), access_key, region)


def protocol(service: str) -> str:
    """The wire protocol of a service: query, ec2, json, rest-json or rest-xml."""
    try:
        model = get_service_model(service)
    except Exception:
        return "rest-xml"
    # CloudWatch's model names CBOR first, which the SDKs of today leave for the next one.
    return str(model.resolved_protocol)


def _credential_scope(environ: Environ) -> tuple[str, str, str]:
    """Access key, region and signing name, from the Authorization header or from a presigned URL."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    match = re.search(r"Credential=([^,\s]+)", header)
    scope = match.group(1) if match else parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
    parts = scope.split("/")
    if len(parts) < 5:
        return "", "", "s3"
    # An access key may contain a slash in theory; the other four parts never do.
    return "/".join(parts[:-4]), parts[-3], parts[-2].lower()


def _operation(environ: Environ, service: str) -> str:
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rsplit(".", 1)[-1]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(peek_body(environ).decode("utf-8", "replace")).get("Action")
        if action:
            return action[0]
    if action := parse_qs(environ.get("QUERY_STRING", "")).get("Action"):
        return action[0]
    try:
        # Without the body: a REST operation is recognized by method, path, query and headers.
        operation, _ = get_service_router(service).match(BackendRequest({**environ, "wsgi.input": io.BytesIO()}))
        return str(operation.name)
    except Exception:  # an unknown service has no model, an unknown path no operation: the call is still recorded
        return f"{environ.get('REQUEST_METHOD', '?')} {environ.get('PATH_INFO', '/')}"


def peek_body(environ: Environ) -> bytes:
    """Read the body and put it back."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body
