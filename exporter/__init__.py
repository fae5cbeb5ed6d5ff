"""Prometheus exporter for the Enphase Envoy (IQ Gateway).

From the ground up; each line imports only from lines above it:

    metric, endpoint        what is exported, and which pages are read how often
    surprise, clock         counts what makes no sense; the host's two clocks
    collector, unit, wire   what a collector is, and what it reads documents with
    collectors/             pure functions from documents to samples, one subject a file
    gateway/                the only package that talks to gateways and to the cloud
    exposition              families as text, written again only where they changed
    doubt                   what a counter can have done, and what it must have done
    entry, ledger           what is known of a counter; honest counters
    telemetry               the exporter's own metrics
    site, address           one gateway with all that is kept of it; what an address may be
    setting_values,         what a setting may be;
    yaml_text               a file of settings, word for word
    access/                 who may talk to the exporter: TLS, passwords, time limits
    settings                what the user says, in setting_groups; settings_source reads it
    outcome, scrape         how collectors fared; one scrape of all of them
    plan, assembly          what a site is made from; its parts, put together
    fleet, landing          all gateways, which may change; the page for people
    live_settings           the settings in force, which can be read again
    shortage, logs          one line for file descriptors that have run out; how all is logged
    web, server             the HTTP side, and the process around it
    rehearsal, spool,       the demo's past, scraped by the real thing, and written
    history                 for promtool
    check, playing, cli     the commands

    demo/                   the gateway that is not there; stands apart from all others
"""

__version__ = "0.1.0"
