"""SPF, DKIM and DMARC as a name server tells them: its real answers, its silence, and its lies."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pivotr.adapters.dns import DnsDomains
from pivotr.ports.domains import MailRecords

SPF = '"v=spf1 include:amazonses.com ~all"'
DMARC = '"v=DMARC1; p=quarantine; rua=mailto:d@acme.com"'
KEY = '"v=DKIM1; p=MIIB"'


@contextmanager
def name_server(texts: dict[str, list[str]], *, denies_empty: bool = False) -> Iterator[int]:
    """A name server on UDP for the names given; `denies_empty`: it denies names that merely hold others."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            query = dns.message.from_wire(data)
            name = query.question[0].name.to_text(omit_final_dot=True)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            if name in texts:
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *texts[name]))
            elif denies_empty or not any(other.endswith(f".{name}") for other in texts):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            sock.sendto(answer.to_wire(), self.client_address)

    server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def records_of(domain: str, texts: dict[str, list[str]], *, denies_empty: bool = False) -> MailRecords:
    with name_server(texts, denies_empty=denies_empty) as port:
        return DnsDomains(["127.0.0.1"], port).look_up([domain], seconds=5.0)[domain]


def test_a_domain_with_everything() -> None:
    texts = {"acme.com": ['"google-site-verification=x"', SPF], "_dmarc.acme.com": [DMARC]}
    texts["k7._domainkey.acme.com"] = [KEY]
    found = records_of("acme.com", texts)
    assert found == MailRecords(True, True, True, "quarantine")
    assert found.missing == ()


def test_a_domain_with_nothing() -> None:
    found = records_of("acme.com", {"acme.com": ['"hello"']})
    assert found == MailRecords(False, False, False)
    assert found.missing == ("SPF", "DKIM", "DMARC")


def test_a_subdomain_takes_the_policy_of_the_domain_above() -> None:
    texts = {"mail.acme.com": [SPF], "_dmarc.acme.com": ['"v=DMARC1;p=none"']}
    assert records_of("mail.acme.com", texts) == MailRecords(True, False, True, "none")


@pytest.mark.parametrize(("selector", "found"), [("selector1", True), ("q9", False)])
def test_usual_selectors_are_asked_where_a_server_denies_what_merely_holds_others(
    selector: str, found: bool
) -> None:
    texts = {"acme.com": [SPF], f"{selector}._domainkey.acme.com": [KEY]}
    assert records_of("acme.com", texts, denies_empty=True).dkim is found


def test_a_text_in_several_pieces_is_one() -> None:
    assert records_of("acme.com", {"acme.com": ['"v=sp" "f1 -all"']}).spf is True


def test_a_silent_server_costs_the_time_given_and_says_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        found = DnsDomains(["127.0.0.1"], silent.getsockname()[1]).look_up(
            ["acme.com", "rao.com", "iyer.com"], seconds=0.3
        )
    assert [records.is_unknown for records in found.values()] == [True] * 3
    assert [records.missing for records in found.values()] == [()] * 3


def test_reserved_names_are_not_asked() -> None:
    assert DnsDomains(["192.0.2.1"]).look_up(["acme.example"], seconds=5.0)["acme.example"].is_unknown
