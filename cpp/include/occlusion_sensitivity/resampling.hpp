#pragma once
// The arithmetic of MATLAB's imresize along one axis: docs/compatibility.md, section "imresize".

#include <occlusion_sensitivity/host_device.hpp>
#if !defined(__CUDACC_RTC__)
#include <math.h>  // not <cmath>: NVRTC knows these functions without a namespace
#endif

namespace occlusion {

enum class Method { nearest, bilinear, bicubic, lanczos2, lanczos3 };

// Width of the kernel's support, in input pixels at scale 1.
OCCLUSION_HD constexpr double support(Method method) {
    return method == Method::nearest    ? 1.0
           : method == Method::bilinear ? 2.0
           : method == Method::lanczos3 ? 6.0
                                        : 4.0;
}

// sin(pi · x), 0 <= x < 3: within 4e-16, and 0 at whole x. Not the library's: CUDA's has other last bits than the host's.
OCCLUSION_HD inline double sin_pi(double x) {
    const double whole = floor(x + 0.5), y = 3.141592653589793 * (x - whole), y2 = y * y;
    double sum = 1.0;  // the series up to y^23
    for (int n = 22; n > 0; n -= 2) sum = 1.0 - y2 * (1.0 / double(n * (n + 1))) * sum;
    return whole == 1.0 || whole == 3.0 ? -y * sum : y * sum;
}

// sinc(x) · sinc(x / lobes), x >= 0. MATLAB adds eps above and below: 1 at 0, and about 1e-17, not 0, at whole distances.
OCCLUSION_HD inline double lanczos(double lobes, double x) {
    constexpr double pi = 3.141592653589793, eps = 2.220446049250313e-16;
    if (x >= lobes) return 0.0;
    return (sin_pi(x) * sin_pi(x / lobes) + eps) / (pi * pi * (x * x) / lobes + eps);
}

OCCLUSION_HD inline double kernel(Method method, double t) {
    if (method == Method::nearest) return t >= -0.5 && t < 0.5 ? 1.0 : 0.0;
    const double x = fabs(t);
    if (method == Method::bilinear) return x < 1.0 ? 1.0 - x : 0.0;
    if (method != Method::bicubic) return lanczos(method == Method::lanczos2 ? 2.0 : 3.0, x);
    // Keys (1981), a = -0.5. Powers instead of Horner's form, and no pow: integer images hit ties often enough for the
    // last bit to show.
    const double x2 = x * x, x3 = x2 * x;
    if (x <= 1.0) return 1.5 * x3 - 2.5 * x2 + 1.0;
    if (x <= 2.0) return -0.5 * x3 + 2.5 * x2 - 4.0 * x + 2.0;
    return 0.0;
}

// Where output pixel x (1-based) lies in the input (1-based). Nearest neighbours depend on the last bit of this
// expression: written otherwise, it picks other pixels at some sizes.
OCCLUSION_HD inline double source_position(double x, double scale) { return x / scale + 0.5 * (1.0 - 1.0 / scale); }

// Any integer position to 0 … n-1 by mirroring with the edge pixel repeated: … 1 0 | 0 1 … n-1 | n-1 n-2 …
OCCLUSION_HD constexpr long long mirrored(long long index, long long n) {
    const long long period = 2 * n;
    const long long phase = ((index % period) + period) % period;
    return phase < n ? phase : period - 1 - phase;
}

// How one axis is resized.
struct AxisResize {
    long long n_in, n_out;
    double scale;
    Method method;
    bool antialiasing;

    OCCLUSION_HD constexpr bool is_identity() const { return scale == 1.0 && n_in == n_out; }
    OCCLUSION_HD constexpr bool widens_kernel() const { return antialiasing && scale < 1.0; }
    OCCLUSION_HD constexpr bool is_plain_nearest() const { return method == Method::nearest && !widens_kernel(); }
    // Factor between input pixels and the kernel's own unit.
    OCCLUSION_HD constexpr double stretch() const { return widens_kernel() ? scale : 1.0; }
    // Width of the kernel in input pixels.
    OCCLUSION_HD constexpr double width() const { return widens_kernel() ? support(method) / scale : support(method); }
};

// The input pixel, 0-based, that nearest takes for output pixel x, 0-based. Positions outside are mirrored, as they are
// for the other methods: there are some where the factor times the length is no whole number.
OCCLUSION_HD inline long long nearest_pixel(const AxisResize& axis, long long x) {
    const double nearest = floor(source_position(double(x + 1), axis.scale) + 0.5);
    // Clamped as a double: a position far outside does not fit an integer.
    constexpr double far = 4503599627370496.0;  // 2^52
    return mirrored(static_cast<long long>(nearest < -far ? -far : nearest > far ? far : nearest) - 1, axis.n_in);
}

// The input pixels that output pixel x, 0-based, is made of: taps 0 … count - 1. Each weighs `weight`, to be divided by
// their sum. Taps of weight 0 are to be left out: a NaN beside the kernel must not spread.
struct Taps {
    AxisResize axis;
    double position, left;  // 1-based, in input pixels

    OCCLUSION_HD Taps(const AxisResize& axis_, long long x)
        : axis(axis_),
          position(source_position(double(x + 1), axis_.scale)),
          left(floor(position - axis_.width() / 2)) {}
    OCCLUSION_HD static long long count(const AxisResize& axis) {
        return static_cast<long long>(ceil(axis.width())) + 2;
    }
    OCCLUSION_HD double weight(long long tap) const {
        return axis.stretch() * kernel(axis.method, axis.stretch() * (position - (left + double(tap))));
    }
    OCCLUSION_HD long long pixel(long long tap) const {
        return mirrored(static_cast<long long>(left + double(tap)) - 1, axis.n_in);
    }
};

// A sum in double as T stores it: integers rounded half away from zero and saturated.
template <typename T>
OCCLUSION_HD T stored(double value) {
    if constexpr (T(1) / T(2) != T(0)) {
        return static_cast<T>(value);
    } else {
        constexpr bool is_signed = T(-1) < T(1);
        constexpr double highest = double((1ULL << (8 * sizeof(T) - is_signed)) - 1);
        constexpr double lowest = is_signed ? -highest - 1.0 : 0.0;
        // Saturate first, so that the conversion below is defined for every value.
        value = value < lowest ? lowest : value > highest ? highest : value;
        const auto whole = static_cast<long long>(value);
        const double rest = value - double(whole);  // exact, so that 0.49999999999999994 is not rounded up
        return static_cast<T>(whole + (rest >= 0.5) - (rest <= -0.5));
    }
}

}  // namespace occlusion
