"""The way out as browsers, mail programs and link scanners use it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from pivotr.domain.leads import lead_id
from pivotr.domain.unsubscribe_pages import language_of, texts
from pivotr.domain.unsubscribing import make_token
from pivotr.errors import Unavailable
from pivotr.functions.unsubscribe import handle
from pivotr.storage.schema import TABLES
from pivotr.wiring import Secrets
from tests.services.house import KEY, House

ONE_CLICK = "List-Unsubscribe=One-Click"
ADDRESS = "asha@rao.example"


def request(method: str, token: str, *, body: str = "", **headers: str) -> dict[str, Any]:
    """An event of an HTTP API, payload format 2.0 (API Gateway developer guide, "Lambda integrations")."""
    sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "routeKey": "ANY /u/{token}",
        "rawPath": f"/u/{token}",
        "rawQueryString": "",
        "headers": {"host": "u.acme.example", **sent_headers},
        "requestContext": {"http": {"method": method, "path": f"/u/{token}", "sourceIp": "192.0.2.7"}},
        "pathParameters": {"token": token},
        "body": body,
        "isBase64Encoded": False,
    }  # fmt: skip


@pytest.fixture
def sent() -> Iterator[tuple[House, str]]:
    """A house that has sent one mail, and the token of its reader."""
    house = House()
    house.services.senders.add("sales@acme.example", name='Asha & "Co" <b>', zone="Asia/Kolkata")
    house.take("name,email\nAsha Rao,asha@rao.example\nVijay Iyer,vijay@iyer.example\n")
    campaign = house.campaign()
    house.start(campaign)
    assert house.send_next() == "accepted"
    yield house, make_token(b"token key", campaign.id, lead_id(KEY, ADDRESS))
    house.file.close()


def everything(house: House) -> list[Any]:
    return [house.table.scan(table.name, limit=1000).items for table in TABLES]


def stopped(house: House) -> bool:
    return house.services.suppressions.check(ADDRESS) is not None


class Shape(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_look_shows_one_button_and_changes_nothing(sent: tuple[House, str], method: str) -> None:
    house, token = sent
    before = everything(house)
    for _ in range(3):
        answer = handle(request(method, token), house.services)
    assert everything(house) == before
    assert answer["statusCode"] == 200
    if method == "HEAD":
        assert answer["body"] == ""
        return
    page = Shape(answer["body"])
    assert [form.get("method") for form in page.all("form")] == ["post"]
    assert len(page.all("button")) == 1
    assert page.all("html") == [{"lang": "en"}]
    assert page.all("input") == [{"type": "hidden", "name": "List-Unsubscribe", "value": "One-Click"}]
    assert not page.all("script")
    assert not page.all("img")
    assert not page.all("a")
    assert 'No more mails from Asha & "Co" <b>?' in page.text
    assert ADDRESS not in answer["body"]


@pytest.mark.parametrize(
    ("body", "by"), [(ONE_CLICK, "one-click"), (f"{ONE_CLICK}&by=page", "page"), ("", "one-click")]
)
def test_a_post_suppresses_at_once_and_twice_is_fine(sent: tuple[House, str], body: str, by: str) -> None:
    house, token = sent
    for _ in range(2):
        answer = handle(request("POST", token, body=body), house.services)
        assert answer["statusCode"] == 200
        assert "You are unsubscribed" in answer["body"]
        assert stopped(house)
    assert house.lead(ADDRESS).status == "unsubscribed"
    told = [entry for entry in house.services.logs.of_lead(ADDRESS) if entry.kind == "unsubscribed"]
    assert len(told) == 1
    entries = house.table.scan("logs", limit=100).items
    assert [entry["by"] for entry in entries if entry["kind"] == "unsubscribed"] == [by]


def test_a_body_in_base64_is_read(sent: tuple[House, str]) -> None:
    house, token = sent
    event = request("POST", token, body=base64.b64encode(f"{ONE_CLICK}&by=page".encode()).decode())
    handle({**event, "isBase64Encoded": True}, house.services)
    entries = house.table.scan("logs", limit=100).items
    assert [entry["by"] for entry in entries if entry["kind"] == "unsubscribed"] == ["page"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "wrong", ["", "x", "a.b.c", "diwali.l1", "..", "%2e%2e%2f", "é.ü.ß", "' or 1=1", "x" * 5000]
)
def test_a_link_that_is_not_ours_tells_nothing(sent: tuple[House, str], method: str, wrong: str) -> None:
    house, token = sent
    campaign, lead, mac = token.split(".")
    forged = [wrong, f"{campaign}.{lead}.{mac[:-1]}", f"{campaign}.{lead[:-1]}.{mac}", f"other.{lead}.{mac}"]
    pages = {handle(request(method, one, body=ONE_CLICK), house.services)["body"] for one in forged}
    assert len(pages) == 1
    assert handle(request(method, wrong), house.services)["statusCode"] == 404
    assert not re.search(r"Asha|acme|diwali", pages.pop())
    assert not stopped(house)


def test_the_language_is_that_of_the_reader(sent: tuple[House, str]) -> None:
    house, token = sent
    answer = handle(request("GET", token, accept_language="mr;q=0.9, hi-IN;q=0.8, en;q=0.3"), house.services)
    assert answer["headers"]["content-language"] == "hi"
    assert '<html lang="hi">' in answer["body"]
    assert "ईमेल बंद करें" in answer["body"]
    assert answer["headers"]["vary"] == "Accept-Language"
    lost = handle(request("POST", "x", accept_language="hi"), house.services)
    assert "यह लिंक मान्य नहीं है" in lost["body"]


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("fr-FR,fr", "en"), ("hi", "hi"), ("HI-in", "hi"), ("en;q=0.2,hi;q=0.9", "hi")]
    + [("hi;q=0", "en"), ("hi;q=x", "en"), ("*", "en"), (";;,,", "en"), ("en,hi", "en"), ("hi;q=nan", "en")],
)
def test_languages_by_their_weight(header: str, language: str) -> None:
    assert language_of(header) == language


def test_every_language_has_every_sentence() -> None:
    known = texts()
    assert {"en", "hi"} <= set(known)
    assert len({frozenset(sentences) for sentences in known.values()}) == 1
    for sentences in known.values():
        assert "{sender}" in sentences["question"]


def test_the_headers_keep_the_page_to_itself(sent: tuple[House, str]) -> None:
    house, token = sent
    for answer in (
        handle(request("GET", token), house.services),
        handle(request("GET", "x"), house.services),
    ):
        headers = answer["headers"]
        assert headers["cache-control"].startswith("no-store")
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        policy = headers["content-security-policy"]
        style = re.search(r"<style>(.*?)</style>", answer["body"])
        assert style
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'")
        assert "form-action 'self'" in policy


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_do_nothing(sent: tuple[House, str], method: str) -> None:
    house, token = sent
    answer = handle(request(method, token, body=ONE_CLICK), house.services)
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, HEAD, POST")
    assert not stopped(house)


def test_trouble_of_ours_is_told_without_its_details(
    sent: tuple[House, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, token = sent

    def fails(*_: object, **__: object) -> str:
        raise Unavailable("The table pivotr-dev-leads is gone.")

    monkeypatch.setattr(house.services.unsubscribing, "unsubscribe", fails)
    answer = handle(request("POST", token, body=ONE_CLICK), house.services)
    assert answer["statusCode"] == 503
    assert int(answer["headers"]["retry-after"]) > 0
    assert "pivotr" not in answer["body"]


def test_a_person_who_was_erased_still_gets_out(sent: tuple[House, str]) -> None:
    house, token = sent
    house.services.erasing.erase(ADDRESS, actor="tester")
    assert handle(request("GET", token), house.services)["statusCode"] == 200
    assert handle(request("POST", token, body=ONE_CLICK), house.services)["statusCode"] == 200


def test_a_new_key_keeps_the_links_of_old_mails(sent: tuple[House, str]) -> None:
    house, token = sent
    rotated = House()
    rotated.services.ports.make_secrets = lambda: Secrets(KEY, (b"newer key", b"token key"))
    assert handle(request("GET", token), rotated.services)["statusCode"] == 200
    fresh = make_token(b"newer key", *token.split(".")[:2])
    assert handle(request("GET", fresh), rotated.services)["statusCode"] == 200
    assert handle(request("GET", fresh), house.services)["statusCode"] == 404
    rotated.file.close()


def test_signs_around_a_copied_link_do_not_matter(sent: tuple[House, str]) -> None:
    house, token = sent
    assert handle(request("POST", f"<{token}>.", body=ONE_CLICK), house.services)["statusCode"] == 200
    assert stopped(house)
