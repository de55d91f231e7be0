"""Attention among the tokens of each text, where texts lie one after the other: by LibTorch's GPU operators that are told
where each text begins. No mask, no padding, and nothing of cuDNN."""

import contextlib
import functools
import itertools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

NAME = "infer_packed"  # among transformers' kinds of attention
OUT_OF_REACH = ("sliding_window", "softcap", "s_aux", "position_bias")  # of what models ask of attention


def register() -> None:
    """Without a kind of mask of the same name, transformers makes none."""
    from transformers import AttentionInterface
    AttentionInterface.register(NAME, attend)


def attend(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
           scaling: float | None = None, is_causal: bool | None = None, cu_seq_lens_q: Tensor | None = None,
           max_length_q: int = 0, **others: Any) -> tuple[Tensor, None]:
    """As transformers calls it: [1, heads, tokens, width] -> [1, tokens, heads, width]. Throws ValueError for what the
    operators cannot do."""
    asked = [name for name in OUT_OF_REACH if others.get(name) is not None]
    if attention_mask is not None or cu_seq_lens_q is None or asked:
        raise ValueError(f"its attention needs {', '.join(asked) or 'a mask'}")
    causal = bool(getattr(module, "is_causal", False) if is_causal is None else is_causal)
    tokens = [one[0].transpose(0, 1) for one in (query, key, value)]
    operator = scripted(anywhere) if torch.jit.is_tracing() else on_gpu
    return operator(*tokens, cu_seq_lens_q, max_length_q, causal, scaling).unsqueeze(0), None


scripted = functools.cache(torch.jit.script)


# [tokens, heads, width], where queries may share keys, bounds: int32 [texts + 1], `longest`: tokens of a text at most.
# Also compiled by TorchScript, so that a trace, made on any device, chooses when it runs.


def anywhere(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, longest: int, causal: bool,
             scale: float | None) -> Tensor:
    if query.is_cuda:
        return on_gpu(query, key, value, bounds, longest, causal, scale)
    return masked(query, key, value, bounds, causal, scale)


def on_gpu(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, longest: int, causal: bool,
           scale: float | None) -> Tensor:
    half = query.dtype == torch.float16 or query.dtype == torch.bfloat16
    if half and query.shape[-1] % 8 == 0 and query.shape[-1] <= 256:
        return flash(query, key, value, bounds, longest, causal, scale)
    return efficient(query, key, value, bounds, longest, causal, scale)


def flash(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, longest: int, causal: bool,
          scale: float | None) -> Tensor:
    return torch.ops.aten._flash_attention_forward(query, key, value, bounds, bounds, longest, longest, 0.0, causal, False,
                                                   scale=scale)[0]


def efficient(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, longest: int, causal: bool,
              scale: float | None) -> Tensor:
    shared = query.shape[1] // key.shape[1]
    if shared > 1:
        key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
    mask_type = 1 if causal else 0  # 1: causal from the top left
    return torch.ops.aten._efficient_attention_forward(
        query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0), None, bounds, bounds, longest, longest, 0.0, mask_type,
        False, scale=scale)[0][0]


def masked(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, causal: bool, scale: float | None) -> Tensor:
    """With a mask of [tokens, tokens]: for few tokens at once, as on a CPU."""
    text = torch.bucketize(torch.arange(query.shape[0], device=query.device), bounds[1:], right=True)
    mask = text.unsqueeze(1) == text.unsqueeze(0)
    if causal:
        mask = mask.tril()
    result = nn.functional.scaled_dot_product_attention(
        query.transpose(0, 1).unsqueeze(0), key.transpose(0, 1).unsqueeze(0), value.transpose(0, 1).unsqueeze(0), mask,
        scale=scale, enable_gqa=query.shape[1] != key.shape[1])
    return result[0].transpose(0, 1)


@contextlib.contextmanager
def on_the_host() -> Iterator[None]:
    """Both operators on the CPU too, slow and plain: to try a model before it moves to the GPU."""
    with torch.library._scoped_library("aten", "IMPL") as library:
        library.impl("_flash_attention_forward", _flash_on_host, "CPU")
        library.impl("_efficient_attention_forward", _efficient_on_host, "CPU")
        yield


def _flash_on_host(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, _bounds: Tensor, longest: int, _longest: int,
                   _dropout: float, causal: bool, _debug: bool, *, scale: float | None = None, **_: Any) -> tuple[Any, ...]:
    _check(bounds, longest, len(query))
    return _text_by_text(query, key, value, bounds, causal, scale), *(query.new_empty(0) for _ in range(4))


def _efficient_on_host(query: Tensor, key: Tensor, value: Tensor, _bias: Tensor | None, bounds: Tensor, _bounds: Tensor,
                       longest: int, _longest: int, _dropout: float, mask_type: int, _sums: bool = False, *,
                       scale: float | None = None, **_: Any) -> tuple[Any, ...]:
    _check(bounds, longest, query.shape[1])
    result = _text_by_text(query[0], key[0], value[0], bounds, mask_type == 1, scale)
    return result.unsqueeze(0), *(query.new_empty(0) for _ in range(3)), longest, longest


def _check(bounds: Tensor, longest: int, tokens: int) -> None:
    """What the GPU's kernels rely on without looking."""
    lengths = bounds.diff()
    fit = bounds[0] == 0 and bounds[-1] == tokens and 0 <= lengths.min() <= lengths.max() <= longest
    if bounds.dtype != torch.int32 or not fit:
        raise ValueError(f"bounds {bounds.tolist()} do not cut {tokens} tokens into texts of {longest} at most")


def _text_by_text(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, causal: bool, scale: float | None) -> Tensor:
    """[tokens, heads, width] by softmax, written out, in float32."""
    result = torch.empty_like(query)
    for begin, end in itertools.pairwise(bounds.tolist()):
        q, k, v = (one[begin:end].float().transpose(0, 1) for one in (query, key, value))
        k, v = (one.repeat_interleave(len(q) // len(one), dim=0) for one in (k, v))
        scores = q @ k.transpose(1, 2) * (q.shape[-1] ** -0.5 if scale is None else scale)
        if causal:
            scores = scores.masked_fill(torch.ones(scores.shape[1:], dtype=torch.bool).triu(1), float("-inf"))
        result[begin:end] = (scores.softmax(dim=-1) @ v).transpose(0, 1).to(result.dtype)
    return result
