"""The image needs no more than compose.yaml leaves to it."""

import errno
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import ROOT, Configure, Exposed, free_port
from process import ended, fetch, own_mounts, serving, without_rights

from exporter.demo.world import World

DOCKERFILE = (ROOT / "Dockerfile").read_text()
CREATED = re.search(r"useradd --uid (\d+) --user-group .* (\w+) *\\$", DOCKERFILE, re.MULTILINE)
assert CREATED is not None
UID, USER = CREATED.groups()
"""The image's user, whose group has the same number and the same name."""

ONE_FOLDER = 'mount -t tmpfs -o "uid=$2,gid=$2,mode=0700" tmpfs "$1" && mount -o remount,bind,ro /'
"""Leaves one folder to write in, which is one user's; the rest is read-only."""


def contained(folder: Path) -> tuple[str, ...]:
    """Return what runs a command as the image's user, with one folder to write in and no rights."""
    own = (f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs")
    through = (*own_mounts(ONE_FOLDER, str(folder), UID), *without_rights(*own))
    reads = [*through, sys.executable, "-c", "import exporter"]
    done = subprocess.run(reads, capture_output=True, text=True, check=False)
    if done.returncode:  # the project may lie where only its owner can read it
        pytest.skip(f"the image's user cannot run the project here: {done.stderr}")
    return through


@pytest.fixture
def place(world: World) -> Iterator[Path]:
    """Return a folder that every user may look into, as into the world's; pytest's is root's."""
    world.ca_file.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_it_runs_as_its_own_user_with_a_read_only_root_and_no_rights(
    world: World, configure: Configure, place: Path
) -> None:
    """Scrapes are whole, and token and certificate are kept in the one folder left to write in."""
    configure(world, ENPHASE_STATE_DIR=str(place))
    with serving(port := free_port(), through=contained(place)) as process:
        assert Exposed(fetch(port)).value("up") == 1
        root = Path(f"/proc/{process.pid}/root")
        status = Path(f"/proc/{process.pid}/status").read_text()
        kept = {file.name: file.stat() for file in (root / place.relative_to("/")).iterdir()}
        with pytest.raises(OSError) as caught:  # noqa: PT011  the number says which
            (root / "anything").touch()
        log = ended(process)
    assert caught.value.errno == errno.EROFS
    for who in ("Uid", "Gid"):
        assert f"\n{who}:" + f"\t{UID}" * 4 + "\n" in status
    assert "\nGroups:\t \n" in status
    assert "\nNoNewPrivs:\t1\n" in status
    assert set(re.findall(r"^Cap\w+:\t(\w+)$", status, re.MULTILINE)) == {"0" * 16}
    assert {"home.token", "home.certificate.json"} <= kept.keys()
    assert {(str(file.st_uid), str(file.st_gid)) for file in kept.values()} == {(UID, UID)}
    assert "could not be written" not in log


def test_it_is_nobody_special() -> None:
    """The image's user is not root, and has the one folder that it writes in for itself."""
    assert int(UID) >= 1000
    assert f"\nUSER {USER}\n" in DOCKERFILE
    volume = re.search(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE)
    assert volume is not None
    assert f"-o {USER} -g {USER} -m 0700 {volume[1]}\n" in DOCKERFILE
    assert f"ENPHASE_STATE_DIR={volume[1]}\n" in DOCKERFILE
