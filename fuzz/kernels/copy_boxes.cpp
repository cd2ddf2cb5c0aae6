// copy_boxes beside a loop over all pixels: boxes of every place and size, images of every layout.

#include <occlusion_sensitivity/kernels.hpp>

#include "plain.hpp"

using occlusion::Box;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider in(data, size);
    const auto length = [&](int most) { return in.ConsumeIntegralInRange(0, most); };
    const occlusion::ImageShape shape{length(4), length(20), length(20), length(4)};
    std::vector<Box> boxes(static_cast<std::size_t>(length(6)));
    for (Box& box : boxes) {
        ordered(in, static_cast<int>(shape.height), box.row0, box.row1);
        ordered(in, static_cast<int>(shape.width), box.col0, box.col1);
        expect(occlusion::inside(box, shape.height, shape.width), "the box is one that Python may hand over");
    }
    const auto in_all = static_cast<long long>(boxes.size()) * shape.size();
    const Values image = numbered(shape.size(), 1e6F);
    Values batch = numbered(in_all, 0.0F), plain = batch;

    occlusion::copy_boxes(image.data(), shape, boxes.data(), boxes.size(), batch.data());

    std::size_t at = 0;
    for (const Box& box : boxes) {
        for (long long plane = 0; plane < shape.planes; ++plane) {
            for (long long row = 0; row < shape.height; ++row) {
                for (long long col = 0; col < shape.width; ++col) {
                    for (long long k = 0; k < shape.depth; ++k, ++at) {
                        const auto from = static_cast<std::size_t>(shape.offset(plane, row, col) + k);
                        if (occlusion::covers(box, row, col)) plain[at] = image[from];
                    }
                }
            }
        }
    }
    expect(batch == plain, "copy_boxes copies the boxes, and nothing else");
    return 0;
}
