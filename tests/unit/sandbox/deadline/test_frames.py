"""Frame lists, tasks of chunks, and what growing a job leaves alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.deadline.frames import chunk_text, chunks, normal_text, parsed_frames
from tests.unit.sandbox.deadline.farm import Farm

FRAMES = st.lists(st.integers(-50, 50), min_size=1, max_size=20)
UNIQUE = st.lists(st.integers(-50, 50), min_size=1, max_size=20, unique=True)


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("0", [0]),
        ("5,10 15", [5, 10, 15]),
        ("1-4", [1, 2, 3, 4]),
        ("1:4", [1, 2, 3, 4]),
        ("4-1", [4, 3, 2, 1]),
        ("-5--3", [-5, -4, -3]),
        ("-1-1", [-1, 0, 1]),
        ("1-10x5", [1, 6]),
        ("10-1x5", [10, 5]),
        ("1-10:5", [1, 6]),
        ("1:10:5", [1, 6]),
        ("1-10 step 5", [1, 6]),
        ("1-10by5", [1, 6]),
        ("1-10 every 5, 7", [1, 6, 7]),
        ("1-20x10,1-4", [1, 11, 2, 3, 4]),
        (" 3 , 1,", [3, 1]),
    ],
)
def test_a_frame_list_is_read_in_its_order(text: str, frames: list[int]) -> None:
    assert parsed_frames(text) == frames


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a",
        "1-",
        "1-2-3",
        "1x2",
        "1-9x0",
        "1..4",
        "1-99999999",
        "1-4y2",
        "٣",
        "1-600000 -600000--1",
    ],
)
def test_a_list_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed_frames(text)


@given(UNIQUE)
def test_the_normal_text_is_the_same_list(frames: list[int]) -> None:
    assert parsed_frames(normal_text(frames)) == frames


@given(FRAMES)
def test_the_first_place_of_a_frame_counts(frames: list[int]) -> None:
    assert parsed_frames(",".join(map(str, frames))) == list(dict.fromkeys(frames))


@given(UNIQUE, st.integers(1, 7))
def test_chunks_are_slices_of_the_list(frames: list[int], size: int) -> None:
    parts = chunks(frames, size)
    assert [frame for part in parts for frame in part] == frames
    assert all(len(part) == size for part in parts[:-1])
    assert [parsed_frames(chunk_text(part)) for part in parts] == [list(part) for part in parts]


def test_a_task_of_one_frame_has_two_spellings() -> None:
    farm = Farm()
    job = farm.submit(Frames="1,3")
    assert farm.frames(job) == ["1", "3"]
    farm.set(single_frame="doubled")
    assert farm.frames(job) == ["1-1", "3-3"]


def test_frames_and_chunk_size_are_set_anew() -> None:
    farm = Farm()
    job = farm.submit()
    farm.command("setjobframerange", job, FrameList="1-10x3,1-10", ChunkSize=5)
    assert farm.frames(job) == ["1,4,7,10,2", "3,5,6,8,9"]
    props = farm.job(job)["Props"]
    assert (props["Frames"], props["Chunk"], props["Tasks"]) == ("1-10x3,1-10", 5, 2)
    assert farm.get("tasks", JobID=job, IdOnly="true") == [0, 1]


@pytest.mark.parametrize(("switch", "kept"), [("lost", [2, 2, 2]), ("kept", [5, 5, 2])])
def test_new_frames_lose_finished_tasks_or_keep_them(switch: str, kept: list[int]) -> None:
    farm = Farm()
    farm.set(set_frames_finished=switch)
    job = farm.submit(Frames="1-2")
    farm.pass_time(100)
    assert farm.job(job)["Stat"] == 3
    farm.command("setjobframerange", job, FrameList="1-3", ChunkSize=1)
    assert farm.stats(job) == kept
    assert farm.job(job)["Stat"] == 1
    farm.pass_time(100)
    assert farm.job(job)["Stat"] == 3


def test_new_frames_take_rendering_tasks_back() -> None:
    farm = Farm()
    job = farm.submit(Frames="1-2")
    farm.pass_time(10)
    assert farm.stats(job) == [4, 4]
    farm.command("setjobframerange", job, FrameList="1-2", ChunkSize=2)
    assert farm.stats(job) == [2]
    assert all(one["Info"]["Stat"] == 2 for one in farm.get("slaves", Data="infosettings"))


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 200))
def test_with_chunks_of_one_appending_leaves_every_task_as_it_is(
    present: int, more: int, seconds: int
) -> None:
    farm = Farm()
    job = farm.submit(Frames=f"1-{present}")
    farm.pass_time(seconds)
    before = farm.tasks(job)
    farm.command("appendjobframerange", job, FrameList=f"{present + 1}-{present + more}")
    after = farm.tasks(job)
    assert after[:present] == before
    assert farm.frames(job)[present:] == [str(present + 1 + i) for i in range(more)]
    farm.pass_time(1000)
    assert farm.state(job) == (3, {"Completed": present + more})
    assert [one["Comp"] for one in farm.tasks(job)[:present] if one in before] == [
        one["Comp"] for one in before if one["Stat"] == 5
    ]


def test_a_short_last_task_takes_up_frames_and_is_done_again() -> None:
    farm = Farm()
    job = farm.submit(Frames="1-3", ChunkSize=2)
    farm.pass_time(200)
    assert farm.job(job)["Stat"] == 3
    farm.command("appendjobframerange", job, FrameList="4-6")
    assert farm.frames(job) == ["1-2", "3-4", "5-6"]
    assert farm.stats(job) == [5, 2, 2]
    assert farm.job(job)["Props"]["Frames"] == "1-3,4-6"


def test_or_appended_frames_are_tasks_of_their_own() -> None:
    farm = Farm()
    farm.set(append_short_chunk="new_task", frames_text="normalised")
    job = farm.submit(Frames="1-3", ChunkSize=2)
    farm.command("appendjobframerange", job, FrameList="4-5")
    assert farm.frames(job) == ["1-2", "3", "4-5"]
    assert farm.job(job)["Props"]["Frames"] == "1-5"


def test_appending_twice_adds_twice_unless_known_frames_are_dropped() -> None:
    farm = Farm()
    job = farm.submit(Frames="1-2")
    farm.command("appendjobframerange", job, FrameList="2-3")
    assert farm.frames(job) == ["1", "2", "2", "3"]
    farm.set(append_duplicates="drop")
    farm.command("appendjobframerange", job, FrameList="3-4")
    assert farm.frames(job) == ["1", "2", "2", "3", "4"]
    farm.command("appendjobframerange", job, FrameList="1-4")
    assert len(farm.frames(job)) == 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"Command": "setjobframerange", "FrameList": "1"}, 400),
        ({"Command": "setjobframerange", "ChunkSize": 1}, 400),
        ({"Command": "setjobframerange", "FrameList": "1", "ChunkSize": "two"}, 400),
        ({"Command": "setjobframerange", "FrameList": "1", "ChunkSize": 0}, 500),
        ({"Command": "setjobframerange", "FrameList": "one", "ChunkSize": 1}, 500),
        ({"Command": "setjobframerange", "FrameList": "1-5001", "ChunkSize": 1}, 500),
        ({"Command": "appendjobframerange"}, 400),
        ({"Command": "appendjobframerange", "FrameList": ""}, 400),
        ({"Command": "appendjobframerange", "FrameList": ";"}, 500),
        ({"Command": "appendjobframerange", "FrameList": "1-5000"}, 500),
    ],
)
def test_frames_that_can_not_be_used_change_nothing(body: dict[str, object], status: int) -> None:
    farm = Farm()
    job = farm.submit()
    before = farm.tasks(job)
    farm.refused(status, "PUT", "jobs", {"JobID": job, **body})
    assert farm.tasks(job) == before
