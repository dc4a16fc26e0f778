"""`pivotr api`: the HTTP API on this machine, and its document."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pivotr.cli.context import console, noun, services

if TYPE_CHECKING:
    from pivotr.api.asgi import Shell

app = noun("The HTTP API: serve it on this machine, write its document.")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@app.command("serve")
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen (127.0.0.1).")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 takes a free one.")] = 8000,
    cors: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Pages of this origin may call it, beside api_origins; repeat."),
    ] = None,
) -> None:
    """Serve the API until Ctrl-C, by the code that runs behind the gateway on AWS."""
    from pivotr.wiring_remote import refuse_remote

    uvicorn = _uvicorn()
    named = [_origin(one) for one in cors or ()]
    refuse_remote(services().settings)
    origins = [*services().settings.api_origins, *named]
    listener = _listener(host, port)
    shell = _shell(origins, hosts=(*_LOOPBACK, "[::1]") if host in _LOOPBACK else ())
    config = uvicorn.Config(
        shell, lifespan="off", log_level="warning", access_log=False, server_header=False,
        timeout_keep_alive=5, limit_concurrency=200, timeout_graceful_shutdown=5,
    )  # fmt: skip
    out = console()
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    if host not in _LOOPBACK:
        out.warn(
            "whoever reaches this address may do everything: nobody is asked who they are. "
            "Listen on 127.0.0.1 unless a proxy before it asks."
        )
    out.success(f"The API answers at {url}/api")
    out.note(f"Try it in a browser: {url}/docs")
    out.note("Stop it with Ctrl-C.")
    if out.wants_json:
        out.data({"url": url, "docs": f"{url}/docs"})
        out.stdout.flush()
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        out.note("Stopped.")


@app.command("openapi")
def openapi(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Into a file instead of stdout.")
    ] = None,
) -> None:
    """Write the OpenAPI 3.1 document of the API."""
    from pivotr.api.document import document_text

    text = document_text()
    out = console()
    if output is None:
        out.stdout.write(text)
        return
    from pivotr.cli.text_files import write_bytes

    write_bytes(output, text.encode())
    out.success(f"{output} holds the document.")


def _shell(origins: list[str], *, hosts: tuple[str, ...]) -> Shell:
    from pivotr.api.app import Api
    from pivotr.api.asgi import Guest, Shell
    from pivotr.api.document import document_text
    from pivotr.api.functions import all_nouns
    from pivotr.api.web_pages import Pages
    from pivotr.functions import unsubscribe

    connected = services()
    api = Api(all_nouns(), auth="none")
    return Shell(
        lambda event: api.handle(event, connected),
        Pages(document_text),
        token=connected.ports.clock.token,
        guests=[Guest("/u/", lambda event: unsubscribe.handle(event, connected))],
        origins=origins,
        hosts=hosts,
    )


def _origin(text: str) -> str:
    from pivotr.errors import InvalidInput
    from pivotr.settings import origin

    try:
        return origin(text)
    except ValueError as error:
        raise InvalidInput(f"{error}.", hint="For example: --cors http://localhost:5173") from None


def _uvicorn() -> Any:
    from pivotr.errors import Misconfigured

    try:
        import uvicorn
    except ImportError:
        raise Misconfigured(
            "The server of the API is not installed.", hint="Install it: pip install 'pivotr[api]'"
        ) from None
    return uvicorn


def _listener(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises InvalidInput where the address is taken or not ours."""
    from pivotr.errors import InvalidInput

    listener = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # without the protocol's number asyncio leaves Nagle's algorithm on: 40 ms for an answer in two parts
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, UnicodeError) as error:
        if listener is not None:
            listener.close()
        why = getattr(error, "strerror", None) or str(error)
        is_port = getattr(error, "errno", 0) in (errno.EADDRINUSE, errno.EACCES)
        raise InvalidInput(
            f"Nobody can listen on {host}, port {port}: {why}.",
            hint="Take another: --port 8001" if is_port else "Leave --host out: 127.0.0.1 is always there.",
        ) from None
    listener.set_inheritable(True)
    return listener
