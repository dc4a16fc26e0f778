"""Provider events: the sample, every envelope, whom they touch, and that no body can raise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivotr.domain.feedback import FeedbackEvent, Recipient, parse_body

SAMPLE = Path(__file__).parents[1] / "data" / "ses-events.jsonl"
ROWS = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]

MAIL = {
    "timestamp": "2026-11-24T09:13:05.123Z",
    "source": "Acme Sales <sales@acme.example>",
    "messageId": "0109019a-7c19-4d12-a87d-dd0099a07f8a-000000",
    "destination": ["jane@x.example", "other@x.example"],
    "tags": {
        "ses:configuration-set": ["pivotr-dev"],
        "campaign": ["diwali"],
        "lead": ["lq2x"],
        "sender": ["s4t5"],
        "step": ["1"],
        "attempt": ["20261124T091305123Z-0a1b2c3d4e5f6071"],
    },
}


def bounce(kind: str = "Permanent", subtype: str = "General", *emails: str, **others: Any) -> dict[str, Any]:
    listed = [{"emailAddress": email, "diagnosticCode": "smtp; 550 5.1.1 user unknown"} for email in emails]
    part = {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": listed or [{"emailAddress": "jane@x.example"}],
        "timestamp": "2026-11-24T09:13:09.500Z",
    }
    return {"eventType": "Bounce", "bounce": {**part, **others}, "mail": MAIL}


def complaint(**others: Any) -> dict[str, Any]:
    part = {
        "complainedRecipients": [{"emailAddress": "jane@x.example"}],
        "timestamp": "2026-11-25T01:00:00.000Z",
    }
    return {"eventType": "Complaint", "complaint": {**part, **others}, "mail": MAIL}


def event(name: str, part: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"eventType": name, "mail": MAIL, part: content or {}}


def parsed(content: Any) -> FeedbackEvent:
    return parse_body(json.dumps(content))


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_sample(row: dict[str, Any]) -> None:
    found, expected = parse_body(row["payload"]), row["expect"]
    assert found.kind == expected["kind"]
    assert [one._asdict() for one in found.recipients] == [
        {"email": one["email"], "action": one["action"]} for one in expected["recipients"]
    ]


def test_everything_that_the_ledger_needs() -> None:
    assert parsed(bounce("Permanent", "NoEmail", "Jane <JANE@x.example>")) == FeedbackEvent(
        kind="bounce",
        recipients=(Recipient("jane@x.example", "suppress"),),
        message_id="0109019a-7c19-4d12-a87d-dd0099a07f8a-000000",
        sent_at="2026-11-24T09:13:05.123Z",
        event_at="2026-11-24T09:13:09.500Z",
        tags={
            "campaign": "diwali",
            "lead": "lq2x",
            "sender": "s4t5",
            "step": "1",
            "attempt": "20261124T091305123Z-0a1b2c3d4e5f6071",
        },
        bounce_type="Permanent",
        bounce_subtype="NoEmail",
        detail="smtp; 550 5.1.1 user unknown",
        raw_kind="Bounce",
        source="Acme Sales <sales@acme.example>",
    )


class TestEnvelopes:
    """The same bounce, however it came into the queue."""

    EXPECTED = parsed(bounce())

    def sns(self, message: Any) -> dict[str, Any]:
        return {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": "arn:aws:sns:ap-south-1:123456789012:ses-events",
            "Message": message if isinstance(message, str) else json.dumps(message),
            "Timestamp": "2026-11-24T09:13:10.000Z",
        }

    def event_bridge(self, detail: Any) -> dict[str, Any]:
        return {
            "version": "0",
            "id": "7a3e1f0c-0000-4000-8000-000000000000",
            "detail-type": "Email Bounced",
            "source": "aws.ses",
            "account": "123456789012",
            "time": "2026-11-24T09:13:09Z",
            "region": "ap-south-1",
            "resources": ["arn:aws:ses:ap-south-1:123456789012:configuration-set/pivotr-dev"],
            "detail": detail,
        }

    def test_all_of_them(self) -> None:
        raw = bounce()
        record = {"MessageId": "1", "ReceiptHandle": "AQEB", "Body": json.dumps(self.sns(raw))}
        for body in (
            raw,
            self.sns(raw),
            self.sns(json.dumps(raw, indent=2) + "\n"),
            self.event_bridge(raw),
            self.sns(self.event_bridge(raw)),
            record,
            json.dumps(raw),
        ):
            assert parsed(body) == self.EXPECTED

    def test_identity_notifications_use_the_other_key(self) -> None:
        raw = bounce()
        raw["notificationType"] = raw.pop("eventType")
        assert parsed(raw) == self.EXPECTED

    def test_event_bridge_may_name_the_kind_alone(self) -> None:
        raw = bounce()
        del raw["eventType"]
        found = parsed(self.event_bridge(raw))
        assert found._replace(raw_kind="") == self.EXPECTED._replace(raw_kind="")

    def test_byte_order_mark(self) -> None:
        assert parse_body("\ufeff" + json.dumps(bounce())) == self.EXPECTED

    def test_a_subscription_is_reported_with_its_topic_only(self) -> None:
        body = {
            "Type": "SubscriptionConfirmation",
            "Token": "2336412f37fb687f",
            "TopicArn": "arn:aws:sns:us-east-1:032756942992:theirs",
            "Message": "You have chosen to subscribe to the topic.",
            "SubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37fb687f",
        }
        assert parsed(body) == FeedbackEvent(
            "sns_subscription_confirmation", detail="arn:aws:sns:us-east-1:032756942992:theirs"
        )
        assert parsed({**body, "Type": "UnsubscribeConfirmation"}).kind == "sns_unsubscribe_confirmation"

    @pytest.mark.parametrize("is_wrapped", [True, False])
    def test_greetings_of_a_new_destination(self, is_wrapped: bool) -> None:
        text = "Successfully validated SNS topic for Amazon SES event publishing."
        assert parse_body(json.dumps(self.sns(text)) if is_wrapped else text).kind == "ignored"

    def test_greeting_of_an_identity(self) -> None:
        body = {
            "notificationType": "AmazonSnsSubscriptionSucceeded",
            "message": "You have successfully subscribed",
        }
        assert parsed(self.sns(body)).kind == "ignored"


@pytest.mark.parametrize(
    ("written", "email"),
    [
        ('"Doe, Jane" <JANE@X.example>', "jane@x.example"),
        ("rfc822; jane@x.example", "jane@x.example"),
        ("jane@x.example (Jane)", "jane@x.example"),
        ("<jane@x.example", "jane@x.example"),
        ("jäne@x.example", "jäne@x.example"),
        ('"jane doe"@x.example', '"jane doe"@x.example'),
        ("a@b@x.example", "a@b@x.example"),
    ],
)
def test_an_address_is_found_among_other_words(written: str, email: str) -> None:
    assert parsed(bounce("Permanent", "General", written)).recipients == (Recipient(email, "suppress"),)


class TestConsequences:
    """Who is suppressed, who only counted, and who is left in peace."""

    @pytest.mark.parametrize(
        ("kind", "subtype", "action"),
        [
            ("Permanent", "General", "suppress"),
            ("Permanent", "NoEmail", "suppress"),
            ("Permanent", "Suppressed", "suppress"),
            ("Permanent", "OnAccountSuppressionList", "suppress"),
            ("Permanent", "EmailValidationSuppressed", "suppress"),
            ("Permanent", "SomethingNew", "suppress"),
            ("Transient", "General", "soft"),
            ("Transient", "MailboxFull", "soft"),
            ("Transient", "MessageTooLarge", "soft"),
            ("Transient", "ContentRejected", "soft"),
            ("Transient", "AttachmentRejected", "soft"),
            ("Undetermined", "Undetermined", "soft"),
            ("SomethingNew", "General", "soft"),
            ("", "", "soft"),
        ],
    )
    def test_bounces(self, kind: str, subtype: str, action: str) -> None:
        found = parsed(bounce(kind, subtype))
        assert [one.action for one in found.recipients] == [action]
        assert (found.bounce_type, found.bounce_subtype) == (kind, subtype)

    @pytest.mark.parametrize(
        ("others", "action"),
        [
            ({}, "suppress"),
            ({"complaintFeedbackType": "abuse"}, "suppress"),
            ({"complaintFeedbackType": "fraud"}, "suppress"),
            ({"complaintFeedbackType": "virus"}, "suppress"),
            ({"complaintFeedbackType": "something new"}, "suppress"),
            ({"complaintSubType": "OnAccountSuppressionList"}, "suppress"),
            ({"complaintSubType": None}, "suppress"),
            ({"complaintFeedbackType": "not-spam"}, "none"),
        ],
    )
    def test_complaints(self, others: dict[str, Any], action: str) -> None:
        assert parsed(complaint(**others)).recipients == (Recipient("jane@x.example", action),)  # type: ignore[arg-type]

    def test_only_those_whom_the_bounce_lists(self) -> None:
        found = parsed(bounce("Permanent", "General", "a@x.example", "B@x.example", "a@x.example"))
        assert [one.email for one in found.recipients] == ["a@x.example", "b@x.example"]

    @pytest.mark.parametrize("listed", [None, [], {}, "jane@x.example", [None], [{"emailAddress": ""}], [{}]])
    def test_a_bounce_or_complaint_about_nobody_is_malformed(self, listed: Any) -> None:
        for content in (bounce(bouncedRecipients=listed), complaint(complainedRecipients=listed)):
            found = parsed(content)
            assert (found.kind, found.recipients) == ("malformed", ())
            assert found.detail.endswith("names no recipient.")

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (event("Delivery", "delivery", {"recipients": ["jane@x.example"]}), "delivery"),
            (event("Send", "send"), "send"),
            (event("Reject", "reject", {"reason": "Bad content"}), "reject"),
            (event("Open", "open"), "open"),
            (event("Click", "click", {"link": "https://acme.example/"}), "click"),
            (event("Rendering Failure", "failure", {"errorMessage": "no name"}), "rendering_failure"),
            (event("DeliveryDelay", "deliveryDelay", {"delayType": "MailboxFull"}), "delivery_delay"),
        ],
    )
    def test_other_kinds_change_nobody(self, content: dict[str, Any], kind: str) -> None:
        found = parsed(content)
        assert found.kind == kind
        assert found.recipients[0].email == "jane@x.example"
        assert {one.action for one in found.recipients} == {"none"}
        assert found.tags["campaign"] == "diwali"
        assert found.event_at == "2026-11-24T09:13:05.123Z"

    @pytest.mark.parametrize(
        ("new", "old", "action"),
        [
            ({"unsubscribeAll": True}, {"unsubscribeAll": False}, "suppress"),
            ({"unsubscribeAll": False, "topicSubscriptionStatus": ["OptOut"]}, {}, "suppress"),
            (
                {"unsubscribeAll": False, "topicSubscriptionStatus": ["OptOut"]},
                {"unsubscribeAll": True, "topicSubscriptionStatus": ["OptOut"]},
                "none",
            ),
            ({"unsubscribeAll": False, "topicSubscriptionStatus": ["OptIn"]}, {}, "none"),
            (None, None, "none"),
        ],
    )
    def test_preferences_at_the_provider(self, new: Any, old: Any, action: str) -> None:
        def topics(preferences: Any) -> Any:
            if not preferences or "topicSubscriptionStatus" not in preferences:
                return preferences
            status = [
                {"topicName": f"news{number}", "subscriptionStatus": word}
                for number, word in enumerate(preferences["topicSubscriptionStatus"])
            ]
            return {**preferences, "topicSubscriptionStatus": status}

        content = {"newTopicPreferences": topics(new), "oldTopicPreferences": topics(old)}
        found = parsed(event("Subscription", "subscription", content))
        assert {one.action for one in found.recipients} == {action}

    def test_unknown_kinds_are_kept_with_their_name(self) -> None:
        found = parsed(event("Quarantine", "quarantine"))
        assert (found.kind, found.raw_kind, found.recipients) == ("unknown", "Quarantine", ())
        assert found.message_id == MAIL["messageId"]

    @pytest.mark.parametrize(
        ("text", "email"),
        [
            ("JANE@X.Example", "jane@x.example"),
            ("Jane Doe <Jane@X.example>", "jane@x.example"),
            ('"Doe, Jane <VIP>" <jane@x.example>', "jane@x.example"),
            ("=?utf-8?B?SsOkbmU=?= <jane@x.example>", "jane@x.example"),
            (" jane@x.example ", "jane@x.example"),
            ("jane@exämple.com", "jane@xn--exmple-cua.com"),
            ("root@localhost", "root@localhost"),
        ],
    )
    def test_addresses_come_in_one_form(self, text: str, email: str) -> None:
        assert [one.email for one in parsed(bounce("Permanent", "General", text)).recipients] == [email]


class TestInstants:
    """Event times in the stored form, whatever SES wrote."""

    @pytest.mark.parametrize(
        ("written", "stored"),
        [
            ("2026-11-24T09:13:09.500Z", "2026-11-24T09:13:09.500Z"),
            ("2012-05-25T14:59:38.605-07:00", "2012-05-25T21:59:38.605Z"),
            ("2026-11-24T09:13:09Z", "2026-11-24T09:13:09.000Z"),
            ("2026-11-24T09:13:09.5", "2026-11-24T09:13:09.500Z"),
        ],
    )
    def test_forms(self, written: str, stored: str) -> None:
        assert parsed(bounce(timestamp=written)).event_at == stored

    @pytest.mark.parametrize("written", ["", "yesterday", "2026-13-45T99:99:99.999Z", 42, None, ["x"]])
    def test_without_a_time_of_its_own_the_mail_s_counts(self, written: Any) -> None:
        assert parsed(bounce(timestamp=written)).event_at == MAIL["timestamp"]


class TestMalformed:
    """What cannot be understood is said to be so, with a reason, and raises nothing."""

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ("", "It is not JSON."),
            ("{", "It is not JSON."),
            ("hello", "It is not JSON."),
            ("[" * 100_000, "It is not JSON."),
            ('{"Type":"Notification","Message":"hello"}', "It is not JSON."),
            ("42", "It holds a number instead of an object."),
            ("null", "It holds null instead of an object."),
            ("[]", "It holds a list instead of an object."),
            ("{}", "It names no event: neither eventType nor notificationType."),
            ('{"Type":"Notification"}', "It names no event: neither eventType nor notificationType."),
            ('{"Type":["x"],"Message":5}', "It names no event: neither eventType nor notificationType."),
            ('{"eventType":null}', "It does not name the kind of event."),
            ('{"eventType":{"a":1}}', "It does not name the kind of event."),
            ('{"eventType":"Bounce","bounce":[]}', "This bounce names no recipient."),
            ('{"Message":' * 9 + '""' + "}" * 9, "It is wrapped too often."),
        ],
    )
    def test_reasons(self, body: str, why: str) -> None:
        assert parse_body(body) == FeedbackEvent("malformed", detail=why)

    def test_texts_can_be_stored_whatever_they_hold(self) -> None:
        nasty = "\\ud800 \\u0000 " + "x" * 5000
        body = json.dumps(bounce("Permanent", "General", "jane@x.example")).replace("smtp; 550", nasty)
        found = parse_body(body)
        assert found.kind == "bounce"
        assert found.detail.encode()
        assert len(found.detail) == 1000

    @given(
        st.binary(max_size=300).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
        | st.text(max_size=300)
    )
    def test_noise(self, body: str) -> None:
        assert parse_body(body).kind in ("malformed", "ignored")

    @given(data=st.data())
    @settings(deadline=None, max_examples=200)
    def test_mutations_of_real_events(self, data: st.DataObject) -> None:
        body = data.draw(st.sampled_from(ROWS))["payload"]
        place = data.draw(st.integers(0, len(body)))
        cut = data.draw(st.integers(0, 40))
        found = parse_body(body[:place] + data.draw(st.text(max_size=5)) + body[place + cut :])
        assert all(one.email for one in found.recipients)

    @given(data=st.data())
    @settings(deadline=None, max_examples=200)
    def test_any_value_at_any_place(self, data: st.DataObject) -> None:
        content = data.draw(st.sampled_from([bounce(), complaint(), event("Subscription", "subscription")]))
        content = json.loads(json.dumps(content))
        node: Any = content
        while True:
            key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if isinstance(node[key], (dict, list)) and node[key] and data.draw(st.booleans()):
                node = node[key]
                continue
            node[key] = data.draw(JSON)
            break
        found = parsed(content)
        assert all("@" in one.email for one in found.recipients)
        assert json.dumps(found, ensure_ascii=False, default=dict).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("a@b.example"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
