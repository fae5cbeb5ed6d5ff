"""Who may talk to the exporter: TLS, passwords, and an end to every wait.

From the ground up; each line imports only from lines above it:

    go_tls, values          names, hashes, durations, as the web configuration file writes them
    tls, config             the file's parts
    source, context         reads the file; makes of it what TLS connections are made with
    rules, passwords        what holds now, read again when it changes; who knows a password
    gate                    what no request passes without
    connection              one client's connection, bounded in time
"""
