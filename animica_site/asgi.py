"""The ASGI application of the node, for uvicorn and for ``daphne animica_site.asgi:application``.

rpc.router.Router        JSON-RPC, raw blocks, health, metrics: answered in front of Django
└── ProtocolTypeRouter   http: Django (pages, admin, REST); websocket: JSON-RPC at /ws
PeerDoor                 in front of all that: peers of the node at /p2p, whatever host they name

With ``ANIMICA_HOST_NODE=1`` the node itself runs in the server's process too: see
``animica_site.hosted``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.core.asgi import get_asgi_application

if TYPE_CHECKING:
    from rpc.router import App

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "animica_site.settings")


def _build() -> App:
    http = get_asgi_application()  # sets Django up, which the modules below need
    from channels.routing import ProtocolTypeRouter, URLRouter
    from django.urls import path, re_path

    from p2p.consumers import PeerConsumer, PeerDoor
    from rpc.consumers import RpcConsumer
    from rpc.router import Router, refuse_socket

    refuse: Any = refuse_socket  # Django's types know views only, not ASGI apps
    sockets = URLRouter([path("ws", RpcConsumer.as_asgi()), re_path("", refuse)])
    router = Router(ProtocolTypeRouter({"http": http, "websocket": sockets}))
    return PeerDoor(PeerConsumer.as_asgi(), router)


application: App = _build()
if os.environ.get("ANIMICA_HOST_NODE") == "1":
    from animica_site.hosted import host

    application = host(application)
