"""Actions of operators: a wish and an audit row in one transaction, whoever asks and from where."""

from __future__ import annotations

import re
from dataclasses import replace

import orjson
import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils.html import escape

from audit import service as audit
from audit.errors import ReasonMissing
from audit.limits import WHY_CHARS
from p2p import service, store
from p2p.errors import BanLengthInvalid, PeerIdInvalid, TooManyWishes
from p2p.kept import WISHES_MOST
from p2p.models import Wish
from p2p.operators import ACTIONS, BAN_LEAST_MS, BAN_MOST_MS, HOUR_MS, id_text, read_id
from p2p.rules.addresses import AddressInvalid, parse
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.events import Asked
from p2p.values import NetView, PeerView

pytestmark = pytest.mark.django_db
PEER = bytes(range(32))
ID = id_text(PEER)
ADDRESS = "tcp://192.0.2.7:8546"
WHO = {"who": "ann", "why": "it floods", "now_ms": 5}


def target_of(verb: str) -> str:
    return ADDRESS if verb == "connect" else ID


# ------------------------------------------------------------------ the actions


@pytest.mark.parametrize("verb", ACTIONS)
def test_an_action_leaves_a_wish_and_an_audit_row(verb):
    action = ACTIONS[verb]
    action.ask(target_of(verb), **WHO)
    peer, address = (b"", parse(ADDRESS)) if verb == "connect" else (PEER, None)
    ban_ms = 24 * HOUR_MS if verb == "ban" else 0
    assert store.take_wishes() == [Asked(verb, peer, address, ban_ms)]
    (row,) = audit.newest()
    assert (row.who, row.what, row.why, row.at_ms) == ("ann", f"peer.{verb}", "it floods", 5)
    after = orjson.loads(row.after)
    assert after.pop("verb") == verb and after.pop("banMs", 0) == ban_ms
    assert after == ({"address": ADDRESS} if verb == "connect" else {"peer": ID})


def test_the_verbs_are_those_that_the_engine_knows():
    doc = " ".join(Asked.__doc__.split())
    assert set(ACTIONS) == set(re.findall(r"``(\w+)``", doc.split(".")[0]))


def test_every_action_says_what_it_brings_about_and_has_a_permission(db):
    named = {f"p2p.{p.codename}" for p in Permission.objects.filter(content_type__app_label="p2p")}
    for action in ACTIONS.values():
        assert action.permission in named
        assert action.consequence.endswith(".") and len(action.consequence) > 40


def test_the_audit_keeps_how_the_peer_stood_before():
    store.save_bans([Ban(PEER, "", 77, 1, "r"), Ban(PEER, "192.0.2.7", 99, 1, "r")])
    store.save_book([BookEntry(parse(ADDRESS), PEER, pinned=True)])
    ACTIONS["unban"].ask(ID, **WHO)
    assert orjson.loads(audit.newest()[0].before) == {"bannedUntilMs": 99, "pinned": True}
    ACTIONS["ban"].ask("0x" + "ff" * 32, **WHO)
    assert orjson.loads(audit.newest()[0].before) == {"bannedUntilMs": None, "pinned": False}
    ACTIONS["connect"].ask(ADDRESS, **WHO)
    assert audit.newest()[0].before == "null"


def nothing_happened() -> bool:
    return not audit.newest() and not Wish.objects.exists()


def test_without_a_reason_nothing_happens():
    with pytest.raises(ReasonMissing):
        ACTIONS["ban"].ask(ID, who="ann", why=" ", now_ms=5)
    assert nothing_happened()


@pytest.mark.parametrize(
    "text", ["", "0x", "12", ID[:-2], ID + "00", ID.replace("0x", "0X"), "٣" * 64, " ".join(ID[2:])]
)
def test_what_is_no_id_is_refused(text):
    with pytest.raises(PeerIdInvalid):
        ACTIONS["ban"].ask(text, **WHO)
    assert nothing_happened()


def test_an_id_reads_with_and_without_its_prefix():
    assert read_id(ID) == read_id(ID[2:]) == read_id(ID[2:].upper()) == PEER
    ACTIONS["ban"].ask(f"  {ID}\n", **WHO)
    assert store.take_wishes()[0].peer == PEER


def test_what_is_no_address_is_refused():
    with pytest.raises(AddressInvalid):
        ACTIONS["connect"].ask("nowhere", **WHO)
    assert nothing_happened()


@pytest.mark.parametrize("ban_ms", [0, BAN_LEAST_MS - 1, BAN_MOST_MS + 1])
def test_a_ban_has_a_length(ban_ms):
    with pytest.raises(BanLengthInvalid):
        ACTIONS["ban"].ask(ID, **WHO, ban_ms=ban_ms)
    assert nothing_happened()


@pytest.mark.parametrize("ban_ms", [BAN_LEAST_MS, BAN_MOST_MS])
def test_the_shortest_and_the_longest_ban(ban_ms):
    ACTIONS["ban"].ask(ID, **WHO, ban_ms=ban_ms)
    assert store.take_wishes()[0].ban_ms == ban_ms


def test_an_action_that_finds_no_room_leaves_no_row():
    for _ in range(WISHES_MOST):
        store.add_wish(Asked("unban", PEER), 1)
    with pytest.raises(TooManyWishes):
        ACTIONS["ban"].ask(ID, **WHO)
    assert not audit.newest()


# ------------------------------------------------------------------ in the admin


@pytest.fixture
def staff(client):
    """A client of a user of the admin, and the user, who may look at the lists."""
    user = User.objects.create_user("ann", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    client.user = user
    return client


def allow(user: User, verb: str) -> None:
    name = ACTIONS[verb].permission.removeprefix("p2p.")
    user.user_permissions.add(Permission.objects.get(codename=name))


def page_of(verb: str) -> str:
    return reverse("admin:p2p_ask", args=[verb])


def filled(verb: str, **more) -> dict[str, object]:
    hours = {"hours": 3} if verb == "ban" else {}
    return {"target": target_of(verb), "why": "it floods", **hours, **more}


@pytest.mark.parametrize("verb", ACTIONS)
def test_a_page_states_the_consequence_and_its_form_does_it(staff, verb):
    allow(staff.user, verb)
    response = staff.get(page_of(verb), {"target": "some<target"})
    page = response.content.decode()
    assert response.status_code == 200
    assert escape(ACTIONS[verb].consequence) in " ".join(page.split())
    assert 'value="some&lt;target"' in page and 'name="why"' in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page) and " style=" not in page
    assert nothing_happened()
    response = staff.post(page_of(verb), filled(verb), follow=True)
    assert "within a second" in response.content.decode()
    assert response.redirect_chain == [(reverse("admin:p2p_wish_changelist"), 302)]
    (row,) = audit.newest()
    assert (row.who, row.what, row.why) == ("ann", f"peer.{verb}", "it floods")
    (wish,) = store.take_wishes()
    assert wish.verb == verb and wish.ban_ms == (3 * HOUR_MS if verb == "ban" else 0)


@pytest.mark.parametrize("verb", ACTIONS)
def test_without_the_permission_nobody_asks(staff, verb):
    for other in ACTIONS:
        if ACTIONS[other].permission != ACTIONS[verb].permission:
            allow(staff.user, other)
    assert staff.get(page_of(verb)).status_code == 403
    assert staff.post(page_of(verb), filled(verb)).status_code == 403
    assert nothing_happened()
    page = staff.get(reverse("admin:p2p_wish_changelist")).content.decode()
    assert page_of(verb) not in page
    allow(staff.user, verb)
    assert page_of(verb) in staff.get(reverse("admin:p2p_wish_changelist")).content.decode()


def test_strangers_are_asked_to_sign_in(client):
    assert client.post(page_of("ban"), filled("ban")).status_code == 302
    assert nothing_happened()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"why": ""}, "This field is required"),
        ({"why": "  "}, "This field is required"),
        ({"why": "x" * (WHY_CHARS + 1)}, f"at most {WHY_CHARS} characters"),
        ({"target": "0x12"}, "is not the id of a peer"),
        ({"hours": 0}, "greater than or equal to 1"),
        ({"hours": 9999}, "less than or equal to 8760"),
    ],
)
def test_what_does_not_fit_is_explained_and_kept(staff, given, said):
    allow(staff.user, "ban")
    response = staff.post(page_of("ban"), filled("ban", **given))
    page = response.content.decode()
    assert response.status_code == 200 and said in page
    if given.get("why") is None:
        assert "it floods" in page
    assert nothing_happened()


def test_an_unknown_action_is_not_found(staff):
    assert staff.get(page_of("explode")).status_code == 404


def test_a_form_from_elsewhere_is_refused(staff):
    from django.test import Client

    allow(staff.user, "ban")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff.user)
    assert strict.post(page_of("ban"), filled("ban")).status_code == 403
    assert nothing_happened()


# ------------------------------------------------------------------ lists


def test_the_lists_show_rows_lead_to_actions_and_change_nothing(admin_client):
    entries = [
        BookEntry(parse(ADDRESS), PEER, "192.0.0.0/16", 1_000, 2_000, 3_000, 1, True, True),
        BookEntry(parse("192.0.2.8:1"), PEER),
        BookEntry(parse("192.0.2.9:1")),
    ]
    bans = [Ban(PEER, "192.0.2.7", 4_000, 2, "points")]
    store.save_book(entries), store.save_bans(bans)
    store.add_wish(Asked("pin", PEER), 5_000)
    for name, shown in (
        ("knownaddress", [ADDRESS, ID, "1970-01-01 00:00:03", "ask/unpin/", "ask/connect/"]),
        ("ban", [ID, "192.0.2.7", "1970-01-01 00:00:04", "points", "ask/unban/"]),
        ("wish", [ID, "pin", "1970-01-01 00:00:05"]),
    ):
        listed = admin_client.get(f"/admin/p2p/{name}/")
        page = listed.content.decode()
        assert listed.status_code == 200
        assert [word for word in shown if word not in page] == []
        assert 'name="action"' not in page
        (url,) = set(re.findall(rf'href="(/admin/p2p/{name}/[^"?/]+/change/)', page)[:1])
        row = admin_client.get(url)
        assert row.status_code == 200 and 'name="_save"' not in row.content.decode()
        for address in (url, url.replace("change", "delete"), f"/admin/p2p/{name}/add/"):
            assert admin_client.post(address, {"post": "yes"}).status_code == 403
    assert len(store.load_book()) == 3 and store.load_bans() == bans
    assert len(store.take_wishes()) == 1


def test_a_search_for_an_address_finds_it(admin_client):
    store.save_book([BookEntry(parse(ADDRESS)), BookEntry(parse("192.0.2.8:1"))])
    page = admin_client.get("/admin/p2p/knownaddress/", {"q": ADDRESS})
    assert len(page.context["cl"].result_list) == 1


# ------------------------------------------------------------------ peers now


class Running:
    """A network part with some peers."""

    def __init__(self, *peers: PeerView) -> None:
        self.listed = peers

    def peers(self) -> tuple[PeerView, ...]:
        return self.listed

    def net(self) -> NetView:
        return NetView(b"\1" * 32, "ml-dsa-65", (), 1, 2, 40, (), 0, 0)


@pytest.fixture
def running():
    def install(*peers: PeerView) -> None:
        service.install(Running(*peers))

    yield install
    service.install(None)


def test_operators_see_whole_addresses_and_what_they_may_do(admin_client, running):
    peer = PeerView(
        *(PEER, "ml-dsa-65", ADDRESS, True, "tcp", 1_000, "<b>a", 7, b"", 5, 3, True, False),
        *(1, 2),
    )
    running(peer, replace(peer, id=b"\2" * 32, outbound=False, pinned=True))
    page = admin_client.get(reverse("admin:p2p_now")).content.decode()
    assert ADDRESS in page and ID in page and "1970-01-01 00:00:01" in page
    assert "&lt;b&gt;a" in page and "<b>a" not in page
    assert f'href="{page_of("ban")}?target={ID}"' in page
    assert f'href="{page_of("pin")}?target={ID}"' in page
    assert f'href="{page_of("unpin")}?target=0x{"02" * 32}"' in page
    assert "inbound, pinned" in page and "1 came, 2 were called" in page


def test_a_node_without_peers_or_without_a_network_part(admin_client, running):
    running()
    assert "No peer is connected" in admin_client.get(reverse("admin:p2p_now")).content.decode()
    service.install(None)
    page = admin_client.get(reverse("admin:p2p_now")).content.decode()
    assert "without a network part" in page


def test_who_may_not_see_peers_does_not(staff, running):
    running()
    assert staff.get(reverse("admin:p2p_now")).status_code == 200
    staff.user.user_permissions.clear()
    assert staff.get(reverse("admin:p2p_now")).status_code == 403
