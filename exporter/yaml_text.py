"""Reads a YAML file of settings in which each value is the text that stands there.

YAML by itself reads 012345 as 5349, 12:30 as 750 and off as no, which a password, a serial or a
user's name must not become. What is to be a number is made one where the setting is checked.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from exporter.setting_values import key, readable

KEPT = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"}
"""What a plain word may still mean besides itself: nothing (``~``), and what is merged (``<<``)."""


def load(file: Path) -> dict[str, Any]:
    """Read a file's keys and values; raises ``ValueError``, which repeats no value."""
    try:
        given = yaml.load(readable(file).read_text(encoding="utf-8"), _Loader)  # noqa: S506  safe
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise ValueError(f"is no YAML file{where}") from None
    except UnicodeDecodeError:
        raise ValueError("should be a file of UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except (AttributeError, LookupError, TypeError):  # a tag, such as !!int, of what is none
        raise ValueError("holds a value that does not fit its tag") from None
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ValueError("holds no settings by name")  # noqa: TRY004  it is the user's error
    return given


class _Loader(yaml.SafeLoader):
    """Knows text, and refuses a key that stands twice: the second would put the first aside."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as its parent's
        first: [(tag, pattern) for tag, pattern in rows if tag in KEPT]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

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
