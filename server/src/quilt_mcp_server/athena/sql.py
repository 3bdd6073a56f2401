"""What a statement names, found without understanding it.

The statement is cut into tokens and written again from them; only that text is ever sent, so that nothing hidden in a
comment or an unusual character reaches Athena. Every identifier in it counts as a possible table: a reference must be
written with its name, whatever the syntax around it, so views, CTEs, aliases and subqueries need no parsing. What the
lexer does not know for certain is refused.
"""

import re
from dataclasses import dataclass

from mcp.server.mcpserver.exceptions import ToolError

MAXIMUM_QUERY = 65_536  # characters; Athena's own limit is 262,144 bytes

# No part gives back what it took (`+` behind a quantifier), so that no text is read more than twice.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]++|--[^\r\n]*+|/\*.*?\*/)
      | (?P<string>'(?:[^']|'')*+')
      | (?P<quoted>"(?:[^"]|"")++")
      | (?P<number>(?:\d++\.?+\d*+|\.\d++)(?:[eE][+-]?+\d++)?+(?![A-Za-z0-9_$]))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*+)
      | (?P<sign><=|>=|<>|!=|\|\||->|=>|[-+*/%<>=(),.\[\];])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
# Inside double quotes: no `$` and no `@` but a leading `$` (hidden columns such as "$path"), because "orders$files" is
# another table than any that the catalog lists.
_QUOTED = re.compile(r"\$?[ !#%&'()*+,./0-9:;<=>?A-Z\[\]^_a-z{|}~-]+\Z", re.ASCII)
_READ_ONLY = ("select", "with")
_REFUSED = frozenset(
    word
    for line in (
        "insert into update delete merge create drop alter truncate unload msck vacuum optimize analyze grant revoke",
        "deny call execute prepare deallocate external refresh show describe explain use set reset",
    )
    for word in line.split()
)
_SYSTEM = frozenset({"information_schema"})


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that only reads.

    Attributes:
        text: The statement as it is to be sent.
        names: Every name in it, in parts and in lower case: `a.b` is ("a", "b").
    """

    text: str
    names: frozenset[tuple[str, ...]]


def read(query: str) -> Statement:
    """Take a statement apart.

    Raises:
        ToolError: if it is not one statement that only reads, or cannot be judged.
    """
    tokens = _tokens(query)
    while tokens and tokens[-1] == ("sign", ";"):
        tokens.pop()
    if ("sign", ";") in tokens:
        raise ToolError("one statement at a time: there is a semicolon inside")
    first = next((text.lower() for kind, text in tokens if text != "("), "nothing")
    if first not in _READ_ONLY:
        raise ToolError(f"only statements that read are run: begin with SELECT or WITH, not {first[:40]}")
    for position, (kind, text) in enumerate(tokens):
        if kind == "word" and text.lower() in _REFUSED:
            raise ToolError(f"{text} may not be used here; if it is the name of a column, write it in double quotes")
        if kind == "word" and text.lower() == "table" and tokens[position + 1 : position + 2] == [("sign", "(")]:
            raise ToolError("table functions are not run: what they read cannot be judged")
    return Statement(_text(tokens), frozenset(_names(tokens)))


def _tokens(query: str) -> list[tuple[str, str]]:
    if len(query) > MAXIMUM_QUERY:
        raise ToolError(f"the statement is longer than {MAXIMUM_QUERY} characters")
    found: list[tuple[str, str]] = []
    position, end = 0, len(query)
    while position < end:
        match = _TOKEN.match(query, position)
        kind, text = (match.lastgroup or "", match.group()) if match else ("", "")
        if not kind or (kind != "space" and query.startswith("/*", position)):
            around = query[position : position + 20]
            raise ToolError(f"the statement cannot be judged at {around!r}; write plain SQL, names in ASCII letters")
        position += len(text)
        if kind == "space":
            continue
        if kind == "quoted" and not _QUOTED.match(text[1:-1]):
            raise ToolError(f"the name {text[:80]} cannot be judged; use plain ASCII without $, @ and quotes")
        found.append((kind, text))
    return found


def _text(tokens: list[tuple[str, str]]) -> str:
    """The tokens with a space between them, but for the parts of a name."""
    parts: list[str] = []
    for index, (kind, text) in enumerate(tokens):
        glued = index > 0 and ("sign", ".") in ((kind, text), tokens[index - 1])
        parts.append(text if glued or not parts else f" {text}")
    return "".join(parts)


def _names(tokens: list[tuple[str, str]]) -> set[tuple[str, ...]]:
    names: set[tuple[str, ...]] = set()
    chain: list[str] = []
    dotted = False
    for kind, text in [*tokens, ("sign", ";")]:
        if kind in ("word", "quoted"):
            part = (text[1:-1] if kind == "quoted" else text).lower()
            if part in _SYSTEM:
                raise ToolError(
                    f"{part} is not to be read here; athena_tables_list and athena_table_schema show the same"
                )
            if not dotted and chain:
                names.add(tuple(chain))
                chain = []
            chain.append(part)
            dotted = False
        elif (kind, text) == ("sign", "."):
            dotted = True
        else:
            if chain:
                names.add(tuple(chain))
            if dotted and kind != "sign":
                raise ToolError("a name cannot go on with a number or a string; write it in double quotes")
            chain, dotted = [], False
    return names
