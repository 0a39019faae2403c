"""Japronto with one worker."""

import sys

from japronto import Application


def answer(request):
    return request.Response(text="Hello, World!")


application = Application()
application.router.add_route("/", answer)
application.run(host="127.0.0.1", port=int(sys.argv[1]), worker_num=1)
