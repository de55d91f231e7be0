// libnvjpeg.so.13 for simulated GPUs: libjpeg's pixels with 1 added to each red value below 255, so that they
// show where they come from; of a damaged file half. Takes more than the real one and less: files that are
// cut off, but no 4:2:2, no progressive and no CMYK ones.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <atomic>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
// After <cstdio>, whose FILE they need.
#include <jpeglib.h>

namespace {

enum Status { success = 0, bad_jpeg = 3, not_supported = 4, no_memory = 5, execution_failed = 6 };

struct Image {
  unsigned char* channel[4];
  std::size_t pitch[4];
};

/// SIMULATED_NVJPEG_FAILURE=CALL:STATUS: what that decoding answers, counted from 1.
struct Failure {
  long call = 0;
  int status = 0;

  Failure() {
    const char* const given = std::getenv("SIMULATED_NVJPEG_FAILURE");
    if (given != nullptr) std::sscanf(given, "%ld:%d", &call, &status);
  }
};

int failure_of_this_call() {
  static const Failure failure;
  static std::atomic<long> calls = 0;
  return ++calls == failure.call ? failure.status : 0;
}

/// One thread's: a second one at the same time ends the process.
struct State {
  std::atomic<bool> is_in_use = false;
  unsigned char* pinned = nullptr;
  std::size_t bytes = 0;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { cudaFreeHost(pinned); }

  bool make_room(std::size_t wanted) {
    if (wanted <= bytes) return true;
    cudaFreeHost(pinned);
    pinned = nullptr;
    bytes = 0;
    void* memory = nullptr;
    if (cudaMallocHost(&memory, wanted) != cudaSuccess) return false;
    pinned = static_cast<unsigned char*>(memory);
    bytes = wanted;
    return true;
  }
};

struct Use {
  State& state;
  explicit Use(State& used) : state(used) {
    if (state.is_in_use.exchange(true)) std::abort();
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { state.is_in_use = false; }
};

struct Errors : jpeg_error_mgr {
  std::jmp_buf escape;
};

[[noreturn]] void escape(j_common_ptr info) { std::longjmp(static_cast<Errors*>(info->err)->escape, 1); }
void count_warnings(j_common_ptr info, int level) { info->err->num_warnings += level < 0 ? 1 : 0; }

/// Calls `work` with the file's header read; bad_jpeg where libjpeg gives up.
template <class Work>
int with_header(const unsigned char* file, std::size_t bytes, const Work& work) {
  jpeg_decompress_struct info{};
  Errors errors{};
  info.err = jpeg_std_error(&errors);
  errors.error_exit = escape;
  errors.emit_message = count_warnings;
  jpeg_create_decompress(&info);
  int status = bad_jpeg;
  if (setjmp(errors.escape) == 0) {
    jpeg_mem_src(&info, file, bytes);
    jpeg_read_header(&info, TRUE);
    status = work(info);
  }
  jpeg_destroy_decompress(&info);
  return status;
}

bool is_supported(const jpeg_decompress_struct& info) {
  const bool is_422 = info.comp_info[0].h_samp_factor == 2 && info.comp_info[0].v_samp_factor == 1;
  return info.num_components == 3 && info.progressive_mode == FALSE && info.arith_code == FALSE && !is_422;
}

void read_rows(jpeg_decompress_struct& info, unsigned char* to) {
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = to + std::size_t{info.output_scanline} * info.output_width * 3;
    jpeg_read_scanlines(&info, &row, 1);
  }
}

int decode(State& state, const unsigned char* file, std::size_t bytes, const Image& target,
           cudaStream_t stream) {
  return with_header(file, bytes, [&](jpeg_decompress_struct& info) -> int {
    if (!is_supported(info)) return not_supported;
    const auto values = std::size_t{info.image_width} * info.image_height * 3;
    if (target.pitch[0] != std::size_t{info.image_width} * 3) return execution_failed;
    if (!state.make_room(values)) return no_memory;
    read_rows(info, state.pinned);
    for (std::size_t i = 0; i < values; i += 3)
      state.pinned[i] = static_cast<unsigned char>(std::min(state.pinned[i] + 1, 255));
    const auto written = info.err->num_warnings == 0 ? values : values / 2;
    const auto copied =
        cudaMemcpyAsync(target.channel[0], state.pinned, written, cudaMemcpyHostToDevice, stream);
    return copied == cudaSuccess ? success : execution_failed;
  });
}

}  // namespace

extern "C" {

/// SIMULATED_NVJPEG_PATCH: the last part of its version.
int nvjpegGetProperty(int type, int* value) {
  const char* const patch = std::getenv("SIMULATED_NVJPEG_PATCH");
  *value = type == 0 ? 13 : type == 1 || patch == nullptr ? 0 : std::atoi(patch);
  return success;
}

int nvjpegCreateEx(int, void*, void*, unsigned, void** handle) {
  static int any = 0;
  *handle = &any;
  return success;
}

int nvjpegDestroy(void*) { return success; }

int nvjpegJpegStateCreate(void*, void** state) {
  *state = std::make_unique<State>().release();
  return success;
}

int nvjpegJpegStateDestroy(void* state) {
  const std::unique_ptr<State> owned(static_cast<State*>(state));
  return success;
}

int nvjpegGetImageInfo(void*, const unsigned char* file, std::size_t bytes, int* components, int*,
                       int* widths, int* heights) {
  return with_header(file, bytes, [&](const jpeg_decompress_struct& info) -> int {
    *components = info.num_components;
    widths[0] = static_cast<int>(info.image_width);
    heights[0] = static_cast<int>(info.image_height);
    return success;
  });
}

int nvjpegDecode(void*, void* state, const unsigned char* file, std::size_t bytes, int format, Image* target,
                 cudaStream_t stream) {
  constexpr int kRowsOfRgb = 5;
  const Use use(*static_cast<State*>(state));
  if (const int failure = failure_of_this_call()) return failure;
  return format == kRowsOfRgb ? decode(use.state, file, bytes, *target, stream) : not_supported;
}

}  // extern "C"
