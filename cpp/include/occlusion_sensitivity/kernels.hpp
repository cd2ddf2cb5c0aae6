#pragma once

#include <cstddef>
#include <cstdint>

#include <occlusion_sensitivity/box.hpp>
#include <occlusion_sensitivity/resampling.hpp>

namespace occlusion {

// An image as the network reads it: planes × height × width × depth, C order. Channels are planes (C×H×W×1) or
// interleaved (1×H×W×C).
struct ImageShape {
    std::ptrdiff_t planes, height, width, depth;
    std::ptrdiff_t size() const { return planes * height * width * depth; }
};

// Copies box k of `image` into image k of `batch`, for each k. From an image that is all fill this paints the masks;
// from the original it restores what they covered. Every box must lie inside the image.
void copy_boxes(const float* image, const ImageShape& shape, const Box* boxes, std::size_t n_boxes, float* batch);

// How one axis is resized.
struct AxisResize {
    std::ptrdiff_t n_in, n_out;
    double scale;
    Method method;
    bool antialiasing;
    bool is_identity() const { return scale == 1.0 && n_in == n_out; }
};

// Resizes the middle axis: outer × n_in × inner → outer × n_out × inner. Sums in double; each value is stored in T,
// for integers rounded half away from zero and saturated.
template <typename T>
void resize_axis(const T* in, std::ptrdiff_t outer, const AxisResize& axis, std::ptrdiff_t inner, T* out);

}  // namespace occlusion
