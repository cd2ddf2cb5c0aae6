// The only file that knows Python: checks shapes, takes pointers, lets go of the GIL.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
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

using Integers = Dense<std::int32_t>;

occlusion::ImageShape image_shape(const Dense<float>& images, int axis) {
    return {images.shape(axis), images.shape(axis + 1), images.shape(axis + 2), images.shape(axis + 3)};
}

void check_rows(const Integers& array, py::ssize_t rows, py::ssize_t cols, const char* message) {
    check_aligned(array);
    if (array.ndim() != 2 || array.shape(0) != rows || array.shape(1) != cols) throw py::value_error(message);
}

void cut_crops(const Dense<float>& whole, const Dense<float>& patches, const Integers& origins, const Integers& pasted,
               const Integers& starts, float fill, Dense<float>& crops) {
    check_aligned(whole);
    check_aligned(patches);
    check_aligned(crops);
    if (whole.ndim() != 4) throw py::value_error("whole must have shape (planes, height, width, depth)");
    if (patches.ndim() != 5 || crops.ndim() != 5) throw py::value_error("patches and crops must have 5 axes");
    const auto n_crops = crops.shape(0);
    const bool is_shared = patches.shape(0) == 1;
    if (!is_shared && patches.shape(0) != n_crops) throw py::value_error("patches must be one, or one for each crop");
    for (const auto* images : {&patches, static_cast<const Dense<float>*>(&crops)}) {
        if (images->shape(1) != whole.shape(0) || images->shape(4) != whole.shape(3)) {
            throw py::value_error("patches and crops must have the planes and the depth of whole");
        }
    }
    check_rows(origins, n_crops, 2, "origins must have shape (crops, 2)");
    check_rows(pasted, n_crops, 4, "pasted must have shape (crops, 4)");
    check_rows(starts, n_crops, 2, "starts must have shape (crops, 2)");
    const auto shape = image_shape(whole, 0), patch_shape = image_shape(patches, 1), crop_shape = image_shape(crops, 1);
    constexpr long long most = 1 << 30;
    const auto* box = reinterpret_cast<const occlusion::Box*>(pasted.data());
    const auto* origin = reinterpret_cast<const occlusion::Position*>(origins.data());
    const auto* start = reinterpret_cast<const occlusion::Position*>(starts.data());
    for (py::ssize_t k = 0; k < n_crops; ++k) {
        for (const long long first : {origin[k].row, origin[k].col, start[k].row, start[k].col}) {
            if (std::abs(first) > most) throw py::value_error("origins and starts must be within 2^30 of whole");
        }
        const auto [row, col] = origin[k];
        const bool is_empty = box[k].row0 == box[k].row1 || box[k].col0 == box[k].col1;
        if (!occlusion::inside(box[k], shape.height, shape.width) ||
            (!is_empty && !occlusion::inside({box[k].row0 - row, box[k].row1 - row, box[k].col0 - col, box[k].col1 - col},
                                             patch_shape.height, patch_shape.width))) {
            throw py::value_error("pasted must lie inside whole and its patch");
        }
    }
    if (std::max({shape.height, shape.width, crop_shape.height, crop_shape.width}) > most) {
        throw py::value_error("whole and crops must have at most 2^30 rows and columns");
    }
    float* out = crops.mutable_data();  // throws if read-only
    const occlusion::Patches changed{patches.data(), patch_shape, is_shared, origin, box};
    const float* source = whole.data();
    const py::gil_scoped_release nogil;
    occlusion::cut_crops(source, shape, changed, start, std::size_t(n_crops), crop_shape, fill, out);
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
    m.def("cut_crops", &cut_crops, "whole"_a.noconvert(), "patches"_a.noconvert(), "origins"_a.noconvert(),
          "pasted"_a.noconvert(), "starts"_a.noconvert(), "fill"_a, "crops"_a.noconvert());
    def_imresize<std::int8_t>(m);
    def_imresize<std::uint8_t>(m);
    def_imresize<std::int16_t>(m);
    def_imresize<std::uint16_t>(m);
    def_imresize<std::int32_t>(m);
    def_imresize<std::uint32_t>(m);
    def_imresize<float>(m);
    def_imresize<double>(m);
}
