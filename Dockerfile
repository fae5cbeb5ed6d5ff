# Build: docker build -t enphase-exporter .
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/exporter
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY exporter ./exporter
RUN /opt/exporter/bin/pip install --no-cache-dir --constraint constraints.txt . \
    && /opt/exporter/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --uid 9433 --user-group --no-create-home --shell /usr/sbin/nologin exporter \
    && install -d -o exporter -g exporter -m 0700 /var/lib/enphase-exporter
COPY --from=build /opt/exporter /opt/exporter
USER exporter
ENV PATH=/opt/exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    ENPHASE_STATE_DIR=/var/lib/enphase-exporter
# Nothing else is written: the root file system may be read-only.
VOLUME /var/lib/enphase-exporter
EXPOSE 9433
# Asks by hand: importing an HTTP library each time would cost more than all scrapes.
HEALTHCHECK --interval=60s --timeout=5s --start-period=5s \
    CMD ["python", "-SEc", "import socket; s = socket.create_connection(('127.0.0.1', 9433), 4); s.sendall(b'GET /-/healthy HTTP/1.0\\r\\n\\r\\n'); raise SystemExit(b' 200 ' not in s.recv(64))"]
ENTRYPOINT ["enphase-exporter"]
CMD ["serve"]
