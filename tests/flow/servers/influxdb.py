"""A real InfluxDB: Debian's 1.6 (`/write` and InfluxQL), or 1.8.10 with Flux and the v2 write API."""

import json
import urllib.request
from pathlib import Path

from influxdb import InfluxDBClient as InfluxQLClient
from influxdb_client import InfluxDBClient as FluxClient

from .places import TOOLS, program
from .ports import free_port
from .process import Process, Server
from .waiting import eventually

CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[logging]
  level = "warn"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {auth}
  flux-enabled = {flux}
  log-enabled = false
  max-body-size = {max_body}
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
"""


class InfluxDB(Server):
    """A server on a fixed port of 127.0.0.1 that keeps its data over stop, kill and start."""

    flux = False

    def __init__(self, folder: Path, *, user: str | None = None, password: str = "",
                 max_body: int = 25_000_000):
        """With a user, every request must authenticate; the user is made and may do everything."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.user, self.password = user, password
        self._new = True
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "influxdb.conf"
        config.write_text(CONFIG.format(folder=folder, port=self.port, auth=str(user is not None).lower(),
                                        flux=str(self.flux).lower(), max_body=max_body))
        self.process = Process("influxd", [self._program(), "run", "-config", config], folder)
        self.client = InfluxQLClient("127.0.0.1", self.port, user or "root", password or "root", timeout=20)

    def _program(self) -> Path:
        try:
            return program("influxd")
        except AssertionError:
            return program("influxd", TOOLS / "go/bin")

    def __enter__(self) -> "InfluxDB":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.close()

    # ---- Its life ----

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        self.process.start()
        eventually(self._answers, 60, "influxd does not answer")
        if self.user and self._new:
            self._make_user()
        self._new = False

    def _answers(self) -> bool:
        assert self.process.alive, f"influxd has ended:\n{self.process.log[-4000:]}"
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=5) as answer:
                return answer.status == 204
        except OSError:
            return False

    def _make_user(self) -> None:
        self.client.query(f"CREATE USER {json.dumps(self.user)} WITH PASSWORD '{self.password}' "
                          "WITH ALL PRIVILEGES", method="POST")

    def stop(self) -> int:
        return self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    # ---- Its data ----

    def create_database(self, name: str) -> str:
        self.client.create_database(name)
        return name

    def query(self, text: str, database: str | None = None) -> list[dict[str, object]]:
        """The rows of an InfluxQL query, with `time` in nanoseconds."""
        return list(self.client.query(text, database=database, epoch="ns").get_points())

    def points(self, measurement: str, database: str) -> list[dict[str, object]]:
        """Every point of a measurement, tags and fields by name."""
        return self.query(f'SELECT * FROM "{measurement}"', database)

    def count(self, measurement: str, field: str, database: str) -> int:
        rows = self.query(f'SELECT count("{field}") AS n FROM "{measurement}"', database)
        return rows[0]["n"] if rows else 0


class InfluxDB18(InfluxDB):
    """1.8.10, which adds /api/v2/write, /api/v2/query with Flux, and /health.

    A bucket is `database` or `database/retention_policy`; a token is `user:password`.
    """

    flux = True

    def _program(self) -> Path:
        path = TOOLS / "go/bin/influxd"
        assert path.is_file(), f"{path} is missing: run `packaging/install-dependencies full`"
        return path

    @property
    def token(self) -> str:
        return f"{self.user or 'root'}:{self.password or 'root'}"

    def read_flux(self, query: str) -> list[dict[str, object]]:
        """The records of a Flux query, as dictionaries."""
        with FluxClient(self.url, token=self.token, org="-") as client:
            return [record.values for table in client.query_api().query(query) for record in table.records]
