"""The shell of the API on this machine, with a real server on the loopback address."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pivotr.api.asgi import Shell, event_of
from pivotr.api.web_pages import Pages


def scope(path: str = "/api/leads", query: str = "", **more: Any) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1:8000"), *more.pop("headers", ())]
    return {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "scheme": "http",
        "query_string": query.encode(), "headers": headers, "client": ("127.0.0.1", 5000),
        "http_version": "1.1", **more,
    }  # fmt: skip


def test_the_event_is_that_of_the_gateway() -> None:
    headers = {
        "host": "127.0.0.1:8000", "content-type": "application/json", "cookie": "a=1; b=2", "x-two": "1,2"
    }  # fmt: skip
    event = event_of(
        scope("/api/leads/a b", "tag=x&tag=y&name=a%20b", method="POST"), headers, b'{"a": 1}', "r1"
    )
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/api/leads/a b"
    assert event["rawQueryString"] == "tag=x&tag=y&name=a%20b"
    assert event["queryStringParameters"] == {"tag": "x,y", "name": "a b"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    http_part = event["requestContext"]["http"]
    assert (http_part["method"], http_part["sourceIp"]) == ("POST", "127.0.0.1")


@pytest.mark.parametrize(
    ("body", "kind", "is_base64"),
    [(b"a,b", "text/csv", False), (b"\xff", "text/csv", True), (b"PK", "application/octet-stream", True)],
)
def test_what_is_no_text_travels_as_base64(body: bytes, kind: str, is_base64: bool) -> None:
    event = event_of(scope(), {"content-type": kind}, body, "r")
    assert event["isBase64Encoded"] is is_base64


def ask(
    shell: Shell, asked: dict[str, Any], parts: list[bytes] | None = None, delay: float = 0
) -> tuple[int, dict[str, str], bytes]:
    """One request through the shell, without a server."""
    sent: list[dict[str, Any]] = []
    waiting = list(parts or [b""])

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(delay)
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(shell(asked, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


def shell_of(**more: Any) -> Shell:
    def echo(event: dict[str, Any]) -> dict[str, Any]:
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}

    return Shell(echo, Pages(lambda: "{}"), token=lambda: "r1", **more)


def test_pages_of_foreign_origins_are_refused() -> None:
    shell = shell_of(origins=["https://console.acme.example"])
    status, headers, _ = ask(shell, scope(headers=[(b"origin", b"https://evil.example")]))
    assert status == 403
    assert "access-control-allow-origin" not in headers
    status, headers, _ = ask(shell, scope(headers=[(b"origin", b"https://console.acme.example")]))
    assert status == 200
    assert headers["access-control-allow-origin"] == "https://console.acme.example"
    assert "etag" in headers["access-control-expose-headers"]
    assert ask(shell, scope(headers=[(b"origin", b"http://127.0.0.1:8000")]))[0] == 200
    assert ask(shell, scope(headers=[(b"origin", b"null")]))[0] == 403


def test_a_preflight_is_answered_without_asking_the_api() -> None:
    shell = shell_of(origins=["https://console.acme.example"])
    asked = [(b"access-control-request-method", b"PUT")]
    status, headers, body = ask(
        shell, scope(method="OPTIONS", headers=[(b"origin", b"https://console.acme.example"), *asked])
    )
    assert (status, body) == (204, b"")
    assert "if-match" in headers["access-control-allow-headers"]
    assert "idempotency-key" in headers["access-control-allow-headers"]
    status, headers, _ = ask(
        shell, scope(method="OPTIONS", headers=[(b"origin", b"https://x.example"), *asked])
    )
    assert status == 204
    assert "access-control-allow-methods" not in headers


@pytest.mark.parametrize(
    ("host", "status"),
    [(b"127.0.0.1:8000", 200), (b"localhost", 200), (b"[::1]:8000", 200), (b"evil.example:8000", 421),
     (b"127.0.0.1.evil.example", 421), (b"", 421)],
)  # fmt: skip
def test_this_machine_has_few_names(host: bytes, status: int) -> None:
    shell = shell_of(hosts=["127.0.0.1", "localhost", "::1", "[::1]"])
    assert ask(shell, {**scope(), "headers": [(b"host", host)]})[0] == status


def test_heads_and_bodies_have_limits() -> None:
    shell = shell_of(body_seconds=0.05)
    status, _, body = ask(shell, scope(headers=[(b"x-long", b"x" * 10_240)]))
    assert (status, json.loads(body)["code"]) == (431, "head_too_large")
    assert ask(shell, scope(query="a" * 11_000))[0] == 431
    assert ask(shell, scope(method="POST", headers=[(b"content-length", b"4194305")]))[0] == 413
    assert ask(shell, scope(method="POST"), [b"x" * (4 << 20), b"x"])[0] == 413
    status, _, body = ask(shell, scope(method="POST"), [b"x"] * 100, delay=0.02)
    assert (status, json.loads(body)["code"]) == (408, "too_slow")
    assert ask(shell, scope(query="&".join(f"p{number}=1" for number in range(101))))[0] == 422


def test_pages_come_from_this_machine_alone() -> None:
    shell = shell_of()
    status, headers, body = ask(shell, scope("/docs"))
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"http" not in body.replace(b"<!doctype html>", b"")
    assert "default-src 'self'" in headers["content-security-policy"]
    assert ask(shell, scope("/docs/swagger-ui.js"))[0] == 200
    assert ask(shell, scope("/"))[1]["location"] == "/docs"
    assert ask(shell, scope("/openapi.json"))[2] == b"{}"
    assert ask(shell, scope("/docs", method="HEAD"))[2] == b""
    assert json.loads(ask(shell, scope("/docs/../x"))[2])["rawPath"] == "/docs/../x"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """`pivotr api serve` in a process of its own, on a free port."""
    home = tmp_path_factory.mktemp("home")
    environ = {**os.environ, "PIVOTR_HOME": str(home), "PIVOTR_ENV": "local"}
    run = [sys.executable, "-m", "pivotr", "api", "serve", "--port", "0", "--json"]
    with subprocess.Popen(run, env=environ, cwd=home, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        text = line
        while not text.rstrip().endswith("}"):
            text += process.stdout.readline()
        port = int(json.loads(text)["url"].rpartition(":")[2])
        yield port, home
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def request(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): one for name, one in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.slow
def test_a_newcomer_imports_looks_and_leaves(server: tuple[int, Path]) -> None:
    port, _ = server
    status, headers, body = request(port, "GET", "/api/health")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert headers["x-request-id"]
    assert "server" not in headers
    file = b"email,name\nasha@rao.example,Asha Rao\n"
    status, _, body = request(port, "POST", "/api/leads/import?list=diwali", file, Content_Type="text/csv")
    assert (status, json.loads(body)["report"]["accepted"]) == (200, 1)
    status, _, body = request(port, "GET", "/api/leads/asha%40rao.example")
    assert (status, json.loads(body)["first_name"]) == (200, "Asha")
    assert request(port, "GET", "/docs")[0] == 200
    assert json.loads(request(port, "GET", "/openapi.json")[2])["openapi"].startswith("3.1")
    assert request(port, "GET", "/u/none-of-ours")[0] == 404
    assert request(port, "GET", "/api/leads", Host="evil.example")[0] == 421


@pytest.mark.slow
def test_who_sends_too_much_is_told_so_when_all_is_sent(server: tuple[int, Path]) -> None:
    port, _ = server
    path, body = "/api/leads/import?list=diwali", b"x" * (6 << 20)
    status, headers, answer = request(port, "POST", path, body, Content_Type="text/csv")
    assert (status, json.loads(answer)["code"]) == (413, "too_large")
    assert "strict-transport-security" not in headers


@pytest.mark.slow
def test_many_at_once_get_their_own_answers(server: tuple[int, Path]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    port, _ = server

    def one(number: int) -> bool:
        address = f"lead{number}@many.example"
        body = json.dumps({"email": address, "list": "many"}).encode()
        made = request(port, "POST", "/api/leads", body, Content_Type="application/json")
        found = request(port, "GET", f"/api/leads/{address}")
        missing = request(port, "GET", f"/api/campaigns/nothing-{number}")
        return (
            json.loads(made[2])["email"] == json.loads(found[2])["email"] == address
            and f"nothing-{number}" in json.loads(missing[2])["detail"]
        )

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(one, range(60)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        b"GET /api/leads HTTP/1.1\r\n\r\n", b"GET /api/leads/%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /api/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET //evil.example/api HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"NONSENSE\r\n\r\n",
        b"POST /api/leads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)  # fmt: skip
def test_bytes_that_are_no_honest_request_end_nothing(server: tuple[int, Path], line: bytes) -> None:
    port, _ = server
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(line)
        connection.settimeout(10)
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 4"), answer[:80]
    assert request(port, "GET", "/api/health")[0] == 200
