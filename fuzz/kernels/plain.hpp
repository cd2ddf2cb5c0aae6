#pragma once
// What the harnesses share.

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <occlusion_sensitivity/box.hpp>

// Memory of exactly that size, so that the address sanitizer sees a step beyond it; not there at all where it is empty.
using Values = std::vector<float>;

inline void expect(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "does not hold: %s\n", what);
        std::abort();
    }
}

inline Values numbered(long long count, float first) {
    Values values(static_cast<std::size_t>(count));
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = first + static_cast<float>(k);
    return values;
}

// first <= second, both in 0 … end.
inline void ordered(FuzzedDataProvider& in, int end, int& first, int& second) {
    first = in.ConsumeIntegralInRange(0, end);
    second = in.ConsumeIntegralInRange(first, end);
}
