"""Names of log groups that are AWS's own."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.iam_documents import code


def test_a_name_of_aws_is_refused(logs: Any) -> None:
    with pytest.raises(ClientError) as caught:
        logs.create_log_group(logGroupName="aws/mine")
    assert code(caught) == "InvalidParameterException"
    logs.create_log_group(logGroupName="/aws/mine")
