"""The flags of a run of the exporter."""

import dataclasses
import pathlib

from .tasks import DECODER, EXPORT_TASKS, ExportTask


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags as typed, but for the task; None where a default depends on the model."""

    hf: str | None
    head: str | None
    factory: str | None
    task: ExportTask
    out: pathlib.Path
    format: str
    dtype: str
    tensorrt: str | None  # its dtype
    quantize: str | None
    weights: str | None
    stages: int | None  # 0: as few as stage_bytes allows
    stage_bytes: int | None
    device: str
    max_length: int | None
    max_batch: int
    pooling: str | None
    normalize: bool | None
    dimensions: int | None
    prompt: str | None
    prompt_name: str | None
    answer_tokens: tuple[str, ...] | None
    template: str | None
    labels: tuple[str, ...] | None
    activation: str | None
    threshold: float | None
    truncation_side: str | None
    tokenizer: str | None
    packed: bool | None
    cudnn_attention: bool
    overwrite: bool
    preload_lib: tuple[str, ...]
    input_spec: tuple[str, ...]
    pad: tuple[str, ...]
    image_backend: str | None
    preprocess: str | None
    prompts: str | None

    @property
    def of_pictures(self) -> bool:
        return self.task.of_pictures or self.preprocess is not None

    @property
    def loaded_for(self) -> ExportTask:
        """The task that the Hugging Face folder itself is for: with --head, it gives the vectors."""
        if self.answer_tokens:
            return dataclasses.replace(self.task, **DECODER, sentence=None)
        return EXPORT_TASKS[self.task.head_on] if self.head and self.task.head_on else self.task
