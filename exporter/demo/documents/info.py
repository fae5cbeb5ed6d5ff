"""`/info`, the one document without a token: who the gateway is and what time it thinks it is."""

from exporter.demo.documents.identity import SERIAL
from exporter.demo.house import State

FIRMWARE = "D8.2.4345"
BUILT = 1_725_031_207
PACKAGES = (
    ("rootfs", "500-00001-r01", "02.00.00", "1211"),
    ("kernel", "500-00011-r02", "04.04.225", "08bedf"),
    ("boot", "590-00019-r01", "02.00.01", "1f421b"),
    ("app", "500-00002-r01", "08.02.4345", "3f3de0"),
    ("devimg", "500-00005-r01", "01.02.502", "355b53"),
    ("meter", "500-00013-r01", "03.02.08", "7165c0"),
    ("essimg", "500-00020-r01", "31.33.47", "9fd31a"),
)


def info(state: State) -> str:
    """Return the XML."""
    packages = "".join(PACKAGE.format(*package) for package in PACKAGES)
    return DOCUMENT.format(
        time=int(state.moment), serial=SERIAL, firmware=FIRMWARE, packages=packages, built=BUILT
    )


PACKAGE = """  <package name='{}'>
    <pn>{}</pn>
    <version>{}</version>
    <build>{}</build>
  </package>
"""
DOCUMENT = """<?xml version='1.0' encoding='UTF-8'?>
<envoy_info>
  <time>{time}</time>
  <device>
    <sn>{serial}</sn>
    <pn>800-00654-r08</pn>
    <software>{firmware}</software>
    <euaid>4c8675</euaid>
    <seqnum>0</seqnum>
    <apiver>1</apiver>
    <imeter>true</imeter>
  </device>
  <web-tokens>true</web-tokens>
{packages}  <build_info>
    <build_time_gmt>{built}</build_time_gmt>
    <build_id>envoy_uber-pkg_master:pkg-Aug-30-24-15:14:57</build_id>
  </build_info>
</envoy_info>
"""
