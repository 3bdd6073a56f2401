"""Patterns with wildcards. fnmatch.fnmatch() keeps the last 32,768 that it has seen, which callers could fill."""

import re
from collections.abc import Callable
from fnmatch import translate


def matcher(pattern: str) -> Callable[[str], object]:
    """Whether a text is as a pattern of the shell: `*`, `?`, `[a-z]` and `[!a-z]`, in which `*` matches slashes too.

    Make it once for a call, and ask it often. The time for a text grows with its length alone.

    Args:
        pattern: Short, as re keeps the last 512.
    """
    return re.compile(translate(pattern)).match


def is_granted(pattern: str, name: str) -> bool:
    """Whether a pattern of a token matches a name, as IAM does it: `*` is any text, `?` any character.

    Nothing is kept of the pattern, which may be as long as a token.
    """
    first, *parts = pattern.split("*")
    if not parts:
        return len(first) == len(name) and _is_at(first, name, 0)
    *between, last = parts
    end = len(name) - len(last)
    if end < len(first) or not _is_at(first, name, 0) or not _is_at(last, name, end):
        return False
    position = len(first)
    for part in between:
        # The first place is as good as any later one.
        places = range(position, end - len(part) + 1)
        found = next((place for place in places if _is_at(part, name, place)), None)
        if found is None:
            return False
        position = found + len(part)
    return position <= end


def _is_at(part: str, name: str, place: int) -> bool:
    """Whether a part without `*` stands at a place of a name that has room for it."""
    if "?" not in part:
        return name.startswith(part, place)
    return all(wanted in ("?", found) for wanted, found in zip(part, name[place : place + len(part)], strict=True))
