"""Attacks every parser of outside input with mutated answers: ``make fuzz``.

    mutation        what is done to good input, until it is bad
    corpus          the good input: the demo's own documents, and captured answers
    target          one parser under attack, and what it must never do
    wire            answers as the network brings them
    gateway_side, cloud_side, exporter_side, access_side
                    the targets: what a gateway, the cloud, users and Prometheus send, and the
                    web configuration file

Each input follows from its target's name and a number, so that it can be made again.
"""
