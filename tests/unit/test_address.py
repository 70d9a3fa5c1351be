"""Addresses: what is one, and that each reads back as itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import NAME_MAX_LENGTH, Address, is_name
from reconciler.errors import UserError

names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
kinds = names.map(str.lower)
addresses = st.builds(Address, names, kinds, names | st.builds("{}/{}".format, names, names))


@given(addresses)
def test_an_address_printed_reads_back(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = Address.parse(text)
    except UserError:
        return
    assert str(address).lower() == text.lower()


@given(names)
def test_what_may_be_a_name_is_one(name: str) -> None:
    assert is_name(name)


def test_the_kind_is_read_in_lower_case_and_the_name_as_written() -> None:
    assert Address.parse("Farm/Pool/Sim") == Address("Farm", "pool", "Sim")


def test_a_task_is_named_after_its_job() -> None:
    assert Address.parse("p/task/shot-010/beauty").name == "shot-010/beauty"


@given(addresses)
def test_names_are_one_whatever_their_case(address: Address) -> None:
    upper = Address(address.provider, address.kind, address.name.upper())
    assert upper.folded == address.folded


@given(st.lists(addresses, max_size=6))
def test_addresses_sort_by_provider_then_kind_then_name(found: list[Address]) -> None:
    assert sorted(found) == sorted(found, key=lambda each: (each.provider, each.kind, each.name))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pool",
        "p/pool",
        "p/pool/",
        "p//sim",
        "/pool/sim",
        "p/pool/-sim",
        "p/pool/sim-",
        "p/pool/sim pool",
        "p/pool/sim\n",
        "p/pool/a//b",
        "p/pool/../x",
        "p/pool/" + "a" * (NAME_MAX_LENGTH + 1),
    ],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError) as caught:
        Address.parse(text)
    assert "qarnot-prod/pool/houdini-sim" in caught.value.problems[0].remedy


@pytest.mark.parametrize("name", ["a" * NAME_MAX_LENGTH, "0", "a.b_c-d", "A"])
def test_the_longest_and_the_shortest_names_are_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "a" * 201, ".a", "a.", "é", "a/b", "a\n", "a b"])
def test_what_is_no_name_is_none(name: str) -> None:
    assert not is_name(name)
