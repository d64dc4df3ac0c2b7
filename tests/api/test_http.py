"""HTTP/1.1, strictly: each rule of RFC 9112 and 9110 that a server can break, whole and cut into single bytes."""

import json

import pytest

import flags
from client import Client, in_parallel
from conftest import ELSEWHERE

pytestmark = pytest.mark.skipif(bool(ELSEWHERE), reason="this HTTP is Postern's own")

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
JSON = b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BODY = b'{"user_id":1,"action":"a"}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def target(text):
    return b"GET " + text + b" HTTP/1.1\r\nHost: x\r\n\r\n"


def header(line):
    return LIVE + line + b"\r\n\r\n"


def length(value):
    return JSON + b"Content-Length:" + value + b"\r\n\r\n" + BODY


def coding(value):
    return JSON + b"Transfer-Encoding:" + value + b"\r\n\r\n1a\r\n" + BODY + b"\r\n0\r\n\r\n"


def host(lines):
    return b"GET /health/live HTTP/1.1\r\n" + lines + b"\r\n"


REFUSED = {  # name: (bytes, the statuses that are right)
    # ends of lines
    "LF after the request line": (b"GET /health/live HTTP/1.1\nHost: x\r\n\r\n", {400}),
    "LF after a header": (b"GET /health/live HTTP/1.1\r\nHost: x\n\r\n", {400}),
    "LF as the empty line": (LIVE + b"\n", {400}),
    "LF everywhere": (b"GET /health/live HTTP/1.1\nHost: x\n\n", {400}),
    "CR alone in a value": (header(b"A: b\rc"), {400}),
    "CR alone as an end": (b"GET /health/live HTTP/1.1\rHost: x\r\r", {400}),
    "CR CR LF": (b"GET /health/live HTTP/1.1\r\r\nHost: x\r\n\r\n", {400}),
    "CR in the request line": (b"GET /health/live\r HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "LF in a value": (header(b"A: b\nTransfer-Encoding: chunked"), {400}),
    "blank before the first header": (b"GET /health/live HTTP/1.1\r\n Host: x\r\n\r\n", {400}),
    "tab before the first header": (b"GET /health/live HTTP/1.1\r\n\tHost: x\r\n\r\n", {400}),
    "three empty lines first": (b"\r\n\r\n\r\n" + LIVE + b"\r\n", {400}),
    "LF first": (b"\n" + LIVE + b"\r\n", {400}),
    "blank first": (b" " + LIVE + b"\r\n", {400}),
    "NUL first": (b"\x00" + LIVE + b"\r\n", {400}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50 + b"\r\n\r\n", {400}),
    # bytes
    "NUL in a value": (header(b"A: b\x00c"), {400}),
    "control in a value": (header(b"A: b\x01c"), {400}),
    "DEL in a value": (header(b"A: b\x7fc"), {400}),
    "NUL in a name": (header(b"A\x00: b"), {400}),
    "escape in a name": (header(b"A\x1b: b"), {400}),
    "NUL in the target": (target(b"/health/live\x00"), {400}),
    "tab in the target": (target(b"/health/live\t"), {400}),
    "DEL in the target": (target(b"/health/live\x7f"), {400}),
    "0xC3 in the target": (target(b"/health/\xc3\xa9"), {400}),
    # the request line
    "two blanks before the target": (b"GET  /health/live HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "two blanks after the target": (b"GET /health/live  HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "tabs between": (b"GET\t/health/live\tHTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "blank at the end": (b"GET /health/live HTTP/1.1 \r\nHost: x\r\n\r\n", {400}),
    "four parts": (b"GET /health/live x HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "no target": (b"GET HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "no method": (b"/health/live HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "no version": (b"GET /health/live\r\nHost: x\r\n\r\n", {400}),
    "method that is no token": (b"G@T /health/live HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "unknown method": (b"BREW /health/live HTTP/1.1\r\nHost: x\r\n\r\n", {405, 501}),
    "method in lower case": (b"get /health/live HTTP/1.1\r\nHost: x\r\n\r\n", {405, 501}),
    "long method": (b"G" * 300 + b" /health/live HTTP/1.1\r\nHost: x\r\n\r\n", {400, 405, 501}),
    "version in lower case": (b"GET /health/live http/1.1\r\nHost: x\r\n\r\n", {400}),
    "version HTTP/1": (b"GET /health/live HTTP/1\r\nHost: x\r\n\r\n", {400}),
    "version HTTP/1.": (b"GET /health/live HTTP/1.\r\nHost: x\r\n\r\n", {400}),
    "version HTTP/1.10": (b"GET /health/live HTTP/1.10\r\nHost: x\r\n\r\n", {400}),
    "version HTTP/01.1": (b"GET /health/live HTTP/01.1\r\nHost: x\r\n\r\n", {400}),
    "version HTTP/1.1x": (b"GET /health/live HTTP/1.1x\r\nHost: x\r\n\r\n", {400}),
    "version HTTP /1.1": (b"GET /health/live HTTP /1.1\r\nHost: x\r\n\r\n", {400}),
    "version HTTPS/1.1": (b"GET /health/live HTTPS/1.1\r\nHost: x\r\n\r\n", {400}),
    "version HTTP/0.9": (b"GET /health/live HTTP/0.9\r\nHost: x\r\n\r\n", {400, 505}),
    "version HTTP/2.0": (b"GET /health/live HTTP/2.0\r\nHost: x\r\n\r\n", {505}),
    "version HTTP/3.0": (b"GET /health/live HTTP/3.0\r\nHost: x\r\n\r\n", {505}),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 501, 505}),
    "target without a slash": (target(b"health/live"), {400}),
    "target with a fragment": (target(b"/health/live#x"), {400}),
    "asterisk with GET": (target(b"*"), {400}),
    "CONNECT": (b"CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n", {400, 405, 501}),
    "absolute target of another host": (target(b"http://y/health/live"), {400}),
    "absolute target with a user": (target(b"http://u@x/health/live"), {400}),
    "absolute target without a host": (target(b"http:///health/live"), {400}),
    # headers
    "header without a name": (header(b": b"), {400}),
    "header without a colon": (header(b"A b"), {400}),
    "header of one word": (header(b"A"), {400}),
    "blank before the colon": (header(b"A : b"), {400}),
    "tab before the colon": (header(b"A\t: b"), {400}),
    "blank in the name": (header(b"A B: c"), {400}),
    "folded header": (header(b"A: b\r\n c"), {400}),
    "folded header with a tab": (header(b"A: b\r\n\tc"), {400}),
    "folded header of blanks": (header(b"A: b\r\n  "), {400}),
    "parenthesis in the name": (header(b"A(b): c"), {400}),
    "umlaut in the name": (header(b"\xc3\x84: c"), {400}),
    "slash in the name": (header(b"A/b: c"), {400}),
    # Host
    "no Host": (b"GET /health/live HTTP/1.1\r\n\r\n", {400}),
    "two Hosts, the same": (host(b"Host: x\r\nHost: x\r\n"), {400}),
    "two Hosts": (host(b"Host: x\r\nHost: y\r\n"), {400}),
    "two Hosts, the second in other case": (host(b"Host: x\r\nhOsT: x\r\n"), {400}),
    "two Hosts in one": (host(b"Host: x, y\r\n"), {400}),
    "Host with a blank": (host(b"Host: x y\r\n"), {400}),
    "Host with a path": (host(b"Host: x/y\r\n"), {400}),
    "Host with a user": (host(b"Host: u@x\r\n"), {400}),
    "Host with a scheme": (host(b"Host: http://x\r\n"), {400}),
    "Host with a query": (host(b"Host: x?y\r\n"), {400}),
    "Host with a port of letters": (host(b"Host: x:y\r\n"), {400}),
    "Host with two ports": (host(b"Host: x:1:2\r\n"), {400}),
    "Host with an open bracket": (host(b"Host: [::1\r\n"), {400}),
    "Host with 0x80": (host(b"Host: x\x80\r\n"), {400}),
    # Content-Length
    "length +": (length(b" +26"), {400}), "length -": (length(b" -26"), {400}), "length -0": (length(b" -0"), {400}),
    "length hex": (length(b" 0x1a"), {400}), "length with underscore": (length(b" 2_6"), {400}),
    "length with a blank inside": (length(b" 2 6"), {400}), "length as a list": (length(b" 26, 26"), {400}),
    "length empty": (length(b""), {400}), "length blank": (length(b"  "), {400}), "length a word": (length(b" all"), {400}),
    "length with a point": (length(b" 26.0"), {400}), "length with a parameter": (length(b" 26;x"), {400}),
    "length with a comma": (length(b" 26,"), {400}), "length full-width": (length(b" \xef\xbc\x92"), {400}),
    "length beyond 64 bits": (length(b" 18446744073709551642"), {400, 413}),
    "length of 40 digits": (length(b" " + b"9" * 40), {400, 413}),
    "length twice, the same": (JSON + LENGTH + LENGTH + b"\r\n" + BODY, {400}),
    "length twice": (JSON + LENGTH + b"Content-Length: 2\r\n\r\n" + BODY, {400}),
    "length twice, the second in other case": (JSON + LENGTH + b"content-length: 2\r\n\r\n" + BODY, {400}),
    # Transfer-Encoding
    "coding and length": (JSON + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + LAST, {400}),
    "length and coding": (JSON + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + LAST, {400}),
    "coding in HTTP/1.0": (CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + LAST, {400}),
    "coding gzip": (coding(b" gzip"), {400, 501}), "coding identity": (coding(b" identity"), {400, 501}),
    "coding gzip, chunked": (coding(b" gzip, chunked"), {400, 501}), "coding chunked, gzip": (coding(b" chunked, gzip"), {400, 501}),
    "coding chunked, chunked": (coding(b" chunked, chunked"), {400, 501}), "coding xchunked": (coding(b" xchunked"), {400, 501}),
    "coding chunked with parameter": (coding(b" chunked;x=y"), {400, 501}), "coding chunked with comma": (coding(b" chunked,"), {400, 501}),
    "coding with a comma first": (coding(b" ,chunked"), {400, 501}), "coding empty": (coding(b""), {400, 501}),
    "coding with a vertical tab": (coding(b" \x0bchunked"), {400, 501}), "coding quoted": (coding(b' "chunked"'), {400, 501}),
    "coding twice": (JSON + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST, {400, 501}),
    "coding and identity": (JSON + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + LAST, {400, 501}),
    # chunks
    "chunk size 0x": (CHUNKED + b"0x1a\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size +": (CHUNKED + b"+1a\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size -": (CHUNKED + b"-1a\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size with underscore": (CHUNKED + b"1_a\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size empty": (CHUNKED + b"\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size no hex": (CHUNKED + b"1g\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size after a blank": (CHUNKED + b" 1a\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size before a blank": (CHUNKED + b"1a \r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size of 17 digits": (CHUNKED + b"0000000000000001a\r\n" + BODY + b"\r\n" + LAST, {400, 413}),
    "chunk size beyond 64 bits": (CHUNKED + b"1000000000000001a\r\n" + BODY + b"\r\n" + LAST, {400, 413}),
    "chunk size near 64 bits": (CHUNKED + b"fffffffffffffff0\r\n" + BODY, {400, 413}),
    "chunk size and LF": (CHUNKED + b"1a\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk size and CR": (CHUNKED + b"1a\r" + BODY + b"\r\n" + LAST, {400}),
    "chunk without its end": (CHUNKED + b"1a\r\n" + BODY + b"0\r\n\r\n", {400}),
    "chunk with LF as its end": (CHUNKED + b"1a\r\n" + BODY + b"\n" + LAST, {400}),
    "chunk too short": (CHUNKED + b"1b\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk too long": (CHUNKED + b"19\r\n" + BODY + b"\r\n" + LAST, {400}),
    "chunk extension of 5000 bytes": (CHUNKED + b"1a;" + b"x" * 5000 + b"\r\n" + BODY + b"\r\n" + LAST, {400, 413, 431}),
    "chunk extension with LF": (CHUNKED + b"1a;x\n" + BODY + b"\r\n" + LAST, {400}),
    "last chunk and LF": (CHUNKED + b"1a\r\n" + BODY + b"\r\n0\n\r\n", {400}),
    "trailer without a colon": (CHUNKED + b"1a\r\n" + BODY + b"\r\n0\r\nx\r\n\r\n", {400}),
    "trailer with LF": (CHUNKED + b"1a\r\n" + BODY + b"\r\n0\r\nX: y\n\r\n", {400}),
    "trailer folded": (CHUNKED + b"1a\r\n" + BODY + b"\r\n0\r\nX: y\r\n z\r\n\r\n", {400}),
    "trailers of 100 kB": (CHUNKED + b"1a\r\n" + BODY + b"\r\n0\r\n" + b"X: yyyyyyyy\r\n" * 8000 + b"\r\n", {400, 413, 431}),
    # limits
    "target of 100 kB": (target(b"/" + b"a" * 100_000), {414}),
    "query of 100 kB": (target(b"/health/live?" + b"a" * 100_000), {414}),
    "header of 100 kB": (header(b"A: " + b"a" * 100_000), {431}),
    "name of 100 kB": (header(b"a" * 100_000 + b": b"), {400, 431}),
    "1000 headers": (LIVE + b"A: b\r\n" * 1000 + b"\r\n", {431}),
    "65 kinds of headers": (LIVE + b"".join(b"A%d: b\r\n" % n for n in range(65)) + b"\r\n", {431}),
    "body of 10 GB announced": (length(b" 10000000000"), {413}),
    "body of 100 MB announced": (length(b" 100000000"), {413}),
    "expectation of something else": (JSON + LENGTH + b"Expect: a-miracle\r\n\r\n" + BODY, {417}),
}

ACCEPTED = {  # name: (bytes, the status)
    "plain": (LIVE + b"\r\n", {200}),
    "one empty line first": (b"\r\n" + LIVE + b"\r\n", {200, 400}),
    "no blank after the colon": (b"GET /health/live HTTP/1.1\r\nHost:x\r\n\r\n", {200}),
    "blanks and tabs around a value": (JSON + b"Content-Length: \t 26 \t\r\n\r\n" + BODY, {200}),
    "tab in a value": (header(b"A: b\tc"), {200}),
    "empty value": (header(b"A:"), {200}),
    "obs-text in a value": (header(b"A: \xc3\xa9\xff"), {200}),
    "names in any case": (b"GET /health/live HTTP/1.1\r\nhOsT: x\r\n\r\n", {200}),
    "every sign of a token in a name": (header(b"!#$%&'*+-.^_`|~09azAZ: b"), {200}),
    "Host with a port": (host(b"Host: x:8000\r\n"), {200}),
    "Host as IPv4": (host(b"Host: 127.0.0.1:80\r\n"), {200}),
    "Host as IPv6": (host(b"Host: [::1]:80\r\n"), {200}),
    "HTTP/1.0 without Host": (b"GET /health/live HTTP/1.0\r\n\r\n", {200}),
    "absolute target": (target(b"http://x/health/live"), {200}),
    "absolute target with upper case": (target(b"HTTP://X/health/live"), {200}),
    "a query": (target(b"/health/live?x=1&y=%20"), {200}),
    "chunked": (CHUNKED + b"1a\r\n" + BODY + b"\r\n" + LAST, {200}),
    "chunked in upper case": (CHUNKED.replace(b"chunked", b"CHUNKED") + b"1A\r\n" + BODY + b"\r\n" + LAST, {200}),
    "chunked with zeros": (CHUNKED + b"0001a\r\n" + BODY + b"\r\n000\r\n\r\n", {200}),
    "single bytes as chunks": (CHUNKED + b"".join(b"1\r\n%c\r\n" % c for c in BODY) + LAST, {200}),
    "trailers": (CHUNKED + b"1a\r\n" + BODY + b"\r\n0\r\nX: y\r\nAuthorization: Bearer x\r\nHost: y\r\n\r\n", {200}),
    "length with zeros": (length(b" 0026"), {200}),
    "length in other case": (JSON + LENGTH.replace(b"Length", b"LENGTH") + b"\r\n" + BODY, {200}),
    "Content_Length is another header": (JSON + b"Content_Length: 26\r\n\r\n", {422}),
    "Transfer_Encoding is another header": (JSON + b"Transfer_Encoding: chunked\r\n" + LENGTH + b"\r\n" + BODY, {200}),
    "body of a GET": (LIVE + b"Content-Length: 26\r\n\r\n" + BODY, {200, 400}),
    "OPTIONS *": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", {200, 204}),
}


def verdict(raw, data, cut=None):
    connection = raw()
    connection.send(data, cut)
    answer = connection.answer()
    return answer, connection


@pytest.mark.parametrize("name", REFUSED)
def test_refused(raw, name):
    data, statuses = REFUSED[name]
    answer, connection = verdict(raw, data)
    assert answer is not None, "closed without an answer"
    assert answer.status in statuses
    assert isinstance(json.loads(answer.body)["detail"], str)
    if answer.status not in (405, 501):
        assert answer.closes and connection.closed()


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_single_bytes(raw, name):
    data, statuses = REFUSED[name]
    cut = 1 if len(data) < 2000 else 997
    whole, _ = verdict(raw, data)
    answer, _ = verdict(raw, data, cut)
    assert answer is not None, "closed without an answer"
    assert answer.status == whole.status and answer.status in statuses


@pytest.mark.parametrize("cut", [None, 1, 2, 3, 7], ids=lambda cut: f"cut {cut}")
@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(raw, name, cut):
    data, statuses = ACCEPTED[name]
    answer, _ = verdict(raw, data, cut)
    assert answer is not None and answer.status in statuses, answer


def test_nothing_of_a_refused_request_is_served(raw):
    """What follows a refused head must not be read as another request."""
    connection = raw()
    connection.send(header(b"A : b") + LIVE + b"\r\n")
    assert connection.answer().status == 400
    assert connection.answer() is None


def test_a_body_is_never_the_next_request(raw):
    inner = LIVE + b"\r\n"
    connection = raw()
    connection.send(b"GET /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner + target(b"/openapi.json"))
    first = connection.answer()
    assert first.status in (404, 400)
    second = connection.answer()
    assert second is None if first.closes else b'"openapi"' in second.body


class TestConnections:
    def test_is_kept_alive(self, raw):
        connection = raw()
        for _ in range(50):
            connection.send(LIVE + b"\r\n")
            assert connection.answer(path="/health/live").status == 200

    def test_close_is_honoured(self, raw):
        for line in (b"Connection: close", b"connection: CLOSE", b"Connection: x, close", b"Connection: keep-alive\r\nConnection: close"):
            connection = raw()
            connection.send(header(line))
            assert connection.answer().closes and connection.closed(), line

    def test_http_10_closes_unless_told_otherwise(self, raw):
        connection = raw()
        connection.send(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert connection.answer().status == 200 and connection.closed()
        connection = raw()
        connection.send(b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
        first = connection.answer()
        assert first.status == 200 and first.headers.get("connection", "").lower() == "keep-alive"
        assert connection.answer().status == 200

    @pytest.mark.parametrize("cut", [None, 1, 5])
    def test_pipelined_requests_are_answered_in_order(self, raw, cut):
        count = 30
        requests, expected = b"", []
        for n in range(count):
            body = b'{"user_id":%d,"action":"a"}' % n
            requests += JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
            requests += target(b"/nothing")
            expected += [(200, n), (404, None)]
        connection = raw(timeout=30)
        connection.send(requests, cut)
        answers = [connection.answer() for _ in expected]
        assert [(a.status, json.loads(a.body).get("user_id")) for a in answers] == expected

    def test_pipelined_behind_slow_work(self, raw):
        user = b'{"email":"pipelined@example.com","password":"correct horse"}'
        register = b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(user) + user
        connection = raw(timeout=30)
        connection.send(register + LIVE + b"\r\n" + register + target(b"/nothing"))
        assert [connection.answer().status for _ in range(4)] == [201, 200, 400, 404]

    def test_thousands_of_pipelined_requests(self, raw):
        """More than any buffer: the server must stop reading while its answers are not taken."""
        count = 20_000
        connection = raw(timeout=60)
        import threading
        sender = threading.Thread(target=connection.send, args=((LIVE + b"\r\n") * count,))
        sender.start()
        for _ in range(count):
            assert connection.answer().status == 200
        sender.join()

    def test_a_client_that_goes_away_early(self, raw, client):
        for data in (b"", b"GET", LIVE, LIVE + b"\r\n", JSON + LENGTH + b"\r\n" + BODY[:5], CHUNKED + b"1a\r\n" + BODY[:5]):
            for _ in range(5):
                connection = raw()
                connection.send(data)
                connection.socket.close()
        assert client.get("/health/live").status_code == 200

    def test_half_closed(self, raw):
        import socket
        connection = raw()
        connection.send(JSON + LENGTH + b"\r\n" + BODY)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answer().status == 200


class TestMethods:
    @pytest.mark.parametrize("path", ["/health/live", "/openapi.json", "/docs", "/.well-known/jwks.json", "/users/me"])
    def test_head_is_get_without_the_body(self, client, raw, path):
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("Content-Type", "Content-Length", "WWW-Authenticate", "Content-Security-Policy"):
            assert head.headers.get(name) == get.headers.get(name), name
        connection = raw()
        connection.send(b"HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode() + LIVE + b"\r\n")
        assert connection.answer("HEAD").status == get.status_code
        assert connection.answer().status == 200

    @pytest.mark.parametrize("path, allowed", [("/register", {"POST"}), ("/users/me", {"GET", "HEAD", "PATCH", "DELETE"}), ("/health/live", {"GET", "HEAD"})])
    def test_options_tells_what_is_allowed(self, client, path, allowed):
        answer = client.options(path)
        assert answer.status_code in (200, 204) and answer.content == b""
        assert {m.strip() for m in answer.headers["Allow"].split(",")} - {"OPTIONS"} == allowed
        if answer.status_code == 204:
            assert "Content-Length" not in answer.headers

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_other_methods_are_405(self, client, method):
        for path in ("/register", "/token", "/users/me/password", "/openapi.json", "/docs"):
            answer = client.request(method, path)
            assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
            assert answer.headers["Allow"]


class TestExpect:
    def test_100_continue_is_sent_before_the_body(self, raw):
        connection = raw()
        connection.send(JSON + LENGTH + b"Expect: 100-continue\r\n\r\n")
        assert connection.answer().status == 100
        connection.send(BODY)
        assert connection.answer().status == 200

    def test_not_when_the_body_is_there_already_or_refused(self, raw):
        connection = raw()
        connection.send(JSON + b"Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n")
        assert connection.answer().status == 413 and connection.closed()

    def test_not_for_http_10(self, raw):
        connection = raw()
        connection.send(JSON.replace(b"1.1", b"1.0") + LENGTH + b"Expect: 100-continue\r\n\r\n" + BODY)
        assert connection.answer().status == 200


class TestAnswers:
    def test_have_a_date_and_a_length(self, client):
        from email.utils import parsedate_to_datetime
        for path in ("/health/live", "/nothing", "/docs"):
            answer = client.get(path)
            parsedate_to_datetime(answer.headers["Date"])
            assert int(answer.headers["Content-Length"]) == len(answer.content)

    def test_nothing_sent_comes_back_as_a_header(self, raw):
        for path in (b"/%0d%0aSet-Cookie:x=1", b"/x?%0d%0aSet-Cookie:x=1", b"/register/%0d%0aSet-Cookie:x=1"):
            connection = raw()
            connection.send(target(path))
            assert "set-cookie" not in connection.answer().headers

    def test_do_not_name_the_program(self, client):
        assert "Server" not in client.get("/health/live").headers

    def test_are_json_with_a_detail_when_something_is_wrong(self, client):
        for answer in (client.get("/nothing"), client.get("/register"), client.post("/json", data="x", headers={"Content-Type": "text/plain"})):
            assert answer.headers["Content-Type"] == "application/json" and list(answer.json()) == ["detail"]


class TestLimits:
    def test_a_body_beyond_the_limit_is_413(self, raw):
        connection = raw()
        connection.send(CHUNKED)
        for _ in range(400):  # 100 MB, or until the server has had enough
            if not connection.send(b"40000\r\n" + b" " * 0x40000 + b"\r\n"):
                break
        answer = connection.answer(path="/json", method="POST")
        assert answer is not None and answer.status == 413

    def test_a_head_that_does_not_end_is_408(self, start, raw):
        server = start(*flags.HEAD_TIMEOUT)
        for data in (b"GET", LIVE, LIVE + b"A: b"):
            connection = raw(server)
            connection.send(data)
            answer = connection.answer()
            assert answer.status == 408 and answer.closes and connection.closed()

    def test_a_head_that_trickles_is_408_all_the_same(self, start, raw):
        import time
        connection = raw(start(*flags.HEAD_TIMEOUT), timeout=0.1)
        connection.send(LIVE)
        answer, until = None, time.monotonic() + 10
        while time.monotonic() < until and answer is None:
            connection.send(b"A: b\r\n")
            try:
                answer = connection.answer()
            except TimeoutError:
                continue
            break
        assert answer is not None and answer.status == 408

    def test_a_body_that_does_not_end_is_408(self, start, raw):
        server = start(*flags.BODY_TIMEOUT, *flags.BENCH)
        for data in (JSON + LENGTH + b"\r\n" + BODY[:3], CHUNKED + b"1a\r\n{"):
            connection = raw(server)
            connection.send(data)
            answer = connection.answer(path="/json", method="POST")
            assert answer.status == 408 and answer.closes and connection.closed()

    def test_an_idle_connection_does_not_meet_the_heads_deadline(self, start, raw):
        """Between requests the idle deadline counts; a new request begins a new one."""
        import time
        connection = raw(start(*flags.HEAD_TIMEOUT))
        connection.send(LIVE + b"\r\n")
        assert connection.answer().status == 200
        time.sleep(0.3)
        connection.send(LIVE + b"\r\n")
        assert connection.answer().status == 200

    def test_connections_per_address(self, start, raw):
        server = start(flags.PER_ADDRESS, "3")
        first = [raw(server) for _ in range(3)]
        for connection in first:
            connection.send(LIVE + b"\r\n")
            assert connection.answer().status == 200
        fourth = raw(server)
        fourth.send(LIVE + b"\r\n")
        answer = fourth.answer()
        assert answer is None or (answer.status == 503 and answer.headers["retry-after"] and answer.closes)
        for connection in first:
            connection.send(LIVE + b"\r\n")
            assert connection.answer().status == 200
        first[0].socket.close()
        again = retry(lambda: asked(raw(server)))
        assert again.status == 200

    def test_more_connections_than_a_hundred(self, server):
        def ask(_):
            with Client(server) as client:
                return client.get("/health/live").status_code
        assert set(in_parallel(150, ask)) == {200}


def asked(connection):
    connection.send(LIVE + b"\r\n")
    return connection.answer()


def retry(ask, seconds=5):
    """Until the server has noticed: the first answer that is no refusal."""
    import time
    until = time.monotonic() + seconds
    while True:
        answer = ask()
        if time.monotonic() > until or (answer is not None and answer.status != 503):
            return answer
        time.sleep(0.01)


class TestCors:
    ORIGIN = "https://app.example"

    @pytest.fixture
    def cors(self, start):
        with Client(start(flags.CORS_ORIGIN, self.ORIGIN, flags.CORS_ORIGIN, "http://127.0.0.1:3000")) as client:
            yield client

    def test_an_origin_that_may(self, cors):
        for origin in (self.ORIGIN, "http://127.0.0.1:3000"):
            for answer in (cors.get("/health/live", headers={"Origin": origin}), cors.get("/users/me", headers={"Origin": origin}),
                           cors.get("/nothing", headers={"Origin": origin}),
                           cors.post("/token", data={"username": "a", "password": "b"}, headers={"Origin": origin})):
                assert answer.headers["Access-Control-Allow-Origin"] == origin
                assert "Origin" in answer.headers["Vary"]

    @pytest.mark.parametrize("origin", ["https://other.example", "http://app.example", "https://app.example:444", "https://app.example.evil.example",
                                        "null", "https://APP.example/", "*", ""])
    def test_an_origin_that_may_not(self, cors, origin):
        answer = cors.get("/health/live", headers={"Origin": origin})
        assert answer.status_code == 200 and "Access-Control-Allow-Origin" not in answer.headers

    def test_the_question_before(self, cors):
        answer = cors.options("/users/me", headers={"Origin": self.ORIGIN, "Access-Control-Request-Method": "GET",
                                                    "Access-Control-Request-Headers": "authorization"})
        assert answer.status_code in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == self.ORIGIN
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert "authorization" in allowed and "content-type" in allowed

    def test_the_question_before_of_another(self, cors):
        answer = cors.options("/users/me", headers={"Origin": "https://other.example", "Access-Control-Request-Method": "GET"})
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_without_the_option_nobody_may(self, client):
        answer = client.get("/health/live", headers={"Origin": self.ORIGIN})
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


class TestHealth:
    def test_live_and_ready(self, client):
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 200


def test_two_media_types_are_none_that_is_known(raw):
    """Taken for none, as one that is absent, the body would be read as JSON that a header denies."""
    for second in (b"text/plain", b"application/json"):
        connection = raw()
        connection.send(JSON + b"Content-Type: " + second + b"\r\n" + LENGTH + b"\r\n" + BODY)
        assert connection.answer("POST", "/json").status == 415
