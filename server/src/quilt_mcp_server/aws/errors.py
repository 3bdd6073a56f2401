"""What AWS answers, as sentences that a model can act upon."""

from mcp.server.mcpserver.exceptions import ToolError

_WHAT_TO_DO = {
    "NoSuchBucket": "check the bucket's name; bucket_list shows the buckets you may use",
    "NoSuchKey": "check the key, which is case sensitive; bucket_objects_list shows what is there",
    "404": "check the key, which is case sensitive; bucket_objects_list shows what is there",
    "NoSuchVersion": "check the version id, or leave it out for the latest version",
    "AccessDenied": "the role that this server uses may not do this; ask its operator to grant it",
    "403": "the role that this server uses may not do this; ask its operator to grant it",
    "PreconditionFailed": "there is an object already; pass overwrite to replace it, or choose another key",
    "InvalidObjectState": "the object is archived; it must be restored before it can be read",
    "SlowDown": "S3 asks for fewer requests; wait some seconds and try again",
    "ExpiredToken": "the credentials have just expired; try again",
}
_NO_VERSION = "this version is a deletion and has no content; leave the version id out, or name another one"
_DELETED = "the object was deleted: its latest version is a deletion; name the id of an earlier version to read it"
_OF_DELETIONS = {"MethodNotAllowed": _NO_VERSION, "405": _NO_VERSION, "NoSuchKey": _DELETED, "404": _DELETED}
_OTHERWISE = "try again; if it stays, report it to the operator of this server"


class AwsError(ToolError):
    """An AWS call failed: what was asked, what AWS answered, what to do."""

    def __init__(self, asked: str, answered: str, code: str, deletion: bool = False) -> None:
        self.code = code
        advice = _OF_DELETIONS.get(code) if deletion else None
        super().__init__(f"{asked} failed: {answered}. {_sentence(advice or _WHAT_TO_DO.get(code, _OTHERWISE))}")


def explain(asked: str, error: Exception) -> AwsError | None:
    """The error as a sentence, or None when it does not come from AWS or the way there.

    Args:
        asked: What was wanted, as a noun phrase: "listing s3://b/x".
        error: Anything that an AWS call raised.
    """
    from aiobotocore.httpsession import HTTPClientError
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", "Unknown"))
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        deletion = headers.get("x-amz-delete-marker") == "true"
        said = f"AWS answered {code} ({answer.get('Message') or 'without a message'})"
        return AwsError(asked, said, code, deletion)
    if isinstance(error, BotoCoreError | HTTPClientError):
        # Its text may hold URLs and host names; its kind says enough.
        return AwsError(
            asked, f"AWS could not be reached or did not understand ({type(error).__name__})", "Unreachable"
        )
    return None


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
