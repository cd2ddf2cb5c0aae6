#include <algorithm>

#include <occlusion_sensitivity/kernels.hpp>

namespace occlusion {

void copy_boxes(const float* image, const ImageShape& shape, const Box* boxes, std::size_t n_boxes, float* batch) {
    for (std::size_t k = 0; k < n_boxes; ++k) {
        const Box& box = boxes[k];
        float* copy = batch + static_cast<long long>(k) * shape.size();
        const long long length = (box.col1 - box.col0) * shape.depth;
        for (long long plane = 0; plane < shape.planes; ++plane) {
            for (long long row = box.row0; row < box.row1; ++row) {
                const long long first = shape.offset(plane, row, box.col0);
                std::copy_n(image + first, length, copy + first);
            }
        }
    }
}

}  // namespace occlusion
