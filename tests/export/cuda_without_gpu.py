"""Lets AOTInductor compile for a GPU where there is none but a simulated one (tests/simulated_gpu): Triton compiles for
compute capability 9.0, loads nothing and starts nothing, and of each kernel's settings the first is taken, untuned.

Such a package shows which kernels and calls there are. It is not for use.
"""

import torch
import triton
from torch._inductor import config
from torch._inductor.runtime import triton_helpers, triton_heuristics
from triton.backends.compiler import GPUTarget

CAPABILITY = 90  # as the simulated GPU's
SHARED_MEMORY = 227 * 1024
REGISTERS, SPILLED, THREADS = 32, 0, 1024  # of a kernel, as if it had been loaded


class Utilities:
    """What Triton asks the driver for."""

    @staticmethod
    def load_binary(_name, _binary, _shared, _device):
        return 1, 2, REGISTERS, SPILLED, THREADS

    @staticmethod
    def unload_module(_module):
        pass

    @staticmethod
    def get_device_properties(_device):
        return {"max_shared_mem": SHARED_MEMORY, "warpSize": 32, "multiprocessor_count": 132, "max_num_regs": 65536}


class Launcher:
    """Of kernels that are never started."""

    def __init__(self, *_arguments, **_named):
        self.global_scratch_size = self.profile_scratch_size = 0
        self.launch_cooperative_grid = self.launch_pdl = False


class Driver:
    """In the place of Triton's own."""

    utils, launcher_cls = Utilities(), Launcher

    def get_current_target(self):
        return GPUTarget("cuda", CAPABILITY, 32)

    def get_current_device(self):
        return 0

    def set_current_device(self, _device):
        pass

    def get_current_stream(self, _device=None):
        return 0

    def get_active_torch_device(self):
        return torch.device("cuda", 0)

    def get_device_interface(self):
        return torch.cuda


def _first_setting_only(tuner):
    tuner.compile_results = [tuner._precompile_config(tuner.configs[0])]
    tuner.configs = None


def _save(tuner, *_arguments, stream, **_named):
    if not tuner.launchers:
        tuner.precompile()
    if tuner.launchers[0].store_cubin:
        tuner.save_gpu_kernel(stream, tuner.launchers[0])


def prepare() -> None:
    """From now on, in this process."""
    triton.runtime.driver.set_active(Driver())
    triton_helpers.set_driver_to_gpu = lambda *_arguments: None
    tuner = triton_heuristics.CachingAutotuner
    tuner._precompile_worker, tuner.run = _first_setting_only, _save
    tuner._dynamic_scale_rblock = lambda _self: None
    config.use_static_triton_launcher = False
    config.compile_threads = 1  # others would not know of this
