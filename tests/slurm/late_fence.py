"""A rank that hears late that all ranks have reached a point of MPI's start."""

import json
import pathlib

from cli_support import Program, check, run
from cluster import Cluster
from jobs import digest
from ways import scores

ROWS = 500
LATE_FENCE = """
#include <dlfcn.h>
#include <chrono>
#include <cstddef>
#include <thread>
using Done = void (*)(int, void*);
using Fence = int (*)(const void*, std::size_t, const void*, std::size_t, Done, void*);
struct Waiting { Done done; void* data; };
static void tell_later(int status, void* data) {  // PMIx's own thread has to go on
  const auto* waiting = static_cast<Waiting*>(data);
  std::thread([waiting, status] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    waiting->done(status, waiting->data);
  }).detach();
}
extern "C" int PMIx_Fence_nb(const void* ranks, std::size_t count, const void* info, std::size_t infos, Done done, void* data) {
  static const auto real = reinterpret_cast<Fence>(dlsym(RTLD_NEXT, "PMIx_Fence_nb"));
  return real(ranks, count, info, infos, tell_later, new Waiting{done, data});
}
"""


def late_fence(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """Slurm's barrier of few nodes waits for nobody: others are through MPI's start and send to a rank that is not, which crashed."""
    (folder / "late_fence.cpp").write_text(LATE_FENCE)
    made = run(["g++", "-std=c++20", "-shared", "-fPIC", "late_fence.cpp", "-o", "late_fence.so"], folder)
    check(made.code == 0, f"cannot make the library: {made}")
    (folder / "data.jsonl").write_text("".join(json.dumps({"x": [row, 0, 0, 0, 0, 0, 0, 1]}) + "\n" for row in range(ROWS)))
    plain = run([str(program.infer), *scores(program, "plain.jsonl", "--input", "data.jsonl")], folder)
    check(plain.code == 0, f"the plain run: {plain}")
    for late in (0, 1):
        output = f"late{late}.jsonl"
        infer = " ".join([str(program.infer), *scores(program, output, "--input", "data.jsonl")])
        late_infer = f"env LD_PRELOAD={folder}/late_fence.so {infer}"
        (folder / "programs").write_text(f"{late} {late_infer}\n{1 - late} {infer}\n")
        done = run(["srun", "--mpi=pmix", "--nodes=2", "--ntasks-per-node=1", "--kill-on-bad-exit=1", "--multi-prog", "programs"], folder)
        check(done.code == 0 and "2 ranks on 2 hosts" in done.stderr, f"rank {late} hears late: {done}")
        check(digest(folder / output) == digest(folder / "plain.jsonl"), f"rank {late} hears late: other bytes than the plain run's: {done}")
