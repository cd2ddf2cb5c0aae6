// The only file that knows Python: checks shapes, takes pointers, lets go of the GIL.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <occlusion_sensitivity/kernels.hpp>

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

template <typename T>
using Dense = py::array_t<T, py::array::c_style>;

// NumPy knows arrays that begin anywhere; here values are read where their class may begin.
template <typename T>
void check_aligned(const Dense<T>& array) {
    if (reinterpret_cast<std::uintptr_t>(array.data()) % alignof(T) != 0) {
        throw py::value_error("arrays must be aligned to their class");
    }
}

void copy_boxes(const Dense<float>& image, const Dense<std::int32_t>& boxes, Dense<float>& batch) {
    check_aligned(image);
    check_aligned(boxes);
    check_aligned(batch);
    if (image.ndim() != 4) throw py::value_error("image must have shape (planes, height, width, depth)");
    if (boxes.ndim() != 2 || boxes.shape(1) != 4) throw py::value_error("boxes must have shape (n, 4)");
    if (batch.ndim() != 5 || batch.shape(0) < boxes.shape(0) ||
        !std::equal(image.shape(), image.shape() + 4, batch.shape() + 1)) {
        throw py::value_error("batch must have shape (at least n boxes, planes, height, width, depth)");
    }
    const occlusion::ImageShape shape{image.shape(0), image.shape(1), image.shape(2), image.shape(3)};
    const auto n_boxes = std::size_t(boxes.shape(0));
    const auto* first = reinterpret_cast<const occlusion::Box*>(boxes.data());
    for (std::size_t k = 0; k < n_boxes; ++k) {
        if (!occlusion::inside(first[k], shape.height, shape.width)) {
            throw py::value_error("boxes must lie inside the image");
        }
    }
    const float* source = image.data();
    float* out = batch.mutable_data();  // throws if read-only
    const py::gil_scoped_release nogil;
    occlusion::copy_boxes(source, shape, first, n_boxes, out);
}

occlusion::Method method_named(const std::string& name) {
    if (name == "nearest") return occlusion::Method::nearest;
    if (name == "bilinear") return occlusion::Method::bilinear;
    if (name == "bicubic") return occlusion::Method::bicubic;
    if (name == "lanczos2") return occlusion::Method::lanczos2;
    if (name == "lanczos3") return occlusion::Method::lanczos3;
    throw py::value_error("method must be nearest, bilinear, bicubic, lanczos2 or lanczos3");
}

template <typename T>
void imresize(const Dense<T>& image, Dense<T>& resized, double row_scale, double col_scale, const std::string& method,
              bool antialiasing, int threads) {
    check_aligned(image);
    check_aligned(resized);
    if (image.ndim() != 3 || resized.ndim() != 3 || image.size() == 0 || resized.size() == 0 ||
        image.shape(2) != resized.shape(2)) {
        throw py::value_error("image and resized must have shape (rows, columns, depth), none of them 0");
    }
    if (!(row_scale > 0 && col_scale > 0)) throw py::value_error("scales must be positive");
    if (threads < 1) throw py::value_error("threads must be positive");
    const auto kernel = method_named(method);
    const std::ptrdiff_t rows = image.shape(0), cols = image.shape(1), depth = image.shape(2);
    const std::array<std::ptrdiff_t, 2> resized_shape{resized.shape(0), resized.shape(1)};
    const T* in = image.data();
    T* out = resized.mutable_data();
    const py::gil_scoped_release nogil;
    const occlusion::AxisResize row_axis{rows, resized_shape[0], row_scale, kernel, antialiasing};
    const occlusion::AxisResize col_axis{cols, resized_shape[1], col_scale, kernel, antialiasing};
    occlusion::resize(in, row_axis, col_axis, depth, out, threads);
}

template <typename T>
void def_imresize(py::module_& m) {
    m.def("imresize", &imresize<T>, "image"_a.noconvert(), "resized"_a.noconvert(), "row_scale"_a, "col_scale"_a,
          "method"_a, "antialiasing"_a, "threads"_a);
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
    m.doc() = "Kernels of occlusion_sensitivity.";
    m.def("copy_boxes", &copy_boxes, "image"_a.noconvert(), "boxes"_a.noconvert(), "batch"_a.noconvert());
    def_imresize<std::int8_t>(m);
    def_imresize<std::uint8_t>(m);
    def_imresize<std::int16_t>(m);
    def_imresize<std::uint16_t>(m);
    def_imresize<std::int32_t>(m);
    def_imresize<std::uint32_t>(m);
    def_imresize<float>(m);
    def_imresize<double>(m);
}
