"""Meinheld, connections kept."""

import sys

from meinheld import server


def answer(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]


server.listen(("127.0.0.1", int(sys.argv[1])))
server.set_keepalive(60)
server.set_access_logger(None)
server.run(answer)
