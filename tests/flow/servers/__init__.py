"""Servers for the flow tests: each a context manager on free ports, in a folder of its own."""

from .agent import Agent, vane
from .certificate import Certificate, make_certificate
from .exchange import Exchange
from .influxdb import InfluxDB, InfluxDB18
from .kafka import Kafka
from .ports import free_port
from .process import Lines, Process, run
from .sink import Answer, Request, Sink
from .waiting import eventually, patience

__all__ = [
    "Agent", "Answer", "Certificate", "Exchange", "InfluxDB", "InfluxDB18", "Kafka", "Lines", "Process",
    "Request", "Sink", "eventually", "free_port", "make_certificate", "patience", "run", "vane",
]
