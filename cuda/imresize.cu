#include <occlusion_sensitivity/resampling.hpp>

// Output pixel x of a line whose input pixels are `step` values apart.
template <typename T>
__device__ T resampled(const T* line, long long step, const occlusion::AxisResize& axis, long long x) {
    if (axis.is_plain_nearest()) {
        // A sum of one tap, as on the host: -0 becomes 0.
        return occlusion::stored<T>(0.0 + static_cast<double>(line[occlusion::nearest_pixel(axis, x) * step]));
    }
    const occlusion::Taps taps(axis, x);
    const long long count = occlusion::Taps::count(axis);
    double weights = 0.0, sum = 0.0;
    for (long long t = 0; t < count; ++t) weights += taps.weight(t);
    for (long long t = 0; t < count; ++t) {
        const double weight = taps.weight(t);
        if (weight != 0.0) sum += weight / weights * static_cast<double>(line[taps.pixel(t) * step]);
    }
    return occlusion::stored<T>(sum);
}

// Resizes the middle axis: outer × n_in × inner → outer × n_out × inner.
template <typename T>
__device__ void resize(const T* in, long long outer, const occlusion::AxisResize& axis, long long inner, T* out) {
    const long long work = outer * axis.n_out * inner;
    const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < work; i += step) {
        const long long line = i / inner;
        const T* first = in + line / axis.n_out * axis.n_in * inner + i % inner;
        out[i] = resampled(first, inner, axis, line % axis.n_out);
    }
}

// resize_axis_CLASS for each class that NumPy calls CLASS; `method` numbers occlusion::Method.
#define OCCLUSION_RESIZE_AXIS(CLASS, T)                                                                               \
    extern "C" __global__ void resize_axis_##CLASS(const T* in, long long outer, long long n_in, long long n_out,     \
                                                   long long inner, double scale, long long method,                   \
                                                   long long antialiasing, T* out) {                                  \
        const auto kind = static_cast<occlusion::Method>(method);                                                     \
        resize(in, outer, occlusion::AxisResize{n_in, n_out, scale, kind, antialiasing != 0}, inner, out);            \
    }
OCCLUSION_RESIZE_AXIS(int8, signed char)
OCCLUSION_RESIZE_AXIS(uint8, unsigned char)
OCCLUSION_RESIZE_AXIS(int16, short)
OCCLUSION_RESIZE_AXIS(uint16, unsigned short)
OCCLUSION_RESIZE_AXIS(int32, int)
OCCLUSION_RESIZE_AXIS(uint32, unsigned int)
OCCLUSION_RESIZE_AXIS(float32, float)
OCCLUSION_RESIZE_AXIS(float64, double)
