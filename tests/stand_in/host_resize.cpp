// imresize of the kernels as plain C functions, for tests that build it changed.

#include <occlusion_sensitivity/kernels.hpp>

#include <cstdint>

#define RESIZE(T, NAME)                                                                                              \
    extern "C" void resize_##NAME(const T* in, long long rows, long long cols, long long depth, long long new_rows, \
                                  long long new_cols, double row_scale, double col_scale, int method,               \
                                  int antialiasing, T* out) {                                                       \
        const auto kernel = static_cast<occlusion::Method>(method);                                                 \
        const occlusion::AxisResize row_axis{rows, new_rows, row_scale, kernel, antialiasing != 0};                 \
        const occlusion::AxisResize col_axis{cols, new_cols, col_scale, kernel, antialiasing != 0};                 \
        occlusion::resize(in, row_axis, col_axis, depth, out, 1);                                                   \
    }
RESIZE(std::int8_t, int8)
RESIZE(std::uint8_t, uint8)
RESIZE(std::int16_t, int16)
RESIZE(std::uint16_t, uint16)
RESIZE(std::int32_t, int32)
RESIZE(std::uint32_t, uint32)
RESIZE(float, float32)
RESIZE(double, float64)
