"""What threads of a run share: channels that end or halt, and claims on bytes."""

from __future__ import annotations

import threading

import pytest

from indexers.channel import Channel, Halt, Halted
from indexers.copies import Copies, First, Known, Waiting, Written
from mappings.documents import Media

AA, BB = "sha256:" + "aa" * 32, "sha256:" + "bb" * 32


def media(checksum: str = AA) -> Media:
    return Media("image", "image/png", "png", 1, checksum, recipe="r", vector=(1.0,), look=(1.0,))


def test_a_channel_hands_everything_over_and_ends() -> None:
    channel: Channel[int] = Channel(3, Halt(), senders=2)
    got: list[int] = []

    def send(first: int) -> None:
        for number in range(first, first + 50):
            channel.send(number)
        channel.close()

    senders = [threading.Thread(target=send, args=(first,)) for first in (0, 100)]
    for sender in senders:
        sender.start()
    while batch := channel.receive(4, least=3):
        assert len(batch) <= 3
        got += batch
    for sender in senders:
        sender.join(10)
    assert sorted(got) == [*range(50), *range(100, 150)]


def test_fewer_than_asked_for_come_only_at_the_end() -> None:
    channel: Channel[int] = Channel(10, Halt())
    for number in range(5):
        channel.send(number)
    channel.close()
    assert channel.receive(4, least=4) == [0, 1, 2, 3]
    assert channel.receive(4, least=4) == [4]
    assert channel.receive(4, least=4) == []


@pytest.mark.parametrize("wait", ["send", "receive"])
def test_a_halt_wakes_whoever_waits(wait: str) -> None:
    halt = Halt()
    channel: Channel[int] = Channel(1, halt)
    if wait == "send":
        channel.send(1)
    woken: list[bool] = []

    def work() -> None:
        try:
            channel.send(2) if wait == "send" else channel.receive(1, least=1)
        except Halted:
            woken.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    halt.stop(ValueError("first"))
    halt.stop(ValueError("second"))
    thread.join(10)
    assert woken == [True]
    assert str(halt.error) == "first"
    assert halt.wait(60)


def test_the_first_of_some_bytes_embeds_and_the_others_wait() -> None:
    copies: Copies[str] = Copies()
    assert isinstance(copies.claim(AA, "one"), First)
    assert isinstance(copies.claim(AA, "two"), Waiting)
    assert isinstance(copies.claim(BB, "other"), First)
    assert copies.embedded(media()) == ["two"]
    assert copies.claim(AA, "three") == Known(media())
    copies.written(AA, "ab" * 12)
    assert copies.claim(AA, "four") == Written("ab" * 12)


def test_copies_of_bytes_that_fail_fail_too_and_the_next_one_tries() -> None:
    copies: Copies[str] = Copies()
    copies.claim(AA, "one")
    copies.claim(AA, "two")
    assert copies.failed(AA) == ["two"]
    assert isinstance(copies.claim(AA, "three"), First)
    copies.embedded(media())
    copies.dropped(AA)
    assert isinstance(copies.claim(AA, "four"), First)
