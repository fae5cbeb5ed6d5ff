"""Reads the web configuration file, and says in one line what is wrong with it."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from exporter.access.config import WebConfig
from exporter.setting_values import key, readable, told


def read(file: Path) -> WebConfig:
    """Read the file, but none of those that it names; raises ``ValueError``."""
    try:
        given = yaml.load(readable(file).read_text(encoding="utf-8"), _Loader)  # noqa: S506  safe
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise ValueError(f"is no YAML file{where}") from None
    except UnicodeDecodeError:
        raise ValueError("should be a file of UTF-8 text") from None
    except (AttributeError, LookupError, TypeError):  # a tag, such as !!int, of what is none
        raise ValueError("holds a value that does not fit its tag") from None
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if given is None:
        return WebConfig()
    if not isinstance(given, dict):
        raise ValueError("holds no keys")  # noqa: TRY004  it is the user's error
    try:
        return WebConfig.model_validate(given, context={"folder": file.parent})
    except ValidationError as error:
        parts, what = told(error)
        raise ValueError(f"{'.'.join(parts)} {what}") from None


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice: the second would silently put the first aside."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002  as its parent's
    ) -> dict[Hashable, Any]:
        seen = set()
        for given in (given for given, _ in node.value if isinstance(given, yaml.ScalarNode)):
            if given.value in seen:
                line = given.start_mark.line + 1
                raise ValueError(f"{key(given.value)} stands twice, near line {line}")
            seen.add(given.value)
        return super().construct_mapping(node, deep=deep)
