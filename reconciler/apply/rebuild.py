"""A lost state, made anew from the markers on live objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import anyio

from reconciler.address import Address
from reconciler.model import Observed, Record
from reconciler.ports import Batch, Clock, Provider


async def restored(providers: Mapping[str, Provider], clock: Clock) -> Batch:
    """A record for every live object of ours, protected until its manifest is next applied.

    Waits until a request that was under way when the state was lost can no longer arrive, and lists
    twice. What each field was set to is not known any more.
    """
    longest = max(
        (each.request_deadline_s + each.settle_after_s for each in providers.values()), default=0.0
    )
    first = await _listed(providers)
    await clock.sleep(longest)
    objects = {**first, **await _listed(providers)}
    return Batch(put_records=tuple(_records(objects.values())))


async def _listed(providers: Mapping[str, Provider]) -> dict[tuple[str, str], Observed]:
    found: dict[tuple[str, str], Observed] = {}
    for name, provider in providers.items():
        listing = await provider.observe(list(provider.kinds), ())
        found |= {(name, each.remote_id): each for each in listing.objects}
        await anyio.lowlevel.checkpoint()
    return found


def _records(objects: Iterable[Observed]) -> Iterable[Record]:
    """Of several objects at one address the newest creation counts."""
    newest: dict[Address, Observed] = {}
    for each in objects:
        if each.marker is None or each.settled.is_over:
            continue
        held = newest.get(each.marker.address)
        if held is None or _ordinal(held) < _ordinal(each):
            newest[each.marker.address] = each
    for address, each in sorted(newest.items()):
        yield Record(
            address=address,
            kind=each.kind,
            remote_id=each.remote_id,
            ordinal=_ordinal(each),
            first_address=address,
            protect=True,
        )


def _ordinal(observed: Observed) -> int:
    return observed.marker.ordinal if observed.marker is not None else 0
