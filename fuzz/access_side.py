"""What guards the exporter's own port: the web configuration file, and the files that it names."""

import atexit
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from exporter.access.rules import Access, usable
from exporter.demo.certificate import self_signed
from fuzz.mutation import Mutator
from fuzz.target import SECRET, Target, promise

HASH = "$2y$10$sPF95Xyq6Hj0JWT.kMAxMekS/dE7nASQFhrLZM7nEMXkYhIma7BRa"
TLS = """\
tls_server_config:
  cert_file: server.pem
  key_file: server.pem
  client_ca_file: server.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example, "2001:db8::1"]
  min_version: TLS12
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
"""
REST = f"""\
http_server_config:
  http2: false
  headers: {{X-Frame-Options: deny, X-XSS-Protection: "1"}}
basic_auth_users:
  me: {HASH}
  "you": &hash {HASH}
rate_limit: {{interval: 1m30s, burst: 20}}
"""
TEXTS = (TLS, REST, TLS + REST, REST.replace(HASH, SECRET), f"{TLS}  key: {SECRET}\n")


@cache
def _folder() -> Path:
    """Return a folder with a certificate and its key, which lasts as long as the process."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    made = self_signed("server")
    Path(folder.name, "server.pem").write_bytes(made.certificate + made.key)
    return Path(folder.name)


def _text(mutator: Mutator) -> str:
    return mutator.text(mutator.choice(TEXTS))


def _guard(text: str) -> None:
    """See that a file which is taken at the start can be kept, and is told without secrets."""
    file = _folder() / "web.yml"
    file.write_text(text, encoding="utf-8")
    rules = Access(usable(file)).rules()
    promise(all(name and hashed for name, hashed in rules.users.items()), "a user without a hash")
    promise(all(value.isascii() for _, value in rules.headers), "a header that cannot be sent")
    promise(rules.bucket is None or rules.bucket.take(), "no request is ever answered")


TARGETS = (Target("web configuration", _text, _guard, (ValueError,), share=2),)
