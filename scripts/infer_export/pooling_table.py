"""The poolings, one row each. Without torch, for cli.py: poolings.py has their formulas."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Pooling:
    """In older sentence-transformers folders it is the key pooling_mode_OLD; of several that are true there, `place` says
    which vector comes first. `formula` is the name in poolings.py: FORMULA_pooling for padded batches, packed_FORMULA."""

    name: str
    formula: str
    old: str
    place: int

    @property
    def old_key(self) -> str:
        return f"pooling_mode_{self.old}"


# In the order of --help.
POOLINGS = {one.name: one for one in (
    Pooling("mean", "mean", "mean_tokens", 2),
    Pooling("cls", "cls", "cls_token", 0),
    Pooling("max", "max", "max_tokens", 1),
    Pooling("lasttoken", "last_token", "lasttoken", 5),
    Pooling("weightedmean", "weighted_mean", "weightedmean_tokens", 4),
    Pooling("mean_sqrt_len_tokens", "mean_sqrt", "mean_sqrt_len_tokens", 3))}

IN_PLACES = sorted(POOLINGS.values(), key=lambda one: one.place)
