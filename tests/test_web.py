"""The exporter's HTTP side, as Prometheus, a browser and a watchdog meet it."""

import anyio
import httpx
import pytest
from harness import Configure, Exporting, Exposed, program
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from exporter.demo.faults import Fault
from exporter.demo.world import World
from exporter.settings_source import load
from exporter.web import application

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


async def test_openmetrics_where_prometheus_asks_for_it(world: World, exporting: Exporting) -> None:
    """Prometheus's own Accept header gets OpenMetrics, complete and with its end mark."""
    async with exporting(world) as client:
        response = await client.http.get("/metrics", headers={"Accept": OPENMETRICS})
    assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
    assert response.text.count("# EOF") == 1
    families = [
        family.name
        for family in parse_openmetrics(response.text)  # type: ignore[no-untyped-call]  # its own
    ]
    assert len(families) == len(set(families))
    assert "enphase_production_power_watts" in families


async def test_text_where_nothing_else_is_asked_for(world: World, exporting: Exporting) -> None:
    """Curl gets Prometheus's text format, which promtool finds nothing wrong with."""
    promtool = program("promtool", "prometheus")
    async with exporting(world) as client:
        response = await client.http.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lint = await anyio.run_process(
        [promtool, "check", "metrics"], input=response.content, check=False
    )
    # python_info and python_gc_* are the Python client's own, and so are their names.
    complaints = [line for line in lint.stderr.decode().splitlines() if "python_" not in line]
    assert complaints == []


async def test_gzip_where_it_is_taken(world: World, exporting: Exporting) -> None:
    """A client that takes gzip gets it, one that does not gets plain text."""
    async with exporting(world) as client:
        packed = await client.http.get("/metrics", headers={"Accept-Encoding": "gzip"})
        plain = await client.http.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 3


async def test_what_stayed_the_same_reads_the_same(world: World, exporting: Exporting) -> None:
    """A page joined from kept fragments says what a page written anew says."""
    world.clock.set(1_782_000_000.0)
    async with exporting(world) as client:
        first, second = await client.scrape(), await client.scrape()
    async with exporting(world) as client:
        anew = await client.scrape()
    assert inverter_lines(first) == inverter_lines(second) == inverter_lines(anew)
    assert len(inverter_lines(first)) > 200


def inverter_lines(exposed: Exposed) -> list[str]:
    """Return the lines that change only every quarter of an hour."""
    return [line for line in exposed.text.splitlines() if line.startswith("enphase_inverter_")]


async def test_probe_takes_names_only(world: World, exporting: Exporting) -> None:
    """A configured name is scraped; a host is refused, or the token would go to whoever asks."""
    async with exporting(world, ENPHASE_NAME="roof") as client:
        assert (await client.scrape(path="/probe?target=roof")).value("up") == 1
        asked = world.gateway.requests.total()
        for target in ("", "?target=", f"?target={world.gateway_server.address}", "?target=home"):
            response = await client.http.get(f"/probe{target}")
            assert response.status_code == 400
            assert "roof" in response.text
        assert world.gateway.requests.total() == asked


async def test_probe_shows_the_gateway_alone(world: World, exporting: Exporting) -> None:
    """The exporter's own metrics are on /metrics and not on /probe."""
    async with exporting(world) as client:
        probed = await client.scrape(path="/probe?target=home")
        whole = await client.scrape()
    own = {"gateway_requests_total", "logins_total", "exporter_build_info"}
    assert all(name in whole for name in own)
    assert not any(name in probed for name in own)


async def test_several_gateways_are_probed_by_name(
    world: World, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of several gateways has its own page; /metrics then holds none of them."""
    configure(world)
    monkeypatch.delenv("ENPHASE_HOST")
    settings = load(
        [],
        {
            "gateways": {
                "roof": {"host": world.gateway_server.address},
                "barn": {"host": "127.0.0.1:1"},
            }
        },
    )
    app = application(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://exporter") as http,
    ):
        up = {
            name: Exposed((await http.get(f"/probe?target={name}")).text).value("up")
            for name in ("roof", "barn")
        }
        assert up == {"roof": 1, "barn": 0}
        assert "up" not in Exposed((await http.get("/metrics")).text)
        page = (await http.get("/")).text
    assert "probe?target=roof" in page
    assert "probe?target=barn" in page


async def test_the_page_says_what_works_and_what_does_not(
    world: World, exporting: Exporting
) -> None:
    """The landing page names the gateway, its state, the last errors, and links on."""
    async with exporting(world) as client:
        assert "not asked yet" in (await client.http.get("/")).text
        world.gateway.faults["/ivp/meters/readings"] = Fault.GARBAGE
        await client.scrape()
        page = (await client.http.get("/")).text
    assert "answers" in page
    assert world.source.serial in page
    assert "/ivp/meters/readings answered" in page
    assert 'href="/metrics"' in page
    assert "Token ends" in page


async def test_what_stands_in_the_page_is_escaped(world: World, exporting: Exporting) -> None:
    """What stands in the page comes from settings and gateways, and is escaped."""
    world.gateway.faults["/info"] = Fault.HTML
    async with exporting(world, ENPHASE_HOST="&lt.example:1") as client:
        await client.scrape()
        page = (await client.http.get("/")).text
    assert "&amp;lt.example:1" in page


async def test_health_does_not_hang_on_the_gateway(world: World, exporting: Exporting) -> None:
    """The watchdog's pages answer while the gateway is off."""
    world.gateway_server.stop()
    async with exporting(world) as client:
        for path in ("/-/healthy", "/-/ready"):
            assert (await client.http.get(path)).status_code == 200


@pytest.mark.parametrize("header", ["", "nonsense", "-1", "nan", "inf", "1e99", "0"])
async def test_a_senseless_timeout_is_passed_over(
    world: World, exporting: Exporting, header: str
) -> None:
    """Whatever the timeout header says, a scrape is answered."""
    async with exporting(world) as client:
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": header}
        response = await client.http.get("/metrics", headers=headers)
    assert Exposed(response.text).value("up") == 1


async def test_the_telemetry_path_can_be_moved(world: World, exporting: Exporting) -> None:
    """--web.telemetry-path moves the metrics, and the page's link with them."""
    async with exporting(world, ENPHASE_WEB__TELEMETRY_PATH="/solar") as client:
        assert (await client.scrape(path="/solar")).value("up") == 1
        assert (await client.http.get("/metrics")).status_code == 404
        assert 'href="/solar"' in (await client.http.get("/")).text
