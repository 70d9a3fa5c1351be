"""The nested models that pools and tasks share.

Source: Qarnot Compute API v1.0 page; SDKs csharp 7.0 and python 2.23.
"""

import re

from reconciler.sandbox.qarnot.errors import INVALID_INPUT
from reconciler.sandbox.qarnot.hardware_constraints import hardware_constraint
from reconciler.sandbox.qarnot.reading import (
    INT32_MAX,
    Problems,
    Reader,
    Rule,
    boolean,
    list_of,
    mapping_of_texts,
    number,
    record,
    text,
    time_span,
    whole,
    word,
)
from reconciler.sandbox.vendor import Json

SHORTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_CONSTANT_KEY = re.compile(r"[A-Za-z0-9_.-]+")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WRITE_ONLY_PREFIX = "QARNOT_SECRET__"
CACHE_TTL_S = 7_776_000
MOST_BUCKETS = 100


def key_values(most: int) -> Reader:
    """A list of `{"key", "value"}`."""
    pair = record(
        Rule("key", text(below=2049, pattern=_CONSTANT_KEY), lambda: "", is_required=True),
        Rule("value", text(below=2049), lambda: ""),
    )
    return list_of(pair, most=most)


def no_access_rights() -> Json:
    """The access rights of an object that asked for none."""
    return {"bySecret": [], "byPrefix": []}


def no_privileges() -> Json:
    """The privileges of an object that asked for none."""
    return {"exportApiAndStorageCredentialsInEnvironment": False}


def no_retries() -> Json:
    """The retry settings of an object that asked for none."""
    return {"maxTotalRetries": None, "maxPerInstanceRetries": None}


def default_elastic() -> Json:
    """The elastic property of a pool that gave none."""
    return {
        "isElastic": False,
        "minTotalSlots": 0,
        "maxTotalSlots": 0,
        "minIdleSlots": 0,
        "resizePeriod": 90,
        "rampResizeFactor": 0.4,
        "minIdleTimeSeconds": 90,
    }


_COUNT = whole(0)
_FLAG_OFF = Rule("exportApiAndStorageCredentialsInEnvironment", boolean, lambda: False)
TAGS = list_of(text(below=512), most=10)
PRIVILEGES = record(_FLAG_OFF)
RETRY_SETTINGS = record(Rule("maxTotalRetries", _COUNT), Rule("maxPerInstanceRetries", _COUNT))
PREPARATION_TASK = record(Rule("commandLine", text(below=INT32_MAX)))
MULTI_SLOTS = record(Rule("slotsPerNode", whole(1)))
SCHEDULING_TYPE = word("flex", "onDemand", "reserved")
ACCESS_RIGHTS = record(
    Rule("bySecret", list_of(record(Rule("key", text(), is_required=True))), list),
    Rule("byPrefix", list_of(record(Rule("prefix", text(), is_required=True))), list),
)
_ELASTIC_FIELDS = record(
    Rule("isElastic", boolean, lambda: False),
    Rule("minTotalSlots", _COUNT, lambda: 0),
    Rule("maxTotalSlots", _COUNT, lambda: 0),
    Rule("minIdleSlots", _COUNT, lambda: 0),
    Rule("resizePeriod", whole(90), lambda: 90),
    Rule("rampResizeFactor", number(0, 1, is_whole=False), lambda: 0.4),
    Rule("minIdleTimeSeconds", _COUNT, lambda: 90),
)
_PREFIX = record(Rule("prefix", text(below=INT32_MAX), lambda: ""))
ADVANCED_BUCKET = record(
    Rule("bucketName", text(), lambda: "", is_required=True),
    Rule("filtering", record(Rule("prefixFiltering", _PREFIX))),
    Rule("resourcesTransformation", record(Rule("stripPrefix", _PREFIX))),
    Rule("cacheTTLSec", whole(0)),
)
FORCED_CONSTANT = record(
    Rule("constantName", text(), is_required=True),
    Rule("forcedValue", text()),
    Rule("forceExportInEnvironment", boolean),
    Rule("access", word("ReadOnly", "ReadWrite")),
)
FORCED_NETWORK_RULE = record(
    Rule("inbound", boolean),
    *(
        Rule(name, text())
        for name in ("proto", "port", "to", "publicHost", "publicPort", "forwarder")
    ),
    Rule("priority", text(), lambda: "1000"),
    Rule("description", text()),
    Rule("toQBox", boolean),
    Rule("toPayload", boolean),
    Rule("name", text()),
    Rule("applicationType", text()),
)


def elastic(value: Json, path: str, problems: Problems) -> Json:
    """An elastic property; with 0 slots at most, the minimum is not compared."""
    read = _ELASTIC_FIELDS(value, path, problems)
    if read["isElastic"] and read["minTotalSlots"] > read["maxTotalSlots"]:
        problems.add(path, "minTotalSlots is above maxTotalSlots.")
    return read


def uuid(value: Json, path: str, problems: Problems) -> Json:
    """A uuid in lower case."""
    if not isinstance(value, str) or not UUID.fullmatch(value):
        problems.add(path, INVALID_INPUT)
        return None
    return value.lower()


LABELLED_RULES = (
    Rule("name", text(), lambda: "", is_required=True),
    Rule("shortname", text(below=1 << 20, pattern=SHORTNAME)),
    Rule("forcedConstants", list_of(FORCED_CONSTANT), list),
    Rule("forcedNetworkRules", list_of(FORCED_NETWORK_RULE), list),
    Rule("secretsAccessRights", ACCESS_RIGHTS, no_access_rights),
    Rule("tags", TAGS, list),
    Rule("resourceBuckets", list_of(text(), most=MOST_BUCKETS), list),
    Rule("advancedResourceBuckets", list_of(ADVANCED_BUCKET, most=MOST_BUCKETS)),
    Rule("priority", whole()),
    Rule("hardwareConstraints", list_of(hardware_constraint), list),
    Rule("schedulingType", SCHEDULING_TYPE, lambda: "flex"),
    Rule("targetedReservedMachineKey", text()),
    Rule("targetedReservationName", text()),
    Rule("autoDeleteOnCompletion", boolean, lambda: False),
    Rule("completionTimeToLive", time_span, lambda: "00:00:00"),
    Rule("labels", mapping_of_texts, dict),
    Rule("privileges", PRIVILEGES, no_privileges),
    Rule("defaultResourcesCacheTTLSec", whole(0), lambda: CACHE_TTL_S),
    Rule("maxTimeQueueSeconds", whole(0)),
    Rule("projectUuid", uuid),
)
"""The fields that pools and tasks have in common."""
