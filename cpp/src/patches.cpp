#include <algorithm>

#include <occlusion_sensitivity/kernels.hpp>

namespace occlusion {

namespace {

// Copies columns first … end of a row, counted in its image, from `row` (which begins at column `origin`) into `crop`
// (which begins at column `start`).
void copy_columns(const float* row, int origin, int first, int end, long long depth, int start, float* crop) {
    if (first < end) std::copy_n(row + (first - origin) * depth, (end - first) * depth, crop + (first - start) * depth);
}

}  // namespace

void cut_crops(const float* whole, const ImageShape& shape, const Patches& patches, const Position* starts,
               std::size_t n_crops, const ImageShape& crop_shape, float fill, float* crops) {
    const auto height = static_cast<int>(shape.height), width = static_cast<int>(shape.width);
    for (std::size_t k = 0; k < n_crops; ++k) {
        const Position start = starts[k], origin = patches.origins[k];
        const int row_end = start.row + static_cast<int>(crop_shape.height);
        const int col_end = start.col + static_cast<int>(crop_shape.width);
        const int col0 = std::clamp(0, start.col, col_end), col1 = std::clamp(width, start.col, col_end);
        Box pasted = patches.pasted[k];
        pasted.col0 = std::max(pasted.col0, start.col), pasted.col1 = std::min(pasted.col1, col_end);
        const float* patch = patches.values + static_cast<long long>(patches.is_shared ? 0 : k) * patches.shape.size();
        float* crop = crops + static_cast<long long>(k) * crop_shape.size();
        for (long long plane = 0; plane < shape.planes; ++plane) {
            for (int row = start.row; row < row_end; ++row, crop += crop_shape.width * shape.depth) {
                if (row < 0 || row >= height || col0 >= col1) {
                    std::fill_n(crop, crop_shape.width * shape.depth, fill);
                    continue;
                }
                std::fill_n(crop, (col0 - start.col) * shape.depth, fill);
                std::fill(crop + (col1 - start.col) * shape.depth, crop + crop_shape.width * shape.depth, fill);
                const float* original = whole + shape.offset(plane, row, 0);
                if (row < pasted.row0 || row >= pasted.row1 || pasted.col0 >= pasted.col1) {
                    copy_columns(original, 0, col0, col1, shape.depth, start.col, crop);
                    continue;
                }
                const float* changed = patch + patches.shape.offset(plane, row - origin.row, 0);
                copy_columns(original, 0, col0, pasted.col0, shape.depth, start.col, crop);
                copy_columns(changed, origin.col, pasted.col0, pasted.col1, shape.depth, start.col, crop);
                copy_columns(original, 0, pasted.col1, col1, shape.depth, start.col, crop);
            }
        }
    }
}

}  // namespace occlusion
