#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include <occlusion_sensitivity/kernels.hpp>

namespace occlusion {
namespace {

// What the output pixels first … first + count.size() - 1 of an axis are made of: `count[i]` input pixels from
// `index[i * stride]` on, 0-based, with their weights.
struct TapTable {
    std::ptrdiff_t first, stride;
    std::vector<std::ptrdiff_t> count, index;
    std::vector<double> weight;

    TapTable(std::ptrdiff_t first_, std::ptrdiff_t n_outputs, std::ptrdiff_t stride_)
        : first(first_),
          stride(stride_),
          count(std::size_t(n_outputs)),
          index(std::size_t(n_outputs * stride_)),
          weight(std::size_t(n_outputs * stride_)) {}
    std::ptrdiff_t n_outputs() const { return std::ptrdiff_t(count.size()); }
};

std::ptrdiff_t most_taps(const AxisResize& axis) {
    return axis.is_plain_nearest() ? 1 : std::ptrdiff_t(Taps::count(axis));
}

void fill_nearest(const AxisResize& axis, TapTable& table) {
    for (std::ptrdiff_t i = 0; i < table.n_outputs(); ++i) {
        table.index[std::size_t(i)] = std::ptrdiff_t(nearest_pixel(axis, table.first + i));
        table.weight[std::size_t(i)] = 1.0;
        table.count[std::size_t(i)] = 1;
    }
}

void fill_weighted(const AxisResize& axis, TapTable& table) {
    for (std::ptrdiff_t i = 0; i < table.n_outputs(); ++i) {
        const Taps taps(axis, table.first + i);
        std::ptrdiff_t* index = table.index.data() + i * table.stride;
        double* weight = table.weight.data() + i * table.stride;
        std::ptrdiff_t count = 0;
        double sum = 0.0;
        for (std::ptrdiff_t t = 0; t < table.stride; ++t) {
            const double w = taps.weight(t);
            sum += w;
            if (w == 0.0) continue;
            index[count] = std::ptrdiff_t(taps.pixel(t));
            weight[count++] = w;
        }
        for (std::ptrdiff_t t = 0; t < count; ++t) weight[t] /= sum;
        table.count[std::size_t(i)] = count;
    }
}

// Wide vectors where the processor has them. Without contraction all versions give the same bits. The choice is made by
// glibc's loader, and before a sanitizer is ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define OCCLUSION_VECTOR_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define OCCLUSION_VECTOR_CLONES
#endif

// out[k] = Σ weight[t] · line[index[t] · inner + k], the taps in their order.
template <typename T>
OCCLUSION_VECTOR_CLONES void weighted_sum(const T* line, std::ptrdiff_t inner, const std::ptrdiff_t* index,
                                          const double* weight, std::ptrdiff_t count, T* out) {
    constexpr std::ptrdiff_t block = 256;  // the sums stay in the first-level cache
    double sums[block];
    for (std::ptrdiff_t first = 0; first < inner; first += block) {
        const std::ptrdiff_t length = std::min(block, inner - first);
        const auto source = [&](std::ptrdiff_t t) { return line + index[t] * inner + first; };
        for (std::ptrdiff_t k = 0; k < length; ++k) sums[k] = 0.0;
        std::ptrdiff_t t = 0;
        // Four taps at once (all that bicubic enlarging has): the sum stays in a register meanwhile.
        for (; t + 4 <= count; t += 4) {
            const T *a = source(t), *b = source(t + 1), *c = source(t + 2), *d = source(t + 3);
            const double *w = weight + t, wa = w[0], wb = w[1], wc = w[2], wd = w[3];
            for (std::ptrdiff_t k = 0; k < length; ++k) {
                sums[k] = (((sums[k] + wa * double(a[k])) + wb * double(b[k])) + wc * double(c[k])) + wd * double(d[k]);
            }
        }
        for (; t < count; ++t) {
            const T* a = source(t);
            const double wa = weight[t];
            for (std::ptrdiff_t k = 0; k < length; ++k) sums[k] += wa * double(a[k]);
        }
        for (std::ptrdiff_t k = 0; k < length; ++k) out[first + k] = stored<T>(sums[k]);
    }
}

// Waits for its threads, however the scope is left: a thread that nobody waits for ends the process.
class JoinedThreads {
public:
    explicit JoinedThreads(std::size_t most) { threads_.reserve(most); }
    JoinedThreads(const JoinedThreads&) = delete;
    JoinedThreads& operator=(const JoinedThreads&) = delete;
    ~JoinedThreads() {
        for (std::thread& thread : threads_) thread.join();
    }
    // Whether a thread was to be had: neither the system's limit nor memory stood in the way.
    template <typename Work>
    bool started(const Work& work, std::ptrdiff_t first, std::ptrdiff_t last) {
        try {
            threads_.emplace_back([&work, first, last] { work(first, last); });
            return true;
        } catch (const std::system_error&) {
            return false;
        } catch (const std::bad_alloc&) {
            return false;
        }
    }

private:
    std::vector<std::thread> threads_;
};

// work(first, last) over 0 … n-1, in at most `threads` threads, if there is enough to do for them.
template <typename Work>
void in_threads(std::ptrdiff_t n, std::ptrdiff_t cost_of_one, std::ptrdiff_t threads, const Work& work) {
    constexpr std::ptrdiff_t worth_a_thread = 1 << 18;
    const std::ptrdiff_t parts = std::clamp<std::ptrdiff_t>(n * cost_of_one / worth_a_thread, 1, std::min(threads, n));
    JoinedThreads others{std::size_t(parts)};
    std::ptrdiff_t first = 0;
    for (std::ptrdiff_t part = 1; part < parts; ++part) {
        const std::ptrdiff_t last = n * part / parts;
        if (!others.started(work, first, last)) break;  // what is left is done here
        first = last;
    }
    work(first, n);
}

// The middle axis: outer × n_in × inner → outer × n_out × inner.
template <typename T>
void resize_axis(const T* in, std::ptrdiff_t outer, const AxisResize& axis, std::ptrdiff_t inner, T* out,
                 std::ptrdiff_t threads) {
    // A part of the outputs at a time: their taps take a few megabytes, however long the axis is.
    constexpr std::ptrdiff_t taps_at_once = 1 << 18;
    const std::ptrdiff_t stride = most_taps(axis);
    const std::ptrdiff_t step = std::max<std::ptrdiff_t>(1, taps_at_once / stride);
    for (std::ptrdiff_t first = 0; first < axis.n_out; first += step) {
        TapTable taps(first, std::min<std::ptrdiff_t>(step, axis.n_out - first), stride);
        axis.is_plain_nearest() ? fill_nearest(axis, taps) : fill_weighted(axis, taps);
        const std::ptrdiff_t n_outputs = taps.n_outputs();
        in_threads(outer * n_outputs, inner * stride, threads, [=, &axis, &taps](std::ptrdiff_t begin, std::ptrdiff_t end) {
            for (std::ptrdiff_t line = begin; line < end; ++line) {
                const std::ptrdiff_t o = line / n_outputs, i = line % n_outputs;
                weighted_sum(in + o * axis.n_in * inner, inner, taps.index.data() + i * stride,
                             taps.weight.data() + i * stride, taps.count[std::size_t(i)],
                             out + (o * axis.n_out + first + i) * inner);
            }
        });
    }
}

}  // namespace

template <typename T>
void resize(const T* in, const AxisResize& rows, const AxisResize& cols, std::ptrdiff_t depth, T* out,
            std::ptrdiff_t threads) {
    const auto resize_rows = [&](const T* from, std::ptrdiff_t width, T* to) {
        resize_axis(from, 1, rows, width * depth, to, threads);
    };
    const auto resize_cols = [&](const T* from, std::ptrdiff_t height, T* to) {
        resize_axis(from, height, cols, depth, to, threads);
    };
    if (rows.is_identity() && cols.is_identity()) {
        std::copy_n(in, rows.n_in * cols.n_in * depth, out);
    } else if (cols.is_identity()) {
        resize_rows(in, cols.n_in, out);
    } else if (rows.is_identity()) {
        resize_cols(in, rows.n_in, out);
    } else if (rows.scale <= cols.scale) {  // the smaller scale first, rows on a tie
        const std::unique_ptr<T[]> between(new T[std::size_t(rows.n_out * cols.n_in * depth)]);
        resize_rows(in, cols.n_in, between.get());
        resize_cols(between.get(), rows.n_out, out);
    } else {
        const std::unique_ptr<T[]> between(new T[std::size_t(rows.n_in * cols.n_out * depth)]);
        resize_cols(in, rows.n_in, between.get());
        resize_rows(between.get(), cols.n_out, out);
    }
}

#define OCCLUSION_INSTANTIATE(T)                                                                       \
    template void resize(const T*, const AxisResize&, const AxisResize&, std::ptrdiff_t, T*, std::ptrdiff_t);
OCCLUSION_INSTANTIATE(std::int8_t)
OCCLUSION_INSTANTIATE(std::uint8_t)
OCCLUSION_INSTANTIATE(std::int16_t)
OCCLUSION_INSTANTIATE(std::uint16_t)
OCCLUSION_INSTANTIATE(std::int32_t)
OCCLUSION_INSTANTIATE(std::uint32_t)
OCCLUSION_INSTANTIATE(float)
OCCLUSION_INSTANTIATE(double)

}  // namespace occlusion
