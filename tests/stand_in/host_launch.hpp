#pragma once
// What a .cu file needs to be compiled as C++: the launch variables, and a grid that is run as loops.

#include <cstddef>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__

// Of CUDA's own class, so that index arithmetic overflows here where it would there.
struct LaunchIndex {
    unsigned int x;
};
static thread_local LaunchIndex gridDim, blockDim, blockIdx, threadIdx;

// A grid of `blocks` × `threads`, of which the blocks first … end - 1 are run.
struct Launch {
    unsigned int blocks, threads, first, end;
};

template <typename... Args, std::size_t... I>
void run_grid(const Launch& launch, void** arguments, void (*kernel)(Args...), std::index_sequence<I...>) {
    gridDim.x = launch.blocks;
    blockDim.x = launch.threads;
    for (blockIdx.x = launch.first; blockIdx.x < launch.end; ++blockIdx.x) {
        for (threadIdx.x = 0; threadIdx.x < launch.threads; ++threadIdx.x) {
            kernel(*static_cast<std::remove_reference_t<Args>*>(arguments[I])...);
        }
    }
}

template <typename... Args>
void run_grid(const Launch& launch, void** arguments, void (*kernel)(Args...)) {
    run_grid(launch, arguments, kernel, std::index_sequence_for<Args...>{});
}

#define LAUNCHER(kernel) \
    extern "C" void launch_##kernel(const Launch* launch, void** arguments) { run_grid(*launch, arguments, kernel); }
