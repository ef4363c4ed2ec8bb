"""A chat endpoint on this machine that does what a test tells it to, and misbehaves on order."""

import json
import pickle
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-a-secret-that-nobody-may-see"


def completion(content, prompt_tokens=100, completion_tokens=10, **choice):
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    return {"choices": [{"message": message, "finish_reason": "stop", **choice}], "usage": usage}


class Endpoint(BaseHTTPRequestHandler):
    """Does what ``server.behave(question, n)`` says of the n-th request."""

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            n = len(self.server.questions)
            self.server.questions.append(question)
            self.server.headers.append(dict(self.headers))
        reply = self.server.behave(question, n)
        if callable(reply):
            reply = reply(self)
        if reply is None:
            return
        status, headers, body = reply if isinstance(reply, tuple) else (200, {}, reply)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *args):
        pass


def data_of(question):
    """What stands in the data block of a prompt."""
    content = question["messages"][1]["content"]
    assert content.count("<data>") == content.count("</data>") == 1
    return json.loads(re.search("<data>(.*)</data>", content).group(1))


def in_turn(*replies):
    return lambda question, n: replies[min(n, len(replies) - 1)]


def says(*texts):
    return in_turn(*[completion(text) for text in texts])


def cut_before(handler):
    handler.close_connection = True
    handler.connection.close()


def cut_within(handler):
    body = json.dumps(completion("small")).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) + 50))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def cut_chunks(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc")
    handler.close_connection = True


@contextmanager
def running_server(behave):
    """A server with ``url``, the ``questions`` and ``headers`` it got, and what it does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads, server.block_on_close = True, False
    server.lock, server.questions, server.headers = threading.Lock(), [], []
    server.behave = behave
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def everything_in(value):
    """The text of an object, whatever it holds."""
    return repr(value) + repr(vars(value)) + repr(pickle.dumps(value)) + value._repr_html_()
