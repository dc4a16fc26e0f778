"""What `pivotr run` shows: a live table on a terminal, a line per event and minute when piped, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pivotr.cli.console import Console, drawn
from pivotr.cli.words import counted, lane_words, placed
from pivotr.domain.instants import local_day

if TYPE_CHECKING:
    from pivotr.domain.campaigns import Campaign
    from pivotr.functions.local import RunnerState
    from pivotr.services.campaigns import CampaignView
    from pivotr.wiring import Services

_LOOK = timedelta(seconds=1)
_SUMMARY = timedelta(seconds=60)
#: After so long without work the run says what it waits for, before the minute is over.
_QUIET = timedelta(seconds=5)
_TOLD = datetime.min.replace(tzinfo=UTC)
_HELP = "Ctrl-C stops; nothing is lost."
_STOPPING = "Stopping: work in hand is finished; Ctrl-C again leaves at once."
_DONE = "Done: no campaign runs any more."
_STOPPED = "Stopped. What waits goes on with the next: pivotr run"


class View:
    """Shows nothing: for `--json`, and the ground of the others. Used as a context manager around the run."""

    def __init__(self, services: Services, out: Console) -> None:
        self._services = services
        self._out = out
        self._looked_at: datetime | None = None
        self._state: RunnerState | None = None
        self.stopping = False
        self.has_ended = False

    def __enter__(self) -> View:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Show how things stand at the end; after an error nothing more can be read."""
        self.has_ended = True
        if kind is None and self._state is not None:
            self.show(self._state, self._services.ports.clock.now())

    def is_stopping(self) -> None:
        """A first signal has come. Called inside a signal handler: only a mark is set."""
        self.stopping = True

    def tick(self, state: RunnerState) -> None:
        """Look at most once a second."""
        now = self._services.ports.clock.now()
        if self._looked_at is None or now < self._looked_at or now - self._looked_at >= _LOOK:
            self._looked_at, self._state = now, state
            self.show(state, now)

    def show(self, state: RunnerState, now: datetime) -> None:
        """Show how things stand."""

    def _live(self) -> list[CampaignView]:
        campaigns = self._services.campaigns
        return [campaigns.show(one.id) for one in campaigns.all() if one.is_live]


class Lines(View):
    """One line when a campaign changes its state or something fails, and a summary every minute."""

    def __init__(self, services: Services, out: Console) -> None:
        super().__init__(services, out)
        self._known: dict[str, str] = {}
        self._failed = 0
        self._summed_at: datetime | None = None
        self._worked: tuple[int, datetime] | None = None

    def __enter__(self) -> Lines:
        self._out.note(f"Running. {_HELP}")
        for remark in self._services.readiness.unproven():
            self._out.warn(remark.sentence)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        super().__exit__(kind)
        if kind is None:
            for line in _ending([view.campaign for view in self._live()]):
                self._out.note(line)

    def show(self, state: RunnerState, now: datetime) -> None:
        """Write what is new."""
        for campaign in self._services.campaigns.all():
            said = campaign.status + (f" ({campaign.reason})" if campaign.reason else "")
            if self._known.get(campaign.id, said) != said or (
                campaign.id not in self._known and campaign.is_live
            ):
                self._line(now, f"{campaign.id} is {said}")
            self._known[campaign.id] = said
        failed = sum(state.failed.values())
        if failed > self._failed:
            why = f": {state.last_error}" if state.last_error else "; the warning on stderr says why."
            self._line(now, f"{counted(failed - self._failed, 'record')} failed{why}")
            self._failed = failed
        if self._summed_at is None:
            self._summed_at = now
        if now - self._summed_at >= _SUMMARY or self._has_fallen_quiet(state, now):
            self._summed_at = now
            for view in self._live():
                self._line(now, self._summary(view, now))

    def _has_fallen_quiet(self, state: RunnerState, now: datetime) -> bool:
        """True once after some work, or after the start, when nothing has been done for a while."""
        handled = sum(state.handled.values())
        if self._worked is None or self._worked[0] != handled:
            self._worked = (handled, now)
        is_quiet = self._worked[1] <= now - _QUIET and self._worked[1] != _TOLD
        if is_quiet:
            self._worked = (handled, _TOLD)
        return is_quiet

    def _summary(self, view: CampaignView, now: datetime) -> str:
        zone = view.campaign.zone
        lanes = "; ".join(
            f"{sender.address} {lane_words(lane, zone, now, view.campaign)}" for sender, lane in view.senders
        )
        due = self._services.explaining.next_due(view.campaign) if _waiting(view) else None
        coming = f", the next is due {placed(due, zone, now)}" if due else ""
        return f"{view.campaign.id}: {view.totals['sent']} sent, {_waiting(view)} waiting{coming}; {lanes}"

    def _line(self, now: datetime, text: str) -> None:
        self._out.text(f"{now:%Y-%m-%dT%H:%M:%SZ} {text}")
        self._out.stdout.flush()


class Screen(View):
    """Campaigns, lanes and queues, drawn anew every second."""

    def __init__(self, services: Services, out: Console) -> None:
        super().__init__(services, out)
        self._screen: Any = None

    def __enter__(self) -> Screen:
        from rich.console import Console as Terminal
        from rich.live import Live

        terminal = Terminal(file=self._out.stdout, highlight=False)
        self._screen = Live(console=terminal, auto_refresh=False, transient=False)
        self._screen.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            super().__exit__(kind)
        finally:
            self._screen.stop()

    def show(self, state: RunnerState, now: datetime) -> None:
        """Draw everything."""
        from rich.console import Group
        from rich.text import Text

        views = self._live()
        parts: list[Any] = []
        if views:
            parts += [drawn(["campaign", "status", "waiting", "sent", "bounced"], _campaigns(views)), ""]
            parts += [drawn(["sender", "today", "state"], _lanes(views, now)), ""]
        parts += [drawn(["queue", "waiting", "delayed", "at work", "failed for good"], self._queues()), ""]
        if not views and not self.has_ended:
            parts.append(Text("No campaign runs. Start one: pivotr campaign start ID"))
        parts += [Text(remark.sentence) for remark in self._services.readiness.unproven()]
        if state.last_error:
            parts.append(Text(f"Last error: {state.last_error}"))
        parts.append(Text(self._hint(views)))
        self._screen.update(Group(*parts), refresh=True)

    def _hint(self, views: list[CampaignView]) -> str:
        if self.has_ended:
            return "\n".join(_ending([view.campaign for view in views]))
        return _STOPPING if self.stopping else _HELP

    def _queues(self) -> list[tuple[object, ...]]:
        from pivotr import names

        queues = self._services.ports.queues
        rows: list[tuple[object, ...]] = []
        for queue in names.QUEUES:
            depth, dead = queues.depth(queue.name), queues.depth(queue.dlq)
            rows.append((queue.name, depth.waiting, depth.delayed, depth.in_flight, dead.waiting))
        return rows


def view_for(services: Services, out: Console) -> View:
    """The view that fits where stdout goes."""
    if out.wants_json:
        return View(services, out)
    return Screen(services, out) if out.is_terminal else Lines(services, out)


def _ending(live: list[Campaign]) -> list[str]:
    """The last words of a run: what goes on with the next, and what only a person can let go on."""
    if not live:
        return [_DONE]
    goes_on = any(campaign.status == "running" for campaign in live)
    paused = [f"{one.name} is paused. {one.way_on}" for one in live if one.status == "paused"]
    return [_STOPPED if goes_on else "Stopped.", *paused]


def _waiting(view: CampaignView) -> int:
    return max(0, view.totals["enrolled"] - view.totals["finished"])


def _campaigns(views: list[CampaignView]) -> list[tuple[object, ...]]:
    return [
        (
            view.campaign.name,
            view.campaign.status + (f" ({view.campaign.reason})" if view.campaign.reason else ""),
            _waiting(view),
            view.totals["sent"],
            view.totals["bounced"],
        )
        for view in views
    ]


def _lanes(views: list[CampaignView], now: datetime) -> list[tuple[object, ...]]:
    """Each mailbox once, whatever campaigns use it."""
    known = {sender.id: (sender, lane) for view in views for sender, lane in view.senders}
    return [
        (
            sender.address,
            lane.used if lane.day == local_day(now, lane.zone) else 0,
            lane_words(lane, sender.zone, now),
        )
        for sender, lane in known.values()
    ]
