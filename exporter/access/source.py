"""Reads the web configuration file, and says in one line what is wrong with it."""

from pathlib import Path

from pydantic import ValidationError

from exporter import yaml_text
from exporter.access.config import WebConfig
from exporter.setting_values import told


def read(file: Path) -> WebConfig:
    """Read the file, but none of those that it names; raises ``ValueError``."""
    given = yaml_text.load(file)
    try:
        return WebConfig.model_validate(given, context={"folder": file.parent})
    except ValidationError as error:
        parts, what = told(error)
        raise ValueError(f"{'.'.join(parts)} {what}") from None
