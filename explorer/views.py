"""One function for each address of the site: read the request, gather, render.

What a reader got wrong answers 404, 400 or 403 with a sentence and the search, what this node has
pruned 410 with who may have it; a node that cannot
answer, or whose database cannot, is 503. Nothing here is a 500 but a defect.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from chain.errors import BadCursor, Pruned
from core.errors import AnimicaError, EncodingRefused, NodeFault, RequestRefused, TxRefused
from explorer import reading, search
from explorer.errors import NothingFound, NotSearchable, TooManyReads
from explorer.frame import Frame, frame
from explorer.pages import (
    addresses,
    blocks,
    consensus,
    contracts,
    home,
    network,
    pool,
    sending,
    transactions,
)

log = logging.getLogger("animica.explorer")

View = Callable[..., HttpResponse]
_STATUSES: tuple[tuple[type[AnimicaError], int], ...] = (
    (Pruned, 410),
    (NothingFound, 404),
    (NotSearchable, 404),
    (EncodingRefused, 404),
    (TooManyReads, 503),
    (TxRefused, 400),
    (RequestRefused, 400),
    (NodeFault, 503),
)
_TITLES = {
    400: "This request does not fit",
    404: "Nothing found",
    410: "Pruned here",
    503: "Not ready",
}


def page(view: View) -> View:
    """A view that only reads, and that explains what it refuses."""

    return require_safe(_explained(view))


def _explained(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except AnimicaError as error:
            response = _refused(request, error)
        except (DatabaseError, InterfaceError) as error:
            log.error("the database does not answer: %s", error)
            response = _error(request, 503, "The node's database does not answer.", "Try again.")
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return guarded


@page
def home_page(request: HttpRequest) -> HttpResponse:
    """Where the chain stands."""
    return render(request, "explorer/home.html", home.context())


@page
def blocks_page(request: HttpRequest) -> HttpResponse:
    """Blocks, newest first."""
    before = request.GET.get("before")
    height = None if before is None else reading.height(before)
    if before is not None and height is None:
        raise BadCursor("the page starts at a height that is none", field="before")
    return render(request, "explorer/blocks.html", blocks.list_context(height))


@page
def block_page(request: HttpRequest, ref: str) -> HttpResponse:
    """A block by height or hash."""
    return render(request, "explorer/block.html", blocks.context(ref, _cursor(request)))


@page
def block_raw(request: HttpRequest, ref: str) -> HttpResponse:
    """A block's canonical bytes."""
    return _download(*blocks.raw(ref))


@page
def tx_page(request: HttpRequest, ref: str) -> HttpResponse:
    """A transaction by txid."""
    return render(request, "explorer/tx.html", transactions.context(ref))


@page
def tx_raw(request: HttpRequest, ref: str) -> HttpResponse:
    """A transaction's canonical bytes."""
    return _download(*transactions.raw(ref))


@page
def address_page(request: HttpRequest, ref: str) -> HttpResponse:
    """An account by its address."""
    return render(request, "explorer/address.html", addresses.context(ref, _cursor(request)))


@page
def call_page(request: HttpRequest, ref: str) -> HttpResponse:
    """A function of a contract, called by a form."""
    return render(request, "explorer/call.html", contracts.call_context(ref, request.GET.dict()))


@page
def entry_page(request: HttpRequest, ref: str) -> HttpResponse:
    """An entry of a contract's stored map."""
    return render(request, "explorer/entry.html", contracts.entry_context(ref, request.GET.dict()))


@require_http_methods(["GET", "HEAD", "POST"])
@_explained
def send_page(request: HttpRequest) -> HttpResponse:
    """A form for a signed transaction, and handing it to the pool."""
    if request.method != "POST":
        return render(request, "explorer/send.html", {"frame": frame()})
    txid = sending.submit(request.POST.get("raw", ""), str(request.META.get("REMOTE_ADDR", "")))
    return HttpResponseRedirect(reverse("explorer:tx", args=[txid]))


@page
def consensus_page(request: HttpRequest) -> HttpResponse:
    """Threshold, weights of useful work, hash shares."""
    return render(request, "explorer/consensus.html", consensus.context())


@page
def mempool_page(request: HttpRequest) -> HttpResponse:
    """What waits for a block."""
    return render(request, "explorer/mempool.html", pool.context(_cursor(request)))


@page
def network_page(request: HttpRequest) -> HttpResponse:
    """Peers, and how far this node is."""
    return render(request, "explorer/network.html", network.context())


@page
def search_page(request: HttpRequest) -> HttpResponse:
    """Lead to what was searched for, or say what can be."""
    words = request.GET.get("q", "").strip()
    if not words:
        return render(request, "explorer/search.html", {"frame": frame()})
    return HttpResponseRedirect(search.find(words))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django refused the request itself."""
    return _error(request, 400, "The server could not make sense of this request.", "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What may not be done, such as a form from elsewhere."""
    text = "This is not allowed from where you are."
    return _error(request, 403, text, "Sign in again, or go back.", "Not allowed")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without this site's token: sent from elsewhere, or from a page kept too long."""
    text = "This form was not sent from a page of this site, or its page is too old."
    return _error(request, 403, text, "Open the page again and send its form.", "Not allowed")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address on this site."""
    hint = "Search for a block, a transaction or an address instead."
    return _error(request, 404, "There is no page here.", hint)


def server_error(request: HttpRequest) -> HttpResponse:
    """A defect: nothing is asked of the database here, it may be what failed."""
    text = "Something went wrong inside this node. Its log says what."
    context = {"title": "A fault in this node", "reason": text, "status": 500}
    return render(request, "explorer/error.html", context, status=500)


def _refused(request: HttpRequest, error: AnimicaError) -> HttpResponse:
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)
    reason = error.message[:1].upper() + error.message[1:].rstrip(".") + "."
    return _error(request, status, reason, error.hint, code=error.code)


def _error(
    request: HttpRequest, status: int, reason: str, hint: str, title: str = "", code: str = ""
) -> HttpResponse:
    context = {
        "frame": _frame_if_any(),
        "status": status,
        "title": title or _TITLES.get(status, ""),
        "reason": reason,
        "hint": hint,
        "code": code,
        "words": request.GET.get("q", "")[: search.LONGEST],
    }
    return render(request, "explorer/error.html", context, status=status)


def _frame_if_any() -> Frame | None:
    """The frame, or None where the node cannot say where it stands: then the error says so."""
    try:
        return frame()
    except (NodeFault, DatabaseError, InterfaceError):
        return None


def _cursor(request: HttpRequest) -> str | None:
    return request.GET.get("cursor") or None


def _download(name: str, data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type="application/cbor")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
