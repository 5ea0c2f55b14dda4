"""A server that answers as it is told: each request to the next of its answers."""

import base64
import hashlib
import json
import socket
import struct
import threading

from order_engine_client import OrderEngine

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ACCEPTED = {"success": True, "orderId": "o-1", "status": "pending", "message": "", "wsUrl": "", "queue": None}
FAST = {"first_wait": 0.001, "longest_wait": 0.002, "answer_limit": 5}


class Request:
    def __init__(self, head, body):
        first, *lines = head.decode().split("\r\n")
        self.method, self.path, _ = first.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.body = json.loads(body) if body else None


class Server:
    """`answers` are functions of a connection and its request; the last one answers all that follow."""

    def __init__(self, *answers):
        self.requests = []
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = []
        self._clients = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def client(self, **settings):
        client = OrderEngine(self.url, **{**FAST, **settings})
        self._clients.append(client)
        return client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        for it in [*self._open, *self._clients]:
            it.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            while True:
                request = read_request(connection)
                if request is None:
                    break
                self.requests.append(request)
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if answer(connection, request) is False:
                    break
        except OSError:
            pass
        # Closing alone sends nothing while another thread reads.
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()


def read_request(connection):
    read = b""
    while b"\r\n\r\n" not in read:
        piece = connection.recv(65536)
        if not piece:
            return None
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    request = Request(head, b"")
    length = int(request.headers.get("content-length", "0"))
    while len(body) < length:
        body += connection.recv(65536)
    return Request(head, body)


def says(status, body, **headers):
    """An answer of JSON."""

    def answer(connection, _):
        text = json.dumps(body).encode()
        named = {"Content-Length": len(text), **{name.replace("_", "-"): value for name, value in headers.items()}}
        lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in named.items())]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + text)

    return answer


def refuses(status, code, **headers):
    more = headers.pop("more", {})
    problem = {"type": "", "title": "", "status": status, "detail": "no", "code": code, "success": False, **more}
    return says(status, {**problem, "error": "no"}, **headers)


def loses(_connection, _request):
    """The request arrives, and its answer does not."""
    return False


def opens(*messages, then=None):
    """A socket that sends these: events, texts, or raw bytes. It is cut then, or closed with a code."""

    def answer(connection, request):
        key = request.headers["sec-websocket-key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        connection.sendall("\r\n".join([*head, f"Sec-WebSocket-Accept: {accept}"]).encode() + b"\r\n\r\n")
        for message in messages:
            if callable(message):
                message(connection)
            else:
                connection.sendall(message if isinstance(message, bytes) else text_frame(json.dumps(message)))
        if then is not None:
            connection.sendall(frame(0x88, struct.pack("!H", then)))
            connection.recv(65536)
        return False

    return answer


def text_frame(text):
    return frame(0x81, text.encode())


def frame(first, payload):
    length = len(payload)
    if length < 126:
        return bytes([first, length]) + payload
    return bytes([first, 126]) + struct.pack("!H", length) + payload


def event(seq, status="pending", **more):
    return {"orderId": "o-1", "seq": seq, "status": status, "timestamp": "", "attempt": 1, **more}
