"""The audit: rows in the transaction of their action, and a chain that shows any change."""

from __future__ import annotations

import hashlib
import logging
import threading

import cbor2
import orjson
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import service, store
from audit.errors import AuditBroken, ReasonMissing, TextTooLong, TextUnprintable
from audit.limits import PAGE_MOST, STATE_BYTES, WHAT_CHARS, WHO_CHARS, WHY_CHARS
from audit.models import AuditEnd, AuditRow
from audit.values import Row

pytestmark = pytest.mark.django_db


def record(number: int = 1, **given) -> Row:
    facts = {"who": "ann", "what": "peer.ban", "why": "it floods", "at_ms": 1_000 + number}
    facts |= {"before": None, "after": {"until": number, "id": "0x07"}}
    with transaction.atomic():
        return service.record(**{**facts, **given})


def digest_of(row: AuditRow) -> str:
    """The hash of a row from its description alone."""
    parts = [row.number, row.at_ms, row.who, row.what, row.why, row.before, row.after]
    data = b"animica/audit/v1\0" + bytes.fromhex(row.previous) + cbor2.dumps(parts)
    return hashlib.sha3_256(data).hexdigest()


def test_a_row_says_who_did_what_and_why_and_is_chained():
    first = record(1, why="  it\nfloods  us ", after={"b": 1, "a": [None, True]})
    second = record(2)
    assert (first.number, second.number) == (1, 2)
    assert (first.previous, second.previous) == ("0" * 64, first.hash)
    assert first.why == "it floods us" and first.before == "null"
    assert first.after == '{"a":[null,true],"b":1}' and orjson.loads(first.after)
    assert [row.hash for row in service.newest()] == [second.hash, first.hash]
    for row in AuditRow.objects.all():
        assert row.hash == digest_of(row)
        assert str(row) == f"{row.number}: peer.ban"
    end = service.verify()
    assert (end.number, end.hash) == (2, second.hash)
    assert str(AuditEnd.objects.get()) == f"2 {second.hash}"


def test_an_empty_audit_holds_together():
    assert service.verify().number == 0
    assert service.newest() == []


def test_a_row_is_there_if_and_only_if_its_action_is(caplog, django_capture_on_commit_callbacks):
    caplog.set_level(logging.INFO, "animica.audit")
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(ZeroDivisionError),
        transaction.atomic(),
    ):
        record(1)
        raise ZeroDivisionError
    assert not AuditRow.objects.exists() and not caplog.records
    assert service.verify().number == 0
    with django_capture_on_commit_callbacks(execute=True):
        row = record(1)
    (line,) = caplog.records
    assert (line.number, line.who, line.what, line.why) == (1, "ann", "peer.ban", "it floods")
    assert line.hash == row.hash


@pytest.mark.django_db(transaction=True)
def test_a_row_outside_a_transaction_is_a_defect():
    with pytest.raises(AssertionError):
        service.record(who="a", what="b", why="c", at_ms=1, before=None, after=None)
    assert not AuditRow.objects.exists()


@pytest.mark.parametrize("why", ["", " \n\t "])
def test_an_action_needs_a_reason(why):
    with pytest.raises(ReasonMissing) as refused:
        record(why=why)
    assert refused.value.facts == {"field": "why"}
    assert not AuditRow.objects.exists()


@pytest.mark.parametrize(
    ("field", "longest"),
    [
        ("who", "x" * WHO_CHARS),
        ("what", "x" * WHAT_CHARS),
        ("why", "x" * WHY_CHARS),
        ("before", {"k": "x" * (STATE_BYTES - 8)}),
        ("after", {"k": "x" * (STATE_BYTES - 8)}),
    ],
)
def test_what_is_too_long_is_refused(field, longest):
    record(**{field: longest})
    longer = longest + "x" if isinstance(longest, str) else {"k": longest["k"] + "x"}
    with pytest.raises(TextTooLong) as refused:
        record(**{field: longer})
    assert refused.value.facts["field"] == field
    assert service.verify().number == 1


@pytest.mark.parametrize("field", ["who", "what", "why"])
@pytest.mark.parametrize("sign", ["\0", "\x1b", "\udc80", "\u202e"])
def test_what_cannot_be_read_is_refused(field, sign):
    with pytest.raises(TextUnprintable) as refused:
        record(**{field: f"a{sign}b"})
    assert refused.value.facts == {"field": field}
    assert not AuditRow.objects.exists()


CHANGES = {
    "who": "bob",
    "what": "peer.unban",
    "why": "other",
    "at_ms": 5,
    "before": "{}",
    "after": "{}",
    "previous": "1" * 64,
    "hash": "1" * 64,
    "number": 77,
}


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize("field", CHANGES)
def test_an_altered_row_shows(field, number):
    for each in range(1, 6):
        record(each)
    assert service.verify().number == 5
    AuditRow.objects.filter(number=number).update(**{field: CHANGES[field]})
    with pytest.raises(AuditBroken):
        service.verify()


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_missing_row_shows(number):
    for each in range(1, 6):
        record(each)
    AuditRow.objects.filter(number=number).delete()
    with pytest.raises(AuditBroken):
        service.verify()


def test_a_row_put_in_behind_the_nodes_back_shows():
    first = record(1)
    end = AuditEnd.objects.get()
    record(2)
    AuditEnd.objects.update(number=end.number, hash=end.hash)
    with pytest.raises(AuditBroken) as found:
        service.verify()
    assert found.value.facts == {"row": 2}
    assert first.number == 1


def test_rows_that_change_places_show():
    record(1), record(2)
    for old, new in ((1, 9), (2, 1), (9, 2)):
        AuditRow.objects.filter(number=old).update(number=new)
    with pytest.raises(AuditBroken):
        service.verify()


def test_rows_that_come_while_others_are_read_are_no_fault(monkeypatch):
    record(1)
    real, came = store.rows, []

    def rows(after=0):
        yield from real(after)
        if not came:
            came.append(record(2))

    monkeypatch.setattr(store, "rows", rows)
    assert service.verify().number == 2 and came


def test_many_rows_are_read_in_parts():
    for each in range(PAGE_MOST + 2):
        record(each)
    assert service.verify().number == PAGE_MOST + 2
    assert len(service.newest(PAGE_MOST + 2)) == PAGE_MOST


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
words = st.text(st.characters(codec="utf-8"), max_size=20).filter(str.isprintable)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(words, words.filter(str.split), st.dictionaries(st.text(max_size=5), plain, max_size=4))
def test_whatever_was_recorded_verifies(who, why, after):
    record(who=who, why=why, after=after, before=after)
    row = service.newest(1)[0]
    assert service.verify().hash == row.hash
    assert orjson.loads(row.after) == orjson.loads(orjson.dumps(after))


def test_the_admin_shows_rows_and_changes_none(client):
    record(1)
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    assert {m._meta.model_name for m in apps.get_app_config("audit").get_models()} == {
        "auditrow",
        "auditend",
    }
    before = list(AuditRow.objects.values())
    page = client.get("/admin/audit/auditrow/")
    assert page.status_code == 200 and "1970-01-01 00:00:01" in page.content.decode()
    assert client.get("/admin/audit/auditrow/", {"q": "ann"}).status_code == 200
    page = client.get("/admin/audit/auditrow/1/change/")
    assert "it floods" in page.content.decode() and 'name="_save"' not in page.content.decode()
    for address in ("1/change/", "1/delete/", "add/"):
        assert client.post(f"/admin/audit/auditrow/{address}", {"post": "yes"}).status_code == 403
    assert list(AuditRow.objects.values()) == before


@pytest.mark.postgres  # SQLite has one writer at a time whatever the code does
@pytest.mark.django_db(transaction=True)
def test_writers_at_once_form_one_chain():
    def write(first: int) -> None:
        try:
            for number in range(first, first + 5):
                record(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(10 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.verify().number == 20
    assert AuditRow.objects.count() == 20
