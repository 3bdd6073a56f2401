"""quilt3, asked over stdin: one JSON request a line, one JSON answer a line. Runs in its own environment."""

import functools
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import botocore.session
import quilt3  # type: ignore[import-not-found,unused-ignore]

# quilt3 makes clients for every question; this spares them parsing the service models again.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def push(name: str, registry: str, entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Push a package: entries by path, each with `text` or `s3_uri`, and `meta`."""
    package = quilt3.Package()
    with tempfile.TemporaryDirectory() as folder:
        for number, (key, entry) in enumerate(entries.items()):
            source = entry.get("s3_uri")
            if source is None:
                source = str(Path(folder) / str(number))
                Path(source).write_bytes(entry["text"].encode())
            package.set(key, source, meta=entry.get("meta"))
        for folder_key, meta in more.get("folders", {}).items():
            package[folder_key].set_meta(meta)
        if "meta" in more:
            package.set_meta(more["meta"])
        options = {"workflow": more["workflow"]} if "workflow" in more else {}
        message = more.get("message")
        if "folders" in more:
            # push() leaves out the metadata of folders, build() does not.
            return {"top_hash": package.build(name, registry, message=message, **options)}
        pushed = package.push(name, registry, message=message, force=True, selector_fn=_only_files, **options)
    return {"top_hash": pushed.top_hash}


def _only_files(_: str, entry: Any) -> bool:
    """Objects stay where they are."""
    return bool(entry.physical_key.is_local())


def browse(name: str, registry: str, top_hash: str | None = None) -> dict[str, Any]:
    """A package as quilt3 understands it, its top hash calculated again."""
    package = quilt3.Package.browse(name, registry, top_hash)
    return {
        "top_hash": package.top_hash,
        "header": package._meta,
        "lines": list(package.manifest)[1:],
        "entries": [
            {"logical_key": key, "size": entry.size, "hash": entry.hash, "meta": entry._meta, "s3_uri": entry.get()}
            for key, entry in package.walk()
        ],
    }


def verify(name: str, registry: str) -> dict[str, Any]:
    """Fetch every object of the latest version and hold it against its hash."""
    package = quilt3.Package.browse(name, registry)
    with tempfile.TemporaryDirectory() as folder:
        package.fetch(folder)
        return {"verified": package.verify(folder)}


def diff(name: str, registry: str, before: str, after: str) -> dict[str, Any]:
    """Paths that were added, modified and removed."""
    first, second = (quilt3.Package.browse(name, registry, top_hash) for top_hash in (before, after))
    added, modified, removed = first.diff(second)
    return {"added": added, "modified": modified, "removed": removed}


def delete(name: str, registry: str, top_hash: str | None = None) -> dict[str, Any]:
    """Delete a package, or one version of it."""
    quilt3.delete_package(name, registry, top_hash)
    return {}


def versions(name: str, registry: str) -> dict[str, Any]:
    """The tags of a package, with the top hashes they point to."""
    return {"versions": dict(quilt3.list_package_versions(name, registry))}


def packages(registry: str) -> dict[str, Any]:
    """The names of a registry's packages."""
    return {"packages": list(quilt3.list_packages(registry))}


QUESTIONS = {f.__name__: f for f in (push, browse, verify, diff, delete, versions, packages)}

if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = QUESTIONS[question.pop("do")](**question)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)
