#pragma once

namespace occlusion {

// Half-open pixel ranges, 0-based. Four int32 in this order: a row of the (n, 4) array that Python hands over.
struct Box {
    int row0, row1, col0, col1;
};

constexpr bool inside(const Box& box, long long height, long long width) {
    return 0 <= box.row0 && box.row0 <= box.row1 && box.row1 <= height &&  //
           0 <= box.col0 && box.col0 <= box.col1 && box.col1 <= width;
}

}  // namespace occlusion
