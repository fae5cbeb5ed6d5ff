"""Numbers that look random and are not: the same question has the same answer for ever."""

MASK = (1 << 64) - 1


def noise(index: int, subject: int) -> float:
    """Return a number between 0 and 1 that belongs to this index of this subject."""
    # The finisher of SplitMix64: neighbouring indices give unrelated numbers.
    mixed = (index * 0x9E3779B97F4A7C15 + subject * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return (mixed ^ (mixed >> 31)) / (MASK + 1)
