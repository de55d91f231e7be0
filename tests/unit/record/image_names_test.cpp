#include "record/image_names.hpp"

#include <catch2/catch.hpp>

using namespace infer;

TEST_CASE("picture names: each filter has its own, by which it is found") {
  for (const auto filter : {ResizeFilter::nearest, ResizeFilter::box, ResizeFilter::bilinear,
                            ResizeFilter::hamming, ResizeFilter::bicubic, ResizeFilter::lanczos})
    CHECK(filter_from_name(filter_name(filter)) == filter);
  CHECK(filter_name(ResizeFilter::hamming) == "hamming");
  CHECK(filter_name(ResizeFilter::lanczos) == "lanczos");
  CHECK_FALSE(filter_from_name("cubic").has_value());
}

TEST_CASE("picture names: of the two that resize") {
  CHECK(backend_from_name("pil") == ImageBackend::pil);
  CHECK(backend_from_name("torchvision") == ImageBackend::torchvision);
  CHECK_FALSE(backend_from_name("opencv").has_value());
}
