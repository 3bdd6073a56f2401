"""The tests mirror the code: auth/tokens.py is tested by tests/auth/test_tokens.py."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CODE = TESTS.parent / "src/quilt_mcp_server"
# What is about several files, about a client, or about the tests themselves.
WHOLE = {"aws/test_aws.py", "test_fastmcp.py", "test_layout.py", "test_skips_in_ci.py"}
WHOLE |= {"tools/test_every_tool.py", "tools/test_tool_list.py"}
# Tests of the running server by what they attack it with or compare it to.
OTHERS = ("attack", "browser", "conformance", "consumers", "oracle")
FILES = sorted(str(path.relative_to(TESTS)) for path in [*TESTS.glob("test_*.py"), *TESTS.glob("*/test_*.py")])


@pytest.mark.parametrize("name", [name for name in FILES if name not in WHOLE and not name.startswith(OTHERS)])
def test_a_file_of_tests_is_named_like_the_code(name: str) -> None:
    folder, _, file = name.rpartition("test_")
    code = CODE / folder / file
    assert code.is_file() or (CODE / folder / f"__{file.removesuffix('.py')}__.py").is_file(), f"there is no {code}"


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in CODE.glob("*/__init__.py")))
def test_every_folder_of_the_code_has_tests(folder: str) -> None:
    assert list((TESTS / folder).glob("test_*.py"))
