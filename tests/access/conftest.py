"""What the tests of access share: an exporter that listens on a real port."""

from pathlib import Path

import guarded
import pytest
from guarded import Guarding


@pytest.fixture
def guarding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guarding:
    """Run an exporter in this process, with its web configuration file in a folder of its own."""
    return guarded.guarding(tmp_path, monkeypatch)
