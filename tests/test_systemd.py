"""The systemd unit: valid, hardened, and no harder than the exporter can bear."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import ROOT, Configure, Exposed, free_port, program
from process import ended, fetch, serving, without_rights

from exporter.demo.world import World

UNIT = ROOT / "systemd" / "enphase-exporter.service"
INSTALLED = "/opt/enphase-exporter/bin/"
EXPOSURE = 15
"""Tenths, as systemd-analyze counts: of 100 for a service without any guard."""

WRITE_XOR_EXECUTE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(65, 1, 0, 0, 0):  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN
    raise SystemExit(77)
os.execv(sys.argv[1], sys.argv[1:])
"""
THROUGH = (sys.executable, "-c", WRITE_XOR_EXECUTE)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit with the command's own path, since systemd looks whether it is there."""
    bin_ = Path(sys.executable).parent
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(INSTALLED, f"{bin_}/"))
    return unit


def test_systemd_finds_nothing_wrong(unit: Path) -> None:
    """``systemd-analyze verify`` says nothing."""
    analyze = program("systemd-analyze", "systemd")
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_has_hardly_a_right(unit: Path) -> None:
    """``systemd-analyze security`` finds no more exposed than what the network needs."""
    analyze = program("systemd-analyze", "systemd")
    command = [analyze, "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager"]
    done = subprocess.run([*command, str(unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_memory_that_is_written_is_never_executed(world: World, configure: Configure) -> None:
    """No library needs what MemoryDenyWriteExecute= takes away: TLS, login, scrape and page."""
    configure(world)
    if subprocess.run([*THROUGH, sys.executable, "-c", ""], check=False).returncode:
        pytest.skip("this kernel cannot forbid it: it takes Linux 6.3")
    with serving(port := free_port(), through=THROUGH) as process:
        assert Exposed(fetch(port)).value("up") == 1
        assert "answers" in fetch(port, "/")
        ended(process)


@pytest.fixture
def credentials(world: World, tmp_path: Path) -> Iterator[Path]:
    """Return a folder as systemd makes one for what the unit loads: nobody may write in it."""
    (name,) = re.findall(r"^LoadCredential=(\w+):/", UNIT.read_text(), re.MULTILINE)
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / name).write_text(f"{world.password}\n")
    (folder / name).chmod(0o400)
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


def environment(world: World, credentials: Path) -> dict[str, str]:
    """Return what the unit sets, and where the world is; the password is no part of it."""
    lines = re.findall(r"^Environment=(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE)
    own = {name: value.replace("%d", str(credentials)) for name, value in lines}
    return {n: v for n, v in world.settings().items() if v != world.password} | own


def listed_with(process: subprocess.Popen[str], text: str) -> set[str]:
    """Return where the text stands in what ``ps`` shows of a process."""
    places = ("cmdline", "environ")
    return {name for name in places if text in Path(f"/proc/{process.pid}/{name}").read_text()}


def test_the_password_comes_as_a_credential(
    world: World, credentials: Path, tmp_path: Path
) -> None:
    """What systemd hands over is enough to log in, and no list of processes shows the password."""
    given = environment(world, credentials) | {"STATE_DIRECTORY": str(tmp_path / "state")}
    with serving(port := free_port(), through=without_rights(), **given) as process:
        assert Exposed(fetch(port)).value("up") == 1
        assert listed_with(process, "\0serve\0") == {"cmdline"}
        assert listed_with(process, f"={credentials}/") == {"environ"}
        assert listed_with(process, world.password) == set()
        log = ended(process)
    assert world.cloud.logins == {"enlighten:ok": 1}
    assert world.password not in log


def test_the_readme_installs_what_the_unit_wants() -> None:
    """Each path of the unit is one that the README's commands make."""
    section = (ROOT / "README.md").read_text().partition("### systemd")[2].partition("\n### ")[0]
    paths = set(re.findall(r"/(?:opt|etc)/[\w./-]+", UNIT.read_text()))
    assert len(paths) == 3
    assert [path for path in paths if path not in section] == []
    assert f"systemd/{UNIT.name}" in section
