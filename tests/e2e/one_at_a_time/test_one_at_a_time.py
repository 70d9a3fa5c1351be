"""Two applies at once: one works, the other ends with 8 and has touched nothing."""

from __future__ import annotations

from tests.e2e.desk import Desk


def test_the_second_apply_is_refused_while_the_first_works(desk: Desk) -> None:
    desk.control.fault("latency", method="POST", path="/pools", seconds=0.2, count=None)
    first = desk.start("apply", "-auto-approve", "-parallelism", "2")
    assert desk.await_that(lambda: desk.creations() >= 1, first)
    second = desk.run("apply", "-auto-approve")
    assert second.code == 8, second.said
    assert "fix:" in second.err
    assert desk.run("plan").code in (0, 10), "a plan may look while somebody applies"
    desk.control.clear_faults()
    assert desk.end(first).code == 0
    assert desk.creations() == 40
    desk.require_settled()


def test_a_patient_apply_waits_for_its_turn(desk: Desk) -> None:
    desk.control.fault("latency", method="POST", path="/pools", seconds=0.1, count=8)
    first = desk.start("apply", "-auto-approve")
    assert desk.await_that(lambda: desk.creations() >= 1, first)
    second = desk.start("apply", "-auto-approve", "-lock-timeout", "30s")
    assert desk.end(first).code == 0
    assert desk.end(second).code == 0
    assert desk.creations() == 40
