"""The machine that the exporter runs on has bad days: it goes on, and says what is wrong."""

import json
import os
import resource
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from harness import Configure, Exporting, Exposed, free_port
from process import ended, fetch, own_mounts, serving, without_rights

from exporter.demo.faults import Fault
from exporter.demo.serving import Server
from exporter.demo.world import World
from exporter.endpoint import READINGS
from exporter.gateway.auth import REFUSAL_HOLDS
from exporter.settings_source import WrongSettingError, load

NOBODY = 65_534
FIRST_LOGIN = "/login/login.json"

TCP_REPAIR = 19
"""Linux's option that lets a connection end as if the machine were gone."""


@pytest.fixture
def state(world: World, configure: Configure) -> Iterator[Path]:
    """Return a state directory that settings of the world name."""
    folder = configure(world).state_dir
    folder.mkdir()
    yield folder
    folder.chmod(0o700)


def test_a_state_directory_that_is_read_only(world: World, state: Path) -> None:
    """Scrapes are whole; each file that cannot be kept is one line, and nothing is left over."""
    (state / "home.token").write_text(world.token())
    state.chmod(0o500)
    with serving(port := free_port(), through=without_rights()) as process:
        for _ in range(2):
            assert Exposed(fetch(port)).value("up") == 1
        log = ended(process)
    for name in ("home.certificate.json", "home.counters.json"):
        assert log.count(f"state file {state / name} could not be written: Permission denied") == 1
    assert "Traceback" not in log
    assert list(state.iterdir()) == [state / "home.token"]
    assert world.cloud.logins == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_state_directory_of_another_user(world: World, state: Path) -> None:
    """What cannot even be looked into counts as no state, and the page says what to mend.

    There is no login at once: a crash loop would make one each time.
    """
    (state / "home.token").write_text(world.token())
    state.chmod(0o700)
    os.chown(state, NOBODY, NOBODY)
    with serving(port := free_port(), through=without_rights()) as process:
        assert Exposed(fetch(port)).value("up") == 0
        assert "the state directory cannot be written" in fetch(port, "/")
        log = ended(process)
    assert f"state file {state / 'home.token'} is ignored: PermissionError" in log
    assert log.count("could not be written: Permission denied") >= 2
    assert world.cloud.logins == {}
    assert "Traceback" not in log


def test_a_disk_that_takes_no_more(world: World, state: Path) -> None:
    """A write that fails half way leaves the old file whole, and the scrape too."""
    kept = {"home.counters.json": "[]", "home.token": world.token()}
    for name, text in kept.items():
        (state / name).write_text(text)
    with serving(port := free_port()) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (10, 10))
        assert Exposed(fetch(port)).value("up") == 1
        log = ended(process)
    assert log.count("could not be written: File too large") == 2
    assert "level=ERROR" not in log
    assert {file.name: file.read_text() for file in state.iterdir()} == kept


FULL_DISK = (
    'mount -t tmpfs -o size=64k tmpfs "$1" && echo [] >"$1/home.counters.json" && '
    'cp "$2" "$1" && head -c 52k /dev/zero >"$1/filler"'
)
"""Holds a token and has room for one more small file."""


@contextmanager
def on_a_full_disk(world: World, state: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """Run the process; return its port as well, and its disk, which outlives it."""
    token = state.parent / "home.token"
    token.write_text(world.token())
    through = own_mounts(FULL_DISK, str(state), str(token))
    with serving(port := free_port(), through=through) as process:
        disk = os.open(f"/proc/{process.pid}/root{state}", os.O_RDONLY)
        try:
            yield process, port, Path(f"/proc/self/fd/{disk}")
        finally:
            os.close(disk)


def scrape_until(up: float, port: int) -> Exposed:
    """Scrape until the gateway counts as up, or as down."""
    while (exposed := Exposed(fetch(port))).value("up") != up:
        pass
    return exposed


def test_a_disk_that_is_full(world: World, state: Path) -> None:
    """Scrapes are whole, what has room is kept, and what has none is one line and no half file."""
    with on_a_full_disk(world, state) as (process, port, disk):
        exposed = [Exposed(fetch(port)) for _ in range(2)]
        world.gateway.revoke()
        for _ in range(2):
            scrape_until(0, port)  # a login whose failure could not be kept is not made
            time.sleep(REFUSAL_HOLDS)
        log = ended(process)
        kept = {file.name: file.read_text() for file in disk.iterdir()}
    assert all(each.value("up") == 1 and "production_power_watts" in each for each in exposed)
    assert kept.keys() == {"filler", "home.token", "home.certificate.json", "home.counters.json"}
    assert kept["home.counters.json"] == "[]\n"
    assert '"sha256"' in kept["home.certificate.json"]
    for name in ("account-", "home.counters.json"):
        assert log.count(f"state file {state / name}") == 1
    assert log.count("could not be written: No space left on device") == 2
    assert "level=ERROR" not in log
    assert world.cloud.logins == {}


def test_a_disk_that_has_room_again(world: World, state: Path) -> None:
    """Without a restart there is a login again, and token and counters are kept."""
    with on_a_full_disk(world, state) as (process, port, disk):
        fetch(port)
        world.gateway.revoke()
        scrape_until(0, port)
        (disk / "filler").unlink()
        scrape_until(1, port)
        world.gateway.revoke()
        while world.cloud.logins.total() < 2:
            fetch(port)
        log = ended(process)
        kept = {file.name: file.read_text() for file in disk.iterdir()}
    assert kept.keys() == {"home.certificate.json", "home.counters.json", "home.token"}
    token = kept["home.token"].split()[0]
    claims = world.authority.check(token, world.source.serial, world.clock())
    assert claims is not None
    assert claims["jti"] == world.authority.issued[-1]
    assert len(json.loads(kept["home.counters.json"])["counters"]) > 10
    assert log.count("No space left on device") == log.count("is written again") == 1
    assert world.cloud.logins == {"enlighten:ok": 2}


async def test_counters_are_kept_once_the_disk_takes_them(
    world: World, exporting: Exporting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What could not be written is tried again, also at night, when no counter moves."""
    monkeypatch.setattr("exporter.fleet.LOOK", 0.01)
    monkeypatch.setattr("exporter.gateway.account.FIRST", 0)
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    async with exporting(world) as client:
        await client.scrape()
        await anyio.sleep(0.1)
        blocked.unlink()
        with anyio.fail_after(30):
            while not (blocked / "home.counters.json").exists():  # noqa: ASYNC110  no event
                await anyio.sleep(0.01)


def test_no_home_directory_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, world: World, configure: Configure
) -> None:
    """A user without a home, as in some containers, is told which setting that needs."""

    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    configure(world)
    monkeypatch.delenv("ENPHASE_STATE_DIR")
    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(WrongSettingError, match=r"^ENPHASE_STATE_DIR is missing: this user has no"):
        load([])


def test_the_process_runs_out_of_file_descriptors(world: World, state: Path) -> None:
    """It says so once; when those who held the connections are gone, the next scrape is whole."""
    with serving(port := free_port()) as process:
        used = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + 5, used + 5))
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
        while len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < used + 5:
            time.sleep(0.02)
        for connection in idle:
            connection.close()
        assert Exposed(fetch(port)).value("up") == 1
        log = ended(process)
    assert log.count("no connection can be taken: Too many open files") == 1
    assert "Traceback" not in log


async def test_a_hundred_scrapes_at_once(world: World, exporting: Exporting) -> None:
    """All are answered, and the gateway is asked for each page once."""
    world.gateway.delay = 0.05
    found: list[Exposed] = []

    async with exporting(world) as client:

        async def scrape() -> None:
            found.append(await client.scrape())

        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(scrape)
    assert [exposed.value("up") for exposed in found] == [1] * 100
    assert all("production_power_watts" in exposed for exposed in found)
    assert set(world.gateway.requests.values()) == {1}
    assert world.gateway.busiest <= 2


def test_a_storm_of_scrapes_costs_little_memory(world: World, state: Path) -> None:
    """A hundred at once, again and again, leave the process no bigger than the first time."""
    with serving(port := free_port()) as process, ThreadPoolExecutor(100) as threads:
        peaks = []
        for _ in range(4):
            pages = list(threads.map(fetch, [port] * 100))
            assert all("\nenphase_up 1.0\n" in page for page in pages)
            peaks.append(peak(process))
        ended(process)
    assert peaks[0] < 120_000
    assert peaks[-1] < peaks[0] * 1.2


def peak(process: subprocess.Popen[str]) -> int:
    """Return the most memory that a process has had, in kB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@pytest.mark.parametrize("path", [FIRST_LOGIN, "/tokens"])
def test_it_ends_in_the_middle_of_a_login(world: World, state: Path, path: str) -> None:
    """A cloud that hangs does not hold up the end, and no file is left half written.

    What is kept: the pin, and that a login was cut off, so that a crash loop makes no storm.
    """
    world.cloud.faults[path] = Fault.HANG
    port = free_port()
    with serving(port) as process, socket.create_connection(("127.0.0.1", port)) as scrape:
        scrape.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        while not world.cloud.requests[path]:
            time.sleep(0.02)
        log = ended(process)
    assert "Traceback" not in log
    account, pin = sorted(file.name for file in state.iterdir())
    assert account.startswith("account-")
    assert pin == "home.certificate.json"


def killed_while_it_logs_in(world: World, path: str) -> None:
    """Start, scrape, and kill: as soon as the cloud is asked for the path, or there is an answer.

    Without a path, the answer counts.
    """
    before, port = world.cloud.requests[path], free_port()
    with serving(port) as process, socket.create_connection(("127.0.0.1", port)) as scrape:
        scrape.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        while world.cloud.requests[path] == before and not select.select([scrape], [], [], 0.02)[0]:
            pass
        process.kill()
        process.wait()


def let_go_by(state: Path, seconds: float) -> None:
    """Let a wait that is kept be shorter by some time, or longer by what a start has taken."""
    for file in state.glob("account-*.json"):
        kept = json.loads(file.read_text())
        for wait in kept["waits"].values():
            wait["until"] -= seconds
        file.write_text(json.dumps(kept))


def killed_ten_times(world: World, state: Path, path: str = "", pause: float = 0) -> None:
    """Start again and again, each time so many seconds after the end; a start takes no time."""
    for _ in range(10):
        began = time.monotonic()
        killed_while_it_logs_in(world, path)
        let_go_by(state, pause - (time.monotonic() - began))


@pytest.mark.parametrize(
    ("faults", "path"),
    [
        ({"*": Fault.HANG}, FIRST_LOGIN),
        ({FIRST_LOGIN: Fault.UNAVAILABLE, "/login": Fault.HANG}, "/login"),
    ],
    ids=["hangs", "answers 503, then hangs"],
)
def test_killed_ten_times_in_the_middle_of_a_login(
    world: World, state: Path, faults: dict[str, Fault | int], path: str
) -> None:
    """A process that is killed, and starts again at once, sends the password once to each login."""
    world.cloud.faults |= faults
    killed_ten_times(world, state, path)
    assert path in world.cloud.requests
    assert set(world.cloud.requests.values()) == {1}


def test_killed_ten_times_after_a_refusal(world: World, state: Path) -> None:
    """A wrong password is sent once, though the process starts again each half an hour."""
    world.cloud.users[world.username] = "another"
    killed_ten_times(world, state, pause=1800)
    assert world.cloud.logins == {"enlighten:refused": 1}


class Sleepless(Server):
    """A gateway's server that may lose its connections while the exporter sleeps."""

    def forget(self) -> None:
        """Know no connection any more, but tell nobody until one is used."""
        for connection in list(self._state.connections):
            line = connection.transport.get_extra_info("socket")
            try:
                line.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            except PermissionError:
                pytest.skip("only root can end a TCP connection without a word")
        self.stop()


@pytest.fixture
def sleepless(world: World) -> Sleepless:
    """Put such a server in the place of the gateway's own."""
    own = world.gateway_server
    own.stop()
    world.gateway_server = server = Sleepless(world.gateway, own.certificate)
    server.port = own.port
    server.start()
    return server


def sleeps(process: subprocess.Popen[str], meanwhile: Callable[[], None]) -> float:
    """Stop a process, as suspend does, for longer than readings are new; return for how long."""
    process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    meanwhile()
    time.sleep(READINGS.fresh + 0.5)
    slept = time.monotonic() - began
    process.send_signal(signal.SIGCONT)
    return slept


@pytest.mark.parametrize("drop", [Sleepless.stop, Sleepless.forget])
def test_a_process_that_slept_goes_on(
    world: World, state: Path, sleepless: Sleepless, drop: Callable[[Sleepless], None]
) -> None:
    """The first scrape afterwards is whole, whether or not it was told that connections ended.

    Nothing old is shown as new: what was not asked for again is as old as it says.
    """

    def restart() -> None:
        drop(sleepless)
        world.gateway.drop_sessions()
        world.gateway.requests.clear()
        sleepless.start()

    with serving(port := free_port()) as process:
        before = [Exposed(fetch(port)) for _ in range(2)][-1]
        slept = sleeps(process, restart)
        after = Exposed(fetch(port))
        log = ended(process)
    ages = after.of("document_age_seconds", "path")
    assert [p for p in ages if not world.gateway.requests[p] and ages[p] < slept] == []
    assert ages[READINGS.path] < slept
    assert {name for name, _ in before.samples} - {name for name, _ in after.samples} == set()
    assert after.value("up") == 1
    assert world.gateway.requests[READINGS.path]
    assert world.cloud.logins == {"enlighten:ok": 1}
    assert "Traceback" not in log


def test_a_hangup_reloads(world: World, state: Path, tmp_path: Path) -> None:
    """SIGHUP, as sent by systemctl reload, reads the file again; a wrong one ends nothing."""
    file = tmp_path / "exporter.yaml"
    file.write_text("name: roof")
    port = free_port()
    with serving(port, f"--config.file={file}") as process:

        def hang_up(text: str, until: str) -> None:
            file.write_text(text)
            process.send_signal(signal.SIGHUP)
            while until not in fetch(port) + fetch(port, "/"):
                time.sleep(0.05)

        assert "roof" in fetch(port, "/")
        hang_up("name: barn", "barn")
        hang_up("name: [", "enphase_config_last_reload_successful 0.0")
        assert "barn" in fetch(port, "/")
        hang_up("name: shed", "shed")
        log = ended(process)
    assert log.count("event=reloaded") == 2
    assert log.count("event=reload_failed") == 1
    assert "Traceback" not in log


def test_the_flag_is_prometheus_own(world: World, state: Path) -> None:
    """--web.enable-lifecycle, without a value, opens /-/reload."""
    with serving(port := free_port(), "--web.enable-lifecycle") as process:
        assert fetch(port, "/-/reload", "POST") == "reloaded\n"
        ended(process)
