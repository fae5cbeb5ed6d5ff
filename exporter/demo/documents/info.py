"""`/info`, the one document without a token: who the gateway is and what time it thinks it is."""

from exporter.demo.house import State
from exporter.demo.profile import Profile

PACKAGES = (
    ("rootfs", "500-00001-r01", "02.00.00", "1211"),
    ("kernel", "500-00011-r02", "04.04.225", "08bedf"),
    ("boot", "590-00019-r01", "02.00.01", "1f421b"),
    ("devimg", "500-00005-r01", "01.02.502", "355b53"),
    ("meter", "500-00013-r01", "03.02.08", "7165c0"),
    ("essimg", "500-00020-r01", "31.33.47", "9fd31a"),
)
OLD_PACKAGES = (
    ("devimg", "500-00004-r01", "01.01.15", "a5d803"),
    ("boot", "590-00015-r01", "00.01.15", "360a7d"),
    ("rootfs", "500-00001-r01", "01.02.00", "782"),
)


def info(state: State, profile: Profile) -> str:
    """Return the XML."""
    app = ("app", "500-00002-r01", ".".join(part.zfill(2) for part in profile.version), "3f3de0")
    others = PACKAGES if profile.tokens else OLD_PACKAGES
    packages = (*others[:3], app, *others[3:])
    return DOCUMENT.format(
        time=int(state.moment),
        serial=profile.serial,
        part=profile.part,
        firmware=profile.firmware,
        imeter="" if profile.imeter is None else IMETER.format(str(profile.imeter).lower()),
        tokens=TOKENS if profile.tokens else "",
        packages="".join(PACKAGE.format(*package) for package in packages),
        build=BUILD.format(profile.built) if profile.tokens else "",
    )


IMETER = """
    <imeter>{}</imeter>"""
TOKENS = """
  <web-tokens>true</web-tokens>"""
PACKAGE = """
  <package name='{}'>
    <pn>{}</pn>
    <version>{}</version>
    <build>{}</build>
  </package>"""
BUILD = """
  <build_info>
    <build_time_gmt>{}</build_time_gmt>
    <build_id>envoy_uber-pkg_master:pkg-Aug-30-24-15:14:57</build_id>
  </build_info>"""
DOCUMENT = """<?xml version='1.0' encoding='UTF-8'?>
<envoy_info>
  <time>{time}</time>
  <device>
    <sn>{serial}</sn>
    <pn>{part}</pn>
    <software>{firmware}</software>
    <euaid>4c8675</euaid>
    <seqnum>0</seqnum>
    <apiver>1</apiver>{imeter}
  </device>{tokens}{packages}{build}
</envoy_info>
"""
