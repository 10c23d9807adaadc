"""Puts an application on a real socket: requests truly overlap, and break off, only there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar import Litestar


@contextmanager
def serving(served: Litestar | uvicorn.Config) -> Iterator[str]:
    """
    Serve an application on a free port of the loopback interface until the block is left; yield `host:port`.

    Args:
        served: An application, or uvicorn's configuration of one.
    """
    config = served if isinstance(served, uvicorn.Config) else uvicorn.Config(served, log_level="warning")
    config.lifespan = "on"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
