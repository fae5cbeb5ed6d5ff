"""The ways through the cloud to a token, in the order in which they are tried."""

from functools import partial

from exporter.gateway import enlighten, entrez
from exporter.gateway.account import Login
from exporter.gateway.cloud import Cloud


def logins(cloud: Cloud) -> list[Login]:
    """Both ways, the one that the settings prefer first."""
    ways = [enlighten.login, entrez.login]
    if cloud.first == "entrez":
        ways.reverse()
    return [partial(way, cloud) for way in ways]
