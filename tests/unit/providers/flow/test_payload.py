"""What a Bifrost block sends: the vendor's own example, text in ports, templates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from reconciler.providers.flow.payload import expanded, payload_of, placeholders
from tests.unit.providers.flow.strategies import FEW, bifrost_blocks

GRAPH = {"source": {"uri": "urn:graph"}, "target": {"path": "/rubber.json"}}
OUTPUT = {
    "source": {"path": "cache.{executionId:04}.bob"},
    "target": {"name": "cache.{executionId:04}.bob"},
}


def test_a_block_is_sent_as_the_vendor_reads_it() -> None:
    block = {
        "compound": "User::Graphs::rubber",
        "bifrostVersion": "2.12.1.0",
        "frames": {"start": 1, "end": 24, "fps": 24},
        "definitionFiles": [GRAPH],
        "ports": {"inputPorts": [{"name": "density", "type": "float", "value": 0.25}]},
        "executions": [
            {
                "templateRange": {"start": 1, "end": 24},
                "frameId": "{executionId}",
                "inputs": [],
                "outputs": [OUTPUT],
            }
        ],
    }
    assert payload_of(block) == {
        "action": "Evaluate",
        "options": {
            "compound": "User::Graphs::rubber",
            "bifrostVersion": "2.12.1.0",
            "frames": {"start": 1, "end": 24, "fps": 24},
        },
        "definitionFiles": [{"source": {"uri": "urn:graph"}, "target": {"path": "rubber.json"}}],
        "ports": {"inputPorts": [{"name": "density", "type": "float", "value": "0.25"}]},
        "executions": [
            {
                "templateRange": {"start": 1, "end": 24},
                "frameId": "{executionId}",
                "outputs": [OUTPUT],
            }
        ],
    }


def test_what_nobody_said_is_not_sent() -> None:
    block = {"compound": "c", "frames": {"start": 1, "end": 2, "fps": None}, "ports": None}
    assert payload_of(block) == {
        "action": "Evaluate",
        "options": {"compound": "c", "frames": {"start": 1, "end": 2}},
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [(1000, "1000"), (0.25, "0.25"), (True, "true"), (False, "false"), ("x", "x")],
)
def test_a_port_has_text_whatever_its_type(value: Any, text: str) -> None:
    ports = {"inputPorts": [{"name": "n", "type": "float", "value": value}]}
    found = payload_of({"compound": "c", "ports": ports})["ports"]["inputPorts"]
    assert found == [{"name": "n", "type": "float", "value": text}]


@FEW
@given(bifrost_blocks())
def test_nothing_empty_is_sent_of_a_block(block: dict[str, Any]) -> None:
    payload = payload_of(block)
    groups = (payload, payload["options"], payload.get("ports", {}), *payload.get("executions", ()))
    executions = len(payload.get("executions", ()))
    for group in groups[: len(groups) - executions]:
        assert all(each not in (None, [], {}) for each in group.values())
    assert executions == len(block.get("executions") or ())


@pytest.mark.parametrize(
    ("text", "number", "made"),
    [
        ("a.{executionId}.usd", 7, "a.7.usd"),
        ("a.{executionId:04}.usd", 7, "a.0007.usd"),
        ("{executionId:02}-{executionId}", 123, "123-123"),
        ("a.{frame}", 7, "a.{frame}"),
    ],
)
def test_a_template_becomes_the_number_of_its_execution(text: str, number: int, made: str) -> None:
    assert expanded(text, number) == made


def test_what_stands_in_braces_is_known_or_not() -> None:
    found = placeholders("{executionId}{executionId:04}{executionId:4}{frame}{}")
    assert [is_known for _, is_known in found] == [True, True, False, False, False]
