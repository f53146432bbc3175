"""The engine as drivers get it."""

from __future__ import annotations

from p2p.rules.addresses import parse
from p2p.rules.book import Book
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.build import make_engine
from p2p.rules.conduct import Conduct
from p2p.rules.wire import messages as m
from tests.p2p.sync.net import Net
from tests.p2p.world import id_of
