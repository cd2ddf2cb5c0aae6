#pragma once
// The arithmetic of MATLAB's imresize along one axis: docs/compatibility.md, section "imresize".

#include <cmath>

namespace occlusion {

enum class Method { nearest, bilinear, bicubic };

// Width of the kernel's support, in input pixels at scale 1.
constexpr double support(Method method) {
    return method == Method::bicubic ? 4.0 : method == Method::bilinear ? 2.0 : 1.0;
}

inline double kernel(Method method, double t) {
    if (method == Method::nearest) return t >= -0.5 && t < 0.5 ? 1.0 : 0.0;
    const double x = std::fabs(t);
    if (method == Method::bilinear) return x < 1.0 ? 1.0 - x : 0.0;
    // Keys (1981), a = -0.5. Powers instead of Horner's form, and no pow: integer images hit ties often enough for the
    // last bit to show.
    const double x2 = x * x, x3 = x2 * x;
    if (x <= 1.0) return 1.5 * x3 - 2.5 * x2 + 1.0;
    if (x <= 2.0) return -0.5 * x3 + 2.5 * x2 - 4.0 * x + 2.0;
    return 0.0;
}

// Where output pixel x (1-based) lies in the input (1-based). Nearest neighbours depend on the last bit of this
// expression: written otherwise, it picks other pixels at some sizes.
inline double source_position(double x, double scale) { return x / scale + 0.5 * (1.0 - 1.0 / scale); }

// Any integer position to 0 … n-1 by mirroring with the edge pixel repeated: … 1 0 | 0 1 … n-1 | n-1 n-2 …
constexpr long long mirrored(long long index, long long n) {
    const long long period = 2 * n;
    const long long phase = ((index % period) + period) % period;
    return phase < n ? phase : period - 1 - phase;
}

}  // namespace occlusion
