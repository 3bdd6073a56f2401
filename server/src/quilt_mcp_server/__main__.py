"""Starts the server: `python3 -m quilt_mcp_server`."""

import gc
import logging
import os
import signal
import sys

from . import __version__
from .config import Config, ConfigError, load
from .telemetry import logs

EX_CONFIG = 78  # sysexits.h: the configuration is wrong, starting again will not help


def main() -> None:
    """Serve until SIGTERM. Exits 0 after it, 78 when the configuration is wrong."""
    # As process 1 of a container there is no default handler for the signal, and uvicorn raises it again at its end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logs.configure("INFO")
    log = logging.getLogger("quilt_mcp_server")
    try:
        config = load()
    except ConfigError as error:
        log.error("%s", error)
        sys.exit(EX_CONFIG)
    log.setLevel(config.log_level)
    for warning in config.warnings:
        log.warning("%s", warning)
    # Where the SDK's chain is used it must end at the container's role, not at the role of the machine below it.
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    log.info("starting version %s on %s:%s", __version__, config.host, config.port)
    try:
        serve(config)
    finally:
        log.info("stopped")


def serve(config: Config) -> None:
    """Run the web server until a signal ends it."""
    # Imported modules stay. Garbage collection of them costs a tenth of the start, and would pause requests later.
    gc.disable()
    import uvicorn

    from .app import build
    from .transport.uvicorn_protocol import GRACE, KEEP_ALIVE, BoundedUvicornProtocol

    app = build(config)
    gc.freeze()
    gc.enable()
    uvicorn.run(
        app,
        host=config.host,
        port=config.port,
        loop="uvloop",
        http=BoundedUvicornProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


if __name__ == "__main__":
    main()
