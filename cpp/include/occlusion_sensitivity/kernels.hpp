#pragma once

#include <cstddef>

#include <occlusion_sensitivity/box.hpp>
#include <occlusion_sensitivity/resampling.hpp>

namespace occlusion {

// Copies box k of `image` into image k of `batch`, for each k. From an image that is all fill this paints the masks;
// from the original it restores what they covered. Every box must lie inside the image.
void copy_boxes(const float* image, const ImageShape& shape, const Box* boxes, std::size_t n_boxes, float* batch);

// Resizes an image of rows × columns × depth, one axis after the other. Sums in double; after each axis the values are
// stored in T, for integers rounded half away from zero and saturated. In at most `threads` threads, this one among them.
template <typename T>
void resize(const T* in, const AxisResize& rows, const AxisResize& cols, std::ptrdiff_t depth, T* out,
            std::ptrdiff_t threads);

}  // namespace occlusion
