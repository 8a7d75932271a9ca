"""The exchange simulator (tests/tools/exchange): Binance's websocket protocol on loopback."""

from pathlib import Path

from .places import built
from .ports import free_port
from .process import Process


class Exchange(Process):
    """A simulator that can be stopped and started, each time on the same port, and told what to do."""

    def __init__(self, folder: Path, *options: str | Path):
        """Options as on its command line: "--walk", "--rate", "100", "--replay", FILE, …"""
        command = [built("tests/exchange"), "--port", str(free_port()), *options]
        super().__init__("exchange", command, folder, merge=False)
        self.url = ""

    def __enter__(self) -> "Exchange":
        self.start()
        return self

    def start(self) -> None:
        """Starts the simulator and waits until it listens; `url` is then its ws:// or wss:// address."""
        super().start()
        self.url = self.output.wait_for(r"^listening on (wss?://\S+)", 20)[1]

    def ask(self, line: str, timeout: float = 10) -> str:
        """Gives one control command and returns the one line it answers."""
        seen = len(self.output)
        self.tell(line)
        return self.output.wait_for(r"", timeout, start=seen).string.rstrip("\n")
