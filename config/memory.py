"""The memory that a process keeps for good: what was loaded at start is not searched for garbage again and again."""

import gc


def settle() -> None:
    """Take everything that is alive now out of the garbage collector's sight; call it once, when a process is loaded.

    Django and our modules are a million objects: a full collection takes 100 ms and frees nothing. Nor is there a need
    to look after every 700 objects: a batch makes ten thousand, and all of them go without a collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
