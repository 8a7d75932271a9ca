"""influx_out against a scripted server: every answer a server may give, and what must follow from it."""

import json
import re
import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from influx_flow import REJECTED, Judge, dead_letters, flow, points, pour, refuses
from servers import Agent, Answer, Request, Sink

Agents = Callable[..., Agent]
SECRET = "t0p-secret-token"


# ---- What is sent ----

def test_influx_sends__v2(agent: Agents, sink: Sink) -> None:
    said = pour(agent(flow(f"{sink.url}/", bucket="my bucket/rp", organization="ö & co", token=SECRET,
                           precision="1us")), points(3))
    request, = sink.requests
    assert request.path == "/api/v2/write"
    assert request.query == {"org": "ö & co", "bucket": "my bucket/rp", "precision": "us"}
    assert request.headers["authorization"] == f"Token {SECRET}"
    assert request.headers["content-type"] == "text/plain; charset=utf-8"
    assert request.headers["user-agent"].startswith("vane/")
    assert "expect" not in request.headers
    assert request.lines == [line[:-3] for line in points(3)]
    assert SECRET not in said


def test_influx_sends__v1(agent: Agents, sink: Sink) -> None:
    pour(agent(flow(sink.url, database="d", retention_policy="r", username="me", password="pw",
                    precision="1us", write_consistency="quorum")), points(1))
    request, = sink.requests
    assert request.path == "/write"
    assert request.query == {"db": "d", "rp": "r", "precision": "u", "consistency": "quorum"}
    assert request.headers["authorization"] == "Basic bWU6cHc="


def test_influx_sends__v3(agent: Agents, sink: Sink) -> None:
    pour(agent(flow(sink.url, api="v3", database="d", token=SECRET)), points(1))
    request, = sink.requests
    assert request.path == "/api/v3/write_lp"
    assert request.query == {"db": "d", "precision": "nanosecond"}
    assert request.headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("api, precisions", [("v1", ["ns", "u", "ms", "s"]), ("v2", ["ns", "us", "ms", "s"]),
                                             ("v3", ["nanosecond", "microsecond", "millisecond", "second"])])
def test_influx_sends__the_precision_as_the_api_has_it(agent: Agents, sink: Sink, api: str,
                                                       precisions: list[str]) -> None:
    for number, unit in enumerate(["1ns", "1us", "1ms", "1s"]):
        pour(agent(flow(sink.url, api=api, bucket="b", precision=unit), name=unit), points(1))
        assert sink.requests[number].query["precision"] == precisions[number]


def test_influx_sends__v1_tokens_and_v2_users(agent: Agents, sink: Sink) -> None:
    pour(agent(flow(sink.url, database="d", token="me:pw"), name="v1"), points(1))
    pour(agent(flow(sink.url, bucket="b", username="me", password="pw"), name="v2"), points(1))
    assert [one.headers["authorization"] for one in sink.requests] == ["Token me:pw", "Token me:pw"]


def test_influx_sends__headers_and_user_agent(agent: Agents, sink: Sink) -> None:
    pour(agent(flow(sink.url, http_headers={"X-Tenant": "7", "X-Odd": "ä"}, user_agent="me/1")), points(1))
    headers = sink.requests[0].headers
    assert (headers["x-tenant"], headers["user-agent"]) == ("7", "me/1")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_influx_sends__compressed_bodies_that_say_the_same(agent: Agents, sink: Sink, encoding: str) -> None:
    pour(agent(flow(sink.url, content_encoding=encoding)), points(1000))
    assert sink.lines() == points(1000)
    sizes = [(one.raw_size, len(one.body)) for one in sink.requests]
    packed = encoding == "gzip"
    assert all(raw * 3 < size if packed else raw == size for raw, size in sizes if size > 1000)
    assert {one.headers.get("content-encoding") for one in sink.requests} == {"gzip" if packed else None}


def test_influx_sends__all_on_one_connection(agent: Agents, sink: Sink) -> None:
    pour(agent(flow(sink.url, batch=10)), points(500))
    assert len(sink.requests) >= 50
    assert len({one.connection for one in sink.requests}) == 1


def test_influx_sends__to_buckets_by_tag(agent: Agents, sink: Sink) -> None:
    lines = [f"m,a=1,to={'xy'[i % 2]},z=2 v={i} {i}" for i in range(10)] + ["m,a=1 v=10 10"]
    pour(agent(flow(sink.url, bucket="rest", bucket_tag="to", exclude_bucket_tag=True)), lines)
    written: dict[str, list[str]] = {}
    for request in sink.requests:
        written.setdefault(request.query["bucket"], []).extend(request.lines)
    assert written == {"x": [f"m,a=1,z=2 v={i} {i}" for i in range(0, 10, 2)],
                       "y": [f"m,a=1,z=2 v={i} {i}" for i in range(1, 10, 2)], "rest": ["m,a=1 v=10 10"]}


def test_influx_sends__nothing_of_metrics_that_have_no_bucket(agent: Agents, sink: Sink) -> None:
    one = agent(flow(sink.url, bucket_tag="to"))
    pour(one, ["m v=1 1", "m,to=x v=2 2", "m v=3 3"])
    assert sink.lines() == ["m,to=x v=2 2"]
    assert [record for record, _ in dead_letters(one)] == ["m v=1 1", "m v=3 3"]


# ---- Statuses ----

@pytest.mark.parametrize("status", range(200, 209))
def test_influx_status__2xx_is_written(agent: Agents, sink: Sink, status: int) -> None:
    sink.play(Answer(status))
    pour(agent(flow(sink.url)), points(1))
    assert len(sink.requests) == 1


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 405, 408, 410, 415, 429, 500, 501, 502, 503, 504,
                                    599])
def test_influx_status__what_no_point_is_to_blame_for_is_kept(agent: Agents, sink: Sink, status: int) -> None:
    sink.play(Answer(status, "some text", {"Location": "/elsewhere"}), Answer(status))
    one = agent(flow(sink.url, token=SECRET))
    said = pour(one, points(5))
    assert [request.answer.status for request in sink.requests] == [status, status, 204]
    assert sink.lines() == points(5)
    assert f"HTTP {status}: some text" in said and "succeeded after 2 failed tries" in said
    assert SECRET not in said


@pytest.mark.parametrize("status, hint", [(401, "check token"), (403, "may not write there"),
                                          (404, "create what is missing"),
                                          (307, "it points to http://127.0.0.1")])
def test_influx_status__says_what_to_do(agent: Agents, sink: Sink, status: int, hint: str) -> None:
    sink.play(Answer(status, '{"code":"x","message":"the reason"}', {"Location": "/elsewhere"}))
    one = agent(flow(sink.url))
    said = pour(one, points(1))
    assert f"HTTP {status}: the reason" in said and hint in said


@pytest.mark.parametrize("status", [404, 405, 410])
def test_influx_status__4xx_is_rejected_on_wish(agent: Agents, sink: Sink, status: int) -> None:
    sink.play(Answer(status, '{"message":"bucket not found"}'))
    one = agent(flow(sink.url, on_client_error="reject"))
    pour(one, points(2))
    assert len(sink.requests) == 1
    assert [record for record, _ in dead_letters(one)] == sorted(points(2))


@pytest.mark.parametrize("body", ["Client sent an HTTP request to an HTTPS server.\n",
                                  "<html>400 Bad Request</html>",
                                  '{"code":"invalid","message":"Please provide either orgID or org"}'])
def test_influx_status__a_400_about_the_request_rejects_nothing(agent: Agents, sink: Sink, body: str) -> None:
    sink.play(Answer(400, body), Answer(400, body))
    pour(agent(flow(sink.url)), points(3))
    assert sink.lines() == points(3)


def test_influx_status__hinted_handoff_is_written(agent: Agents, sink: Sink) -> None:
    sink.play(Answer(500, '{"error":"write failed: hinted handoff queue not empty"}'))
    pour(agent(flow(sink.url)), points(1))
    assert len(sink.requests) == 1


def test_influx_status__a_missing_bucket_holds_up_no_other(agent: Agents) -> None:
    missing = [True]

    def verdict(request: Request) -> Answer:
        if request.query["bucket"] == "a" and missing:
            missing.pop()
            return Answer(404, '{"message":"bucket \\"a\\" not found"}')
        return Answer()

    with Judge(verdict) as sink:
        pour(agent(flow(sink.url, bucket="rest", bucket_tag="to")),
             ["m,to=a v=1 1", "m,to=b v=2 2", "m v=3 3"])
        assert [one.query["bucket"] for one in sink.requests] == ["a", "b", "rest", "a"]


# ---- Retry-After and back-off ----

@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_influx_retry_after__is_honoured(agent: Agents, sink: Sink, status: int, form: str) -> None:
    value = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
    sink.play(Answer(status, headers={"Retry-After": value}))
    pour(agent(flow(sink.url)), points(1))
    first, second = sink.requests
    assert 0.9 < second.time - first.time < 4


@pytest.mark.parametrize("value", ["soon", "-5", "", "99999999999999999999999"])
def test_influx_retry_after__that_makes_no_sense_is_ignored(agent: Agents, sink: Sink, value: str) -> None:
    sink.play(Answer(503, headers={"Retry-After": value}))
    pour(agent(flow(sink.url)), points(1))
    first, second = sink.requests
    assert second.time - first.time < 1


def test_influx_back_off__grows(agent: Agents, sink: Sink) -> None:
    sink.play(*[Answer(500)] * 5)
    pour(agent(flow(sink.url)), points(1))
    times = [one.time for one in sink.requests]
    assert times[-1] - times[-2] > times[1] - times[0]


# ---- Bad points ----

@pytest.mark.parametrize("status", [400, 406, 422])
@pytest.mark.parametrize("body", ["", "some text", '{"message":"some"}', '{"error":"some"}'])
def test_influx_poison__costs_one_point(agent: Agents, status: int, body: str) -> None:
    with refuses("v=333 ", status=status, body=body) as sink:
        one = agent(flow(sink.url))
        pour(one, points(1000))
        assert sorted(sink.lines()) == sorted(points(333) + points(666, 334))
        (record, reason), = dead_letters(one)
        assert record == points(1, 333)[0]
        assert f"HTTP {status}" in reason
        assert len(sink.requests) <= 2 + 2 * 10


@pytest.mark.parametrize("places", [[0], [999], [0, 999], [1, 2, 3], [17, 400, 401, 900]])
def test_influx_poison__is_found_wherever_it_stands(agent: Agents, places: list[int]) -> None:
    poison = [points(1, place)[0] for place in places]
    with refuses(*poison) as sink:
        one = agent(flow(sink.url))
        pour(one, points(1000))
        assert set(sink.lines()) == set(points(1000)) - set(poison)
        assert len(sink.lines()) == 1000 - len(poison)
        assert dead_letters(one) == [
            (line, f"{sink.url}: HTTP 400: {REJECTED}") for line in sorted(poison)]
        assert len(sink.requests) <= 1 + 2 * 10 * len(poison) + 1


def test_influx_poison__alone_is_rejected_at_once(agent: Agents, sink: Sink) -> None:
    sink.play(Answer(400, '{"message":"unable to parse"}'))
    pour(agent(flow(sink.url)), points(1))
    assert len(sink.requests) == 1


def test_influx_poison__that_v2_names_is_left_out_at_once(agent: Agents) -> None:
    lines = points(400)
    lines[7] = 'm s="7 \\"x\\" poison" 7'
    lines[300] = "m s=\"poison': 300\" 300"

    def verdict(request: Request) -> Answer:
        bad = [line for line in request.lines if "poison" in line]
        message = "\n".join(f"unable to parse '{line}': invalid field" for line in bad)
        return Answer(400, json.dumps({"code": "invalid", "message": message})) if bad else Answer()

    with Judge(verdict) as sink:
        one = agent(flow(sink.url))
        pour(one, lines)
        assert len(sink.requests) <= 4
        assert dead_letters(one) == sorted((lines[i], "invalid field") for i in (7, 300))
        assert sorted(sink.lines()) == sorted(line for line in lines if "poison" not in line)


@pytest.mark.parametrize("as_list", [True, False])
def test_influx_poison__that_v3_numbers_is_left_out_at_once(agent: Agents, as_list: bool) -> None:
    def verdict(request: Request) -> Answer:
        bad = [{"original_line": line[:9], "line_number": number, "error_message": f"no {line[-3:]}"}
               for number, line in enumerate(request.lines, 1) if line.endswith(("05", "77"))]
        error = {"error": "partial write of line protocol occurred", "data": bad if as_list else bad[:1]}
        return Answer(400, json.dumps(error)) if bad else Answer()

    with Judge(verdict) as sink:
        one = agent(flow(sink.url, api="v3", database="d"))
        pour(one, points(200))
        assert len(sink.requests) <= (3 if as_list else 6)
        assert sorted(reason for _, reason in dead_letters(one)) == ["no 005", "no 077", "no 105", "no 177"]
        assert len(sink.lines()) == 196


def test_influx_poison__is_a_metric_even_where_it_has_several_lines(agent: Agents) -> None:
    """With influx_max_line_bytes each of these metrics has two lines: the fourth is of the second one."""
    def verdict(request: Request) -> Answer:
        bad = [{"line_number": number, "error_message": "bad"} for number, line in enumerate(request.lines, 1)
               if line.startswith("m b=3i ")]
        return Answer(400, json.dumps({"error": "partial write of line protocol occurred", "data": bad})
                      ) if bad else Answer()

    with Judge(verdict) as sink:
        one = agent(flow(sink.url, api="v3", database="d", influx_max_line_bytes=10))
        pour(one, [f"m a={i}i,b={i + 2}i {i}" for i in range(3)])
        assert sorted(sink.lines()) == ["m a=0i 0", "m a=2i 2", "m b=2i 0", "m b=4i 2"]
        assert dead_letters(one) == [("m a=1i,b=3i 1", "bad")]


def test_influx_poison__all_dropped_is_believed(agent: Agents, sink: Sink) -> None:
    sink.play(Answer(422, '{"message":"partial write: points beyond retention policy dropped=3"}'))
    one = agent(flow(sink.url))
    said = pour(one, points(3))
    assert len(sink.requests) == 1
    assert "rejected 3 metrics" in said


def test_influx_poison__neighbours_are_delivered_only_by_a_2xx(agent: Agents, sink: Sink) -> None:
    """A partial write says that the others were written: they are written once more to be sure."""
    sink.play(Answer(400, '{"error":"partial write: max-values-per-tag limit exceeded dropped=1"}'), Answer(),
              Answer(400, '{"error":"partial write: max-values-per-tag limit exceeded dropped=1"}'))
    pour(agent(flow(sink.url)), points(2))
    assert sink.lines() == points(1)
    assert len(sink.requests) == 3


def test_influx_poison__from_influxdb_2_0_comes_with_500(agent: Agents) -> None:
    body = '{"message":"unexpected error writing points to database: partial write: a dropped=1"}'
    with refuses("v=3 ", status=500, body=body) as sink:
        pour(agent(flow(sink.url)), points(10))
        assert sorted(sink.lines()) == sorted(points(3) + points(6, 4))


def test_influx_poison__of_one_field_type_is_parted_at_once(agent: Agents) -> None:
    lines = [f"m v={i}{'i' if i % 3 == 0 else ''} {i}" for i in range(300)]
    body = {"error": 'partial write: field type conflict: input field "v" on measurement "m" is type '
                     'integer, already exists as type float dropped='}

    def verdict(request: Request) -> Answer:
        bad = sum("i " in line for line in request.lines)
        return Answer(400, json.dumps(body).replace("dropped=", f"dropped={bad}")) if bad else Answer()

    with Judge(verdict) as sink:
        one = agent(flow(sink.url))
        said = pour(one, lines)
        assert len(sink.lines()) == 200
        assert len(sink.requests) <= 6
        assert "100 rejected" in said


# ---- Bodies that are too large ----

def test_influx_413__is_split_down_to_what_fits(agent: Agents) -> None:
    huge = f'm s="{"x" * 2000}" 5'
    with Judge(lambda request: Answer(413 if len(request.body) > 1000 else 204)) as sink:
        one = agent(flow(sink.url))
        pour(one, [*points(300), huge, *points(300, 300)])
        assert sorted(sink.lines()) == sorted(points(600))
        assert [record for record, _ in dead_letters(one)] == [huge]


def test_influx_413__of_one_point_rejects_it(agent: Agents, sink: Sink) -> None:
    sink.play(Answer(413))
    one = agent(flow(sink.url))
    said = pour(one, points(1))
    assert len(sink.requests) == 1
    assert "1 rejected" in said


# ---- Configs that cannot be meant ----

@pytest.mark.parametrize("options, why", [
    ({"api": "v2"}, "set bucket and token"),
    ({"bucket": "b", "database": "d"}, "bucket .v2. and database .v1. are both set"),
    ({"urls": ["udp://x"]}, "UDP tells nobody"),
    ({"urls": ["localhost:8086"]}, "must begin with http://"),
    ({"urls": []}, "urls: 1 to 64"),
    ({"token": "a\nb"}, "token: it holds a line feed"),
    ({"http_headers": {"X-A": "b\r\nX-C: d"}}, "cannot stand in a header"),
    ({"timeout": "0s"}, "timeout"),
])
def test_influx_check__says_what_is_wrong(agent: Agents, options: dict[str, object], why: str) -> None:
    urls = options.pop("urls", ["http://127.0.0.1:1"])
    one = agent(flow(*urls, **options))
    done = one.check()
    assert done.returncode == 2
    assert re.search(why, done.stderr), done.stderr
