"""Every parser that is attacked."""

from fuzz.access_side import TARGETS as ACCESS
from fuzz.cloud_side import TARGETS as CLOUD
from fuzz.exporter_side import TARGETS as EXPORTER
from fuzz.gateway_side import TARGETS as GATEWAY

TARGETS = (*GATEWAY, *CLOUD, *EXPORTER, *ACCESS)
