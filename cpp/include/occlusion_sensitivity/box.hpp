#pragma once

#include <occlusion_sensitivity/host_device.hpp>

namespace occlusion {

// Half-open pixel ranges, 0-based. Four int32 in this order: a row of the (n, 4) array that Python hands over.
struct Box {
    int row0, row1, col0, col1;
};

// A pixel, 0-based, or one outside the image. Two int32 in this order: a row of an (n, 2) array.
struct Position {
    int row, col;
};

OCCLUSION_HD constexpr bool inside(const Box& box, long long height, long long width) {
    return 0 <= box.row0 && box.row0 <= box.row1 && box.row1 <= height &&  //
           0 <= box.col0 && box.col0 <= box.col1 && box.col1 <= width;
}

OCCLUSION_HD constexpr bool covers(const Box& box, long long row, long long col) {
    return box.row0 <= row && row < box.row1 && box.col0 <= col && col < box.col1;
}

// An image as the network reads it: planes × height × width × depth, C order. Channels are planes (C×H×W×1) or
// interleaved (1×H×W×C).
struct ImageShape {
    long long planes, height, width, depth;
    OCCLUSION_HD constexpr long long size() const { return planes * height * width * depth; }
    // Where the first value of a pixel lies.
    OCCLUSION_HD constexpr long long offset(long long plane, long long row, long long col) const {
        return ((plane * height + row) * width + col) * depth;
    }
};

}  // namespace occlusion
