"""Leads by hand: look, add, correct, delete, stop."""

from __future__ import annotations

import pytest

from pivotr.domain.reports import MailView
from pivotr.errors import Conflict, InvalidInput, NotFound
from pivotr.ports.mailer import Unknown
from pivotr.storage.memberships import Memberships
from tests.services.house import KEY, House

TWO = "name,email,company\nAsha Rao,asha@rao.example,Rao Foods\nVikram Singh,v@singh.example,\n"


def emails(house: House, **filters: str) -> list[str]:
    return sorted(lead.email for lead in house.services.leads.find(**filters))


def test_leads_are_found_by_state_list_and_domain(house: House) -> None:
    house.take(TWO)
    house.take("email\nother@rao.example\n", "spring")
    house.services.leads.stop("v@singh.example")
    assert emails(house) == ["asha@rao.example", "other@rao.example", "v@singh.example"]
    assert emails(house, status="new") == ["asha@rao.example", "other@rao.example"]
    assert emails(house, list_name="spring") == ["other@rao.example"]
    assert emails(house, domain="@Rao.example", list_name="diwali") == ["asha@rao.example"]
    assert emails(house, status="replied", list_name="spring") == []
    with pytest.raises(NotFound, match="no list"):
        emails(house, list_name="nowhere")


def test_a_lead_is_shown_with_lists_suppression_and_mails(house: House) -> None:
    house.take(TWO)
    house.start(house.campaign())
    assert house.send_next() == "accepted"
    to = house.provider.mails[0].recipients[0]
    view = house.services.leads.show(to.upper())
    assert (view.lead.status, view.lists, view.suppression) == ("sent", ["diwali"], None)
    (mail,) = view.mails
    assert isinstance(mail, MailView)
    assert (mail.sender, mail.step, mail.template, mail.version) == ("sales@acme.example", 1, "intro", 1)
    assert [one.lead.email for one in house.services.leads.at_domain(to.partition("@")[2])] == [to]


def test_a_lead_by_hand_is_stored_once_and_greeted_as_said(house: House) -> None:
    lead = house.services.leads.add(
        "New@X.example", first_name="Bunty", list_name="diwali", fields={"a": "b"}
    )
    assert (lead.email, lead.first_name, lead.corrected) == ("new@x.example", "Bunty", {"first_name"})
    assert house.list_sizes() == {"diwali": 1}
    with pytest.raises(Conflict, match="already"):
        house.services.leads.add("new@x.example")
    with pytest.raises(InvalidInput, match="not a mail address"):
        house.services.leads.add("nobody")
    house.services.suppressions.add("gone@x.example")
    with pytest.raises(Conflict, match="suppressed"):
        house.services.leads.add("gone@x.example")


def test_a_correction_is_marked_logged_and_can_clear(house: House) -> None:
    house.take(TWO)
    house.services.leads.update(
        "asha@rao.example", first_name="Ashu", company="", fields={"City": "Pune"}, actor="meena"
    )
    lead = house.lead("asha@rao.example")
    assert (lead.first_name, lead.company, lead.fields) == ("Ashu", "", {"City": "Pune"})
    assert lead.corrected == {"first_name", "company", "fields.City"}
    (line,) = house.services.logs.of_lead("asha@rao.example")
    assert (line.kind, line.actor) == ("corrected", "meena")
    assert line.sentence == "asha@rao.example was corrected: company, fields.City, first_name."
    with pytest.raises(InvalidInput, match="Nothing to change"):
        house.services.leads.update("asha@rao.example")
    with pytest.raises(NotFound):
        house.services.leads.update("nobody@rao.example", company="X")


def test_deleting_leaves_nothing_that_says_who_it_was(house: House) -> None:
    house.take(TWO)
    campaign = house.campaign()
    house.start(campaign)
    gone = house.services.leads.delete("asha@rao.example", actor="meena")
    tombstone = house.table.get("leads", (gone.id,), consistent=True)
    assert tombstone is not None
    assert not {"email", "domain", "full_name", "first_name", "company", "fields"} & tombstone.keys()
    assert (tombstone["status"], tombstone["seen"]) == ("deleted", {campaign.id})
    assert "due" not in tombstone
    assert Memberships(house.table).of_lead(gone.id) == []
    assert emails(house) == ["v@singh.example"]
    assert emails(house, status="deleted") == [""]
    assert emails(house, domain="rao.example") == []
    with pytest.raises(NotFound):
        house.services.leads.show("asha@rao.example")
    with pytest.raises(NotFound):
        house.services.leads.delete(gone.id)
    assert house.services.metrics.audit(campaign.id).agrees


def test_a_lead_that_was_deleted_waiting_gets_no_mail(house: House) -> None:
    house.take("email\nasha@rao.example\n")
    house.start(house.campaign())
    house.services.leads.delete("asha@rao.example")
    assert house.send_next() != "accepted"
    assert house.provider.mails == []


def test_stopping_ends_the_wait_and_says_why(house: House) -> None:
    house.take(TWO)
    campaign = house.campaign()
    house.start(campaign)
    stopped = house.services.leads.stop("asha@rao.example", reason="called", actor="meena")
    assert (stopped.status, stopped.reason, stopped.due) == ("replied", "called", None)
    assert house.services.metrics.campaign(campaign.id).totals["finished"] == 1
    house.services.leads.stop("asha@rao.example", reason="again")
    assert house.services.metrics.campaign(campaign.id).totals["replied"] == 1
    assert house.services.metrics.audit(campaign.id).agrees


class TestSettling:
    """An unconfirmed mail is settled by an operator."""

    @pytest.fixture
    def doubtful(self, house: House) -> tuple[str, str]:
        house.take("email\nasha@rao.example\n")
        campaign = house.campaign()
        house.start(campaign)
        house.provider.outcome = Unknown("no answer")
        assert house.send_next() == "unknown"
        assert house.lead("asha@rao.example").status == "unconfirmed"
        house.provider.outcome = None
        return campaign.id, "asha@rao.example"

    @pytest.mark.parametrize(("as_", "status", "used"), [("sent", "sent", 1), ("failed", "failed", 0)])
    def test_as_sent_or_failed(
        self, house: House, doubtful: tuple[str, str], as_: str, status: str, used: int
    ) -> None:
        campaign, address = doubtful
        lead = house.services.settling.settle(campaign, address, as_, actor="meena")  # type: ignore[arg-type]
        assert (lead.status, lead.doubt) == (status, None)
        assert house.services.metrics.account().used == used
        assert house.services.metrics.campaign(campaign).totals["in_doubt"] == 0
        assert house.services.metrics.audit(campaign).agrees
        assert "meena" in [line.actor for line in house.services.logs.of_lead(address)]
        with pytest.raises(Conflict, match="unconfirmed"):
            house.services.settling.settle(campaign, address, "sent")

    def test_again_only_after_an_hour_and_while_running(
        self, house: House, doubtful: tuple[str, str]
    ) -> None:
        campaign, address = doubtful
        with pytest.raises(Conflict, match="less than an hour"):
            house.services.settling.settle(campaign, address, "again")
        house.clock.sleep(3601)
        house.services.transitions.pause(campaign)
        with pytest.raises(Conflict, match="while it runs"):
            house.services.settling.settle(campaign, address, "again")
        house.services.transitions.resume(campaign)
        lead = house.services.settling.settle(campaign, address, "again", actor="meena")
        assert (lead.status, lead.doubt, lead.due) == ("queued", None, "~000000000000")
        assert house.services.metrics.audit(campaign).agrees
        assert house.send_next() == "accepted"
        assert house.lead(address).status == "sent"
        assert house.services.metrics.audit(campaign).agrees


def test_who_uses_the_way_out_is_suppressed_for_good(house: House) -> None:
    from pivotr.domain.unsubscribing import make_token

    house.take(TWO)
    campaign = house.campaign()
    house.start(campaign)
    lead = house.lead("asha@rao.example")
    token = make_token(b"token key", campaign.id, lead.id)
    assert house.services.unsubscribing.unsubscribe(token) == lead.id
    house.services.unsubscribing.unsubscribe(token)
    assert house.lead(lead.email).status == "unsubscribed"
    assert house.services.metrics.campaign(campaign.id).totals["unsubscribed"] == 1
    known = house.services.suppressions.check(lead.email)
    assert known is not None
    assert (known.reason, known.source) == ("unsubscribe", f"campaign {campaign.id}")
    with pytest.raises(NotFound):
        house.services.unsubscribing.unsubscribe(token[:-1] + "!")


def test_the_way_out_holds_after_a_deletion(house: House) -> None:
    from pivotr.domain.leads import lead_id
    from pivotr.domain.unsubscribing import make_token

    house.take(TWO)
    house.services.leads.delete("asha@rao.example")
    token = make_token(b"token key", "c1", lead_id(KEY, "asha@rao.example"))
    house.services.unsubscribing.unsubscribe(token)
    report = house.take(TWO)
    assert (report.accepted, report.reasons) == (0, {"suppressed": 1, "known": 1})


def test_a_domain_tells_what_was_mailed_when_from_whom_and_what_came_back(house: House) -> None:
    house.take("name,email\nAsha Rao,asha@rao.example\nVijay Rao,vijay@rao.example\nX,x@other.example\n")
    house.start(house.campaign())
    while house.send_next() == "accepted" and len(house.provider.mails) < 3:
        pass
    views = {view.lead.email: view for view in house.services.leads.at_domain("@Rao.example")}
    assert set(views) == {"asha@rao.example", "vijay@rao.example"}
    for view in views.values():
        (mail,) = view.mails
        assert (mail.template, mail.version, mail.step, mail.outcome) == ("intro", 1, 1, "sent")
        assert mail.sender == "sales@acme.example"
        assert mail.at.startswith("2026-11-24T")
