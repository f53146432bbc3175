"""The file of the node's own key."""

from __future__ import annotations

import json
import shutil
from hashlib import sha3_256

import pytest

from animica_site.files import write_private
from p2p import identity
from p2p.identity import (
    IdentityDamaged,
    IdentityExposed,
    IdentityOther,
    IdentityUnreadable,
    load,
    load_or_make,
)
from pq.algorithms import ML_DSA_65, ML_KEM_768, SLH_DSA_SHAKE_128S, AlgorithmTransportOnly


@pytest.fixture
def path(tmp_path):
    return tmp_path / identity.FILE_NAME


def test_the_first_start_makes_a_key_and_later_ones_keep_it(path):
    key = load_or_make(path, write_private)
    assert key.alg == ML_DSA_65
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_make(path, write_private) == key
    assert load_or_make(path, write_private, ML_DSA_65) == key


def test_two_nodes_have_two_identities(tmp_path):
    one, two = (load_or_make(tmp_path / name, write_private) for name in "ab")
    assert identity.public(one).id != identity.public(two).id


def test_the_peer_id_in_the_file_is_that_of_the_protocol(path):
    key = load_or_make(path, write_private)
    digest = sha3_256(key.alg.to_bytes(2, "big") + key.public_key).hexdigest()
    assert json.loads(path.read_text())["id"] == "0x" + digest


def test_a_copy_of_the_file_is_a_backup(path, tmp_path):
    key = load_or_make(path, write_private)
    shutil.copy2(path, tmp_path / "backup")
    path.unlink()
    shutil.copy2(tmp_path / "backup", path)
    assert load(path) == key


def test_a_slow_identity_is_made_where_it_is_asked_for(path):
    key = load_or_make(path, write_private, SLH_DSA_SHAKE_128S)
    assert key.alg == SLH_DSA_SHAKE_128S
    assert load_or_make(path, write_private) == key


def test_an_identity_of_another_algorithm_is_not_replaced(path):
    load_or_make(path, write_private)
    before = path.read_bytes()
    with pytest.raises(IdentityOther):
        load_or_make(path, write_private, SLH_DSA_SHAKE_128S)
    assert path.read_bytes() == before


def test_a_key_that_cannot_sign_is_no_identity(path):
    with pytest.raises(AlgorithmTransportOnly):
        load_or_make(path, write_private, ML_KEM_768)
    assert not path.exists()


def test_every_single_altered_character_is_noticed(path):
    load_or_make(path, write_private)
    text = path.read_text()
    plain = text.rstrip()
    for at, old in enumerate(plain):
        if old.isspace():
            continue
        new = "1" if old != "1" else "2"
        with pytest.raises((ValueError, identity.EncodingRefused)):
            identity.decode(plain[:at] + new + plain[at + 1 :])


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b"{}", b"null", b"1", b"[" * 3000, b"{" + b" " * 5000],
    ids=lambda content: f"{content[:4]!r}",
)
def test_a_damaged_file_stops_the_node_and_is_left_as_it_is(path, content):
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(IdentityDamaged) as caught:
        load_or_make(path, write_private)
    assert caught.value.facts["path"] == str(path)
    assert path.read_bytes() == content


def test_a_file_over_its_bound_is_not_read(path):
    load_or_make(path, write_private)
    path.write_text(path.read_text() + " " * identity.FILE_BYTES)
    with pytest.raises(IdentityDamaged, match="more than"):
        load(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "animica-key"),
        ("version", 2),
        ("version", True),
        ("alg", 4098),
        ("alg", 1),
        ("secret", "0x00"),
        ("secret", 5),
        ("secret", "00" * 32),
        ("id", "0x" + "00" * 32),
        ("checksum", "0x"),
        ("more", 1),
    ],
)
def test_a_file_with_another_entry_is_damaged(path, name, value):
    load_or_make(path, write_private)
    content = json.loads(path.read_text()) | {name: value}
    path.write_text(json.dumps(content))
    with pytest.raises(IdentityDamaged):
        load(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_stops_the_node(path, mode):
    load_or_make(path, write_private)
    path.chmod(mode)
    with pytest.raises(IdentityExposed):
        load_or_make(path, write_private)


def test_a_folder_that_cannot_be_written_is_reported(path):
    def full(*_):
        raise OSError(28, "No space left on device")

    with pytest.raises(IdentityUnreadable, match="No space left"):
        load_or_make(path, full)
    path.mkdir(mode=0o700)
    with pytest.raises(IdentityUnreadable):
        load_or_make(path, write_private)


def test_the_secret_shows_in_no_message(path):
    key = load_or_make(path, write_private)
    assert key.secret.hex() not in repr(key)
    text = path.read_text().replace("animica-node-key", "other")
    path.write_text(text)
    with pytest.raises(IdentityDamaged) as caught:
        load(path)
    assert key.secret.hex() not in str(caught.value) + str(caught.value.view())
