"""Exposition: pages joined from fragments are those that the library would have written."""

import gzip
from collections.abc import Iterable

import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from exporter.exposition import Format, Fragment, packed, page
from exporter.metric import counter, families, gauge, info

TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
UTF8 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"
POWER = gauge("test_power_watts", "Power, with a \\ and a\nline's end.", "serial")
ENERGY = counter("test_energy_joules_total", "Energy.", "meter")
NAME = info("test_info", "Text.", "name")


def metrics() -> list[Metric]:
    """Make some families."""
    return families([*POWER(1.5, 'a"b\\c\n'), *POWER(-2, "é"), *ENERGY(1e12, "x"), *NAME(1, "")])


class Whole(Collector):
    """All families at once, for the library."""

    def collect(self) -> Iterable[Metric]:
        """Hand over the families."""
        return metrics()


def expected(accept: str) -> bytes:
    """Return what the library writes."""
    registry = CollectorRegistry()
    registry.register(Whole())
    encode, _ = choose_encoder(accept)
    return encode(registry)


@pytest.mark.parametrize("accept", ["", TEXT, OPENMETRICS, UTF8, "*/*", "nonsense"])
def test_fragments_join_to_what_the_library_writes(accept: str) -> None:
    """However the families are cut into fragments, the page is the same, in every format."""
    format_ = Format.accepted(accept)
    assert format_.content_type == choose_encoder(accept)[1]
    whole = [Fragment(metrics())]
    pieces = [Fragment([metric]) for metric in metrics()]
    cut = [Fragment([]), Fragment(metrics()[:1]), Fragment([]), Fragment(metrics()[1:])]
    for fragments in (whole, pieces, cut):
        assert page(fragments, format_) == expected(accept)


@pytest.mark.parametrize("accept", [TEXT, OPENMETRICS])
def test_a_family_of_two_fragments_stands_in_one_place(accept: str) -> None:
    """What two collectors tell of one family is put together, as the formats demand."""
    format_ = Format.accepted(accept)
    apart = [families([*POWER(1, "a"), *NAME(1, "x")]), families(POWER(2, "b"))]
    together = families([*POWER(1, "a"), *POWER(2, "b"), *NAME(1, "x")])
    assert page(map(Fragment, apart), format_) == page([Fragment(together)], format_)


@pytest.mark.parametrize("accept", [TEXT, OPENMETRICS])
def test_a_family_of_several_fragments_stands_in_one_place(accept: str) -> None:
    """What several collectors tell of one family is put together: the format demands it."""
    power, energy, name = metrics()
    parts = []
    for sample in power.samples:
        part = Metric(power.name, power.documentation, power.type)
        part.samples = [sample]
        parts.append(part)
    fragments = [Fragment([parts[0], energy]), Fragment([name]), Fragment(parts[1:])]
    assert page(fragments, Format.accepted(accept)) == expected(accept)


def test_openmetrics_ends_once() -> None:
    """The end mark stands at the end, and only there, even of an empty page."""
    format_ = Format.accepted(OPENMETRICS)
    body = page([Fragment([metric]) for metric in metrics()], format_)
    assert body.count(b"# EOF") == 1
    assert body.endswith(b"# EOF\n")
    assert page([], format_) == b"# EOF\n"
    assert page([], Format.accepted(TEXT)) == b""


def test_a_fragment_is_written_once_for_each_format() -> None:
    """What did not change is not formatted again."""
    written: list[str] = []

    def format_(name: str) -> Format:
        def encode(collector: Collector) -> bytes:
            written.append(name)
            return f"# HELP\n{name}\n".encode()

        return Format(encode, name)

    fragment = Fragment(metrics()[:1])
    for name in ("one", "two", "one", "two"):
        assert page([fragment], format_(name)) == f"# HELP\n{name}\n".encode()
    assert written == ["one", "two"]


def test_a_page_can_be_packed() -> None:
    """A packed page unpacks to itself, and is smaller."""
    body = expected(TEXT) * 100
    assert gzip.decompress(packed(body)) == body
    assert len(packed(body)) < len(body) / 10


@pytest.mark.parametrize("kind", ["text/plain", "application/openmetrics-text"])
@pytest.mark.parametrize("version", ["abc", "1.x.0", "", ".", "é"])
def test_a_version_that_is_none_is_answered(kind: str, version: str) -> None:
    """Whatever version a client asks for, it gets a format that exists."""
    assert "version=" in Format.accepted(f"{kind};version={version}").content_type


def test_there_are_few_formats() -> None:
    """However many versions are asked for, no text is kept for each of them."""
    kind = "application/openmetrics-text;version="
    assert len({Format.accepted(f"{kind}1.0.{n}").content_type for n in range(100)}) == 2
