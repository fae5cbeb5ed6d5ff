"""The home's past: the gateway's answers as they were, mishaps included.

The running demo knows of no mishap. So they lie in the past only, and before each of them the
counters it moves stand where they lead to what the demo shows now.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from exporter.demo.answer import Answer
from exporter.demo.documents import Documents
from exporter.demo.documents.production import WRAP
from exporter.demo.house import Flow, House, Meter, State
from exporter.demo.mishaps import NEVER, Mishaps
from exporter.demo.profile import PROFILES
from exporter.demo.reports import SILENT, Report, reports
from exporter.demo.wiring import Wiring

JITTER = 30 * 3600.0
LOST, FALLEN = 17, 6
"""The numbers of the inverter that does not report, and of the one whose counter falls."""

REMEMBERED = 8
OFF_GRID = (
    (b'"mains_oper_state": "closed"', b'"mains_oper_state": "open"'),
    (b"ENPWR_STATE_OPER_CLOSED", b"ENPWR_STATE_OPER_OPEN"),
    (b"multimode-ongrid", b"multimode-offgrid"),
    (b'_grid_state": "grid-tied"', b'_grid_state": "multimode-offgrid"'),
    (b'"mid_state": "close"', b'"mid_state": "open"'),
    (b'"on_grid"', b'"off_grid"'),
    (b"ENCMN_MDE_ON_GRID", b"ENCMN_MDE_OFF_GRID"),
    (b'"main_relay_state": 1', b'"main_relay_state": 0'),
    (b'{"id": "NC1", "status": "closed"}', b'{"id": "NC1", "status": "open"}'),
)
"""How documents change while the home stands alone; the load on a dry contact is shed."""


@dataclass(frozen=True)
class PastState(State):
    """The home at a moment of its past."""

    mishaps: Mishaps

    @cached_property
    def inverters(self) -> tuple[Report, ...]:
        """Every inverter's last report, as the gateway had it."""
        return tuple(self._reports())

    def _reports(self) -> Iterator[Report]:
        lost, fall = self.mishaps.lost_inverter, self.mishaps.fall
        for number, report in enumerate(reports(self.moment, self.wiring)):
            if number == LOST and lost.covers(self.moment):
                last = reports(lost.began, self.wiring)[LOST]
                yield replace(last, gone=self.moment - last.ended > SILENT)
            elif number == FALLEN and fall.covers(report.ended):
                yield replace(report, lifetime=report.lifetime % WRAP)
            else:
                yield report


class PastHouse(House):
    """The home with its mishaps."""

    def __init__(self, wiring: Wiring, mishaps: Mishaps) -> None:
        super().__init__(wiring)
        self._mishaps = mishaps
        self._known: dict[float, PastState] = {}

    def at(self, moment: float) -> PastState:
        """Return the home's state at a moment; a gateway's pages ask for the same one often."""
        if moment not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[moment] = self._happened(super().at(moment))
        return self._known[moment]

    def _happened(self, plain: State) -> PastState:
        state = PastState(**vars(plain), mishaps=self._mishaps)
        if self._mishaps.no_grid is not NEVER:
            state = replace(state, grid=self._grid(plain))
        if self._mishaps.no_grid.covers(plain.moment):
            state = replace(state, load=_sum(plain.production, plain.storage))
        if self._mishaps.jitter.covers(plain.moment):
            state = replace(state, production=_back(plain.production))
        return state

    def _grid(self, plain: State) -> Meter:
        """Return the grid meter, which counts nothing while there is no grid."""
        moment, mishap = plain.moment, self._mishaps.no_grid
        if moment >= mishap.ended:
            return plain.grid
        before, after = self._around
        if moment >= mishap.began:
            return Meter(tuple(replace(flow, watts=0.0) for flow in after.phases))
        flows = zip(plain.grid.phases, before.phases, after.phases, strict=True)
        return Meter(
            tuple(
                Flow(
                    now.watts,
                    now.delivered + last.delivered - first.delivered,
                    now.received + last.received - first.received,
                )
                for now, first, last in flows
            )
        )

    @cached_property
    def _around(self) -> tuple[Meter, Meter]:
        """The grid meter where the grid fails and where it comes back, had it not failed."""
        mishap = self._mishaps.no_grid
        return super().at(mishap.began).grid, super().at(mishap.ended).grid


class Past:
    """A source of answers that shows a past through a gateway's eyes."""

    def __init__(self, profile: str, end: float) -> None:
        kind = PROFILES[profile]
        self.mishaps = Mishaps(end, kind)
        house = PastHouse(kind.wiring, self.mishaps)
        self.serial, self.tokens = kind.serial, kind.tokens
        self._before, self._after = Documents(house, profile), Documents(house, profile)
        self._before.profile = replace(kind, firmware=self.mishaps.older)

    def answer(self, target: str, moment: float) -> Answer:
        """Answer a GET of a path with its query, as of a moment."""
        updated = moment >= self.mishaps.update.ended
        answer = (self._after if updated else self._before).answer(target, moment)
        if not self.mishaps.no_grid.covers(moment):
            return answer
        body = answer.body
        for old, new in OFF_GRID:
            body = body.replace(old, new)
        return replace(answer, body=body)


def _sum(one: Meter, other: Meter) -> Meter:
    flows = zip(one.phases, other.phases, strict=True)
    return Meter(
        tuple(
            Flow(a.watts + b.watts, a.delivered + b.delivered, a.received + b.received)
            for a, b in flows
        )
    )


def _back(meter: Meter) -> Meter:
    """Return a meter whose counters fell a little."""
    back = JITTER / len(meter.phases)
    return Meter(tuple(replace(flow, delivered=flow.delivered - back) for flow in meter.phases))
