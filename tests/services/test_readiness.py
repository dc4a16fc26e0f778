"""What forbids a start, each with its own sentence, and what warns of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pivotr.domain.readiness import Readiness
from pivotr.domain.windows import parse_window
from pivotr.errors import InvalidInput, Misconfigured, PivotrError, Unavailable
from pivotr.ports.domains import MailRecords
from pivotr.ports.mailer import Quota
from pivotr.settings import Settings
from pivotr.wiring import Services
from tests.services.house import House

LEADS = "name,email,company\nAsha Rao,asha@rao.example,Rao\nVijay Iyer,vijay@iyer.example,\n"


def codes(report: Readiness) -> dict[str, str]:
    return {remark.code: remark.severity for remark in report.remarks}


def rebuilt(house: House, **settings: Any) -> Services:
    """The house's services with other settings, on the same data."""
    return Services(Settings(home=Path("/nowhere"), **settings), house.services.ports)


def ready(house: House, text: str = "Hello {{FirstName|there}}", **changes: Any) -> str:
    house.take(LEADS)
    return house.campaign(text, **changes).id


def refused(services: Services, campaign: str) -> PivotrError:
    """The error of a start; the very first refusal of the check, and the campaign stays a draft."""
    first = services.readiness.check(campaign).refusals[0]
    with pytest.raises(PivotrError) as raised:
        services.transitions.start(campaign)
    assert raised.value.sentence == first.sentence
    assert raised.value.hint
    assert services.campaigns.get(campaign).status == "draft"
    return raised.value


def test_a_sound_campaign_has_nothing_to_refuse(house: House) -> None:
    campaign = ready(house)
    report = house.services.readiness.check(campaign)
    assert (report.refusals, report.audience, report.is_whole) == ((), 2, True)
    assert set(codes(report)) == {"no-address", "no-basis"}
    house.services.transitions.start(campaign)


class TestRefusals:
    def test_an_empty_list(self, house: House) -> None:
        campaign = ready(house)
        for address in ("asha@rao.example", "vijay@iyer.example"):
            house.services.erasing.erase(address)
        error = refused(house.services, campaign)
        assert isinstance(error, InvalidInput)
        assert "nobody to write to" in error.sentence

    def test_an_audience_of_which_everybody_is_left_out(self, house: House) -> None:
        campaign = ready(house)
        house.services.suppressions.add("asha@rao.example")
        house.services.suppressions.add("@iyer.example")
        assert "(2 suppressed or stopped)" in refused(house.services, campaign).sentence

    def test_a_window_that_never_opens(self, house: House) -> None:
        campaign = ready(house)
        window = parse_window("mon 09:00-10:00 Asia/Kolkata")
        first = date(2026, 11, 24)
        days = frozenset((first + timedelta(days=number)).isoformat() for number in range(20 * 366))
        house.services.campaigns.update(campaign, window=window.model_copy(update={"holidays": days}))
        assert "never opens" in refused(house.services, campaign).sentence

    def test_a_template_with_an_error(self, house: House) -> None:
        campaign = ready(house)
        house.table.put("templates", {"id": "intro", "version": "000002", "subject": "Hi",
                                      "text": "Hi {{Citty}} {", "v": 1})  # fmt: skip
        error = refused(house.services, campaign)
        assert "Template intro, version 2, cannot be sent (text 1:4)" in error.sentence
        assert error.hint == "See all faults: pivotr template lint intro --version 2"

    @pytest.mark.parametrize(
        ("variable", "lack", "command"),
        [
            ("SenderName", "has no name", "pivotr sender update "),
            ("SenderFirstName", "has no name", "pivotr sender update "),
            ("Signature", "has no signature", "pivotr sender update "),
            ("PostalAddress", "there is none", "pivotr settings set footer.address "),
        ],
    )
    def test_a_value_that_the_sender_itself_lacks(
        self, house: House, variable: str, lack: str, command: str
    ) -> None:
        campaign = ready(house, f"Good day, {{{{{variable}}}}}")
        address = house.services.senders.all()[0][0].address
        house.services.senders.update(address, name="")
        error = refused(house.services, campaign)
        assert f"Template intro needs {{{{{variable}}}}}, and " in error.sentence
        assert lack in error.sentence
        assert error.hint.startswith(f"Give it: {command}")
        house.services.templates.edit("intro", text=f"Good day, {{{{{variable}|yours}}}}")
        house.services.transitions.start(campaign)

    def test_a_postal_address_that_is_asked_for(self, house: House) -> None:
        campaign = ready(house)
        house.services.preferences.set("footer.required", "yes")
        house.services.recent.heed(house.services.senders.all()[0][1])
        assert "no postal address" in refused(house.services, campaign).sentence

    def test_leads_without_basis_where_it_is_asked_for(self, house: House) -> None:
        house.take("email\nmeena@iyer.example\n", source="fair", basis="consent")
        campaign = ready(house)
        house.services.preferences.set("basis.required", "yes")
        house.services.recent.heed(house.services.senders.all()[0][1])
        assert "2 leads have no source, or no basis" in refused(house.services, campaign).sentence

    @pytest.mark.parametrize("address", ["no-reply@acme.example", "NoReply+x@acme.example"])
    def test_a_mailbox_that_nobody_reads_and_no_link(self, house: House, address: str) -> None:
        campaign = ready(house)
        house.services.senders.update("sales@acme.example", reply_to=address)
        house.services.recent.heed(house.services.senders.all()[0][1])
        error = refused(house.services, campaign)
        assert isinstance(error, Misconfigured)
        assert "Nobody could unsubscribe" in error.sentence
        with_link = rebuilt(house, public_url="https://u.acme.example")
        assert not with_link.readiness.check(campaign).refusals

    def test_an_environment_of_aws_without_a_link(self, house: House) -> None:
        campaign = ready(house)
        production = rebuilt(house, env="production", mailer="ses", verifier="syntax")
        assert "PIVOTR_PUBLIC_URL is not set" in refused(production, campaign).sentence

    def test_the_sandbox_of_ses_and_an_account_that_is_stopped(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        campaign = ready(house)
        house.provider.quota = lambda: Quota(200, 0, 1, is_production=False)  # type: ignore[method-assign]
        assert "in its sandbox" in refused(house.services, campaign).sentence
        emulator = rebuilt(house, env="sandbox", verifier="syntax")
        assert not emulator.readiness.check(campaign).refusals
        house.provider.quota = lambda: Quota(200, 0, 1, is_sending=False)  # type: ignore[method-assign]
        assert "sending is paused" in refused(house.services, campaign).sentence

    def test_a_sender_that_the_provider_has_not_verified(self, house: House) -> None:
        campaign = ready(house)
        house.services.ports.make_identities = lambda: Verified(frozenset({"iyer.example"}))
        error = refused(rebuilt(house), campaign)
        assert isinstance(error, Misconfigured)
        assert "verified neither sales@acme.example" in error.sentence
        rehearsal = refused(rebuilt(house, env="sandbox", verifier="syntax"), campaign)
        assert rehearsal.hint.endswith("pivotr sandbox verify acme.example")
        house.services.ports.make_identities = lambda: Verified(frozenset({"acme.example"}))
        rebuilt(house).transitions.start(campaign)


class TestWarnings:
    def test_leads_that_lack_a_value_are_counted_and_named(self, house: House) -> None:
        campaign = ready(house, "Hello {{FirstName}} of {{Company}}, {hi|{{City|you}}}\n{{Signature}}")
        report = house.services.readiness.check(campaign)
        assert {one.address: one.variables for one in report.lacking} == {
            "asha@rao.example": ("Signature",),
            "vijay@iyer.example": ("Company", "Signature"),
        }
        told = next(one for one in report.warnings if one.code == "missing-values")
        assert told.sentence.startswith("2 of 2 leads lack a value")
        assert "(Company, Signature)" in told.sentence

    def test_credits_below_what_the_forecast_needs(self, house: House) -> None:
        campaign = ready(house)
        house.services.ports.make_verifier = lambda: Paid(1)
        services = rebuilt(house, verifier="myemailverifier")
        told = {one.code: one.sentence for one in services.readiness.check(campaign).warnings}
        assert told["credits"] == "The verifier has 1 credits; this campaign needs about 2."

    def test_what_a_verifier_or_provider_does_not_say_is_told(self, house: House) -> None:
        campaign = ready(house)

        def silent() -> Any:
            raise Unavailable("It does not answer.")

        house.services.ports.make_verifier = lambda: Paid(silent)
        house.provider.quota = silent  # type: ignore[method-assign]
        report = rebuilt(house, verifier="myemailverifier").readiness.check(campaign)
        assert {"credits-unknown", "provider-silent"} <= set(codes(report))
        assert not report.refusals
        house.services.transitions.start(campaign)

    def test_domains_without_records(self, house: House) -> None:
        campaign = ready(house)
        found = MailRecords(spf=True, dkim=False, dmarc=False)
        house.services.ports.make_domains = lambda: Names({"acme.example": found})
        told = {one.code: one.sentence for one in rebuilt(house).readiness.check(campaign).warnings}
        assert "acme.example has no DKIM and no DMARC record" in told["dns"]
        silent = MailRecords(None, None, None)
        house.services.ports.make_domains = lambda: Names({"acme.example": silent})
        assert "dns" not in codes(rebuilt(house).readiness.check(campaign))

    def test_a_long_audience_is_looked_at_in_part_where_that_is_asked(self, house: House) -> None:
        campaign = ready(house)
        report = house.services.readiness.check(campaign, limit=1)
        assert (report.audience, report.is_whole) == (1, False)


class TestWhileNoBounceIsSeen:
    def test_the_low_cap_holds_and_says_why(self, house: House) -> None:
        campaign = ready(house)
        services = rebuilt(house, mailer="smtp")
        told = {one.code: one.sentence for one in services.readiness.check(campaign).warnings}
        assert told["no-bounce-path"].startswith("At most 50 mails a day leave until bounces can be seen.")
        assert "PIVOTR_MAILBOX is not set" in told["no-bounce-path"]
        assert services.recent.preferences().whole("account.cap") == 50
        with_mailbox = rebuilt(house, mailer="smtp", mailbox="imap")
        assert with_mailbox.recent.preferences().whole("account.cap") == 50
        told = {one.code: one.sentence for one in with_mailbox.readiness.check(campaign).warnings}
        assert "has not been read yet" in told["no-bounce-path"]
        house.table.put("work", {"key": "bounce-path", "proven_at": "2026-11-24T04:30:00.000Z"})
        house.clock.sleep(61)
        assert with_mailbox.recent.preferences().whole("account.cap") == 300
        assert "no-bounce-path" not in codes(with_mailbox.readiness.check(campaign))
        assert rebuilt(house, mailer="ses").recent.preferences().whole("account.cap") == 50
        assert house.services.recent.preferences().whole("account.cap") == 300

    def test_no_more_mails_leave_in_a_day(self, house: House) -> None:
        house.take("email\n" + "".join(f"p{number}@rao.example\n" for number in range(6)))
        house.services = rebuilt(house, mailer="smtp")
        house.services.preferences.set("bounces.unproven_cap", "3")
        house.services.preferences.set("account.cap", "200")
        house.start(house.campaign())
        for _ in range(3):
            assert house.send_next() == "accepted"
        assert house.send_next() != "accepted"
        assert len(house.provider.mails) == 3
        house.services.preferences.set("bounces.unproven_cap", "4")
        house.services.preferences.set("account.cap", "300")
        day = house.table.get("metrics", ("ALL", "2026-11-24"), consistent=True)
        assert day
        assert day["limit"] == 4

    def test_a_day_that_is_open_follows_another_mailer(self, house: House) -> None:
        house.take("email\nasha@rao.example\nvijay@rao.example\n")
        house.start(house.campaign())
        assert house.send_next() == "accepted"

        def limit() -> int:
            return int((house.table.get("metrics", ("ALL", "2026-11-24"), consistent=True) or {})["limit"])

        assert limit() == 300
        rebuilt(house, mailer="smtp").heartbeat.run()
        assert limit() == 50
        house.services.heartbeat.run()
        assert limit() == 300


@dataclass
class Verified:
    """A provider that has verified these addresses and domains."""

    names: frozenset[str]

    def is_verified(self, address: str) -> bool:
        return address in self.names or address.partition("@")[2] in self.names


@dataclass
class Names:
    """A DNS that knows these domains."""

    records: Mapping[str, MailRecords]
    asked: list[str] = field(default_factory=list)

    def look_up(self, domains: Sequence[str], *, seconds: float) -> Mapping[str, MailRecords]:
        assert 0 < seconds <= 5
        return {domain: self.records[domain] for domain in domains}


@dataclass
class Paid:
    """A verifier with so many credits left."""

    left: int | Callable[[], int]
    name: str = "myemailverifier"
    credits_matter: bool = True

    def check(self, email: str) -> Any:
        raise AssertionError("a look before the start checks nobody")

    def credits(self) -> int | None:
        return self.left() if callable(self.left) else self.left
