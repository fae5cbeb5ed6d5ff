"""Attacks one parser under libFuzzer, which goes on from inputs that have reached new code.

python -m fuzz.engine NAME [libFuzzer's options, and folders or files of inputs]
"""

import logging
import sys

import atheris

from fuzz.chance import Steered


def main(name: str, options: list[str]) -> None:
    """Attack until libFuzzer's options say that it is enough; the first failure ends it."""
    with atheris.instrument_imports(include=["exporter"], exclude=["exporter.demo"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415  only now, so that its code is watched

    (target,) = (target for target in TARGETS if target.name == name)

    def attack(data: bytes) -> None:
        failure = target.attack(Steered(data))
        if failure is not None:
            print(f"--- {name}\n{failure}\n", flush=True)
            raise AssertionError(f"{name}: see above")

    logging.disable()
    target.input(Steered(b""))  # what all inputs are made of is read once, before time counts
    atheris.Setup([sys.argv[0], *options], attack)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
