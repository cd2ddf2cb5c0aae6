#include <algorithm>

#include <occlusion_sensitivity/kernels.hpp>

namespace occlusion {

void copy_boxes(const float* image, const ImageShape& shape, const Box* boxes, std::size_t n_boxes, float* batch) {
    for (std::size_t k = 0; k < n_boxes; ++k) {
        const Box& box = boxes[k];
        float* copy = batch + std::ptrdiff_t(k) * shape.size();
        const std::ptrdiff_t length = (box.col1 - box.col0) * shape.depth;
        for (std::ptrdiff_t plane = 0; plane < shape.planes; ++plane) {
            for (std::ptrdiff_t row = box.row0; row < box.row1; ++row) {
                const std::ptrdiff_t first = ((plane * shape.height + row) * shape.width + box.col0) * shape.depth;
                std::copy_n(image + first, length, copy + first);
            }
        }
    }
}

}  // namespace occlusion
