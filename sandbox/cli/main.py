"""The command line: up, down, status, token, calls, corrections, summary, mcp. The work of `up` is in daemon.py."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox import tokens
from sandbox.cli import seed_choice
from sandbox.cli.environment import scrubbed
from sandbox.cli.home import ForeignFolder, Home

_ROOT = Path(__file__).resolve().parents[2]
# Tasks may use their whole stopTimeout (120 s at most on Fargate) before they are killed.
_STOP_SECONDS = 150
_DOWN = 3


class Failure(Exception):
    """A sentence for the user, and the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the sandbox is not up."""
    options = _parser().parse_args(arguments)
    home = Home.from_environment()
    try:
        options.command(home, options)
    except (Failure, ForeignFolder) as failure:
        print(f"sandbox: {failure}", file=sys.stderr)
        return getattr(failure, "code", 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stdout = None
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="An AWS stack on one machine: APIs, Fargate, load balancers and a registry on loopback.",
        epilog="Variables: SANDBOX_HOME (folder; a second one gives a second sandbox), SANDBOX_PORT (HTTPS port), "
        "SANDBOX_ENGINE (docker or process), SANDBOX_SEED (FILE.py:NAME, another stack than sales-prod).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("up", help="start the sandbox in the background and wait until it is ready")
    command.set_defaults(command=_up)

    command = commands.add_parser("down", help="stop it and remove all that it made")
    command.set_defaults(command=_down)

    command = commands.add_parser("reset", help="bring the stack back as it was before the first deployment")
    command.set_defaults(command=_reset)

    command = commands.add_parser("status", help="what runs where; exit code 3 when the sandbox is down")
    command.add_argument("--json", action="store_true", help="the same for programs")
    command.set_defaults(command=_status)

    command = commands.add_parser("token", help="print a JWT that the MCP server accepts")
    command.add_argument("--sub", required=True, metavar="S", help="the user's name")
    command.add_argument(
        "--bucket", required=True, action="append", metavar="B", help="a bucket that the user may see; may be repeated"
    )
    command.add_argument("--ttl", type=int, default=3600, metavar="SECONDS", help="validity, default 3600")
    command.set_defaults(command=_token)

    command = commands.add_parser("calls", help="AWS calls that the deployer made")
    command.add_argument("--json", action="store_true", help="the same for programs, with a mark for --since")
    command.add_argument("--since", type=int, default=0, metavar="MARK", help="only calls after this mark")
    command.add_argument("--all", action="store_true", help="also calls of running tasks")
    command.set_defaults(command=_calls)

    command = commands.add_parser("corrections", help="what the emulated AWS APIs correct in moto, with sources")
    command.add_argument("--json", action="store_true", help="the same for programs")
    command.set_defaults(command=_corrections)

    command = commands.add_parser("summary", help="how to use the deployed MCP server")
    command.set_defaults(command=_summary)

    command = commands.add_parser("mcp", help="ask the deployed MCP server as a client")
    asks = command.add_subparsers(required=True, metavar="WHAT", dest="what")
    asks.add_parser("tools", help="list its tools")
    ask = asks.add_parser("call", help="call a tool")
    ask.add_argument("tool", metavar="TOOL")
    ask.add_argument("arguments", nargs="*", metavar="NAME=VALUE")
    asks.add_parser("bridge", help="speak MCP over standard input and output, for Claude Desktop")
    command.set_defaults(command=_mcp)
    return parser


def _up(home: Home, options: argparse.Namespace) -> None:
    with home.exclusive():
        state = _live_status(home)
        if state is not None:
            print("The sandbox is already up.")
        else:
            started = time.monotonic()
            _clear_dead(home)
            state = _start(home)
            print(f"The sandbox is up ({time.monotonic() - started:.1f} s).")
    _print_summary(state)


def _start(home: Home) -> dict[str, Any]:
    home.create()
    with home.log_file.open("ab") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "sandbox.cli.daemon"],
            cwd=_ROOT,
            env={**scrubbed(os.environ), "SANDBOX_HOME": str(home.path), **seed_choice.absolute()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert daemon.stdout is not None
    with daemon.stdout:
        line = daemon.stdout.readline()
    answer: dict[str, Any] = json.loads(line) if line else {"error": f"it ended with exit code {daemon.wait()}"}
    if "error" in answer:
        daemon.wait()
        raise Failure(f"could not start: {answer['error']}\n         the log is {_short(home.log_file)}")
    return dict(answer["ready"])


def _down(home: Home, options: argparse.Namespace) -> None:
    with home.exclusive():
        lives, existed = home.daemon_lives(), home.is_a_sandboxs
        if lives:
            _stop(home)
        removed = _clear_dead(home)
        home.remove()
    if lives:
        print(f"The sandbox is down; {_short(home.path)} and all that ran are removed.")
    elif existed:
        also = f" and {len(removed)} containers" if removed else ""
        print(f"The sandbox was not running; removed {_short(home.path)}{also}.")
    else:
        print("The sandbox is not up; there is nothing to remove.")


def _stop(home: Home) -> None:
    state = home.read_state()
    pid = state["pids"]["daemon"] if state else None
    if pid is None:
        raise Failure(f"a sandbox that starts or stops holds {_short(home.path)}; wait a moment and try again")
    deadline = time.monotonic() + _STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while home.daemon_lives():
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.05)


def _clear_dead(home: Home) -> list[str]:
    """Remove what a daemon that was killed left: containers, its registry, its state. Keep the log."""
    # Imported here: `status` and `token` need no Docker client.
    from sandbox.dataplane import leftovers

    state = home.read_state()
    if not home.is_a_sandboxs:
        return []
    removed = leftovers.remove_containers(home.id)
    if state is not None:
        # Imported here: the data plane takes its time to load, and there is seldom a daemon that was killed.
        from sandbox.dataplane.tasks.process_engine import kill_leftovers

        kill_leftovers(home.path)
        leftovers.remove_images(state.get("registry"))
        leftovers.kill_registry(state.get("pids", {}).get("registry"), home.path / "registry")
        home.state_file.unlink(missing_ok=True)
    shutil.rmtree(home.path / "registry", ignore_errors=True)
    return removed


def _status(home: Home, options: argparse.Namespace) -> None:
    state = _require_up(home)
    if options.json:
        print(json.dumps(state, indent=2, sort_keys=True))
        return
    print("The sandbox is up.")
    _print_summary(state)
    print(f"  Processes   {', '.join(f'{name} {pid}' for name, pid in state['pids'].items())}")
    tasks = state["tasks"]
    print(f"  Tasks       {len(tasks) or 'none'}")
    for task in tasks:
        print(
            "    " + "  ".join(str(task.get(key)) for key in ("task", "task_definition", "status", "health", "address"))
        )


def _reset(home: Home, options: argparse.Namespace) -> None:
    state = _require_up(home)
    _get(f"{state['aws_endpoint_url']}/_platform/reset", method="POST")
    print(f"The stack {state['stack']} is as it was before the first deployment.")


def _print_summary(state: dict[str, Any]) -> None:
    registry = state["registry"] or f"none: {state['registry_note']}"
    rows = {
        "Account": f"{state['account_id']} in {state['region']}, stack {state['stack']}",
        "AWS APIs": f"{state['aws_endpoint_url']} (access key and secret key: {state['access_key']})",
        "MCP server": f"{state['mcp_url']}{'' if state.get('tasks') else ' (once it is deployed)'}",
        **{
            one["name"]: f"https://{one['address'].replace('127.0.0.1', 'localhost')} for {one['public_host']}"
            for one in state["balancers"][1:]
        },
        "CA": _short(Path(state["ca_file"])),
        "Registry": registry,
        "Tasks run": state["engine_note"],
        "Log": _short(Path(state["home"]) / "daemon.log"),
    }
    for name, text in rows.items():
        print(f"  {name:<11} {text}")


def _summary(home: Home, options: argparse.Namespace) -> None:
    from sandbox.cli.summary import render

    print(render(_require_up(home)))


def _mcp(home: Home, options: argparse.Namespace) -> None:
    # Imported here: the SDK takes its time to load.
    import asyncio

    from sandbox.cli import mcp_client
    from sandbox.cli.summary import USER, claude_desktop

    state = _require_up(home)
    if options.what == "bridge":
        entry = claude_desktop(state)["mcpServers"]["quilt"]
        os.execve(entry["command"], [entry["command"], *entry["args"]], {**os.environ, **entry["env"]})
    where = (state["mcp_url"], state["ca_file"], _mint(state, USER, state["buckets"], ttl=300))
    try:
        if options.what == "tools":
            print(asyncio.run(mcp_client.tools(*where)))
            return
        arguments = dict(mcp_client.argument(text) for text in options.arguments)
        answer, failed = asyncio.run(mcp_client.call(*where, options.tool, arguments))
    except ValueError as error:
        raise Failure(str(error), 2) from None
    except Exception as error:
        raise Failure(f"{state['mcp_url']} did not answer as an MCP server: {_innermost(error)}") from None
    if failed:
        raise Failure(answer)
    print(answer)


def _innermost(error: BaseException) -> BaseException:
    """The cause inside the groups that concurrent code wraps it in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _token(home: Home, options: argparse.Namespace) -> None:
    if options.ttl == 0:
        raise Failure("--ttl is 0; give a number of seconds, or a negative one for a token that has expired", 2)
    print(_mint(_require_up(home), options.sub, options.bucket, options.ttl))


def _mint(state: dict[str, Any], subject: str, buckets: Sequence[str], ttl: int) -> str:
    from sandbox.access_keys import PLATFORM_KEY
    from sandbox.clients import Clients

    secret = state["jwt_secret"]
    if secret is None:
        raise Failure(f"the stack {state['stack']} has no secret whose keys sign tokens")
    aws = Clients(state["aws_endpoint_url"], state["region"], PLATFORM_KEY)
    try:
        keys = aws("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        return tokens.mint(keys, subject, buckets, ttl)
    except aws("secretsmanager").exceptions.ResourceNotFoundException:
        raise Failure(f"the secret {secret} is gone; `down` and `up` restore it") from None
    except (KeyError, ValueError):
        raise Failure(f"the secret {secret} has no key named {tokens.KID!r}; its value must be JSON with one") from None


def _calls(home: Home, options: argparse.Namespace) -> None:
    state = _require_up(home)
    answer = _get(f"{state['aws_endpoint_url']}/_platform/calls?{options.since}")
    calls = [call for call in answer["calls"] if options.all or call["access_key"] == state["access_key"]]
    if options.json:
        print(json.dumps({"mark": answer["mark"], "calls": calls}, indent=2))
        return
    for call in calls:
        kind = "write" if call["write"] else "read"
        print(f"{call['seq']:>6}  {kind:<5}  {call['status'] or 'lost':<4}  {call['service']}:{call['operation']}")
    writes = sum(call["write"] for call in calls)
    print(f"{len(calls)} calls, {writes} of them write; mark {answer['mark']}")


def _corrections(home: Home, options: argparse.Namespace) -> None:
    # Imported here: moto takes its time to load. Needs no running sandbox.
    from sandbox.emulator import corrections

    lists = {"facts": corrections.corrected_facts(), "services": corrections.replaced_services()}
    if options.json:
        shown = {
            kind: [{"name": one.name, "text": one.text, "source": one.source} for one in found]
            for kind, found in lists.items()
        }
        print(json.dumps(shown, indent=2))
        return
    for title, kind in (
        ("Facts of AWS that moto gets wrong", "facts"),
        ("Services that replace moto's whole", "services"),
    ):
        print(f"{title} ({len(lists[kind])}):\n")
        for one in lists[kind]:
            print(textwrap.fill(f"{one.name}: {one.text}", 118, subsequent_indent="    ", break_on_hyphens=False))
            print(f"    {one.source}\n")


def _require_up(home: Home) -> dict[str, Any]:
    state = _live_status(home)
    if state is None:
        raise Failure("the sandbox is not up; start it with: python -m sandbox up", _DOWN)
    return state


def _live_status(home: Home) -> dict[str, Any] | None:
    """What the running daemon says about itself, or None when there is none."""
    state = home.read_state()
    if state is None or not home.daemon_lives():
        return None
    try:
        return dict(_get(f"{state['aws_endpoint_url']}/_platform/status"))
    except (OSError, ValueError) as error:
        raise Failure(f"the daemon of {_short(home.path)} runs but does not answer ({error}); see its log") from None


def _get(url: str, method: str = "GET") -> Any:
    # Loopback never goes through a proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, method=method), timeout=15) as answer:
        return json.load(answer)


def _short(path: Path) -> str:
    """Relative to the current directory, if it is below."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
