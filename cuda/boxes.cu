// In all kernels: grid-stride loops, right for any launch size, and every scalar a long long or a double, as CuPy passes
// Python's numbers.
#include <occlusion_sensitivity/box.hpp>

// Copies box k of `image` into image k of `batch`, for each k; none is larger than box_rows × box_cols. From an image
// that is all fill this paints the masks; from the original it restores what they covered.
extern "C" __global__ void copy_boxes(const float* image, long long planes, long long height, long long width,
                                      long long depth, const occlusion::Box* boxes, long long n_boxes,
                                      long long box_rows, long long box_cols, float* batch) {
    const occlusion::ImageShape shape{planes, height, width, depth};
    // Walk the boxes, not the images: cost follows the covered area.
    const long long work = n_boxes * planes * box_rows * box_cols * depth;
    const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < work; i += step) {
        const long long pixel = i / depth, line = pixel / box_cols, area = line / box_rows;
        const long long k = area / planes;
        const occlusion::Box box = boxes[k];
        const long long row = box.row0 + line % box_rows, col = box.col0 + pixel % box_cols;
        if (!occlusion::covers(box, row, col)) continue;
        const long long value = shape.offset(area % planes, row, col) + i % depth;
        batch[k * shape.size() + value] = image[value];
    }
}
