"""Attacks every parser of outside input with mutated answers: ``make fuzz``.

    chance          decides how input is spoilt: a seed, or a fuzzer's bytes
    mutation        what is done to good input, until it is bad
    corpus          the good input: the demo's own documents, and captured answers
    target          one parser under attack, and what it must never do
    wire            answers as the network brings them
    gateway_side, cloud_side, exporter_side, access_side
                    the targets: what a gateway, the cloud, users and Prometheus send, and the
                    web configuration file; targets lists them all
    engine          one target under Atheris, Python's libFuzzer
    __main__        the command: each target for its share of the time

Each input follows from a seed or from bytes, so that it can be made again.
"""
