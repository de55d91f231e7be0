# The torch wheel of PyPI as LibTorch, by hand-written imported targets: find_package(Torch) would ask for nvcc.
#   torch::cpu       LibTorch without its CUDA libraries; those are loaded at run time when a GPU is asked for
#   cuda::headers    CUDA runtime headers (only with a CUDA wheel)
#   nccl::headers    NCCL headers (only with a CUDA wheel)
# TorchWheel_VERSION, TorchWheel_HAS_CUDA, TorchWheel_RPATH (folders the loader must search).

if(NOT INFER_PYTHON)
  if(EXISTS ${PROJECT_SOURCE_DIR}/.venv/bin/python)
    set(INFER_PYTHON ${PROJECT_SOURCE_DIR}/.venv/bin/python)
  else()
    find_program(INFER_PYTHON_FOUND python3 REQUIRED)
    set(INFER_PYTHON ${INFER_PYTHON_FOUND})
  endif()
endif()
execute_process(
  COMMAND ${INFER_PYTHON} -c "import importlib.util as u, os; print(os.path.dirname(u.find_spec('torch').origin))"
  OUTPUT_VARIABLE TorchWheel_DIR OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE TorchWheel_RESULT ERROR_QUIET)
if(NOT TorchWheel_RESULT EQUAL 0)
  message(FATAL_ERROR "no torch wheel found with ${INFER_PYTHON}: run scripts/setup.sh, or name a Python that has torch with -DINFER_PYTHON=...")
endif()

file(STRINGS ${TorchWheel_DIR}/version.py TorchWheel_VERSION_LINE REGEX "^__version__ = ")
string(REGEX REPLACE ".*'([^']+)'.*" "\\1" TorchWheel_VERSION "${TorchWheel_VERSION_LINE}")
string(REGEX MATCH "^[0-9.]+" TorchWheel_NUMBER "${TorchWheel_VERSION}")
if(TorchWheel_NUMBER VERSION_LESS 2.11)
  message(FATAL_ERROR "torch ${TorchWheel_VERSION} in ${TorchWheel_DIR} is too old: 2.11 or newer is needed")
endif()

set(TorchWheel_LIB ${TorchWheel_DIR}/lib)
get_filename_component(TorchWheel_SITE ${TorchWheel_DIR} DIRECTORY)
foreach(name torch_cpu c10)
  add_library(torch::${name} SHARED IMPORTED)
  set_target_properties(torch::${name} PROPERTIES
    IMPORTED_LOCATION ${TorchWheel_LIB}/lib${name}.so
    INTERFACE_INCLUDE_DIRECTORIES "${TorchWheel_DIR}/include;${TorchWheel_DIR}/include/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${TorchWheel_DIR}/include;${TorchWheel_DIR}/include/torch/csrc/api/include")
endforeach()
add_library(torch::cpu INTERFACE IMPORTED)
target_link_libraries(torch::cpu INTERFACE torch::torch_cpu torch::c10)
set(TorchWheel_RPATH ${TorchWheel_LIB})

set(TorchWheel_HAS_CUDA FALSE)
file(GLOB TorchWheel_CUDART ${TorchWheel_SITE}/nvidia/cu*/lib/libcudart.so.*)
set(TorchWheel_NCCL ${TorchWheel_SITE}/nvidia/nccl)
if(EXISTS ${TorchWheel_LIB}/libtorch_cuda.so AND TorchWheel_CUDART AND EXISTS ${TorchWheel_NCCL}/include/nccl.h)
  list(GET TorchWheel_CUDART 0 TorchWheel_CUDART)
  get_filename_component(TorchWheel_CUDA_LIB ${TorchWheel_CUDART} DIRECTORY)
  get_filename_component(TorchWheel_CUDA_ROOT ${TorchWheel_CUDA_LIB} DIRECTORY)
  list(APPEND TorchWheel_RPATH ${TorchWheel_CUDA_LIB} ${TorchWheel_NCCL}/lib)
  set(TorchWheel_CUDA_HINTS ${TorchWheel_CUDA_ROOT}/include ${TorchWheel_CUDA_ROOT}/include/cccl
    /usr/local/cuda/include /usr/local/cuda/include/cccl)
  find_path(TorchWheel_CRT crt/host_defines.h HINTS ${TorchWheel_CUDA_HINTS})
  find_path(TorchWheel_CCCL nv/target HINTS ${TorchWheel_CUDA_HINTS})
  if(TorchWheel_CRT AND TorchWheel_CCCL)
    set(TorchWheel_HAS_CUDA TRUE)
    add_library(cuda::headers INTERFACE IMPORTED)
    target_include_directories(cuda::headers SYSTEM INTERFACE ${TorchWheel_CUDA_ROOT}/include ${TorchWheel_CRT} ${TorchWheel_CCCL})
    add_library(nccl::headers INTERFACE IMPORTED)
    target_include_directories(nccl::headers SYSTEM INTERFACE ${TorchWheel_NCCL}/include)
    target_link_libraries(nccl::headers INTERFACE cuda::headers)
  else()
    message(WARNING "the CUDA headers are incomplete (crt/host_defines.h or nv/target is missing; wheels nvidia-cuda-crt, nvidia-cuda-cccl): building without NCCL")
  endif()
endif()

set(TorchWheel_FOUND TRUE)
message(STATUS "torch ${TorchWheel_VERSION} (${TorchWheel_DIR}), CUDA and NCCL code: ${TorchWheel_HAS_CUDA}")
