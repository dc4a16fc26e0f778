"""Rules about the end of a claim, of a doubt and of a campaign."""

from __future__ import annotations

from tests.mutation.edits import Edit, Mutation, without

_CONDITIONS = "storage/conditions.py"
_CLOSING = "storage/closing.py"
_HEARTBEAT = "services/heartbeat.py"
_SENDING = "services/sending.py"
_COUNT_END = "        self._count_end(tally, lead, now)\n"
_STRONGER = (
    "        update = endings.stronger(\n            lead, status, reason=detail_of(event), is_evidence"
)

ENDINGS: tuple[Mutation, ...] = (
    without(
        "only the owner puts a claim back",
        "test_rules_doubt.test_a_claim_whose_owner_died_is_never_queued_again",
        _HEARTBEAT,
        'result="unknown"',
        'result="not_sent"',
    ),
    without(
        "a late record on a doubtful lead",
        "test_rules_doubt.test_a_late_record_settles_the_doubt_about_its_mail",
        _CLOSING,
        "if lead and lead.doubt == closing.attempt:",
        "if not lead:",
    ),
    without(
        "evidence checked inside the doubt's transaction",
        "test_rules_doubt.test_evidence_that_came_first_forbids_the_doubt",
        _CLOSING,
        "        writes += log.no_evidence(closing.campaign.id, closing.attempt)\n",
        "        writes += []\n",
    ),
    without(
        "evidence checked at the last moment",
        "test_rules_doubt.test_evidence_between_read_and_doubt_forbids_it_too",
        _CLOSING,
        "        writes += log.no_evidence(closing.campaign.id, closing.attempt)\n",
        "        writes += []\n",
    ),
    without(
        "the claim is mine on release",
        "test_rules_doubt.test_a_late_release_touches_no_other_claim",
        _CLOSING,
        'conditions.both(Equals(("claim", "attempt"), closing.attempt), Equals("status", lead.status))',
        'Equals("status", lead.status)',
    ),
    without(
        "the lead is as the owner assumes",
        "test_rules_doubt.test_a_late_record_settles_the_doubt_about_its_mail",
        _CLOSING,
        'conditions.both(Equals(("claim", "attempt"), closing.attempt), Equals("status", lead.status))',
        'Equals("id", lead.id)',
    ),
    without(
        "an hour before again",
        "test_rules_doubt.test_again_waits_an_hour",
        "services/settling.py",
        "_WAIT = timedelta(hours=1)",
        "_WAIT = timedelta(0)",
    ),
    without(
        "the sender's deadline",
        "test_rules_doubt.test_a_claim_that_slept_is_not_sent",
        _SENDING,
        "_STALE_CLAIM = 20.0",
        "_STALE_CLAIM = 1e9",
    ),
    without(
        "one key for record and evidence",
        "test_rules_doubt.test_record_and_evidence_meet_on_one_log_key",
        "storage/consequences.py",
        'log.mail_key(mail.attempt, "sent")',
        'log.mail_key(mail.attempt, "evidence")',
    ),
    without(
        "a claim stays open under a stronger event",
        "test_rules_doubt.test_a_claim_stays_open_under_a_stronger_event",
        "storage/endings.py",
        '    if ends_a_wait(lead):\n        gone.append("due")\n',
        '    gone += ["due", "claim"]\n',
    ),
    without(
        "a doubt survives an event about another step",
        "test_rules_doubt.test_a_doubt_survives_an_event_about_another_step",
        "storage/endings.py",
        "    if is_evidence:\n",
        "    if is_evidence or lead.doubt:\n",
    ),
    without(
        "counters, not an empty query",
        "test_rules_completion.test_counters_complete_a_campaign_not_an_empty_queue",
        _HEARTBEAT,
        """        if totals["enrolled"] != totals["finished"]:
            return False
        now = """,
        """        queues = [queue_key(fresh.id, sender) for sender in fresh.all_senders]
        if totals and any(row for queue in queues for row in self._leads.open_in(queue)):
            return False
        now = """,
    ),
    Mutation(
        "the enrolment is done",
        "test_rules_completion.test_a_campaign_is_not_complete_before_everybody_is_enrolled",
        (
            Edit(_HEARTBEAT, ' or fresh.status != "running" or not fresh.enrol.done:', ":"),
            Edit(
                "storage/campaigns.py",
                "            conditions.rev_is(campaign.rev),\n"
                '            Equals(("enrol", "done"), True),\n',
                "            conditions.rev_is(campaign.rev),\n",
            ),
        ),
    ),
    without(
        "rev",
        "test_rules_completion.test_a_campaign_that_changed_since_the_counters_were_read_is_not_complete",
        "storage/campaigns.py",
        '            conditions.rev_is(campaign.rev),\n            Equals(("enrol", "done"), True),\n',
        '            Equals(("enrol", "done"), True),\n',
    ),
    Mutation(
        "the sweep spares claims",
        "test_rules_completion.test_the_sweep_spares_a_claimed_lead",
        (
            Edit(
                _CONDITIONS,
                '            Absent("claim"),\n            Present("due"),\n',
                '            Present("due"),\n',
            ),
            Edit(
                "storage/withdrawing.py",
                "if lead.is_waiting and lead.campaign",
                "if lead.due and lead.campaign",
            ),
        ),
    ),
    without(
        "a withdrawal spares claims",
        "test_rules_completion.test_a_lead_claimed_while_it_is_withdrawn_stays",
        _CONDITIONS,
        '            Absent("claim"),\n            Present("due"),\n',
        '            Present("due"),\n',
    ),
    without(
        "the sweep goes on until the counters meet",
        "test_rules_completion.test_the_sweep_goes_on_until_the_counters_meet",
        _HEARTBEAT,
        """        if totals["enrolled"] != totals["finished"]:
            return False
        return """,
        """        if not totals:
            return False
        return """,
    ),
    without(
        "finished where the lead waits now",
        "test_rules_doubt.test_the_end_of_a_wait_counts_where_the_lead_waits_now",
        "storage/consequences.py",
        _COUNT_END + _STRONGER,
        "        endings.count_end(\n"
        '            tally, lead.model_copy(update={"queue": mail.campaign.id}), mail.campaign.zone, now\n'
        "        )\n" + _STRONGER,
    ),
    without(
        "no doubt at enrolment",
        "test_rules_doubt.test_a_lead_in_doubt_is_not_enrolled",
        _CONDITIONS,
        '            Absent("doubt"),\n            Lacks("seen", campaign),\n',
        '            Lacks("seen", campaign),\n',
    ),
)
