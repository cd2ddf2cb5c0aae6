#pragma once

#include <cstddef>

#include <occlusion_sensitivity/box.hpp>
#include <occlusion_sensitivity/resampling.hpp>

namespace occlusion {

// Copies box k of `image` into image k of `batch`, for each k. From an image that is all fill this paints the masks;
// from the original it restores what they covered. Every box must lie inside the image.
void copy_boxes(const float* image, const ImageShape& shape, const Box* boxes, std::size_t n_boxes, float* batch);

// Resizes the middle axis: outer × n_in × inner → outer × n_out × inner. Sums in double; each value is stored in T,
// for integers rounded half away from zero and saturated. In at most `threads` threads, this one among them.
template <typename T>
void resize_axis(const T* in, std::ptrdiff_t outer, const AxisResize& axis, std::ptrdiff_t inner, T* out,
                 std::ptrdiff_t threads);

}  // namespace occlusion
