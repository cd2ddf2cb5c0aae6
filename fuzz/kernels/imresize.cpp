// resize beside plain sums: every class, method and scale. In one thread: for several, images have to be larger
// (tests/stress).

#include <occlusion_sensitivity/kernels.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "plain.hpp"

using occlusion::AxisResize;
using occlusion::Method;

namespace {

// One axis, pixel by pixel: outer × n_in × inner → outer × n_out × inner.
template <typename T>
std::vector<T> axis_resized(const std::vector<T>& in, std::size_t outer, const AxisResize& axis, std::size_t inner) {
    if (axis.is_identity()) return in;
    const auto n_in = static_cast<std::size_t>(axis.n_in), n_out = static_cast<std::size_t>(axis.n_out);
    std::vector<T> out(outer * n_out * inner);
    for (std::size_t x = 0; x < n_out; ++x) {
        std::vector<std::pair<std::size_t, double>> parts;
        if (axis.is_plain_nearest()) {
            parts.emplace_back(occlusion::nearest_pixel(axis, static_cast<long long>(x)), 1.0);
        } else {
            const occlusion::Taps taps(axis, static_cast<long long>(x));
            double sum = 0.0;
            for (long long t = 0; t < occlusion::Taps::count(axis); ++t) {
                const double weight = taps.weight(t);
                sum += weight;
                if (weight != 0.0) parts.emplace_back(taps.pixel(t), weight);
            }
            for (auto& part : parts) part.second /= sum;
        }
        for (std::size_t o = 0; o < outer; ++o) {
            for (std::size_t k = 0; k < inner; ++k) {
                double sum = 0.0;
                for (const auto& [pixel, weight] : parts) {
                    expect(pixel < n_in, "every tap lies in the image");
                    sum += weight * static_cast<double>(in[(o * n_in + pixel) * inner + k]);
                }
                out[(o * n_out + x) * inner + k] = occlusion::stored<T>(sum);
            }
        }
    }
    return out;
}

template <typename T>
std::vector<T> plainly_resized(const std::vector<T>& in, const AxisResize& rows, const AxisResize& cols,
                               std::size_t depth) {
    const auto n_rows = static_cast<std::size_t>(rows.n_in), n_cols = static_cast<std::size_t>(cols.n_in);
    if (rows.scale <= cols.scale) {
        const auto between = axis_resized(in, 1, rows, n_cols * depth);
        return axis_resized(between, static_cast<std::size_t>(rows.n_out), cols, depth);
    }
    const auto between = axis_resized(in, n_rows, cols, depth);
    return axis_resized(between, 1, rows, static_cast<std::size_t>(cols.n_out) * depth);
}

// Scales as Python hands them over: a factor whose size is rounded up, the ratio of two sizes, or any that fits neither.
AxisResize axis_of(FuzzedDataProvider& in, Method method, bool antialiasing) {
    const long long n_in = in.ConsumeIntegralInRange(1, 24), n_out = in.ConsumeIntegralInRange(1, 40);
    double scale = static_cast<double>(n_out) / static_cast<double>(n_in);
    if (in.ConsumeBool()) {
        scale = std::pow(10.0, in.ConsumeFloatingPointInRange(-2.0, 12.0));
    }
    return {n_in, n_out, scale, method, antialiasing};
}

template <typename T>
T value_of(FuzzedDataProvider& in) {
    if constexpr (std::is_floating_point_v<T>) {
        switch (in.ConsumeIntegralInRange(0, 5)) {
            case 0: return std::numeric_limits<T>::infinity();
            case 1: return std::numeric_limits<T>::quiet_NaN();
            case 2: return std::numeric_limits<T>::max();
            default: return static_cast<T>(in.ConsumeFloatingPointInRange(-1e3, 1e3));
        }
    } else {
        return in.ConsumeIntegral<T>();
    }
}

template <typename T>
bool same_bits(const std::vector<T>& one, const std::vector<T>& other) {
    for (std::size_t k = 0; k < one.size(); ++k) {
        const bool both_nan = one[k] != one[k] && other[k] != other[k];
        if (!both_nan && std::memcmp(&one[k], &other[k], sizeof(T)) != 0) return false;
    }
    return one.size() == other.size();
}

template <typename T>
void try_class(FuzzedDataProvider& in) {
    const auto method = static_cast<Method>(in.ConsumeIntegralInRange(0, 4));
    const bool antialiasing = in.ConsumeBool();
    const AxisResize rows = axis_of(in, method, antialiasing), cols = axis_of(in, method, antialiasing);
    const auto depth = static_cast<std::size_t>(in.ConsumeIntegralInRange(1, 3));
    std::vector<T> image(static_cast<std::size_t>(rows.n_in * cols.n_in) * depth);
    for (T& value : image) value = value_of<T>(in);
    std::vector<T> resized(static_cast<std::size_t>(rows.n_out * cols.n_out) * depth);

    occlusion::resize(image.data(), rows, cols, static_cast<std::ptrdiff_t>(depth), resized.data(), 1);

    expect(same_bits(resized, plainly_resized(image, rows, cols, depth)), "resize gives the sums' bits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider in(data, size);
    switch (in.ConsumeIntegralInRange(0, 7)) {
        case 0: try_class<std::int8_t>(in); break;
        case 1: try_class<std::uint8_t>(in); break;
        case 2: try_class<std::int16_t>(in); break;
        case 3: try_class<std::uint16_t>(in); break;
        case 4: try_class<std::int32_t>(in); break;
        case 5: try_class<std::uint32_t>(in); break;
        case 6: try_class<float>(in); break;
        default: try_class<double>(in); break;
    }
    return 0;
}
