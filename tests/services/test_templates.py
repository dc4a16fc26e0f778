"""Templates: versions, what is wrong with them, and what a lead would get."""

from __future__ import annotations

import pytest

from pivotr.domain.templates import TemplateVersion
from pivotr.errors import Conflict, InvalidInput, NotFound
from tests.services.house import House


def test_editing_makes_the_next_version_and_leaves_the_old(house: House) -> None:
    templates = house.services.templates
    first = templates.create("Intro", "Hello", "Dear {{FirstName|you}}", actor="meena")
    second = templates.edit("intro", text="Dear {{FirstName|friend}}", note="warmer")
    assert (first.id, first.version, second.version, second.subject) == ("intro", 1, 2, "Hello")
    assert templates.get("intro", 1) == first
    assert templates.edit("intro", subject="Hello") == second
    assert [one.version for one in templates.versions("intro")] == [1, 2]
    assert [line for line in templates.diff("intro") if line[0] in "+-"][2:] == [
        "-Dear {{FirstName|you}}", "+Dear {{FirstName|friend}}",
    ]  # fmt: skip
    with pytest.raises(Conflict, match="already"):
        templates.create("intro", "x", "y")
    with pytest.raises(NotFound, match="version 3"):
        templates.get("intro", 3)
    with pytest.raises(NotFound, match="no template"):
        templates.get("nowhere")


@pytest.mark.parametrize(
    ("subject", "text", "said"),
    [
        ("Hello {", "x", "line 1"),
        ("Hello", "Dear\n{a|b", "line 2"),
        ("Hello", "Dear {{Frstname}}", "FirstName"),
        ("", "x", "no subject"),
        ("Hello", " ", "neither text nor HTML"),
        ("Hello", "x" * 90_001, "at most"),
    ],
)
def test_a_faulty_template_is_refused_and_not_stored(
    house: House, subject: str, text: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        house.services.templates.create("intro", subject, text)
    assert said in f"{caught.value.sentence} {caught.value.hint}"
    assert house.services.templates.all() == []


def test_custom_columns_are_variables(house: House) -> None:
    with pytest.raises(InvalidInput):
        house.services.templates.create("intro", "Hi", "In {{City}}")
    house.take("email,City\na@x.example,Pune\n")
    template = house.services.templates.create("intro", "Hi", "In {{City}}")
    (got,) = house.services.templates.preview(template, lead=house.lead("a@x.example"))
    assert got.text.strip() == "In Pune"


def test_a_preview_needs_no_stored_template(house: House) -> None:
    template = TemplateVersion(id="preview", version=1, subject="Hi", text="{a|b} {{FirstName}} {{Plan}}")
    previews = list(
        house.services.templates.preview(template, variables={"FirstName": "Asha", "Plan": "gold"}, count=20)
    )
    assert {one.text.strip() for one in previews} == {"a Asha gold", "b Asha gold"}
    assert len(previews) == 20
    with pytest.raises(InvalidInput, match="FirstName"):
        list(house.services.templates.preview(
            template.model_copy(update={"text": "{{FirstName}}"}), variables={"Company": "X"}
        ))  # fmt: skip
    with pytest.raises(InvalidInput, match="count"):
        list(house.services.templates.preview(template, count=0))


def test_lint_knows_the_variables_and_the_filter_words(house: House) -> None:
    house.services.templates.create("intro", "FREE MONEY", "Act now {{FirstName}}")
    codes = {finding.code for finding in house.services.templates.lint("intro").findings}
    assert {"no-fallback", "filter-word"} <= codes


class TestPreviews:
    """What a campaign's leads would get."""

    def test_is_the_mail_that_is_sent(self, house: House) -> None:
        house.take("name,email\nAsha Rao,asha@rao.example\n")
        campaign = house.campaign("{Hello|Dear|Good day} {{FirstName|there}}, {one|two|three}")
        (preview,) = house.services.previews.campaign(campaign.id)
        house.start(campaign)
        assert house.send_next() == "accepted"
        (mail,) = house.provider.mails
        assert (preview.to, preview.sender) == (mail.recipients[0], mail.sender)

        def stable(data: bytes) -> list[bytes]:
            lines = data.split(b"\r\n")
            return [line for line in lines if not line.startswith((b"Date:", b"Message-ID:", b"X-Pivotr"))]

        assert stable(preview.data) == stable(mail.data)

    def test_takes_the_first_of_the_audience_or_the_named_lead(self, house: House) -> None:
        lines = "".join(f"p{number}@x.example\n" for number in range(5))
        house.take(f"email\n{lines}")
        house.services.suppressions.add("p0@x.example")
        campaign = house.campaign()
        found = house.services.previews.campaign(campaign.id)
        assert len(found) == 3
        assert "p0@x.example" not in [
            one.to for one in house.services.previews.campaign(campaign.id, count=9)
        ]
        (named,) = house.services.previews.campaign(campaign.id, "P4@x.example")
        assert named.to == "p4@x.example"
        house.services.templates.edit("intro", text="New words")
        assert house.services.previews.campaign(campaign.id, count=1)[0].text.strip() == "New words"

    def test_refuses_what_is_not_there(self, house: House) -> None:
        house.take("email\na@x.example\n")
        campaign = house.campaign()
        for key, lead, step in [("nowhere", None, 1), (campaign.id, "b@x.example", 1)]:
            with pytest.raises(NotFound):
                house.services.previews.campaign(key, lead, step=step)
        with pytest.raises(InvalidInput, match="has no step 2"):
            house.services.previews.campaign(campaign.id, step=2)
