"""The machines of the service. Source: page on machine configuration, executor bifrost."""

MACHINES = (
    (1, 8_192),
    (2, 8_192),
    (2, 16_384),
    (4, 30_720),
    (16, 32_768),
    (16, 65_536),
    (16, 122_880),
)


def shortfall(cpu: int, memory_mb: int) -> str | None:
    """Why no machine has so many vCPUs and so much memory; None when one has."""
    if any(cpu <= cpus and memory_mb <= memory for cpus, memory in MACHINES):
        return None
    if cpu > MACHINES[-1][0]:
        return f"no machine has {cpu} vCPUs"
    return f"no machine has {memory_mb} MB of memory"
