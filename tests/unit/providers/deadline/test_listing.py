"""The list of all jobs as it comes in: in whatever parts, the same jobs; cut anywhere, none."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.providers.body import BodyFault, BodyTooLarge
from reconciler.providers.deadline import listing
from reconciler.providers.deadline.listing import Body, Glimpse, JobArray, Jobs, cuts

KEY = "reconciler"
AWKWARD = ('},{"_id":"x"', "[{", '\\"', "}]", "{}", "é🎬", 'a\\","Props":{', "\n\t", "")


def job(number: int, *, ours: bool = False, state: int = 1, **props: Any) -> Body:
    dictionary = {KEY: "v1"} if ours else {}
    return {
        "_id": f"{number:024x}",
        "Stat": state,
        "Props": {"Name": f"job {number}", "ExDic": dictionary, **props},
    }


def is_ours(glimpse: Glimpse) -> bool:
    return bool(glimpse.noted(KEY))


def poured(parts: Iterable[bytes]) -> Jobs:
    array = JobArray(is_ours)
    for part in parts:
        array.feed(part)
    return array.end()


def parted(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at together is so small that every list has many parts."""
    monkeypatch.setattr(listing, "PART_BYTES", 64)


def jobs() -> st.SearchStrategy[list[Body]]:
    texts = st.one_of(st.sampled_from(AWKWARD), st.text(max_size=8))
    inner = st.dictionaries(texts, texts, max_size=3)
    props = st.fixed_dictionaries(
        {
            "Dep": st.lists(st.fixed_dictionaries({"JobID": texts}), max_size=20),
            "PlugInfo": inner,
            "Pool": st.sampled_from(["none", "film", "Ads"]),
        }
    )
    one = st.builds(
        lambda number, ours, rest: job(number, ours=ours, **rest),
        st.integers(0, 40),
        st.booleans(),
        props,
    )
    return st.lists(one, max_size=12)


FORMS: tuple[dict[str, Any], ...] = (
    {"separators": (",", ":")},
    {"indent": 2},
    {"ensure_ascii": False},
    {"separators": (" ,\r\n", ": ")},
)


@pytest.mark.usefixtures("small_parts")
@settings(max_examples=50)
@given(jobs(), st.sampled_from(FORMS), st.integers(1, 400))
def test_however_a_list_is_written_and_cut_into_parts_its_jobs_are_the_same(
    made: list[Body], form: dict[str, Any], size: int
) -> None:
    text = json.dumps(made, **form).encode()
    found = poured(parted(text, size))
    ours = [each for each in made if each["Props"]["ExDic"]]
    assert found.wanted == {each["_id"]: each for each in ours}, "of those with one id the last"
    theirs = [each["Props"]["Pool"].lower() for each in made if not each["Props"]["ExDic"]]
    assert found.users == {f"pools/{name}": theirs.count(name) for name in {*theirs} - {"none"}}


@pytest.mark.usefixtures("small_parts")
@settings(max_examples=30)
@given(jobs().filter(bool), st.data())
def test_a_list_that_ends_early_is_never_taken_for_whole(made: list[Body], data: Any) -> None:
    text = json.dumps(made).encode()
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(BodyFault):
        poured(parted(text[:end], 50))


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_where_elements_may_part_stands_a_comma_between_objects(text: bytes) -> None:
    for end, start in cuts(text + b'} , {"a"'):
        whole = text + b'} , {"a"'
        assert (whole[end - 1 : end], whole[start : start + 1]) == (b"}", b"{")
        assert whole[end:start].strip(b" \t\r\n") == b","


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"   ",
        b"Success",
        b"<html></html>",
        b"{}",
        b'{"_id": "a", "Props": {}}',
        b"[",
        b"[1]",
        b"[[]]",
        b"[null]",
        b'["a", "b"]',
        b"[{}]",
        b'[{"_id": ""}]',
        b'[{"_id": 5, "Props": {}}]',
        b'[{"_id": "a"}]',
        b'[{"_id": "a", "Props": null}]',
        b'[{"_id": "a", "Props": {}},]',
        b'[{"_id": "a", "Props": {}} {"_id": "b", "Props": {}}]',
        b'[{"_id": "a", "Props": {}}]]',
        b'[{"_id": "a", "Props": {}}][]',
        b'[{"_id": "a", "Props": {"Name": "\xff"}}]',
        b'[{"_id": "a", "Props": ' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}]",
        b'[{"_id": "a", "Props": {"ExDic": {"reconciler": "v"}, "Pri": NaN}}]',
        b'[{"_id": "a", "Props": {"ExDic": {"reconciler": "v"}, "Pri": 1e999}}]',
    ],
)
def test_what_is_no_list_of_jobs_is_a_fault(text: bytes) -> None:
    with pytest.raises(BodyFault):
        poured([text])


@pytest.mark.parametrize("text", [b"[]", b" [ ] ", b"\xef\xbb\xbf[]\r\n"])
def test_a_farm_may_be_empty(text: bytes) -> None:
    assert poured([text]) == Jobs()


def test_a_key_is_found_however_it_is_written() -> None:
    text = json.dumps([job(1, ours=True)]).replace("reconciler", "rec\\u006fnciler")
    assert list(poured([text.encode()]).wanted) == [f"{1:024x}"]


@pytest.mark.parametrize("dictionary", [None, [], "text", 7, {KEY: None}, {KEY: 5}])
def test_an_odd_dictionary_has_nothing_of_ours(dictionary: Any) -> None:
    found = poured([json.dumps([job(1, ExDic=dictionary)]).encode()])
    assert found.wanted == {}


def test_only_uncompleted_jobs_of_others_are_counted_and_a_few_are_named() -> None:
    uses: dict[str, Any] = {
        "Pool": "Film",
        "SecPool": "film",
        "Grp": "cpu16",
        "Limits": ["Nuke", "nuke", "maya"],
    }
    made = [job(number, state=state, **uses) for number, state in enumerate((1, 2, 3, 4, 6))]
    odd = job(9, Pool=5, Limits="nuke", Grp=None)
    found = poured([json.dumps([*made, odd, job(10, ours=True, **uses)]).encode()])
    assert found.users == {
        "pools/film": 4,
        "groups/cpu16": 4,
        "limits/nuke": 4,
        "limits/maya": 4,
    }
    assert found.some["pools/film"] == ["job 0", "job 1", "job 3"]


@pytest.mark.usefixtures("small_parts")
def test_a_job_without_an_end_is_given_up_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "ELEMENT_CAP_BYTES", 10_000)
    fed = 0

    def endless() -> Iterator[bytes]:
        nonlocal fed
        yield b'[{"_id": "'
        while fed < 100_000:
            fed += 100
            yield b"x" * 100

    with pytest.raises(BodyTooLarge):
        poured(endless())
    assert fed < 30_000


def _many(count: int) -> Iterator[bytes]:
    filling = {f"Setting{number}": "x" * 40 for number in range(60)}
    one = json.dumps(job(7, Pool="film", PlugInfo=filling)).encode()
    yield b"["
    for _ in range(count):
        yield one + b","
    yield one + b"]"


def test_memory_does_not_grow_with_the_jobs_of_others() -> None:
    peaks = []
    for count in (1_000, 4_000):
        tracemalloc.start()
        array = JobArray(is_ours)
        for part in _many(count):
            array.feed(part)
        assert array.end().users == {"pools/film": count + 1}
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2
