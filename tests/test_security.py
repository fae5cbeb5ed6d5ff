"""The threat model says what is true, and a gateway that is known is read over TLS alone."""

import re
from collections import Counter

import pytest
from harness import ROOT, Configure, Exporting
from test_documentation import names

from exporter.demo.serving import Server
from exporter.demo.world import World
from exporter.settings import Settings

DOCUMENT = ROOT / "docs" / "security.md"
TEXT = DOCUMENT.read_text()
TESTS = Counter(
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", TEXT))))
def test_each_test_that_is_named_is_there(name: str) -> None:
    """A promise is kept as long as its test is, and there is one test only that is called so."""
    assert TESTS[name] == 1


def test_its_links_lead_somewhere() -> None:
    """Each link is a file of the project, and README and compose.yaml lead to the document."""
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    assert [link for link in links if not (DOCUMENT.parent / link).exists()] == []
    for name in ("README.md", "compose.yaml", "systemd/enphase-exporter.service"):
        assert "docs/security.md" in (ROOT / name).read_text()


def test_its_settings_are_settings() -> None:
    """Every variable that it advises is one."""
    advised = set(re.findall(r"\bENPHASE_\w+", TEXT))
    assert advised
    assert advised <= set(names(Settings))


async def test_a_gateway_that_is_pinned_is_not_read_without_tls(
    world: World, configure: Configure, exporting: Exporting
) -> None:
    """Who answers in plain HTTP at the address of a gateway that is known, is not believed."""
    with World(profile="legacy") as other, Server(other.gateway) as false:
        async with exporting(world, ENPHASE_HOST=false.address) as client:
            assert (await client.scrape()).value("up") == 1  # nobody is known there yet
        asked = other.gateway.requests.total()
        pin = configure(world).state_dir / "home.certificate.json"
        async with exporting(world) as client:
            await client.scrape()
        assert pin.exists()
        async with exporting(world, ENPHASE_HOST=false.address) as client:
            assert (await client.scrape()).value("up") == 0
        assert other.gateway.requests.total() == asked
