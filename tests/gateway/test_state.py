"""What outlives the process: small files, which never cost the process its life."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.gateway.state import StateFile


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_state_file_is_its_owners_alone(tmp_path: Path) -> None:
    """What is kept, such as a token, can be read by its owner only, and so can its folder."""
    file = StateFile(tmp_path / "deep" / "state" / "home.token")
    file.write("secret")
    assert file.read() == "secret"
    assert (mode(file.path), mode(file.path.parent)) == (0o600, 0o700)


def test_a_state_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Who has the old file open reads the old text to its end, and nothing else is left over."""
    file = StateFile(tmp_path / "home.token")
    file.write("old")
    with file.path.open(encoding="utf-8") as reader:
        file.write("new")
        assert reader.read() == "old"
    assert file.read() == "new"
    assert list(tmp_path.iterdir()) == [file.path]


def test_no_state_yet_is_nothing_to_speak_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A first start, and forgetting what was never known, make no noise."""
    file = StateFile(tmp_path / "none" / "home.token")
    assert file.read() is None
    file.remove()
    assert not caplog.records


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00token"], ids=["folder", "no text"])
def test_a_state_file_that_cannot_be_read_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    """A folder in its place, or bytes that are no text, count as no state."""
    path = tmp_path / "home.token"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert StateFile(path).read() is None
    assert f"state file {path} is ignored" in caplog.text


def test_a_state_file_that_cannot_be_written_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file where the folder should be costs a warning, which does not hold the text."""
    (tmp_path / "state").write_text("a file")
    file = StateFile(tmp_path / "state" / "home.token")
    file.write("secret")
    assert f"state file {file.path} could not be written" in caplog.text
    assert "secret" not in caplog.text
    assert file.read() is None


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the file cannot be replaced, no half-made copy of a secret stays in the folder."""
    file = StateFile(tmp_path / "home.token")
    file.path.mkdir()
    (file.path / "occupied").touch()
    file.write("secret")
    file.write("secret")
    assert "could not be written" in caplog.text
    assert list(tmp_path.iterdir()) == [file.path]


def test_a_state_file_that_cannot_be_removed_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder in its place stays, and is spoken of."""
    file = StateFile(tmp_path / "home.token")
    file.path.mkdir()
    file.remove()
    assert f"state file {file.path} could not be removed" in caplog.text
    assert file.path.is_dir()


def test_state_can_be_forgotten(tmp_path: Path) -> None:
    """What is removed is gone."""
    file = StateFile(tmp_path / "home.token")
    file.write("secret")
    file.remove()
    assert file.read() is None


def failing(number: int) -> Callable[[int], None]:
    """Make a disk that fails when it is to keep what was written."""

    def fsync(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    return fsync


def test_lasting_trouble_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk is one line, another reason another one, and so is the end of it."""
    file = StateFile(tmp_path / "home.token")
    assert file.write("old")
    for number in (errno.ENOSPC, errno.ENOSPC, errno.EIO, errno.EIO):
        monkeypatch.setattr(os, "fsync", failing(number))
        assert not file.write("new")
    monkeypatch.undo()
    assert file.read() == "old"
    assert file.write("new")
    assert file.write("newer")
    said = [
        record.getMessage().removeprefix(f"state file {file.path} ") for record in caplog.records
    ]
    assert said == [
        "could not be written: No space left on device",
        "could not be written: Input/output error",
        "is written again",
    ]
    assert list(tmp_path.iterdir()) == [file.path]


def test_damage_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A damaged file that is looked at again and again is one line in the log."""
    file = StateFile(tmp_path / "home.token")
    file.path.write_bytes(b"\xff")
    for _ in range(3):
        assert file.read() is None
    assert len(caplog.records) == 1


def test_an_end_in_the_middle_of_a_write_leaves_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal that ends the process while a file is written leaves the old one whole."""

    def fsync(descriptor: int) -> None:
        raise SystemExit

    file = StateFile(tmp_path / "home.token")
    file.write("old")
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(SystemExit):
        file.write("new")
    assert file.read() == "old"
    assert list(tmp_path.iterdir()) == [file.path]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for others")
def test_root_writes_for_the_service(tmp_path: Path) -> None:
    """What root has written by hand, as with 'trust', the service's own user can read."""
    os.chown(tmp_path, 65_534, 65_534)
    file = StateFile(tmp_path / "home.token")
    file.write("secret")
    assert (file.path.stat().st_uid, mode(file.path)) == (65_534, 0o600)
