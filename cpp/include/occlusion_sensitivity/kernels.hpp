#pragma once

#include <cstddef>

#include <occlusion_sensitivity/box.hpp>
#include <occlusion_sensitivity/resampling.hpp>

namespace occlusion {

// Copies box k of `image` into image k of `batch`, for each k. From an image that is all fill this paints the masks;
// from the original it restores what they covered. Every box must lie inside the image.
void copy_boxes(const float* image, const ImageShape& shape, const Box* boxes, std::size_t n_boxes, float* batch);

// Changed parts of an image, one for each crop, or one that all of them share.
struct Patches {
    const float* values;
    ImageShape shape;
    bool is_shared;
    // For each crop: where its patch begins in the image, and what of it is pasted. It lies inside patch and image.
    const Position* origins;
    const Box* pasted;
};

// Cuts crops out of an image into which a patch is pasted, one at a time. What a crop has outside the image is `fill`.
void cut_crops(const float* whole, const ImageShape& shape, const Patches& patches, const Position* starts,
               std::size_t n_crops, const ImageShape& crop_shape, float fill, float* crops);

// Resizes an image of rows × columns × depth, one axis after the other. Sums in double; after each axis the values are
// stored in T, for integers rounded half away from zero and saturated. In at most `threads` threads, this one among them.
template <typename T>
void resize(const T* in, const AxisResize& rows, const AxisResize& cols, std::ptrdiff_t depth, T* out,
            std::ptrdiff_t threads);

}  // namespace occlusion
