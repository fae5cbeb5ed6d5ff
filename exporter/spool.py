"""Writes days of samples as one OpenMetrics text, in little memory.

The format wants each family in one place, and in it each series; samples come scrape by scrape.
So each day is sorted by series in memory and laid down compressed, and the days are joined then.
"""

import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from prometheus_client import Metric

from exporter.exposition import EOF, Fragment

SPEED = 1
"""The least compression: text of one series is small then already."""


class Family(NamedTuple):
    """A family's comment lines."""

    name: str
    kind: str
    help: str

    @property
    def head(self) -> str:
        """Return the lines that come first."""
        return f"# HELP {self.name} {_escaped(self.help)}\n# TYPE {self.name} {self.kind}\n"


class Place(NamedTuple):
    """Where a day's text of one series lies in the day's file."""

    offset: int
    length: int


@dataclass
class Day:
    """A day's file, and what lies where in it."""

    file: Path
    places: dict[Family, dict[str, Place]] = field(default_factory=dict)


class Series:
    """One day of one series; arrays, since tuples would keep the garbage collector busy."""

    def __init__(self, family: Family, head: str) -> None:
        self.family = family
        self.head = head
        self.moments = array("q")
        self.values = array("d")

    def text(self) -> str:
        """Write it down."""
        lines: list[str] = []
        start, before = "", None
        for moment, value in zip(self.moments, self.values, strict=True):
            if value != before:
                start, before = f"{self.head} {value!r} ", value
            lines.append(f"{start}{moment}\n")
        return "".join(lines)


class Spool:
    """Takes one day's scrapes and lays them down by series."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        self._series: dict[tuple[str, ...], Series] = {}
        self._last: dict[Fragment, list[tuple[Series, float]]] = {}

    def add(self, moment: int, fragments: Iterable[Fragment]) -> None:
        """Take a scrape; a fragment that was in the last one too is soon done with."""
        last, self._last = self._last, {}
        for fragment in fragments:
            found = last.get(fragment) or list(self._found(fragment))
            self._last[fragment] = found
            for series, value in found:
                series.moments.append(moment)
                series.values.append(value)

    def lay(self, file: Path) -> Day:
        """Write everything down."""
        day = Day(file)
        with file.open("wb") as out:
            for series in self._series.values():
                packed = zlib.compress(series.text().encode(), SPEED)
                place = Place(out.tell(), out.write(packed))
                day.places.setdefault(series.family, {})[series.head] = place
        return day

    def _found(self, fragment: Fragment) -> Iterator[tuple[Series, float]]:
        for metric in fragment.families:
            for sample in metric.samples:
                key = (sample.name, *sample.labels.values())
                if key not in self._series:
                    head = self._head(sample.name, sample.labels)
                    self._series[key] = Series(_family(metric, sample.name), head)
                yield self._series[key], sample.value

    def _head(self, name: str, labels: Mapping[str, str]) -> str:
        every = {**labels, **self._labels}
        pairs = (f'{label}="{_escaped(value)}"' for label, value in every.items())
        return f"{name}{{{','.join(pairs)}}}"


def join(days: Sequence[Day], output: IO[bytes]) -> int:
    """Write the days' samples family by family, and return how many bytes that makes."""
    size = 0
    with ExitStack() as stack:
        files = [stack.enter_context(day.file.open("rb")) for day in days]
        for family in sorted({family for day in days for family in day.places}):
            size += output.write(family.head.encode())
            for head in sorted({head for day in days for head in day.places.get(family, ())}):
                for day, file in zip(days, files, strict=True):
                    if place := day.places.get(family, {}).get(head):
                        size += output.write(_read(file, place))
    return size + output.write(EOF)


def _family(metric: Metric, sample: str) -> Family:
    """Name a sample's family; a histogram's parts are taken apart, lest its series be mixed."""
    if metric.type == "histogram":
        return Family(sample, "unknown", metric.documentation)
    return Family(metric.name, metric.type, metric.documentation)


def _read(file: IO[bytes], place: Place) -> bytes:
    file.seek(place.offset)
    return zlib.decompress(file.read(place.length))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
