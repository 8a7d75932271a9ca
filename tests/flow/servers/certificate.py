"""A self-signed certificate for 127.0.0.1 and localhost, made by openssl."""

from dataclasses import dataclass
from pathlib import Path

from .process import run


@dataclass(frozen=True)
class Certificate:
    """PEM files; the certificate is its own authority, so `cert` is also what a client trusts."""

    cert: Path
    key: Path

    @property
    def bundle(self) -> str:
        """The key and the certificate in one text."""
        return self.key.read_text() + self.cert.read_text()


def make_certificate(folder: Path) -> Certificate:
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    done = run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", made.key, "-out", made.cert])
    assert done.returncode == 0, done.stderr
    return made
