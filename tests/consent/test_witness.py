"""Talking with a witness: what is sent, what each answer means, and that only our own errors come out."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from consent.outside.witness import (
    MOST_BYTES,
    WitnessAnswer,
    add_checkpoint,
    latest_checkpoint,
    read_answer,
    request_body,
)
from schemas.errors import BadInput, ChathamError, UsageError
from tests.consent.mangling import survivors

SIGNED = "chatham/0011\n1\nroot\n\n— chatham/0011 AAAA\n".encode()
LINES = "— witness.example/w1 AAAA\n".encode()
PROOF = [bytes([number]) * 32 for number in range(3)]


@dataclass
class Fake:
    """A server on loopback that answers every request alike and keeps what it was sent."""

    status: int = 200
    body: bytes = LINES
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        def do_GET(self) -> None:
            if self.command == "GET":
                made.asked.append((self.path, b""))
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/prefix/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bare() -> Iterator[socket.socket]:
    """A listening socket that a test answers on by itself."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def url_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_the_request_is_the_old_size_the_proof_an_empty_line_and_the_checkpoint(fake: Fake) -> None:
    assert add_checkpoint(fake.url, SIGNED, 8, PROOF).cosignatures == LINES
    ((path, body),) = fake.asked
    assert path == "/prefix/add-checkpoint"
    head = (
        b"old 8\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
        b"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\n"
    )
    assert body == head + SIGNED


def test_from_nothing_no_proof_is_sent() -> None:
    assert request_body(SIGNED, 0, []) == b"old 0\n\n" + SIGNED


def test_a_proof_longer_than_a_witness_takes_is_not_sent() -> None:
    with pytest.raises(BadInput, match="longer than any register needs"):
        request_body(SIGNED, 8, [bytes(32)] * 64)


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, LINES, WitnessAnswer(cosignatures=LINES)),
        (409, b"200\n", WitnessAnswer(known_size=200)),
        (409, b"0\n", WitnessAnswer(known_size=0)),
        (422, b"whatever", WitnessAnswer(inconsistent=True)),
    ],
)
def test_each_answer_of_the_protocol_is_told_apart(status: int, body: bytes, answer: WitnessAnswer) -> None:
    assert read_answer(status, body) == answer


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "malformed"),
        (401, "who asks"),
        (403, "signature"),
        (404, "does not know this register"),
        (429, "too often"),
        (302, "another address"),
        (500, "HTTP status 500"),
    ],
)
def test_a_witness_that_will_not_is_told_in_words(status: int, said: str) -> None:
    assert said in (read_answer(status, b"somebody's words").refused or "")


@pytest.mark.parametrize("body", [b"", b"hello\n", LINES[:-1], b"\xff\xfe"])
def test_a_cosignature_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="not written as one"):
        read_answer(200, body)


@pytest.mark.parametrize("body", [b"", b"-1\n", b"007\n", b"1e9\n", b"9" * 5000, "٣\n".encode(), b"1\n2\n"])
def test_a_size_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="which size it knows"):
        read_answer(409, body)


def test_only_our_own_error_comes_out_of_a_mangled_answer() -> None:
    for status in (200, 409, 422, 500):
        survivors(lambda body, status=status: read_answer(status, body), [LINES, b"200\n"])


def test_a_redirect_is_not_followed(fake: Fake) -> None:
    fake.status, fake.headers = 302, {"Location": fake.url + "elsewhere"}
    assert "another address" in (add_checkpoint(fake.url, SIGNED, 0, []).refused or "")
    assert len(fake.asked) == 1


def test_the_newest_checkpoint_is_asked_for_under_the_hash_of_the_register_s_name(fake: Fake) -> None:
    fake.body = SIGNED
    assert latest_checkpoint(fake.url, "chatham/0011") == SIGNED
    assert fake.asked == [(f"/prefix/{hashlib.sha256(b'chatham/0011').hexdigest()}/checkpoint", b"")]
    fake.status = 404
    assert latest_checkpoint(fake.url, "chatham/0011") is None


def test_an_endless_answer_is_cut_off(fake: Fake) -> None:
    fake.body = b"x" * (MOST_BYTES + 1)
    with pytest.raises(BadInput, match="far too long"):
        add_checkpoint(fake.url, SIGNED, 0, [])


def test_a_witness_that_says_nothing_is_given_up(bare: socket.socket) -> None:
    with pytest.raises(ChathamError, match=r"did not answer within 0\.05 seconds"):
        add_checkpoint(url_of(bare), SIGNED, 0, [], timeout_s=0.05)


def test_a_witness_that_answers_drop_by_drop_is_given_up(bare: socket.socket) -> None:
    def drip() -> None:
        talking, _ = bare.accept()
        with talking:
            talking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
            try:
                for _ in range(1000):
                    talking.sendall(b"x")
                    time.sleep(0.01)
            except OSError:
                return  # the other side has given up

    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises(ChathamError, match="did not answer within"):
        add_checkpoint(url_of(bare), SIGNED, 0, [], timeout_s=0.1)
    thread.join()


def test_what_speaks_no_http_is_told_in_words(bare: socket.socket) -> None:
    def greet() -> None:
        talking, _ = bare.accept()
        with talking:
            talking.recv(65_536)
            talking.sendall(b"220 mail.example ESMTP\r\n")

    thread = threading.Thread(target=greet)
    thread.start()
    with pytest.raises(BadInput, match="does not speak HTTP"):
        add_checkpoint(url_of(bare), SIGNED, 0, [], timeout_s=5)
    thread.join()


def test_nobody_there_is_told_in_words(bare: socket.socket) -> None:
    url = url_of(bare)
    bare.close()
    with pytest.raises(ChathamError, match="nothing listens at that address"):
        add_checkpoint(url, SIGNED, 0, [], timeout_s=5)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "witness.example",
        "ftp://witness.example",
        "file:///etc/passwd",
        "http://",
        "http://user:word@witness.example",
        "http://witness.example:99999",
        "http://witness.example/?a=b",
        "http://witness.example/#a",
        "http://witness example",
        "http://witness.example/\r\nX: y",
        "http://[::1",
    ],
)
def test_only_plain_addresses_of_http_and_https_are_asked(url: str) -> None:
    with pytest.raises(UsageError, match="not the address of a witness"):
        add_checkpoint(url, SIGNED, 0, [])
