"""Rules about who may claim which lead, and from which mailbox."""

from __future__ import annotations

from tests.mutation.edits import Mutation, without

_CONDITIONS = "storage/conditions.py"
_SENDING = "services/sending.py"
_TRANSITIONS = "services/transitions.py"

CLAIMS: tuple[Mutation, ...] = (
    without(
        "the ticket in the claim",
        "test_rules_claim.test_a_ticket_is_good_for_one_turn",
        _CONDITIONS,
        '            Equals("ticket", ticket),\n            Equals("open", True),\n',
        '            Equals("open", True),\n',
    ),
    without(
        "no claim on the lead",
        "test_rules_claim.test_a_claimed_lead_is_not_claimed_again",
        _CONDITIONS,
        '            Absent("claim"),\n            Equals("queue", queue),\n',
        '            Equals("queue", queue),\n',
    ),
    without(
        "a fresh request token",
        "test_rules_claim.test_each_call_has_its_own_request_token",
        _SENDING,
        "attempt_id(now, self._clock.token())",
        'attempt_id(now, f"{job.ticket:016x}")',
    ),
    without(
        "the lead changes with the suppression",
        "test_rules_claim.test_a_suppression_changes_the_lead_in_its_own_transaction",
        "storage/stopping.py",
        "            writes.append(endings.stronger(lead, status, reason=reason, remove=remove))\n",
    ),
    without(
        "the lead changes with the bounce",
        "test_rules_claim.test_a_bounce_changes_the_lead_in_its_own_transaction",
        "storage/consequences.py",
        "over=over, values=values\n        )\n        return [*writes, update]",
        "over=over, values=values\n        )\n        return [*writes, *([update] if not update else [])]",
    ),
    without(
        "seen",
        "test_rules_claim.test_a_lead_that_met_the_campaign_is_never_enrolled_in_it_again",
        _CONDITIONS,
        '            Lacks("seen", campaign),\n',
    ),
    without(
        "the sender in the claim",
        "test_rules_claim.test_a_lead_pinned_to_one_mailbox_is_not_mailed_from_another",
        _CONDITIONS,
        '            Equals("queue", queue),\n',
    ),
    without(
        "the campaign in the claim",
        "test_rules_claim.test_a_lead_that_went_over_to_another_campaign_is_not_claimed_by_the_old_one",
        _CONDITIONS,
        '            Equals("queue", queue),\n',
    ),
    without(
        "due in the claim",
        "test_rules_claim.test_a_follow_up_is_not_claimed_before_its_time",
        _CONDITIONS,
        '            Either((AtMost("due", to_text(now)), AtLeast("due", FIRST_MAIL))),\n',
    ),
    without(
        "step 1 only when re-pinning",
        "test_rules_pinning.test_only_first_mails_move_to_another_mailbox",
        "storage/repinning.py",
        "if lead.step == 1",
        "if lead.step",
    ),
    without(
        "left, respected by resume",
        "test_rules_pinning.test_a_mailbox_that_leaves_during_a_resume_stays_shut",
        _TRANSITIONS,
        "if known is not None and known.left:",
        'if known is not None and known.left and verb == "start":',
    ),
)
