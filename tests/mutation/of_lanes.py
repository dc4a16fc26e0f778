"""Rules about gates, tickets, caps and shares of a mailbox."""

from __future__ import annotations

from tests.mutation.edits import Edit, Mutation, without

_CONDITIONS = "storage/conditions.py"
_CLOSING = "storage/closing.py"
_LANES = "storage/lanes.py"
_SENDING = "services/sending.py"
_TRANSITIONS = "services/transitions.py"

LANES: tuple[Mutation, ...] = (
    without(
        "the entry's gate in the claim",
        "test_rules_pausing.test_a_paused_campaign_is_not_claimed",
        _CONDITIONS,
        '            Equals((*entry, "o"), True),\n',
    ),
    without(
        "the entry's gate, whatever the ticket",
        "test_rules_pausing.test_a_paused_campaign_is_not_claimed_with_the_newest_ticket",
        _CONDITIONS,
        '            Equals((*entry, "o"), True),\n',
    ),
    without(
        "the account's limit in the claim",
        "test_rules_shares.test_the_accounts_limit_is_a_condition_of_the_claim",
        _CONDITIONS,
        'Below("used", Attribute("limit")), ',
    ),
    without(
        "the guard's stop in the claim",
        "test_rules_pausing.test_the_guard_stops_campaigns_that_are_not_yet_paused",
        _CONDITIONS,
        'Attribute("limit")), Absent("stopped")))',
        'Attribute("limit"))))',
    ),
    without(
        "refund on the day of the claim",
        "test_rules_shares.test_a_refund_goes_to_the_day_of_the_claim",
        _CLOSING,
        "    day = closing.claim.account_day\n",
        "    day = closing.at.date().isoformat()\n",
    ),
    without(
        "refund on the lane's day of the claim",
        "test_rules_shares.test_a_refund_leaves_the_new_day_of_lane_and_campaign_alone",
        _LANES,
        "if lane.day == lane_day and lane.used > 0:",
        "if lane.used > 0:",
    ),
    without(
        "an instant for the idle lane",
        "test_rules_pausing.test_a_lane_at_rest_has_an_instant_at_which_it_looks_again",
        _LANES,
        'Change(set={(*path, "i"): to_text(until)})',
        'Change(set={(*path, "i"): "9999-01-01T00:00:00.000Z"})',
    ),
    without(
        "a gate per campaign",
        "test_rules_pausing.test_a_campaign_has_a_gate_of_its_own_on_a_shared_mailbox",
        _TRANSITIONS,
        "[lanes.shut_entry(sender, campaign.id) for sender in campaign.all_senders]",
        "[]",
    ),
    without(
        "shutting spends no ticket",
        "test_rules_pausing.test_pausing_one_campaign_never_stalls_the_other",
        _LANES,
        'Update(names.SENDERS, (sender,), Change(set={(*path, "o"): False}), Present(path))',
        'Update(names.SENDERS, (sender,), Change({(*path, "o"): False}, {"ticket": 1}), Present(path))',
    ),
    without(
        "a refused job passes its turn on",
        "test_rules_pausing.test_a_refused_send_job_passes_its_turn_on",
        _SENDING,
        "entry.has_room(today, lane.copies):\n            return self._pass_on(job)",
        'entry.has_room(today, lane.copies):\n            return "dropped"',
    ),
    Mutation(
        "resuming spends the ticket",
        "test_rules_pausing.test_starting_and_resuming_spend_the_ticket",
        (
            Edit(_LANES, 'add={"ticket": 1, **more.add}', "add={**more.add}"),
            Edit(
                _TRANSITIONS,
                "VerifyJob(sender=lane.id, ticket=lane.ticket + 1, campaign=campaign.id)",
                "VerifyJob(sender=lane.id, ticket=lane.ticket, campaign=campaign.id)",
            ),
        ),
    ),
    without(
        "parking spends the ticket",
        "test_rules_pausing.test_parking_spends_the_ticket",
        _LANES,
        '"why": why}, add={"ticket": 1}))',
        '"why": why}))',
    ),
    without(
        "the smallest turn",
        "test_rules_pausing.test_the_smallest_turn_comes_first",
        "domain/lanes.py",
        "        (entry.turn, campaign)\n",
        "        (0, campaign)\n",
    ),
    without(
        "the mailbox's gate in the claim",
        "test_rules_pausing.test_a_mailbox_shut_by_the_operator_claims_nothing",
        _CONDITIONS,
        '            Equals("open", True),\n',
    ),
    without(
        "the mailbox's stop in the claim",
        "test_rules_pausing.test_a_mailbox_stopped_by_the_guard_claims_nothing",
        _CONDITIONS,
        '            Absent("stopped"),\n',
    ),
    without(
        "the share in the claim",
        "test_rules_shares.test_the_share_of_a_campaign_is_a_condition_of_the_claim",
        _CONDITIONS,
        '                    Below((*entry, "u"), Attribute((*entry, "s"))),\n',
        '                    Present("id"),\n',
    ),
    without(
        "the mailbox's cap in the claim",
        "test_rules_shares.test_the_cap_of_a_mailbox_is_a_condition_of_the_claim",
        _CONDITIONS,
        'Below("used", Attribute("cap"))',
        'Present("id")',
    ),
    without(
        "a used share is not lent",
        "test_rules_shares.test_a_used_share_is_not_lent",
        "storage/sharing.py",
        '            Equals((*path, "u"), entry.used),\n',
    ),
    without(
        "who has left has used the cap, too",
        "test_rules_shares.test_a_mailbox_that_leaves_takes_what_it_has_sent_with_it",
        "domain/shares.py",
        "room = max(0, cap - sum(used.values()))",
        "room = cap",
    ),
    without(
        "the counters of who leaves are as read",
        "test_rules_shares.test_a_mail_that_leaves_while_its_mailbox_is_taken_out_is_counted",
        _LANES,
        "All((Present(path), condition))",
        "Present(path)",
    ),
    without(
        "a share of at least one",
        "test_rules_shares.test_a_mailbox_keeps_a_share_of_one",
        "domain/shares.py",
        "max(1, used.get(sender, 0))",
        "used.get(sender, 0)",
    ),
)
