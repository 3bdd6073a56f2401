"""Regular expressions as AWS's service models write them, in Java's dialect, for Python's `re`."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata

_CLASS = re.compile(r"\\p\{(\w+)\}")
# POSIX classes of Java are ASCII's.
_POSIX = {
    "Alnum": "A-Za-z0-9",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Print": " -~",
    "Graph": "!-~",
    "ASCII": "\\x00-\\x7f",
}
# After one of these a hyphen between brackets is a hyphen; Python asks for it to be escaped.
_SHORTHANDS = (r"\w", r"\d", r"\s")
# Java reads a pair of surrogates as one character.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_ASTRAL = r"\U00010000-\U0010FFFF"


@functools.cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    r"""The pattern, to be used with `fullmatch`; None for one that Python cannot read.

    `\w`, `\d` and `\s` are ASCII's in Java.
    """
    text = _translated(pattern.replace(_SURROGATES, _ASTRAL))
    try:
        return re.compile(text, re.ASCII)
    except re.error:
        return None


def _translated(pattern: str) -> str:
    """Each `\\p{...}` becomes ranges, in brackets where it does not stand in some already."""
    parts: list[str] = []
    position, inside = 0, False
    while position < len(pattern):
        found = _CLASS.match(pattern, position)
        if found is not None:
            parts.append(_ranges(found[1]) if inside else f"[{_ranges(found[1])}]")
            position = found.end()
            continue
        if pattern[position] == "\\":
            pair = pattern[position : position + 2]
            parts.append(pair)
            position += 2
            if inside and pair in _SHORTHANDS and pattern[position : position + 1] == "-":
                parts.append("\\-")
                position += 1
            continue
        inside = inside != (pattern[position] == ("]" if inside else "["))
        parts.append(pattern[position])
        position += 1
    return "".join(parts)


@functools.cache
def _ranges(name: str) -> str:
    """The members of a class, as they stand between brackets."""
    if name in _POSIX:
        return _POSIX[name]
    ranges: list[str] = []
    start: int | None = None
    for code in range(sys.maxunicode + 2):
        member = code <= sys.maxunicode and unicodedata.category(chr(code)).startswith(name)
        if member and start is None:
            start = code
        elif not member and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(ranges)
