// cut_crops beside a loop over all pixels: crops that reach far outside, patches that are shared or not.

#include <occlusion_sensitivity/kernels.hpp>

#include "plain.hpp"

using occlusion::Box;
using occlusion::ImageShape;
using occlusion::Position;

namespace {

constexpr int far = 1 << 30;

// A place near the image, or as far away as Python may hand over.
int anywhere(FuzzedDataProvider& in) {
    return in.ConsumeBool() ? in.ConsumeIntegralInRange(-30, 30) : in.ConsumeIntegralInRange(-far, far);
}

float pixel(const Values& values, const ImageShape& shape, long long plane, long long row, long long col, long long k) {
    return values[static_cast<std::size_t>(shape.offset(plane, row, col) + k)];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider in(data, size);
    const auto length = [&](int most) { return in.ConsumeIntegralInRange(0, most); };
    const ImageShape shape{length(3), length(16), length(16), length(3)};
    const ImageShape patch{shape.planes, length(16), length(16), shape.depth};
    const ImageShape crop{shape.planes, length(20), length(20), shape.depth};
    const auto n_crops = static_cast<std::size_t>(length(5));
    const bool is_shared = in.ConsumeBool();
    std::vector<Position> origins(n_crops), starts(n_crops);
    std::vector<Box> pasted(n_crops);
    const auto paste = [&](long long in_image, long long in_patch, int& origin, int& first, int& end) {
        origin = anywhere(in);
        const auto low = std::max<long long>(0, origin), high = std::min(in_image, origin + in_patch);
        first = end = length(static_cast<int>(in_image));  // nothing, anywhere
        if (low >= high) return;
        ordered(in, static_cast<int>(high - low), first, end);
        first += static_cast<int>(low), end += static_cast<int>(low);
    };
    for (std::size_t k = 0; k < n_crops; ++k) {
        starts[k] = {anywhere(in), anywhere(in)};
        paste(shape.height, patch.height, origins[k].row, pasted[k].row0, pasted[k].row1);
        paste(shape.width, patch.width, origins[k].col, pasted[k].col0, pasted[k].col1);
    }
    const Values whole = numbered(shape.size(), 0.0F);
    const Values values = numbered((is_shared ? 1 : static_cast<long long>(n_crops)) * patch.size(), 1e6F);
    Values crops(n_crops * static_cast<std::size_t>(crop.size()), -7.0F), plain = crops;
    const occlusion::Patches patches{values.data(), patch, is_shared, origins.data(), pasted.data()};
    constexpr float fill = -1.0F;

    occlusion::cut_crops(whole.data(), shape, patches, starts.data(), n_crops, crop, fill, crops.data());

    std::size_t at = 0;
    for (std::size_t n = 0; n < n_crops; ++n) {
        const Values one(values.begin() + (is_shared ? 0 : static_cast<long long>(n) * patch.size()), values.end());
        for (long long plane = 0; plane < crop.planes; ++plane) {
            for (long long y = 0; y < crop.height; ++y) {
                for (long long x = 0; x < crop.width; ++x) {
                    const long long row = starts[n].row + y, col = starts[n].col + x;
                    const bool inside = 0 <= row && row < shape.height && 0 <= col && col < shape.width;
                    for (long long k = 0; k < crop.depth; ++k, ++at) {
                        if (!inside) {
                            plain[at] = fill;
                        } else if (occlusion::covers(pasted[n], row, col)) {
                            plain[at] = pixel(one, patch, plane, row - origins[n].row, col - origins[n].col, k);
                        } else {
                            plain[at] = pixel(whole, shape, plane, row, col, k);
                        }
                    }
                }
            }
        }
    }
    expect(crops == plain, "cut_crops pastes, and cuts");
    return 0;
}
