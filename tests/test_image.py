"""The image needs no more than compose.yaml leaves to it."""

import errno
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import ROOT, Configure, Exposed, free_port
from process import ended, fetch, serving

from exporter.demo.world import World

DOCKERFILE = (ROOT / "Dockerfile").read_text()

CONTAINED = (
    'mount -t tmpfs tmpfs "$1" && mount -o remount,bind,ro / && shift && '
    'exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"'
)
"""Starts a command with one folder to write in, the rest read-only, and no rights."""


def can_contain() -> bool:
    """Tell whether this machine lets us take rights away as a container does."""
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("setpriv") is None:
        return False
    return subprocess.run([unshare, "--mount", "true"], check=False).returncode == 0


@pytest.mark.skipif(not can_contain(), reason="only root may make a mount read-only for a process")
def test_it_runs_with_a_read_only_root_and_no_rights(world: World, configure: Configure) -> None:
    """Scrapes are whole, and token and certificate are kept in the one folder left to write in."""
    state = configure(world).state_dir
    state.mkdir()
    contained = ("unshare", "--mount", "sh", "-c", CONTAINED, "sh", str(state))
    with serving(port := free_port(), through=contained) as process:
        assert Exposed(fetch(port)).value("up") == 1
        root = Path(f"/proc/{process.pid}/root")
        rights = Path(f"/proc/{process.pid}/status").read_text()
        kept = {file.name for file in (root / state.relative_to("/")).iterdir()}
        with pytest.raises(OSError) as caught:  # noqa: PT011  the number says which
            (root / "anything").touch()
        log = ended(process)
    assert caught.value.errno == errno.EROFS
    assert set(re.findall(r"^Cap\w+:\t(\w+)$", rights, re.MULTILINE)) == {"0" * 16}
    assert {"home.token", "home.certificate.json"} <= kept
    assert "could not be written" not in log


def test_it_is_nobody_special() -> None:
    """The image's user is not root, and has the one folder that it writes in for itself."""
    uid = re.search(r"useradd --uid (\d+) .* (\w+) *\\$", DOCKERFILE, re.MULTILINE)
    assert uid is not None
    assert int(uid[1]) >= 1000
    assert f"\nUSER {uid[2]}\n" in DOCKERFILE
    volume = re.search(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE)
    assert volume is not None
    assert f"-o {uid[2]} -g {uid[2]} -m 0700 {volume[1]}\n" in DOCKERFILE
    assert f"ENPHASE_STATE_DIR={volume[1]}\n" in DOCKERFILE
