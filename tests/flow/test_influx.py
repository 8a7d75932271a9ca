"""influx_out against a real InfluxDB 1.6: what is written is read back with the client that users have."""

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from influx_flow import dead_letters, flow, points, pour
from servers import Agent, InfluxDB, InfluxDB18, eventually

Agents = Callable[..., Agent]
T = 1700000000000000000


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


# ---- What is written is what is read ----

def test_influx__returns_every_type_exactly(agent: Agents, influx: InfluxDB) -> None:
    pour(agent(flow(influx.url, database="db")), [
        f"m f=0.1,g=46920.37000000,h=5e-324,i=9223372036854775807i,j=-9223372036854775808i,u=7u,"
        f'b=true,c=f,s="a \\"quoted\\" \\\\ text, a=b é" {T}'])
    point, = influx.points("m", "db")
    assert [bits(point[key]) for key in "fgh"] == [bits(0.1), bits(46920.37), bits(5e-324)]
    assert [point[key] for key in "ijubc"] == [2**63 - 1, -2**63, 7, True, False]
    assert point["s"] == 'a "quoted" \\ text, a=b é'
    assert point["time"] == T


def test_influx__escapes_names_tags_and_keys(agent: Agents, influx: InfluxDB) -> None:
    pour(agent(flow(influx.url, database="db")), [
        f"a\\ b\\,c=d,t\\ a\\,g\\==v\\ a\\,l\\=ue f\\ i\\,e\\=ld=1 {T}"])
    assert influx.points("a b,c=d", "db") == [{"time": T, "t a,g=": "v a,l=ue", "f i,e=ld": 1}]


def test_influx__line_feeds_in_strings_stay(agent: Agents, influx: InfluxDB) -> None:
    pour(agent(flow(influx.url, database="db")), [f'm s="two\nlines" {T}', f"m v=1 {T}"])
    assert influx.points("m", "db") == [{"time": T, "s": "two\nlines", "v": 1}]


@pytest.mark.parametrize("precision, time", [("1ns", T + 123456789), ("1us", T + 123456000),
                                             ("1ms", T + 123000000), ("1s", T)])
def test_influx__times_are_cut_to_the_precision(agent: Agents, influx: InfluxDB, precision: str,
                                                time: int) -> None:
    pour(agent(flow(influx.url, database="db", precision=precision)), [f'm v=1,s="1 2" {T + 123456789}'])
    assert influx.points("m", "db") == [{"time": time, "v": 1, "s": "1 2"}]


def test_influx__many_points_arrive_once_each(agent: Agents, influx: InfluxDB) -> None:
    lines = points(20000)
    pour(agent(flow(influx.url, database="db", batch=1000)), lines)
    assert influx.count("m", "v", "db") == len(lines)
    assert influx.query("SELECT sum(v) AS n FROM m", "db")[0]["n"] == sum(range(len(lines)))


# ---- Databases and retention policies ----

@pytest.mark.parametrize("name", ["plain", 'a "strange" name & é'])
def test_influx__creates_the_database(agent: Agents, influx: InfluxDB, name: str) -> None:
    assert "created database" in pour(agent(flow(influx.url, database=name)), points(3))
    assert influx.count("m", "v", name) == 3


def test_influx__waits_for_a_database_it_must_not_create(agent: Agents, influx: InfluxDB) -> None:
    with agent(flow(influx.url, database="db", skip_database_creation=True)) as one:
        one.tell(points(1)[0])
        one.wait_for_log("database not found.*create it")
        influx.create_database("db")
        eventually(lambda: influx.count("m", "v", "db") == 1)


def test_influx__writes_to_databases_and_policies_by_tag(agent: Agents, influx: InfluxDB) -> None:
    influx.create_database("a")
    influx.client.create_retention_policy("short", "INF", "1", database="a")
    pour(agent(flow(influx.url, database="rest", database_tag="db", exclude_database_tag=True,
                    retention_policy_tag="rp", exclude_retention_policy_tag=True)),
         [f"m,db=a,rp=short,x=1 v=1 {T}", f"m,db=b,y=2 v=2 {T}", f"m,z=3 v=3 {T}",
          f"m,db=a,rp=short,x=1 v=4 {T + 1}"])
    assert influx.query("SELECT * FROM short.m", "a") == [{"time": T, "x": "1", "v": 1},
                                                          {"time": T + 1, "x": "1", "v": 4}]
    assert influx.points("m", "b") == [{"time": T, "y": "2", "v": 2}]
    assert influx.points("m", "rest") == [{"time": T, "z": "3", "v": 3}]


def test_influx__waits_for_a_retention_policy(agent: Agents, influx: InfluxDB) -> None:
    influx.create_database("db")
    with agent(flow(influx.url, database="db", retention_policy="later")) as one:
        one.tell(points(1)[0])
        one.wait_for_log("retention policy not found.*create it")
        influx.client.create_retention_policy("later", "INF", "1", database="db")
        eventually(lambda: influx.query("SELECT v FROM later.m", "db"))


# ---- Bad points ----

def test_influx__type_conflict_costs_only_its_own_points(agent: Agents, influx: InfluxDB) -> None:
    influx.create_database("db")
    influx.client.write_points([f"m v=1 {T}"], database="db", protocol="line")
    good = [f"m v={i} {T + i}" for i in range(1, 900)]
    bad = [f"m v={i}i {T + i * 7 + 10000}" for i in range(100)]
    mixed = sorted(good + bad, key=lambda line: line[::-1])
    one = agent(flow(influx.url, database="db"))
    pour(one, mixed)
    assert influx.count("m", "v", "db") == 900
    assert [record for record, _ in dead_letters(one)] == sorted(bad)
    assert all("field type conflict" in reason for _, reason in dead_letters(one))


def test_influx__points_beyond_the_retention_policy_are_rejected(agent: Agents, influx: InfluxDB) -> None:
    influx.create_database("db")
    influx.client.alter_retention_policy("autogen", database="db", duration="24h", shard_duration="1h")
    now = time.time_ns()
    old = [f"m v={i} {T + i}" for i in range(40)]
    new = [f"m v={i} {now - i}" for i in range(60)]
    mixed = [line for pair in zip(old, new[:40]) for line in pair] + new[40:]
    one = agent(flow(influx.url, database="db"))
    pour(one, mixed)
    assert influx.count("m", "v", "db") == 60
    assert [record for record, _ in dead_letters(one)] == sorted(old)


def test_influx__lines_that_the_server_cannot_parse_are_rejected(agent: Agents, influx: InfluxDB) -> None:
    """1.6 knows no unsigned integers; it writes the others and names these."""
    lines = [f'm,s="{i}" v={i}{"u" if i % 100 == 3 else "i"} {T + i}' for i in range(500)]
    one = agent(flow(influx.url, database="db", influx_uint_support=True))
    pour(one, lines)
    assert influx.count("m", "v", "db") == 495
    assert [reason for _, reason in dead_letters(one)] == ["invalid number"] * 5


def test_influx__error_headers_of_any_length_are_survived(agent: Agents, influx: InfluxDB) -> None:
    """The server repeats all bad lines in a header, longer than libcurl reads."""
    text = "x" * 1000
    lines = [f'm s="{text}",v={i}{"i" if i == 300 else "u"} {T + i}' for i in range(600)]
    one = agent(flow(influx.url, database="db", influx_uint_support=True))
    pour(one, lines)
    assert influx.count("m", "v", "db") == 1
    assert len(dead_letters(one)) == 599


def test_influx__a_body_too_large_is_split(agent: Agents, tmp_path: Path) -> None:
    with InfluxDB(tmp_path / "influxdb", max_body=2000) as server:
        server.create_database("db")
        huge = f'm s="{"x" * 3000}" {T}'
        one = agent(flow(server.url, database="db", content_encoding="identity"))
        pour(one, [*points(500), huge, *points(500, 500)])
        assert server.count("m", "v", "db") == 1000
        assert [record for record, _ in dead_letters(one)] == [huge]


# ---- The server goes away, and refuses ----

@pytest.mark.parametrize("end", [InfluxDB.stop, InfluxDB.kill])
def test_influx__a_restart_of_the_server_loses_and_doubles_nothing(agent: Agents, influx: InfluxDB,
                                                                   end: Callable[[InfluxDB], object]) -> None:
    lines = points(3000)
    with agent(flow(influx.url, database="db", batch=100)) as one:
        one.tell("\n".join(lines[:1000]))
        eventually(lambda: influx.count("m", "v", "db") >= 500 if "created" in one.log else False)
        end(influx)
        one.tell("\n".join(lines[1000:2000]))
        one.wait_for_log("trying again")
        influx.start()
        one.tell("\n".join(lines[2000:]))
        one.close_input()
        eventually(lambda: influx.count("m", "v", "db") == 3000, 20)
        one.wait_for_log("succeeded after")
    assert influx.query("SELECT sum(v) AS n FROM m", "db")[0]["n"] == sum(range(3000))


def test_influx__goes_on_after_the_server_hung(agent: Agents, influx: InfluxDB) -> None:
    influx.create_database("db")
    with agent(flow(influx.url, database="db", timeout="300ms")) as one:
        influx.pause()
        one.tell("\n".join(points(10)))
        one.wait_for_log("timed out.*trying again")
        influx.resume()
        one.wait_for_log("succeeded after")
    assert influx.count("m", "v", "db") == 10


def test_influx__waits_until_the_password_is_right(agent: Agents, tmp_path: Path) -> None:
    with InfluxDB(tmp_path / "influxdb", user="vane", password="secret") as server:
        server.create_database("db")
        server.client.query("CREATE USER writer WITH PASSWORD 'old' WITH ALL PRIVILEGES", method="POST")
        with agent(flow(server.url, database="db", username="writer", password="pass-word")) as one:
            one.tell("\n".join(points(10)))
            one.wait_for_log("HTTP 401: authorization failed.*check token, or username and password")
            server.client.query("SET PASSWORD FOR writer = 'pass-word'", method="POST")
            eventually(lambda: server.count("m", "v", "db") == 10)
        assert "pass-word" not in one.log


def test_influx__writes_as_a_user(agent: Agents, tmp_path: Path) -> None:
    with InfluxDB(tmp_path / "influxdb", user="vane", password="secret") as server:
        pour(agent(flow(server.url, database="db", username="vane", password="secret")), points(10))
        assert server.count("m", "v", "db") == 10


# ---- The v2 API of a real server ----

@pytest.mark.full
def test_influx18__takes_v2_writes(agent: Agents, influx18: InfluxDB18, unique: Callable[[str], str]) -> None:
    bucket = influx18.create_database(unique("bucket"))
    pour(agent(flow(influx18.url, bucket=bucket, organization="-", token=influx18.token)), points(100))
    assert influx18.count("m", "v", bucket) == 100


@pytest.mark.full
def test_influx18__bad_points_are_found_in_v2_writes(agent: Agents, influx18: InfluxDB18,
                                                     unique: Callable[[str], str]) -> None:
    bucket = influx18.create_database(unique("bucket"))
    influx18.client.write_points([f"m v=1 {T}"], database=bucket, protocol="line")
    lines = [f"m v={i}{'i' if i % 50 == 7 else ''} {T + i}" for i in range(1, 200)]
    pour(agent(flow(influx18.url, bucket=bucket, organization="-", token=influx18.token)), lines)
    assert influx18.count("m", "v", bucket) == 196
